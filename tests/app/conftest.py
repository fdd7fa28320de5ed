"""Studios for the tests of the use-cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bench import StudioBench
from tests.support.models import write_model_folder


@pytest.fixture
def make_bench(atelier_home: Path) -> Iterator[Callable[..., StudioBench]]:
    """Return a function that opens studios on this test's home, with one model installed."""
    models = atelier_home / "data" / "models"
    write_model_folder(models / "paper")
    benches: list[StudioBench] = []

    def make(*args: Any, **options: Any) -> StudioBench:
        bench = StudioBench(*args, **options)
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        bench.studio.close()


@pytest.fixture
def bench(make_bench: Callable[..., StudioBench]) -> StudioBench:
    """A studio with the fake engine."""
    return make_bench()

"""A tiny training run, done once for the tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from studio.training.starter_image.recipe import Plan, run_recipe

STAGES = {"text": 3, "decoder": 4, "denoiser": 4, "enlarge": 4, "encoder": 2}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny models on busy machines are several times faster on one thread than on two."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tiny_run(one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run folder of the recipe at its smallest, never interrupted."""
    run = tmp_path_factory.mktemp("training") / "run"
    run_recipe(Plan(size="tiny", steps=STAGES, batch=4), run, torch.device("cpu"))
    return run

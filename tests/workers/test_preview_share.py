"""Previews are paid for out of a small share of the run, whatever they cost."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from studio.api.requests import ModelRef, TextToImage
from studio.worker import run as worker_run
from studio.worker.run import PREVIEW_SHARE, JobRun


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Sent:
    """Takes the worker's messages."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def send(self, message: Any) -> None:
        self.messages.append(message)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(worker_run, "time", SimpleNamespace(monotonic=clock))
    return clock


def make_run(tmp_path: Path) -> JobRun:
    request = TextToImage(model=ModelRef(id="m"), prompt="a cat")
    return JobRun(Sent(), "job", request, None, tmp_path)  # type: ignore[arg-type]


def test_previews_that_are_slow_to_make_come_less_often(clock: Clock, tmp_path: Path) -> None:
    run = make_run(tmp_path)
    clock.now += 1
    assert run.wants_preview()
    cost = 0.1
    clock.now += cost  # what the engine takes to turn latents into a small picture
    run.preview(Image.new("RGB", (16, 16)))
    clock.now += 1
    assert not run.wants_preview(), "its share of the time is used up"
    clock.now = 100 + cost / PREVIEW_SHARE + 0.01
    assert run.wants_preview()


def test_cheap_previews_come_five_times_a_second(clock: Clock, tmp_path: Path) -> None:
    run = make_run(tmp_path)
    shown = 0
    for _ in range(100):
        clock.now += 0.05
        if run.wants_preview():
            run.preview(Image.new("RGB", (16, 16)))
            shown += 1
    assert 20 <= shown <= 25

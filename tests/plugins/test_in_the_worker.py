"""Plugins in a real worker process: no torch for a sketch, and a broken plugin harms nobody."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image

from studio.api.events import FINAL_EVENTS, Done, Failed, JobEvent, Output, Remark
from studio.api.picture_layers import read_layers
from studio.api.requests import ModelRef, TextToImage
from studio.app.choosing import best_model
from studio.app.dispatch import MainLoop
from studio.app.studio import Studio
from studio.core.paths import data_dir
from tests.plugins.test_manifests import GOOD, put
from tests.support.models import write_model_folder

REPOSITORY = Path(__file__).resolve().parents[2]

SPYING = """
import logging, sys
from plugins.storyboard.engine import StoryboardEngine

class Spy(StoryboardEngine):
    id = "doodle"
    def run(self, request, plan, run):
        report = super().run(request, plan, run)
        heavy = sorted({"torch", "diffusers", "transformers"} & set(sys.modules))
        run.remark(f"heavy modules: {heavy}")
        return report
"""


@pytest.fixture
def studio_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], tuple[Studio, MainLoop]]]:
    """Return a function that opens a studio of its own; it ends with the test."""
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    opened: list[Studio] = []

    def open_studio() -> tuple[Studio, MainLoop]:
        loop = MainLoop()
        studio = Studio(dispatch=loop.dispatch)
        opened.append(studio)
        return studio, loop

    yield open_studio
    for studio in opened:
        studio.close()


def run(studio: Studio, loop: MainLoop, model: str, prompt: str, **fields: Any) -> list[JobEvent]:
    """Run one job to its end and return its events."""
    events: list[JobEvent] = []
    studio.job_event.connect(events.append)
    values: dict[str, Any] = {"width": 256, "height": 192, "seed": 5} | fields
    job = studio.generate(TextToImage(model=ModelRef(id=model), prompt=prompt, **values))
    assert loop.run_until(
        lambda: any(isinstance(e, FINAL_EVENTS) and e.job_id == job for e in events), 60
    )
    return [event for event in events if event.job_id == job]


def test_a_sketch_needs_no_torch(studio_of: Callable[[], tuple[Studio, MainLoop]]) -> None:
    put("doodle", GOOD, doodle_engine=SPYING.replace("Spy", "Doodle"))
    studio, loop = studio_of()
    events = run(studio, loop, "doodle", "a red house")
    assert isinstance(events[-1], Done)
    assert [e.text for e in events if isinstance(e, Remark)] == ["heavy modules: []"]
    assert studio.worker_state == "ready"


def test_unknown_words_reach_the_artist(
    studio_of: Callable[[], tuple[Studio, MainLoop]],
) -> None:
    studio, loop = studio_of()
    said: list[str] = []
    studio.notice.connect(lambda notice: said.append(notice.message))
    events = run(studio, loop, "storyboard", "a red house and a blorf")
    assert isinstance(events[-1], Done)
    assert any("blorf" in message for message in said)


def test_the_same_request_makes_the_same_file_and_keep_makes_its_layers(
    studio_of: Callable[[], tuple[Studio, MainLoop]],
) -> None:
    studio, loop = studio_of()
    prompt = "two red mushrooms left of a blue house, sunset"
    first, again, other = (
        next(e.artifact for e in run(studio, loop, "storyboard", prompt, seed=seed)
             if isinstance(e, Output))
        for seed in (5, 5, 6)
    )  # fmt: skip
    assert first.sha256 == again.sha256 != other.sha256
    item = studio.project.history.items()[-1]
    data = studio.project.history.blob(first.sha256)
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (256, 192)
    names = [header.name for header, _ in read_layers(data)]
    assert names == ["Background", *names[1:]]
    assert set(names[1:]) == {"2 mushrooms, red", "House, blue"}
    studio.keep(item.id, 0)
    assert loop.run_until(lambda: bool(studio.project.image.layers), 20)
    assert [layer.name for layer in studio.project.image.layers] == names
    studio.project.image.undo()
    assert studio.project.image.layers == ()


def test_too_large_a_picture_is_refused_before_it_is_queued(
    studio_of: Callable[[], tuple[Studio, MainLoop]],
) -> None:
    studio, _ = studio_of()
    plan = studio.plan(
        TextToImage(model=ModelRef(id="storyboard"), prompt="x", width=4096, height=64)
    )
    assert not plan.fits
    assert "2048" in plan.reason


@pytest.mark.parametrize(
    "code",
    ["import crayons_that_nobody_has", "def Doodle():\n    raise OSError('out of paper')",
     "Doodle = 3", "def Doodle():\n    return object()", "syntax error here"],
)  # fmt: skip
def test_a_plugin_that_does_not_start_is_disabled_and_the_others_work(
    studio_of: Callable[[], tuple[Studio, MainLoop]], code: str
) -> None:
    put("doodle", GOOD, doodle_engine=code)
    studio, loop = studio_of()
    assert "doodle" in {model.id for model in studio.library.models()}
    failed = run(studio, loop, "doodle", "a red house")[-1]
    assert isinstance(failed, Failed)
    assert failed.code == "plugin_failed"
    assert "Traceback" not in failed.message
    assert "Traceback" in failed.details
    pid = studio.queue.worker_pid
    ((folder, problem),) = studio.plugins.problems()
    assert folder == data_dir() / "plugins" / "doodle"
    assert problem.message.startswith("Doodle is disabled")
    assert "doodle" not in {model.id for model in studio.library.models()}
    assert isinstance(run(studio, loop, "storyboard", "a red house")[-1], Done)
    assert studio.queue.worker_pid == pid, "the worker lives"


def test_a_fresh_studio_begins_with_the_sketch_and_an_own_model_comes_before_it(
    studio_of: Callable[[], tuple[Studio, MainLoop]],
) -> None:
    studio, _ = studio_of()
    assert best_model(studio, "text_to_image").id == "storyboard"
    assert studio.library.models("text_to_image")[0].id == "storyboard", "the picker's first"
    write_model_folder(data_dir() / "models" / "paper")
    studio.library.refresh()
    assert best_model(studio, "text_to_image").id == "paper"


def test_a_model_that_does_not_fit_is_not_the_one_to_begin_with(
    studio_of: Callable[[], tuple[Studio, MainLoop]],
) -> None:
    studio, _ = studio_of()
    write_model_folder(data_dir() / "models" / "paper")
    studio.library.refresh()
    studio.device = msgspec.structs.replace(studio.device, simulated_budget_bytes=1000)
    assert best_model(studio, "text_to_image").id == "storyboard"

"""The engine Scribble colour: what it hands over, what it says, when it stops; also in a worker."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from plugins.scribble_colour.engine import ScribbleColourEngine
from studio.api.events import FINAL_EVENTS, Done, JobEvent, Output, Remark
from studio.api.plugins import MANIFEST_NAME, check_manifest
from studio.api.requests import Colorize, ModelRef, TextToImage
from studio.app.dispatch import MainLoop
from studio.app.inputs import store_input
from studio.app.studio import Studio
from studio.core.errors import InvalidRequest, JobCancelled
from tests.engines.recorder import Recorder
from tests.plugins.test_in_the_worker import studio_of  # noqa: F401
from tests.support.colour_pictures import at, hints_from, line_art, photograph, two_regions

MODEL = ModelRef(id="scribble_colour")


class Listener(Recorder):
    """A recorder that keeps the remarks."""

    def __init__(self, scratch: Path, **options: Any) -> None:
        super().__init__(scratch, **options)
        self.said: list[str] = []

    def remark(self, text: str) -> None:
        self.said.append(text)


def colorize(run: Recorder, picture: Image.Image, **fields: Any) -> Recorder:
    values = {
        name: run.give(value) if isinstance(value, Image.Image) else value
        for name, value in fields.items()
    }
    request = Colorize(model=MODEL, picture=run.give(picture), **values)
    ScribbleColourEngine().run(request, None, run)
    return run


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB").convert("L")).astype(int)


EXAMPLE = Image.linear_gradient("L").convert("RGB")
CASES: list[dict[str, Any]] = [
    {"hints": True},
    {"hints": True, "strength": 0.3},
    {"palette": True},
    {"hints": True, "palette": True},
    {},
    {"seed": 3, "strength": 0.5},
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_luminance_and_alpha_stay(tmp_path: Path, case: dict[str, Any], mode: str) -> None:
    photo = photograph("astronaut", (200, 160))
    picture = photo.convert(mode)
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    given = dict(case)
    if "hints" in case:
        given["hints"] = hints_from(photo, 30)
    if "palette" in case:
        given["palette"] = photograph("coffee", (120, 90))
    run = colorize(Listener(tmp_path), picture, **given)
    (result,) = run.pictures
    assert result.size == picture.size
    assert np.abs(grey(result) - grey(picture)).max() <= 1, "at most 1/255"
    assert result.convert("RGB").tobytes() != picture.convert("RGB").tobytes(), "has colour"
    if mode == "RGBA":
        assert result.getchannel("A").tobytes() == picture.getchannel("A").tobytes()
    assert run.layers == [()]
    assert run.steps[-1][0] == run.steps[-1][1], "progress reaches its end"


def test_there_is_a_look_before_the_result(tmp_path: Path) -> None:
    picture, hints, _ = two_regions("hard")
    run = colorize(Listener(tmp_path), picture, hints=hints)
    assert len(run.previews) == 1
    assert run.previews[0].mode == "RGB"
    look, result = (np.asarray(p).astype(int) for p in (run.previews[0], run.pictures[0]))
    assert np.abs(look - result).mean() < 6


def test_hints_of_which_nothing_is_painted_count_as_none(tmp_path: Path) -> None:
    picture, _, _ = two_regions("soft")
    run = Listener(tmp_path)
    colorize(run, picture, hints=Image.new("RGBA", picture.size, (255, 0, 0, 0)))
    assert "Nothing is painted" in run.said[0]
    assert "tinted with the palette" in run.said[0]


def test_each_seed_has_its_tint_and_each_picture_its_seed(tmp_path: Path) -> None:
    picture, _, _ = two_regions("soft")
    run = Listener(tmp_path)
    colorize(run, picture, seed=3, count=3)
    assert run.seeds == [3, 4, 5]
    assert len({p.tobytes() for p in run.pictures}) == 3
    assert len(run.said) == 1
    alone = colorize(Listener(tmp_path), picture, seed=5)
    assert alone.pictures[0].tobytes() == run.pictures[2].tobytes()
    last = colorize(Listener(tmp_path), picture, seed=2**32 - 1, count=2)
    assert last.seeds == [2**32 - 1, 0]


def test_an_example_alone_gives_its_colours_and_says_so(tmp_path: Path) -> None:
    picture, _, _ = two_regions("hard")
    run = Listener(tmp_path)
    colorize(run, picture, palette=Image.new("RGB", (8, 8), (200, 80, 60)), count=2)
    (result,) = run.pictures
    red, _, blue = np.asarray(result).astype(int).reshape(-1, 3).mean(0)
    assert red > blue + 40
    assert any("matched by brightness" in text for text in run.said)
    assert any("one was made" in text for text in run.said)


def test_line_art_is_filled_flat_and_without_hints_only_its_paper_is_tinted(
    tmp_path: Path,
) -> None:
    drawing, hints = line_art(400)
    run = Listener(tmp_path)
    colorize(run, drawing, hints=hints)
    assert at(run.pictures[0], 262, 115) == (200, 84, 64)
    assert run.said == []
    colorize(run, drawing)
    paper = at(run.pictures[1], 20, 20)
    assert min(paper) > 180
    assert paper != (255, 255, 255)
    assert "Paint a stroke" in run.said[-1]
    colorize(run, drawing, palette=photograph("coffee", (60, 40)))
    assert "only its paper" in run.said[-1]
    colorize(run, drawing, palette=photograph("coffee", (60, 40)), hints=hints)
    assert run.pictures[3].tobytes() == run.pictures[0].tobytes()


def test_wrong_requests_are_refused_in_words(tmp_path: Path) -> None:
    picture, _, _ = two_regions("hard")
    run = Listener(tmp_path)
    with pytest.raises(InvalidRequest, match="gives colours to pictures only"):
        ScribbleColourEngine().run(TextToImage(model=MODEL, prompt="x"), None, run)
    with pytest.raises(InvalidRequest, match="4 x 4 px"):
        colorize(run, picture, hints=Image.new("RGBA", (4, 4), "red"))
    assert run.pictures == []


@pytest.mark.parametrize("case", [{"hints": True}, {"palette": True}, {}])
def test_every_part_of_the_work_can_be_stopped(tmp_path: Path, case: dict[str, Any]) -> None:
    photo = photograph("coffee", (240, 160))
    given: dict[str, Any] = {"hints": hints_from(photo, 5)} if "hints" in case else {}
    given |= {"palette": photo} if "palette" in case else {}
    total = colorize(Listener(tmp_path), photo.convert("L"), **given).checks
    assert total >= 2
    for stop in range(1, total + 1, max(1, total // 7)):
        run = Listener(tmp_path, cancel_when=lambda run, stop=stop: run.checks == stop)
        with pytest.raises(JobCancelled):
            colorize(run, photo.convert("L"), **given)
        assert run.pictures == []


def test_its_manifest_is_good() -> None:
    path = Path(__file__).resolve().parents[2] / "plugins" / "scribble_colour" / MANIFEST_NAME
    manifest = check_manifest(path.read_bytes(), path)
    assert manifest.engines[0].requests == ("colorize",)
    fields = Colorize.__struct_fields__
    assert set(manifest.models[0].settings) <= set(fields)


def test_in_a_real_worker_the_same_request_makes_the_same_file(
    studio_of: Callable[[], tuple[Studio, MainLoop]],  # noqa: F811
) -> None:
    studio, loop = studio_of()
    photo = photograph("coffee", (300, 200))
    request = Colorize(
        model=MODEL,
        picture=store_input(photo.convert("L")),
        hints=store_input(hints_from(photo, 25)),
    )
    first, again = (_run(studio, loop, request) for _ in range(2))
    made = [next(e.artifact for e in events if isinstance(e, Output)) for events in (first, again)]
    assert made[0].sha256 == made[1].sha256
    assert not any(isinstance(event, Remark) for event in first)
    data = studio.project.history.blob(made[0].sha256)
    result = Image.open(io.BytesIO(data))
    assert np.array_equal(grey(result), grey(photo))


def _run(studio: Studio, loop: MainLoop, request: Colorize) -> list[JobEvent]:
    events: list[JobEvent] = []
    connection = studio.job_event.connect(events.append)
    job = studio.generate(request)
    assert loop.run_until(
        lambda: any(isinstance(e, FINAL_EVENTS) and e.job_id == job for e in events), 60
    )
    del connection
    mine = [event for event in events if event.job_id == job]
    assert isinstance(mine[-1], Done)
    return mine

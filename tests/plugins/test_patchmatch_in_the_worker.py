"""PatchMatch in a real worker process: what arrives, what Keep puts on the canvas, and stopping."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.api.events import (
    FINAL_EVENTS,
    Cancelled,
    Done,
    Failed,
    JobEvent,
    Output,
    Preview,
    Progress,
    Remark,
)
from studio.api.picture_layers import read_layers
from studio.api.requests import Inpaint, ModelRef, PictureRequest, Uncrop
from studio.app.dispatch import MainLoop
from studio.app.flatten import flatten
from studio.app.inputs import store_input
from studio.app.studio import Studio
from tests.support.seams import Bytes, box_hole, photograph

PATCHMATCH = ModelRef(id="patchmatch")


class Bench:
    """A studio with its real worker, and what its jobs said."""

    def __init__(self) -> None:
        self.loop = MainLoop()
        self.studio = Studio(dispatch=self.loop.dispatch)
        self.events: list[JobEvent] = []
        self.studio.job_event.connect(self.events.append)

    def of(self, job: str, kind: type[Any]) -> list[Any]:
        return [e for e in self.events if e.job_id == job and isinstance(e, kind)]

    def run(self, request: PictureRequest) -> str:
        job = self.studio.generate(request)
        assert self.loop.run_until(lambda: bool(self.of(job, FINAL_EVENTS)), 90)  # type: ignore[arg-type]
        return job

    def png(self, job: str, index: int = 0) -> bytes:
        artifact = self.of(job, Output)[index].artifact
        return self.studio.project.history.blob(artifact.sha256)

    def canvas(self) -> Bytes:
        document = self.studio.project.image
        pixels = np.frombuffer(flatten(document), np.uint8)
        return pixels.reshape(document.height, document.width, 4)

    def keep(self, job: str, layers: int) -> None:
        self.studio.keep(job, 0)
        image = self.studio.project.image
        assert self.loop.run_until(lambda: len(image.layers) == layers, 20)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    bench = Bench()
    yield bench
    bench.studio.close()


def fill_request(picture: Bytes, **fields: Any) -> Inpaint:
    mask = Image.fromarray(box_hole(*picture.shape[:2]).astype(np.uint8) * 255)
    return Inpaint(
        model=PATCHMATCH,
        picture=store_input(Image.fromarray(picture)),
        mask=store_input(mask),
        **fields,
    )


def decoded(data: bytes) -> Bytes:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_a_fill_arrives_with_its_patch_and_keep_lays_it_over_the_picture(
    bench: Bench, tmp_path: Path
) -> None:
    picture = photograph("coffee", 240)
    Image.fromarray(picture).save(tmp_path / "coffee.png")
    bench.studio.place_pictures([tmp_path / "coffee.png"])
    image = bench.studio.project.image
    assert bench.loop.run_until(lambda: len(image.layers) == 1, 20)
    job = bench.run(fill_request(picture, seed=4, count=2))
    assert bench.of(job, Done)
    whole, other = decoded(bench.png(job, 0)), decoded(bench.png(job, 1))
    assert whole.shape == picture.shape
    assert (whole != other).any(), "two pictures are two tries"
    ((header, _),) = read_layers(bench.png(job))
    assert header.name == "Fill"
    steps = [(event.step, event.steps) for event in bench.of(job, Progress)]
    assert steps == sorted(steps)
    assert steps[-1][1] == 200
    assert bench.of(job, Preview)
    bench.keep(job, layers=2)
    assert (bench.canvas()[..., :3] == whole).all()
    assert bench.of(job, Remark) == []


def test_an_uncrop_grows_the_canvas_and_lies_beneath(bench: Bench, tmp_path: Path) -> None:
    picture = photograph("rocket", 240)
    Image.fromarray(picture).save(tmp_path / "rocket.png")
    bench.studio.place_pictures([tmp_path / "rocket.png"])
    image = bench.studio.project.image
    assert bench.loop.run_until(lambda: len(image.layers) == 1, 20)
    request = Uncrop(
        model=PATCHMATCH, picture=store_input(Image.fromarray(picture)), left=40, bottom=24
    )
    job = bench.run(request)
    whole = decoded(bench.png(job))
    assert (whole[: picture.shape[0], 40:] == picture).all()
    bench.keep(job, layers=2)
    assert (image.width, image.height) == (280, picture.shape[0] + 24)
    assert image.layers[0].name == "Margin"
    assert (bench.canvas()[..., :3] == whole).all()


def test_the_same_request_makes_the_same_file_and_a_prompt_is_not_read(bench: Bench) -> None:
    picture = photograph("cat", 160)
    first, again = (bench.run(fill_request(picture, seed=9)) for _ in range(2))
    assert bench.png(first) == bench.png(again)
    with_words = bench.run(fill_request(picture, seed=9, prompt="a bird"))
    (remark,) = bench.of(with_words, Remark)
    assert "does not read the prompt" in remark.text
    assert (decoded(bench.png(with_words)) == decoded(bench.png(first))).all()


def test_stopping_answers_at_once_and_the_worker_lives(bench: Bench) -> None:
    big = np.asarray(Image.fromarray(photograph("coffee")).resize((1200, 900)))
    job = bench.studio.generate(fill_request(big))
    assert bench.loop.run_until(lambda: bool(bench.of(job, Progress)), 60)
    pid = bench.studio.queue.worker_pid
    bench.studio.cancel(job)
    assert bench.loop.run_until(lambda: bool(bench.of(job, Cancelled)), 20)
    after = bench.run(fill_request(photograph("cat", 100)))
    assert bench.of(after, Done)
    assert bench.studio.queue.worker_pid == pid, "the worker was not killed"


def test_nothing_selected_is_said_in_words(bench: Bench) -> None:
    picture = store_input(Image.new("RGB", (40, 30), (9, 9, 9)))
    empty = store_input(Image.new("L", (40, 30)))
    job = bench.run(Inpaint(model=PATCHMATCH, picture=picture, mask=empty))
    (failed,) = bench.of(job, Failed)
    assert failed.code == "empty_mask"
    assert failed.hint == "Select something first."

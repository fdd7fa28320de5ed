"""Pictures that a request starts from: they reach the worker, and the project keeps them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from studio.api.events import Done
from studio.api.requests import ImageToImage, ModelRef, PictureRef
from studio.app.inputs import input_path, store_input, store_pixels
from studio.core.errors import InvalidRequest
from tests.support.bench import StudioBench


def a_picture(colour: tuple[int, int, int] = (200, 40, 10)) -> Image.Image:
    return Image.new("RGB", (40, 24), colour)


def restyle(picture: PictureRef) -> ImageToImage:
    return ImageToImage(model=ModelRef(id="paper"), prompt="negative", picture=picture, steps=2)


def made(bench: StudioBench, job: str) -> Image.Image:
    (output,) = bench.studio.project.history.get(job).outputs
    return Image.open(io.BytesIO(bench.studio.project.history.blob(output.sha256)))


def run(bench: StudioBench, request: ImageToImage) -> str:
    job = bench.studio.generate(request)
    assert isinstance(bench.finish(job), Done)
    return job


def test_the_worker_gets_the_very_pixels(bench: StudioBench) -> None:
    job = run(bench, restyle(store_input(a_picture())))
    assert made(bench, job).getpixel((3, 3)) == (55, 215, 245)
    assert made(bench, job).size == (40, 24)


def test_it_runs_again_after_the_scratch_file_is_gone(
    make_bench: Callable[..., StudioBench],
) -> None:
    first = make_bench()
    picture = store_input(a_picture())
    job = run(first, restyle(picture))
    first.close()
    input_path(picture.sha256).unlink()

    second = make_bench()
    again = second.studio.run_again(job)
    assert isinstance(second.finish(again), Done)
    assert made(second, again).tobytes() == made(second, job).tobytes()


def test_the_project_forgets_it_with_the_last_generation_that_needs_it(bench: StudioBench) -> None:
    picture = store_input(a_picture())
    first, second = run(bench, restyle(picture)), run(bench, restyle(picture))
    history = bench.studio.project.history
    history.remove(first)
    assert bench.studio.project.flush()
    assert history.has_file(picture.sha256)
    history.remove(second)
    assert bench.studio.project.flush()
    assert not history.has_file(picture.sha256)


def test_a_picture_that_is_nowhere_is_refused_before_anything_is_queued(bench: StudioBench) -> None:
    lost = PictureRef(sha256="0" * 64, width=40, height=24)
    with pytest.raises(InvalidRequest, match="not there any more"):
        bench.studio.generate(restyle(lost))
    assert bench.studio.project.history.items() == []


def test_a_file_that_was_tampered_with_is_not_used(bench: StudioBench) -> None:
    picture = store_input(a_picture())
    input_path(picture.sha256).write_bytes(b"something else")
    job = bench.studio.generate(restyle(picture))
    event = bench.finish(job)
    assert getattr(event, "message", "") == "The picture that this starts from cannot be read."


def test_the_same_pixels_are_the_same_input() -> None:
    opaque = bytes((200, 40, 10, 255)) * (40 * 24)
    assert store_pixels(opaque, 40, 24) == store_input(a_picture())
    assert store_pixels(opaque[:-1] + b"\0", 40, 24) != store_input(a_picture())

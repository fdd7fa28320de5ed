"""Fill and uncrop by PatchMatch: on photographs, through the real worker, and on bad input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from plugins.patchmatch.filling import Filled, Progress, continue_picture, fill_hole, growing
from studio.api.patchmatch import fill
from studio.api.requests import Inpaint, ModelRef, PictureRef, Uncrop
from studio.api.stitching import Box, coverage, seam_for
from studio.core.errors import InvalidRequest, JobCancelled
from tests.support.seams import (
    PHOTOGRAPHS,
    Bytes,
    Mask,
    box_hole,
    brush_hole,
    photograph,
    seam_difference,
)

WIDTH = 320  # px, so that a photograph takes about a second
NATURAL = 3.0  # mean CIEDE2000 across a seam that passes as none


class Watcher:
    """The part of a run that filling talks to; it remembers what it was told."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.steps: list[tuple[int, int]] = []
        self.previews: list[Image.Image] = []
        self.looks = 0
        self._stop_at = stop_at

    def check_cancelled(self) -> None:
        self.looks += 1
        if self.looks == self._stop_at:
            raise JobCancelled

    def progress(self, step: int, steps: int, phase: str = "") -> None:
        self.steps.append((step, steps))

    def wants_preview(self) -> bool:
        return self.looks % 20 == 0

    def preview(self, picture: Image.Image, index: int = 0) -> None:
        self.previews.append(picture)


def a_reference(picture: Image.Image) -> PictureRef:
    return PictureRef(sha256="0" * 64, width=picture.width, height=picture.height)


def filled(picture: Bytes, mask: Mask | Bytes, seed: int = 1, **fields: Any) -> Filled:
    image = Image.fromarray(picture)
    masked = Image.fromarray(mask.astype(np.uint8) * (255 if mask.dtype == np.bool_ else 1))
    request = Inpaint(
        model=ModelRef(id="patchmatch"),
        picture=a_reference(image),
        mask=a_reference(masked),
        **fields,
    )
    watcher: Any = Watcher()
    return fill_hole(image, masked, request, seed, Progress(watcher, 0, 1))


def uncropped(picture: Bytes, seed: int = 1, **margins: Any) -> Filled:
    image = Image.fromarray(picture)
    request = Uncrop(model=ModelRef(id="patchmatch"), picture=a_reference(image), **margins)
    watcher: Any = Watcher()
    return continue_picture(image, request, seed, Progress(watcher, 0, 1))


def laid(made: Filled, picture: Bytes) -> Bytes:
    """Lay the patch over the picture as Pillow does."""
    canvas = Image.fromarray(picture).convert("RGBA")
    canvas.alpha_composite(made.layer.picture, (made.layer.x, made.layer.y))
    return np.asarray(canvas.convert("RGB"))


@pytest.mark.parametrize("kind", ["box", "brush"])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_hole_in_a_photograph_is_filled_without_a_seam(
    name: str, kind: str, record_property: Callable[[str, object], None]
) -> None:
    picture = photograph(name, WIDTH)
    height, width = picture.shape[:2]
    hole = box_hole(height, width) if kind == "box" else brush_hole(height, width, seed=3)
    made = filled(picture, hole)
    result = np.asarray(made.whole)
    mask = hole.astype(np.uint8) * 255
    touched = coverage(mask, seam_for(mask)) > 0
    assert (result[~touched] == picture[~touched]).all()
    assert (laid(made, picture) == result).all()
    for edge, inside in (("mask", hole), ("feather", touched)):
        seam, control = seam_difference(result, inside), seam_difference(picture, inside)
        record_property(f"{edge} edge", f"{seam:.2f}, in the photograph {control:.2f}")
        assert seam <= max(NATURAL, control), edge
    assert np.abs(result[hole].astype(int) - picture[hole]).mean() > 1, "something was painted"


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_is_continued_without_a_seam(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    picture = photograph(name, WIDTH)
    height, width = picture.shape[:2]
    made = uncropped(picture, left=50, top=30, right=50, bottom=30)
    result = np.asarray(made.whole)
    part = Box(50, 30, width, height)
    assert (result[part.slices] == picture).all()
    inside = np.zeros(result.shape[:2], np.bool_)
    inside[part.slices] = True
    seam = seam_difference(result, inside)
    controls = []
    for depth in (1, 2, 3, 4):  # the same ring a little further inside the photograph
        ring = np.zeros((height, width), np.bool_)
        ring[depth:-depth, depth:-depth] = True
        controls.append(seam_difference(picture, ring))
    control = float(np.mean(controls))
    record_property("seam", f"{seam:.2f}, in the photograph {control:.2f}")
    assert seam <= NATURAL


def test_a_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    picture = photograph("coffee", 160)
    hole = box_hole(*picture.shape[:2])
    first, again, other = (np.asarray(filled(picture, hole, seed).whole) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


def test_a_regular_pattern_goes_on() -> None:
    stripes = np.zeros((96, 128, 3), np.uint8)
    stripes[:, np.arange(128) % 8 < 4] = (220, 180, 40)
    hole = np.zeros((96, 128), np.bool_)
    hole[30:60, 40:80] = True
    result = np.asarray(filled(stripes, hole).whole).astype(int)
    assert np.abs(result - stripes).mean() < 1


def test_the_hole_is_not_looked_into() -> None:
    picture = photograph("cat", 120)
    hole = box_hole(*picture.shape[:2])
    other = picture.copy()
    other[hole] = (255, 0, 255)
    assert (fill(picture, hole)[hole] == fill(other, hole)[hole]).all()


def test_it_copies_only_from_where_it_may() -> None:
    picture = np.zeros((60, 80, 3), np.uint8)
    picture[:, :40] = (200, 0, 0)
    picture[:, 40:] = (0, 0, 200)
    hole = np.zeros((60, 80), np.bool_)
    hole[20:40, 30:50] = True
    allowed = np.zeros_like(hole)
    allowed[:, 40:] = True
    assert fill(picture, hole, allowed=allowed)[hole][:, 0].max() < 60, "no red is copied"


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3), (5, 5), (9, 7), (33, 21)])
def test_small_and_odd_pictures_are_filled(size: tuple[int, int]) -> None:
    height, width = size
    picture = np.full((height, width, 3), 90, np.uint8)
    mask = np.zeros((height, width), np.uint8)
    mask[height // 2, width // 2] = 255
    if height * width == 1:
        with pytest.raises(InvalidRequest, match="nothing to copy from"):
            filled(picture, mask, grow=0, feather=0)
        return
    result = np.asarray(filled(picture, mask, grow=0, feather=0).whole)
    assert (result == 90).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 5), (40, 30)])
def test_a_small_picture_is_continued_far_beyond_its_size(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(100, 140, (*size, 3), np.uint8)
    made = uncropped(picture, left=90, top=0, right=13, bottom=71)
    result = np.asarray(made.whole)
    assert result.shape == (size[0] + 71, size[1] + 103, 3)
    assert (result[: size[0], 90 : 90 + size[1]] == picture).all()
    assert result.min() > 60, "no part is left empty"


def test_far_margins_are_made_in_steps() -> None:
    assert growing(Box(0, 0, 400, 400), 500, 400) == [Box(0, 0, 500, 400)]
    steps = growing(Box(1000, 0, 200, 200), 1200, 200)
    assert len(steps) > 2
    assert steps[-1] == Box(0, 0, 1200, 200)


def test_a_very_large_picture_is_matched_small_and_copied_at_full_size() -> None:
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 256, (1500, 1600, 3), np.uint8)
    hole = np.zeros((1500, 1600), np.bool_)
    hole[300:1000, 400:1100] = True
    result = fill(picture, hole)
    assert (result[~hole] == picture[~hole]).all()
    assert result[hole].std() > 0.7 * picture[hole].std(), "details are those of the full size"


def test_grey_stays_grey_and_transparent_parts_stay_as_they_are() -> None:
    grey = Image.fromarray(photograph("camera", 120)[..., 0])
    hole = box_hole(grey.height, grey.width)
    result = np.asarray(filled(np.asarray(grey), hole).whole)
    assert (result[..., 0] == result[..., 1]).all()
    assert (result[..., 0] == result[..., 2]).all()
    picture = np.dstack([photograph("coffee", 120), np.full((80, 120), 255, np.uint8)])
    picture[:, :50] = (255, 0, 255, 0)
    picture[:, 50:60, 3] = 128
    mask = box_hole(80, 120)
    made = filled(picture, mask)
    result = np.asarray(made.whole)
    assert made.whole.mode == "RGBA"
    assert (result[..., 3] == picture[..., 3]).all()
    assert (result[:, :50] == picture[:, :50]).all()
    pink = (np.abs(result[..., :3].astype(int) - (255, 0, 255)).max(-1) < 40) & mask
    assert not pink[:, 60:].any(), "invisible colours are not copied"


def test_bad_masks_are_refused_with_what_helps() -> None:
    picture = photograph("rocket", 60)
    nothing = np.zeros(picture.shape[:2], np.bool_)
    with pytest.raises(InvalidRequest, match="Select something first") as caught:
        filled(picture, nothing)
    assert caught.value.code == "empty_mask"
    with pytest.raises(InvalidRequest, match="nothing to copy from") as caught:
        filled(picture, ~nothing)
    assert caught.value.code == "full_mask"
    with pytest.raises(InvalidRequest, match="size"):
        fill(picture, nothing[1:])


def test_it_reports_and_can_be_stopped_anywhere() -> None:
    picture = photograph("cat", 200)
    image, hole = Image.fromarray(picture), box_hole(*picture.shape[:2])
    masked = Image.fromarray(hole.astype(np.uint8) * 255)
    request = Inpaint(
        model=ModelRef(id="patchmatch"), picture=a_reference(image), mask=a_reference(masked)
    )
    watcher: Any = Watcher()
    fill_hole(image, masked, request, 1, Progress(watcher, 1, 2))
    steps = [step for step, _ in watcher.steps]
    assert steps == sorted(steps)
    assert all(100 <= step <= 200 for step in steps), "the second of two pictures"
    assert len(set(steps)) > 5
    assert watcher.previews
    assert watcher.looks > 100
    for stop_at in (1, watcher.looks // 2, watcher.looks):
        stopped: Any = Watcher(stop_at)
        with pytest.raises(JobCancelled):
            fill_hole(image, masked, request, 1, Progress(stopped, 0, 1))

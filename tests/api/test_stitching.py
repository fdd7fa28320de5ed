"""Stitching keeps its promises whatever the picture, the mask and what was painted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.api import stitching
from studio.api.stitching import (
    Seam,
    bounds,
    check_mask,
    context_box,
    continued,
    coverage,
    distance_to,
    matched,
    membrane,
    seam_for,
    stitched,
)
from studio.core.errors import InvalidRequest

Bytes = npt.NDArray[np.uint8]

sides = st.integers(1, 45)
seeds = st.integers(0, 2**32 - 1)


def noise(seed: int, height: int, width: int, channels: int = 3) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def a_mask(kind: str, seed: int, height: int, width: int) -> Bytes:
    """A mask of some kind: the ways in which artists and programs make them."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), np.uint8)
    if kind == "full":
        mask[:] = 255
    elif kind == "dots":
        mask[rng.random((height, width)) < 0.1] = 255
    elif kind == "soft":
        mask[:] = rng.integers(0, 256, (height, width)) * (rng.random((height, width)) < 0.5)
    elif kind == "border":
        mask[: max(1, height // 3)] = 255
    elif kind == "box":
        y, x = rng.integers(0, height), rng.integers(0, width)
        mask[y : y + 1 + height // 3, x : x + 1 + width // 3] = 255
    return mask


kinds = st.sampled_from(["empty", "full", "dots", "soft", "border", "box"])
seams = st.builds(Seam, st.integers(0, 6), st.integers(0, 8), st.integers(0, 40))


def over(patch: Bytes, original: Bytes, rule: str) -> Bytes:
    """Lay a patch of the original's size over it as a program does; RGB."""
    alpha, under = patch[..., 3:].astype(float), original[..., :3].astype(float)
    if rule == "pillow":
        lower = Image.fromarray(original[..., :3]).convert("RGBA")
        done = Image.alpha_composite(lower, Image.fromarray(patch))
        return np.asarray(done.convert("RGB"))
    if rule == "premultiplied":
        colour = np.floor(patch[..., :3] * alpha / 255 + 0.5)
        return np.floor(colour + under * (255 - alpha) / 255 + 0.5).astype(np.uint8)
    blended = (patch[..., :3] * alpha + under * (255 - alpha)) / 255
    return np.floor(blended + 0.5).astype(np.uint8)


def laid_out(result: stitching.Stitched) -> Bytes:
    patch = np.zeros((*result.whole.shape[:2], 4), np.uint8)
    patch[result.box.slices] = result.patch
    return patch


@settings(max_examples=150, deadline=None)
@given(sides, sides, kinds, seams, seeds, st.booleans())
def test_outside_nothing_changes_and_the_patch_gives_the_whole(
    height: int, width: int, kind: str, seam: Seam, seed: int, match: bool
) -> None:
    original, painted = noise(seed, height, width), noise(seed + 1, height, width)
    mask = a_mask(kind, seed, height, width)
    covered = coverage(mask, seam)
    assert (covered >= mask).all(), "what was selected is painted"
    result = stitched(original, painted, covered, match=match)
    outside = covered == 0
    assert (result.whole[outside] == original[outside]).all()
    far = distance_to(mask > 0, seam.grow + seam.feather + 1) > seam.grow + seam.feather
    assert (covered[far] == 0).all(), "it reaches no further than grow and feather"
    for rule in ("straight", "premultiplied", "pillow"):
        assert (over(laid_out(result), original, rule) == result.whole).all(), rule


@settings(max_examples=60, deadline=None)
@given(sides, sides, kinds, seams, seeds)
def test_a_picture_with_transparency_keeps_it(
    height: int, width: int, kind: str, seam: Seam, seed: int
) -> None:
    original = noise(seed, height, width, 4)
    original[..., 3] = np.random.default_rng(seed).choice([0, 100, 255], (height, width))
    covered = coverage(a_mask(kind, seed, height, width), seam)
    result = stitched(original, noise(seed + 1, height, width), covered)
    assert (result.whole[..., 3] == original[..., 3]).all()
    kept = (covered == 0) | (original[..., 3] == 0)
    assert (result.whole[kept] == original[kept]).all()
    opaque = original[..., 3] == 255
    for rule in ("straight", "premultiplied", "pillow"):
        laid = over(laid_out(result), original, rule)
        assert (laid[opaque] == result.whole[opaque][:, :3]).all(), rule


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.tuples(*[st.integers(0, 20)] * 4), st.integers(0, 12), seeds, st.booleans())
def test_a_continued_picture_holds_the_original_and_its_layer_gives_the_whole(
    height: int,
    width: int,
    margins: tuple[int, int, int, int],
    overlap: int,
    seed: int,
    transparent: bool,
) -> None:
    left, top, right, bottom = margins
    original = noise(seed, height, width, 4 if transparent else 3)
    if transparent:
        original[..., 3] = np.random.default_rng(seed).choice([0, 90, 255], (height, width))
    painted = noise(seed + 1, height + top + bottom, width + left + right)
    whole, layer = continued(original, painted, left, top, overlap)
    part = (slice(top, top + height), slice(left, left + width))
    assert (whole[part] == original).all()
    beneath = Image.fromarray(layer)
    above = Image.new("RGBA", beneath.size)
    above.paste(Image.fromarray(original).convert("RGBA"), (left, top))
    laid = np.asarray(Image.alpha_composite(beneath, above))
    expected = np.asarray(Image.fromarray(whole).convert("RGBA"))
    shown = expected[..., 3] > 0
    assert (laid[..., 3] == expected[..., 3]).all()
    assert (laid[shown] == expected[shown]).all()
    margin = np.ones(whole.shape[:2], bool)
    margin[part] = False
    assert (layer[margin][:, 3] == 255).all()


def test_the_layer_fades_under_the_edge_and_only_where_there_is_a_margin() -> None:
    original = noise(1, 40, 60)
    _, layer = continued(original, noise(2, 40, 80), 20, 0, 8)
    row = layer[20, :, 3]
    assert (row[:20] == 255).all()
    assert (np.diff(row[19:29].astype(int)) < 0).all()
    assert (row[28:] == 0).all(), "the right edge was not continued"
    assert (layer[20, 20:28, :3] == original[20, :8]).all()


@settings(max_examples=60, deadline=None)
@given(sides, sides, kinds, st.integers(0, 50), st.integers(0, 60), seeds)
def test_the_context_holds_the_mask_and_lies_in_the_picture(
    height: int, width: int, kind: str, padding: int, least: int, seed: int
) -> None:
    mask = a_mask(kind, seed, height, width)
    box = context_box(mask, padding, least)
    assert 0 <= box.left <= box.left + box.width <= width
    assert 0 <= box.top <= box.top + box.height <= height
    if mask.any():
        outside = mask.copy()
        outside[box.slices] = 0
        assert not outside.any()
        inner = bounds(mask)
        assert box.width >= min(width, max(least, inner.width))
        assert box.left <= max(0, inner.left - padding)


@settings(max_examples=60, deadline=None)
@given(sides, sides, kinds, st.integers(1, 30), seeds)
def test_distances_are_those_of_the_definition(
    height: int, width: int, kind: str, limit: int, seed: int
) -> None:
    mask = a_mask(kind, seed, height, width) > 0
    found = distance_to(mask, limit)
    y, x = np.nonzero(mask)
    rows, columns = np.mgrid[0:height, 0:width]
    true = np.full((height, width), np.inf)
    for at in range(len(y)):
        true = np.minimum(true, np.hypot(rows - y[at], columns - x[at]))
    assert np.allclose(found, true.clip(max=limit + 1), atol=1e-4)


def test_a_mask_is_widened_by_what_was_asked_for() -> None:
    mask = np.zeros((61, 61), np.uint8)
    mask[30, 30] = 255
    row = coverage(mask, Seam(grow=5, feather=10, padding=0))[30].astype(int)
    assert (row[25:36] == 255).all()
    assert (np.diff(row[35:47]) <= 0).all()
    assert 0 < row[44] < row[40] < 255
    assert (row[46:] == 0).all()
    assert (coverage(mask, Seam(0, 0, 0)) == mask).all()


def test_soft_masks_stay_soft() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[10:30, 10:30] = 100
    covered = coverage(mask, Seam(grow=3, feather=4, padding=0))
    assert covered.max() == 100
    assert covered[20, 8] == 100


def test_seam_and_context_grow_with_the_mask_unless_they_are_given() -> None:
    small, large = np.zeros((600, 600), np.uint8), np.zeros((600, 600), np.uint8)
    small[300:310, 300:310] = 255
    large[100:500, 100:500] = 255
    few, many = seam_for(small), seam_for(large)
    assert few == Seam(2, 3, 64)
    assert few.grow < many.grow
    assert few.feather < many.feather
    assert few.padding < many.padding
    assert seam_for(large, grow=0, feather=1, padding=2) == Seam(0, 1, 2)


def test_a_colour_cast_disappears_and_details_stay() -> None:
    rng = np.random.default_rng(3)
    original = np.full((120, 120, 3), (90, 120, 150), np.uint8)
    detail = rng.integers(-20, 21, original.shape)
    painted = (original.astype(int) + detail + (18, -12, 20)).clip(0, 255).astype(np.uint8)
    covered = np.zeros((120, 120), np.uint8)
    covered[30:90, 30:90] = 255
    result = matched(painted, original, covered)[30:90, 30:90].astype(int)
    wanted = (original + detail)[30:90, 30:90]
    assert np.abs(result.mean((0, 1)) - wanted.mean((0, 1))).max() < 3
    assert result.std() > 0.95 * wanted.std()


def test_what_fits_nowhere_is_not_washed_out() -> None:
    original = np.full((200, 200, 3), 240, np.uint8)
    painted = np.full((200, 200, 3), (20, 60, 20), np.uint8)
    covered = np.zeros((200, 200), np.uint8)
    covered[20:180, 20:180] = 255
    result = matched(painted, original, covered).astype(int)
    assert np.abs(result[100, 100] - painted[100, 100]).max() <= 30, "green stays green"
    assert np.abs(result[100, 20] - 240).max() <= 24, "and meets the white at its rim"


def test_a_membrane_keeps_what_is_known_and_is_smooth_between() -> None:
    known = np.zeros((50, 70), bool)
    known[:, 0] = known[:, -1] = True
    values = np.zeros((50, 70, 1), np.float32)
    values[:, -1] = 69
    spread = membrane(values, known)[..., 0]
    assert (spread[:, 0] == 0).all()
    assert (spread[:, -1] == 69).all()
    assert np.abs(spread - np.arange(70)).max() < 8


def test_bad_masks_are_refused_in_words() -> None:
    with pytest.raises(InvalidRequest, match="Select something first"):
        check_mask(np.zeros((8, 9), np.uint8), 8, 9)
    with pytest.raises(InvalidRequest, match=r"9 x 8 px and the picture 8 x 9"):
        check_mask(np.ones((8, 9), np.uint8), 9, 8)

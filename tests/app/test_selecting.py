"""Selecting: shapes, similar colours, growing and feathering, and what joins with what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app.selecting.choosing import changed_selection, colour_mask, inverted, select_shape
from studio.app.selecting.layers import cut_out, layer_selection, mask_layer_tiles
from studio.app.selecting.masks import (
    Mode,
    Placed,
    ellipse,
    feathered,
    grown,
    polygon,
    rectangle,
)
from studio.app.selecting.outline import outline, reduced
from studio.app.selecting.similar import connected, similar
from studio.document import AddLayer, ImageDocument, Layer, Project, Select, mask_tiles


@pytest.fixture
def document(tmp_path: Path) -> Iterator[ImageDocument]:
    project = Project.create(tmp_path / "s.atelier", width=600, height=400)
    yield project.image
    project.close()


def select(document: ImageDocument, shape: Placed, mode: Mode = "replace", **how: int) -> None:
    document.apply(select_shape(document.snapshot(), shape, mode, **how))


def shown(document: ImageDocument) -> np.ndarray:
    return document.selection.region(0, 0, document.width, document.height)


def reached(inside: np.ndarray, x: int, y: int) -> np.ndarray:
    """The connected part by the plainest means: step by step from the seed."""
    found = np.zeros_like(inside)
    waiting = [(y, x)] if inside[y, x] else []
    while waiting:
        row, column = waiting.pop()
        if (
            0 <= row < inside.shape[0]
            and 0 <= column < inside.shape[1]
            and inside[row, column]
            and not found[row, column]
        ):
            found[row, column] = True
            waiting += [(row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)]
    return found


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 24),
    st.integers(1, 24),
    st.integers(0, 2**32 - 1),
    st.floats(0.2, 0.9),
)
def test_what_hangs_together_is_what_can_be_reached(
    width: int, height: int, seed: int, share: float
) -> None:
    chance = np.random.default_rng(seed)
    inside = chance.random((height, width)) < share
    x, y = int(chance.integers(width)), int(chance.integers(height))
    assert (connected(inside, x, y) == reached(inside, x, y)).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_growing_is_the_largest_value_within_a_disc(
    width: int, height: int, seed: int, radius: int
) -> None:
    mask = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    mask[np.random.default_rng(seed + 1).random((height, width)) < 0.7] = 0
    expected = np.zeros_like(mask)
    for y in range(height):
        for x in range(width):
            ys, xs = np.mgrid[0:height, 0:width]
            near = (ys - y) ** 2 + (xs - x) ** 2 <= radius * radius
            expected[y, x] = mask[near].max()
    assert (grown(mask, radius) == expected).all()
    assert (grown(mask, -radius) == ~grown(~mask, radius)).all()


def test_similar_looks_at_every_channel() -> None:
    pixels = np.array([[[10, 20, 30, 255], [14, 20, 30, 255], [10, 20, 30, 250]]], np.uint8)
    assert similar(pixels, pixels[0, 0], 4).tolist() == [[True, True, False]]
    assert similar(pixels, pixels[0, 0], 255).all()


def test_a_colour_range_fades_over_the_tolerance() -> None:
    pixels = np.zeros((1, 100, 4), np.uint8)
    pixels[0, :, 0] = np.arange(100)
    pixels[..., 3] = 255
    mask = colour_mask(pixels, 0, 0, 40, contiguous=False, smooth=True)[0].astype(int)
    assert mask[0] == 255
    assert (np.diff(mask) <= 0).all()
    assert mask[40] == 255
    assert 100 < mask[50] < 160
    assert mask[61] == 0


def test_an_ellipse_is_round_and_smooth() -> None:
    shape = ellipse(10, 20, 110, 80)
    assert (shape.x, shape.y, shape.mask.shape) == (10, 20, (60, 100))
    area = shape.mask.astype(float).sum() / 255
    assert area == pytest.approx(np.pi * 50 * 30, rel=0.002)
    assert (shape.mask == shape.mask[::-1, ::-1]).all()
    edge = (shape.mask > 0) & (shape.mask < 255)
    assert edge.sum() > 100


def test_a_polygon_is_filled_inside_with_a_smooth_edge() -> None:
    triangle = polygon([(10.0, 10.0), (110.0, 10.0), (10.0, 90.0)])
    area = triangle.mask.astype(float).sum() / 255
    assert area == pytest.approx(100 * 80 / 2, rel=0.01)
    square = polygon([(5, 5), (25, 5), (25, 25), (5, 25)])
    assert square.mask[2:-2, 2:-2].min() == 255
    assert polygon([(1, 1), (2, 2)]).mask.max() == 0


def test_shapes_join_as_asked(document: ImageDocument) -> None:
    first, second = rectangle(10, 10, 300, 300), rectangle(200, 200, 500, 390)
    a, b = np.zeros((400, 600), np.uint8), np.zeros((400, 600), np.uint8)
    a[10:300, 10:300], b[200:390, 200:500] = 255, 255
    expected = {
        "replace": b,
        "add": np.maximum(a, b),
        "subtract": np.minimum(a, ~b),
        "intersect": np.minimum(a, b),
    }
    for mode, mask in expected.items():
        select(document, first)
        select(document, second, mode)  # type: ignore[arg-type]
        assert (shown(document) == mask).all(), mode
    document.apply(Select(tiles={}))
    select(document, first, "subtract")
    assert document.selection.is_empty
    select(document, first, "add")
    assert (shown(document) == a).all()


def test_adding_touches_only_the_tiles_under_the_shape(document: ImageDocument) -> None:
    select(document, rectangle(10, 10, 100, 100))
    operation = select_shape(document.snapshot(), rectangle(520, 300, 560, 330), "add")
    assert set(operation.tiles) == {(2, 1)}


def test_grow_and_feather_before_a_shape_joins(document: ImageDocument) -> None:
    select(document, rectangle(200, 150, 300, 250), grow=10)
    assert document.selection.bounds() == (190, 140, 120, 120)
    select(document, rectangle(200, 150, 300, 250), feather=20)
    mask = shown(document)
    assert mask[200, 250] == 255
    assert int(mask[200, 200]) == pytest.approx(128, abs=8)
    row = mask[200, 170:230].astype(int)
    assert (np.diff(row) >= 0).all()


def test_a_feathered_shape_at_the_edge_stays_whole_there(document: ImageDocument) -> None:
    select(document, rectangle(0, 0, 600, 400))
    document.apply(
        changed_selection(document.snapshot(), lambda mask: feathered(mask, 30), "Feather")
        or Select(tiles={})
    )
    assert (shown(document) == 255).all()


def test_inverting_twice_gives_back_what_was(document: ImageDocument) -> None:
    select(document, ellipse(50, 50, 250, 200))
    before = shown(document)
    document.apply(inverted(document.snapshot(), "Invert"))
    assert (shown(document) == ~before).all()
    document.apply(inverted(document.snapshot(), "Invert"))
    assert (shown(document) == before).all()


def test_a_selection_kept_as_a_mask_layer_comes_back(document: ImageDocument) -> None:
    select(document, ellipse(50, 50, 350, 300))
    before = shown(document)
    tiles = mask_layer_tiles(document.snapshot())
    document.apply(AddLayer(layer=Layer(id="m", name="Mask", kind="mask"), tiles=tiles))
    document.apply(Select(tiles={}))
    document.apply(layer_selection(document.snapshot(), "m", "Select"))
    assert (shown(document) == before).all()


def test_cutting_out_keeps_only_what_is_selected(document: ImageDocument) -> None:
    pixels = np.full((400, 600, 4), 200, np.uint8)
    whole = cut_out(document.snapshot(), pixels)
    assert whole is not None
    assert (whole == pixels).all()
    document.apply(Select(tiles=dict(mask_tiles(np.full((20, 30), 128, np.uint8), 100, 50))))
    part = cut_out(document.snapshot(), pixels)
    assert part is not None
    assert part.shape == (20, 30, 4)
    assert (part == 100).all()
    assert cut_out(document.snapshot(), pixels * 0) is None


def test_the_outline_is_every_edge_once() -> None:
    inside = np.zeros((6, 8), np.bool_)
    inside[1:4, 2:6] = True
    inside[2, 3] = False
    across, upright = outline(inside)
    assert sorted(map(tuple, across.tolist())) == [(1, 2, 6), (2, 3, 4), (3, 3, 4), (4, 2, 6)]
    assert sorted(map(tuple, upright.tolist())) == [(2, 1, 4), (3, 2, 3), (4, 2, 3), (6, 1, 4)]


def test_a_reduced_mask_is_the_mean() -> None:
    mask = np.zeros((256, 256), np.uint8)
    mask[:2, :2] = [[255, 0], [0, 255]]
    assert reduced(mask, 1)[0, 0] == 128
    assert reduced(mask, 1).shape == (128, 128)
    assert (reduced(mask, 0) == mask).all()

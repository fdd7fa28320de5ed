"""Transforms, crops and scaling of layers, without a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.app.painting.canvas_size import framed, scaled
from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.app.painting.transforming import (
    Cut,
    cut_for_transform,
    homography,
    mapped,
    transformed,
    warped,
)
from studio.core.errors import DocumentProblem
from studio.document import (
    AddLayer,
    ImageDocument,
    Layer,
    Project,
    Select,
    mask_tiles,
    premultiply,
    split_into_tiles,
)

NOISE = np.random.default_rng(5).integers(0, 256, (30, 50, 4), np.uint8)
BOX = Box(110, 120, 160, 150)
CORNERS = [(110.0, 120.0), (160.0, 120.0), (160.0, 150.0), (110.0, 150.0)]


def cut() -> Cut:
    return Cut(BOX, premultiply(NOISE), TileCanvas(lambda _: None))


@pytest.fixture
def document(tmp_path: Path) -> Iterator[ImageDocument]:
    project = Project.create(tmp_path / "t.atelier", width=600, height=400)
    yield project.image
    project.close()


def add(document: ImageDocument, pixels: np.ndarray, **properties: object) -> Layer:
    height, width = pixels.shape[:2]
    layer = Layer(id="layer", name="Layer", **properties)  # type: ignore[arg-type]
    tiles = split_into_tiles(premultiply(pixels).tobytes(), width, height)
    document.apply(AddLayer(layer=layer, tiles=tiles))
    return layer


def shown(document: ImageDocument) -> np.ndarray:
    layer = document.layers[0]
    canvas = TileCanvas(lambda key: document.tile(layer.id, key))
    return canvas.region(Box(0, 0, 600, 400).shifted(-layer.x, -layer.y))


def test_whole_moves_flips_and_quarter_turns_keep_every_pixel() -> None:
    a, b, c, d = CORNERS
    pixels = cut().pixels
    assert (warped(cut(), CORNERS)[2] == pixels).all()
    moved = [(x + 7, y - 3) for x, y in CORNERS]
    left, top, result = warped(cut(), moved)
    assert (left, top) == (117, 117)
    assert (result == pixels).all()
    assert (warped(cut(), [b, a, d, c])[2] == pixels[:, ::-1]).all()
    assert (warped(cut(), [d, c, b, a])[2] == pixels[::-1]).all()
    assert (warped(cut(), [c, d, a, b])[2] == pixels[::-1, ::-1]).all()
    right = [(30.0, 0.0), (30.0, 50.0), (0.0, 50.0), (0.0, 0.0)]
    assert (warped(cut(), right)[2] == np.rot90(pixels, -1)).all()
    left_turn = [(0.0, 50.0), (0.0, 0.0), (30.0, 0.0), (30.0, 50.0)]
    assert (warped(cut(), left_turn)[2] == np.rot90(pixels)).all()


def test_scaling_keeps_colours_and_never_leaves_a_colour_above_its_alpha() -> None:
    flat = np.zeros((40, 40, 4), np.uint8)
    flat[...] = (100, 50, 25, 200)
    source = Cut(Box(0, 0, 40, 40), flat, TileCanvas(lambda _: None))
    for side in (90.0, 13.0):
        corners = [(0.5, 0.5), (side, 0.5), (side, side), (0.5, side)]
        _, _, result = warped(source, corners)
        inner = result[5:-5, 5:-5]  # bicubic rings a little at the edge
        assert np.abs(inner.astype(int) - flat[0, 0]).max() <= 1
    _, _, turned = warped(cut(), [(135, 100), (175, 130), (150, 165), (110, 135)])
    assert (turned[..., :3] <= turned[..., 3:]).all()


def test_making_much_smaller_takes_the_mean_not_single_pixels() -> None:
    stripes = np.zeros((128, 128, 4), np.uint8)
    stripes[..., 3] = 255
    stripes[:, ::2, :3] = 255
    source = Cut(Box(0, 0, 128, 128), stripes, TileCanvas(lambda _: None))
    corners = [(0.3, 0.3), (16.3, 0.3), (16.3, 16.3), (0.3, 16.3)]
    _, _, result = warped(source, corners)
    assert np.abs(result[3:-3, 3:-3, :3].astype(int) - 128).max() <= 3


def test_perspective_brings_the_corners_where_they_belong() -> None:
    target = [(10.0, 5.0), (90.0, 20.0), (80.0, 95.0), (5.0, 70.0)]
    source = [(0.0, 0.0), (50.0, 0.0), (50.0, 30.0), (0.0, 30.0)]
    matrix = homography(source, target)
    assert np.allclose(mapped(matrix, source), target)
    with pytest.raises(DocumentProblem):
        homography(source, [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)])
    crossed = [(0.0, 0.0), (50.0, 0.0), (0.0, 30.0), (50.0, 30.0)]
    with pytest.raises(DocumentProblem):
        warped(Cut(Box(0, 0, 50, 30), NOISE, TileCanvas(lambda _: None)), crossed)


def test_what_would_be_too_large_is_refused() -> None:
    huge = [(0.0, 0.0), (40000.5, 0.0), (40000.5, 40000.5), (0.0, 40000.5)]
    with pytest.raises(DocumentProblem, match="too large"):
        warped(cut(), huge)


def test_a_layer_is_moved_out_of_its_old_place(document: ImageDocument) -> None:
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[10:40, 20:70] = NOISE | np.array((0, 0, 0, 1), np.uint8)
    add(document, pixels, x=-5, y=8)
    taken = cut_for_transform(document.snapshot(), "layer")
    assert taken is not None
    assert taken.box == Box(15, 18, 65, 48), "tightly around what is painted"
    before = shown(document)[18:48, 15:65].copy()
    corners = [(x - 95.0, y + 30.0) for x, y in CORNERS]
    operation = transformed(document.snapshot(), "layer", corners)
    assert operation is not None
    document.apply(operation)
    after = shown(document)
    assert (after[150:180, 15:65] == before).all()
    assert not after[:150].any()
    document.undo()
    assert (shown(document)[18:48, 15:65] == before).all()


def test_only_what_is_selected_is_transformed(document: ImageDocument) -> None:
    add(document, np.full((100, 200, 4), 255, np.uint8))
    chosen = mask_tiles(np.full((30, 50), 255, np.uint8), 20, 40)
    document.apply(Select(tiles=dict(chosen)))
    corners = [(320.0, 240.0), (370.0, 240.0), (370.0, 270.0), (320.0, 270.0)]
    operation = transformed(document.snapshot(), "layer", corners)
    assert operation is not None
    document.apply(operation)
    pixels = shown(document)[..., 3]
    assert not pixels[40:70, 20:70].any()
    assert (pixels[240:270, 320:370] == 255).all()
    assert pixels[:100, :200].sum() == 255 * (100 * 200 - 30 * 50)


def test_an_empty_layer_has_nothing_to_transform(document: ImageDocument) -> None:
    add(document, np.zeros((4, 4, 4), np.uint8))
    assert transformed(document.snapshot(), "layer", CORNERS) is None


def test_a_crop_moves_layers_and_selection_and_loses_no_pixel(document: ImageDocument) -> None:
    add(document, np.full((100, 200, 4), 255, np.uint8))
    document.apply(Select(tiles=dict(mask_tiles(np.full((50, 50), 255, np.uint8), 40, 40))))
    document.apply(framed(document.snapshot(), 30, 20, 100, 60, "Crop"))
    assert (document.width, document.height) == (100, 60)
    assert (document.layers[0].x, document.layers[0].y) == (-30, -20)
    assert document.selection.bounds() == (10, 20, 50, 40)
    document.apply(framed(document.snapshot(), -30, -20, 600, 400, "Extend"))
    assert (document.layers[0].x, document.layers[0].y) == (0, 0)
    assert (shown(document)[:100, :200] == 255).all(), "nothing was cut off"
    document.undo()
    document.undo()
    assert document.selection.bounds() == (40, 40, 50, 50)
    with pytest.raises(DocumentProblem):
        framed(document.snapshot(), 0, 0, 0, 5, "Crop")


def test_scaling_the_picture_scales_layers_and_selection(document: ImageDocument) -> None:
    pixels = np.zeros((200, 300, 4), np.uint8)
    pixels[50:150, 100:200] = (200, 100, 50, 255)
    add(document, pixels, x=20, y=10)
    document.apply(Select(tiles=dict(mask_tiles(np.full((100, 100), 255, np.uint8), 120, 60))))
    document.apply(scaled(document.snapshot(), 300, 200, "Half"))
    assert (document.width, document.height) == (300, 200)
    half = shown(document)
    assert tuple(half[55, 85]) == (200, 100, 50, 255)
    ys, xs = (half[..., 3] > 127).nonzero()
    assert (xs.min(), ys.min(), xs.max(), ys.max()) == (60, 30, 109, 79)
    ys, xs = (document.selection.region(0, 0, 300, 200) > 127).nonzero()
    assert (xs.min(), ys.min(), xs.max(), ys.max()) == (60, 30, 109, 79)
    document.undo()
    assert (document.width, document.layers[0].x) == (600, 20)
    with pytest.raises(DocumentProblem, match="beyond the canvas"):
        scaled(document.snapshot(), 32000, 32000, "Far too large")

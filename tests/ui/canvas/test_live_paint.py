"""A stroke while it is painted looks as it will when the document has it, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from studio.app.painting.brush import Brush, Sample
from studio.app.painting.stroke import ColourPaint, Stroke
from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.document import (
    TILE,
    AddLayer,
    ChangeLayer,
    ImageDocument,
    Layer,
    PaintTiles,
    Project,
    ReorderLayer,
)
from studio.ui.canvas.compositor import Compositor
from tests.ui.canvas.making import add_layer, plain


@pytest.fixture
def document(tmp_path: Path, qapp: QApplication) -> ImageDocument:
    project = Project.create(tmp_path / "live.atelier", width=700, height=600)
    yield project.image
    project.close()


def noise(seed: int, side: int = 600) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 4), np.uint8)


def grown(document: ImageDocument) -> Layer:
    """Make a stack in which the active layer lies between others, all of them different."""
    add_layer(document, noise(1), name="bottom")
    active = add_layer(document, noise(2), name="active", x=13, y=-7, opacity=0.7)
    add_layer(document, noise(3, 300), name="screen", blend_mode="screen", opacity=0.4)
    add_layer(document, noise(4, 500), name="hue", blend_mode="hue", x=-40)
    return active


def in_a_group(document: ImageDocument) -> Layer:
    active = grown(document)
    group = Layer(id="group", name="Group", kind="group", opacity=0.8)
    document.apply(AddLayer(layer=group))
    document.apply(
        ChangeLayer(layer_id=active.id, changes=msgspec.structs.replace(active, parent="group"))
    )
    return document.layer(active.id)


def under_a_mask(document: ImageDocument) -> Layer:
    active = grown(document)
    mask = add_layer(document, noise(9), name="mask", kind="mask", parent=active.id)
    document.apply(ReorderLayer(layer_id=mask.id, index=0))
    return active


def multiplied(document: ImageDocument) -> Layer:
    active = grown(document)
    changed = msgspec.structs.replace(active, blend_mode="multiply")
    document.apply(ChangeLayer(layer_id=active.id, changes=changed))
    return changed


def shown(compositor: Compositor, level: int) -> list[QImage | None]:
    while compositor.busy:
        compositor.work(1)
    side = TILE << level
    return [
        compositor.image((level, column, row))[0]
        for row in range(-(-600 // side))
        for column in range(-(-700 // side))
    ]


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("build", [grown, in_a_group, under_a_mask, multiplied])
def test_what_is_shown_while_painting_is_what_comes_out(
    document: ImageDocument, build: Callable[[ImageDocument], Layer], level: int
) -> None:
    layer = build(document)
    compositor = Compositor(document)
    everything = QRectF(0, 0, 700, 600).toAlignedRect()
    compositor.want(level, everything)
    shown(compositor, level)
    canvas = TileCanvas(lambda key: document.tile(layer.id, key))
    brush = Brush(size=70, hardness=0.3, opacity=0.8)
    limits = Box(0, 0, 700, 600).shifted(-layer.x, -layer.y)
    stroke = Stroke(
        canvas, brush, ColourPaint((255, 120, 0)), limits=limits, origin=(layer.x, layer.y)
    )
    compositor.begin_live(layer, canvas.live)
    steps = [stroke.begin(Sample(90, 90))]
    steps += [stroke.move(Sample(90 + 60 * n, 90 + 50 * n)) for n in range(1, 9)]
    for changed in steps:
        compositor.paint_live(
            {
                key: QRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
                for key, box in changed.items()
            }
        )
    live = [image.copy() if image else None for image in shown(compositor, level)]
    document.apply(PaintTiles(layer_id=layer.id, tiles=canvas.results()))
    compositor.end_live()
    assert shown(compositor, level) == live
    fresh = Compositor(document)
    fresh.want(level, everything)
    assert shown(fresh, level) == live
    compositor.close()
    fresh.close()


def test_a_stroke_that_is_given_up_leaves_nothing(document: ImageDocument) -> None:
    layer = grown(document)
    compositor = Compositor(document)
    compositor.want(0, QRect(0, 0, 700, 600))
    before = [image.copy() if image else None for image in shown(compositor, 0)]
    tiles = {(0, 0): np.full((TILE, TILE, 4), 255, np.uint8)}
    compositor.begin_live(layer, tiles)
    compositor.paint_live({(0, 0): QRect(0, 0, TILE, TILE)})
    assert shown(compositor, 0) != before
    compositor.end_live()
    assert shown(compositor, 0) == before
    compositor.close()


@pytest.mark.parametrize("level", [0, 2])
def test_the_first_stroke_on_an_empty_layer_shows_at_once(
    document: ImageDocument, level: int
) -> None:
    layer = add_layer(document, plain((0, 0, 0, 0), 1, 1))
    compositor = Compositor(document)
    compositor.want(level, QRect(0, 0, 700, 600))
    areas: list[QRect] = []
    compositor.tiles_ready.connect(areas.append)
    tiles = {(1, 1): np.full((TILE, TILE, 4), 255, np.uint8)}
    compositor.begin_live(layer, tiles)
    compositor.paint_live({(1, 1): QRect(10, 10, 40, 40)})
    assert areas == [QRect(266, 266, 40, 40)]
    image = compositor.image((level, 1 >> level, 1 >> level))[0]
    assert image is not None
    place = 30 if level == 0 else (256 + 30) >> level
    assert image.pixelColor(place, place).alpha() == 255
    compositor.end_live()
    compositor.close()

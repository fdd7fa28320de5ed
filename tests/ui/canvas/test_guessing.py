"""A stroke over layers that are not in memory shows at once and ends up exact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from studio.app.painting.brush import Brush, Sample
from studio.app.painting.stroke import ColourPaint, EraserPaint, Paint, Stroke
from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.document import ImageDocument, PaintTiles, Project
from studio.ui.canvas.compositor import Compositor
from studio.ui.canvas.merged import pixels_of
from studio.ui.canvas.tools.targets import rects
from tests.ui.canvas.making import add_layer, plain


@pytest.fixture
def path(tmp_path: Path, qapp: QApplication) -> Path:
    """A closed project: a grey layer below, an empty one above."""
    project = Project.create(tmp_path / "cold.atelier", width=700, height=600)
    add_layer(project.image, plain((90, 120, 150, 255), 700, 600), name="Ground")
    add_layer(project.image, plain((0, 0, 0, 0), 1, 1), name="Paint")
    project.close()
    return tmp_path / "cold.atelier"


def make_cold(document: ImageDocument) -> None:
    """Forget what was read, as after long work elsewhere."""
    document._tiles._recent.clear()


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("paint", [ColourPaint((255, 120, 0)), EraserPaint()])
def test_the_first_look_is_close_and_the_end_exact(path: Path, level: int, paint: Paint) -> None:
    with Project.open(path) as project:
        document = project.image
        layer = document.layers[1] if isinstance(paint, ColourPaint) else document.layers[0]
        compositor = Compositor(document)
        compositor.want(level, QRect(0, 0, 700, 600))
        while compositor.busy:
            compositor.work(1)
        assert project.flush()
        make_cold(document)
        canvas = TileCanvas(lambda key: document.tile(layer.id, key))
        stroke = Stroke(canvas, Brush(size=60), paint, limits=Box(0, 0, 700, 600))
        compositor.begin_live(layer, canvas.live, canvas)
        make_cold(document)
        before = compositor.composed_tiles
        changed = stroke.begin(Sample(128, 128))
        make_cold(document)
        compositor.paint_live(rects(changed))
        assert compositor.composed_tiles == before, "nothing was composited for it"
        first = shown(compositor, level, 128, 128)
        if isinstance(paint, ColourPaint):
            assert np.abs(first.astype(int) - (255, 120, 0, 255)).max() <= 1
        else:
            assert first[3] < 10
        while compositor.busy:
            compositor.work(1)
        for x in range(140, 560, 30):
            changed = stroke.move(Sample(x, 150))
            compositor.paint_live(rects(changed))
        while compositor.busy:
            compositor.work(1)
        document.apply(PaintTiles(layer_id=layer.id, tiles=canvas.results()))
        compositor.end_live()
        fresh = Compositor(document)
        fresh.want(level, QRect(0, 0, 700, 600))
        while fresh.busy or compositor.busy:
            fresh.work(1)
            compositor.work(1)
        for row in range(3 >> level):
            for column in range(3 >> level):
                key = (level, column, row)
                assert compositor.image(key)[0] == fresh.image(key)[0]
        compositor.close()
        fresh.close()


def shown(compositor: Compositor, level: int, x: int, y: int) -> np.ndarray:
    """Return the premultiplied colour of a document pixel as a level shows it."""
    image = compositor.image((level, x >> (level + 8), y >> (level + 8)))[0]
    assert isinstance(image, QImage)
    side = 256 << level
    return pixels_of(image)[(y % side) >> level, (x % side) >> level]

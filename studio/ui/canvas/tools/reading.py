"""Whole pictures for tools that look at colours, put together on any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.document import ImageSnapshot
from studio.ui.canvas.merged import MergedPixels

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


def canvas_pixels(picture: ImageSnapshot, layer_id: str | None) -> Pixels:
    """Return the canvas, height x width x 4 premultiplied: of one layer, or as it is seen."""
    whole = Box(0, 0, picture.width, picture.height)
    if layer_id is None:
        return MergedPixels(picture).region(whole)
    layer = picture.layer(layer_id)
    canvas = TileCanvas(lambda key: picture.tile(layer_id, key))
    return canvas.region(whole.shifted(-layer.x, -layer.y))

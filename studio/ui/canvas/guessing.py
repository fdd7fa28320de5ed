"""What a stroke looks like before its layers have been read: laid over what is on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.document import TILE, Layer
from studio.ui.canvas.merged import image_of, pixels_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from studio.ui.canvas.tile_cache import PyramidKey

    Floats = npt.NDArray[np.float32]


def laid_over(
    canvas: TileCanvas,
    layer: Layer,
    key: PyramidKey,
    before: QImage,
    image: QImage,
    part: QRect,
) -> QRect:
    """Show a stroke in a tile of the pyramid; returns the changed part in px of the tile.

    Args:
        canvas: the layer's tiles before and with the stroke.
        layer: the layer.
        key: the tile.
        before: the tile as it was before the stroke.
        image: the tile, which is changed.
        part: what the stroke has changed, in document px.
    """
    level, column, row = key
    scale = 1 << level
    left, top = column * TILE * scale, row * TILE * scale
    x0, y0 = (part.left() - left) // scale, (part.top() - top) // scale
    x1, y1 = (part.right() - left) // scale + 1, (part.bottom() - top) // scale + 1
    place = QRect(x0, y0, x1 - x0, y1 - y0) & QRect(0, 0, TILE, TILE)
    if place.isEmpty():
        return place
    box = Box(
        left + place.left() * scale,
        top + place.top() * scale,
        left + (place.right() + 1) * scale,
        top + (place.bottom() + 1) * scale,
    ).shifted(-layer.x, -layer.y)
    old = _smaller(canvas.region(box, before=True), scale)
    new = _smaller(canvas.region(box), scale)
    shown = pixels_of(before.copy(place)).astype(np.float32)
    change = (new - old) * np.float32(layer.opacity)
    # What the stroke adds covers what was there; what it takes away lets nothing known through.
    cover = np.maximum(change[..., 3:], 0) / np.float32(255)
    result = (shown * (1 - cover) + change + np.float32(0.5)).clip(0, 255).astype(np.uint8)
    np.minimum(result[..., :3], result[..., 3:], out=result[..., :3])
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.drawImage(place.topLeft(), image_of(result))
    painter.end()
    return place


def _smaller(pixels: npt.NDArray[np.uint8], scale: int) -> Floats:
    """Return pixels at 1 / scale of their size: the mean of each block."""
    if scale == 1:
        return pixels.astype(np.float32)
    height, width = pixels.shape[0] // scale, pixels.shape[1] // scale
    blocks = pixels.reshape(height, scale, width, scale, 4)
    mean: Floats = blocks.mean((1, 3), np.float32)
    return mean

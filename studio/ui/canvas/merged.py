"""The visible layers as one picture, a tile at a time; usable on any thread with a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from studio.app.painting.tile_canvas import Box, tiles_of
from studio.document import TILE, ImageDocument, ImageSnapshot, TileKey
from studio.ui.canvas.blending import TILE_FORMAT
from studio.ui.canvas.layer_stack import LayerStack

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


class MergedPixels:
    """Composites tiles when they are first asked for and keeps them."""

    def __init__(self, document: ImageDocument | ImageSnapshot) -> None:
        self._stack = LayerStack(document)
        self._tiles: dict[TileKey, Pixels] = {}

    def tile(self, key: TileKey) -> Pixels:
        """Return a document tile, 256 x 256 x 4 premultiplied."""
        tile = self._tiles.get(key)
        if tile is None:
            image = self._stack.compose(*key)
            empty = np.zeros((TILE, TILE, 4), np.uint8)
            tile = self._tiles[key] = empty if image is None else pixels_of(image)
        return tile

    def region(self, box: Box) -> Pixels:
        """Return the pixels of a box of document px."""
        result = np.zeros((box.bottom - box.top, box.right - box.left, 4), np.uint8)
        for key, inside, target in tiles_of(box):
            result[target.top : target.bottom, target.left : target.right] = self.tile(key)[
                inside.top : inside.bottom, inside.left : inside.right
            ]
        return result


def pixels_of(image: QImage) -> Pixels:
    """Return an image as height x width x 4, premultiplied RGBA; a copy."""
    converted = image.convertToFormat(TILE_FORMAT)
    flat = np.frombuffer(converted.constBits(), np.uint8)
    shaped = flat.reshape(image.height(), converted.bytesPerLine() // 4, 4)
    return shaped[:, : image.width()].copy()


def image_of(pixels: Pixels) -> QImage:
    """Return premultiplied RGBA pixels as an image that owns them."""
    height, width = pixels.shape[:2]
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, width, height, width * 4, TILE_FORMAT).copy()


def colour_of(image: QImage) -> tuple[int, int, int] | None:
    """Return the mean straight colour of an image; None where nothing is painted."""
    pixels = pixels_of(image).reshape(-1, 4).astype(np.float64)
    alpha = pixels[:, 3].sum()
    if alpha < 1:
        return None
    red, green, blue = (pixels[:, :3].sum(0) * 255 / alpha).round().clip(0, 255)
    return int(red), int(green), int(blue)

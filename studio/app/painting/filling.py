"""Fills: one colour or a gradient through a mask onto a layer, away from the event loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from studio.app.painting.stroke import ColourPaint, EraserPaint, Paint
from studio.app.painting.tile_canvas import Box, TileCanvas, tiles_of
from studio.app.selecting.masks import Placed
from studio.document import TILE, ImageSnapshot, PaintTiles, TileKey

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]


class Gradient(NamedTuple):
    """From ``start`` to ``end`` (document px), from one straight RGBA colour to another."""

    start: tuple[float, float]
    end: tuple[float, float]
    first: tuple[int, int, int, int]
    last: tuple[int, int, int, int]
    radial: bool = False

    def pixels(self, box: Box) -> Floats:
        """Return the premultiplied colours of a box of document px, before they are rounded."""
        (x0, y0), (x1, y1) = self.start, self.end
        dx, dy = x1 - x0, y1 - y0
        length = max(math.hypot(dx, dy), 1e-3)
        x = np.arange(box.left, box.right, dtype=np.float32) + np.float32(0.5 - x0)
        y = np.arange(box.top, box.bottom, dtype=np.float32) + np.float32(0.5 - y0)
        if self.radial:
            at = np.hypot(x[None, :], y[:, None]) / np.float32(length)
        else:
            at = (x[None, :] * np.float32(dx) + y[:, None] * np.float32(dy)) / np.float32(
                length * length
            )
        at = np.clip(at, 0, 1)[..., None]
        first, last = (np.array(one, np.float32) for one in (self.first, self.last))
        straight = first + (last - first) * at
        result: Floats = straight.copy()
        result[..., :3] *= straight[..., 3:] / np.float32(255)
        return result


class GradientPaint:
    """A gradient over what was there; with ``keep_alpha`` only where something is."""

    def __init__(
        self, gradient: Gradient, origin: tuple[int, int], *, keep_alpha: bool = False
    ) -> None:
        self._gradient = gradient
        self._origin = origin
        self._keep_alpha = keep_alpha

    def apply(self, before: Pixels, alpha: Floats, key: TileKey, part: Box) -> Pixels:
        """Lay the gradient over the pixels."""
        x, y = self._origin
        over = self._gradient.pixels(part.shifted(key[0] * TILE + x, key[1] * TILE + y)) * alpha
        below = before.astype(np.float32)
        cover = over[..., 3:] / np.float32(255)
        if self._keep_alpha:
            held = below[..., 3:]
            mixed = over * (held / np.float32(255)) + below * (1 - cover)
            mixed[..., 3:] = held
        else:
            mixed = over + below * (1 - cover)
        result: Pixels = (mixed + np.float32(0.5)).astype(np.uint8)
        return result


def solid(colour: tuple[int, int, int] | None, *, keep_alpha: bool = False) -> Paint:
    """Return the paint of a plain fill; None clears."""
    return EraserPaint() if colour is None else ColourPaint(colour, keep_alpha=keep_alpha)


def fill(
    picture: ImageSnapshot,
    layer_id: str,
    shape: Placed | None,
    paint: Callable[[tuple[int, int]], Paint],
    label: str,
    *,
    opacity: float = 1.0,
) -> PaintTiles:
    """Return the operation that paints a layer through ``shape`` and the selection.

    Args:
        picture: the document as it is.
        layer_id: the layer.
        shape: what to paint on, in document px; None for the whole canvas.
        paint: makes the paint for a layer whose origin lies at (x, y) of the document.
        label: for the Edit menu.
        opacity: 0 .. 1.
    """
    layer = picture.layer(layer_id)
    canvas = TileCanvas(lambda key: picture.tile(layer_id, key))
    used = paint((layer.x, layer.y))
    for key, part, mask in _masked_tiles(picture, layer.x, layer.y, shape):
        alpha = mask.astype(np.float32) * np.float32(opacity / 255)
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        before = canvas.base(key)[rows, columns]
        canvas.writable(key)[rows, columns] = used.apply(before, alpha[..., None], key, part)
    return PaintTiles(layer_id=layer_id, tiles=canvas.results(), label=label)


def _masked_tiles(
    picture: ImageSnapshot, x: int, y: int, shape: Placed | None
) -> Iterator[tuple[TileKey, Box, Pixels]]:
    """Yield every tile of a layer at (x, y) that is to be painted, the part of it, and its mask."""
    area = Box(0, 0, picture.width, picture.height)
    if shape is not None:
        rows, columns = shape.mask.shape
        area = area.clipped(Box(shape.x, shape.y, shape.x + columns, shape.y + rows))
    if area.is_empty:
        return
    chosen = picture.selection
    for key, part, _ in tiles_of(area.shifted(-x, -y)):
        place = part.shifted(key[0] * TILE + x, key[1] * TILE + y)
        size = (place.bottom - place.top, place.right - place.left)
        mask = np.full(size, 255, np.uint8)
        if shape is not None:
            mask = shape.mask[
                place.top - shape.y : place.bottom - shape.y,
                place.left - shape.x : place.right - shape.x,
            ]
        if not chosen.is_empty:
            through = chosen.region(place.left, place.top, size[1], size[0])
            mask = ((mask.astype(np.uint16) * through + 127) // 255).astype(np.uint8)
        if mask.any():
            yield key, part, mask

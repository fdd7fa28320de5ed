"""What a stroke is painted on: the active layer, or the selection in quick mask mode."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QRect

from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.document import TILE, Layer, Operation, PaintTiles, Select, Selection, TileKey

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from studio.app.painting.stroke import Clip
    from studio.ui.canvas.tools.base import ToolContext

    Pixels = npt.NDArray[numpy.uint8]


class Target(NamedTuple):
    """Tiles to paint on. ``layer`` is None for the selection; ``limits`` is the canvas."""

    layer: Layer | None
    canvas: TileCanvas
    origin: tuple[int, int]
    limits: Box
    clip: Clip

    def operation(self, label: str) -> Operation:
        """Return the stroke as one undo step."""
        tiles = self.canvas.results()
        if self.layer is None:
            return Select(tiles=tiles, keep_others=True, label=label)
        return PaintTiles(layer_id=self.layer.id, tiles=tiles, label=label)


def layer_target(context: ToolContext, layer: Layer) -> Target:
    """Paint on a layer, inside the canvas and the selection."""
    document = context.document
    canvas = TileCanvas(lambda key: document.tile(layer.id, key))
    whole = Box(0, 0, document.width, document.height)
    return Target(
        layer,
        canvas,
        (layer.x, layer.y),
        whole.shifted(-layer.x, -layer.y),
        selection_clip(document.selection, layer),
    )


def selection_target(context: ToolContext) -> Target:
    """Paint the selection itself."""
    document = context.document
    canvas = TileCanvas(document.selection.tile, channels=1)
    return Target(None, canvas, (0, 0), Box(0, 0, document.width, document.height), lambda _: None)


def selection_clip(selection: Selection, layer: Layer) -> Clip:
    """Return what tells how much of each pixel of a layer's tile is selected."""
    if selection.is_empty:
        return lambda _: None
    known: dict[TileKey, Pixels] = {}

    def clip(key: TileKey) -> Pixels:
        mask = known.get(key)
        if mask is None:
            x, y = layer.x + key[0] * TILE, layer.y + key[1] * TILE
            mask = known[key] = selection.region(x, y, TILE, TILE)
        return mask

    return clip


def rects(changed: Mapping[TileKey, Box]) -> dict[TileKey, QRect]:
    """Return boxes as Qt has them."""
    return {
        key: QRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
        for key, box in changed.items()
    }


def whole_tiles(keys: Iterable[TileKey]) -> dict[TileKey, QRect]:
    """Return every tile as changed altogether."""
    return {key: QRect(0, 0, TILE, TILE) for key in keys}

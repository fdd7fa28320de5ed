"""Between the selection and layers: kept as a mask layer, taken from one, cut out of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.app.selecting.choosing import tiles_of_mask
from studio.app.selecting.masks import Placed
from studio.document import TILE, ImageSnapshot, Select, TileKey
from studio.document.tiles import HashedTile

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


def mask_layer_tiles(picture: ImageSnapshot) -> dict[TileKey, bytes]:
    """Return the selection as white with alpha, the pixels of a mask layer at (0, 0)."""
    known: dict[bytes, bytes] = {}
    tiles: dict[TileKey, bytes] = {}
    for key in picture.selection.tiles:
        raw = picture.selection.tile(key)
        if raw is None:
            continue
        if raw not in known:
            mask = np.frombuffer(raw, np.uint8).reshape(TILE, TILE, 1)
            known[raw] = HashedTile(np.repeat(mask, 4, axis=2).tobytes())
        tiles[key] = known[raw]
    return tiles


def layer_selection(picture: ImageSnapshot, layer_id: str, label: str) -> Select:
    """Return the operation that selects what a layer covers, by its alpha."""
    layer = picture.layer(layer_id)
    canvas = TileCanvas(lambda key: picture.tile(layer_id, key))
    box = Box(0, 0, picture.width, picture.height).shifted(-layer.x, -layer.y)
    mask = np.ascontiguousarray(canvas.region(box)[..., 3])
    return Select(tiles=tiles_of_mask(Placed(0, 0, mask)), label=label)


def cut_out(picture: ImageSnapshot, pixels: Pixels) -> Pixels | None:
    """Return what is selected of the canvas's pixels, cropped to it; None if that is nothing.

    ``pixels`` is height x width x 4, premultiplied, and so is the result.
    """
    if picture.selection.is_empty:
        return pixels if pixels[..., 3].any() else None
    mask = picture.selection.region(0, 0, picture.width, picture.height)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return None
    area = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    share = mask[area].astype(np.uint16)[..., None]
    cut: Pixels = ((pixels[area].astype(np.uint16) * share + 127) // 255).astype(np.uint8)
    return cut if cut[..., 3].any() else None

"""Pixels of layers between tiles and arrays (premultiplied RGBA, height x width x 4, uint8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from studio.document import TILE, LayeredPicture, TileKey, join_tiles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    Pixels = npt.NDArray[np.uint8]


class Patch(NamedTuple):
    """Premultiplied pixels; their upper left corner is at (x, y) of the document (px)."""

    pixels: Pixels
    x: int
    y: int


def tiles_at(pixels: Pixels, x: int, y: int) -> dict[TileKey, bytes]:
    """Cut pixels into tiles; their corner is at (x, y) from the layer's origin. Empty ones go."""
    import numpy as np

    height, width = pixels.shape[:2]
    tiles: dict[TileKey, bytes] = {}
    for row in range(y // TILE, (y + height - 1) // TILE + 1):
        for column in range(x // TILE, (x + width - 1) // TILE + 1):
            left, top = max(column * TILE, x), max(row * TILE, y)
            right = min((column + 1) * TILE, x + width)
            bottom = min((row + 1) * TILE, y + height)
            part = pixels[top - y : bottom - y, left - x : right - x]
            if part.any():
                tile = np.zeros((TILE, TILE, 4), np.uint8)
                tile[
                    top - row * TILE : bottom - row * TILE,
                    left - column * TILE : right - column * TILE,
                ] = part
                tiles[column, row] = tile.tobytes()
    return tiles


def patch_of(picture: LayeredPicture, layer_id: str, x: int, y: int) -> Patch | None:
    """Return a layer's pixels cut to what is painted; (x, y) is its origin. None if it is empty."""
    import numpy as np

    tiles = {
        key: tile
        for key in picture.occupied(layer_id)
        if (tile := picture.tile(layer_id, key)) is not None
    }
    if not tiles:
        return None
    columns, rows = [key[0] for key in tiles], [key[1] for key in tiles]
    left, top = min(columns) * TILE, min(rows) * TILE
    width = (max(columns) + 1) * TILE - left
    height = (max(rows) + 1) * TILE - top
    joined = np.frombuffer(join_tiles(tiles, left, top, width, height), np.uint8)
    pixels = joined.reshape(height, width, 4)
    painted = pixels[..., 3] > 0
    across, down = np.flatnonzero(painted.any(0)), np.flatnonzero(painted.any(1))
    if not len(across):
        return None
    cut = pixels[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    return Patch(cut, x + left + int(across[0]), y + top + int(down[0]))


def premultiplied(image: Image.Image) -> Pixels:
    """Return a straight RGBA picture premultiplied."""
    import numpy as np

    from studio.document import premultiply

    return premultiply(np.array(image.convert("RGBA"), np.uint8))

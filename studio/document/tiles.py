"""Tiles as bytes: cutting pictures into them, joining them, hashing, packing, premultiplying."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from studio.core.errors import DamagedProject, DocumentProblem
from studio.document.edits import HASH_BYTES
from studio.document.layers import MASK_BYTES, TILE, TILE_BYTES, TileKey

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

EMPTY_TILE = bytes(TILE_BYTES)
EMPTY_MASK = bytes(MASK_BYTES)
_ROW_BYTES = TILE * 4


class HashedTile(bytes):
    """Tile bytes that already know their hash, so that a thread can work it out beforehand."""

    digest: bytes

    def __new__(cls, raw: bytes) -> HashedTile:
        tile = super().__new__(cls, raw)
        tile.digest = _digest(raw)
        return tile


def _digest(raw: bytes) -> bytes:
    import hashlib

    return hashlib.blake2b(raw, digest_size=HASH_BYTES).digest()


def tile_hash(raw: bytes) -> bytes:
    """Return the tile's name: BLAKE2b of its pixels, 16 bytes."""
    return raw.digest if isinstance(raw, HashedTile) else _digest(raw)


def pack_tile(raw: bytes) -> bytes:
    """Return what the file keeps: zlib level 1, or the pixels as they are where that is shorter."""
    packed = zlib.compress(raw, 1)
    return packed if len(packed) < len(raw) else raw


def unpack_tile(data: object, expected: bytes, size: int = TILE_BYTES) -> bytes:
    """Return the pixels of a stored tile of ``size`` bytes whose hash must be ``expected``.

    Raises:
        DamagedProject: the data is not a tile, or not this one.
    """
    if isinstance(data, bytes):
        try:
            inflater = zlib.decompressobj()
            raw = data if len(data) == size else inflater.decompress(data, size + 1)
        except zlib.error:
            raw = b""
        if len(raw) == size and _digest(raw) == expected:
            return raw
    raise DamagedProject(
        "Pieces of layers are damaged in the project file and are shown empty.",
        "Paint over them, or open an earlier copy of the project.",
    )


def split_into_tiles(rgba: bytes, width: int, height: int) -> dict[TileKey, bytes]:
    """Cut a picture into tiles; empty ones are left out, those at the edge padded with nothing.

    Args:
        rgba: premultiplied RGBA, 8 bits each, ``width * height * 4`` bytes, rows from the top.
        width: px.
        height: px.

    Raises:
        DocumentProblem: the bytes do not fit the size.
    """
    if width < 1 or height < 1 or len(rgba) != width * height * 4:
        raise DocumentProblem(
            f"{len(rgba):,} bytes are not a picture of {width} x {height} px with 4 channels."
        )
    view = memoryview(rgba)
    tiles: dict[TileKey, bytes] = {}
    for top in range(0, height, TILE):
        rows = range(top, min(top + TILE, height))
        below = bytes((TILE - len(rows)) * _ROW_BYTES)
        for left in range(0, width, TILE):
            used = (min(left + TILE, width) - left) * 4
            beside = bytes(_ROW_BYTES - used)
            parts: list[bytes | memoryview] = []
            for y in rows:
                start = (y * width + left) * 4
                parts.append(view[start : start + used])
                if beside:
                    parts.append(beside)
            raw = b"".join([*parts, below])
            if raw != EMPTY_TILE:
                tiles[left // TILE, top // TILE] = HashedTile(raw)
    return tiles


def join_tiles(
    tiles: Mapping[TileKey, bytes | None], x: int, y: int, width: int, height: int
) -> bytes:
    """Return the pixels of a rectangle; where there is no tile it is transparent.

    Args:
        tiles: tiles of one layer, by their (column, row).
        x: left edge in px from the layer's origin.
        y: upper edge in px from the layer's origin.
        width: px.
        height: px.

    Returns:
        premultiplied RGBA, ``width * height * 4`` bytes.
    """
    joined = bytearray(width * height * 4)
    for (column, row), raw in tiles.items():
        left, right = max(column * TILE, x), min((column + 1) * TILE, x + width)
        top, bottom = max(row * TILE, y), min((row + 1) * TILE, y + height)
        if raw is None or left >= right or top >= bottom:
            continue
        length = (right - left) * 4
        for line in range(top, bottom):
            source = ((line - row * TILE) * TILE + left - column * TILE) * 4
            target = ((line - y) * width + left - x) * 4
            joined[target : target + length] = raw[source : source + length]
    return bytes(joined)


def mask_tiles(mask: Pixels, x: int = 0, y: int = 0) -> dict[TileKey, bytes]:
    """Cut a mask (height x width, uint8) that lies at (x, y) of the document for ``Select``.

    Tiles in which nothing is selected are left out.
    """
    import numpy as np

    height, width = mask.shape
    tiles: dict[TileKey, bytes] = {}
    for row in range(y // TILE, (y + height - 1) // TILE + 1):
        for column in range(x // TILE, (x + width - 1) // TILE + 1):
            left, top = max(column * TILE, x), max(row * TILE, y)
            right = min((column + 1) * TILE, x + width)
            bottom = min((row + 1) * TILE, y + height)
            part = mask[top - y : bottom - y, left - x : right - x]
            if part.any():
                tile = np.zeros((TILE, TILE), np.uint8)
                tile[
                    top - row * TILE : bottom - row * TILE,
                    left - column * TILE : right - column * TILE,
                ] = part
                tiles[column, row] = tile.tobytes()
    return tiles


def premultiply(pixels: Pixels) -> Pixels:
    """Return straight RGBA (height x width x 4, uint8) with its colours multiplied by alpha.

    Rounds like ``qPremultiply``, so that canvas and file agree bit for bit.
    """
    import numpy as np

    alpha = pixels[..., 3:].astype(np.uint16)
    product = pixels[..., :3] * alpha + np.uint16(128)
    result = pixels.copy()
    result[..., :3] = (product + (product >> 8)) >> 8
    return result


def unpremultiply(pixels: Pixels) -> Pixels:
    """Return premultiplied RGBA (height x width x 4, uint8) as straight; opaque pixels stay."""
    import numpy as np

    table = _straight_colours()
    result = np.empty_like(pixels)
    result[..., 3] = pixels[..., 3]
    for top in range(0, pixels.shape[0], TILE):  # in bands: the indices take eight times the pixels
        band = pixels[top : top + TILE]
        index = (band[..., 3:].astype(np.uint16) << 8) | band[..., :3]
        result[top : top + TILE, ..., :3] = table[index]
    return result


@functools.cache
def _straight_colours() -> Pixels:
    """The straight colour for each ``alpha * 256 + premultiplied colour``, rounded to nearest."""
    import numpy as np

    alpha = np.arange(256, dtype=np.uint32)[:, None]
    divisor = np.maximum(alpha, 1)
    colour = (np.arange(256, dtype=np.uint32) * 255 + divisor // 2) // divisor
    return np.where(alpha > 0, np.minimum(colour, 255), 0).astype(np.uint8).ravel()

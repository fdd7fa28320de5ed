"""Finished tiles of the picture at every level, least recently used first, limited by bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container

import msgspec
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage

from studio.document import TILE

# (level, column, row): the tile covers 256 * 2**level document pixels a side.
PyramidKey = tuple[int, int, int]

ALL_QUADRANTS = 0b1111


class CachedTile(msgspec.Struct):
    """One tile: its pixels (None where nothing shows) and what is wrong with its quadrants.

    ``stale`` are the quadrants that are out of date (at level 0 any bit means the whole tile),
    ``blank`` those that were never painted, as bits.
    """

    image: QImage | None
    stale: int = 0
    blank: int = 0

    @property
    def size_in_bytes(self) -> int:
        """What the tile costs."""
        return 256 if self.image is None else int(self.image.sizeInBytes())


class TileCache:
    """Keeps composited tiles within a budget; what is on screen is never thrown out."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self._tiles: OrderedDict[PyramidKey, CachedTile] = OrderedDict()

    def get(self, key: PyramidKey) -> CachedTile | None:
        """Return a tile and mark it as just used."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def put(self, key: PyramidKey, tile: CachedTile, on_screen: Container[PyramidKey]) -> None:
        """Keep a tile, at the cost of those that were not used for the longest time."""
        former = self._tiles.pop(key, None)
        if former is not None:
            self.used_bytes -= former.size_in_bytes
        self._tiles[key] = tile
        self.used_bytes += tile.size_in_bytes
        if self.used_bytes > self.limit_bytes:
            self._shrink(on_screen)

    def mark_stale(self, column: int, row: int, levels: int) -> None:
        """Note on every level that the pixels of level-0 tile (column, row) have changed."""
        for level in range(levels):
            tile = self._tiles.get((level, column >> level, row >> level))
            if tile is not None:
                tile.stale |= quadrant_bit(level, column, row)

    def clear(self) -> None:
        """Forget everything."""
        self._tiles.clear()
        self.used_bytes = 0

    def _shrink(self, on_screen: Container[PyramidKey]) -> None:
        for key in list(self._tiles):
            if self.used_bytes <= self.limit_bytes:
                return
            if key not in on_screen:
                self.used_bytes -= self._tiles.pop(key).size_in_bytes


def quadrant_bit(level: int, column: int, row: int) -> int:
    """Return which quadrant of its level's tile the level-0 tile (column, row) lies in, as a bit.

    Bits 0, 1, 2, 3 are top left, top right, bottom left, bottom right.
    """
    if level == 0:
        return ALL_QUADRANTS
    half = level - 1
    return 1 << (((column >> half) & 1) + 2 * ((row >> half) & 1))


def tile_range(level: int, area: QRect) -> QRect:
    """Return the columns and rows of a level's tiles that touch ``area`` (document pixels)."""
    size = TILE << level
    first = QPoint(area.left() // size, area.top() // size)
    return QRect(first, QPoint(area.right() // size, area.bottom() // size))

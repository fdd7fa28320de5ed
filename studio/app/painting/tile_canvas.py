"""The tiles that a stroke works on: as they were, and as they are now."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from studio.document import TILE, TileKey
from studio.document.tiles import HashedTile

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

ReadTile = Callable[[TileKey], bytes | None]


class Box(NamedTuple):
    """A rectangle of px: left and upper edge belong to it, right and lower edge do not."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.left >= self.right or self.top >= self.bottom

    def united(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def clipped(self, other: Box) -> Box:
        """Return what lies in both."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def shifted(self, dx: int, dy: int) -> Box:
        """Return the box moved by (dx, dy) px."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


def tiles_of(box: Box) -> Iterator[tuple[TileKey, Box, Box]]:
    """Yield every tile that a box touches: its key, the part within the tile, within the box."""
    for row in range(box.top // TILE, (box.bottom - 1) // TILE + 1):
        for column in range(box.left // TILE, (box.right - 1) // TILE + 1):
            x, y = column * TILE, row * TILE
            part = box.clipped(Box(x, y, x + TILE, y + TILE))
            yield (column, row), part.shifted(-x, -y), part.shifted(-box.left, -box.top)


class TileCanvas:
    """Tiles of one layer (4 channels) or of the selection (1 channel), read when first needed.

    ``live`` holds what was changed so far, by key; nothing reaches the document from here.
    Coordinates are px from the layer's origin.
    """

    def __init__(self, read: ReadTile, channels: int = 4) -> None:
        self._read = read
        self.channels = channels
        self._base: dict[TileKey, Pixels] = {}
        self.live: dict[TileKey, Pixels] = {}
        self._finished: dict[TileKey, bytes | None] = {}

    def base(self, key: TileKey) -> Pixels:
        """Return a tile as it was, TILE x TILE x channels; not to be written to."""
        tile = self._base.get(key)
        if tile is None:
            raw = self._read(key)
            shape = (TILE, TILE, self.channels)
            if raw is None:
                tile = np.zeros(shape, np.uint8)
            else:
                tile = np.frombuffer(raw, np.uint8).reshape(shape)
            self._base[key] = tile
        return tile

    def tile(self, key: TileKey) -> Pixels:
        """Return a tile as it is now; not to be written to."""
        live = self.live.get(key)
        return self.base(key) if live is None else live

    def writable(self, key: TileKey) -> Pixels:
        """Return a tile to be changed in place."""
        self._finished.pop(key, None)
        live = self.live.get(key)
        if live is None:
            live = self.live[key] = self.base(key).copy()
        return live

    def region(self, box: Box, *, before: bool = False) -> Pixels:
        """Return the pixels of a box, as they are now or as they were before the stroke."""
        result = np.zeros((box.bottom - box.top, box.right - box.left, self.channels), np.uint8)
        for key, inside, target in tiles_of(box):
            tile = self.base(key) if before else self.tile(key)
            result[target.top : target.bottom, target.left : target.right] = tile[
                inside.top : inside.bottom, inside.left : inside.right
            ]
        return result

    def finish_some(self, warm: Container[TileKey], most: int = 1) -> None:
        """Work out the results of a few tiles that are not ``warm``, so that less is left over."""
        for key in self.live:
            if most <= 0:
                return
            if key not in self._finished and key not in warm:
                self._finished[key] = self._result(key)
                most -= 1

    def results(self) -> dict[TileKey, bytes | None]:
        """Return the changed tiles as the document takes them, their hashes worked out."""
        return {
            key: self._finished[key] if key in self._finished else self._result(key)
            for key, tile in self.live.items()
            if not np.array_equal(tile, self.base(key))
        }

    def _result(self, key: TileKey) -> bytes | None:
        tile = self.live[key]
        return HashedTile(tile.tobytes()) if tile.any() else None

"""The selection: which pixels of the picture may be painted on, and the mask of a generation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from studio.core.signals import Signal
from studio.document.layers import MASK_BYTES, TILE, TileKey

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Mask = npt.NDArray[np.uint8]

Bounds = tuple[int, int, int, int]
ReadTile = Callable[[bytes, int], bytes | None]


class Selection:
    """Shows what is selected now; it changes through the operation ``Select`` alone.

    A pixel is selected from 0 (not at all) to 255 (wholly). Where nothing is selected,
    ``is_empty`` is true and everything may be painted on, as in other programs. Coordinates are
    document px. ``changed`` comes after every change, by undo and redo too.
    """

    changed = Signal()

    def __init__(self, names: Callable[[], Mapping[TileKey, bytes]], read: ReadTile) -> None:
        """Used by ``ImageDocument``."""
        self._names = names
        self._read = read
        self._bounds: Bounds | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return not self._names()

    @property
    def tiles(self) -> frozenset[TileKey]:
        """Where tiles lie of which some pixel is selected."""
        return frozenset(self._names())

    def name(self, key: TileKey) -> bytes | None:
        """Return the name of a tile's content, the same for the same pixels; None if empty."""
        return self._names().get(key)

    def tile(self, key: TileKey) -> bytes | None:
        """Return 256 x 256 bytes of the mask; None where nothing is selected.

        A tile that the file has lost is None too, and is reported through ``Project.failed``.
        """
        name = self._names().get(key)
        return None if name is None else self._read(name, MASK_BYTES)

    def mask(self, width: int, height: int) -> Mask | None:
        """Return the mask of a canvas of that size (px): uint8, height x width.

        None where nothing is selected: no mask, the whole canvas.
        """
        return None if self.is_empty else self.region(0, 0, width, height)

    def region(self, x: int, y: int, width: int, height: int) -> Mask:
        """Return the mask of a rectangle: uint8, height x width; 0 beyond what is selected."""
        import numpy as np

        result = np.zeros((height, width), np.uint8)
        for column, row in self._names():
            left, top = max(column * TILE, x), max(row * TILE, y)
            right = min((column + 1) * TILE, x + width)
            bottom = min((row + 1) * TILE, y + height)
            if left >= right or top >= bottom or (raw := self.tile((column, row))) is None:
                continue
            tile = np.frombuffer(raw, np.uint8).reshape(TILE, TILE)
            result[top - y : bottom - y, left - x : right - x] = tile[
                top - row * TILE : bottom - row * TILE, left - column * TILE : right - column * TILE
            ]
        return result

    def bounds(self) -> Bounds | None:
        """Return (x, y, width, height) around every pixel that is selected at all; None if none."""
        if self._bounds is None and not self.is_empty:
            self._bounds = self._found_bounds()
        return self._bounds

    def _found_bounds(self) -> Bounds | None:
        import numpy as np

        keys = self._names()
        columns, rows = [key[0] for key in keys], [key[1] for key in keys]
        # Only tiles at the edge can hold the outermost pixels.
        edge = [
            key
            for key in keys
            if key[0] in (min(columns), max(columns)) or key[1] in (min(rows), max(rows))
        ]
        left = top = 1 << 30
        right = bottom = -(1 << 30)
        for column, row in edge:
            raw = self.tile((column, row))
            if raw is None:
                continue
            tile = np.frombuffer(raw, np.uint8).reshape(TILE, TILE)
            xs, ys = np.flatnonzero(tile.any(0)), np.flatnonzero(tile.any(1))
            left, right = (
                min(left, column * TILE + int(xs[0])),
                max(right, column * TILE + int(xs[-1])),
            )
            top, bottom = min(top, row * TILE + int(ys[0])), max(bottom, row * TILE + int(ys[-1]))
        return None if right < left else (left, top, right - left + 1, bottom - top + 1)

    def forget(self) -> None:
        """Used by ``ImageDocument``: the selection is another one now."""
        self._bounds = None

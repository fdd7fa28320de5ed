"""Smudging: the brush carries colour along, as a finger does in wet paint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from studio.app.painting.brush import Brush, Dab, Sample
from studio.app.painting.path import StrokePath
from studio.app.painting.stroke import Changed, Clip, Copies
from studio.app.painting.tile_canvas import Box, TileCanvas, tiles_of
from studio.app.painting.tips import Tips
from studio.document import TILE, TileKey

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]


class SmudgeStroke:
    """Each dab mixes what the brush carries into the picture and takes up what it finds.

    ``flow`` is how much is carried on from dab to dab, ``opacity`` how much of it is left behind,
    on premultiplied values (the smudge tool of GIMP, app/paint/gimpsmudge.c, works so).
    """

    def __init__(
        self,
        canvas: TileCanvas,
        brush: Brush,
        *,
        limits: Box,
        clip: Clip,
        origin: tuple[int, int] = (0, 0),
        copies: Copies = lambda dab: (dab,),
        keep_alpha: bool = False,
    ) -> None:
        self.canvas = canvas
        self._brush = brush
        self._limits = limits
        self._clip = clip
        self._origin = origin
        self._copies = copies
        self._keep_alpha = keep_alpha
        self._tips = Tips(brush.tip, brush.hardness)
        # Masks of one size, so that what is carried fits the next dab.
        self._steady = brush.size
        self._path = StrokePath(brush)
        self._carried: dict[int, Floats] = {}

    def begin(self, sample: Sample) -> Changed:
        """Put the finger down: it takes up what lies there."""
        return self._print(self._path.begin(sample))

    def move(self, sample: Sample) -> Changed:
        """Go on."""
        return self._print(self._path.move(sample))

    def line_to(self, sample: Sample) -> Changed:
        """Go straight."""
        return self._print(self._path.line_to(sample))

    def finish(self) -> Changed:
        """Lift the finger."""
        return self._print(self._path.finish())

    def _print(self, dabs: list[Dab]) -> Changed:
        changed: Changed = {}
        for dab in dabs:
            for number, copy in enumerate(self._copies(dab)):
                self._smudge(number, copy, changed)
        return changed

    def _smudge(self, number: int, dab: Dab, changed: Changed) -> None:
        x, y = dab.x - self._origin[0], dab.y - self._origin[1]
        # Whole pixels: the carried colours are not resampled.
        whole_x, whole_y = np.floor(x) + 0.5, np.floor(y) + 0.5
        mask, left, top = self._tips.mask(
            dab._replace(x=float(whole_x), y=float(whole_y), size=self._steady)
        )
        box = Box(left, top, left + mask.shape[1], top + mask.shape[0])
        found = self.canvas.region(box).astype(np.float32)
        carried = self._carried.get(number)
        if carried is None or carried.shape != found.shape:
            self._carried[number] = found
            return
        rate = np.float32(dab.flow)
        carried = carried * rate + found * (1 - rate)
        self._carried[number] = carried
        alpha = (mask * np.float32(self._brush.opacity))[..., None]
        mixed = found + (carried - found) * alpha
        self._write(box, mixed, found, changed)

    def _write(self, box: Box, mixed: Floats, found: Floats, changed: Changed) -> None:
        inside_limits = box.clipped(self._limits)
        if inside_limits.is_empty:
            return
        for key, inside, _ in tiles_of(inside_limits):
            rows = slice(
                inside.top + key[1] * TILE - box.top, inside.bottom + key[1] * TILE - box.top
            )
            columns = slice(
                inside.left + key[0] * TILE - box.left, inside.right + key[0] * TILE - box.left
            )
            self._write_tile(key, inside, mixed[rows, columns], found[rows, columns])
            known = changed.get(key)
            changed[key] = inside if known is None else known.united(inside)

    def _write_tile(self, key: TileKey, part: Box, mixed: Floats, found: Floats) -> None:
        area = (slice(part.top, part.bottom), slice(part.left, part.right))
        clip = self._clip(key)
        if clip is not None:
            through = clip[area].astype(np.float32)[..., None] / np.float32(255)
            mixed = found + (mixed - found) * through
        if self._keep_alpha:
            alpha = np.maximum(mixed[..., 3:], np.float32(1e-3))
            mixed = np.minimum(mixed / alpha * found[..., 3:], found[..., 3:])
        self.canvas.writable(key)[area] = (mixed + np.float32(0.5)).astype(np.uint8)

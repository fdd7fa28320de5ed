"""A stroke: dabs gathered into coverage, and coverage turned into paint on a layer's tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from studio.app.painting.brush import Brush, Dab, Sample
from studio.app.painting.path import StrokePath
from studio.app.painting.tile_canvas import Box, TileCanvas, tiles_of
from studio.app.painting.tips import Tips, paper_grain
from studio.document import TILE, TileKey

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Coverage = npt.NDArray[np.float32]

# What the selection lets through in one tile of the layer: TILE x TILE in 0 .. 255, None for all.
Clip = Callable[[TileKey], "Pixels | None"]
Copies = Callable[[Dab], Iterable[Dab]]
Changed = dict[TileKey, Box]


class Paint(Protocol):
    """What a covered pixel becomes."""

    def apply(self, before: Pixels, alpha: Coverage, key: TileKey, part: Box) -> Pixels:
        """Return the new pixels of a part of a tile.

        Args:
            before: height x width x channels, premultiplied, as it was before the stroke.
            alpha: height x width x 1 in 0 .. 1.
            key: the tile.
            part: the part within the tile.
        """


class ColourPaint:
    """One colour over what was there; with ``keep_alpha`` only where something is."""

    def __init__(self, colour: tuple[int, int, int], *, keep_alpha: bool = False) -> None:
        self._colour = np.array((*colour, 255), np.float32)
        self._keep_alpha = keep_alpha

    def apply(self, before: Pixels, alpha: Coverage, key: TileKey, part: Box) -> Pixels:
        """Mix the colour in, on premultiplied values."""
        if self._keep_alpha:
            share = before[..., 3:].astype(np.float32) / np.float32(255)
            return _mixed(before, self._colour * share, alpha)
        return _mixed(before, self._colour, alpha)


class ValuePaint:
    """One value into a tile of one channel: painting a selection."""

    def __init__(self, value: int) -> None:
        self._value = np.array((value,), np.float32)

    def apply(self, before: Pixels, alpha: Coverage, key: TileKey, part: Box) -> Pixels:
        """Mix the value in."""
        return _mixed(before, self._value, alpha)


class EraserPaint:
    """Takes away what was there."""

    def apply(self, before: Pixels, alpha: Coverage, key: TileKey, part: Box) -> Pixels:
        """Fade to nothing."""
        faded: Coverage = before.astype(np.float32)
        np.multiply(faded, np.float32(1) - alpha, out=faded)
        faded += np.float32(0.5)
        result: Pixels = faded.astype(np.uint8)
        return result


class ClonePaint:
    """Pixels from elsewhere, premultiplied; ``source`` gives those of a box in layer px."""

    def __init__(self, source: Callable[[Box], Pixels], *, keep_alpha: bool = False) -> None:
        self._source = source
        self._keep_alpha = keep_alpha

    def apply(self, before: Pixels, alpha: Coverage, key: TileKey, part: Box) -> Pixels:
        """Mix the other pixels in."""
        box = part.shifted(key[0] * TILE, key[1] * TILE)
        other = self._source(box).astype(np.float32)
        if self._keep_alpha:
            other_alpha = np.maximum(other[..., 3:], 1)
            other = (other / other_alpha * before[..., 3:]).astype(np.float32)
        return _mixed(before, other, alpha)


def _mixed(before: Pixels, other: Coverage, alpha: Coverage) -> Pixels:
    mixed = before.astype(np.float32)
    difference = other - mixed
    difference *= alpha
    mixed += difference
    mixed += np.float32(0.5)
    result: Pixels = mixed.astype(np.uint8)
    return result


class Stroke:
    """Paints while the hand moves; ``canvas.live`` is what it looks like now.

    Within a stroke coverage only grows, up to the brush's opacity, so that a stroke that crosses
    itself leaves no darker spot. What lies outside of ``limits`` (layer px) is not touched.
    """

    def __init__(
        self,
        canvas: TileCanvas,
        brush: Brush,
        paint: Paint,
        *,
        limits: Box,
        clip: Clip = lambda _: None,
        origin: tuple[int, int] = (0, 0),
        copies: Copies = lambda dab: (dab,),
    ) -> None:
        """``origin`` is where the layer lies in the document, in px; samples are document px."""
        self.canvas = canvas
        self._brush = brush
        self._paint = paint
        self._limits = limits
        self._clip = clip
        self._origin = origin
        self._copies = copies
        self._tips = Tips(brush.tip, brush.hardness)
        self._path = StrokePath(brush)
        self._coverage: dict[TileKey, Coverage] = {}

    def begin(self, sample: Sample) -> Changed:
        """Put the pen down; return the changed part of each tile."""
        return self._print(self._path.begin(sample))

    def move(self, sample: Sample) -> Changed:
        """Draw on; return the changed part of each tile."""
        return self._print(self._path.move(sample))

    def line_to(self, sample: Sample) -> Changed:
        """Draw a straight line; return the changed part of each tile."""
        return self._print(self._path.line_to(sample))

    def finish(self) -> Changed:
        """Lift the pen; return the changed part of each tile."""
        return self._print(self._path.finish())

    def _print(self, dabs: Iterable[Dab]) -> Changed:
        changed: Changed = {}
        for dab in dabs:
            for copy in self._copies(dab):
                self._cover(copy, changed)
        for key, part in changed.items():
            self._colour(key, part)
        return changed

    def _cover(self, dab: Dab, changed: Changed) -> None:
        x, y = dab.x - self._origin[0], dab.y - self._origin[1]
        mask, left, top = self._tips.mask(dab._replace(x=x, y=y))
        whole = Box(left, top, left + mask.shape[1], top + mask.shape[0])
        box = whole.clipped(self._limits)
        if box.is_empty:
            return
        flow = np.float32(dab.flow)
        for key, inside, _ in tiles_of(box):
            part = mask[
                inside.top + key[1] * TILE - top : inside.bottom + key[1] * TILE - top,
                inside.left + key[0] * TILE - left : inside.right + key[0] * TILE - left,
            ]
            coverage = self._coverage.get(key)
            if coverage is None:
                coverage = self._coverage[key] = np.zeros((TILE, TILE), np.float32)
            view = coverage[inside.top : inside.bottom, inside.left : inside.right]
            missing = 1 - view
            missing *= part
            missing *= flow
            view += missing
            known = changed.get(key)
            changed[key] = inside if known is None else known.united(inside)

    def _colour(self, key: TileKey, part: Box) -> None:
        rows, columns = slice(part.top, part.bottom), slice(part.left, part.right)
        alpha = self._coverage[key][rows, columns] * np.float32(self._brush.opacity)
        if self._brush.tip == "chalk":
            # The grain is the paper's: it lies still under the brush.
            alpha *= paper_grain()[rows, columns]
        clip = self._clip(key)
        if clip is not None:
            alpha *= clip[rows, columns].astype(np.float32) / np.float32(255)
        before = self.canvas.base(key)[rows, columns]
        self.canvas.writable(key)[rows, columns] = self._paint.apply(
            before, alpha[..., None], key, part
        )

"""Working on a picture tile by tile so that no seam is left.

Every tile overlaps its neighbours. Of the overlap the outer part, which a network computed without
what lies beyond, is thrown away; in the middle one tile fades into the next. A network that looks
no farther than ``DISCARDED`` px gives the same as on the whole picture. (Tiles with cut margins:
waifu2x and Real-ESRGAN's ``tile_pad``; the fade is the usual linear feather.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

DISCARDED = 24  # px of the input at an inner edge that are not used
FADE = 16  # px of the input over which two tiles fade into each other

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


class Span(NamedTuple):
    """Where a tile lies along one axis (px of the input), and the middles of its two fades.

    A fade at the picture's edge is None: the tile counts fully up to it.
    """

    start: int
    stop: int
    fade_in: int | None
    fade_out: int | None

    @property
    def used(self) -> tuple[int, int]:
        """The part of it that has any weight."""
        return (
            self.start if self.fade_in is None else self.fade_in - FADE // 2,
            self.stop if self.fade_out is None else self.fade_out + FADE // 2,
        )

    def weights(self, scale: int) -> Floats:
        """Return the weight of every pixel of the used part in the result; with those of the
        neighbours they add up to 1 everywhere."""
        first, last = self.used
        weights = np.ones((last - first) * scale, np.float32)
        ramp = (np.arange(FADE * scale, dtype=np.float32) + 0.5) / (FADE * scale)
        if self.fade_in is not None:
            weights[: len(ramp)] *= ramp
        if self.fade_out is not None:
            weights[-len(ramp) :] *= ramp[::-1]
        return weights


def spans(length: int, side: int, multiple: int = 1) -> list[Span]:
    """Cut ``length`` px into overlapping spans of at most about ``side`` px, evenly spread.

    Starts are multiples of ``multiple`` px: networks with attention windows then see the same
    windows as on the whole picture. ``side`` is at least 4 x (DISCARDED + FADE).
    """
    side = max(side, 4 * (DISCARDED + FADE))
    side = -(-side // multiple) * multiple
    if length <= side:
        return [Span(0, length, None, None)]
    step = side - 2 * DISCARDED - FADE - (multiple - 1)
    count = -(-(length - side) // step) + 1
    starts = [(i * (length - side) // (count - 1)) // multiple * multiple for i in range(count)]
    stops = [min(start + side, length) for start in starts[:-1]] + [length]
    middles = [(starts[i + 1] + stops[i]) // 2 for i in range(count - 1)]
    return [
        Span(start, stop, middles[i - 1] if i else None, middles[i] if i < count - 1 else None)
        for i, (start, stop) in enumerate(zip(starts, stops, strict=True))
    ]


def tiled(
    picture: Floats,
    scale: int,
    side: int,
    enlarge: Callable[[Floats], Floats],
    report: Callable[[int, int], None],
    *,
    multiple: int = 1,
) -> Bytes:
    """Return a picture enlarged tile by tile.

    Args:
        picture: height x width x 3, 0 .. 1.
        scale: by which ``enlarge`` multiplies both sides.
        side: of a tile, px of the input.
        enlarge: does one tile (height x width x 3, 0 .. 1).
        report: called before the first tile and after each with what is done and of how many.
        multiple: see ``spans``.

    Only one row of tiles is held in float32; the result has 8 bits.
    """
    height, width = picture.shape[:2]
    down, across = spans(height, side, multiple), spans(width, side, multiple)
    result = np.empty((height * scale, width * scale, 3), np.uint8)
    carried: Floats | None = None  # what the former row of tiles adds to the top of this one
    done, of = 0, len(down) * len(across)
    report(done, of)
    for row in down:
        top, bottom = row.used
        band = np.zeros(((bottom - top) * scale, width * scale, 3), np.float32)
        along = row.weights(scale)[:, None, None]
        for column in across:
            left, right = column.used
            made = enlarge(picture[row.start : row.stop, column.start : column.stop])
            part = made[
                (top - row.start) * scale : (bottom - row.start) * scale,
                (left - column.start) * scale : (right - column.start) * scale,
            ]
            weights = along * column.weights(scale)[None, :, None]
            band[:, left * scale : right * scale] += part * weights
            done += 1
            report(done, of)
        if carried is not None:
            band[: len(carried)] += carried
        finished = len(band) - (FADE * scale if row.fade_out is not None else 0)
        carried = band[finished:].copy()
        result[top * scale : top * scale + finished] = as_bytes(band[:finished])
    return result


def as_bytes(values: Floats) -> Bytes:
    """Return 0 .. 1 as 0 .. 255, rounded."""
    rounded: Bytes = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
    return rounded

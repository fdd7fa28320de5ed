"""The print of a brush tip as a coverage mask, kept for tips that come again."""

from __future__ import annotations

import math
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from studio.app.painting.brush import Dab, Tip
from studio.document import TILE

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.float32]

_KEPT_BYTES = 24 << 20
_BRISTLES = 512


class Tips:
    """Makes the masks of one tip and hardness.

    Diameter, place within the pixel and shape are rounded to steps that no eye can tell apart, so
    that a stroke needs few different masks.
    """

    def __init__(self, tip: Tip, hardness: float) -> None:
        self._tip = tip
        self._hardness = hardness
        self._kept: OrderedDict[tuple[float, ...], Mask] = OrderedDict()
        self._bytes = 0

    def mask(self, dab: Dab) -> tuple[Mask, int, int]:
        """Return coverage in 0 .. 1 (float32, height x width) and its left and upper edge in px."""
        size = _stepped(dab.size)
        parts = 4 if size < 32 else 2 if size < 128 else 1
        column, row = math.floor(dab.x * parts + 0.5), math.floor(dab.y * parts + 0.5)
        left, shift_x = divmod(column, parts)
        top, shift_y = divmod(row, parts)
        roundness = round(dab.roundness * 16) / 16
        turned = roundness < 1 or self._tip == "bristle"
        angle = round(dab.angle / 5.0) * 5.0 % 180.0 if turned else 0.0
        key = (size, shift_x / parts, shift_y / parts, roundness, angle)
        mask = self._kept.get(key)
        if mask is None:
            mask = self._made(*key)
            self._keep(key, mask)
        reach = mask.shape[0] // 2
        return mask, left - reach, top - reach

    def _keep(self, key: tuple[float, ...], mask: Mask) -> None:
        self._kept[key] = mask
        self._bytes += mask.nbytes
        while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes

    def _made(self, size: float, dx: float, dy: float, roundness: float, angle: float) -> Mask:
        radius = size / 2
        reach = math.ceil(radius + 1)
        # The middle of pixel 0 is at 0.5: a small dab at x = 0.5 covers pixel 0 alone.
        middles = np.arange(-reach, reach + 1, dtype=np.float32) + np.float32(0.5)
        x, y = middles[None, :] - np.float32(dx), middles[:, None] - np.float32(dy)
        if roundness < 1 or angle:
            turn = math.radians(angle)
            cosine, sine = np.float32(math.cos(turn)), np.float32(math.sin(turn))
            along, across = x * cosine + y * sine, y * cosine - x * sine
            x, y = along, across / np.float32(max(roundness, 0.05))
        distance = np.sqrt(x * x + y * y)
        mask = np.clip(np.float32(radius + 0.5) - distance, 0, 1)
        if self._hardness < 1:
            span = np.float32(max(radius * (1 - self._hardness), 1e-3))
            out = np.clip((distance - np.float32(radius * self._hardness)) / span, 0, 1)
            mask *= np.float32(0.5) + np.float32(0.5) * np.cos(np.float32(math.pi) * out)
        if self._tip == "bristle":
            mask *= _bristles(x, y)
        return np.ascontiguousarray(mask, np.float32)


def _stepped(size: float) -> float:
    """Round a diameter (px) to about 1.5 % of itself, at least to eighths of a pixel."""
    step = 0.125
    while step * 64 < size:
        step *= 2
    return max(round(size / step) * step, 0.125)


def _bristles(x: Mask, y: Mask) -> Mask:
    """Return streaks along the tip's own x axis, so that every hair draws its line."""
    noise = np.random.default_rng(11).random(_BRISTLES, np.float32)
    lines = np.clip((noise - 0.3) * 2.5, 0, 1)
    # About one hair each 1.5 px.
    row = np.floor(np.broadcast_to(y, np.broadcast_shapes(x.shape, y.shape)) / 1.5)
    streaks: Mask = lines[row.astype(np.int64) % _BRISTLES].astype(np.float32)
    return streaks


@cache
def paper_grain() -> Mask:
    """Return how much chalk each pixel of the paper takes, TILE x TILE in 0 .. 1, seamless."""
    noise = np.random.default_rng(7).random((TILE, TILE), np.float32)
    coarse = sum(np.roll(noise, shift, axis) for shift in (0, 1, 2) for axis in (0, 1)) / 6
    fine = noise * np.float32(0.35) + coarse * np.float32(0.65)
    low, high = np.quantile(fine, (0.25, 0.7))
    grain: Mask = np.clip((fine - low) / (high - low), 0, 1).astype(np.float32)
    return grain

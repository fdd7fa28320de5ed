"""The print of a brush tip as a coverage mask, kept for tips that come again."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from studio.app.painting.brush import Dab, Tip

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.float32]

_KEPT_BYTES = 24 << 20
_GRAIN_SIDE = 256  # px


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
        angle = round(dab.angle / 5.0) * 5.0 % 180.0 if roundness < 1 else 0.0
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
        if roundness < 1:
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
        if self._tip != "round":
            mask *= _texture(self._tip, mask.shape[0], angle)
        return np.ascontiguousarray(mask, np.float32)


def _stepped(size: float) -> float:
    """Round a diameter (px) to about 1.5 % of itself, at least to eighths of a pixel."""
    step = 0.125
    while step * 64 < size:
        step *= 2
    return max(round(size / step) * step, 0.125)


def _texture(tip: Tip, side: int, angle: float) -> Mask:
    """Return the grain that a tip leaves out, (side, side) in 0 .. 1; the same every time."""
    source = np.random.default_rng(7 if tip == "chalk" else 11)
    noise = source.random((_GRAIN_SIDE, _GRAIN_SIDE), np.float32)
    if tip == "chalk":
        coarse = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, 2, 1)) / 4
        grain = np.clip((coarse - 0.32) * 4, 0, 1)
    else:  # bristles: streaks along the tip's longer side
        lines = np.clip((noise[:, :1] - 0.25) * 2.2, 0, 1)
        grain = np.broadcast_to(lines, noise.shape) * (0.75 + 0.25 * noise)
        if 45 < angle % 180 < 135:
            grain = grain.T
    repeats = -(-side // _GRAIN_SIDE)
    tiled: Mask = np.tile(grain, (repeats, repeats))[:side, :side].astype(np.float32)
    return tiled

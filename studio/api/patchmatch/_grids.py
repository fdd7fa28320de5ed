"""Counting, growing and halving on a pixel grid; masks are bool, height x width."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


def box_sum(values: npt.NDArray[Any], radius: int) -> npt.NDArray[Any]:
    """Return the sum over the square of ``2 * radius + 1`` px around every pixel; 0 outside."""
    kind = np.float64 if values.dtype.kind == "f" else np.int32
    height, width = values.shape
    side = 2 * radius + 1
    table = np.zeros((height + side, width + side), kind)
    table[radius + 1 : radius + 1 + height, radius + 1 : radius + 1 + width] = values
    np.cumsum(table, 0, out=table)
    np.cumsum(table, 1, out=table)
    return table[side:, side:] - table[:-side, side:] - table[side:, :-side] + table[:-side, :-side]


def grown(mask: Mask, radius: int) -> Mask:
    """Return the mask grown by a square of ``radius`` px."""
    return np.asarray(box_sum(mask, radius) > 0)


def thickness(mask: Mask) -> int:
    """Return about how thick the thickest part of a mask is (px); exact to a factor of 1.5.

    The side of the picture's edge does not count as an edge of the mask: a margin that reaches the
    edge can be filled from one side only, so it counts twice.
    """
    scale = 1
    while min(mask.shape) > 96:
        height, width = (side // 2 * 2 for side in mask.shape)
        cells = mask[:height, :width].reshape(height // 2, 2, width // 2, 2)
        mask = np.asarray(cells.any((1, 3)))
        scale *= 2
    radius = 0
    while mask.any():
        padded = np.pad(mask, 1, constant_values=True)
        mask = np.asarray(box_sum(padded, 1) == 9)[1:-1, 1:-1]
        radius += 1
        if radius > max(mask.shape):
            break
    return 2 * radius * scale


def halved(picture: Floats, known: Mask) -> tuple[Floats, Mask]:
    """Return picture and mask at half size: the mean of what is known, and where all four are.

    Sides are rounded up; what lies beyond the edge counts as known and has no weight.
    """
    height, width = known.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    shape = (2 * rows, 2 * columns)
    weight = np.zeros(shape, np.float32)
    weight[:height, :width] = known
    padded = np.zeros((*shape, picture.shape[2]), np.float32)
    padded[:height, :width] = picture * known[..., None]
    total = padded.reshape(rows, 2, columns, 2, -1).sum((1, 3))
    count = weight.reshape(rows, 2, columns, 2).sum((1, 3))
    weight[height:] = 1
    weight[:, width:] = 1
    full = weight.reshape(rows, 2, columns, 2).sum((1, 3)) == 4
    return total / np.maximum(count, 1)[..., None], np.asarray(full)

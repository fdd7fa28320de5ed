"""Connected regions of a mask, and labels that grow: what flat fills are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]


def regions(mask: Mask) -> tuple[Labels, int]:
    """Number the regions of ``mask`` (H, W) whose pixels touch at their sides.

    Returns the number of each pixel's region, 1 .. count and 0 outside the mask, and the count.
    Works on runs of pixels in a row rather than on pixels: runs that touch are merged until
    nothing changes.
    """
    height, width = mask.shape
    stride = width + 2
    flat = np.zeros((height, stride), np.int8)
    flat[:, 1:-1] = mask
    steps = np.flatnonzero(np.diff(flat.ravel(), prepend=np.int8(0)))
    starts, ends = steps[0::2], steps[1::2]
    if not starts.size:
        return np.zeros(mask.shape, np.int32), 0
    # The runs of the row above that a run touches lie between these two.
    first = np.searchsorted(ends + stride, starts, "right")
    last = np.searchsorted(starts + stride, ends, "left")
    counts = np.maximum(last - first, 0)
    below = np.repeat(np.arange(starts.size), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    above = np.repeat(first, counts) + offsets
    numbers = merged(starts.size, above, below)
    values, numbers = np.unique(numbers, return_inverse=True)
    line = np.zeros(height * stride + 1, np.int32)
    line[starts] = numbers + 1
    line[ends] -= numbers.astype(np.int32) + 1
    labels = np.cumsum(line[:-1], dtype=np.int32).reshape(height, stride)[:, 1:-1]
    return np.ascontiguousarray(labels), len(values)


def merged(count: int, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the smallest member of each class of 0 .. count - 1, where one[i] and other[i] are alike."""
    root = np.arange(count)
    while True:
        low = np.minimum(root[one], root[other])
        high = np.maximum(root[one], root[other])
        if np.array_equal(low, high):
            return root
        np.minimum.at(root, high, low)
        while not np.array_equal(root, root[root]):
            root = root[root]


def borders(
    labels: Labels, count: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return which labels 1 .. count touch, as pairs, and along how many px each pair does."""
    pairs = []
    for one, other in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        touch = (one != other) & (one > 0) & (other > 0)
        low, high = np.minimum(one[touch], other[touch]), np.maximum(one[touch], other[touch])
        pairs.append(low.astype(np.int64) * (count + 1) + high)
    found, lengths = np.unique(np.concatenate(pairs), return_counts=True)
    return found // (count + 1), found % (count + 1), lengths.astype(np.int64)


def grown(mask: Mask, steps: int) -> Mask:
    """Return the mask grown by ``steps`` px, in squares and diamonds by turns (an octagon)."""
    for step in range(steps):
        wide = mask.copy()
        wide[1:] |= mask[:-1]
        wide[:-1] |= mask[1:]
        if step % 2:
            mask = wide.copy()
        wide[:, 1:] |= mask[:, :-1]
        wide[:, :-1] |= mask[:, 1:]
        mask = wide
    return mask


def spread_labels(
    labels: Labels, into: Mask, steps: int, check: Callable[[], None] = lambda: None
) -> Labels:
    """Let labels grow into the unlabelled pixels of ``into``, one px a step, at most ``steps``."""
    labels = labels.copy()
    for _ in range(steps):
        check()
        free = into & (labels == 0)
        if not free.any():
            break
        reached = np.zeros_like(labels)
        for axis in (0, 1):
            ahead, behind = _shifts(axis)
            np.maximum(reached[ahead], labels[behind], out=reached[ahead])
            np.maximum(reached[behind], labels[ahead], out=reached[behind])
        if not (free & (reached > 0)).any():
            break
        labels[free] = reached[free]
    return labels


def _shifts(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    whole = slice(None)
    ahead, behind = slice(1, None), slice(None, -1)
    return ((ahead, whole), (behind, whole)) if axis == 0 else ((whole, ahead), (whole, behind))

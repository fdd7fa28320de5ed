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
    numbers = _merged(starts.size, above, below)
    values, numbers = np.unique(numbers, return_inverse=True)
    line = np.zeros(height * stride + 1, np.int32)
    line[starts] = numbers + 1
    line[ends] -= numbers.astype(np.int32) + 1
    labels = np.cumsum(line[:-1], dtype=np.int32).reshape(height, stride)[:, 1:-1]
    return np.ascontiguousarray(labels), len(values)


def _merged(count: int, one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The smallest member of each number's class; one[i] and other[i] are of one class."""
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
    """Return which labels 1 .. count touch, as pairs, and how long (px) each border is.

    Where two regions touch at several places, the longest of them counts.
    """
    touching = np.zeros(labels.shape, bool)
    found = []
    for axis in (0, 1):
        ahead, behind = _shifts(axis)
        one, other = labels[behind], labels[ahead]
        touch = (one != other) & (one > 0) & (other > 0)
        touching[behind] |= touch
        low, high = np.minimum(one[touch], other[touch]), np.maximum(one[touch], other[touch])
        found.append((low.astype(np.int64) * (count + 1) + high, np.nonzero(touch)))
    places, segments = regions(grown(touching, 2))
    keys = [pairs * (segments + 1) + places[where] for pairs, where in found]
    values, lengths = np.unique(np.concatenate(keys), return_counts=True)
    pairs, index = np.unique(values // (segments + 1), return_inverse=True)
    longest = np.zeros(len(pairs), np.int64)
    np.maximum.at(longest, index, lengths)
    return pairs // (count + 1), pairs % (count + 1), longest


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

"""Which pixels are like one of them: everywhere, or only those that hang together with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Inside = npt.NDArray[np.bool_]
    _Ints = npt.NDArray[np.int64]


def similar(pixels: Pixels, colour: Pixels, tolerance: int) -> Inside:
    """Tell which pixels differ from a colour by at most ``tolerance`` in every channel.

    Args:
        pixels: height x width x 4, premultiplied.
        colour: 4 values, premultiplied.
        tolerance: 0 .. 255.
    """
    low = np.clip(colour.astype(np.int16) - tolerance, 0, 255).astype(np.uint8)
    high = np.clip(colour.astype(np.int16) + tolerance, 0, 255).astype(np.uint8)
    inside = np.ones(pixels.shape[:2], np.bool_)
    for channel in range(pixels.shape[2]):
        values = pixels[..., channel]
        inside &= values >= low[channel]
        inside &= values <= high[channel]
    return inside


def connected(inside: Inside, x: int, y: int) -> Inside:
    """Return the part that hangs together with pixel (x, y) by its sides.

    Every run of a row is one node; runs of neighbouring rows that overlap are joined, and the
    joined set is found by hooking each to its smallest neighbour and halving the paths (Shiloach
    and Vishkin, "An O(log n) parallel connectivity algorithm", 1982).
    """
    result = np.zeros_like(inside)
    if not inside[y, x]:
        return result
    width = inside.shape[1]
    padded = np.zeros((inside.shape[0], width + 2), np.bool_)
    padded[:, 1:-1] = inside
    # Every row begins and ends outside, so that beginnings and ends of runs take turns.
    turns = np.flatnonzero(padded[:, 1:] != padded[:, :-1])
    rows, starts = np.divmod(turns[0::2], width + 1)
    ends = turns[1::2] - rows * (width + 1)
    first, second = _touching(rows, starts, ends, width)
    labels = _joined(len(rows), first, second)
    own = np.flatnonzero((rows == y) & (starts <= x) & (ends > x))[0]
    chosen = labels == labels[own]
    edges = np.zeros((inside.shape[0], width + 1), np.int8)
    edges[rows[chosen], starts[chosen]] = 1
    edges[rows[chosen], ends[chosen]] = -1
    np.cumsum(edges, axis=1, out=edges)
    found: Inside = edges[:, :-1].astype(np.bool_)
    return found


def _touching(rows: _Ints, starts: _Ints, ends: _Ints, width: int) -> tuple[_Ints, _Ints]:
    """Return the pairs of runs that touch: each with those of the row below."""
    stride = width + 2
    begin, end = rows * stride + starts, rows * stride + ends
    # Runs of the row below that end after this one starts, and start before it ends.
    low = np.searchsorted(end, begin + stride, side="right")
    high = np.searchsorted(begin, end + stride, side="left")
    counts = np.maximum(high - low, 0)
    first = np.repeat(np.arange(len(rows)), counts)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return first, np.repeat(low, counts) + offsets


def _joined(count: int, first: _Ints, second: _Ints) -> _Ints:
    """Return for each node the smallest node of its component."""
    labels = np.arange(count)
    while True:
        a, b = labels[first], labels[second]
        different = a != b
        if not different.any():
            return labels
        first, second = first[different], second[different]
        low, high = np.minimum(a, b)[different], np.maximum(a, b)[different]
        np.minimum.at(labels, high, low)
        while True:
            shorter = labels[labels]
            if (shorter == labels).all():
                break
            labels = shorter

"""The outline of a mask: the edges between pixels that are selected and those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Inside = npt.NDArray[np.bool_]
    Lines = npt.NDArray[np.int64]


def outline(inside: Inside) -> tuple[Lines, Lines]:
    """Return horizontal and vertical edges, each merged as far as it is straight.

    Args:
        inside: height x width; beyond its border nothing is inside.

    Returns:
        horizontal edges as rows (y, first x, last x) and vertical ones as rows (x, first y,
        last y), in pixel corners.
    """
    padded = np.pad(inside, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    upright = padded[1:-1, 1:] != padded[1:-1, :-1]
    return _runs(across), _runs(upright.T)


def _runs(edges: Inside) -> Lines:
    """Return (row, start, end) of every run of True."""
    padded = np.pad(edges, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    return np.stack([rows, starts, ends], axis=1)


def reduced(mask: npt.NDArray[np.uint8], level: int) -> npt.NDArray[np.uint8]:
    """Return a mask at 1 / 2**level of its size: the mean of each block."""
    if level == 0:
        return mask
    side = 1 << level
    height, width = mask.shape
    blocks = mask.reshape(height // side, side, width // side, side)
    mean: npt.NDArray[np.uint8] = (blocks.mean((1, 3), np.float32) + 0.5).astype(np.uint8)
    return mean

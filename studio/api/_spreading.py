"""How far a pixel lies from a mask, and spreading values over the pixels between; numpy only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

EXACT_REACH = 96  # px up to which distances are exact


def distance_to(mask: Mask, limit: int) -> Floats:
    """Return each pixel's Euclidean distance to the mask (px), 0 inside, at most ``limit`` + 1.

    Exact for limits up to ``EXACT_REACH``; above it, right to 3 % of the limit.
    """
    height, width = mask.shape
    factor = 1
    while limit / factor > EXACT_REACH and min(height, width) > 2 * factor:
        factor *= 2
    if factor == 1:
        return _distance(mask, limit)
    distance = _distance(reduced(mask, factor), -(-limit // factor)) * np.float32(factor)
    full = distance.repeat(factor, 0).repeat(factor, 1)[:height, :width]
    result: Floats = np.where(mask, np.float32(0), full.clip(1, limit + 1))
    return result


def reduced(mask: Mask, factor: int) -> Mask:
    """Return which cells of ``factor`` px a side hold any of the mask."""
    rows, columns = (-(-side // factor) for side in mask.shape)
    padded = np.zeros((rows * factor, columns * factor), np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    return np.asarray(padded.reshape(rows, factor, columns, factor).any((1, 3)))


def _distance(mask: Mask, limit: int) -> Floats:
    height, width = mask.shape
    columns = np.arange(width, dtype=np.int32)
    far = np.int32(limit + 1)
    before = np.maximum.accumulate(np.where(mask, columns, -far - width), axis=1)
    after = np.minimum.accumulate(np.where(mask, columns, width * 2 + far)[:, ::-1], axis=1)
    across = np.minimum(columns - before, after[:, ::-1] - columns).clip(max=far)
    squared = across.astype(np.int32) ** 2
    nearest = squared.copy()
    for dy in range(1, min(limit, height - 1) + 1):
        np.minimum(nearest[dy:], squared[:-dy] + dy * dy, out=nearest[dy:])
        np.minimum(nearest[:-dy], squared[dy:] + dy * dy, out=nearest[:-dy])
    distance: Floats = np.sqrt(nearest.astype(np.float32)).clip(max=np.float32(limit + 1))
    return distance


def membrane(values: Floats, known: Mask) -> Floats:
    """Spread ``values`` (height x width x n) from where they are known to everywhere, smoothly.

    Solves Laplace's equation roughly: from coarse to fine, with a few Jacobi steps at each scale
    (a cascadic multigrid; Bornemann and Deuflhard 1996). Known values stay.
    """
    height, width = known.shape
    if known.all() or min(height, width) <= 1 or not known.any():
        mean = values[known].mean(0) if known.any() else np.float32(0)
        return np.where(known[..., None], values, mean)
    rows, columns = (height + 1) // 2, (width + 1) // 2
    padded = np.zeros((2 * rows, 2 * columns, values.shape[2] + 1), np.float32)
    padded[:height, :width, :-1] = values * known[..., None]
    padded[:height, :width, -1] = known
    small = padded.reshape(rows, 2, columns, 2, -1).sum((1, 3))
    weight = small[..., -1:]
    coarse = membrane(small[..., :-1] / weight.clip(1), weight[..., 0] > 0)
    result = coarse.repeat(2, 0).repeat(2, 1)[:height, :width]
    result = np.where(known[..., None], values, result)
    free = ~known
    for _ in range(6 if known.size > 8192 else 40):
        edge = np.pad(result, ((1, 1), (1, 1), (0, 0)), mode="edge")
        mean = (edge[:-2, 1:-1] + edge[2:, 1:-1] + edge[1:-1, :-2] + edge[1:-1, 2:]) / 4
        result[free] = mean[free]
    return result

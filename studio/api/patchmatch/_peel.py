"""The first guess at the coarsest scale: the hole is closed from its rim inwards."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from studio.api.patchmatch._grids import Floats, Mask, Places, grown
from studio.api.patchmatch._level import Pulse, valid_centres

CELLS = 1_000_000  # distances computed at once


def peeled(
    picture: Floats,
    hole: Mask,
    allowed: Mask,
    radius: int,
    rng: np.random.Generator,
    pulse: Pulse,
) -> Floats:
    """Return ``picture`` with its hole closed, one ring of pixels after the other.

    Every pixel of a ring becomes the centre of a patch whose known part is like what is known
    around it, thrown among the nearest in proportion to exp(-distance), as in Efros and Leung
    ("Texture Synthesis by Non-Parametric Sampling", 1999). Cost: hole x known patches.
    """
    height, width = hole.shape
    result, known = picture.copy(), ~hole
    padded = np.pad(picture, ((radius, radius), (radius, radius), (0, 0)))
    inner = padded[radius : radius + height, radius : radius + width]
    side = (2 * radius + 1,) * 2
    windows = sliding_window_view(padded, side, (0, 1))
    valid = np.flatnonzero(valid_centres(hole, allowed, radius))
    sources = windows[valid // width, valid % width].reshape(len(valid), -1).copy()
    squares = (sources * sources).T.copy()
    colours = result.reshape(-1, picture.shape[2])
    while not known.all():
        ring = np.flatnonzero(~known & grown(known, 1))
        if not len(ring):  # nothing is known at all: begin in a corner
            ring = np.array([0])
        seen = sliding_window_view(np.pad(known, radius), side)
        for part in np.array_split(ring, max(1, len(ring) * len(valid) // CELLS)):
            pulse()
            y, x = part // width, part % width
            weights = seen[y, x].reshape(len(part), 1, -1).repeat(picture.shape[2], 1)
            weights = weights.reshape(len(part), -1).astype(np.float32)
            wanted = windows[y, x].reshape(len(part), -1) * weights
            distances = weights @ squares - 2 * wanted @ sources.T
            distances += np.einsum("ij,ij->i", wanted, wanted)[:, None]
            distances = distances.clip(0) / weights.sum(1, keepdims=True).clip(1)
            colours[part] = colours[valid[_thrown(distances, rng)]]
        inner[...] = result
        known.ravel()[ring] = True
    return result


def _thrown(distances: Floats, rng: np.random.Generator) -> Places:
    """Choose a column of every row with a probability that falls with its distance (Gumbel)."""
    scale = 0.1 * distances.min(1, keepdims=True) + np.float32(1e-4)
    uniform = rng.random(distances.shape, np.float32) * np.float32(0.9998) + np.float32(1e-4)
    chosen: Places = (-distances / scale - np.log(-np.log(uniform))).argmax(1)
    return chosen

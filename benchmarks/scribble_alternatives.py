"""The two methods that Scribble colour was compared with; they are not part of the product."""

from __future__ import annotations

import numpy as np
from PIL import Image

from studio.api.colouring.multigrid import Multigrid
from studio.api.colouring.propagation import read_hints
from studio.api.luminance import Floats, coloured, luma, rgb_of


def levin(picture: Image.Image, hints: Image.Image, sigma: float = 6) -> Image.Image:
    """Colour with the weights of Levin et al. (2004), one step between neighbours, same solver."""
    light = luma(rgb_of(picture))
    across, down = (
        np.exp(-(np.diff(light, axis=axis) ** 2) / np.float32(2 * sigma**2)) + np.float32(1e-6)
        for axis in (1, 0)
    )
    pull, firm = read_hints(hints)
    grids = Multigrid(across, down)
    grids.set_confidence(firm)
    (*_, (_, colour)) = grids.solve(pull)
    return coloured(picture, colour)


def domain_transform(
    picture: Image.Image, hints: Image.Image, reach: float = 60, contrast: float = 0.3
) -> Image.Image:
    """Colour by normalised convolution with the recursive filter of Gastal and Oliveira (2011).

    Hints are weighted by exp(-geodesic distance), along rows and columns by turns; ``reach`` in px,
    ``contrast`` is how many times that one grey level counts, over 60.
    """
    light = luma(rgb_of(picture)).astype(np.float64)
    pull, firm = read_hints(hints)
    values = np.concatenate([pull, firm[None]]).astype(np.float64).transpose(1, 2, 0)
    for turn in range(3):
        sigma = np.sqrt(3) * 2.0 ** (2 - turn) / np.sqrt(4.0**3 - 1)
        for axis in (1, 0):
            decay = np.exp(-(1 / reach + contrast * np.abs(np.diff(light, axis=axis))) / sigma)
            values = np.moveaxis(
                _recursive(np.moveaxis(values, axis, 0), np.moveaxis(decay, axis, 0)), 0, axis
            )
    colour: Floats = (values[..., :2] / np.maximum(values[..., 2:], 1e-290)).astype(np.float32)
    return coloured(picture, colour.transpose(2, 0, 1))


def _recursive(values: np.ndarray, decay: np.ndarray) -> np.ndarray:
    values = values.copy()
    for i in range(1, len(values)):
        values[i] += decay[i - 1][:, None] * (values[i - 1] - values[i])
    for i in range(len(values) - 2, -1, -1):
        values[i] += decay[i][:, None] * (values[i + 1] - values[i])
    return values

"""How easily colour flows between neighbouring pixels, from the luminance alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from studio.api.luminance import Floats, eight_bit, luma, rgb_of, strips

_REACH = 3  # px on each side of an edge over which a soft edge is looked for
_CONTRAST = np.float32(1.0)  # grey levels of contrast that slow colour down to 1 / e
_NOISE = np.float32(0.5)  # more of them for each grey level of noise
_LEAST = np.float32(1e-6)  # what always flows, so that every pixel gets some colour
_HALO = _REACH + 2  # rows that a strip needs on both sides


def seen_luma(picture: Image.Image, check: Callable[[], None] = lambda: None) -> Floats:
    """Return the luma (H, W) as it is seen: transparent pixels lie on white paper."""
    picture = eight_bit(picture)
    rgb = rgb_of(picture)
    alpha = np.asarray(picture)[..., 3] if picture.mode == "RGBA" else None
    light = np.empty(rgb.shape[:2], np.float32)
    for rows in strips(picture.height, picture.width):
        check()
        light[rows] = luma(rgb[rows])
        if alpha is not None:
            light[rows] = 255 + (light[rows] - 255) * (alpha[rows] / np.float32(255))
    return light


def noise_level(light: Floats) -> float:
    """Return the standard deviation of the noise in grey levels.

    The median of a second difference in both directions, which slopes and edges hardly touch
    (after Immerkaer, "Fast noise variance estimation", 1996).
    """
    light = light[: 2 * 1024, : 2 * 1024]
    if min(light.shape) < 3:
        return 0.0
    second = light[2:] - 2 * light[1:-1] + light[:-2]
    both = second[:, 2:] - 2 * second[:, 1:-1] + second[:, :-2]
    return float(np.median(np.abs(both)) / 0.6745 / 6)


def flow_weights(light: Floats, check: Callable[[], None] = lambda: None) -> tuple[Floats, Floats]:
    """Return the weights between neighbours, across (H, W - 1) and down (H - 1, W), 0 .. 1.

    The weight is exp(-d / s), where d adds the step between the two pixels to the step over seven
    pixels around them, on lightly smoothed luma, and s grows with the noise. Levin et al. take the
    neighbouring step alone; the wider one also stops colour at soft edges and in noise
    (benchmarks/scribble_colour.py has both).
    """
    scale = _CONTRAST + _NOISE * np.float32(noise_level(light))
    height, width = light.shape
    across = np.empty((height, max(width - 1, 0)), np.float32)
    down = np.empty((max(height - 1, 0), width), np.float32)
    for rows in strips(height, width):
        check()
        top, bottom = max(0, rows.start - _HALO), min(height, rows.stop + _HALO)
        smooth = _smoothed(light[top:bottom])
        wider = _smoothed(smooth)
        own = slice(rows.start - top, rows.stop - top)
        across[rows] = _weights(smooth[own], wider[own], scale)
        vertical = _weights(smooth.T, wider.T, scale).T
        last = min(rows.stop, height - 1)
        down[rows.start : last] = vertical[own.start : last - top]
    return across, down


def _weights(smooth: Floats, wider: Floats, scale: np.float32) -> Floats:
    """The weights along the second axis."""
    step = np.abs(smooth[:, 1:] - smooth[:, :-1])
    padded = np.pad(wider, ((0, 0), (_REACH, _REACH)), mode="edge")
    step += np.abs(padded[:, 2 * _REACH + 1 :] - padded[:, : -2 * _REACH - 1])
    weights: Floats = np.exp(step * (-1 / scale))
    return weights + _LEAST


def _smoothed(values: Floats) -> Floats:
    """The binomial filter 1 2 1 in both directions; the border repeats."""
    padded = np.pad(values, ((1, 1), (0, 0)), mode="edge")
    values = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) * np.float32(0.25)
    padded = np.pad(values, ((0, 0), (1, 1)), mode="edge")
    smoothed: Floats = (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) * np.float32(0.25)
    return smoothed

"""Photographs to fill and continue, holes in them, and how much a seam shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import skimage
from PIL import Image, ImageDraw
from skimage.color import deltaE_ciede2000, rgb2lab

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

# All ship inside scikit-image's wheel, in the public domain or CC0 (skimage/data/_fetchers.py).
PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "coffee": "coffee.png",
    "cat": "chelsea.png",
    "rocket": "rocket.jpg",
    "camera": "camera.png",
    "retina": "retina.jpg",
}


def photograph(name: str, width: int | None = None) -> Bytes:
    """Return one of ``PHOTOGRAPHS``, height x width x 3, scaled down to ``width`` px."""
    picture = Image.open(Path(skimage.__file__).parent / "data" / PHOTOGRAPHS[name]).convert("RGB")
    if width is not None and width < picture.width:
        height = round(picture.height * width / picture.width)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.array(picture)


def box_hole(height: int, width: int, share: float = 0.1) -> Mask:
    """Return a box of that share of the picture, a little left of its middle."""
    mask = np.zeros((height, width), np.bool_)
    tall, wide = round(height * share**0.5), round(width * share**0.5)
    top, left = (height - tall) // 2, (width - wide) // 3
    mask[top : top + tall, left : left + wide] = True
    return mask


def brush_hole(height: int, width: int, seed: int, share: float = 0.06) -> Mask:
    """Return strokes as of a round brush that cover that share of the picture."""
    chance = np.random.default_rng(seed)
    canvas = Image.new("L", (width, height))
    pen = ImageDraw.Draw(canvas)
    while (np.asarray(canvas) > 0).mean() < share:
        points = [tuple(chance.uniform(0.1, 0.9, 2) * (width, height))]
        for _ in range(4):
            points.append(tuple(np.array(points[-1]) + chance.normal(0, 0.12 * width, 2)))
        size = int(chance.uniform(0.04, 0.09) * width)
        pen.line(points, fill=255, width=size, joint="curve")
        for x, y in points:
            pen.ellipse((x - size / 2, y - size / 2, x + size / 2, y + size / 2), fill=255)
    return np.asarray(canvas) > 0


def seam_difference(picture: Bytes, inside: Mask) -> float:
    """Return how much colour changes across the edge of ``inside``: the mean CIEDE2000 between
    each pixel just inside and each of its four neighbours that lies outside.

    Nothing is smoothed, so texture counts too: the same measure on the untouched photograph says
    how much of it is natural.
    """
    lab = rgb2lab(picture)
    height, width = inside.shape
    within, beyond = [], []
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        y, x = np.nonzero(inside)
        there = (y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width)
        y, x = y[there], x[there]
        edge = ~inside[y + dy, x + dx]
        within.append(lab[y[edge], x[edge]])
        beyond.append(lab[y[edge] + dy, x[edge] + dx])
    return float(deltaE_ciede2000(np.concatenate(within), np.concatenate(beyond)).mean())

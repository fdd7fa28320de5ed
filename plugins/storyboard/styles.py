"""Style words as filters that work on every layer alone, so that layers stay movable."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter


def styled(
    picture: Image.Image, styles: tuple[str, ...], seed: int, *, is_subject: bool
) -> Image.Image:
    """Return an RGBA layer in the given styles, applied in the order of the prompt."""
    for style in styles:
        match style:
            case "pastel":
                picture = _pastel(picture)
            case "ink":
                picture = _ink(picture, is_subject)
            case "watercolor":
                picture = _watercolor(picture, seed)
            case "glossy":
                picture = _glossy(picture) if is_subject else picture
    return picture


def _split(picture: Image.Image) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    values = np.asarray(picture)
    return values[..., :3].astype(np.float32) / 255, values[..., 3]


def _joined(colour: NDArray[Any], alpha: NDArray[np.uint8]) -> Image.Image:
    rgb = np.clip(colour * 255 + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(np.dstack([rgb, alpha]))


def _pastel(picture: Image.Image) -> Image.Image:
    """Lighter and softer, warm in the shadows."""
    colour, alpha = _split(picture)
    grey = colour.mean(-1, keepdims=True)
    soft = grey + (colour - grey) * 0.72
    return _joined(0.34 + 0.66 * soft + np.array([0.01, 0.0, 0.005], np.float32), alpha)


def _ink(picture: Image.Image, is_subject: bool) -> Image.Image:
    """Contours and a grey wash on warm paper."""
    colour, alpha = _split(picture)
    grey = (colour @ np.array([0.3, 0.59, 0.11], np.float32)).astype(np.float32)
    radius = max(0.8, min(picture.size) / 900)
    image = Image.fromarray((grey * 255).astype(np.uint8))
    wide = np.asarray(image.filter(ImageFilter.GaussianBlur(radius * 1.6)), np.float32)
    narrow = np.asarray(image.filter(ImageFilter.GaussianBlur(radius * 0.6)), np.float32)
    lines = np.clip((wide - narrow - 3) / 16, 0, 1)
    wash = 0.52 + 0.48 * grey**0.9
    if is_subject:
        mask = Image.fromarray(alpha)
        inner = np.asarray(mask.filter(ImageFilter.MinFilter(2 * max(1, round(radius * 1.3)) + 1)))
        lines = np.maximum(lines, ((alpha > 200) & (inner < 128)).astype(np.float32))
    paper = np.array([0.985, 0.965, 0.92], np.float32)
    ink = np.array([0.13, 0.13, 0.17], np.float32)
    toned = paper * wash[..., None]
    return _joined(toned + (ink - toned) * lines[..., None] * 0.9, alpha)


def _watercolor(picture: Image.Image, seed: int) -> Image.Image:
    """Pigment that runs: wobbling edges, darker rims, blooms, grain of the paper."""
    width, height = picture.size
    chance = np.random.Generator(np.random.PCG64([seed, 4, width, height]))
    values = np.asarray(picture)
    reach = max(1.0, max(width, height) / 220)

    def clouds(cells: int) -> NDArray[Any]:
        grid = chance.random((max(2, cells * height // max(width, 1) + 2), cells + 2))
        image = Image.fromarray(grid.astype(np.float32))
        return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC)) - 0.5

    ys = np.clip(np.arange(height)[:, None] + clouds(28) * reach, 0, height - 1).astype(int)
    xs = np.clip(np.arange(width)[None] + clouds(28) * reach, 0, width - 1).astype(int)
    values = values[ys, xs]
    colour, alpha = values[..., :3].astype(np.float32) / 255, values[..., 3]
    image = Image.fromarray((colour * 255).astype(np.uint8))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(reach * 0.7)), np.float32) / 255
    rim = np.abs(blurred - colour).mean(-1, keepdims=True)
    soft = colour * 0.55 + blurred * 0.45
    grain = chance.random((height, width, 1), np.float32) - 0.5
    bloom = clouds(5)[..., None] * 0.16 + clouds(14)[..., None] * 0.1
    light = 0.12 + 0.88 * soft + bloom * (1 - soft) + grain * 0.03
    return _joined((light - rim * 0.55).astype(np.float32), alpha)


def _glossy(picture: Image.Image) -> Image.Image:
    """A soft light from above left, a bright reflex, a darker rim."""
    colour, alpha = _split(picture)
    height, width = alpha.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / max(1, height), x / max(1, width)
    shine = np.clip(1 - np.hypot((x - 0.36) / 0.55, (y - 0.26) / 0.42), 0, 1)[..., None]
    spot = np.clip(1 - np.hypot((x - 0.34) / 0.2, (y - 0.2) / 0.1), 0, 1)[..., None] ** 0.7
    mask = Image.fromarray(alpha).filter(ImageFilter.GaussianBlur(max(1.0, width / 26)))
    rim = 1 - np.clip(np.asarray(mask, np.float32)[..., None] / 255, 0, 1)
    lit = colour + (1 - colour) * (0.32 * shine + 0.35 * spot)
    return _joined((lit * (1 - 0.42 * rim)).astype(np.float32), alpha)

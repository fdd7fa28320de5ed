"""Luminance: taking a picture apart into light and colour, and putting them together again.

Luminance here is the luma Y' of ITU-R BT.601 of the picture's 8-bit values, which is the Y of the
YUV space that Levin, Lischinski and Weiss colour in, what Pillow's ``convert("L")`` returns, and
(with rounded weights) what the "Color" blend mode of the W3C's compositing model keeps. It is
linear in R, G and B, so a colour that leaves the gamut can be brought back along a straight line
to grey without the luminance moving. CIELAB's L* is not kept: both cannot be at once.

Chroma is the pair (R - Y', B - Y'), in 8-bit units; the third difference follows from these two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

# In 1/65536, as Pillow has them (ImagingConvert.c, L24): they add up to 65536 exactly, and every
# luma of an 8-bit colour fits the 24 bits of a float32.
_WEIGHTS = (19595, 38470, 7471)
RED, GREEN, BLUE = (np.float32(weight / 65536) for weight in _WEIGHTS)

_STRIP = 1 << 19  # px handled at once, so that a cancel is heard and memory stays small
# The ways to move three channels by one step each, the smallest moves first.
_NUDGES = np.array(sorted(product((0, -1, 1), repeat=3), key=lambda n: sum(map(abs, n))))


def eight_bit(picture: Image.Image) -> Image.Image:
    """Return the picture as L, RGB or RGBA, whatever its mode; 16 bits are rounded to 8."""
    if picture.mode in ("L", "RGB", "RGBA"):
        return picture
    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.float64)
        return Image.fromarray(np.clip(np.rint(values / 257), 0, 255).astype(np.uint8))
    if picture.mode == "1":
        return picture.convert("L")
    has_alpha = picture.mode in ("LA", "La", "PA", "RGBa") or "transparency" in picture.info
    return picture.convert("RGBA" if has_alpha else "RGB")


def rgb_of(picture: Image.Image) -> Bytes:
    """Return the colours of a picture, (H, W, 3); those under transparent pixels too."""
    picture = eight_bit(picture)
    if picture.mode == "RGBA":
        return np.asarray(picture)[..., :3]
    return np.asarray(picture.convert("RGB"))


def luma(rgb: npt.NDArray[Any]) -> Floats:
    """Return Y' (H, W), 0 .. 255, of 8-bit colours (H, W, 3); exact, without rounding."""
    values = rgb.astype(np.int32)
    total = values[..., 0] * _WEIGHTS[0]
    total += values[..., 1] * _WEIGHTS[1]
    total += values[..., 2] * _WEIGHTS[2]
    return total.astype(np.float32) * np.float32(1 / 65536)


def chroma(rgb: npt.NDArray[Any]) -> Floats:
    """Return (R - Y', B - Y'), (2, H, W), of 8-bit colours (H, W, 3)."""
    light = luma(rgb)
    return np.stack([rgb[..., 0] - light, rgb[..., 2] - light])


def in_gamut(light: Floats, colour: Floats) -> Floats:
    """Return the chroma that a pixel of this luminance can have: hue kept, greyer where needed.

    ``light`` (H, W), ``colour`` and result (2, H, W). The largest share of the chroma is taken
    with which R, G and B stay within 0 .. 255 (ClipColor of the W3C's compositing model).
    """
    red, blue = colour
    green = (RED * red + BLUE * blue) * np.float32(-1 / GREEN)
    highest = np.maximum(np.maximum(red, blue), green)
    lowest = np.minimum(np.minimum(red, blue), green)
    tiny = np.float32(1e-6)
    share = np.minimum((255 - light) / np.maximum(highest, tiny), light / np.maximum(-lowest, tiny))
    fitting: Floats = colour * np.minimum(share, 1)
    return fitting


def recompose(light: Floats, colour: Floats) -> Bytes:
    """Return 8-bit colours (H, W, 3) of luminance ``light`` (H, W) and chroma (2, H, W).

    Rounded to 8 bits, the luminance of the result is that of ``light`` at every pixel: where
    rounding the channels would move it, the channels are nudged by one step, by as little as will
    do. The unrounded luminances differ by less than 1.
    """
    red, blue = in_gamut(light, colour)
    exact = np.empty((*light.shape, 3), np.float32)
    np.add(light, red, out=exact[..., 0])
    np.subtract(light, (RED * red + BLUE * blue) / GREEN, out=exact[..., 1])
    np.add(light, blue, out=exact[..., 2])
    result = np.clip(np.rint(exact), 0, 255).astype(np.uint8)
    wanted = np.floor(light + np.float32(0.5))
    wrong = np.nonzero(np.floor(luma(result) + np.float32(0.5)) != wanted)
    if wrong[0].size:
        result[wrong] = _nudged(result[wrong], exact[wrong], wanted[wrong])
    return result


def _nudged(result: Bytes, exact: Floats, wanted: Floats) -> Bytes:
    """Of all colours one step away, the nearest to ``exact`` whose rounded luma is ``wanted``."""
    best = result.astype(np.int32)
    cost = np.full(len(result), np.inf)
    for nudge in _NUDGES:
        tried = result.astype(np.int32) + nudge
        distance = ((tried - exact) ** 2).sum(-1) + 1e4 * np.abs(
            np.floor(luma(tried) + np.float32(0.5)) - wanted
        )
        better = (distance < cost) & (tried >= 0).all(-1) & (tried <= 255).all(-1)
        best[better], cost[better] = tried[better], distance[better]
    return best.astype(np.uint8)


def strips(height: int, width: int, multiple: int = 1) -> Iterator[slice]:
    """Yield slices of rows that cover a picture, each of about half a million px.

    All but the last have a multiple of ``multiple`` rows.
    """
    rows = max(1, _STRIP // (max(width, 1) * multiple)) * multiple
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def coloured(
    original: Image.Image,
    colour: Floats,
    strength: float = 1.0,
    check: Callable[[], None] = lambda: None,
) -> Image.Image:
    """Return the original with another chroma (2, H, W); luminance and alpha stay.

    ``strength`` 0 .. 1 goes from the original's own chroma (0 gives its very pixels) to the new
    one. RGB, or RGBA where the original has an alpha. ``check`` is called now and then and may
    raise, for a cancel.
    """
    rgb = rgb_of(original)
    result = np.empty_like(rgb)
    for rows in strips(*rgb.shape[:2]):
        check()
        mixed = colour[:, rows]
        if strength < 1:
            own = chroma(rgb[rows])
            mixed = own + np.float32(strength) * (mixed - own)
        result[rows] = recompose(luma(rgb[rows]), mixed)
    picture = Image.fromarray(result)
    if (original := eight_bit(original)).mode == "RGBA":
        picture.putalpha(original.getchannel("A"))
    return picture


def with_luminance_of(
    original: Image.Image, painted: Image.Image, strength: float = 1.0
) -> Image.Image:
    """Return the original in the colours of ``painted``: its chroma with the original's luminance.

    This is how any image-to-image model becomes a colorizer. A painted picture of another size is
    scaled to the original's. Alpha is the original's.
    """
    painted = eight_bit(painted).convert("RGB")
    if painted.size != original.size:
        painted = painted.resize(original.size, Image.Resampling.BICUBIC)
    return coloured(original, chroma(np.asarray(painted)), strength)

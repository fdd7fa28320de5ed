"""Resampling with Lanczos' kernel in bands, and mild sharpening; alpha is taken into account."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter

BAND = 256  # rows of the result between two reports
SHARPENING = 0.6  # of the difference to the blurred picture
_REACH = 4  # rows: the kernel has three lobes to each side, and one for rounding
_LEAST_ALPHA = 0.5  # of 255: below it a pixel is transparent and has no colour


def enlarged(picture: Image.Image, scale: int, report: Callable[[int, int], None]) -> Image.Image:
    """Return ``picture`` (L, RGB or RGBA) ``scale`` times as wide and as high.

    Method: Lanczos' windowed sinc with three lobes (Duchon 1979, "Lanczos filtering in one and two
    dimensions"), as Pillow has it; colours are weighted by alpha, so that nothing of what is
    transparent comes into the edges. Bands read beyond their own rows, so they join without a seam.

    Args:
        report: called after every band with what is done and how much there is (rows).
    """
    width, height = picture.width * scale, picture.height * scale
    result = Image.new(picture.mode, (width, height))
    rows = max(1, BAND // scale)
    for top in range(0, picture.height, rows):
        bottom = min(top + rows, picture.height)
        first = max(0, top - _REACH)
        band = picture.crop((0, first, picture.width, min(bottom + _REACH, picture.height)))
        resample = _with_alpha if picture.mode == "RGBA" else _resampled
        made = resample(band, (width, (bottom - top) * scale), top - first, bottom - first)
        result.paste(made, (0, top * scale))
        report(bottom, picture.height)
    return result


def _resampled(band: Image.Image, size: tuple[int, int], top: int, bottom: int) -> Image.Image:
    """Return the rows ``top`` .. ``bottom`` of a band in another size (px).

    In two steps, always across first: in one, Pillow chooses the order by the band's size, and as
    it rounds in between, the order shows.
    """
    across = band.resize((size[0], band.height), Image.Resampling.LANCZOS)
    box = (0, top, size[0], bottom)
    return across.resize(size, Image.Resampling.LANCZOS, box=box)


def _with_alpha(band: Image.Image, size: tuple[int, int], top: int, bottom: int) -> Image.Image:
    """Do the same for RGBA, in float32.

    The kernel overshoots. In 8 bits alpha would be cut off at 255 and the colours that it divides
    would not: whatever is cut out would get a bright rim.
    """
    pixels = np.asarray(band, np.float32)
    alpha = pixels[..., 3]
    planes = [pixels[..., channel] * (alpha / 255) for channel in range(3)]
    made = [
        np.asarray(_resampled(Image.fromarray(plane), size, top, bottom))
        for plane in (*planes, alpha)
    ]
    seen = made[3] >= _LEAST_ALPHA
    weight = np.where(seen, made[3], 255) / 255
    colours = [np.where(seen, plane / weight, 0) for plane in made[:3]]
    stacked = np.stack([*colours, np.where(seen, made[3], 0)], axis=-1)
    return Image.fromarray(np.clip(np.rint(stacked), 0, 255).astype(np.uint8))


def sharpened(picture: Image.Image, scale: int) -> Image.Image:
    """Return an enlarged picture with its edges raised mildly; its alpha stays.

    Method: the unsharp mask. The blurred colours are weighted by alpha, so what is cut out gets no
    rim.
    """
    blur = ImageFilter.GaussianBlur(0.6 * scale)
    if picture.mode != "RGBA":
        return Image.blend(picture.filter(blur), picture, 1 + SHARPENING)
    blurred = picture.convert("RGBa").filter(blur).convert("RGBA")
    result = Image.blend(blurred, picture, 1 + SHARPENING)
    result.putalpha(picture.getchannel("A"))
    return result

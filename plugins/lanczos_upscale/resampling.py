"""Resampling with Lanczos' kernel in bands, and mild sharpening; alpha is taken into account."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageFilter

BAND = 256  # rows of the result between two reports
SHARPENING = 0.6  # of the difference to the blurred picture
_REACH = 4  # rows: the kernel has three lobes to each side, and one for rounding


def enlarged(picture: Image.Image, scale: int, report: Callable[[int, int], None]) -> Image.Image:
    """Return ``picture`` (L, RGB or RGBA) ``scale`` times as wide and as high.

    Method: Lanczos' windowed sinc with three lobes (Duchon 1979, "Lanczos filtering in one and two
    dimensions"), as Pillow has it; colours are weighted by alpha, so that nothing of what is
    transparent comes into the edges. Bands read beyond their own rows, so they join without a seam.

    Args:
        report: called after every band with what is done and how much there is (rows).
    """
    source = picture.convert("RGBa") if picture.mode == "RGBA" else picture
    width, height = picture.width * scale, picture.height * scale
    result = Image.new(source.mode, (width, height))
    rows = max(1, BAND // scale)
    for top in range(0, picture.height, rows):
        bottom = min(top + rows, picture.height)
        first = max(0, top - _REACH)
        band = source.crop((0, first, picture.width, min(bottom + _REACH, picture.height)))
        # In two steps, always across first: in one, Pillow chooses the order by the band's size,
        # and as it rounds in between, the order shows.
        band = band.resize((width, band.height), Image.Resampling.LANCZOS)
        band = band.resize(
            (width, (bottom - top) * scale),
            Image.Resampling.LANCZOS,
            box=(0, top - first, width, bottom - first),
        )
        result.paste(band, (0, top * scale))
        report(bottom, picture.height)
    return result.convert("RGBA") if picture.mode == "RGBA" else result


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

"""Pictures in and out of files: any common format in, PNG, JPEG and WebP with a recipe out.

All functions are safe to call from several threads, and slow: call them off the event loop.
Pillow and numpy are imported on first use.
"""

from __future__ import annotations

import io
import logging
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from studio.api.recipe import Recipe, encode_recipe, png_text_chunks, to_parameters_text
from studio.app.foreign_recipes.exif import (
    ATELIER_MAKER_NOTE,
    EXIF_DIRECTORY,
    MAKER_NOTE,
    USER_COMMENT,
    encode_user_comment,
)
from studio.app.picture_colours import orientation_of, to_rgba, upright
from studio.core.errors import ImageProblem, StorageProblem, storage_problem
from studio.core.settings import write_atomically

if TYPE_CHECKING:
    from PIL import Image

log = logging.getLogger(__name__)

MAX_SIDE = 16_384  # px
MAX_PIXELS = 178_000_000  # Pillow refuses files beyond 178.9 megapixels on its own account

# Read with Pillow; formats that call other programs or have no signature are left out.
READ_FORMATS = (
    *("PNG", "JPEG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"),
    *("JPEG2000", "ICO", "PPM", "QOI", "PSD"),
)
WRITE_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}

_LARGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # px, limits of the formats themselves
_PNG_COMPRESSION = 4  # the files of level 6 in two thirds of the time
_BAND_ROWS = 256
_JPEG_EXIF_BYTES = 65_000  # a JPEG segment holds 65,533 bytes
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (
    *(_PNG_SIGNATURE, b"\xff\xd8\xff", b"RIFF", b"GIF8", b"II*\0", b"MM\0*", b"BM"),
    *(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"qoif", b"8BPS"),
)
_ZIP = b"PK\x03\x04"
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # byte order marks and white space
_ANOTHER_COPY = "Open it in the program that made it, or get another copy."


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One decoded picture in sRGB, upright.

    ``rgba`` is straight RGBA8, row-major, ``width * height * 4`` bytes; ``opaque`` tells that
    every alpha is 255.
    """

    width: int
    height: int
    rgba: bytes
    opaque: bool = False

    def straight(self) -> bytes:
        """Return straight RGBA8, as files keep it."""
        return self.rgba

    def premultiplied(self) -> bytes:
        """Return premultiplied RGBA8, as the document keeps it."""
        if self.opaque:
            return self.rgba
        return _pixels(_image(self.rgba, self.width, self.height), "RGBa")


def open_picture(source: Path | str | bytes) -> Picture:
    """Decode a picture: the first frame, turned upright, its colours converted to sRGB.

    Args:
        source: a file, or the content of one. 16-bit, palette, grey and CMYK pictures are
            brought to 8-bit RGBA.

    Raises:
        ImageProblem: not a picture, damaged, or larger than 16,384 px a side or 178 megapixels
            (told from the header, before a pixel is decoded).
        StorageProblem: the file cannot be read.
    """
    with _opened(source) as (file, name):
        image = _decoded(file, name)
    try:
        return Picture(
            width=image.width,
            height=image.height,
            rgba=_pixels(image, "RGBA"),
            opaque=image.getchannel("A").getextrema() == (255, 255),
        )
    except MemoryError as error:
        raise _no_memory(name) from error


def thumbnail(source: Picture | Path | str | bytes, max_side: int = 256) -> bytes:
    """Return a JPEG of at most ``max_side`` px a side, transparency over mid grey.

    Raises:
        ImageProblem: as ``open_picture``.
        StorageProblem: as ``open_picture``.
    """
    from PIL import Image as pillow

    if isinstance(source, Picture):
        image = _image(source.rgba, source.width, source.height)
    else:
        with _opened(source) as (file, name):
            image = _decoded(file, name, enough_side=2 * max_side)
    image.thumbnail((max_side, max_side), pillow.Resampling.LANCZOS)
    buffer = io.BytesIO()
    _flattened(image, 128).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def write_picture(
    rgba: bytes,
    width: int,
    height: int,
    path: Path | str,
    *,
    recipe: Recipe | None = None,
    quality: int = 92,
) -> bool:
    """Write a picture with its recipe; a file of that name is replaced whole or not at all.

    PNG keeps every pixel and carries the recipe in text chunks. JPEG loses transparency (it
    becomes white); JPEG and WebP carry the recipe in their EXIF data.

    Args:
        rgba: straight RGBA8 in sRGB, ``width * height * 4`` bytes.
        path: its suffix chooses the format: .png, .jpg, .jpeg or .webp.
        quality: 1 .. 100 for JPEG and WebP; WebP is lossless at 100.

    Returns:
        False if a recipe was given that is too long for the format, else True.

    Raises:
        StorageProblem: unknown suffix, missing or read-only folder, or a full disk.
        ImageProblem: the picture is larger than the format can hold.
    """
    path = Path(path)
    format_name = WRITE_FORMATS.get(path.suffix.lower())
    if format_name is None:
        kind = f"as {path.suffix}" if path.suffix else "without a suffix"
        raise StorageProblem(
            f"{path.name} cannot be written: pictures are not written {kind}.",
            f"Use one of {', '.join(WRITE_FORMATS)}.",
            code="unknown_format",
        )
    largest = _LARGEST_SIDE.get(format_name)
    if largest and max(width, height) > largest:
        raise ImageProblem(
            f"{width:,} x {height:,} px are too many for {path.suffix}.",
            f"It holds at most {largest:,} px a side; write a .png instead.",
        )
    data, kept = _encoded(_image(rgba, width, height), format_name, recipe, quality)
    write_atomically(path, data)
    return kept


# -- reading -----------------------------------------------------------------------------------


@contextmanager
def _opened(source: Path | str | bytes) -> Iterator[tuple[BinaryIO, str]]:
    """The file to decode and the name by which messages call it."""
    if isinstance(source, bytes):
        yield io.BytesIO(source), "The picture"
        return
    path = Path(source)
    try:
        file = path.open("rb")
    except OSError as error:
        raise storage_problem(error, path) from error
    with file:
        yield file, path.name


def _decoded(file: BinaryIO, name: str, enough_side: int | None = None) -> Image.Image:
    """Decode to straight RGBA in sRGB, upright; a JPEG only as large as ``enough_side`` needs."""
    from PIL import Image as pillow

    # Sizes are checked here, and what Pillow finds odd in a file that opens all the same (corrupt
    # EXIF data, mostly) is of no use on a terminal.
    warnings.filterwarnings("ignore", category=pillow.DecompressionBombWarning)
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    head = file.read(16)
    file.seek(0)
    try:
        inside = _inside(file, head, name)
        with pillow.open(inside or _without_texts(file, head), formats=READ_FORMATS) as image:
            _check_size(image.size, name)
            if enough_side:
                image.draft("RGB", (enough_side, enough_side))
            image.load()
            _check_size(image.size, name)  # a GIF's first frame may enlarge it
            return upright(to_rgba(image), orientation_of(image))
    except ImageProblem:
        raise
    except pillow.DecompressionBombError as error:
        raise _too_large(name, "more than 178 megapixels") from error
    except MemoryError as error:
        raise _no_memory(name) from error
    except Exception as error:  # a decoder raises whatever a broken file leads it to
        raise _unreadable(name, head, error) from error


def _inside(file: BinaryIO, head: bytes, name: str) -> BinaryIO | None:
    """The flat picture of an OpenRaster file or of a drawing as PNG; None for any other file."""
    if head.startswith(_ZIP):
        from studio.app.layered.openraster import merged_picture

        return io.BytesIO(merged_picture(file, name))
    if head.lstrip(_BEFORE_MARKUP).startswith(b"<"):
        from studio.app.svg import is_svg, render_svg

        return io.BytesIO(render_svg(file, name)) if is_svg(file) else None
    return None


def _unreadable(name: str, head: bytes, error: Exception) -> ImageProblem:
    if not head:
        return ImageProblem(f"{name} is empty.", _ANOTHER_COPY, code="damaged_picture")
    known = head.startswith((*_SIGNATURES, _ZIP)) or head[4:8] == b"ftyp"
    if not known:
        return ImageProblem(
            f"{name} is not a picture, or of a kind that Atelier does not read.",
            "PNG, JPEG, WebP, AVIF, GIF, TIFF, BMP, JPEG 2000, SVG, PSD and OpenRaster open here.",
            code="not_a_picture",
        )
    log.info("%s could not be decoded: %s: %s", name, type(error).__name__, error)
    return ImageProblem(f"{name} is damaged or was cut off.", _ANOTHER_COPY, code="damaged_picture")


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise _too_large(name, f"{width:,} x {height:,} px")


def _too_large(name: str, size: str) -> ImageProblem:
    return ImageProblem(
        f"{name} is too large to be opened safely: {size}.",
        f"Pictures may have {MAX_SIDE:,} px a side and 178 megapixels; scale it down first.",
        code="picture_too_large",
    )


def _no_memory(name: str) -> ImageProblem:
    return ImageProblem(
        f"There is not enough memory to open {name}.",
        "Close other programs, or scale the picture down first.",
        code="out_of_memory",
    )


def _without_texts(file: BinaryIO, head: bytes) -> BinaryIO:
    """A PNG without its text chunks, so that a long or damaged text does not spoil the picture.

    Pillow refuses a whole file for a compressed text of more than a megabyte, and ComfyUI's
    workflows can be longer. Files without texts are returned as they are.
    """
    if not head.startswith(_PNG_SIGNATURE):
        return file
    file.seek(len(_PNG_SIGNATURE))
    kept, dropped = [(0, len(_PNG_SIGNATURE))], False
    while len(header := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", header)
        start = file.tell() - 8
        end = start + length + 12
        if kind in _TEXT_CHUNKS:
            dropped = True
        elif kept[-1][1] == start:
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
        if kind == b"IEND":
            break
        file.seek(end)
    file.seek(0)
    if not dropped:
        return file
    rest = io.BytesIO()
    for start, end in kept:
        file.seek(start)
        rest.write(file.read(end - start))
    rest.seek(0)
    return rest


# -- writing -----------------------------------------------------------------------------------


def _image(rgba: bytes, width: int, height: int) -> Image.Image:
    from PIL import Image as pillow

    if len(rgba) != width * height * 4 or not rgba:
        raise ValueError(f"{len(rgba)} bytes are not {width} x {height} RGBA pixels")
    return pillow.frombuffer("RGBA", (width, height), rgba, "raw", "RGBA", 0, 1)


def _pixels(image: Image.Image, mode: str) -> bytes:
    """The pixels in another mode, converted in bands so that no second copy is held."""
    buffer = io.BytesIO()
    for top in range(0, image.height, _BAND_ROWS):
        bottom = min(image.height, top + _BAND_ROWS)
        band = image.crop((0, top, image.width, bottom))
        buffer.write((band if band.mode == mode else band.convert(mode)).tobytes())
    return buffer.getvalue()


def _flattened(image: Image.Image, grey: int) -> Image.Image:
    """An RGBA picture over a plain ground of ``grey`` (0 .. 255), without alpha."""
    from PIL import Image as pillow

    ground = pillow.new("RGB", image.size, (grey, grey, grey))
    ground.paste(image, mask=image)
    return ground


def _encoded(
    image: Image.Image, format_name: str, recipe: Recipe | None, quality: int
) -> tuple[memoryview, bool]:
    """The file's content, and whether the recipe found room in it."""
    buffer, kept = io.BytesIO(), True
    if format_name == "PNG":
        opaque = image.getchannel("A").getextrema() == (255, 255)
        smallest = image.convert("RGB") if opaque else image
        smallest.save(buffer, "PNG", pnginfo=_png_info(recipe), compress_level=_PNG_COMPRESSION)
    elif format_name == "JPEG":
        exif, kept = _exif(recipe, _JPEG_EXIF_BYTES)
        subsampling = 0 if quality >= 90 else 2
        picture = _flattened(image, 255)
        picture.save(buffer, "JPEG", quality=quality, subsampling=subsampling, exif=exif)
    else:
        exif, kept = _exif(recipe, None)
        lossless = quality >= 100
        image.save(buffer, "WEBP", quality=quality, lossless=lossless, exact=True, exif=exif)
    return buffer.getbuffer(), kept


def _png_info(recipe: Recipe | None) -> Any:
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, text in png_text_chunks(recipe).items() if recipe else ():
        # Only ASCII is the same in every reader of plain text chunks.
        info.add_text(key, text) if text.isascii() else info.add_itxt(key, text)
    return info


def _exif(recipe: Recipe | None, limit: int | None) -> tuple[bytes, bool]:
    """EXIF data with as much of the recipe as ``limit`` bytes hold, and whether any of it fits.

    UserComment holds the "parameters" text, MakerNote our own recipe. Our own goes first when
    there is too little room, then the two-byte encoding of the text.
    """
    from PIL import Image as pillow

    if recipe is None:
        return b"", True
    text = to_parameters_text(recipe)
    note = {MAKER_NOTE: ATELIER_MAKER_NOTE + encode_recipe(recipe).encode()}
    attempts = [
        {USER_COMMENT: encode_user_comment(text)} | note,
        {USER_COMMENT: encode_user_comment(text)},
        {USER_COMMENT: b"\0" * 8 + text.encode("utf-8", "replace")},
    ]
    for values in attempts:
        exif = pillow.Exif()
        exif[0x0131] = f"{recipe.program} {recipe.program_version}".strip()
        exif.get_ifd(EXIF_DIRECTORY).update(values)
        data = exif.tobytes()
        if limit is None or len(data) <= limit:
            return data, True
    log.warning("The recipe is too long for this picture format and was left out.")
    return b"", False

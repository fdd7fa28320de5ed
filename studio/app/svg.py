"""SVG drawings as pictures: drawn once at a sensible size, without anything from outside the file.

The drawing is done by resvg in a process of its own, with limits on time and memory: a small file
can ask for more work than there is time in the world.
"""

from __future__ import annotations

import base64
import binascii
import io
import logging
import re
import subprocess
import sys
from typing import BinaryIO
from xml.etree import ElementTree as ET

from studio.core.errors import ImageProblem

log = logging.getLogger(__name__)

MAX_BYTES = 32 << 20
SMALLEST, LARGEST = 1024, 4096  # px, of the longer side
SECONDS = 20  # that drawing may take

_HEAD = 4096  # bytes in which the root element begins
_NAMESPACE = "http://www.w3.org/2000/svg"
_DEFAULT_SIZE = (300.0, 150.0)  # px, CSS 2.2, 10.3.2
_MAX_ELEMENTS = 200_000
_MAX_EMBEDDED = 50_000_000  # pixels of one picture inside
# CSS Values 4, "Absolute lengths": 96 px an inch.
_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}
_LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_RASTER = re.compile(r"data:image/(png|jpeg|jpg|gif|webp);base64,", re.IGNORECASE)


def is_svg(file: BinaryIO) -> bool:
    """Tell by its beginning whether a file is an SVG drawing; the file is wound back."""
    head = file.read(_HEAD)
    file.seek(0)
    return b"<svg" in head.replace(b"\0", b"") or (b":svg" in head and b"xmlns" in head)


def render_svg(file: BinaryIO, name: str) -> bytes:
    """Draw an SVG file and return it as PNG, its longer side 1,024 to 4,096 px.

    Files and addresses that it refers to are not opened; pictures inside the file are shown.

    Raises:
        ImageProblem: too large, too slow to draw, or nothing that can be drawn.
    """
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageProblem(
            f"{name} is too large to be drawn: more than {MAX_BYTES >> 20} MiB.",
            "Export it as PNG from the program that made it.",
            code="picture_too_large",
        )
    try:
        prepared = prepared_svg(data)
    except (ET.ParseError, ValueError, LookupError, RecursionError) as error:
        log.info("%s could not be parsed: %s", name, error)
        raise ImageProblem(
            f"{name} is not a drawing that can be read.",
            "Open it in the program that made it, or get another copy.",
            code="damaged_picture",
        ) from error
    return _drawn(prepared, name)


def prepared_svg(data: bytes) -> bytes:
    """Return the drawing at its final size, without references to anything outside of it.

    Raises:
        ValueError: the root is not an svg element, or there are too many elements.
        xml.etree.ElementTree.ParseError: not well-formed. Expat bounds what entities expand to.
    """
    root = ET.fromstring(data)
    if root.tag not in ("svg", f"{{{_NAMESPACE}}}svg"):
        raise ValueError(f"{root.tag[:80]} is not an svg element")
    for count, element in enumerate(root.iter()):
        if count > _MAX_ELEMENTS:
            raise ValueError(f"more than {_MAX_ELEMENTS:,} elements")
        for key in [key for key in element.attrib if key == "href" or key.endswith("}href")]:
            if not _inside(element.attrib[key].strip()):
                log.info("left out a reference of a drawing: %.80s", element.attrib[key])
                del element.attrib[key]
    width, height = _size(root)
    scale = min(max(1.0, SMALLEST / max(width, height)), LARGEST / max(width, height))
    root.attrib.setdefault("viewBox", f"0 0 {width:g} {height:g}")
    root.set("width", str(max(1, round(width * scale))))
    root.set("height", str(max(1, round(height * scale))))
    prepared: bytes = ET.tostring(root, encoding="utf-8")
    return prepared


def _inside(reference: str) -> bool:
    """Whether a reference stays in the drawing: to an element, or a picture of bearable size."""
    if reference.startswith("#"):
        return True
    raster = _RASTER.match(reference)
    if raster is None:
        return False
    from PIL import Image

    try:
        content = base64.b64decode(reference[raster.end() :])
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            return image.width * image.height <= _MAX_EMBEDDED
    except (binascii.Error, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False


def _size(root: ET.Element) -> tuple[float, float]:
    """Return the drawing's own size in px."""
    width, height = _length(root.get("width", "")), _length(root.get("height", ""))
    numbers = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    box = tuple(float(number) for number in numbers[2:]) if len(numbers) == 4 else ()
    across, down = box if len(box) == 2 and min(box) > 0 else (0.0, 0.0)
    if not (width and height) and across:
        ratio = across / down
        width, height = width or (height or down) * ratio, height or (width or across) / ratio
    width, height = width or _DEFAULT_SIZE[0], height or _DEFAULT_SIZE[1]
    if not (0 < width < 1e9 and 0 < height < 1e9):
        raise ValueError(f"a size of {width} x {height} px")
    return width, height


def _length(text: str) -> float:
    """Return a length in px; 0 where there is none or it is relative."""
    match = _LENGTH.fullmatch(text)
    if match is None or match[2].lower() not in _UNITS:
        return 0.0
    return float(match[1]) * _UNITS[match[2].lower()]


def _drawn(prepared: bytes, name: str) -> bytes:
    command = [sys.executable, "-m", "studio.app.svg_child"]
    try:
        done = subprocess.run(
            command,
            input=prepared,
            capture_output=True,
            timeout=SECONDS,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired as error:
        raise ImageProblem(
            f"{name} is too complicated: drawing it took more than {SECONDS} seconds.",
            "Export it as PNG from the program that made it.",
            code="picture_too_large",
        ) from error
    except OSError as error:
        raise ImageProblem(
            f"{name} could not be drawn: {error.strerror or error}.", "Try again in a moment."
        ) from error
    if done.returncode or not done.stdout.startswith(b"\x89PNG"):
        log.info("%s could not be drawn: %s", name, done.stderr.decode(errors="replace")[-500:])
        raise ImageProblem(
            f"{name} cannot be drawn.",
            "Open it in the program that made it and export it as PNG.",
            code="damaged_picture",
        )
    return done.stdout

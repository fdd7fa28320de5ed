"""The texts that lie in a picture file, read without decoding a pixel and within fixed limits."""

from __future__ import annotations

import html
import re
import struct
import zlib
from typing import BinaryIO

from studio.app.foreign_recipes.exif import read_exif_texts
from studio.app.foreign_recipes.values import MAX_TEXT_BYTES

MAX_TEXTS = 64
MAX_ALL_TEXT_BYTES = 4 * MAX_TEXT_BYTES
MAX_CHUNKS = 200_000

XMP_KEY = "XML:com.adobe.xmp"
USER_COMMENT = "UserComment"

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"


class _Texts:
    """Collects texts by keyword until a limit is reached; the first of each keyword stays."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._left = MAX_ALL_TEXT_BYTES

    @property
    def full(self) -> bool:
        return len(self.found) >= MAX_TEXTS or self._left <= 0

    def add(self, key: str, text: str) -> None:
        if self.full or not text or len(text) > self._left or key in self.found:
            return
        self.found[key] = text
        self._left -= len(text)

    def add_exif(self, data: bytes) -> None:
        for key, text in read_exif_texts(data).items():
            self.add(key, text)

    def add_xmp(self, data: bytes) -> None:
        comment = _xmp_user_comment(data.decode("utf-8", "replace"))
        self.add(USER_COMMENT, comment)


def read_texts(file: BinaryIO) -> dict[str, str]:
    """Return the texts of a PNG, JPEG or WebP file by their keywords; empty for other files.

    PNG text chunks keep their keyword. EXIF gives "UserComment", "ImageDescription", "Software",
    and whatever keyword a value of the form "keyword:{...}" names (ComfyUI). XMP gives its
    "UserComment". A text that is too long, damaged or cut off is left out.
    """
    texts = _Texts()
    head = file.read(12)
    if head.startswith(_PNG_SIGNATURE):
        file.seek(len(_PNG_SIGNATURE))
        _read_png(file, texts)
    elif head.startswith(b"\xff\xd8"):
        file.seek(2)
        _read_jpeg(file, texts)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        _read_webp(file, texts)
    return texts.found


def _read_png(file: BinaryIO, texts: _Texts) -> None:
    readers = {b"tEXt": _png_text, b"zTXt": _png_compressed_text, b"iTXt": _png_international_text}
    for _ in range(MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8 or texts.full:
            return
        length, kind = struct.unpack(">I4s", header)
        if kind == b"IEND":
            return
        if (kind in readers or kind == b"eXIf") and length <= 2 * MAX_TEXT_BYTES:
            data = file.read(length)
            if len(data) < length:
                return
            file.seek(4, 1)
            if kind == b"eXIf":
                texts.add_exif(data)
            elif found := readers[kind](data):
                key, text = found
                texts.add_xmp(text.encode()) if key == XMP_KEY else texts.add(key, text)
        else:
            file.seek(length + 4, 1)


def _png_text(data: bytes) -> tuple[str, str] | None:
    key, separator, text = data.partition(b"\0")
    if not separator or len(text) > MAX_TEXT_BYTES:
        return None
    # The standard says Latin-1, but several programs write UTF-8 here.
    return key.decode("latin-1"), _utf8_or_latin1(text)


def _png_compressed_text(data: bytes) -> tuple[str, str] | None:
    key, separator, rest = data.partition(b"\0")
    text = _inflated(rest[1:]) if separator and rest[:1] == b"\0" else None
    return (key.decode("latin-1"), _utf8_or_latin1(text)) if text is not None else None


def _png_international_text(data: bytes) -> tuple[str, str] | None:
    key, separator, rest = data.partition(b"\0")
    fields = rest[2:].split(b"\0", 2)
    if not separator or len(fields) < 3:
        return None
    text: bytes | None = fields[2]
    if rest[:1] != b"\0":
        text = _inflated(fields[2])
    if text is None or len(text) > MAX_TEXT_BYTES:
        return None
    return key.decode("latin-1"), text.decode("utf-8", "replace")


def _inflated(data: bytes) -> bytes | None:
    """Decompress at most MAX_TEXT_BYTES; None where there is more or the stream is damaged."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_TEXT_BYTES)
    except zlib.error:
        return None
    return text if inflater.eof else None


def _utf8_or_latin1(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _read_jpeg(file: BinaryIO, texts: _Texts) -> None:
    for _ in range(MAX_CHUNKS):
        marker = file.read(2)
        if len(marker) < 2 or marker[0] != 0xFF or texts.full:
            return
        if marker[1] in (0xD9, 0xDA):  # end of image, start of the compressed data
            return
        if marker[1] == 0xFF:  # a fill byte before the marker
            file.seek(-1, 1)
            continue
        size = file.read(2)
        if len(size) < 2 or (length := int.from_bytes(size) - 2) < 0:
            return
        data = file.read(length)
        if marker[1] == 0xE1 and data.startswith(b"Exif\0"):
            texts.add_exif(data)
        elif marker[1] == 0xE1 and data.startswith(_XMP_HEADER):
            texts.add_xmp(data[len(_XMP_HEADER) :])
        elif marker[1] == 0xFE:
            texts.add("Comment", _utf8_or_latin1(data).rstrip("\0"))


def _read_webp(file: BinaryIO, texts: _Texts) -> None:
    for _ in range(MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8 or texts.full:
            return
        kind, length = struct.unpack("<4sI", header)
        if kind in (b"EXIF", b"XMP ") and length <= MAX_TEXT_BYTES:
            data = file.read(length)
            texts.add_exif(data) if kind == b"EXIF" else texts.add_xmp(data)
            file.seek(length % 2, 1)
        else:
            file.seek(length + length % 2, 1)


def _xmp_user_comment(packet: str) -> str:
    """The exif:UserComment of an XMP packet, as an element or as an attribute.

    Taken out by hand: an XML parser would follow the entities of a hostile packet.
    """
    start = packet.find("<exif:UserComment")
    if start >= 0:
        end = packet.find("</exif:UserComment>", start)
        inner = packet[start : end if end >= 0 else len(packet)]
        return html.unescape(re.sub(r"<[^<>]*>", "", inner)).strip()
    opening = 'exif:UserComment="'
    start = packet.find(opening)
    if start < 0:
        return ""
    start += len(opening)
    end = packet.find('"', start)
    return html.unescape(packet[start:end]).strip() if end >= 0 else ""

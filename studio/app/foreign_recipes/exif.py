"""Texts in EXIF data: a small reader of TIFF directories that believes nothing it is told.

Layout: TIFF 6.0 (directories of 12-byte entries) and EXIF 2.3 (UserComment with an 8-byte
character code). AUTOMATIC1111, Civitai and Fooocus write UserComment; ComfyUI writes
"prompt:{...}" and "workflow:{...}" into Model and Make.
"""

from __future__ import annotations

import re
import struct

ATELIER_MAKER_NOTE = b"Atelier\0"

MAX_ENTRIES = 500

EXIF_DIRECTORY = 0x8769
MAKER_NOTE = 0x927C
USER_COMMENT = 0x9286

_TEXT_TAGS = {
    **dict.fromkeys(range(0x0100, 0x0114), ""),  # ComfyUI counts down from Model, 0x0110
    0x010E: "ImageDescription",
    0x0131: "Software",
    MAKER_NOTE: "MakerNote",
    USER_COMMENT: "UserComment",
}
_BYTES, _ASCII, _UNDEFINED = 1, 2, 7
_KEYWORD = re.compile(r"(\w{1,40}):(?=\s*[{\[])")


def read_exif_texts(data: bytes) -> dict[str, str]:
    """Return the texts of an EXIF block (with or without its "Exif" header) by keyword.

    What lies outside the block, or is not text, is passed over.
    """
    data = data.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return {}
    texts: dict[str, str] = {}
    values = _directory(data, struct.unpack_from(f"{order}I", data, 4)[0], order)
    pointer = values.pop(EXIF_DIRECTORY, b"")
    if len(pointer) == 4:
        values |= _directory(data, struct.unpack(f"{order}I", pointer)[0], order)
    for tag, value in values.items():
        key, text = _named(tag, value, order)
        if key and text:
            texts.setdefault(key, text)
    return texts


def _directory(data: bytes, offset: int, order: str) -> dict[int, bytes]:
    """The raw values of the interesting tags of one directory."""
    if offset + 2 > len(data):
        return {}
    count = min(struct.unpack_from(f"{order}H", data, offset)[0], MAX_ENTRIES)
    values: dict[int, bytes] = {}
    for index in range(count):
        entry = offset + 2 + 12 * index
        if entry + 12 > len(data):
            break
        tag, kind, length = struct.unpack_from(f"{order}HHI", data, entry)
        if tag == EXIF_DIRECTORY:
            values[tag] = data[entry + 8 : entry + 12]
        elif tag in _TEXT_TAGS and kind in (_BYTES, _ASCII, _UNDEFINED):
            start = (
                entry + 8 if length <= 4 else struct.unpack_from(f"{order}I", data, entry + 8)[0]
            )
            if start + length <= len(data):
                values[tag] = data[start : start + length]
    return values


def _named(tag: int, value: bytes, order: str) -> tuple[str, str]:
    """The keyword and the text of one value."""
    if tag == MAKER_NOTE and value.startswith(ATELIER_MAKER_NOTE):
        return "atelier", value.removeprefix(ATELIER_MAKER_NOTE).decode("utf-8", "replace")
    text = decode_user_comment(value, order) if tag == USER_COMMENT else _plain(value)
    keyword = _KEYWORD.match(text)
    if tag != USER_COMMENT and keyword:
        return keyword[1], text[keyword.end() :]
    return _TEXT_TAGS[tag], text


def decode_user_comment(value: bytes, order: str = ">") -> str:
    """Decode a UserComment: its first 8 bytes name the character code.

    For "UNICODE" the standard leaves the byte order open: most programs write big-endian UTF-16
    whatever the order of the file, some the file's. Zero bytes (of Latin letters) tell which;
    ``order`` (">" or "<") decides where there are none.
    """
    code, text = value[:8], value[8:]
    if code == b"UNICODE\0":
        if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return text.decode("utf-16", "replace").rstrip("\0")
        high, low = text[0::2].count(0), text[1::2].count(0)
        big = high > low or (high == low and order == ">")
        return text.decode("utf-16-be" if big else "utf-16-le", "replace").rstrip("\0")
    if code in (b"ASCII\0\0\0", b"\0" * 8, b"JIS\0\0\0\0\0"):
        return _plain(text)
    return _plain(value)


def encode_user_comment(text: str) -> bytes:
    """Encode a text as AUTOMATIC1111 does, so that the same programs read it."""
    return b"UNICODE\0" + text.encode("utf-16-be", "replace")


def _plain(value: bytes) -> str:
    return value.decode("utf-8", "replace").rstrip("\0")

"""Layers inside a PNG: the file shows the flat picture, and its layers travel with it.

They lie in private chunks named "atLR" behind the pixels, one a layer, bottom first: the length of
the header (four bytes, big-endian), the header as JSON, the layer as a PNG. By its name (PNG
specification, 5.4) other programs may ignore the chunk, and must drop it when they change pixels.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

CHUNK = b"atLR"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_LAYERS = 24
Place = Annotated[int, Meta(ge=-16384, le=16384)]


class LayerHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layer's name, and the place of its top left corner in the picture (px)."""

    name: Annotated[str, Meta(max_length=200)]
    x: Place
    y: Place


def layer_chunk(header: LayerHeader, png: bytes) -> bytes:
    """Return the content of one chunk."""
    head = msgspec.json.encode(header)
    return struct.pack(">I", len(head)) + head + png


def read_layers(data: bytes) -> list[tuple[LayerHeader, bytes]]:
    """Return the layers in a PNG, bottom first, each with its own PNG; none for other files.

    Chunks that are not ours are skipped, and one that is damaged ends the list empty: part of a
    picture is not the picture.
    """
    layers: list[tuple[LayerHeader, bytes]] = []
    for content in _chunks(data):
        if len(content) < 4 or len(layers) >= MAX_LAYERS:
            return []
        (length,) = struct.unpack(">I", content[:4])
        try:
            header = msgspec.json.decode(content[4 : 4 + length], type=LayerHeader)
        except msgspec.DecodeError:
            return []
        layers.append((header, content[4 + length :]))
    return layers


def _chunks(data: bytes) -> Iterator[bytes]:
    at = len(SIGNATURE) if data.startswith(SIGNATURE) else len(data)
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == CHUNK:
            yield data[at + 8 : at + 8 + length]
        at += 12 + length

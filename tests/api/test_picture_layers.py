"""Layers inside a PNG: they come back as they went in, and damage never passes for a picture."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.api.picture_layers import CHUNK, MAX_LAYERS, LayerHeader, layer_chunk, read_layers


def png(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def picture(*chunks: bytes) -> bytes:
    info, buffer = PngInfo(), io.BytesIO()
    for chunk in chunks:
        info.add(CHUNK, chunk, after_idat=True)
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_layers_come_back_bottom_first_and_the_file_stays_a_picture() -> None:
    headers = [LayerHeader(name="Grund", x=0, y=0), LayerHeader(name="Häuschen", x=3, y=-2)]
    data = picture(*(layer_chunk(header, png()) for header in headers))
    assert [(header, body == png()) for header, body in read_layers(data)] == [
        (header, True) for header in headers
    ]
    assert Image.open(io.BytesIO(data)).convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_a_plain_picture_has_none() -> None:
    assert read_layers(png()) == []
    assert read_layers(b"") == []
    assert read_layers(b"\xff\xd8\xff JPEG") == []


@pytest.mark.parametrize(
    "chunk",
    [b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{}", layer_chunk(
        LayerHeader(name="x", x=0, y=0), b"").replace(b'"x":0', b'"x":9999999')],
)  # fmt: skip
def test_a_damaged_layer_leaves_the_flat_picture(chunk: bytes) -> None:
    good = layer_chunk(LayerHeader(name="a", x=0, y=0), png())
    assert read_layers(picture(good, chunk)) == []


def test_every_cut_of_a_file_is_survived() -> None:
    data = picture(layer_chunk(LayerHeader(name="a", x=0, y=0), png()))
    for end in range(len(data)):
        assert len(read_layers(data[:end])) <= 1


def test_too_many_layers_are_none() -> None:
    chunk = layer_chunk(LayerHeader(name="a", x=0, y=0), png())
    assert read_layers(picture(*[chunk] * (MAX_LAYERS + 1))) == []

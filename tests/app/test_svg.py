"""Drawings become pictures of a sensible size; what lies outside of them stays there."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.app import svg
from studio.app.pictures import open_picture
from studio.app.placing import decoded
from studio.core.errors import ImageProblem

NAMESPACES = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"


def drawing(
    attributes: str, content: str = "<rect width='100%' height='100%' fill='#c81e3c'/>"
) -> bytes:
    return f"<svg {NAMESPACES} {attributes}>{content}</svg>".encode()


def pixels(data: bytes) -> np.ndarray:
    picture = open_picture(data)
    return np.frombuffer(picture.straight(), np.uint8).reshape(picture.height, picture.width, 4)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("width='2000' height='1500'", (2000, 1500)),
        ("width='24' height='12'", (1024, 512)),
        ("viewBox='0 0 30 60'", (512, 1024)),
        ("width='100%' height='100%' viewBox='0 0 40 10'", (1024, 256)),
        ("width='20in' height='10in'", (1920, 960)),
        ("width='500mm' viewBox='0 0 100 50'", (1890, 945)),
        ("width='99999' height='1000'", (4096, 41)),
        ("", (1024, 512)),
    ],
)
def test_size(attributes: str, size: tuple[int, int]) -> None:
    shown = pixels(drawing(attributes))
    assert shown.shape[1::-1] == size
    assert tuple(shown[size[1] // 2, size[0] // 2]) == (200, 30, 60, 255)


def test_is_placed_as_one_layer_with_transparency(tmp_path: Path) -> None:
    path = tmp_path / "circle.svg"
    path.write_bytes(
        b"<?xml version='1.0'?>\n<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' "
        b"'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>\n<!-- made elsewhere -->\n"
        + drawing("viewBox='0 0 10 10'", "<circle cx='5' cy='5' r='5' fill='blue'/>")
    )
    parts = decoded(path)
    assert (parts.width, parts.height, len(parts.layers)) == (1024, 1024, 1)
    shown = pixels(path.read_bytes())
    assert shown[0, 0, 3] == 0
    assert tuple(shown[512, 512]) == (0, 0, 255, 255)


def test_files_of_the_machine_are_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (8, 8), (0, 255, 0)).save(secret)
    for reference in (str(secret), secret.as_uri(), "secret.png", f" {secret}"):
        for attribute in ("href", "xlink:href"):
            image = f"<image {attribute}='{reference}' width='100' height='100'/>"
            assert not pixels(drawing("width='100' height='100'", image)).any()


def test_picture_inside_is_shown() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (0, 255, 0)).save(buffer, "PNG")
    inside = base64.b64encode(buffer.getvalue()).decode()
    image = f"<image xlink:href='data:image/png;base64,{inside}' width='100' height='100'/>"
    shown = pixels(drawing("width='100' height='100'", image))
    assert tuple(shown[512, 512]) == (0, 255, 0, 255)


def test_entities_of_illustrator_are_understood_and_bombs_are_not() -> None:
    declared = b"<!DOCTYPE svg [<!ENTITY c 'c81e3c'>]>" + drawing(
        "viewBox='0 0 4 4'", "<rect width='4' height='4' fill='#&c;'/>"
    )
    assert tuple(pixels(declared)[9, 9]) == (200, 30, 60, 255)
    bomb = "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaaaaaaaa'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 20}'>" for n in range(12)
    )
    with pytest.raises(ImageProblem):
        open_picture(f"{bomb}]>".encode() + drawing("", "<text>&m;</text>"))


def nested_uses(levels: int) -> str:
    groups = "<g id='g0'><rect width='9' height='9' opacity='0.5'/></g>"
    for level in range(1, levels):
        uses = "".join(f"<use xlink:href='#g{level - 1}' x='{n}'/>" for n in range(10))
        groups += f"<g id='g{level}'>{uses}</g>"
    return f"<defs>{groups}</defs><use xlink:href='#g{levels - 1}'/>"


@pytest.mark.parametrize(
    "content",
    [nested_uses(9), "<g opacity='0.9'>" * 30_000 + "</g>" * 30_000],
    ids=["uses of uses", "groups in groups"],
)
def test_drawing_without_end_is_refused(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "SECONDS", 4)
    with pytest.raises(ImageProblem) as caught:
        open_picture(drawing("viewBox='0 0 99 99'", content))
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"<svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'><g></svg>",
        b"<html><body><svg/></body></html>",
        drawing("width='1e999' height='1'"),
        drawing("viewBox='0 0 nan nan' width='nan'")[:-3],
        b"\xff\xfe<\0s\0v\0g\0",
    ],
)
def test_what_is_no_drawing_is_refused(data: bytes) -> None:
    with pytest.raises(ImageProblem) as caught:
        open_picture(data)
    assert caught.value.hint

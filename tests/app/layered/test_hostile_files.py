"""Thousands of broken files of every format: each one opens or is refused in words."""

from __future__ import annotations

import base64
import copy
import io
import random
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import BlendMode, Compression

from studio.app.layered.openraster_writing import write_openraster
from studio.app.placing import decoded
from studio.core.errors import ImageProblem
from studio.document import AddLayer, Batch, Layer, Project, ResizeCanvas, premultiply

FORMATS = ("png", "jpg", "webp", "tif", "gif", "svg", "psd", "ora")
SLICE = 200  # files in the ordinary run
ALL = 2400  # files at night
SECONDS = 60  # no file may take longer, also on a busy machine

# Numbers that size fields of decoders like least.
NASTY = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\xff\xff")
NASTY_MARKUP = (
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b'"1e309"',
    b"-99999999999",
    b"nan",
    b"\xff\xfe",
    b"<g>" * 300,
    b"../" * 20,
    b"url(#a)",
    b"</svg>",
    b"%",
)
NASTY_VALUES = (
    *("", "0", "-1", "nan", "1e38", "-1e38", "1e-30", "99999999999", "1e9 1e9", "0 0 0 0", "%"),
    *("url(#a)", "url(#b)", "url(#m)", "#r", "#m", "url(#nowhere)", "scale(1e9)", "scale(0)"),
    *("M0 0" + "L1e9 3" * 400, "matrix(1 0 0 0 0 0)", "data:image/png;base64,AAAA", "\u202e" * 90),
)


def noise(seed: int, side: int = 48) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (side, side, 4), np.uint8)
    return Image.fromarray(values)


def with_pillow(kind: str, seed: int) -> bytes:
    picture, buffer = noise(seed), io.BytesIO()
    if kind == "jpg":
        exif = Image.Exif()
        exif[0x0112] = 6
        picture.convert("RGB").save(buffer, "JPEG", exif=exif, progressive=bool(seed % 2))
    elif kind == "tif":
        compression = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")[seed % 4]
        picture.save(buffer, "TIFF", compression=compression)
    elif kind == "gif":
        frames = [noise(seed + n).convert("RGB") for n in range(3)]
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    elif kind == "webp":
        picture.save(buffer, "WEBP", lossless=bool(seed % 2))
    else:
        picture.save(buffer, "PNG")
    return buffer.getvalue()


def drawing() -> bytes:
    inside = base64.b64encode(with_pillow("png", 1)).decode()
    return f"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     width="60mm" height="40mm" viewBox="0 0 120 80"><defs><linearGradient id="a">
<stop offset="0" stop-color="red"/><stop offset="1" stop-color="#00f" stop-opacity=".5"/>
</linearGradient><filter id="b"><feGaussianBlur stdDeviation="2"/></filter>
<mask id="m"><rect width="60" height="60" fill="white"/></mask></defs>
<g filter="url(#b)" opacity=".7" transform="rotate(10 60 40)"><rect id="r" x="10" y="10"
width="70" height="40" fill="url(#a)"/></g><use xlink:href="#r" x="20" mask="url(#m)"/>
<path d="M5 5C9 60 40 70 100 20z" stroke-width="3" stroke="green" stroke-dasharray="4 2"/>
<image width="20" height="20" xlink:href="data:image/png;base64,{inside}"/></svg>""".encode()


def photoshop(seed: int) -> bytes:
    psd = PSDImage.new("RGB", (64, 64), depth=(8, 16)[seed % 2])
    group = psd.create_group(name="Group")
    for number, compression in enumerate(Compression):
        (group if number % 2 else psd).create_pixel_layer(
            noise(seed + number, 40),
            name=f"Layer {number}",
            top=number * 4,
            left=-number,
            blend_mode=BlendMode.MULTIPLY,
            opacity=100,
            compression=compression,
        )
    buffer = io.BytesIO()
    psd.save(buffer)
    return buffer.getvalue()


def openraster(folder: Path) -> bytes:
    project = Project.create(folder / "seed.atelier")
    tile = np.zeros((256, 256, 4), np.uint8)
    tile[:60, :70] = np.random.default_rng(1).integers(0, 256, (60, 70, 4), np.uint8)
    tiles = {(0, 0): premultiply(tile).tobytes()}
    layers = (
        Layer(id="a", name="A", x=5, y=-3),
        Layer(id="b", name="B", parent="g", blend_mode="screen"),
        Layer(id="m", name="M", kind="mask", parent="b"),
        Layer(id="g", name="G", kind="group", opacity=0.5),
    )
    added = [AddLayer(layer=one, tiles={} if one.kind == "group" else tiles) for one in layers]
    size = ResizeCanvas(width=64, height=64)
    project.image.apply(Batch(label="x", operations=(size, *added)))
    path = folder / "seed.ora"
    write_openraster(project.image.snapshot(), path)
    project.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Sound files of each format."""
    found = {
        kind: [with_pillow(kind, seed) for seed in range(4)]
        for kind in ("png", "jpg", "webp", "tif", "gif")
    }
    found["svg"] = [drawing()]
    found["psd"] = [photoshop(0), photoshop(1)]
    found["ora"] = [openraster(tmp_path_factory.mktemp("ora"))]
    return found


def mutated(data: bytes, dice: random.Random, *, markup: bool = False) -> bytes:
    """Cut, overwrite, insert, remove, repeat: one to eight times."""
    changed = bytearray(data)
    for _ in range(dice.randint(1, 8)):
        if not changed:
            break
        # Headers, where sizes and kinds lie, are hit as often as all the rest.
        reach = len(changed) if dice.random() < 0.5 else min(len(changed), 200)
        at, length = dice.randrange(reach), dice.randint(1, 32)
        match dice.randrange(7):
            case 0:
                del changed[at : len(changed) if dice.random() < 0.3 else at + length]
            case 1:
                changed[at] ^= 1 << dice.randrange(8)
            case 2:
                changed[at : at + length] = dice.randbytes(length)
            case 3:
                nasty = dice.choice(NASTY_MARKUP if markup else NASTY)
                changed[at : at + (0 if markup else len(nasty))] = nasty
            case 4:
                changed[at:at] = dice.randbytes(length)
            case 5:
                changed[at:at] = changed[at : at + length] * dice.randint(1, 50)
            case 6:
                start = dice.randrange(len(changed))
                changed[at : at + length] = changed[start : start + length]
    return bytes(changed)


def mutated_drawing(data: bytes, dice: random.Random) -> bytes:
    """Well-formed, with values that make no sense: what reaches the drawing library."""
    root = ET.fromstring(data)
    for _ in range(dice.randint(1, 6)):
        elements = list(root.iter())
        element, other = dice.choice(elements), dice.choice(elements)
        match dice.randrange(4):
            case 0 if element.attrib:
                element.set(dice.choice(sorted(element.attrib)), dice.choice(NASTY_VALUES))
            case 1:
                element.set(
                    dice.choice(("transform", "clip-path", "mask", "filter", "href")),
                    dice.choice(NASTY_VALUES),
                )
            case 2 if other is not root and len(elements) < 500:
                element.extend([copy.deepcopy(other) for _ in range(dice.randint(1, 30))])
            case _:
                element.tag = other.tag
    return ET.tostring(root)


def mutated_archive(data: bytes, dice: random.Random) -> bytes:
    """A sound archive around one broken part; the archive's own bytes are for ``mutated``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        broken = dice.choice(source.namelist())
        for name in source.namelist():
            content = source.read(name)
            if name == broken:
                content = mutated(content, dice, markup=name.endswith(".xml"))
                if dice.random() < 0.1:
                    continue
            target.writestr(name, content)
    return buffer.getvalue()


def attack(originals: dict[str, list[bytes]], kind: str, seed: int, folder: Path) -> str:
    """Open one broken file; return "opened" or the code of the refusal."""
    dice = random.Random(f"{kind} {seed}")
    data = dice.choice(originals[kind])
    if kind == "ora" and dice.random() < 0.6:
        broken = mutated_archive(data, dice)
    elif kind == "svg" and dice.random() < 0.6:
        broken = mutated_drawing(data, dice)
    else:
        broken = mutated(data, dice, markup=kind == "svg")
    path = folder / f"hostile.{kind}"
    path.write_bytes(broken)
    began = time.monotonic()
    try:
        parts = decoded(path)
    except ImageProblem as error:
        hint, outcome = error.hint, error.code
    else:
        hint, outcome = "none is needed", "opened"
        assert parts.width * parts.height <= 178_000_000
    assert hint, f"{kind} {seed}: no hint"
    assert time.monotonic() - began < SECONDS, f"{kind} {seed} took too long"
    assert [one.name for one in folder.iterdir()] == [path.name], f"{kind} {seed} wrote a file"
    return outcome


def test_originals_open(originals: dict[str, list[bytes]], tmp_path: Path) -> None:
    for kind, files in originals.items():
        for data in files:
            path = tmp_path / f"sound.{kind}"
            path.write_bytes(data)
            assert decoded(path).width > 0


@pytest.mark.parametrize("kind", FORMATS)
def test_broken_files_are_refused_or_opened(
    kind: str, originals: dict[str, list[bytes]], tmp_path: Path
) -> None:
    count = SLICE // len(FORMATS)
    found = [attack(originals, kind, seed, tmp_path) for seed in range(count)]
    # The files are broken for certain, and not all beyond recognition.
    assert {one for one in found if one != "opened"}
    assert "internal_error" not in found


@pytest.mark.nightly
@pytest.mark.parametrize("kind", FORMATS)
def test_thousands_of_broken_files(
    kind: str, originals: dict[str, list[bytes]], tmp_path: Path
) -> None:
    for seed in range(SLICE, SLICE + ALL // len(FORMATS)):
        attack(originals, kind, seed, tmp_path)

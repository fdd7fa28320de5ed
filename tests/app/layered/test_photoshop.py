"""Photoshop documents open with their layers; what cannot be shown as it was is told."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from psd_tools.api.layers import PixelLayer
from psd_tools.constants import BlendMode, Compression

from studio.app.flatten import flatten
from studio.app.landing import landing
from studio.app.layered.photoshop import BLEND_MODES
from studio.app.pictures import open_picture
from studio.app.placing import decoded
from studio.core.errors import ImageProblem
from studio.document import TILE, Batch, Project

LAYERS = [
    ("Background", 255, (0, 0), BlendMode.NORMAL),
    ("Schatten — 影", 128, (20, 10), BlendMode.MULTIPLY),
    ("Light", 64, (-15, 30), BlendMode.SCREEN),
    ("Glow", 200, (40, -8), BlendMode.LINEAR_DODGE),
    ("Grain", 255, (5, 6), BlendMode.VIVID_LIGHT),
]


def noise(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), np.uint8)
    return Image.fromarray(values, "RGBA")


def five_layers(path: Path, compression: Compression = Compression.RLE) -> Path:
    psd = PSDImage.new("RGB", (120, 90))
    for seed, (name, opacity, (x, y), mode) in enumerate(LAYERS):
        layer = psd.create_pixel_layer_from_array(
            np.asarray(noise(seed)),
            left=x,
            top=y,
            opacity=opacity,
            blend_mode=mode,
            compression=compression,
        )
        layer.name = name  # here psd-tools writes names in Unicode
        layer.visible = name != "Light"
    psd.save(path)
    return path


@pytest.mark.parametrize("compression", list(Compression))
def test_five_layers_open_with_names_opacities_and_positions(
    compression: Compression, tmp_path: Path
) -> None:
    parts = decoded(five_layers(tmp_path / "five.psd", compression))
    assert (parts.width, parts.height) == (120, 90)
    found = [
        (part.look.name, round(part.look.opacity * 255), (part.x, part.y), part.look.visible)
        for part in parts.layers
    ]
    assert found == [(name, opacity, at, name != "Light") for name, opacity, at, _ in LAYERS]
    assert [part.look.blend_mode for part in parts.layers] == [
        "normal",
        "multiply",
        "screen",
        "plus",
        "normal",
    ]
    assert parts.remarks == ("the blend mode Vivid light became Normal",)
    for seed, part in enumerate(parts.layers):
        (raw,) = part.tiles.values()
        pixels = np.frombuffer(raw, np.uint8).reshape(TILE, TILE, 4)[:60, :80]
        straight = np.asarray(noise(seed)).astype(float)
        assert (pixels[..., 3] == straight[..., 3]).all()
        wanted = straight[..., :3] * straight[..., 3:] / 255
        assert np.abs(pixels[..., :3] - wanted).max() <= 0.5


def test_document_is_one_undo_step_and_looks_as_its_layers_say(tmp_path: Path) -> None:
    path = tmp_path / "two.psd"
    psd = PSDImage.new("RGB", (100, 100))
    psd.create_pixel_layer(Image.new("RGB", (100, 100), (200, 100, 50)), name="Ground")
    psd.create_pixel_layer(
        Image.new("RGB", (50, 100), (128, 255, 0)), name="Half", blend_mode=BlendMode.MULTIPLY
    )
    psd.save(path)
    project = Project.create(tmp_path / "p.atelier")
    operations = landing(project.image, decoded(path), "two", None)
    project.image.apply(Batch(label="Place", operations=tuple(operations)))
    flat = np.frombuffer(flatten(project.image), np.uint8).reshape(100, 100, 4)
    assert tuple(flat[50, 75]) == (200, 100, 50, 255)
    assert np.abs(flat[50, 25].astype(int) - (100, 100, 0, 255)).max() <= 1
    project.image.undo()
    assert project.image.layers == ()
    project.close()


def test_groups_keep_what_lies_in_them(tmp_path: Path) -> None:
    path = tmp_path / "groups.psd"
    psd = PSDImage.new("RGB", (100, 100))
    outer = psd.create_group(name="Outer", opacity=128, blend_mode=BlendMode.NORMAL)
    inner = outer.create_group(name="Inner")
    inner.create_pixel_layer(noise(1).convert("RGB"), name="Leaf", blend_mode=BlendMode.SCREEN)
    outer.create_pixel_layer(noise(2).convert("RGB"), name="Twig")
    psd.save(path)
    parts = decoded(path)
    by_name = {part.look.name: part.look for part in parts.layers}
    assert [part.look.name for part in parts.layers] == ["Leaf", "Inner", "Twig", "Outer"]
    assert by_name["Leaf"].parent == by_name["Inner"].id
    assert by_name["Inner"].parent == by_name["Twig"].parent == by_name["Outer"].id
    assert (by_name["Outer"].kind, by_name["Outer"].parent) == ("group", "")
    assert by_name["Outer"].opacity == pytest.approx(128 / 255)
    assert parts.remarks == ("a group that passed through is blended by itself",)


def test_layer_mask_becomes_a_mask_layer(tmp_path: Path) -> None:
    path = tmp_path / "mask.psd"
    psd = PSDImage.new("RGB", (100, 100))
    layer = psd.create_pixel_layer(Image.new("RGB", (80, 60), "red"), name="Cut", left=10, top=20)
    mask = Image.new("L", (80, 60), 0)
    mask.paste(255, (0, 0, 40, 60))
    layer.create_mask(mask)
    psd.save(path)
    project = Project.create(tmp_path / "p.atelier")
    operations = landing(project.image, decoded(path), "mask", None)
    project.image.apply(Batch(label="Place", operations=tuple(operations)))
    below, above = project.image.layers
    assert (above.kind, above.parent, below.name) == ("mask", below.id, "Cut")
    alpha = np.frombuffer(flatten(project.image), np.uint8).reshape(100, 100, 4)[..., 3]
    assert alpha[20:80, 10:50].min() == 255
    assert alpha.sum() == 255 * 40 * 60
    project.close()


@pytest.mark.parametrize(("mode", "depth"), [("L", 8), ("CMYK", 8), ("RGB", 16), ("RGB", 32)])
def test_other_colour_modes_and_depths(mode: str, depth: int, tmp_path: Path) -> None:
    path = tmp_path / "x.psd"
    psd = PSDImage.new(mode, (40, 40), depth=depth)
    psd.create_pixel_layer(Image.new("RGB", (40, 40), (90, 90, 90)).convert(mode), name="One")
    psd.save(path)
    (part,) = decoded(path).layers
    (raw,) = part.tiles.values()
    pixel = np.frombuffer(raw, np.uint8).reshape(TILE, TILE, 4)[20, 20]
    assert np.abs(pixel.astype(int) - (90, 90, 90, 255)).max() <= 4


def test_document_without_layers_is_its_picture(tmp_path: Path) -> None:
    path = tmp_path / "flat.psd"
    PSDImage.frompil(Image.new("RGB", (30, 20), (10, 200, 30))).save(path)
    (part,) = decoded(path).layers
    (raw,) = part.tiles.values()
    assert tuple(np.frombuffer(raw, np.uint8)[:4]) == (10, 200, 30, 255)
    picture = open_picture(path)
    assert (picture.width, picture.height) == (30, 20)
    assert tuple(picture.straight()[:4]) == (10, 200, 30, 255)


def test_every_mode_of_ours_but_none_else_is_known() -> None:
    known = {mode.value for mode in BlendMode}
    assert set(BLEND_MODES) <= known
    assert len(set(BLEND_MODES.values())) == len(BLEND_MODES) == 17


@pytest.mark.parametrize(
    ("size", "code"), [((200_000, 200_000), "picture_too_large"), ((0, 10), "damaged_picture")]
)
def test_size_is_refused_before_anything_is_decoded(
    size: tuple[int, int], code: str, tmp_path: Path
) -> None:
    path = five_layers(tmp_path / "five.psd")
    data = bytearray(path.read_bytes())
    data[14:22] = struct.pack(">II", size[1], size[0])
    path.write_bytes(data)
    with pytest.raises(ImageProblem) as caught:
        decoded(path)
    assert caught.value.code == code


def test_huge_layer_in_a_small_document_is_refused(tmp_path: Path) -> None:
    psd = PSDImage.new("RGB", (40, 40))
    layer = psd.create_pixel_layer(noise(1), name="One")
    assert isinstance(layer, PixelLayer)
    layer._record.bottom, layer._record.right = 250_000, 250_000
    path = tmp_path / "huge.psd"
    psd._record.write(path.open("wb"))
    with pytest.raises(ImageProblem) as caught:
        decoded(path)
    assert caught.value.code == "picture_too_large"


def test_cut_off_document_is_damaged(tmp_path: Path) -> None:
    path = five_layers(tmp_path / "five.psd")
    data = path.read_bytes()
    for length in (10, 40, 200, len(data) // 2):
        path.write_bytes(data[:length])
        with pytest.raises(ImageProblem) as caught:
            decoded(path)
        assert caught.value.code == "damaged_picture"
        assert "five.psd" in caught.value.message

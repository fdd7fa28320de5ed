"""restyle, fill, uncrop and colorize: what the files and options mean, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.app.pictures import open_picture
from studio.cli import main
from studio.cli.pictures import margins_for, mask_of
from studio.core.errors import InvalidRequest
from tests.support.upscalers import save_compact


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of 90 x 60 px with a soft pattern."""
    y, x = np.mgrid[0:60, 0:90]
    pixels = np.stack([x * 2, y * 4, (x + y) % 32 * 6], axis=-1).astype(np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    """White where a square is to be filled."""
    pixels = np.zeros((60, 90), np.uint8)
    pixels[20:40, 30:50] = 255
    path = tmp_path / "mask.png"
    Image.fromarray(pixels).save(path)
    return path


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("aspect", "size", "margins"),
    [
        ("16:9", (800, 600), (133, 0, 134, 0)),
        ("1:1", (800, 600), (0, 100, 0, 100)),
        ("1.5", (300, 300), (75, 0, 75, 0)),
        ("2/3", (100, 90), (0, 30, 0, 30)),
    ],
)
def test_an_aspect_ratio_becomes_centred_margins(
    aspect: str, size: tuple[int, int], margins: tuple[int, ...]
) -> None:
    found = margins_for(aspect, *size)
    assert (found["left"], found["top"], found["right"], found["bottom"]) == margins


@pytest.mark.parametrize("aspect", ["", "16:", "a:b", "0:5", "16:0", "1000:1", "nan"])
def test_what_is_not_an_aspect_ratio_is_refused(aspect: str) -> None:
    with pytest.raises(InvalidRequest):
        margins_for(aspect, 16, 16)


def test_a_mask_is_what_is_white_or_what_is_opaque() -> None:
    white = Image.new("RGB", (4, 4))
    white.putpixel((1, 2), (255, 255, 255))
    assert mask_of(open_picture(encoded(white))).getpixel((1, 2)) == 255
    assert mask_of(open_picture(encoded(white))).getpixel((0, 0)) == 0
    strokes = Image.new("RGBA", (4, 4))
    strokes.putpixel((3, 0), (20, 30, 40, 128))
    assert mask_of(open_picture(encoded(strokes))).getpixel((3, 0)) == 128
    assert mask_of(open_picture(encoded(strokes))).getpixel((0, 0)) == 0


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    assert main([*arguments, "--json"]) in (1, 2)
    found: dict[str, str] = json.loads(capsys.readouterr().out)
    return found


def test_what_cannot_be_done_is_refused_in_words(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.png")
    other = tmp_path / "other.png"
    Image.new("L", (10, 10), 255).save(other)
    cases = {
        ("uncrop", str(photo), "-o", out): "every margin is 0",
        ("uncrop", str(photo), "-o", out, "--left", "9999"): "Left",
        ("uncrop", str(photo), "-o", out, "--left", "5", "--aspect", "1:1"): "aspect ratio",
        ("uncrop", str(photo), "-o", out, "--aspect", "3:2"): "already",
        ("fill", str(photo), "--mask", str(other), "-o", out): "10 x 10",
        ("fill", str(photo), "--mask", str(tmp_path / "no.png"), "-o", out): "no.png",
        ("colorize", str(photo), "--hints", str(other), "-o", out): "hints",
        ("restyle", str(photo), "x", "--strength", "7", "-o", out): "Strength",
        ("restyle", str(tmp_path), "x", "-o", out): "",
    }
    for arguments, words in cases.items():
        error = refusal(capsys, *arguments)
        assert words in error["message"], arguments
    assert not Path(out).exists()


def test_fill_keeps_everything_outside_and_says_what_it_is(
    photo: Path, mask: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "filled.png"
    arguments = ["fill", str(photo), "--mask", str(mask), "-o", str(out), "--seed", "3", "--json"]
    assert main([*arguments, "--grow", "0", "--feather", "0"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["request"]["task"] == "inpaint"
    before, after = np.asarray(Image.open(photo)), np.asarray(Image.open(out).convert("RGB"))
    outside = np.asarray(Image.open(mask)) == 0
    assert np.array_equal(before[outside], after[outside])
    assert not np.array_equal(before, after)


def test_uncrop_keeps_the_picture_at_its_place(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "wide.png"
    assert main(["uncrop", str(photo), "--left", "20", "--bottom", "9", "-o", str(out)]) == 0
    after = np.asarray(Image.open(out).convert("RGB"))
    assert after.shape == (69, 110, 3)
    assert np.array_equal(after[:60, 20:], np.asarray(Image.open(photo)))


def test_colorize_takes_hints_and_keeps_the_light(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = tmp_path / "grey.png"
    Image.open(photo).convert("L").save(grey)
    hints = Image.new("RGBA", (90, 60))
    hints.paste((200, 60, 40, 255), (5, 5, 15, 15))
    hints.save(tmp_path / "hints.png")
    out = tmp_path / "coloured.png"
    arguments = ["colorize", str(grey), "--hints", str(tmp_path / "hints.png"), "-o", str(out)]
    assert main(arguments) == 0
    made = Image.open(out).convert("RGB")
    pixels = np.asarray(made).astype(int)
    assert (pixels[..., 0] - pixels[..., 2]).mean() > 10
    light = np.asarray(made.convert("L")).astype(int)
    assert np.abs(light - np.asarray(Image.open(grey)).astype(int)).max() <= 1


def test_upscale_gives_the_size_and_the_same_picture(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "large.png"
    assert main(["upscale", str(photo), "--scale", "4", "-o", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["request"]["task"], answer["request"]["scale"]) == ("upscale", 4)
    large, small = Image.open(out).convert("RGB"), Image.open(photo)
    assert large.size == (360, 240)
    back = np.asarray(large.resize(small.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(back - np.asarray(small)).mean() < 4


def test_upscale_with_a_network_in_a_real_worker(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = save_compact(tmp_path / "tiny.safetensors", scale=2), tmp_path / "large.png"
    arguments = ["upscale", str(photo), "--model", str(model), "-o", str(out), "--json"]
    assert main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["plan"]["family"] == "upscaler"
    assert answer["plan"]["native_side"] >= 160
    assert Image.open(out).size == (180, 120)
    assert (
        "Scale" in refusal(capsys, "upscale", str(photo), "--scale", "3", "-o", str(out))["message"]
    )

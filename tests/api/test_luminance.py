"""The luminance of a picture stays, whatever colour it gets; Pillow's own grey is the judge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.api.luminance import (
    chroma,
    coloured,
    eight_bit,
    in_gamut,
    luma,
    recompose,
    rgb_of,
    with_luminance_of,
)

SEEDS = st.integers(0, 2**32 - 1)


def random_picture(chance: np.random.Generator, mode: str, size: tuple[int, int]) -> Image.Image:
    """Noise, or flat patches of the extremes, where gamuts end."""
    channels = {"L": 1, "RGB": 3, "RGBA": 4}[mode]
    values = chance.integers(0, 256, (*size, channels))
    if chance.random() < 0.5:
        values = chance.choice([0, 1, 2, 127, 128, 253, 254, 255], values.shape)
    pixels = values.astype(np.uint8)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def grey(picture: Image.Image) -> np.ndarray:
    """What Pillow takes the luminance for, 0 .. 255."""
    return np.asarray(picture.convert("RGB").convert("L")).astype(int)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.sampled_from(["L", "RGB", "RGBA"]), st.floats(0, 1), st.floats(0, 400))
def test_no_colour_moves_the_luminance(
    seed: int, mode: str, strength: float, saturation: float
) -> None:
    chance = np.random.default_rng(seed)
    original = random_picture(chance, mode, (23, 31))
    colour = chance.uniform(-saturation, saturation, (2, 23, 31)).astype(np.float32)
    result = coloured(original, colour, strength)
    assert np.array_equal(grey(result), grey(original))
    assert np.abs(luma(rgb_of(result)) - luma(rgb_of(original))).max() < 1, "unrounded, too"
    assert result.mode == ("RGBA" if mode == "RGBA" else "RGB")
    if mode == "RGBA":
        assert result.getchannel("A").tobytes() == original.getchannel("A").tobytes()


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.sampled_from(["L", "RGB", "RGBA"]))
def test_a_model_gives_its_colours_and_the_original_its_luminance(seed: int, mode: str) -> None:
    chance = np.random.default_rng(seed)
    original = random_picture(chance, mode, (17, 40))
    painted = random_picture(chance, "RGB", (17, 40))
    result = with_luminance_of(original, painted)
    assert np.array_equal(grey(result), grey(original))


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.sampled_from(["RGB", "RGBA"]))
def test_without_strength_not_a_pixel_changes(seed: int, mode: str) -> None:
    chance = np.random.default_rng(seed)
    original = random_picture(chance, mode, (16, 16))
    result = coloured(original, np.full((2, 16, 16), 99, np.float32), strength=0)
    assert result.tobytes() == original.tobytes()


@settings(deadline=None, max_examples=60)
@given(SEEDS)
def test_a_colour_that_fits_is_met_and_one_that_does_not_keeps_its_hue(seed: int) -> None:
    chance = np.random.default_rng(seed)
    wanted = chance.integers(0, 256, (12, 12, 3))
    light = luma(wanted)
    assert np.array_equal(recompose(light, chroma(wanted)), wanted)
    other = chance.uniform(0, 255, (12, 12)).astype(np.float32)
    kept = in_gamut(other, chroma(wanted))
    share = np.linalg.norm(kept, axis=0) / np.maximum(np.linalg.norm(chroma(wanted), axis=0), 1e-6)
    assert np.allclose(kept, chroma(wanted) * share, atol=0.01), "greyer, the hue stays"
    exact = np.stack([other + kept[0], other + kept[1]])
    assert exact.min() > -0.01
    assert exact.max() < 255.01


def test_every_grey_takes_every_hue() -> None:
    light = np.repeat(np.arange(256, dtype=np.float32)[:, None], 720, 1)
    hue = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    for saturation in (3, 40, 180):
        colour = saturation * np.stack([np.cos(hue), np.sin(hue)])[:, None, :].repeat(256, 1)
        result = Image.fromarray(recompose(light, colour.astype(np.float32)))
        assert np.array_equal(np.asarray(result.convert("L")), light)


def test_luma_is_the_grey_of_pillow() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    assert np.array_equal(np.floor(luma(rgb) + 0.5), np.asarray(Image.fromarray(rgb).convert("L")))


def test_a_painted_picture_of_another_size_is_scaled() -> None:
    original = Image.new("L", (40, 30), 120)
    result = with_luminance_of(original, Image.new("RGB", (64, 48), (200, 40, 40)))
    assert result.size == (40, 30)
    red, _, blue = result.getpixel((20, 15))
    assert red > blue


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("1", "L"), ("L", "L"), ("P", "RGB"), ("LA", "RGBA"), ("CMYK", "RGB"), ("RGBA", "RGBA")],
)
def test_every_mode_is_read(mode: str, expected: str) -> None:
    assert eight_bit(Image.new("RGB", (3, 2), "white").convert(mode)).mode == expected


def test_sixteen_bits_are_rounded_to_eight() -> None:
    deep = Image.fromarray(np.array([[0, 257, 65535, 32896]], np.uint16))
    assert list(eight_bit(deep).tobytes()) == [0, 1, 255, 128]

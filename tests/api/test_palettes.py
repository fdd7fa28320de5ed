"""Colours where nothing is painted: suggested palettes and the colours of another picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.api.colouring.palettes import (
    chroma_like,
    palette_chroma,
    suggest_palettes,
    tone_groups,
)
from studio.api.luminance import coloured, luma, rgb_of
from tests.support.colour_pictures import photograph


def test_suggestions_have_a_colour_for_every_tone_of_the_picture() -> None:
    picture = photograph("coffee", (300, 200)).convert("L")
    palettes = suggest_palettes(picture)
    assert len({palette.name for palette in palettes}) == len(palettes) >= 4
    assert len({palette.colours for palette in palettes}) == len(palettes)
    for palette in palettes:
        lights = luma(np.array([palette.colours]))[0]
        assert np.allclose(lights, tone_groups(luma(rgb_of(picture))), atol=0.6)
        result = coloured(picture, palette_chroma(luma(rgb_of(picture)), palette))
        assert result.convert("L").tobytes() == picture.tobytes()
        spread = np.ptp(np.asarray(result).astype(int), axis=2)
        assert 5 < spread.mean() < 60, "a tint, not a grey and not a poster"


def test_the_first_suggestion_suits_the_brightness() -> None:
    ramp = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    dark, light = (Image.fromarray((values * 255).astype(np.uint8)) for values in (ramp / 3, ramp))
    assert suggest_palettes(dark)[0].name == "Moonlight"
    assert suggest_palettes(light)[0].name == "Warm light"


@pytest.mark.parametrize(
    "picture",
    [Image.new("L", (1, 1), 77), Image.new("L", (9, 9), 0), Image.new("RGBA", (4, 4)),
     Image.new("RGB", (3, 50), "white")],
)  # fmt: skip
def test_empty_pictures_get_suggestions_too(picture: Image.Image) -> None:
    for palette in suggest_palettes(picture):
        assert 1 <= len(palette.colours) <= 5


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 255), min_size=1, max_size=200))
def test_tones_are_few_and_lie_within_the_picture(values: list[int]) -> None:
    tones = tone_groups(np.array([values], np.float32))
    assert 1 <= len(tones) <= 5
    assert min(values) <= tones.min()
    assert tones.max() <= max(values)
    assert (np.diff(tones) > 0).all()


def test_the_colours_of_an_example_go_to_places_of_like_brightness() -> None:
    light = np.repeat([[40, 130, 220]], 90, 0).repeat(40, 1).astype(np.uint8)
    picture = Image.fromarray(light)
    example = Image.new("RGB", (120, 30), (30, 40, 90))
    example.paste((190, 90, 60), (40, 0, 80, 30))
    example.paste((200, 230, 150), (80, 0, 120, 30))
    result = np.asarray(coloured(picture, chroma_like(picture, example))).astype(int)
    dark, middle, bright = result[45, 20], result[45, 60], result[45, 100]
    assert dark[2] > dark[0] + 15, "blue shadows"
    assert middle[0] > middle[2] + 40, "red mid-tones"
    assert bright[1] > bright[2] + 15, "green lights"


def test_a_photograph_takes_its_own_colours_back_better_than_grey() -> None:
    photo = photograph("coffee", (300, 200))
    grey = photo.convert("L")
    result = coloured(grey, chroma_like(grey, photo))
    assert result.convert("L").tobytes() == grey.tobytes()
    error = [np.abs(np.asarray(p.convert("RGB")).astype(int) - np.asarray(photo)).mean()
             for p in (result, grey)]  # fmt: skip
    assert error[0] < 0.8 * error[1]


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (700, 700)])
def test_pictures_and_examples_of_any_size(size: tuple[int, int]) -> None:
    picture = Image.new("L", size, 128)
    colour = chroma_like(picture, Image.new("RGB", (1, 1), (200, 80, 60)))
    assert colour.shape == (2, size[1], size[0])
    assert colour[0].min() > 30, "red"
    assert chroma_like(picture, photograph("rocket", (800, 600))).shape == colour.shape

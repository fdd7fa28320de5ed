"""Painted colours spread over what they lie on, stop at its edges, and stay what they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

from studio.api.colouring.line_art import is_line_art
from studio.api.colouring.propagation import Propagator
from studio.api.colouring.regions import grown, regions, spread_labels
from studio.api.luminance import luma, rgb_of
from studio.core.errors import InvalidRequest, JobCancelled
from tests.support.colour_pictures import (
    BORDERS,
    at,
    hints_from,
    leakage,
    line_art,
    photograph,
    two_regions,
)

PHOTOGRAPHS = {"astronaut": (256, 256), "coffee": (300, 200), "chelsea": (300, 200)}


def spread(picture: Image.Image, hints: Image.Image) -> Image.Image:
    propagator = Propagator()
    propagator.set_picture(picture)
    return propagator.update(hints)


def difference(one: Image.Image, other: Image.Image) -> np.ndarray:
    """CIEDE2000 of every pixel."""
    colours = [rgb2lab(np.asarray(picture.convert("RGB"))) for picture in (one, other)]
    return np.asarray(deltaE_ciede2000(*colours))


def at_luminance(colour: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The colour moved to another luma along grey, then as grey as the gamut wants: bisected."""
    offset = colour - colour @ np.array([0.299, 0.587, 0.114])
    low, high = np.zeros(light.shape), np.ones(light.shape)
    for _ in range(30):
        middle = (low + high) / 2
        moved = light[:, None] + middle[:, None] * offset
        fits = (moved >= 0).all(1) & (moved <= 255).all(1)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return light[:, None] + low[:, None] * offset


@pytest.mark.parametrize("border", BORDERS)
def test_at_most_one_percent_of_the_other_region_is_reached(border: str) -> None:
    picture, hints, right = two_regions(border)
    result = spread(picture, hints)
    assert leakage(result, right) < 0.01
    assert leakage(result, ~right) > 0.98, "and its own region is coloured"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_hint_pixels_keep_their_colour_at_the_pictures_luminance(seed: int) -> None:
    chance = np.random.default_rng(seed)
    picture = Image.fromarray(chance.integers(0, 256, (40, 60)).astype(np.uint8))
    colour = chance.integers(0, 256, 3)
    hints = Image.new("RGBA", picture.size)
    hints.paste((*(int(c) for c in colour), 255), (10, 10, 50, 30))
    result = np.asarray(spread(picture, hints))[10:30, 10:50].reshape(-1, 3)
    wanted = at_luminance(colour.astype(float), np.asarray(picture)[10:30, 10:50].ravel())
    far = deltaE_ciede2000(rgb2lab(result / 255), rgb2lab(wanted / 255))
    assert far.max() <= 2


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_hint_of_the_right_luminance_keeps_its_very_colour(name: str) -> None:
    photo = photograph(name, PHOTOGRAPHS[name])
    pixels = np.zeros((photo.height, photo.width, 4), np.uint8)
    pixels[5::19, 7::19, :3] = np.asarray(photo)[5::19, 7::19]
    pixels[5::19, 7::19, 3] = 255
    far = difference(spread(photo.convert("L"), Image.fromarray(pixels)), photo)
    assert far[5::19, 7::19].max() <= 2


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_grey_photograph_comes_near_its_original_and_keeps_its_luminance(name: str) -> None:
    photo = photograph(name, PHOTOGRAPHS[name])
    grey = photo.convert("L")
    result = spread(grey, hints_from(photo, 60))
    assert result.convert("L").tobytes() == grey.tobytes()
    assert difference(result, photo).mean() < 0.5 * difference(grey, photo).mean()


def test_a_grey_stroke_keeps_a_place_grey() -> None:
    picture, hints, right = two_regions("hard")
    hints.paste((128, 128, 128, 255), (270, 110, 290, 130))
    rgb = np.asarray(spread(picture, hints)).astype(int)
    assert np.ptp(rgb, axis=2)[np.where(right)].mean() < 2
    assert np.ptp(rgb, axis=2)[np.where(~right)].mean() > 40


def test_the_next_stroke_shows_without_a_new_start_and_an_undone_one_goes() -> None:
    picture, hints, right = two_regions("hard")
    green = hints.copy()
    green.paste((40, 160, 60, 255), (200, 30, 230, 60))
    propagator = Propagator()
    propagator.set_picture(picture)
    first = propagator.update(hints)
    steps = list(propagator.steps(green))
    assert [step.picture.size for step in steps] == [picture.size] * len(steps)
    assert [step.done for step in steps] == sorted({step.done for step in steps})
    assert len(steps) == 2
    assert steps[-1].done == 1
    assert difference(steps[-1].picture, spread(picture, green)).mean() < 1
    assert difference(propagator.update(hints), first).mean() < 1
    assert leakage(propagator.update(hints), right) < 0.01


def test_the_same_hints_give_the_same_bytes() -> None:
    photo = photograph("coffee", (300, 200))
    hints = hints_from(photo, 20)
    once, again = (spread(photo.convert("L"), hints) for _ in range(2))
    assert once.tobytes() == again.tobytes()


def test_a_large_picture_is_solved_small_and_keeps_edges_and_luminance() -> None:
    picture, hints, right = two_regions("hard")
    size = (2240, 1680)
    large = picture.resize(size, Image.Resampling.NEAREST)
    result = spread(large, hints.resize(size, Image.Resampling.NEAREST))
    assert result.convert("L").tobytes() == large.tobytes()
    wide = np.asarray(Image.fromarray(right).resize(size, Image.Resampling.NEAREST))
    assert leakage(result, wide) < 0.01


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 3), (5, 7)])
def test_the_smallest_pictures_are_coloured(size: tuple[int, int]) -> None:
    picture, hints = Image.new("L", size, 120), Image.new("RGBA", size)
    hints.putpixel((0, 0), (200, 60, 40, 255))
    result = spread(picture, hints)
    assert result.size == size
    red, _, blue = result.getpixel((size[0] - 1, size[1] - 1))
    assert red > blue + 40, "the colour reaches the other end"


@pytest.mark.parametrize("mode", ["1", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_pictures_and_hints_of_every_mode(mode: str) -> None:
    picture, hints, _ = two_regions("hard")
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    result = spread(picture, hints)
    assert result.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
    opaque = spread(picture, hints.convert("RGB"))
    assert opaque.size == picture.size, "hints without alpha cover everything"


def test_nothing_painted_leaves_a_grey_picture_grey() -> None:
    picture, _, _ = two_regions("soft")
    result = spread(picture, Image.new("RGBA", picture.size))
    assert result.tobytes() == picture.convert("RGB").tobytes()


def test_a_transparent_picture_keeps_its_alpha() -> None:
    picture, hints, _ = two_regions("hard")
    alpha = Image.fromarray((np.indices((240, 320)).sum(0) % 256).astype(np.uint8))
    picture = picture.convert("RGBA")
    picture.putalpha(alpha)
    assert spread(picture, hints).getchannel("A").tobytes() == alpha.tobytes()


def test_hints_of_another_size_are_refused_in_words() -> None:
    picture, _, _ = two_regions("hard")
    with pytest.raises(InvalidRequest, match=r"10 x 20 px.*320 x 240 px"):
        spread(picture, Image.new("RGBA", (10, 20)))


def test_a_stop_is_heard_between_the_passes() -> None:
    picture, hints, _ = two_regions("hard")
    propagator = Propagator()
    propagator.set_picture(picture)
    left = iter(range(25))

    def check() -> None:
        if next(left, None) is None:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        propagator.update(hints, check=check)
    assert propagator.update(hints).size == picture.size, "and it can be used again"


# --- line art -----------------------------------------------------------------------------------


def test_line_art_is_told_from_pictures() -> None:
    drawing, _ = line_art(400)
    pictures = [photograph(name, size) for name, size in PHOTOGRAPHS.items()]
    pictures += [two_regions(border)[0] for border in BORDERS]
    pictures += [Image.new("L", (200, 200), 255), Image.new("L", (200, 200), 0)]
    pictures += [photograph("coffee").point(lambda value: 200 + value // 5)]
    assert is_line_art(luma(rgb_of(drawing)), rgb_of(drawing))
    for picture in pictures:
        for shown in (picture, picture.convert("L")):
            assert not is_line_art(luma(rgb_of(shown)), rgb_of(shown))


@pytest.mark.parametrize("width", [512, 1024])
def test_flat_colours_fill_what_their_stroke_lies_in(width: int) -> None:
    drawing, hints = line_art(width)
    result = spread(drawing, hints)
    flat = {
        "sky": ((20, 20), (158, 200, 235)),
        "sky behind the rays": ((392, 6), (158, 200, 235)),
        "sun": ((345, 40), (255, 209, 84)),
        "roof": ((262, 115), (200, 84, 64)),
        "wall, beyond the passage at the window": ((305, 215), (246, 226, 190)),
        "door": ((250, 190), (122, 84, 58)),
        "window pane": ((296, 190), (250, 222, 140)),
        "mushroom": ((140, 192), (212, 56, 52)),
        "its dot": ((130, 188), (252, 242, 224)),
        "cloud without a stroke": ((90, 52), (255, 255, 255)),
    }
    for name, (point, colour) in flat.items():
        assert max(abs(a - b) for a, b in zip(at(result, *point), colour, strict=True)) <= 8, name


def test_black_lines_stay_black_and_no_paper_shines_between_line_and_fill() -> None:
    drawing, hints = line_art(1024)
    before, after = np.asarray(drawing), np.asarray(spread(drawing, hints))
    assert (after[before == 0] == 0).all()
    assert (after.max(2) <= before).all(), "nothing is lighter than it was"
    # In a band inside the sun's line: the drawing's grey pixels there are yellow by now.
    down, across = np.mgrid[: drawing.height, : drawing.width] / 2.56
    radius = np.hypot(across - 330, down - 52)
    band = (radius > 22.2) & (radius < 22.8) & (before > 120)
    assert band.any()
    assert (after[band][:, 2] < 0.6 * before[band]).all()


def test_broken_lines_keep_the_colours_of_their_strokes_apart() -> None:
    drawing, hints = line_art(800)
    pixels, chance = np.asarray(drawing).copy(), np.random.default_rng(0)
    down, across = np.nonzero(pixels < 128)
    for index in chance.choice(len(down), 40, replace=False):
        y, x = down[index], across[index]
        pixels[y - 3 : y + 4, x - 3 : x + 4] = 255
    whole = np.asarray(spread(drawing, hints)).astype(int)
    broken = np.asarray(spread(Image.fromarray(pixels), hints)).astype(int)
    cloud = np.s_[60:150, 90:250]  # it has no stroke: with a gap it may be open to the sky
    differs = np.abs(whole - broken).max(2) > 8
    differs[cloud] = False
    assert differs[pixels == 255].mean() < 0.01


def test_a_small_gap_in_a_line_holds_and_two_colours_share_an_open_region() -> None:
    pixels = np.full((200, 300), 255, np.uint8)
    pixels[:, 149:153] = 0
    pixels[98:102, 149:153] = 255
    pixels[20:22, 20:280] = 0
    hints = Image.new("RGBA", (300, 200))
    hints.paste((220, 40, 40, 255), (30, 90, 50, 110))
    assert at_pixel(spread(Image.fromarray(pixels), hints), 250, 100) == (255, 255, 255)
    hints.paste((40, 40, 220, 255), (30, 150, 50, 170))
    both = spread(Image.fromarray(pixels), hints)
    assert at_pixel(both, 100, 60) == (220, 40, 40)
    assert at_pixel(both, 100, 190) == (40, 40, 220)
    assert at_pixel(both, 250, 100) == (255, 255, 255)


def at_pixel(picture: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = picture.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def test_line_art_keeps_alpha_and_strength_thins_the_colour() -> None:
    drawing, hints = line_art(512)
    clear = drawing.convert("RGBA")
    clear.putalpha(drawing.point(lambda value: 255 - value))
    result = spread(clear, hints)
    assert result.getchannel("A").tobytes() == clear.getchannel("A").tobytes()
    propagator = Propagator()
    propagator.set_picture(drawing)
    assert propagator.line_art
    half = at(propagator.update(hints, strength=0.5), 262, 115)
    assert max(abs(a - (255 + b) / 2) for a, b in zip(half, (200, 84, 64), strict=True)) < 3


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_regions_are_those_of_a_flood_fill(seed: int, share: float) -> None:
    from skimage.measure import label

    chance = np.random.default_rng(seed)
    mask = chance.random((int(chance.integers(1, 30)), int(chance.integers(1, 30)))) < share
    labels, count = regions(mask)
    expected = label(mask, connectivity=1)
    assert count == expected.max()
    pairs = set(zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_masks_grow_round_and_labels_meet_halfway() -> None:
    mask = np.zeros((41, 41), bool)
    mask[20, 20] = True
    down, across = np.indices(mask.shape) - 20
    octagon = grown(mask, 10)
    distance = np.hypot(down, across)
    assert octagon[distance <= 9].all()
    assert not octagon[distance > 12].any()
    row = np.zeros((1, 9), np.int32)
    row[0, 0], row[0, 8] = 1, 2
    assert spread_labels(row, np.ones((1, 9), bool), 9)[0, [3, 5]].tolist() == [1, 2]

"""Places, times of day and how a background is painted from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from studio.training.starter_image.palette import COLOURS, Colour, mix, shift_hue

HORIZON = 0.62
"""Height of the horizon as a fraction of the picture, from the top."""


@dataclass(frozen=True)
class Light:
    """A time of day: the sky's two colours, the ground's tint and how captions say it."""

    sky_top: Colour
    sky_low: Colour
    tint: Colour
    amount: float
    phrases: tuple[str, ...]


LIGHTS: dict[str, Light] = {
    "day": Light(
        (96, 172, 238), (196, 228, 250), (255, 255, 255), 0.0,
        ("by day", "on a sunny day", "under a blue sky"),
    ),
    "sunset": Light(
        (232, 96, 92), (254, 200, 110), (150, 60, 50), 0.28,
        ("at sunset", "at dusk", "in the evening"),
    ),
    "night": Light(
        (16, 22, 60), (44, 54, 110), (14, 20, 66), 0.58,
        ("at night", "under the night sky", "at midnight"),
    ),
    "cloudy": Light(
        (140, 148, 160), (196, 202, 208), (120, 126, 140), 0.3,
        ("on a cloudy day", "under a grey sky", "in cloudy weather"),
    ),
}  # fmt: skip
"""Times of day by name."""

PLACES: dict[str, tuple[str, ...]] = {
    "meadow": ("in a green meadow", "in a meadow", "on the grass", "in a grassy field"),
    "desert": ("in the desert", "in a desert", "among sand dunes"),
    "snow": ("in the snow", "in a snowy field", "on a snowy hill"),
    "sea": ("on the sea", "at sea", "on the water", "on the ocean"),
    "beach": ("on the beach", "on a sandy beach", "by the sea"),
    "city": ("in the city", "in a city", "in front of a skyline"),
    "forest": ("in the forest", "in a forest", "in the woods"),
    "mountains": ("in the mountains", "in front of mountains"),
    "plain": ("on a {colour} background", "on a plain {colour} background"),
}
"""Places by name, with the phrases of captions; ``{colour}`` is the plain background's colour."""

PLACE_NOUNS: dict[str, str] = {
    "meadow": "a green meadow",
    "desert": "a desert",
    "snow": "a snowy field",
    "sea": "the sea",
    "beach": "a beach",
    "city": "a city",
    "forest": "a forest",
    "mountains": "mountains",
}
"""How a caption names the place when it comes first ("a desert with a red car")."""

_GROUND: dict[str, Colour] = {
    "meadow": (112, 188, 84),
    "desert": (232, 192, 120),
    "snow": (238, 244, 252),
    "sea": (40, 118, 186),
    "beach": (240, 218, 160),
    "city": (120, 122, 132),
    "forest": (84, 140, 70),
    "mountains": (124, 170, 96),
}


def paint_background(
    size: int, place: str, light: str, colour: str, random: np.random.Generator
) -> Image.Image:
    """Return a ``size`` x ``size`` RGB background; ``colour`` matters only for the plain place."""
    if place == "plain":
        base = mix(COLOURS[colour], (255, 255, 255), 0.18)
        return _gradient(size, mix(base, (255, 255, 255), 0.12), base)
    sky = LIGHTS[light]
    image = _gradient(size, sky.sky_top, sky.sky_low)
    draw = ImageDraw.Draw(image)
    horizon = (HORIZON + random.uniform(-0.025, 0.025)) * size
    if light == "night":
        for _ in range(14):
            x, y = random.uniform(0, size), random.uniform(0, horizon * 0.9)
            radius = size * random.uniform(0.005, 0.01)
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(250, 246, 210))
    if light == "cloudy":
        _clouds(draw, size, random)
    ground = shift_hue(_GROUND[place], random.uniform(-0.008, 0.008), random.uniform(0.96, 1.04))
    _ground(draw, size, place, horizon, _lit(ground, light), light, random)
    return image


def _lit(colour: Colour, light: str) -> Colour:
    return mix(colour, LIGHTS[light].tint, LIGHTS[light].amount)


def _gradient(size: int, top: Colour, low: Colour) -> Image.Image:
    ramp = np.clip(np.linspace(0, 1.5, size, dtype=np.float32), 0, 1)[:, None, None]
    rows = np.asarray(top, np.float32) * (1 - ramp) + np.asarray(low, np.float32) * ramp
    return Image.fromarray(np.repeat(rows.round().astype(np.uint8), size, axis=1))


def _clouds(draw: ImageDraw.ImageDraw, size: int, random: np.random.Generator) -> None:
    for _ in range(3):
        x, y = random.uniform(0.1, 0.9) * size, random.uniform(0.08, 0.3) * size
        for offset, radius in ((-0.09, 0.05), (0.0, 0.075), (0.1, 0.055)):
            r = radius * size
            centre = x + offset * size
            draw.ellipse((centre - r * 1.3, y - r, centre + r * 1.3, y + r), fill=(222, 226, 232))


def _hills(
    draw: ImageDraw.ImageDraw, size: int, base: float, height: float, waves: float, fill: Colour,
    phase: float,
) -> None:  # fmt: skip
    x = np.linspace(0, size, 33)
    y = base - height * (0.5 + 0.5 * np.sin(x / size * np.pi * 2 * waves + phase))
    points = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    draw.polygon([*points, (size, size), (0, size)], fill=fill)


def _ground(
    draw: ImageDraw.ImageDraw, size: int, place: str, horizon: float, ground: Colour, light: str,
    random: np.random.Generator,
) -> None:  # fmt: skip
    phase = float(random.uniform(0, 6.28))
    far = mix(ground, LIGHTS[light].sky_low, 0.25)
    dark = mix(ground, (20, 30, 50), 0.16)
    if place == "mountains":
        _mountains(draw, size, horizon, light, random)
    if place == "city":
        _skyline(draw, size, horizon, light, random)
    if place == "forest":
        _woods(draw, size, horizon, light, random)
    if place in ("meadow", "desert", "snow"):
        _hills(draw, size, horizon + size * 0.02, size * 0.1, 1.0, far, phase)
        _hills(draw, size, horizon + size * 0.12, size * 0.06, 0.7, ground, phase + 2)
        return
    if place == "beach":
        water = _lit(_GROUND["sea"], light)
        draw.rectangle((0, horizon - size * 0.04, size, size), fill=water)
        _hills(draw, size, horizon + size * 0.12, size * 0.03, 0.8, (250, 250, 250), phase)
        _hills(draw, size, horizon + size * 0.14, size * 0.03, 0.8, ground, phase)
        return
    draw.rectangle((0, horizon, size, size), fill=ground)
    if place == "sea":
        for row in range(4):
            y = horizon + size * (0.05 + row * 0.095)
            _hills(draw, size, y + size * 0.02, size * 0.02, 4, dark if row % 2 else ground,
                   phase + row)  # fmt: skip
    if place == "city":
        draw.rectangle((0, horizon + size * 0.16, size, size), fill=dark)


def _mountains(
    draw: ImageDraw.ImageDraw, size: int, horizon: float, light: str, random: np.random.Generator
) -> None:
    rock, snow = _lit((120, 128, 150), light), _lit((244, 248, 255), light)
    for centre in (0.2, 0.8, 0.5):
        x = (centre + random.uniform(-0.06, 0.06)) * size
        height = random.uniform(0.34, 0.48) * size
        half = height * 0.75
        draw.polygon([(x, horizon - height), (x + half, horizon), (x - half, horizon)], fill=rock)
        cap = 0.3
        draw.polygon(
            [
                (x, horizon - height),
                (x + half * cap, horizon - height * (1 - cap)),
                (x - half * cap, horizon - height * (1 - cap)),
            ],
            fill=snow,
        )


def _skyline(
    draw: ImageDraw.ImageDraw, size: int, horizon: float, light: str, random: np.random.Generator
) -> None:
    window = (255, 224, 120) if light == "night" else _lit((226, 236, 246), light)
    x = 0.0
    while x < size:
        width = random.uniform(0.12, 0.18) * size
        top = horizon - random.uniform(0.22, 0.46) * size
        wall = _lit(mix((104, 114, 140), (168, 170, 186), float(random.uniform(0, 1))), light)
        draw.rectangle((x, top, x + width, horizon), fill=wall)
        step = size * 0.05
        for row in np.arange(top + step * 0.6, horizon - step * 0.5, step):
            for column in np.arange(x + step * 0.5, x + width - step * 0.5, step):
                draw.rectangle(
                    (column, float(row), column + step * 0.45, float(row) + step * 0.5), fill=window
                )
        x += width


def _woods(
    draw: ImageDraw.ImageDraw, size: int, horizon: float, light: str, random: np.random.Generator
) -> None:
    dark_green = _lit((38, 92, 58), light)
    for index in range(9):
        x = (index + random.uniform(-0.2, 0.2)) / 8 * size
        height = random.uniform(0.3, 0.44) * size
        half = size * 0.1
        tone = mix(dark_green, (255, 255, 255), 0.1 * (index % 2))
        draw.polygon(
            [(x, horizon - height), (x + half, horizon + 1), (x - half, horizon + 1)], fill=tone
        )

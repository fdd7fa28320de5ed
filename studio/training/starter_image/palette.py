"""Colour words, the shades that a flat drawing needs of each, and mixing."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

Colour = tuple[int, int, int]
"""Red, green, blue in 0..255."""

COLOURS: dict[str, Colour] = {
    "red": (214, 40, 40),
    "orange": (244, 132, 30),
    "yellow": (250, 210, 50),
    "green": (58, 150, 62),
    "blue": (44, 98, 214),
    "purple": (132, 62, 178),
    "pink": (244, 134, 176),
    "white": (246, 246, 244),
    "black": (38, 38, 44),
    "brown": (130, 80, 44),
}
"""The ten colour words a caption may use, with their reference colour."""


@dataclass(frozen=True)
class Shades:
    """One colour as a drawing uses it: the body, a lighter and a darker tone and the outline."""

    base: Colour
    light: Colour
    dark: Colour
    line: Colour


def mix(first: Colour, second: Colour, amount: float) -> Colour:
    """Return ``first`` moved towards ``second`` by ``amount`` in 0..1."""
    return (
        round(first[0] + (second[0] - first[0]) * amount),
        round(first[1] + (second[1] - first[1]) * amount),
        round(first[2] + (second[2] - first[2]) * amount),
    )


def luminance(colour: Colour) -> float:
    """Return the Rec. 709 luma of ``colour`` in 0..1."""
    return (0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]) / 255


def shades(colour: Colour) -> Shades:
    """Return the tones of ``colour``; very dark ones get a light outline, for the night."""
    dark_body = luminance(colour) < 0.2
    return Shades(
        base=colour,
        light=mix(colour, (255, 255, 255), 0.22 if dark_body else 0.35),
        dark=mix(colour, (20, 20, 40), 0.25),
        line=mix(colour, (235, 235, 245), 0.45) if dark_body else mix(colour, (20, 20, 40), 0.5),
    )


def shift_hue(colour: Colour, hue: float, value: float) -> Colour:
    """Return ``colour`` with its hue moved by ``hue`` turns and its value scaled by ``value``."""
    h, s, v = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    red, green, blue = colorsys.hsv_to_rgb((h + hue) % 1, s, min(1.0, v * value))
    return round(red * 255), round(green * 255), round(blue * 255)

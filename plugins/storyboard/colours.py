"""Colours by name, and moving a drawing's main colour to another one in OKLab.

OKLab: Björn Ottosson, "A perceptual color space for image processing" (2020).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (226, 43, 46), "scarlet": (235, 40, 30), "crimson": (190, 20, 60),
    "maroon": (128, 28, 40), "orange": (255, 134, 28), "yellow": (255, 208, 40),
    "golden": (232, 180, 40), "gold": (232, 180, 40), "cream": (250, 238, 205),
    "beige": (226, 205, 170), "brown": (138, 88, 50), "green": (46, 166, 78),
    "lime": (160, 220, 50), "olive": (128, 130, 50), "turquoise": (40, 195, 185),
    "teal": (20, 130, 130), "cyan": (60, 200, 230), "blue": (44, 108, 222),
    "navy": (30, 48, 120), "indigo": (75, 50, 165), "purple": (138, 76, 198),
    "violet": (140, 80, 215), "lilac": (195, 160, 225), "lavender": (195, 170, 235),
    "magenta": (225, 45, 165), "pink": (255, 138, 190), "black": (44, 44, 50),
    "white": (246, 246, 244), "grey": (152, 153, 160), "gray": (152, 153, 160),
    "silver": (192, 197, 206), "azure": (80, 160, 240), "ochre": (204, 142, 52),
    "golden-yellow": (240, 190, 40), "emerald": (20, 160, 100), "ruby": (190, 20, 70),
    "peach": (255, 190, 150), "coral": (255, 120, 95), "salmon": (250, 140, 120),
    "mint": (150, 225, 185), "rust": (178, 82, 42), "tan": (205, 170, 125),
}  # fmt: skip

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_FROM_LAB = np.linalg.inv(_TO_LAB).astype(np.float32)
_FROM_LMS = np.linalg.inv(_TO_LMS).astype(np.float32)
_LINEAR = np.where(
    np.arange(256) <= 10,
    np.arange(256) / 255 / 12.92,
    ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4,
).astype(np.float32)

SKIN_HUE = np.deg2rad(80.0)  # of the emoji sets' yellow faces


def to_oklab(rgb: NDArray[np.uint8]) -> Floats:
    """Return OKLab values, shape (..., 3), of sRGB bytes of the same shape."""
    return np.asarray(np.cbrt(_LINEAR[rgb] @ _TO_LMS.T) @ _TO_LAB.T, np.float32)


def from_oklab(lab: Floats) -> NDArray[np.uint8]:
    """Return sRGB bytes of OKLab values, clipped to what a screen shows."""
    linear = np.clip(((lab @ _FROM_LAB.T) ** 3) @ _FROM_LMS.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(encoded * 255), np.uint8)


def colour_named(name: str) -> Floats:
    """Return the OKLab value of a colour word."""
    return to_oklab(np.array(COLOURS[name], np.uint8))


def nearest_basic(lab: Floats) -> NDArray[np.int64]:
    """Return for every colour the index in BASIC of the word that a person would use."""
    anchors = np.stack([to_oklab(np.array(rgb, np.uint8)) for _, rgb in ANCHORS])
    weights = np.array([0.7, 1.4, 1.4], np.float32)
    flat = lab.reshape(-1, 3)
    distance = (((flat[:, None] - anchors[None]) * weights) ** 2).sum(-1)
    names = np.array([BASIC.index(name) for name, _ in ANCHORS])
    return np.asarray(names[distance.argmin(1)].reshape(lab.shape[:-1]), np.int64)


BASIC = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey"
)  # fmt: skip
# Typical values of each basic colour, light and dark: what people call by that name.
ANCHORS: tuple[tuple[str, tuple[int, int, int]], ...] = (
    *((name, COLOURS[name]) for name in BASIC),
    ("red", (150, 20, 30)), ("red", (248, 80, 80)), ("orange", (225, 110, 20)),
    ("orange", (255, 170, 70)), ("yellow", (255, 235, 110)), ("yellow", (235, 190, 20)),
    ("green", (20, 90, 40)), ("green", (130, 205, 110)), ("blue", (25, 50, 130)),
    ("blue", (110, 180, 245)), ("purple", (85, 40, 130)), ("purple", (180, 130, 225)),
    ("pink", (255, 195, 222)), ("pink", (232, 90, 160)), ("brown", (90, 55, 30)),
    ("brown", (175, 120, 78)), ("black", (12, 12, 14)), ("white", (228, 230, 235)),
    ("grey", (95, 96, 104)),
)  # fmt: skip


def recolour(rgba: NDArray[np.uint8], name: str, *, person: bool = False) -> NDArray[np.uint8]:
    """Return the drawing with its main colour moved to the named one, shading kept.

    Args:
        rgba: straight alpha, shape (height, width, 4).
        name: a key of COLOURS.
        person: leave the skin alone where something else is big enough to be the main colour.
    """
    lab, alpha = to_oklab(rgba[..., :3]), rgba[..., 3] > 8
    member = _main_colour(lab, rgba[..., 3].astype(np.float32) / 255, person)
    if not (member > 0.5).any():
        member = alpha.astype(np.float32)
    weight = member * rgba[..., 3]
    mean = (lab * weight[..., None]).sum((0, 1)) / max(1.0, float(weight.sum()))
    target = colour_named(name)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    usual = max(0.02, float(np.hypot(mean[1], mean[2])))
    richness = np.clip(chroma / usual, 0.75, 1.2) if usual > 0.05 else np.ones_like(chroma)
    moved = np.empty_like(lab)
    moved[..., 0] = np.clip(target[0] + (lab[..., 0] - mean[0]) * 0.65, 0.08, 0.98)
    moved[..., 1:] = target[1:] * richness[..., None]
    mixed = lab + (moved - lab) * member[..., None]
    result = rgba.copy()
    result[..., :3] = from_oklab(mixed)
    return result


def _main_colour(lab: Floats, alpha: Floats, person: bool) -> Floats:
    """Return 0 .. 1 for every pixel: how far it belongs to the drawing's main colour."""
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    hue = np.arctan2(lab[..., 2], lab[..., 1])
    weights = alpha * (lightness > 0.22)
    if person:
        skin = (np.abs(_turn(hue - SKIN_HUE)) < 0.3) & (chroma > 0.07) & (lightness > 0.6)
        if float((weights * ~skin).sum()) > 0.2 * float(weights.sum()):
            weights = weights * ~skin
    vivid = chroma > 0.035
    counts, edges = np.histogram(hue[vivid], bins=48, range=(-np.pi, np.pi), weights=weights[vivid])
    smooth = sum(np.roll(counts, shift) for shift in (-2, -1, 0, 1, 2))
    chosen = np.zeros_like(lightness)
    total, plain = float(weights.sum()) or 1.0, float((weights * ~vivid).sum())
    if counts.sum() > 0.3 * plain:
        for _ in range(3):
            centre = edges[int(np.argmax(smooth))] + np.pi / 48
            near = np.clip(1.7 - np.abs(_turn(hue - centre)) / 0.42, 0, 1)
            chosen = np.maximum(chosen, near * np.clip((chroma - 0.02) / 0.03, 0, 1))
            if float((chosen * weights).sum()) > 0.45 * total:
                break
            away = np.abs(_turn((edges[:-1] + np.pi / 48) - centre)) > 0.6
            smooth = smooth * away
            if smooth.max() < 0.08 * total:
                break
    if float((chosen * weights).sum()) < 0.4 * total:
        chosen = np.maximum(chosen, (~vivid) * np.clip((lightness - 0.2) / 0.1, 0, 1))
    return np.asarray(chosen * (weights > 0), np.float32)


def _turn(angle: Floats) -> Floats:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi, np.float32)

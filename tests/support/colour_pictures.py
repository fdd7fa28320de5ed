"""Pictures whose right colours are known: two regions with a border, line art, grey photographs."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

# Two hints in a picture of two regions, one on each side of a border.
RED, BLUE = (214, 60, 40), (50, 90, 200)
BORDERS = ("hard", "low contrast", "soft", "noise", "line", "gap in a line", "slope")


def two_regions(border: str) -> tuple[Image.Image, Image.Image, npt.NDArray[np.bool_]]:
    """Return a grey picture, its hints, and which pixels belong to the right region.

    320 x 240 px. The wavy border lies near the red hint in the narrow left region and far from the
    blue one at the right edge, so that colour which merely diffuses turns a good part of the right
    region red.
    """
    down, across = np.mgrid[:240, :320]
    distance = across - 90 - 15 * np.sin(down / 25)
    right = distance > 0
    noise = np.random.default_rng(0).normal(0, 1, right.shape)
    line = np.abs(distance) < 1.2
    light = {
        "hard": np.where(right, 150, 100),
        "low contrast": np.where(right, 112, 100) + 1.5 * noise,
        "soft": 100 + 50 / (1 + np.exp(-distance / 4)),
        "noise": np.where(right, 150, 100) + 8 * noise,
        "line": np.where(line, 30, 130),
        "gap in a line": np.where(line & (np.abs(down - 120) >= 3), 30, 130),
        "slope": np.where(right, 90, 60) + down / 2,
    }[border]
    picture = Image.fromarray(np.clip(np.rint(light), 0, 255).astype(np.uint8))
    hints = Image.new("RGBA", picture.size)
    hints.paste((*RED, 255), (40, 110, 50, 130))
    hints.paste((*BLUE, 255), (270, 110, 290, 130))
    return picture, hints, right


def leakage(result: Image.Image, right: npt.NDArray[np.bool_]) -> float:
    """Return the share (0 .. 1) of the right region that is rather red than blue."""
    rgb = np.asarray(result.convert("RGB")).astype(int)
    return float((rgb[..., 0] > rgb[..., 2])[right].mean())


def hints_from(picture: Image.Image, count: int, radius: int = 3, seed: int = 1) -> Image.Image:
    """Return ``count`` square dabs of a colour picture's own mean colours, at random places."""
    rgb, chance = np.asarray(picture.convert("RGB")), np.random.default_rng(seed)
    hints = np.zeros((picture.height, picture.width, 4), np.uint8)
    for _ in range(count):
        y = int(chance.integers(radius, picture.height - radius))
        x = int(chance.integers(radius, picture.width - radius))
        spot: Any = np.s_[y - radius : y + radius + 1, x - radius : x + radius + 1]
        hints[spot] = (*rgb[spot].reshape(-1, 3).mean(0).astype(int), 255)
    return Image.fromarray(hints)


def photograph(name: str, size: tuple[int, int] | None = None) -> Image.Image:
    """Return a photograph that scikit-image ships: astronaut, coffee, chelsea or rocket."""
    import skimage.data

    picture = Image.fromarray(getattr(skimage.data, name)()).convert("RGB")
    return picture.resize(size, Image.Resampling.LANCZOS) if size else picture


DRAWING = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" width="{width}">
<rect width="400" height="300" fill="#fff"/>
<g fill="#fff" stroke="#000" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">
<circle cx="330" cy="52" r="24"/>
<path d="M330 14v-8M330 98v-8M292 52h-8M376 52h-8M303 25l-6-6M363 85l-6-6M303 79l-6 6M363 19l-6 6"/>
<path d="M60 70c-16 0-20-20-4-24c0-18 28-22 34-6c14-8 30 6 22 18c10 2 8 12-2 12z"/>
<path d="M-9 190C60 140 110 150 150 178L200 320H-9z"/>
<path d="M120 199C210 130 300 130 409 176V320H60z"/>
<path d="M284 140v-40h14v52"/>
<path d="M214 231v-78h96v78z"/><path d="M202 160l60-54l60 54z"/>
<path d="M244 231v-40c0-14 28-14 28 0v40z"/><circle cx="265" cy="212" r="2"/>
<rect x="284" y="176" width="18" height="18"/><path d="M293 176v18M284 185h18"/>
<rect x="222" y="176" width="16" height="18"/><path d="M230 176v18M222 185h16"/>
<path d="M-9 240C90 214 160 226 230 232C290 222 350 222 409 236V320H-9z"/>
<path d="M80 198c4 24 2 54-6 72c14 8 40 8 52 0c-10-20-10-48-8-72z"/>
<path d="M40 196c0-50 100-56 112-2c-20 10-90 12-112 2z"/>
<circle cx="76" cy="176" r="9"/><circle cx="106" cy="168" r="8"/><circle cx="130" cy="184" r="7"/>
<path d="M166 262c2 12 0 20-2 26h22c-4-8-4-16-3-26z"/>
<path d="M150 262c0-24 44-26 48 0c-10 5-38 5-48 0z"/>
<path d="M345 230c2 10-2 24-1 34M345 258c-8-8-12-8-17-3M346 250c6-8 12-8 18-6" fill="none"/>
<path d="M346 218c-8-12-20-2-10 6c-12 4-4 16 6 10c4 10 16 4 10-6c12-2 8-14-6-10z"/>
<circle cx="345" cy="225" r="4"/>
</g></svg>"""

# (colour, points, width) in units of the drawing, 400 x 300; the cloud stays without a stroke.
STROKES: tuple[tuple[tuple[int, int, int], tuple[tuple[int, int], ...], int], ...] = (
    ((255, 209, 84), ((322, 52), (338, 54)), 6),
    ((158, 200, 235), ((150, 40), (235, 60), (270, 80)), 7),
    ((112, 166, 104), ((18, 205), (30, 198)), 6),
    ((142, 188, 106), ((176, 205), (196, 190)), 6),
    ((142, 188, 106), ((350, 185), (385, 192)), 6),
    ((176, 208, 112), ((24, 262), (54, 275)), 6),
    ((176, 208, 112), ((220, 262), (300, 272)), 6),
    ((246, 226, 190), ((222, 205), (236, 210)), 5),
    ((200, 84, 64), ((240, 142), (285, 145)), 6),
    ((150, 96, 78), ((289, 112), (292, 122)), 4),
    ((122, 84, 58), ((256, 198), (256, 222)), 5),
    *(((250, 222, 140), ((x, y), (x, y + 1)), 3) for x in (226, 234) for y in (180, 189)),
    *(((250, 222, 140), ((x, y), (x, y + 1)), 3) for x in (288, 297) for y in (180, 189)),
    ((212, 56, 52), ((58, 190), (90, 193), (94, 180)), 6),
    ((252, 242, 224), ((74, 175), (78, 178)), 5),
    ((252, 242, 224), ((104, 168), (108, 168)), 4),
    ((252, 242, 224), ((128, 184), (132, 184)), 4),
    ((238, 224, 196), ((96, 220), (98, 255)), 7),
    ((228, 146, 60), ((165, 255), (183, 256)), 5),
    ((238, 224, 196), ((174, 272), (175, 282)), 4),
    ((226, 128, 172), ((338, 220), (339, 229), (348, 233)), 3),
    ((255, 209, 84), ((345, 225), (345, 226)), 3),
    ((226, 128, 172), ((351, 219), (353, 222)), 2),
)


def line_art(width: int) -> tuple[Image.Image, Image.Image]:
    """Return a drawing in black lines on white (L, width x width * 3/4 px), and its hints."""
    import resvg_py

    data = resvg_py.svg_to_bytes(svg_string=DRAWING.format(width=width), skip_system_fonts=True)
    drawing = Image.open(io.BytesIO(bytes(data))).convert("L")
    hints, scale = Image.new("RGBA", drawing.size), width / 400
    brush = ImageDraw.Draw(hints)
    for colour, points, thick in STROKES:
        path = [(x * scale, y * scale) for x, y in points]
        brush.line(path, (*colour, 255), round(thick * scale), "curve")
        for x, y in path:
            r = thick * scale / 2
            brush.ellipse((x - r, y - r, x + r, y + r), (*colour, 255))
    return drawing, hints


def at(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """Return the colour at a point given in units of the drawing."""
    scale = picture.width / 400
    value = picture.convert("RGB").getpixel((round(x * scale), round(y * scale)))
    assert isinstance(value, tuple)
    return tuple(int(channel) for channel in value)

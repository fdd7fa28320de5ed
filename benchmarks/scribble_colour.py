"""How fast, how tight and how true Scribble colour is, also against two other methods.

    python -m benchmarks.scribble_colour [--sheet docs/colorize.png]

Seconds are processor time of one thread (other work on the machine does not count). Leakage is the
share of a region that takes the colour of the other one. Errors are mean CIEDE2000 between
photographs and what becomes of them when they are made grey and coloured from dabs of their own
colours; "grey" is the error of not colouring at all. ``--sheet`` draws the contact sheet instead.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.machine import report
from benchmarks.scribble_alternatives import domain_transform, levin
from studio.api.colouring.propagation import Propagator
from tests.support.colour_pictures import (
    BORDERS,
    hints_from,
    leakage,
    line_art,
    photograph,
    two_regions,
)

SIZES = ((1024, 768), (2048, 2048), (4096, 4096))
ROUNDS = 3
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
METHODS: dict[str, Callable[[Image.Image, Image.Image], Image.Image]] = {}

# Strokes on the photographs, px: each takes the mean colour of what lies under it.
STROKES: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "astronaut": (
        ((90, 330), (120, 280), (110, 440)), ((220, 340), (300, 260)), ((330, 300), (340, 340)),
        ((60, 460), (110, 470)), ((130, 40), (110, 120), (330, 60), (320, 160)),
        ((360, 70), (340, 240)), ((480, 60), (480, 220)), ((195, 60), (240, 50), (280, 80)),
        ((170, 90), (175, 110)), ((200, 110), (210, 150)), ((235, 120), (240, 150)),
        ((185, 120), (186, 130)), ((210, 147), (235, 146)), ((150, 200), (165, 240)),
        ((205, 205), (215, 230)), ((290, 230), (280, 260)), ((410, 20), (425, 110)),
        ((445, 60), (445, 180)), ((395, 110), (400, 220)), ((425, 180), (430, 260)),
        ((170, 370), (150, 385), (180, 400)), ((300, 352), (310, 365)), ((250, 340), (262, 460)),
        ((370, 420), (440, 470)), ((400, 352), (470, 400)), ((430, 300), (490, 320)),
        ((10, 30), (30, 90)), ((40, 130), (80, 210)), ((10, 170), (40, 240)), ((8, 250), (16, 320)),
        ((50, 100), (70, 160)), ((170, 480), (180, 495)), ((130, 495), (150, 500)),
        ((50, 290), (90, 250)), ((70, 330), (70, 400)), ((30, 430), (45, 490)),
    ),
    "coffee": (
        ((20, 20), (90, 20)), ((30, 150), (120, 90)), ((20, 330), (90, 360)),
        ((500, 330), (580, 250)),
        ((540, 60), (580, 120)), ((430, 20), (520, 40)), ((110, 160), (130, 280), (220, 350)),
        ((400, 340), (460, 230)), ((210, 180), (260, 210), (370, 200)), ((220, 275), (240, 290)),
        ((190, 110), (195, 60), (260, 30)), ((320, 30), (390, 80)), ((280, 60), (350, 70)),
        ((240, 145), (290, 160), (340, 140)), ((250, 115), (330, 115)), ((290, 185), (330, 175)),
        ((350, 290), (380, 300)), ((410, 80), (405, 120)),
    ),
    "chelsea": (
        ((60, 50), (120, 40)), ((210, 60), (260, 150)), ((280, 50), (320, 80)),
        ((90, 130), (110, 160)), ((60, 180), (110, 230), (160, 250)), ((150, 105), (155, 130)),
        ((195, 110), (190, 135)), ((304, 128), (305, 146)), ((172, 105), (172, 125)),
        ((333, 126), (331, 146)), ((255, 235), (270, 250)), ((350, 40), (370, 50)),
        ((240, 170), (280, 190)), ((400, 30), (430, 60)), ((400, 190), (430, 230)),
        ((390, 120), (440, 140)), ((10, 60), (20, 90)), ((20, 240), (30, 280)),
        ((70, 20), (75, 40)), ((130, 215), (170, 210)), ((100, 262), (150, 275)),
        ((200, 280), (270, 285)), ((320, 200), (330, 240)),
    ),
}  # fmt: skip


def main() -> None:
    """Measure and print, or draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sheet", type=Path, help="where to draw the contact sheet")
    if target := parser.parse_args().sheet:
        contact_sheet().save(target, optimize=True)
        return
    METHODS.update(
        {"scribble_colour": _ours, "levin_2004": levin, "domain_transform": domain_transform}
    )
    figures: dict[str, Any] = {f"{w}x{h}": _seconds(w, h) for w, h in SIZES}
    result = {
        "processor_seconds": figures,
        "line_art_processor_seconds": _line_art_seconds(),
        "wall_seconds_1024x768": _wall_seconds(),
        "leakage_percent": {border: _leakage(border) for border in BORDERS},
        "ciede2000": {f"{count}_dabs": _errors(count) for count in (40, 200)},
        "seconds_1024x768_by_method": _by_method(),
    }
    report("scribble_colour", result)


def _ours(picture: Image.Image, hints: Image.Image) -> Image.Image:
    propagator = Propagator()
    propagator.set_picture(picture)
    return propagator.update(hints)


def _seconds(width: int, height: int) -> dict[str, float]:
    """The median of each part: a new picture, its first look and result, the next stroke."""
    photo = photograph("coffee", (width, height))
    grey, hints = photo.convert("L"), hints_from(photo, 60, radius=width // 128)
    more = hints.copy()
    more.paste((200, 30, 60, 255), (100, 100, 160, 140))
    rounds = []
    for _ in range(ROUNDS):
        propagator, clock = Propagator(), _Clock()
        propagator.set_picture(grey)
        taken = {"picture": clock.lap()}
        for strokes, name in ((hints, "first"), (more, "next")):
            looks = propagator.steps(strokes)
            next(looks)
            taken[f"{name}_look"] = clock.lap()
            *_, last = looks
            taken[f"{name}_result"] = clock.lap()
            assert last.picture.size == grey.size
        propagator.update(hints)
        taken["result_without_look"] = clock.lap()
        rounds.append(taken)
    return {name: round(float(np.median([r[name] for r in rounds])), 3) for name in rounds[0]}


class _Clock:
    """Processor time since the last lap."""

    def __init__(self) -> None:
        self._then = time.process_time()

    def lap(self) -> float:
        now = time.process_time()
        taken, self._then = now - self._then, now
        return taken


def _line_art_seconds() -> dict[str, float]:
    drawing, hints = line_art(1024)
    clock, propagator = _Clock(), Propagator()
    propagator.set_picture(drawing)
    picture = clock.lap()
    propagator.update(hints)
    return {"picture": round(picture, 3), "result": round(clock.lap(), 3)}


def _wall_seconds() -> float:
    """The best of some rounds, picture and result together, as the clock on the wall has it."""
    photo = photograph("coffee", SIZES[0])
    grey, hints = photo.convert("L"), hints_from(photo, 60, radius=8)
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _ours(grey, hints)
        taken.append(time.perf_counter() - began)
    return round(min(taken), 2)


def _leakage(border: str) -> dict[str, float]:
    picture, hints, right = two_regions(border)
    return {
        name: round(100 * leakage(method(picture, hints), right), 2)
        for name, method in METHODS.items()
    }


def _errors(count: int) -> dict[str, float]:
    from skimage.color import deltaE_ciede2000, rgb2lab

    errors: dict[str, list[float]] = {name: [] for name in ("grey", *METHODS)}
    for name in PHOTOGRAPHS:
        photo = photograph(name)
        grey, hints = photo.convert("L"), hints_from(photo, count)
        wanted = rgb2lab(np.asarray(photo))
        results = {"grey": grey} | {m: method(grey, hints) for m, method in METHODS.items()}
        for method, result in results.items():
            found = rgb2lab(np.asarray(result.convert("RGB")))
            errors[method].append(float(np.mean(deltaE_ciede2000(found, wanted))))
    return {name: round(float(np.mean(values)), 2) for name, values in errors.items()}


def _by_method() -> dict[str, float]:
    photo = photograph("coffee", SIZES[0])
    grey, hints = photo.convert("L"), hints_from(photo, 60, radius=8)
    result = {}
    for name, method in METHODS.items():
        clock = _Clock()
        method(grey, hints)
        result[name] = round(clock.lap(), 2)
    return result


def strokes_on(name: str) -> Image.Image:
    """Return a photograph's painted hints: strokes in the mean colour of what they lie on."""
    photo = photograph(name)
    pixels, hints = np.asarray(photo), Image.new("RGBA", photo.size)
    for points in STROKES[name]:
        mask = Image.new("L", photo.size)
        ImageDraw.Draw(mask).line(points, 255, 7, "curve")
        colour = pixels[np.asarray(mask) > 0].mean(0)
        hints.paste((*(round(float(c)) for c in colour), 255), mask=mask)
    return hints


def contact_sheet(width: int = 264, gap: int = 8) -> Image.Image:
    """Rows of: the grey picture, the strokes on it, the result."""
    rows = [list(_row(name)) for name in STROKES]
    drawing, hints = line_art(880)
    rows.append([drawing, _laid_over(drawing, hints), _ours(drawing, hints)])
    size = (width, width * 3 // 4)
    sheet = Image.new("RGB", ((width + gap) * 3 - gap, (size[1] + gap) * len(rows) - gap), "white")
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            small = ImageOps.fit(picture.convert("RGB"), size, centering=(0.5, 0.1))
            sheet.paste(small, (column * (width + gap), row * (size[1] + gap)))
    return sheet


def _row(name: str) -> Iterator[Image.Image]:
    grey, hints = photograph(name).convert("L"), strokes_on(name)
    yield grey
    yield _laid_over(grey, hints)
    yield _ours(grey, hints)


def _laid_over(picture: Image.Image, hints: Image.Image) -> Image.Image:
    return Image.alpha_composite(picture.convert("RGBA"), hints)


if __name__ == "__main__":
    main()

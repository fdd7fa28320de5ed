"""Draws docs/patchmatch.png: six photographs, a hole in each, filled, and continued.

uv run python -m docs.draw_patchmatch_sheet
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from plugins.patchmatch.filling import Progress, continue_picture, fill_hole
from studio.api.requests import Inpaint, ModelRef, PictureRef, Uncrop
from tests.support.seams import photograph

TARGET = Path(__file__).parent / "patchmatch.png"
ROW, GAP = 150, 6  # px
HOLE = (255, 0, 255)
# What is taken away, as polygons in px of the photograph: a badge, a spoon, whiskers and spots, a
# rocket, the leg of a tripod, a vein.
HOLES: dict[str, list[tuple[int, int]]] = {
    "astronaut": [(120, 360), (164, 338), (210, 358), (214, 412), (166, 440), (118, 416)],
    "coffee": [(318, 238), (345, 226), (405, 232), (415, 300), (372, 338), (318, 312)],
    "cat": [(150, 190), (245, 182), (250, 225), (205, 255), (150, 240)],
    "rocket": [(290, 105), (355, 105), (365, 345), (285, 345)],
    "camera": [(312, 235), (334, 230), (382, 492), (354, 494)],
    "retina": [(500, 560), (1000, 480), (1020, 640), (520, 720)],
}


class _Silent:
    """Takes what filling reports."""

    def check_cancelled(self) -> None:
        pass

    def progress(self, step: int, steps: int, phase: str = "") -> None:
        pass

    def wants_preview(self) -> bool:
        return False


def main() -> None:
    """Draw the sheet."""
    rows = [_row(name, corners) for name, corners in HOLES.items()]
    width = max(sum(picture.width + GAP for picture in row) for row in rows) - GAP
    sheet = Image.new("RGB", (width, len(rows) * (ROW + GAP) - GAP), "white")
    for index, row in enumerate(rows):
        left = 0
        for picture in row:
            sheet.paste(picture, (left, index * (ROW + GAP)))
            left += picture.width + GAP
    sheet.save(TARGET, optimize=True)


def _row(name: str, corners: list[tuple[int, int]]) -> list[Image.Image]:
    picture = Image.fromarray(photograph(name))
    mask = Image.new("L", picture.size)
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    hole = picture.copy()
    hole.paste(HOLE, mask=mask)
    model = ModelRef(id="patchmatch")
    reference = PictureRef(sha256="0" * 64, width=picture.width, height=picture.height)
    silent: Any = _Silent()
    filling = Inpaint(model=model, picture=reference, mask=reference)
    filled = fill_hole(picture, mask, filling, 1, Progress(silent, 0, 1)).whole
    margin = picture.width // 5
    widening = Uncrop(model=model, picture=reference, left=margin, right=margin)
    wide = continue_picture(picture, widening, 1, Progress(silent, 0, 1)).whole
    return [_scaled(each) for each in (picture, hole, filled, wide)]


def _scaled(picture: Image.Image) -> Image.Image:
    size = (round(picture.width * ROW / picture.height), ROW)
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()

"""A pen that draws flat shapes in a subject's own unit box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageDraw

from studio.training.starter_image.palette import Colour, Shades

Point = tuple[float, float]


@dataclass(frozen=True)
class Pen:
    """Maps box coordinates to pixels, so that every subject is drawn once and fits any place.

    The box runs from (0, 0) at the top left to (1, 1) at the bottom right; ``left``, ``top`` and
    ``size`` are pixels of the (supersampled) canvas.
    """

    draw: ImageDraw.ImageDraw
    left: float
    top: float
    size: float
    tones: Shades

    def _place(self, point: Point) -> Point:
        return self.left + point[0] * self.size, self.top + point[1] * self.size

    @property
    def line_width(self) -> int:
        """Outline width in pixels."""
        return max(1, round(self.size * 0.018))

    def polygon(self, points: Sequence[Point], fill: Colour, outline: Colour | None = None) -> None:
        """Fill a polygon; ``outline`` defaults to the subject's line colour."""
        placed = [self._place(point) for point in points]
        self.draw.polygon(placed, fill=fill)
        self.draw.line(
            [*placed, placed[0], placed[1]],
            fill=outline or self.tones.line,
            width=self.line_width,
            joint="curve",
        )

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: Colour, outline: Colour | None = None
    ) -> None:
        """Fill an ellipse of centre (x, y) and radii (rx, ry)."""
        centre_x, centre_y = self._place((x, y))
        half_width, half_height = rx * self.size, ry * self.size
        self.draw.ellipse(
            (
                centre_x - half_width,
                centre_y - half_height,
                centre_x + half_width,
                centre_y + half_height,
            ),
            fill=fill,
            outline=outline or self.tones.line,
            width=self.line_width,
        )

    def spot(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """Fill a round spot that has no outline of its own."""
        self.ellipse(x, y, radius, radius, fill, outline=fill)

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        fill: Colour,
        radius: float = 0.0,
        outline: Colour | None = None,
    ) -> None:
        """Fill a rectangle, with rounded corners where ``radius`` (box units) is given."""
        first, second = self._place((x0, y0)), self._place((x1, y1))
        self.draw.rounded_rectangle(
            (
                min(first[0], second[0]),
                first[1],
                max(first[0], second[0]),
                second[1],
            ),
            radius=radius * self.size,
            fill=fill,
            outline=outline or self.tones.line,
            width=self.line_width,
        )

    def line(self, points: Sequence[Point], fill: Colour, width: float = 0.03) -> None:
        """Draw an open line; ``width`` is in box units."""
        self.draw.line(
            [self._place(point) for point in points],
            fill=fill,
            width=max(1, round(width * self.size)),
            joint="curve",
        )

    def half_disc(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """Fill the upper half of an ellipse whose flat side lies at ``y``."""
        self.polygon(arc(x, y, rx, ry, 180, 360), fill)


def arc(
    x: float, y: float, rx: float, ry: float, start: float, end: float, steps: int = 24
) -> list[Point]:
    """Return points on an ellipse; angles in degrees, clockwise from the right as pictures go."""
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def star_points(x: float, y: float, outer: float, inner: float, tips: int) -> list[Point]:
    """Return the corners of a star with ``tips`` tips, the first one straight up."""
    points: list[Point] = []
    for index in range(tips * 2):
        radius = outer if index % 2 == 0 else inner
        angle = math.pi * index / tips - math.pi / 2
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return points

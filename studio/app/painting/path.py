"""From the hand's samples to dabs: smoothing, curves between samples, spacing, pressure, tilt."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from studio.app.painting.brush import Brush, Dab, Sample

_CHORD = 2.0  # px: curves are cut into pieces of about this length
_MOST_PIECES = 256
_STEEPEST = 60.0  # degrees of tilt at which the tip is narrowest
_NARROWEST = 0.35  # roundness there
_THINNEST = 0.05  # share of the size that no pressure leaves


class StrokePath:
    """Places dabs along a smooth line through the samples.

    Between two samples runs a cubic with the tangents of Catmull and Rom ("A class of local
    interpolating splines", 1974), one-sided at the newest sample, so that nothing lags behind but
    what ``smoothing`` asks for. Smoothing draws the line towards the hand by a part of the way.
    """

    def __init__(self, brush: Brush) -> None:
        self._brush = brush
        self._hand: Sample | None = None
        self._points: list[Sample] = []
        self._left = 0.0  # way in px until the next dab

    def begin(self, sample: Sample) -> list[Dab]:
        """Begin with one dab."""
        self._hand = sample
        self._points = [sample]
        dab = self._dab(sample)
        self._left = self._step(dab.size)
        return [dab]

    def move(self, sample: Sample) -> list[Dab]:
        """Go on to a sample; return the dabs on the way."""
        self._hand = sample
        last = self._points[-1]
        share = 1.0 - self._brush.smoothing
        drawn = Sample(*(a + (b - a) * share for a, b in zip(last, sample, strict=True)))
        return self._advance(drawn)

    def finish(self) -> list[Dab]:
        """Catch up with the hand."""
        if self._hand is None or self._brush.smoothing <= 0:
            return []
        return self._advance(self._hand)

    def line_to(self, sample: Sample) -> list[Dab]:
        """Go straight to a sample."""
        self._points = self._points[-1:]
        self._hand = sample
        dabs = self._advance(sample)
        self._points = self._points[-1:]
        return dabs

    def _advance(self, target: Sample) -> list[Dab]:
        start = self._points[-1]
        if math.hypot(target.x - start.x, target.y - start.y) < 1e-3:
            return []
        dabs = list(self._along(_curve([*self._points, target])))
        self._points = [start, target]
        return dabs

    def _along(self, pieces: list[Sample]) -> Iterator[Dab]:
        for a, b in itertools.pairwise(pieces):
            length = math.hypot(b.x - a.x, b.y - a.y)
            gone = 0.0
            direction = math.degrees(math.atan2(b.y - a.y, b.x - a.x))
            while length - gone >= self._left:
                gone += self._left
                share = gone / length if length else 1.0
                between = Sample(*(p + (q - p) * share for p, q in zip(a, b, strict=True)))
                dab = self._dab(between, direction)
                self._left = self._step(dab.size)
                yield dab
            self._left -= length - gone

    def _step(self, size: float) -> float:
        return max(self._brush.spacing * size, 0.5)

    def _dab(self, sample: Sample, direction: float = 0.0) -> Dab:
        brush = self._brush
        pressure = min(max(sample.pressure, 0.0), 1.0)
        size = brush.size
        if brush.pressure_size:
            size *= max(pressure, _THINNEST)
        flow = brush.flow * (pressure if brush.pressure_flow else 1.0)
        roundness, angle = 1.0, direction
        tilt = math.hypot(sample.tilt_x, sample.tilt_y)
        if brush.tilt_shape and tilt > 1:
            roundness = 1.0 - (1.0 - _NARROWEST) * min(tilt / _STEEPEST, 1.0)
            angle = math.degrees(math.atan2(sample.tilt_y, sample.tilt_x))
        return Dab(sample.x, sample.y, max(size, 0.5), flow, roundness, angle)


def _curve(points: list[Sample]) -> list[Sample]:
    """Return samples along the curve from the last but one point to the last."""
    start, end = points[-2], points[-1]
    length = math.hypot(end.x - start.x, end.y - start.y)
    if len(points) < 3:
        return [start, end]
    before = points[-3]
    pieces = min(max(math.ceil(length / _CHORD), 1), _MOST_PIECES)
    tangent_x, tangent_y = (end.x - before.x) / 2, (end.y - before.y) / 2
    # A long step after short ones must not overshoot: the tangent is not longer than the step.
    long = math.hypot(tangent_x, tangent_y)
    if long > length:
        tangent_x, tangent_y = tangent_x * length / long, tangent_y * length / long
    out = [start]
    for piece in range(1, pieces):
        t = piece / pieces
        h1, h2 = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
        h3, h4 = 3 * t**2 - 2 * t**3, t**3 - t**2
        x = h1 * start.x + h2 * tangent_x + h3 * end.x + h4 * (end.x - start.x)
        y = h1 * start.y + h2 * tangent_y + h3 * end.y + h4 * (end.y - start.y)
        rest = (a + (b - a) * t for a, b in zip(start[2:], end[2:], strict=True))
        out.append(Sample(x, y, *rest))
    out.append(end)
    return out

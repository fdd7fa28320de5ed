"""Symmetry: every dab again, mirrored at the middle of the canvas or turned around it."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from studio.app.painting.brush import Dab


class Symmetry(msgspec.Struct, frozen=True, kw_only=True):
    """Mirror axes through (x, y) in document px, and a number of turns around it."""

    x: float = 0.0
    y: float = 0.0
    across: bool = False  # left and right
    along: bool = False  # above and below
    turns: int = 1

    def copies(self, dab: Dab) -> Iterable[Dab]:
        """Return the dab and its images."""
        dabs = [dab]
        if self.across:
            dabs += [one._replace(x=2 * self.x - one.x, angle=-one.angle) for one in dabs]
        if self.along:
            dabs += [one._replace(y=2 * self.y - one.y, angle=-one.angle) for one in dabs]
        if self.turns > 1:
            dabs = [self._turned(one, turn) for one in dabs for turn in range(self.turns)]
        return dabs

    def _turned(self, dab: Dab, turn: int) -> Dab:
        angle = 2 * math.pi * turn / self.turns
        dx, dy = dab.x - self.x, dab.y - self.y
        return dab._replace(
            x=self.x + dx * math.cos(angle) - dy * math.sin(angle),
            y=self.y + dx * math.sin(angle) + dy * math.cos(angle),
            angle=dab.angle + math.degrees(angle),
        )

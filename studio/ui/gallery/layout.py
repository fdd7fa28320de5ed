"""Where the cards lie: rows of equal cards below a heading for every day. Arithmetic, no Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date

import msgspec

MARGIN = 16  # px around all cards
GAP = 12  # px between cards
SMALLEST_CARD = 156  # px; cards grow to fill the line
CAPTION = 44  # px below the picture
HEADING = 40  # px


class Section(msgspec.Struct, frozen=True):
    """The cards of one day: rows ``first`` up to, not including, ``last``; ``top`` of its heading
    in px from the top of the content."""

    day: date
    first: int
    last: int
    top: int


class CardLayout:
    """Places any number of cards in the width there is.

    Finding a card by position or a position by card takes a search over the days only, so it
    costs the same with ten cards and with ten thousand.
    """

    def __init__(self, days: Sequence[date], width: int) -> None:
        inner = max(1, width - 2 * MARGIN)
        self.columns = max(1, (inner + GAP) // (SMALLEST_CARD + GAP))
        self.card_width = max(48, (inner - GAP * (self.columns - 1)) // self.columns)
        self.card_height = self.card_width + CAPTION
        self.sections: list[Section] = []
        top, first = 0, 0
        while first < len(days):
            last = self._end_of_day(days, first)
            self.sections.append(Section(days[first], first, last, top))
            top += HEADING + self._lines(last - first) * (self.card_height + GAP)
            first = last
        self.height = top + MARGIN
        self._firsts = [section.first for section in self.sections]
        self._tops = [section.top for section in self.sections]

    def rect(self, row: int) -> tuple[int, int, int, int]:
        """Return left, top, width and height of a card, in px of the content."""
        section = self.sections[bisect_right(self._firsts, row) - 1]
        line, column = divmod(row - section.first, self.columns)
        left = MARGIN + column * (self.card_width + GAP)
        top = section.top + HEADING + line * (self.card_height + GAP)
        return left, top, self.card_width, self.card_height

    def row_at(self, x: int, y: int) -> int | None:
        """Return the card at a place of the content, or None between cards."""
        for row in self.rows_between(y, y + 1):
            left, top, width, height = self.rect(row)
            if left <= x < left + width and top <= y < top + height:
                return row
        return None

    def rows_between(self, top: int, bottom: int) -> list[int]:
        """Return the cards of every line that touches the band from ``top`` to ``bottom``."""
        rows: list[int] = []
        start = max(0, bisect_right(self._tops, top) - 1)
        pitch = self.card_height + GAP
        for section in self.sections[start:]:
            if section.top >= bottom:
                break
            cards_top = section.top + HEADING
            first_line = max(0, (top - cards_top) // pitch)
            last_line = max(0, (bottom - cards_top + pitch - 1) // pitch)
            first = section.first + first_line * self.columns
            last = min(section.last, section.first + last_line * self.columns)
            rows.extend(range(first, last))
        return rows

    def row_beside(self, row: int, lines: int) -> int:
        """Return the card ``lines`` lines further down (up when negative), nearest in column.

        Lines go on across the days; at the ends it stays in the first or last line.
        """
        step = 1 if lines > 0 else -1
        for _ in range(abs(lines)):
            row = self._one_line(row, step)
        return row

    def _one_line(self, row: int, step: int) -> int:
        at = bisect_right(self._firsts, row) - 1
        section = self.sections[at]
        line, column = divmod(row - section.first, self.columns)
        line += step
        if 0 <= line < self._lines(section.last - section.first):
            return min(section.first + line * self.columns + column, section.last - 1)
        if not 0 <= at + step < len(self.sections):
            return row
        section = self.sections[at + step]
        line = 0 if step > 0 else self._lines(section.last - section.first) - 1
        return min(section.first + line * self.columns + column, section.last - 1)

    def _lines(self, cards: int) -> int:
        return -(-cards // self.columns)

    @staticmethod
    def _end_of_day(days: Sequence[date], first: int) -> int:
        day, last = days[first], first
        while last < len(days) and days[last] == day:
            last += 1
        return last

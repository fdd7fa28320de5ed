"""Where the cards lie: in order, apart, and found again by their place, at any width."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from studio.ui.gallery.layout import CardLayout

TODAY = date(2026, 3, 1)


def layout(counts: list[int], width: int) -> CardLayout:
    days = [TODAY - timedelta(days=day) for day, count in enumerate(counts) for _ in range(count)]
    return CardLayout(days, width)


@pytest.mark.parametrize("width", [200, 560, 1040, 2500])
def test_every_card_is_found_at_its_place_and_none_between(width: int) -> None:
    cards = layout([7, 1, 30], width)
    places = [cards.rect(row) for row in range(38)]
    for row, (left, top, wide, high) in enumerate(places):
        assert left >= 0
        assert left + wide <= width
        assert cards.row_at(left, top) == row
        assert cards.row_at(left + wide - 1, top + high - 1) == row
        assert cards.row_at(left - 1, top) is None
    assert len(set(places)) == 38
    assert all(top + high <= cards.height for _, top, _, high in places)


def test_a_new_day_begins_below_its_heading() -> None:
    cards = layout([7, 1, 30], 1040)
    for section in cards.sections:
        assert cards.rect(section.first)[1] > section.top
    assert [section.last - section.first for section in cards.sections] == [7, 1, 30]


def test_a_band_of_the_page_holds_the_lines_that_it_touches() -> None:
    cards = layout([4000, 6000], 1040)
    top = cards.rect(5000)[1]
    rows = cards.rows_between(top, top + 1)
    assert 5000 in rows
    assert len(rows) <= cards.columns
    assert cards.rows_between(0, cards.height) == list(range(10_000))


def test_up_and_down_go_across_the_days_and_stop_at_the_ends() -> None:
    cards = layout([7, 1, 30], 1040)
    wide = cards.columns
    assert cards.row_beside(0, 1) == min(wide, 6)
    assert cards.row_beside(6, 1) == 7
    assert cards.row_beside(7, 1) == 8
    assert cards.row_beside(8 + wide, -1) == 8
    assert cards.row_beside(2, -1) == 2
    assert cards.row_beside(37, 5) == 37


def test_no_cards_need_no_room_but_a_margin() -> None:
    assert layout([], 1040).rows_between(0, 10_000) == []
    assert layout([], 1040).height < 100

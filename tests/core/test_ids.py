"""Ids sort by the time they were made, and seeds fit every program."""

from __future__ import annotations

import re
import time

import pytest

from studio.core.ids import new_id, new_seed


def test_ids_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # One a millisecond, over a change in the number of digits of the clock.
    start = 0xFFFFFFFFFE * 1_000_000
    moments = iter(range(start, start + 50_000_000, 1_000_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(moments))
    ids = [new_id() for _ in range(50)]
    assert ids == sorted(ids)


def test_ids_of_now_come_after_ids_of_then() -> None:
    before = time.time_ns() // 1_000_000
    identifier = new_id()
    after = time.time_ns() // 1_000_000
    assert before <= int(identifier[:12], 16) <= after


def test_ids_are_26_digits_and_never_the_same() -> None:
    ids = [new_id() for _ in range(5_000)]
    assert all(re.fullmatch(r"[0-9a-f]{26}", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_seeds_are_within_what_other_programs_accept() -> None:
    seeds = [new_seed() for _ in range(2_000)]
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert len(set(seeds)) > 1_990
    assert max(seeds) > 2**31

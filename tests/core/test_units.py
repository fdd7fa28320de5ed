"""Bytes in words: binary units, rounded down, as on the boxes of graphics cards."""

from __future__ import annotations

import pytest

from studio.core.units import GB, MB, format_bytes, format_share


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (4999, "4 KB"),
        (MB, "1 MB"),
        (1.56 * MB, "1.5 MB"),
        (60 * MB, "60 MB"),
        (1023 * MB, "1023 MB"),
        (GB, "1 GB"),
        (6.19 * GB, "6.1 GB"),
        (8 * GB, "8 GB"),
        (10.9 * GB, "10 GB"),
        (-2 * GB, "-2 GB"),
        # The classic table: parameters x 4 and x 2 bytes.
        (8.3e9 * 4, "30 GB"),
        (8.3e9 * 2, "15 GB"),
        (175e9 * 4, "651 GB"),
        (175e9 * 2, "325 GB"),
    ],
)
def test_bytes_are_written_as_people_know_them(count: float, words: str) -> None:
    assert format_bytes(count) == words


@pytest.mark.parametrize(
    ("used", "total", "words"),
    [
        (6.05 * GB, 8 * GB, "6.1 of 8 GB"),
        (0.18 * GB, 21.4 * GB, "0.2 of 21 GB"),
        (1, 21 * GB, "0.1 of 21 GB"),
        (0, 21 * GB, "0 of 21 GB"),
        (11.2 * GB, 12 * GB, "12 of 12 GB"),
        (8 * GB, 8 * GB, "8 of 8 GB"),
        (100 * MB, 512 * MB, "100 of 512 MB"),
    ],
)
def test_a_share_never_promises_more_than_there_is(used: float, total: float, words: str) -> None:
    assert format_share(used, total) == words

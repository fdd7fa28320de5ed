"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """Return 26 hexadecimal digits: 12 for milliseconds since 1970, 14 at random.

    Sorting such ids as text sorts them by creation, to the millisecond (the idea of UUID
    version 7, RFC 9562).
    """
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(7).hex()}"


def new_seed() -> int:
    """Return a random seed in 0 .. 2**32 - 1, the range that other programs accept too."""
    return int.from_bytes(os.urandom(4), "big")

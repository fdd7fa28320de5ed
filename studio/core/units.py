"""Numbers of bytes in words, the same way everywhere.

Memory is counted in binary units and written as artists know it from the boxes of their cards:
1 GB here is 2**30 bytes (GiB), 1 MB is 2**20. Amounts are rounded down, so 8.3 billion parameters
read "30 GB" in full precision and "15 GB" in half, the figures of the classic tables.
"""

from __future__ import annotations

import math

KB = 2**10
MB = 2**20
GB = 2**30

# Floating-point noise that rounding up must not turn into another tenth.
_ROUNDING = 1e-9

_UNITS = ((GB, "GB"), (MB, "MB"), (KB, "KB"))


def format_bytes(count: int | float) -> str:
    """Return ``count`` bytes in the largest fitting unit: "6.1 GB", "512 MB", "3 KB", "17 bytes".

    Rounded down: to a tenth below ten MB or GB, to whole units from there on.
    """
    sign, size = ("-", -count) if count < 0 else ("", count)
    for unit, name in _UNITS:
        if size >= unit:
            return f"{sign}{_short(size / unit, tenths=unit >= MB)} {name}"
    return f"{sign}{int(size)} {'byte' if int(size) == 1 else 'bytes'}"


def format_share(used: int | float, total: int | float) -> str:
    """Return "6.1 of 8 GB": two byte counts in GB, or in MB where the total is below 1 GB.

    What is used is rounded up and what there is is rounded down, so the line never promises more
    than there is.
    """
    unit, name = (GB, "GB") if total >= GB else (MB, "MB")
    scale = 10 if used < 10 * unit else 1
    shown = math.ceil(used / unit * scale - _ROUNDING) / scale
    return f"{_short(shown)} of {_short(total / unit)} {name}"


def _short(number: float, *, tenths: bool = True) -> str:
    scale = 10 if tenths and number < 10 else 1
    return f"{math.floor(round(number * scale, 6)) / scale:.1f}".removesuffix(".0")

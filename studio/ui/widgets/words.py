"""Numbers in the artist's words: gigabytes and durations."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

GIGABYTE = 1e9


def gigabytes(count: int) -> str:
    """Return bytes as gigabytes with one decimal, such as "6.0", without the unit."""
    return f"{count / GIGABYTE:.1f}"


def duration(seconds: float) -> str:
    """Return a duration of any length in its two largest units, such as "9 s" or "2 min 10 s"."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _say("{seconds} s").format(seconds=whole)
    if whole < 3600:
        return _say("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=whole % 60)
    return _say("{hours} h {minutes} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)


def _say(text: str) -> str:
    return QCoreApplication.translate("words", text)

"""Numbers in the artist's words: durations."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


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

"""The margins that Uncrop will add: one value, shown by the inspector and dragged on the canvas."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

MOST = 4096  # px a side, as the request allows


class Margins(NamedTuple):
    """What is added on each side, in px of the document."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


class MarginState(QObject):
    """Holds the margins; ``changed`` comes when they are others."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = Margins()

    def set(self, margins: Margins) -> None:
        """Take other margins over, each from 0 to the most that is possible."""
        limited = Margins(*(min(max(0, side), MOST) for side in margins))
        if limited != self.now:
            self.now = limited
            self.changed.emit()

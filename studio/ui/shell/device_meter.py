"""How full the device's memory is, and with what."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.units import format_bytes, format_share
from studio.ui.theme import current_tokens


class Segment(msgspec.Struct, frozen=True):
    """One part of the memory in use; ``colour`` is an index into the theme's series, -1 is grey."""

    title: str
    size_bytes: int
    colour: int


class DeviceMeter(QWidget):
    """A bar of 150 px: one coloured part for each model in memory, grey for what else is used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._segments: tuple[Segment, ...] = ()
        self._budget = 1
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(150, 18)

    def set_memory(self, segments: Sequence[Segment], budget_bytes: int) -> None:
        """Show what is in memory.

        Args:
            segments: the parts, first at the left.
            budget_bytes: the length of the whole bar.
        """
        self._segments = tuple(part for part in segments if part.size_bytes > 0)
        self._budget = max(1, budget_bytes)
        used = sum(part.size_bytes for part in self._segments)
        self.setAccessibleName(
            self.tr("Memory: {share}").format(share=format_share(used, budget_bytes))
        )
        self.update()

    def segments(self) -> tuple[Segment, ...]:
        """Return the parts that are shown."""
        return self._segments

    def segment_at(self, x: float) -> Segment | None:
        """Return the part under the horizontal position ``x`` in px."""
        for part, (left, right) in zip(self._segments, self._edges(), strict=True):
            if left <= x < right:
                return part
        return None

    def sizeHint(self) -> QSize:
        return QSize(150, 18)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            part = self.segment_at(event.pos().x())
            text = f"{part.title}: {format_bytes(part.size_bytes)}" if part else self.toolTip()
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _edges(self) -> list[tuple[float, float]]:
        """Left and right edge of each part in px; together never more than the bar."""
        total = max(self._budget, sum(part.size_bytes for part in self._segments))
        edges, left = [], 0.0
        for part in self._segments:
            right = left + part.size_bytes / total * self.width()
            edges.append((left, right))
            left = right
        return edges

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, self.height() / 2 - 3, self.width(), 6)
        shape = QPainterPath()
        shape.addRoundedRect(bar, 3, 3)
        painter.setClipPath(shape)
        painter.fillRect(bar, QColor(tokens.track))
        painter.setPen(Qt.PenStyle.NoPen)
        for part, (left, right) in zip(self._segments, self._edges(), strict=True):
            name = (
                tokens.text_faint
                if part.colour < 0
                else tokens.series[part.colour % len(tokens.series)]
            )
            painter.fillRect(QRectF(left, bar.top(), right - left, bar.height()), QColor(name))
        painter.end()

"""Memory bars: what a model's weights take in each precision, against this machine's budget."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.units import format_bytes
from studio.ui.models.fit import MemoryNeeds
from studio.ui.theme import TYPE, body_font, current_tokens, events

_LINE = 29  # px
_NAME = 50  # px
_FIGURE = 62  # px
# The budget ends in the middle, so that what is twice too large still differs from what is more.
_BUDGETS_SHOWN = 2


class MemoryBars(QWidget):
    """One bar for full precision and one for half: orange fits the budget, grey does not.

    The tick marks the budget.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._needs = MemoryNeeds(0, 0)
        self._budget = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        events.changed.connect(self.update)

    def set_needs(self, needs: MemoryNeeds, budget_bytes: int) -> None:
        """Show other figures."""
        self._needs, self._budget = needs, max(1, budget_bytes)
        told = self.tr("Needs {0} in full precision, {1} in half; {2} may be used.").format(
            format_bytes(needs.full), format_bytes(needs.half), format_bytes(budget_bytes)
        )
        self.setAccessibleName(told)
        self.setToolTip(told)
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines; any width."""
        return QSize(200, 2 * _LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint name, bar and figure of each precision."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(body_font(TYPE[0]))
        lines = ((self.tr("full"), self._needs.full), (self.tr("half"), self._needs.half))
        for number, (name, count) in enumerate(lines):
            self._paint_line(painter, number * _LINE, name, count)

    def _paint_line(self, painter: QPainter, top: int, name: str, count: int) -> None:
        tokens = current_tokens()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.text_soft))
        painter.drawText(QRectF(0, top, _NAME, _LINE), middle | Qt.AlignmentFlag.AlignLeft, name)
        figure = QRectF(self.width() - _FIGURE, top, _FIGURE, _LINE)
        figures = format_bytes(count) if count else "-"
        painter.drawText(figure, middle | Qt.AlignmentFlag.AlignRight, figures)
        length = max(8.0, self.width() - _NAME - _FIGURE - 8)
        bar = QRectF(_NAME, top + _LINE / 2 - 3, length, 6)
        rounded = QPainterPath()
        rounded.addRoundedRect(bar, 3, 3)
        painter.fillPath(rounded, QColor(tokens.track))
        share = min(1.0, count / (self._budget * _BUDGETS_SHOWN))
        painter.save()
        painter.setClipPath(rounded)
        colour = tokens.accent if count <= self._budget else tokens.text_faint
        filled = QRectF(bar.left(), bar.top(), bar.width() * share, bar.height())
        painter.fillRect(filled, QColor(colour))
        painter.restore()
        tick = QRectF(bar.left() + bar.width() / _BUDGETS_SHOWN, bar.top() - 2, 1, 10)
        painter.fillRect(tick, QColor(tokens.text_faint))

"""What will happen when the button is pressed, in at most two lines, with a dot for its mood."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QTextLayout
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.theme import SPACING, TYPE, body_font, current_tokens
from studio.ui.widgets import Dot


class TwoLines(QWidget):
    """Text in at most two lines of constant height; what does not fit is elided and in the tooltip.

    Short text stays on one line and leaves the second one empty, so that nothing moves.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._colour = "text_soft"
        self.setFont(body_font(TYPE[0]))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """Return the whole text."""
        return self._text

    def set_text(self, text: str, colour: str = "text_soft") -> None:
        """Show ``text`` in the colour token ``colour``.

        A line break in it is kept where the part before it fits on the first line.
        """
        self._text = text.strip()
        self._colour = colour
        self.setAccessibleName(" ".join(self._text.split()))
        self.setToolTip(self._text if self._lines()[2] else "")
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setToolTip(self._text if self._lines()[2] else "")

    def sizeHint(self) -> QSize:
        return QSize(160, 2 * self._line_height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _line_height(self) -> int:
        return self.fontMetrics().height() + 2

    def _lines(self) -> tuple[str, str, str]:
        """Return the first line, the second one (elided), and what the elision left out."""
        before, _, after = self._text.partition("\n")
        metrics, room = self.fontMetrics(), self.width()
        if after and metrics.horizontalAdvance(before) <= room:
            second = metrics.elidedText(after, Qt.TextElideMode.ElideRight, room)
            return before, second, after if second != after else ""
        text = " ".join(self._text.split())
        layout = QTextLayout(text, self.font())
        layout.beginLayout()
        line = layout.createLine()
        if not line.isValid():
            return "", "", ""
        line.setLineWidth(max(1, room))
        length = line.textLength()
        layout.endLayout()
        first, rest = text[:length], text[length:]
        second = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room)
        return first.rstrip(), second, rest if second != rest else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QColor(getattr(current_tokens(), self._colour)))
        baseline = self.fontMetrics().ascent() + 1
        for number, line in enumerate(self._lines()[:2]):
            painter.drawText(QPointF(0, baseline + number * self._line_height()), line)
        painter.end()


class PlanLine(QWidget):
    """The dot and the two lines above the Generate button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot = Dot("text_faint")
        self._lines = TwoLines()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        column = QVBoxLayout()
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self._dot)
        column.addStretch(1)
        layout.addLayout(column)
        layout.addWidget(self._lines, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_plan(self, text: str, dot: str = "good") -> None:
        """Say how the next run will go; ``dot`` is a colour token."""
        self._dot.set_colour(dot)
        self._lines.set_text(text)

    def show_error(self, text: str) -> None:
        """Say why the next run cannot go, and what helps."""
        self._dot.set_colour("bad")
        self._lines.set_text(text, "text")

    def text(self) -> str:
        """Return what is said."""
        return self._lines.text()

    def dot_colour(self) -> str:
        """Return the colour token of the dot."""
        return self._dot.colour()

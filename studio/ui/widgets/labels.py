"""Labels that never push their neighbours around, and the coloured dot beside a state."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from studio.ui.theme import current_tokens


def set_role(widget: QWidget, role: str, **properties: str) -> None:
    """Give a widget its role (and further properties) of the style sheet, at any time."""
    changed = widget.property("role") != role
    widget.setProperty("role", role)
    for name, value in properties.items():
        changed = changed or widget.property(name) != value
        widget.setProperty(name, value)
    # What was never polished takes the new role when it is, right before it is first shown.
    if changed and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class ElidedLabel(QLabel):
    """One line of text that ends in "..." where there is no room, so that text cannot move things.

    The whole text is in the tooltip while it is cut, and always in the accessible name.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "text",
        parent: QWidget | None = None,
        *,
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(parent)
        self._full = ""
        self._mode = mode
        self._own_tooltip = ""
        self._elided_font = self.font()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show ``text``; line breaks become spaces."""
        self._full = " ".join(text.split())
        self.setAccessibleName(self._full)
        self._elide()
        self.updateGeometry()

    def full_text(self) -> str:
        """Return the text without elision."""
        return self._full

    def set_role(self, role: str) -> None:
        """Change the role of the style sheet, such as ``"faint"``."""
        set_role(self, role)
        self._elide()

    def setToolTip(self, text: str) -> None:
        """Show this tooltip instead of the cut text."""
        self._own_tooltip = text
        self._elide()

    def sizeHint(self) -> QSize:
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self._full) + 2
        return QSize(
            width + margins.left() + margins.right(),
            self.fontMetrics().height() + margins.top() + margins.bottom(),
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(min(self.sizeHint().width(), 24), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.font() != self._elided_font:
            self.updateGeometry()
            self._elide()

    def _elide(self) -> None:
        self._elided_font = self.font()
        room = self.contentsRect().width()
        shown = self.fontMetrics().elidedText(self._full, self._mode, max(room, 0))
        if self.sizeHint().width() <= self.width():
            shown = self._full
        super().setText(shown)
        super().setToolTip(self._own_tooltip or (self._full if shown != self._full else ""))


class Dot(QFrame):
    """A small disc in the colour of a token: the state of something at a glance."""

    def __init__(
        self, colour: str = "text_faint", side: int = 8, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._colour = colour
        self.setFixedSize(side, side)

    def colour(self) -> str:
        """Return the token's name."""
        return self._colour

    def set_colour(self, colour: str) -> None:
        """Show the token ``colour``, such as ``"good"``, or a ``#rrggbb`` value."""
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        value = self._colour
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(
            QColor(value if value.startswith("#") else getattr(current_tokens(), value))
        )
        painter.drawEllipse(self.rect())
        painter.end()

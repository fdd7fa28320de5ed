"""Cards, separators and what an empty place says."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.ui.theme import SPACING, events, icon
from studio.ui.widgets.labels import set_role


def separator(*, vertical: bool = False) -> QFrame:
    """Return a line of one pixel."""
    line = QFrame()
    line.setProperty("role", "line-vertical" if vertical else "line")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line


class Card(QFrame):
    """A bordered surface for one thing; ``body_layout`` takes its content."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None, *, margin: int = SPACING[3]) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body_layout = QVBoxLayout(self)
        self.body_layout.setContentsMargins(margin, margin, margin, margin)
        self.body_layout.setSpacing(SPACING[1])

    def set_selected(self, selected: bool) -> None:
        """Show the accent border."""
        set_role(self, "card", selected="true" if selected else "false")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()


class EmptyState(QWidget):
    """What a place without content says: what will be here, and what to do first."""

    activated = Signal()

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str,
        button_label: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING[4], SPACING[4], SPACING[4], SPACING[4])
        layout.setSpacing(SPACING[1])
        layout.addStretch(1)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = self._line(title, "heading")
        self._text = self._line(text, "caption")
        self._text.setWordWrap(True)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self._text, 6)
        middle.addStretch(1)
        self._text.setMaximumWidth(440)
        layout.addWidget(self._picture)
        layout.addWidget(self._title)
        layout.addLayout(middle)
        self.button = QPushButton(button_label)
        if not button_label:
            self.button.hide()  # never show(): without a parent yet it would be a window
        self.button.clicked.connect(self.activated)
        layout.addSpacing(SPACING[0])
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        events.changed.connect(self._show_picture)
        self._show_picture()

    def set_text(self, title: str, text: str) -> None:
        """Say something else, such as "Nothing found" after a search."""
        self._title.setText(title)
        self._text.setText(text)

    def _line(self, text: str, role: str) -> QLabel:
        label = QLabel(text)
        label.setProperty("role", role)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label

    def _show_picture(self) -> None:
        picture = icon(self._icon_name, role="text_faint")
        self._picture.setPixmap(picture.pixmap(QSize(32, 32), self.devicePixelRatioF()))

"""A button that shows its key beside its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from studio.ui.theme import SPACING
from studio.ui.widgets import set_role


class KeyButton(QPushButton):
    """A plain button with the key that does the same in a fainter, smaller type."""

    def __init__(self, text: str, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name, self._key = QLabel(text), QLabel(key)
        self._key.setProperty("role", "faint")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACING[2], 0, SPACING[2], 0)
        self._row.setSpacing(SPACING[1] - 2)
        for label in (self._name, self._key):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._row.addWidget(label)

    def changeEvent(self, event: QEvent) -> None:
        """Fade the key with the name."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            set_role(self._key, "faint" if self.isEnabled() else "")

    def sizeHint(self) -> QSize:
        """As wide as both texts."""
        return QSize(self._row.sizeHint().width(), super().sizeHint().height())

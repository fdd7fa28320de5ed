"""Where the next message is written, and the strip above it while an old one is edited."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.api.requests import MAX_MESSAGE_CHARACTERS
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, PromptEdit


class Composer(QWidget):
    """A field for a message. ``edited`` is the id of the message that it replaces, or ""."""

    edit_ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edited = ""
        self._draft = ""
        self.field = PromptEdit(
            self.tr("Ask something ...  Ctrl+Enter sends"),
            minimum_lines=2,
            maximum_lines=10,
            maximum_characters=MAX_MESSAGE_CHARACTERS,
        )
        self.field.setAccessibleName(self.tr("Message"))
        self._strip = QWidget()
        hint = self.tr("Edit: a new branch begins here; the old one stays.")
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setProperty("role", "link")
        self.cancel.clicked.connect(self.end_edit)
        strip = QHBoxLayout(self._strip)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.addWidget(ElidedLabel(hint, "caption"), 1)
        strip.addWidget(self.cancel)
        self._strip.setHidden(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING[3], SPACING[1], SPACING[3], SPACING[3])
        layout.setSpacing(SPACING[0])
        layout.addWidget(self._strip)
        layout.addWidget(self.field)

    def text(self) -> str:
        """Return what is written."""
        return self.field.text()

    def begin_edit(self, turn_id: str, text: str) -> None:
        """Write another text in the place of a message; what was being written waits."""
        if not self.edited:
            self._draft = self.field.text()
        self.edited = turn_id
        self.field.setText(text)
        self._strip.setHidden(False)
        self.field.setFocus()

    def end_edit(self) -> None:
        """Go back to what was being written before."""
        if self.edited:
            self.edited = ""
            self.field.setText(self._draft)
            self._strip.setHidden(True)
            self.edit_ended.emit()

    def sent(self) -> None:
        """Empty the field: its message is on its way."""
        if self.edited:
            self.end_edit()
        else:
            self.field.setText("")

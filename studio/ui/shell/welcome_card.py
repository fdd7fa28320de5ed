"""The first thing a new artist sees: one field and one button make the first picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QWidget

from studio.ui.theme import LOGO_SIZES, SPACING, app_icon
from studio.ui.widgets import Card, FlowLayout, IconButton, claims_escape


class WelcomeCard(Card):
    """Invites to make the first picture with the model that is already there.

    ``submitted`` carries the prompt; ``dismissed`` comes when the artist wants to look around
    first. The card does nothing else.
    """

    submitted = Signal(str)
    dismissed = Signal()

    def __init__(self, examples: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent, margin=SPACING[4])
        self.setFixedWidth(480)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Welcome"))
        self.body_layout.setSpacing(SPACING[2])
        self.body_layout.addLayout(self._heading())
        text = QLabel(
            self.tr(
                "Describe a picture. It is made here, on this machine: "
                "no account, no download, no network."
            )
        )
        text.setProperty("role", "soft")
        text.setWordWrap(True)
        self.body_layout.addWidget(text)
        self.field = QLineEdit(examples[0] if examples else "")
        self.field.setPlaceholderText(self.tr("What would you like to see?"))
        self.field.setAccessibleName(self.tr("Your first picture"))
        self.button = QPushButton(self.tr("Make it"))
        self.button.setProperty("role", "primary")
        self.button.setMinimumHeight(30)
        row = QHBoxLayout()
        row.setSpacing(SPACING[1])
        row.addWidget(self.field, 1)
        row.addWidget(self.button)
        self.body_layout.addLayout(row)
        if len(examples) > 1:
            self.body_layout.addWidget(self._examples(examples))
        self.field.returnPressed.connect(self._submit)
        self.field.textChanged.connect(lambda text: self.button.setEnabled(bool(text.strip())))
        self.button.clicked.connect(self._submit)
        self.button.setEnabled(bool(self.field.text().strip()))
        self.setFocusProxy(self.field)

    def _heading(self) -> QHBoxLayout:
        logo = QLabel()
        logo.setPixmap(app_icon(LOGO_SIZES).pixmap(QSize(28, 28), self.devicePixelRatioF()))
        title = QLabel(self.tr("Make your first picture"))
        title.setProperty("role", "title")
        self.close_button = IconButton("close", self.tr("Not now"), size=28)
        self.close_button.clicked.connect(self.dismissed)
        row = QHBoxLayout()
        row.setSpacing(SPACING[2])
        row.addWidget(logo)
        row.addWidget(title, 1)
        row.addWidget(self.close_button)
        return row

    def _examples(self, examples: Sequence[str]) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder, spacing=6)
        for example in examples:
            chip = QPushButton(example)
            chip.setProperty("role", "pill")
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.clicked.connect(lambda _checked, text=example: self._take(text))
            flow.addWidget(chip)
        return holder

    def _take(self, example: str) -> None:
        self.field.setText(example)
        self.field.setFocus()

    def _submit(self) -> None:
        prompt = self.field.text().strip()
        if prompt:
            self.submitted.emit(prompt)

    def event(self, event: QEvent) -> bool:
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

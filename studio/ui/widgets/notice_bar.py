"""The line at the top of the centre that tells of something and offers one button that helps."""

from __future__ import annotations

from typing import Literal

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from studio.ui.theme import SPACING, events, icon
from studio.ui.widgets.buttons import IconButton
from studio.ui.widgets.keys import claims_escape

Level = Literal["info", "warning", "error"]

_COLOUR = {"info": "info", "warning": "warn", "error": "bad"}
_ICON = {"info": "info", "warning": "warning", "error": "warning"}
_WAITING_LIMIT = 20
_INFO_SECONDS = 8
_READING_MS = 70  # a letter, without hurry


class _Notice(msgspec.Struct, frozen=True):
    """One message as it was handed in."""

    level: str
    message: str
    hint: str
    action_label: str
    action: str


class NoticeBar(QFrame):
    """Shows one notice at a time, never a dialog; the next one comes when this one is dismissed.

    An error goes before what is shown; the same message twice is shown once. What only informs and
    offers no button goes by itself after some seconds, unless the pointer rests on it.
    ``actionTriggered`` carries the ``action`` that the notice came with.
    """

    actionTriggered = Signal(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue: list[_Notice] = []
        self.setProperty("role", "panel")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING[3], SPACING[1], SPACING[1], SPACING[1])
        layout.setSpacing(SPACING[2])
        self._picture = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = QLabel()
        self._more.setProperty("role", "faint")
        self._button = QPushButton()
        self._close = IconButton("close", self.tr("Dismiss"), size=28)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._more)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self._button.clicked.connect(self._act)
        self._close.clicked.connect(self.dismiss)
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(_INFO_SECONDS * 1000)
        self._fade.timeout.connect(self.dismiss)
        events.changed.connect(self._show)
        self.hide()

    def show_notice(
        self, level: Level, message: str, hint: str = "", action_label: str = "", action: str = ""
    ) -> None:
        """Tell something.

        Args:
            level: "info", "warning" or "error".
            message: what happened and what it means for the work.
            hint: what helps.
            action_label: the caption of the button; no button when empty.
            action: what ``actionTriggered`` carries.
        """
        notice = _Notice(level, message, hint, action_label, action)
        if notice in self._queue:
            return
        if level == "error":
            self._queue.insert(0, notice)
        else:
            self._queue.append(notice)
        del self._queue[_WAITING_LIMIT:]
        self._show()

    def current_message(self) -> str:
        """Return the message that is shown, or ""."""
        return self._queue[0].message if self._queue else ""

    def action_button(self) -> QPushButton:
        """Return the button that helps."""
        return self._button

    def dismiss(self) -> None:
        """Take the shown notice away and show the next one, if there is one."""
        if self._queue:
            self._queue.pop(0)
            self._show()
            self.dismissed.emit()

    def event(self, event: QEvent) -> bool:
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _act(self) -> None:
        action = self._queue[0].action
        self.dismiss()
        self.actionTriggered.emit(action)

    def _show(self) -> None:
        self._fade.stop()
        if not self._queue:
            self.hide()
            return
        notice = self._queue[0]
        picture = icon(_ICON[notice.level], role=_COLOUR[notice.level])
        self._picture.setPixmap(picture.pixmap(QSize(20, 20), self.devicePixelRatioF()))
        text = f"{notice.message} {notice.hint}".strip()
        self._text.setText(text)
        self.setAccessibleName(text)
        waiting = len(self._queue) - 1
        self._more.setText(self.tr("+{count} more").format(count=waiting) if waiting else "")
        self._more.setVisible(bool(waiting))
        self._button.setText(notice.action_label)
        self._button.setAccessibleName(notice.action_label)
        self._button.setVisible(bool(notice.action_label))
        self.show()
        self._wait_or_fade()

    def _wait_or_fade(self) -> None:
        if not self._queue or self.underMouse():
            return
        notice = self._queue[0]
        if notice.level == "info" and not notice.action_label:
            letters = len(notice.message) + len(notice.hint)
            self._fade.start(max(_INFO_SECONDS * 1000, letters * _READING_MS))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._fade.stop()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._wait_or_fade()

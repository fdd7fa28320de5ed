"""Lets a widget have the Esc key to itself while it has the focus."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent


def claims_escape(event: QEvent) -> bool:
    """Accept the question "does anybody here want Esc?" that Qt asks before a shortcut gets it.

    To be called from ``QWidget.event``; True means that the event is dealt with and that Esc will
    come as an ordinary key press. Without it, Esc would stop the running job instead.
    """
    if (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and event.key() == Qt.Key.Key_Escape
    ):
        event.accept()
        return True
    return False

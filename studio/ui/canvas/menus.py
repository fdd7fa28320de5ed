"""Actions to menus, for the context menus of the canvas."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from studio.ui.actions import Action


def fill_menu(menu: QMenu, actions: Iterable[Action]) -> None:
    """Append actions to a menu that is opened now, greyed where they cannot be done."""
    for action in actions:
        # As text: a shortcut of the entry itself would compete with the window's own.
        keys = QKeySequence(action.shortcuts[0]) if action.shortcuts else QKeySequence()
        native = keys.toString(QKeySequence.SequenceFormat.NativeText)
        shown = menu.addAction(f"{action.title}\t{native}" if native else action.title)
        shown.setObjectName(action.id)
        shown.setEnabled(action.enabled())
        shown.triggered.connect(lambda _=False, callback=action.callback: callback())

"""Actions as data: what the window can do, for menus, shortcuts and the command list alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from studio.ui.theme import icon

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu, QWidget


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the artist can do.

    ``shortcuts`` are portable key sequences such as "Ctrl+Shift+S"; ``menu`` names the menu that
    lists it ("" for none); ``enabled`` is asked whenever a menu opens or the shortcut is pressed.
    """

    id: str
    title: str
    callback: Callable[[], object]
    shortcuts: tuple[str, ...] = ()
    menu: str = ""
    icon: str = ""
    enabled: Callable[[], bool] = lambda: True


class ActionTable:
    """The actions of one window, by id; makes their QActions on it."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._actions: dict[str, Action] = {}
        self._active: dict[str, Callable[[], bool]] = {}
        self._shown: dict[str, QAction] = {}

    def add(self, actions: Iterable[Action], active: Callable[[], bool] = lambda: True) -> None:
        """Add actions and make their shortcuts work anywhere in the window while ``active()``."""
        from PySide6.QtGui import QAction, QKeySequence

        for action in actions:
            self._actions[action.id] = action
            self._active[action.id] = active
            shown = QAction(action.title, self._owner)
            shown.setObjectName(action.id)
            shown.setShortcuts([QKeySequence(keys) for keys in action.shortcuts])
            if action.icon:
                shown.setIcon(icon(action.icon))
            shown.triggered.connect(lambda _=False, name=action.id: self.trigger(name))
            self._shown[action.id] = shown
            self._owner.addAction(shown)

    def trigger(self, action_id: str) -> bool:
        """Do it if it can be done now; return whether it was done."""
        action = self._actions.get(action_id)
        if action is None or not self._can(action):
            return False
        action.callback()
        return True

    def _can(self, action: Action) -> bool:
        return self._active[action.id]() and action.enabled()

    def ids(self) -> tuple[str, ...]:
        """Return all ids, in the order they were added."""
        return tuple(self._actions)

    def fill_menu(self, menu: QMenu, name: str) -> None:
        """Append the actions of the named menu, greyed where they cannot be done now."""
        for action in self._actions.values():
            if action.menu == name:
                shown = self._shown[action.id]
                shown.setEnabled(self._can(action))
                menu.addAction(shown)

    def enable_all(self) -> None:
        """Let shortcuts through again after a menu greyed some out; ``trigger`` asks anyway."""
        for shown in self._shown.values():
            shown.setEnabled(True)

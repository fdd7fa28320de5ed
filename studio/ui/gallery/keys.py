"""Commands as data: one table gives the menu, the keys and the buttons of the Gallery."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from studio.ui.gallery.entries import GalleryEntry
from studio.ui.theme import icon

Chosen = Sequence[GalleryEntry]


class Command(msgspec.Struct, frozen=True):
    """One thing that can be done with the chosen cards, and when."""

    id: str
    title: str
    icon: str
    key: str
    run: Callable[[Chosen], None]
    enabled: Callable[[Chosen], bool]
    separated: bool = False


class CommandKeys(QObject):
    """Runs commands by their keys while one of the watched widgets has the focus.

    Single letters are keys here. Claiming them in the ShortcutOverride phase keeps them from
    colliding with shortcuts of the window, which may use the same keys for its own pages.
    """

    def __init__(
        self, commands: Sequence[Command], chosen: Callable[[], Chosen], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._commands = commands
        self._chosen = chosen

    def watch(self, widget: QWidget) -> None:
        """Listen to a widget's keys."""
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim and run the commands' keys."""
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            return False
        if not isinstance(event, QKeyEvent):
            return False
        command = self._command_for(event)
        if command is None:
            return False
        event.accept()
        if kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
            self.run(command)
        return True

    def run(self, command: Command) -> None:
        """Run a command on what is chosen, if it makes sense for it."""
        chosen = self._chosen()
        if command.enabled(chosen):
            command.run(chosen)

    def menu(self, parent: QWidget) -> QMenu:
        """Return a menu of all commands, those greyed that make no sense now."""
        menu = QMenu(parent)
        chosen = self._chosen()
        for command in self._commands:
            if command.separated:
                menu.addSeparator()
            action = menu.addAction(icon(command.icon), command.title)
            action.setShortcut(QKeySequence(command.key))
            action.setShortcutVisibleInContextMenu(True)
            action.setEnabled(command.enabled(chosen))
            action.triggered.connect(lambda _=False, command=command: self.run(command))
        return menu

    def _command_for(self, event: QKeyEvent) -> Command | None:
        pressed = QKeySequence(event.keyCombination())
        for command in self._commands:
            if command.key and QKeySequence(command.key) == pressed:
                return command
        return None

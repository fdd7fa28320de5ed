"""A row of joined buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget


class Segmented(QFrame):
    """Chooses one of a few; the arrow keys move the choice.

    ``currentChanged`` carries the key when the artist chose; ``setCurrent`` emits it too if the
    choice changes.
    """

    currentChanged = Signal(str)

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        parent: QWidget | None = None,
        *,
        accessible_name: str = "",
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self.setAccessibleName(accessible_name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(1, 1, 1, 1)
        self._layout.setSpacing(0)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QPushButton] = {}
        self._current = ""
        for position, (key, label) in enumerate(options):
            self._add(key, label, position, len(options))
        if options:
            self.setCurrent(options[0][0])

    def _add(self, key: str, label: str, position: int, count: int) -> None:
        button = QPushButton(label)
        button.setCheckable(True)
        button.setProperty("role", "segment")
        edges = {0: "first", count - 1: "last"}
        button.setProperty("edge", "only" if count == 1 else edges.get(position, ""))
        button.setAccessibleName(label)
        self._group.addButton(button)
        self._layout.addWidget(button, max(4, len(label)))
        self._buttons[key] = button
        button.toggled.connect(lambda checked, key=key: self._toggled(key, checked))

    def _toggled(self, key: str, checked: bool) -> None:
        if checked and key != self._current:
            self._current = key
            self.currentChanged.emit(key)

    def current(self) -> str:
        """Return the chosen key, or "" while none is."""
        return self._current

    def setCurrent(self, key: str) -> None:
        """Choose ``key``; "" (or an unknown key) chooses none."""
        if key in self._buttons:
            self._buttons[key].setChecked(True)
            return
        self._group.setExclusive(False)
        for button in self._buttons.values():
            button.setChecked(False)
        self._group.setExclusive(True)
        self._current = ""

    def button(self, key: str) -> QPushButton:
        """Return one button, to disable it or to give it a tooltip."""
        return self._buttons[key]

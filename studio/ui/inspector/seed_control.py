"""The seed: a number, a die that throws a new one each time, and the way back to the last one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRegularExpression
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from studio.core.ids import new_seed
from studio.ui.inspector.controls import Control, FieldSpec, stacked
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton


class SeedControl(Control):
    """Chooses the seed.

    While the die is on, ``throw`` puts a new number in before each run. Typing a number, or
    ``reuse`` (the seed of the last run), turns the die off.
    """

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._maximum = int(spec.meta.le or 2**32 - 1)
        self._last: int | None = None
        self.field = QLineEdit(str(spec.default))
        self.field.setAccessibleName(spec.title)
        self.field.setValidator(
            QRegularExpressionValidator(QRegularExpression("[0-9]{1,10}"), self.field)
        )
        self.dice = IconButton("dice", self.tr("New seed for each picture"), checkable=True)
        self.reuse = IconButton("refresh", self.tr("Keep the last seed"))
        self.reuse.setEnabled(False)
        self.dice.setChecked(True)
        layout, _ = stacked(self, spec.title)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING[0])
        row.addWidget(self.field, 1)
        row.addWidget(self.dice)
        row.addWidget(self.reuse)
        layout.addLayout(row)
        self.first_field = self.field
        self.field.textEdited.connect(lambda _text: self.dice.setChecked(False))
        self.field.editingFinished.connect(self._finish)
        self.dice.toggled.connect(self._show_state)
        self.reuse.clicked.connect(self._reuse)
        self._show_state()

    def is_random(self) -> bool:
        """Whether each run gets a new seed."""
        return self.dice.isChecked()

    def throw(self) -> None:
        """Put in a new seed if the die is on, and remember it as the one of this run."""
        if self.is_random():
            self.field.setText(str(new_seed()))
            self.changed.emit()
        self._last = self._number()
        self.reuse.setEnabled(True)

    def values(self) -> dict[str, Any]:
        return {self.specs[0].name: self._number()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show a seed that somebody chose: the die goes off."""
        name = self.specs[0].name
        if name in values:
            self.dice.setChecked(False)
            if int(values[name]) != self._number():
                self.field.setText(str(values[name]))
                self.changed.emit()

    def _number(self) -> int:
        return min(int(self.field.text() or 0), self._maximum)

    def _finish(self) -> None:
        self.field.setText(str(self._number()))
        self.changed.emit()

    def _reuse(self) -> None:
        if self._last is not None:
            self.set_values({self.specs[0].name: self._last})

    def _show_state(self) -> None:
        self.field.setToolTip(
            self.tr("The die is on: the next picture gets a new seed.")
            if self.dice.isChecked()
            else (self.specs[0].meta.description or "")
        )
        self.changed.emit()

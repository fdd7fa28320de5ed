"""The list of LoRAs: each with its weight, added from the library or from a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from studio.api.requests import LoraUse
from studio.ui.inspector.controls import Control, FieldSpec, stacked
from studio.ui.inspector.model_control import ModelProvider
from studio.ui.theme import SPACING
from studio.ui.widgets import DecimalBox, ElidedLabel, IconButton


class _LoraRow(QWidget):
    """One LoRA: its name, its weight, and a button that takes it out."""

    changed = Signal()
    removed = Signal()

    def __init__(self, use: LoraUse) -> None:
        super().__init__()
        name = Path(use.path).stem or use.path
        self.path = use.path
        label = ElidedLabel(name)
        label.setToolTip(use.path)
        self.weight = DecimalBox(self.tr("Weight of {name}").format(name=name), -4, 4, step=0.05)
        self.weight.setValue(use.weight)
        self.weight.setFixedWidth(84)
        self.remove = IconButton("close", self.tr("Remove {name}").format(name=name), size=28)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[0])
        layout.addWidget(label, 1)
        layout.addWidget(self.weight)
        layout.addWidget(self.remove)
        self.weight.valueChanged.connect(self.changed)
        self.remove.clicked.connect(self.removed)

    def use(self) -> LoraUse:
        """Return the LoRA with its weight as shown."""
        return LoraUse(path=self.path, weight=round(self.weight.value(), 4))


class LoraControl(Control):
    """Any number of LoRAs, up to the field's limit."""

    def __init__(self, spec: FieldSpec, models: ModelProvider) -> None:
        super().__init__(spec)
        self._provider = models
        self._limit = spec.meta.max_length or 16
        self._rows: list[_LoraRow] = []
        layout, heading = stacked(self, spec.title)
        self.add_button = QPushButton(self.tr("Add"))
        self.add_button.setProperty("role", "link")
        self.add_button.setAccessibleName(self.tr("Add a LoRA"))
        heading.addWidget(self.add_button)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(SPACING[0])
        layout.addLayout(self._list)
        self.first_field = self.add_button
        self.add_button.clicked.connect(self._offer)

    def refresh(self) -> None:
        """Nothing to read ahead: the library is asked whenever the menu opens."""

    def add(self, path: str, weight: float = 1.0) -> None:
        """Append one LoRA file."""
        if len(self._rows) >= self._limit or any(row.path == path for row in self._rows):
            return
        self._append(LoraUse(path=path, weight=weight))
        self.changed.emit()

    def values(self) -> dict[str, Any]:
        return {self.specs[0].name: tuple(row.use() for row in self._rows)}

    def set_values(self, values: Mapping[str, Any]) -> None:
        name = self.specs[0].name
        if name not in values or tuple(values[name]) == self.values()[name]:
            return
        for row in list(self._rows):
            self._take_out(row)
        for use in values[name]:
            self._append(use)
        self.changed.emit()

    def menu(self) -> QMenu:
        """Return the menu of what can be added."""
        menu = QMenu(self)
        taken = {row.path for row in self._rows}
        for model in self._provider(None):
            if model.family == "lora" and model.path not in taken:
                menu.addAction(model.title).triggered.connect(partial(self._add, model.path))
        if not menu.isEmpty():
            menu.addSeparator()
        menu.addAction(self.tr("Choose a file...")).triggered.connect(self._choose_file)
        return menu

    def _add(self, path: str, _checked: bool = False) -> None:
        self.add(path)

    def _offer(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.add_button.mapToGlobal(self.add_button.rect().bottomLeft()))

    def _choose_file(self) -> None:
        from PySide6.QtWidgets import QFileDialog

        dialog = QFileDialog(self, self.tr("Choose a LoRA"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter(self.tr("LoRA (*.safetensors)"))
        dialog.filesSelected.connect(self._add_files)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _add_files(self, paths: list[str]) -> None:
        for path in paths:
            self.add(path)

    def _append(self, use: LoraUse) -> None:
        row = _LoraRow(use)
        row.changed.connect(self.changed)
        row.removed.connect(partial(self._remove, row))
        self._rows.append(row)
        self._list.addWidget(row)
        self.add_button.setEnabled(len(self._rows) < self._limit)

    def _remove(self, row: _LoraRow) -> None:
        self._take_out(row)
        self.changed.emit()

    def _take_out(self, row: _LoraRow) -> None:
        self._rows.remove(row)
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.add_button.setEnabled(True)

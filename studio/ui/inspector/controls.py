"""The controls that a form is made of: each shows one field of a request, or two that belong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Meta
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.theme import SPACING
from studio.ui.widgets import (
    ChoiceBox,
    DecimalBox,
    ElidedLabel,
    NumberBox,
    PromptEdit,
    SliderRow,
    set_role,
)


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One field as the form sees it: its name, limits, type and default."""

    name: str
    meta: Meta
    type: Any
    default: Any

    @property
    def title(self) -> str:
        """The field's name in the artist's words."""
        return self.meta.title or self.name

    @property
    def group(self) -> str:
        """ "main", "advanced" or "hidden"."""
        return str((self.meta.extra or {}).get("group", "hidden"))

    @property
    def control(self) -> str:
        """What kind of control shows the field."""
        return str((self.meta.extra or {}).get("control", ""))

    @property
    def step(self) -> float:
        """What one step changes."""
        return float((self.meta.extra or {}).get("step", 1))

    @property
    def unit(self) -> str:
        """What is counted."""
        return str((self.meta.extra or {}).get("unit", ""))


class Control(QWidget):
    """Shows one or more fields. ``changed`` comes when a value changed, by hand or by code.

    ``first_field`` is where Tab enters it.
    """

    changed = Signal()

    def __init__(self, *specs: FieldSpec) -> None:
        super().__init__()
        self.specs = specs
        self.first_field: QWidget = self
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if specs[0].meta.description:
            self.setToolTip(specs[0].meta.description)

    def values(self) -> dict[str, Any]:
        """Return the value of every field that this control shows, by name."""
        raise NotImplementedError

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show those of ``values`` that this control knows."""
        raise NotImplementedError


def stacked(control: QWidget, title: str) -> tuple[QVBoxLayout, QHBoxLayout]:
    """Lay a control out as a caption above its field; return both rows' layouts."""
    layout = QVBoxLayout(control)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    heading = QHBoxLayout()
    heading.setContentsMargins(0, 0, 0, 0)
    heading.setSpacing(SPACING[1])
    heading.addWidget(ElidedLabel(title, "caption"), 1)
    layout.addLayout(heading)
    return layout, heading


def beside(control: QWidget, title: str, field: QWidget, *, field_width: int = 0) -> QGridLayout:
    """Lay a control out as a caption at the left and its field at the right."""
    layout = QGridLayout(control)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setHorizontalSpacing(SPACING[1])
    layout.addWidget(ElidedLabel(title, "caption"), 0, 0)
    layout.addWidget(field, 0, 1)
    layout.setColumnStretch(0, 2)
    layout.setColumnStretch(1, 0 if field_width else 3)
    if field_width:
        field.setFixedWidth(field_width)
    return layout


class TextControl(Control):
    """Text of several lines, such as the prompt."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        main = spec.group == "main"
        limit = spec.meta.max_length or 0
        placeholder = self.tr("Describe what you would like to see") if main else ""
        self.edit = PromptEdit(
            placeholder or (spec.meta.description or ""),
            minimum_lines=4 if main else 2,
            maximum_lines=9 if main else 5,
            maximum_characters=limit,
        )
        self.edit.setAccessibleName(spec.title)
        self.edit.setAccessibleDescription(spec.meta.description or "")
        self._limit = limit
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        set_role(self._hint, "warn")
        self._hint.hide()
        layout, self.heading = stacked(self, spec.title)
        layout.addWidget(self.edit)
        layout.addWidget(self._hint)
        self.first_field = self.edit
        self.edit.textEdited.connect(self._edited)
        self.edit.refused.connect(self._refused)

    def values(self) -> dict[str, Any]:
        return {self.specs[0].name: self.edit.text()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        name = self.specs[0].name
        if name in values and values[name] != self.edit.text():
            self.edit.setText(values[name])
            self._edited()

    def hint(self) -> str:
        """Return what is said below the field, or ""."""
        return self._hint.text() if not self._hint.isHidden() else ""

    def _edited(self) -> None:
        self._hint.hide()
        self.changed.emit()

    def _refused(self, length: int) -> None:
        text = self.tr("Too long to paste: {length} characters, at most {limit}.")
        self._hint.setText(text.format(length=f"{length:,}", limit=f"{self._limit:,}"))
        self._hint.show()


class SliderControl(Control):
    """A number with a slider."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._whole = spec.type is int
        low = spec.meta.ge if spec.meta.ge is not None else 0
        high = spec.meta.le if spec.meta.le is not None else 100
        self.row = SliderRow(
            spec.title,
            float(low),
            float(high),
            spec.step,
            float(spec.default),
            decimals=0 if self._whole else None,
            unit=spec.unit,
        )
        self.row.setToolTip(spec.meta.description or "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.row)
        self.first_field = self.row.slider()
        self.row.valueChanged.connect(self.changed)

    def values(self) -> dict[str, Any]:
        value = self.row.value()
        return {self.specs[0].name: round(value) if self._whole else value}

    def set_values(self, values: Mapping[str, Any]) -> None:
        if self.specs[0].name in values:
            self.row.setValue(float(values[self.specs[0].name]))


class NumberControl(Control):
    """A number in a small box."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        low = spec.meta.ge if spec.meta.ge is not None else 0
        high = spec.meta.le if spec.meta.le is not None else 2**31 - 1
        self.box: NumberBox | DecimalBox
        if spec.type is int:
            self.box = NumberBox(
                spec.title, int(low), int(high), step=int(spec.step), unit=spec.unit
            )
        else:
            self.box = DecimalBox(spec.title, float(low), float(high), step=spec.step)
        self.box.setValue(spec.default)
        beside(self, spec.title, self.box, field_width=104)
        self.first_field = self.box
        self.box.valueChanged.connect(self.changed)

    def values(self) -> dict[str, Any]:
        return {self.specs[0].name: self.box.value()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        if self.specs[0].name in values:
            self.box.setValue(values[self.specs[0].name])


class AutoNumberControl(Control):
    """A number that the studio chooses until the artist does; its field is None until then."""

    def __init__(self, spec: FieldSpec) -> None:
        super().__init__(spec)
        self._least = int(spec.meta.ge or 0)
        high = int(spec.meta.le or 2**15)
        self.box = NumberBox(spec.title, self._least - 1, high, step=int(spec.step), unit=spec.unit)
        self.box.setSpecialValueText(str((spec.meta.extra or {}).get("auto", "auto")))
        self.box.setValue(self._least - 1)
        beside(self, spec.title, self.box, field_width=104)
        self.first_field = self.box
        self.box.valueChanged.connect(self.changed)

    def values(self) -> dict[str, Any]:
        value = self.box.value()
        return {self.specs[0].name: None if value < self._least else value}

    def set_values(self, values: Mapping[str, Any]) -> None:
        if self.specs[0].name in values:
            value = values[self.specs[0].name]
            self.box.setValue(self._least - 1 if value is None else value)


class ChoiceControl(Control):
    """One of a few names."""

    def __init__(self, spec: FieldSpec, choices: tuple[str, ...]) -> None:
        super().__init__(spec)
        self.box = ChoiceBox(spec.title)
        for choice in choices:
            self.box.addItem(choice, choice)
        self.box.setCurrentIndex(max(0, self.box.findData(spec.default)))
        beside(self, spec.title, self.box)
        self.first_field = self.box
        self.box.currentIndexChanged.connect(self.changed)

    def values(self) -> dict[str, Any]:
        return {self.specs[0].name: self.box.currentData()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        position = self.box.findData(values.get(self.specs[0].name))
        if position >= 0:
            self.box.setCurrentIndex(position)

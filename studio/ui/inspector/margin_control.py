"""How far a picture is continued: shapes to reach, and a number for each side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QGridLayout

from studio.ui.inspector.controls import Control, FieldSpec, stacked
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, NumberBox, Segmented

_SHAPES: dict[str, tuple[int, int]] = {"1:1": (1, 1), "4:3": (4, 3), "3:2": (3, 2), "16:9": (16, 9)}


class MarginControl(Control):
    """The margins of all four sides in px; a shape adds what is lacking to it, centred."""

    def __init__(self, *specs: FieldSpec) -> None:
        super().__init__(*specs)
        self._picture = (0, 0)
        self.shapes = Segmented(
            [(key, key) for key in _SHAPES], accessible_name=self.tr("Shape to reach")
        )
        self.shapes.setCurrent("")
        self.boxes = {
            spec.name: NumberBox(
                spec.title,
                int(spec.meta.ge or 0),
                int(spec.meta.le or 2**15),
                step=int(spec.step),
                unit=spec.unit,
            )
            for spec in specs
        }
        layout, _ = stacked(self, self.tr("Add around the picture"))
        layout.addWidget(self.shapes)
        grid = QGridLayout()
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(SPACING[1])
        grid.setVerticalSpacing(SPACING[0])
        for position, spec in enumerate(specs):
            row, column = divmod(position, 2)
            grid.addWidget(ElidedLabel(spec.title, "caption"), row, 2 * column)
            grid.addWidget(self.boxes[spec.name], row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
        layout.addLayout(grid)
        self.first_field = self.shapes.button("1:1")
        self.shapes.currentChanged.connect(self._shape_chosen)
        for box in self.boxes.values():
            box.valueChanged.connect(self._edited)

    def set_picture(self, width: int, height: int) -> None:
        """Tell the size (px) of the picture that is continued; shapes are reached from it."""
        self._picture = (width, height)

    def values(self) -> dict[str, Any]:
        return {name: box.value() for name, box in self.boxes.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:
        new = {name: int(values[name]) for name in self.boxes if name in values}
        if all(self.boxes[name].value() == value for name, value in new.items()):
            return
        for name, value in new.items():
            blocked = self.boxes[name].blockSignals(True)
            self.boxes[name].setValue(value)
            self.boxes[name].blockSignals(blocked)
        self._edited()

    def _edited(self) -> None:
        blocked = self.shapes.blockSignals(True)
        chosen = self.shapes.current()
        if chosen and self.values() != self._margins_for(chosen):
            self.shapes.setCurrent("")
        self.shapes.blockSignals(blocked)
        self.changed.emit()

    def _shape_chosen(self, key: str) -> None:
        if key:
            self.set_values(self._margins_for(key))

    def _margins_for(self, key: str) -> dict[str, int]:
        """Return the margins that bring the picture to a shape."""
        width, height = self._picture
        across, down = _SHAPES[key]
        wider = max(0, -(-height * across // down) - width)
        taller = max(0, -(-width * down // across) - height)
        if wider:
            taller = 0
        return {
            "left": wider // 2,
            "top": taller // 2,
            "right": wider - wider // 2,
            "bottom": taller - taller // 2,
        }

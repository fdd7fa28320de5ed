"""Width and height: shapes to choose from, two numbers, and a button that swaps them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QHBoxLayout

from studio.ui.inspector.controls import Control, FieldSpec, stacked
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton, NumberBox, Segmented

# Width : height of the shapes.
_SHAPES: dict[str, tuple[int, int]] = {
    "square": (1, 1),
    "portrait": (3, 4),
    "landscape": (4, 3),
    "wide": (16, 9),
}
_COARSE = 64  # px: denoisers are trained on sizes of this step


class SizeControl(Control):
    """The size of a picture in px.

    The shapes keep the area that the model was made for: ``set_base`` tells it.
    """

    def __init__(self, width: FieldSpec, height: FieldSpec) -> None:
        super().__init__(width, height)
        self._grid = int(width.meta.multiple_of or 1)
        self._base = (int(width.default), int(height.default))
        titles = {
            "square": self.tr("Square"),
            "portrait": self.tr("Portrait"),
            "landscape": self.tr("Landscape"),
            "wide": self.tr("Wide"),
        }
        self.shapes = Segmented(list(titles.items()), accessible_name=self.tr("Shape"))
        self.boxes = tuple(
            NumberBox(
                spec.title,
                int(spec.meta.ge or 1),
                int(spec.meta.le or 2**15),
                step=int(spec.step),
                unit=spec.unit,
            )
            for spec in (width, height)
        )
        self.swap = IconButton("swap", self.tr("Swap width and height"))
        layout, _ = stacked(self, self.tr("Size"))
        layout.addWidget(self.shapes)
        numbers = QHBoxLayout()
        numbers.setContentsMargins(0, 2, 0, 0)
        numbers.setSpacing(SPACING[0])
        numbers.addWidget(self.boxes[0], 1)
        numbers.addWidget(self.swap)
        numbers.addWidget(self.boxes[1], 1)
        layout.addLayout(numbers)
        self.set_values({width.name: width.default, height.name: height.default})
        self.first_field = self.shapes.button("square")
        self.shapes.currentChanged.connect(self._chosen)
        self.swap.clicked.connect(self._swap)
        for box in self.boxes:
            box.valueChanged.connect(self._edited)

    def set_base(self, width: int, height: int) -> None:
        """Tell the size that the model was made for; the shapes follow its area."""
        self._base = (width, height)
        self._name_shape()
        for key in _SHAPES:
            shape_width, shape_height = self.shape_size(key)
            self.shapes.button(key).setToolTip(f"{shape_width} \u00d7 {shape_height} px")

    def shape_size(self, key: str) -> tuple[int, int]:
        """Return width and height of a shape in px: the model's own size where it has the shape."""
        across, down = _SHAPES[key]
        base_width, base_height = self._base
        if base_width * down == base_height * across:
            return self._base
        scale = math.sqrt(base_width * base_height / (across * down))
        step = _COARSE if min(self._base) >= 512 else self._grid
        limit = self.boxes[0]
        width, height = (
            min(max(round(side * scale / step) * step, limit.minimum()), limit.maximum())
            for side in (across, down)
        )
        return width, height

    def values(self) -> dict[str, Any]:
        return {
            spec.name: self._snapped(box.value())
            for spec, box in zip(self.specs, self.boxes, strict=True)
        }

    def set_values(self, values: Mapping[str, Any]) -> None:
        known = {spec.name: box for spec, box in zip(self.specs, self.boxes, strict=True)}
        new = {name: int(values[name]) for name in known if name in values}
        if all(known[name].value() == value for name, value in new.items()):
            self._name_shape()
            return
        for name, value in new.items():
            blocked = known[name].blockSignals(True)
            known[name].setValue(value)
            known[name].blockSignals(blocked)
        self._name_shape()
        self.changed.emit()

    def _snapped(self, value: int) -> int:
        return max(self._grid, round(value / self._grid) * self._grid)

    def _edited(self) -> None:
        self.set_values({**self.values()})
        self._name_shape()
        self.changed.emit()

    def _chosen(self, key: str) -> None:
        width, height = self.shape_size(key)
        self.set_values({self.specs[0].name: width, self.specs[1].name: height})

    def _swap(self) -> None:
        width, height = (box.value() for box in self.boxes)
        self.set_values({self.specs[0].name: height, self.specs[1].name: width})

    def _name_shape(self) -> None:
        size = tuple(self.values().values())
        matching = [key for key in _SHAPES if self.shape_size(key) == size]
        blocked = self.shapes.blockSignals(True)
        self.shapes.setCurrent(matching[0] if matching else "")
        self.shapes.blockSignals(blocked)

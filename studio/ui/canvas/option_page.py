"""What every page of tool options is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.ui.canvas.toolbox import Toolbox
from studio.ui.theme import SPACING
from studio.ui.widgets import Segmented, ValueField

if TYPE_CHECKING:
    from studio.ui.canvas.options_bar import OptionsBar


class Page(QWidget):
    """A row of controls that show and change the canvas's ``PaintState``."""

    def __init__(self, toolbox: Toolbox, bar: OptionsBar) -> None:
        super().__init__(bar)
        self.toolbox = toolbox
        self.state = toolbox.context.state
        self.bar = bar
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(SPACING[1])
        self.build()
        self.row.addStretch(1)
        self.state.choices_changed.connect(self.refresh)
        self.refresh()

    def build(self) -> None:
        """Add the controls."""

    def refresh(self) -> None:
        """Show what is chosen now."""

    def number(
        self,
        title: str,
        limits: tuple[float, float],
        changed: Callable[[float], object],
        *,
        unit: str = "",
        step: float = 1.0,
        tip: str = "",
    ) -> ValueField:
        """Add a number."""
        field = ValueField(title, *limits, limits[0], step=step, unit=unit)
        field.setToolTip(tip or title)
        field.valueChanged.connect(changed)
        self.row.addWidget(field)
        return field

    def pill(self, text: str, name: str, tip: str = "") -> QPushButton:
        """Add a switch for one of the ``Choices``."""
        button = QPushButton(text)
        button.setProperty("role", "pill")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip or text)
        button.toggled.connect(lambda on: self.state.change(**{name: on}))
        self.row.addWidget(button)
        return button

    def segments(self, options: list[tuple[str, str]], name: str, title: str) -> Segmented:
        """Add a choice of a few for one of the ``Choices``."""
        control = Segmented(options, accessible_name=title)
        control.currentChanged.connect(lambda key: self.state.change(**{name: key}))
        self.row.addWidget(control)
        return control

    def choose(self, **changes: Any) -> None:
        """Change the choices."""
        self.state.change(**changes)

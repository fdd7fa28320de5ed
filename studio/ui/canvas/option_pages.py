"""One page of options a kind of tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QComboBox, QFontComboBox, QLabel, QPushButton

from studio.ui.canvas.option_page import Page
from studio.ui.widgets import ChoiceBox, IconButton, Segmented, set_role

if TYPE_CHECKING:
    pass

_STROKES = ("brush", "eraser", "clone", "smudge")
_SELECTING = ("rectangle", "ellipse", "lasso", "polygon", "wand", "colour_range")


def page_for(tool: str) -> str:
    """Return which page shows a tool's options."""
    if tool in _STROKES:
        return "stroke"
    if tool in _SELECTING:
        return "select"
    return tool if tool in PAGES else "none"


class StrokePage(Page):
    """Tip, size, hardness, flow, opacity, smoothing, pressure and symmetry."""

    def build(self) -> None:
        """Add the controls of a brush."""
        self._tool = "brush"
        self.tip = ChoiceBox(self.tr("Tip"))
        self.tip.setProperty("size", "small")
        self.tip.setFixedWidth(92)
        for key, title in (
            ("round", self.tr("Round")),
            ("chalk", self.tr("Chalk")),
            ("bristle", self.tr("Bristle")),
        ):
            self.tip.addItem(title, key)
        self.tip.activated.connect(lambda _: self._change(tip=self.tip.currentData()))
        self.row.addWidget(self.tip)
        self.size_field = self.number(
            self.tr("Size"), (1, 1000), lambda v: self._change(size=v), unit="px",
            tip=self.tr("Size ([ and ])"),
        )  # fmt: skip
        self.hardness = self.number(
            self.tr("Hardness"), (0, 100), lambda v: self._change(hardness=v / 100), unit="%",
            tip=self.tr("Hardness (Shift with [ and ])"),
        )  # fmt: skip
        self.flow = self.number(
            self.tr("Flow"), (1, 100), lambda v: self._change(flow=v / 100), unit="%",
            tip=self.tr("What one dab adds"),
        )  # fmt: skip
        self.opacity = self.number(
            self.tr("Opacity"), (1, 100), lambda v: self._change(opacity=v / 100), unit="%",
            tip=self.tr("The most that a stroke covers (digits)"),
        )  # fmt: skip
        self.smoothing = self.number(
            self.tr("Smooth"), (0, 95), lambda v: self._change(smoothing=v / 100), unit="%",
            tip=self.tr("How far the line lags behind the hand"),
        )  # fmt: skip
        self.all_layers = self.pill(
            self.tr("All layers"), "sample_all", self.tr("Copy what is seen, not the layer alone")
        )
        self.across = self._mirror("mirror", self.tr("Mirror left and right"), "mirror_across")
        self.along = self._mirror("flip", self.tr("Mirror above and below"), "mirror_along")
        self.turns = self.number(
            self.tr("Turns"), (1, 16), lambda v: self.choose(turns=int(v)),
            tip=self.tr("Repeat each stroke around the middle"),
        )  # fmt: skip
        self.state.brush_changed.connect(self._on_brush)
        self.state.quick_mask_changed.connect(lambda _: self.refresh())

    def _mirror(self, icon: str, tip: str, name: str) -> IconButton:
        button = IconButton(icon, tip, checkable=True, size=28)
        button.toggled.connect(lambda on: self.state.change(**{name: on}))
        self.row.addWidget(button)
        return button

    def _name(self) -> str:
        return "quick_mask" if self.state.quick_mask else self._tool

    def _change(self, **changes: Any) -> None:
        self.state.change_brush(self._name(), **changes)

    def _on_brush(self, name: str) -> None:
        if name == self._name():
            self.refresh()

    def show_tool(self, name: str) -> None:
        """Show another tool's brush."""
        self._tool = name
        self.refresh()

    def refresh(self) -> None:
        """Show the brush."""
        brush, choices = self.state.brush(self._name()), self.state.choices
        with QSignalBlocker(self.tip):
            self.tip.setCurrentIndex(self.tip.findData(brush.tip))
        self.size_field.setValue(round(brush.size))
        self.hardness.setValue(round(brush.hardness * 100))
        self.flow.setValue(round(brush.flow * 100))
        self.opacity.setValue(round(brush.opacity * 100))
        self.smoothing.setValue(round(brush.smoothing * 100))
        self.all_layers.setVisible(self._tool == "clone")
        self.all_layers.setChecked(choices.sample_all)
        self.across.setChecked(choices.mirror_across)
        self.along.setChecked(choices.mirror_along)
        self.turns.setValue(choices.turns)


class FillPage(Page):
    """Tolerance, contiguous, all layers."""

    def build(self) -> None:
        """Add the controls of the fill tool."""
        self.tolerance = self.number(
            self.tr("Tolerance"), (0, 255), lambda v: self.choose(tolerance=int(v)),
            tip=self.tr("How different a colour may be and still be filled"),
        )  # fmt: skip
        self.contiguous = self.pill(self.tr("Contiguous"), "contiguous")
        self.all_layers = self.pill(
            self.tr("All layers"), "sample_all", self.tr("Look at what is seen")
        )

    def refresh(self) -> None:
        """Show the choices."""
        self.tolerance.setValue(self.state.choices.tolerance)
        self.contiguous.setChecked(self.state.choices.contiguous)
        self.all_layers.setChecked(self.state.choices.sample_all)


class GradientPage(Page):
    """Linear or radial, to the second colour or to nothing."""

    def build(self) -> None:
        """Add the controls of the gradient tool."""
        self.shape = self.segments(
            [("linear", self.tr("Linear")), ("radial", self.tr("Radial"))],
            "gradient",
            self.tr("Shape of the gradient"),
        )
        self.fade = self.pill(self.tr("To transparent"), "to_transparent")

    def refresh(self) -> None:
        """Show the choices."""
        self.shape.setCurrent(self.state.choices.gradient)
        self.fade.setChecked(self.state.choices.to_transparent)


class EyedropperPage(Page):
    """The size of the square of which the mean is taken."""

    def build(self) -> None:
        """Add the control of the eyedropper."""
        self.side = Segmented(
            [("1", "1 px"), ("3", "3 px"), ("5", "5 px"), ("11", "11 px")],
            accessible_name=self.tr("Sample size"),
        )
        self.side.currentChanged.connect(lambda key: self.choose(sample_size=int(key)))
        self.row.addWidget(self.side)

    def refresh(self) -> None:
        """Show the choice."""
        self.side.setCurrent(str(self.state.choices.sample_size))


class SelectPage(Page):
    """How a new shape joins the selection, its feather and growth, and the wand's tolerance."""

    def build(self) -> None:
        """Add the controls of selecting."""
        self.mode = self.segments(
            [
                ("replace", self.tr("New")),
                ("add", self.tr("Add")),
                ("subtract", self.tr("Subtract")),
                ("intersect", self.tr("Both")),
            ],
            "mode",
            self.tr("What a new shape does"),
        )
        self.mode.setToolTip(self.tr("Shift adds, Alt subtracts, both keep what lies in both"))
        self.feather = self.number(
            self.tr("Feather"), (0, 250), lambda v: self.choose(feather=int(v)), unit="px",
            tip=self.tr("How softly the edge fades"),
        )  # fmt: skip
        self.grow = self.number(
            self.tr("Grow"), (-250, 250), lambda v: self.choose(grow=int(v)), unit="px",
            tip=self.tr("How far the shape is made larger, or smaller"),
        )  # fmt: skip
        self.tolerance = self.number(
            self.tr("Tolerance"), (0, 255), lambda v: self.choose(tolerance=int(v)),
            tip=self.tr("How different a colour may be and still be selected"),
        )  # fmt: skip
        self.contiguous = self.pill(self.tr("Contiguous"), "contiguous")
        self.all_layers = self.pill(self.tr("All layers"), "sample_all")

    def show_tool(self, name: str) -> None:
        """Show what belongs to a tool."""
        by_colour = name in ("wand", "colour_range")
        for control in (self.tolerance, self.all_layers):
            control.setVisible(by_colour)
        self.contiguous.setVisible(name == "wand")

    def refresh(self) -> None:
        """Show the choices."""
        choices = self.state.choices
        self.mode.setCurrent(choices.mode)
        self.feather.setValue(choices.feather)
        self.grow.setValue(choices.grow)
        self.tolerance.setValue(choices.tolerance)
        self.contiguous.setChecked(choices.contiguous)
        self.all_layers.setChecked(choices.sample_all)


class TextPage(Page):
    """Font, size, bold and italic."""

    def build(self) -> None:
        """Add the controls of the text tool."""
        self.family = QFontComboBox()
        self.family.setProperty("size", "small")
        self.family.setAccessibleName(self.tr("Font"))
        self.family.setFixedWidth(170)
        self.family.currentFontChanged.connect(lambda font: self.choose(font_family=font.family()))
        self.row.addWidget(self.family)
        self.size_field = self.number(
            self.tr("Size"), (4, 2000), lambda v: self.choose(font_size=int(v)), unit="px"
        )
        self.bold = self.pill(self.tr("Bold"), "bold")
        self.italic = self.pill(self.tr("Italic"), "italic")

    def refresh(self) -> None:
        """Show the choices."""
        choices = self.state.choices
        if choices.font_family:
            with QSignalBlocker(self.family):
                self.family.setCurrentFont(QFont(choices.font_family))
        self.size_field.setValue(choices.font_size)
        self.bold.setChecked(choices.bold)
        self.italic.setChecked(choices.italic)


class _OpenPage(Page):
    """What a tool shows that works until Enter."""

    hint = ""

    def add_ends(self) -> None:
        """Add Apply and Cancel."""
        self.apply_button = QPushButton(self.tr("Apply"))
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setProperty("role", "quiet")
        self.apply_button.setToolTip(self.tr("Apply (Enter)"))
        self.cancel_button.setToolTip(self.tr("Cancel (Esc)"))
        for button in (self.apply_button, self.cancel_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.row.addWidget(button)
        self.apply_button.clicked.connect(lambda: self._tool().finish())
        self.cancel_button.clicked.connect(lambda: self._tool().cancel())

    def _tool(self) -> Any:
        return self.toolbox.tool(self.toolbox.current)


class CropPage(_OpenPage):
    """Aspect ratio and the guides inside the frame."""

    def build(self) -> None:
        """Add the controls of the crop tool."""
        self.ratio = QComboBox()
        self.ratio.setProperty("size", "small")
        self.ratio.setAccessibleName(self.tr("Aspect ratio"))
        for title, ratio in (
            (self.tr("Free"), 0.0),
            (self.tr("As it is"), -1.0),
            ("1 : 1", 1.0),
            ("4 : 3", 4 / 3),
            ("3 : 2", 1.5),
            ("16 : 9", 16 / 9),
            ("3 : 4", 0.75),
            ("2 : 3", 2 / 3),
            ("9 : 16", 9 / 16),
        ):
            self.ratio.addItem(title, ratio)
        self.ratio.activated.connect(lambda _: self._tool().set_ratio(self.ratio.currentData()))
        self.row.addWidget(self.ratio)
        self.add_ends()


class TransformPage(_OpenPage):
    """Free or in perspective, flips, quarter turns."""

    def build(self) -> None:
        """Add the controls of the transform tool."""
        self.kind = Segmented(
            [("free", self.tr("Free")), ("perspective", self.tr("Perspective"))],
            accessible_name=self.tr("Kind of transform"),
        )
        self.kind.currentChanged.connect(lambda key: self._tool().set_kind(key))
        self.row.addWidget(self.kind)
        for icon, tip, what in (
            ("mirror", self.tr("Flip left and right"), "flip_across"),
            ("flip", self.tr("Flip above and below"), "flip_along"),
            ("undo", self.tr("Turn left by 90 degrees"), "turn_left"),
            ("redo", self.tr("Turn right by 90 degrees"), "turn_right"),
        ):
            button = IconButton(icon, tip, size=28)
            button.clicked.connect(lambda _=False, what=what: getattr(self._tool(), what)())
            self.row.addWidget(button)
        self.add_ends()


class HandPage(Page):
    """Says how to move about."""

    def build(self) -> None:
        """Add the words."""
        words = QLabel(self.tr("Wheel zooms, Space and a drag pans, 4 and 6 turn"))
        set_role(words, "faint")
        self.row.addWidget(words)


class MovePage(Page):
    """Says what a drag does."""

    def build(self) -> None:
        """Add the words."""
        words = QLabel(self.tr("Drag moves the layer, Ctrl and arrow keys by single pixels"))
        set_role(words, "faint")
        self.row.addWidget(words)


class UncropPage(Page):
    """Says what a drag does."""

    def build(self) -> None:
        """Add the words."""
        words = QLabel(
            self.tr(
                "Drag an edge outwards, Shift for both sides; arrow keys push, Shift pulls back"
            )
        )
        set_role(words, "faint")
        self.row.addWidget(words)


PAGES: dict[str, type[Page]] = {
    "none": Page,
    "stroke": StrokePage,
    "select": SelectPage,
    "fill": FillPage,
    "gradient": GradientPage,
    "eyedropper": EyedropperPage,
    "text": TextPage,
    "crop": CropPage,
    "transform": TransformPage,
    "hand": HandPage,
    "move": MovePage,
    "uncrop": UncropPage,
}

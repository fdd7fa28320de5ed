"""What the artist has chosen for painting: brushes, colours, how to select and to fill."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.painting.brush import MAX_SIZE, Brush

Colour = tuple[int, int, int]
SelectionMode = Literal["replace", "add", "subtract", "intersect"]

MOST_RECENT = 12
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)

BRUSHES = {
    "brush": Brush(),
    "eraser": Brush(size=48),
    "clone": Brush(size=64, hardness=0.5),
    "smudge": Brush(size=48, hardness=0.4, flow=0.6, pressure_flow=True),
    "quick_mask": Brush(size=64),
}


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """How fills, gradients, selections and guides behave.

    ``tolerance`` is the largest difference of a channel in 0 .. 255; ``feather`` and ``grow`` are
    px; ``turns`` is how often symmetry repeats a stroke around the middle.
    """

    tolerance: int = 32
    contiguous: bool = True
    sample_all: bool = True
    gradient: Literal["linear", "radial"] = "linear"
    to_transparent: bool = False
    mode: SelectionMode = "replace"
    feather: int = 0
    grow: int = 0
    antialias: bool = True
    mirror_across: bool = False
    mirror_along: bool = False
    turns: int = 1
    sample_size: int = 1
    font_family: str = ""
    font_size: int = 64
    bold: bool = False
    italic: bool = False


class PaintState(QObject):
    """Holds the choices and tells when they change.

    Signals: ``brush_changed(str)`` names a tool, ``colours_changed``, ``choices_changed``,
    ``quick_mask_changed(bool)``.
    """

    brush_changed = Signal(str)
    colours_changed = Signal()
    choices_changed = Signal()
    quick_mask_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._brushes: dict[str, Brush] = dict(BRUSHES)
        self.choices = Choices()
        self.foreground: Colour = BLACK
        self.background: Colour = WHITE
        self.recent: list[Colour] = []
        self.quick_mask = False

    def brush(self, tool: str) -> Brush:
        """Return the brush of a tool."""
        return self._brushes[tool]

    def change_brush(self, tool: str, **changes: Any) -> None:
        """Give a tool's brush other properties, kept within their limits."""
        if "size" in changes:
            changes["size"] = min(max(float(changes["size"]), 1.0), MAX_SIZE)
        brush = msgspec.structs.replace(self._brushes[tool], **changes)
        if brush != self._brushes[tool]:
            self._brushes[tool] = brush
            self.brush_changed.emit(tool)

    def step_size(self, tool: str, steps: int) -> None:
        """Make a tool's brush larger or smaller by steps of about a tenth, at least 1 px."""
        size = self._brushes[tool].size
        for _ in range(abs(steps)):
            size = size * 1.1 if steps > 0 else size / 1.1
        size = round(size)
        if size == round(self._brushes[tool].size):
            size += 1 if steps > 0 else -1
        self.change_brush(tool, size=size)

    def change(self, **changes: Any) -> None:
        """Change how fills, selections and guides behave."""
        choices = msgspec.structs.replace(self.choices, **changes)
        if choices != self.choices:
            self.choices = choices
            self.choices_changed.emit()

    def set_foreground(self, colour: Colour) -> None:
        """Choose the colour to paint with."""
        if colour != self.foreground:
            self.foreground = colour
            self.colours_changed.emit()

    def set_background(self, colour: Colour) -> None:
        """Choose the second colour."""
        if colour != self.background:
            self.background = colour
            self.colours_changed.emit()

    def swap_colours(self) -> None:
        """Exchange the two colours."""
        self.foreground, self.background = self.background, self.foreground
        self.colours_changed.emit()

    def default_colours(self) -> None:
        """Go back to black on white."""
        self.foreground, self.background = BLACK, WHITE
        self.colours_changed.emit()

    def note_used(self, colour: Colour) -> None:
        """Remember a colour that was painted with."""
        if self.recent[:1] == [colour]:
            return
        self.recent = [colour, *(one for one in self.recent if one != colour)][:MOST_RECENT]
        self.colours_changed.emit()

    def set_quick_mask(self, on: bool) -> None:
        """Let brush and eraser paint the selection in place of the layer."""
        if on != self.quick_mask:
            self.quick_mask = on
            self.quick_mask_changed.emit(on)

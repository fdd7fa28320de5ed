"""The eyedropper: takes a colour from the picture."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, Qt

from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext


class EyedropperTool(Tool):
    """Takes the foreground colour, with Shift the background colour, while the button is held."""

    def press(self, pointer: Pointer) -> bool:
        """Take the colour under the pointer."""
        self.move(pointer)
        return True

    def move(self, pointer: Pointer) -> None:
        """Take the colour under the pointer."""
        shift = pointer.has(Qt.KeyboardModifier.ShiftModifier)
        pick(self.context, pointer.point, background=shift)


def pick(context: ToolContext, point: QPointF, *, background: bool = False) -> bool:
    """Take the colour at a point (document px); False where nothing is painted.

    The mean of a square of ``Choices.sample_size`` px, of what is seen or of the active layer.
    """
    from studio.ui.canvas.merged import colour_of

    side = context.state.choices.sample_size
    area = QRect(int(point.x()) - side // 2, int(point.y()) - side // 2, side, side)
    area &= QRect(0, 0, context.document.width, context.document.height)
    if area.isEmpty():
        return False
    image = context.compositor.compose_area(area)
    colour = colour_of(image)
    if colour is None:
        return False
    if background:
        context.state.set_background(colour)
    else:
        context.state.set_foreground(colour)
    return True

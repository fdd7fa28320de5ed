"""Moves the active layer."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPointF, Qt

from studio.document import Batch, ChangeLayer, ImageDocument, Layer, descendants
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext


class MoveTool(Tool):
    """Drags the active layer; the document learns of it once, on release."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._start: QPointF | None = None
        self._layer: Layer | None = None
        self._shift = (0, 0)

    def press(self, pointer: Pointer) -> bool:
        """Take hold of the active layer, unless it is locked."""
        layer = self.context.active.layer()
        if layer is None or layer.locked:
            return False
        self._layer, self._start, self._shift = layer, pointer.point, (0, 0)
        return True

    def move(self, pointer: Pointer) -> None:
        """Show the layer at its new place."""
        if self._start is None or self._layer is None:
            return
        delta = pointer.point - self._start
        shift = (round(delta.x()), round(delta.y()))
        if shift != self._shift:
            self._shift = shift
            moved = moved_layers(self.context.document, self._layer, *shift)
            self.context.compositor.show_instead(*moved)

    def release(self, pointer: Pointer) -> None:
        """Move the layer in the document: one undo step."""
        self.move(pointer)
        layer, shift = self._layer, self._shift
        if layer is not None and shift != (0, 0):
            self.context.apply(moving(self.context.document, layer, *shift))
        self.cancel()

    def cancel(self) -> None:
        """Leave the layer where the document has it."""
        self._start, self._layer, self._shift = None, None, (0, 0)
        self.context.compositor.stop_showing_instead()


def moved_layers(document: ImageDocument, layer: Layer, dx: int, dy: int) -> list[Layer]:
    """Return a layer, and all that lies in it or cuts it, moved by (dx, dy) document px."""
    moving_too = (layer, *descendants(document.layers, layer.id))
    return [msgspec.structs.replace(one, x=one.x + dx, y=one.y + dy) for one in moving_too]


def moving(document: ImageDocument, layer: Layer, dx: int, dy: int) -> Batch:
    """Return the one undo step that moves a layer by (dx, dy) document px."""
    changes = [
        ChangeLayer(layer_id=one.id, changes=one) for one in moved_layers(document, layer, dx, dy)
    ]
    return Batch(label=f"Move {layer.name}", operations=tuple(changes))

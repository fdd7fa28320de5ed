"""What the left mouse button does on the canvas: one class a tool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec
from PySide6.QtCore import QPointF, Qt

from studio.core.errors import StudioError
from studio.document import ChangeLayer, ImageDocument, Layer
from studio.ui.canvas.active_layer import ActiveLayer
from studio.ui.canvas.compositor import Compositor


class Tool(Protocol):
    """Takes the pointer in document pixels, from press to release."""

    cursor: Qt.CursorShape

    def press(self, point: QPointF) -> bool:
        """Begin; False when there is nothing to do here."""

    def move(self, point: QPointF) -> None:
        """Go on."""

    def release(self, point: QPointF) -> None:
        """End: what was done becomes one undo step."""

    def cancel(self) -> None:
        """Give up: as if nothing had happened."""


class MoveTool:
    """Drags the active layer; the document learns of it once, on release."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(
        self,
        document: ImageDocument,
        active: ActiveLayer,
        compositor: Compositor,
        report: Callable[[StudioError], None],
    ) -> None:
        self._report = report
        self._document = document
        self._active = active
        self._compositor = compositor
        self._start: QPointF | None = None
        self._layer: Layer | None = None
        self._shift = (0, 0)

    def press(self, point: QPointF) -> bool:
        """Take hold of the active layer, unless it is locked."""
        layer = self._active.layer()
        if layer is None or layer.locked:
            return False
        self._layer, self._start, self._shift = layer, point, (0, 0)
        return True

    def move(self, point: QPointF) -> None:
        """Show the layer at its new place."""
        if self._start is None or self._layer is None:
            return
        delta = point - self._start
        shift = (round(delta.x()), round(delta.y()))
        if shift != self._shift:
            self._shift = shift
            self._compositor.show_instead(_moved(self._layer, *shift))

    def release(self, point: QPointF) -> None:
        """Move the layer in the document: one undo step."""
        self.move(point)
        layer, shift = self._layer, self._shift
        try:
            if layer is not None and shift != (0, 0):
                move_layer(self._document, layer, *shift)
        except StudioError as error:
            self._report(error)
        finally:
            self.cancel()

    def cancel(self) -> None:
        """Leave the layer where the document has it."""
        self._start, self._layer, self._shift = None, None, (0, 0)
        self._compositor.stop_showing_instead()


def move_layer(document: ImageDocument, layer: Layer, dx: int, dy: int) -> None:
    """Move a layer by (dx, dy) document pixels: one undo step."""
    document.apply(ChangeLayer(layer_id=layer.id, changes=_moved(layer, dx, dy)))


def _moved(layer: Layer, dx: int, dy: int) -> Layer:
    return msgspec.structs.replace(layer, x=layer.x + dx, y=layer.y + dy)

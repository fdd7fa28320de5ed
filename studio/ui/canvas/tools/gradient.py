"""The gradient tool: drag a line from one colour to the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QGradient,
    QLinearGradient,
    QPainter,
    QPen,
    QRadialGradient,
)

from studio.document import ImageSnapshot, Operation
from studio.ui.canvas import layer_edits
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext

if TYPE_CHECKING:
    from studio.app.painting.filling import Gradient
    from studio.ui.canvas.viewport import Viewport

_SHORTEST = 2.0  # px


class GradientTool(Tool):
    """Shows the gradient while it is dragged; Shift keeps the line at steps of 45 degrees."""

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._line: QLineF | None = None
        self._layer_id = ""

    def press(self, pointer: Pointer) -> bool:
        """Begin the line."""
        if self.context.active.layer() is None:
            layer_edits.add_empty(self.context.document, None)
        layer = self.context.paintable()
        if layer is None:
            return False
        self._layer_id = layer.id
        self._line = QLineF(pointer.point, pointer.point)
        return True

    def move(self, pointer: Pointer) -> None:
        """Drag the line's end."""
        if self._line is None:
            return
        self._line.setP2(pointer.point)
        if pointer.has(Qt.KeyboardModifier.ShiftModifier):
            self._line.setAngle(round(self._line.angle() / 45) * 45)
        self.context.view.update()

    def release(self, pointer: Pointer) -> None:
        """Paint the gradient: one undo step."""
        self.move(pointer)
        line, self._line = self._line, None
        self.context.view.update()
        if line is not None and line.length() >= _SHORTEST:
            self.context.state.note_used(self.context.state.foreground)
            work = partial(gradient_operation, self._layer_id, self._gradient(line))
            self.context.in_background(work)

    def cancel(self) -> None:
        """Forget the line."""
        self._line = None
        self.context.view.update()

    def _gradient(self, line: QLineF) -> Gradient:
        from studio.app.painting.filling import Gradient

        state = self.context.state
        last = (*state.foreground, 0) if state.choices.to_transparent else (*state.background, 255)
        return Gradient(
            (line.x1(), line.y1()),
            (line.x2(), line.y2()),
            (*state.foreground, 255),
            last,
            radial=state.choices.gradient == "radial",
        )

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint the gradient over the canvas, and the line."""
        line = self._line
        if line is None or line.length() < _SHORTEST:
            return
        state, document = self.context.state, self.context.document
        gradient: QGradient
        if state.choices.gradient == "radial":
            gradient = QRadialGradient(line.p1(), line.length())
        else:
            gradient = QLinearGradient(line.p1(), line.p2())
        first = QColor(*state.foreground)
        last = QColor(*state.background)
        if state.choices.to_transparent:
            last = QColor(first)
            last.setAlpha(0)
        gradient.setColorAt(0, first)
        gradient.setColorAt(1, last)
        painter.save()
        painter.setTransform(viewport.transform(), True)
        area = QRectF(0, 0, document.width, document.height)
        bounds = document.selection.bounds()
        if bounds is not None:
            area &= QRectF(*bounds)
        painter.setOpacity(0.85)
        painter.fillRect(area, QBrush(gradient))
        painter.restore()
        ends = [viewport.to_view(line.p1()), viewport.to_view(line.p2())]
        paint_handle_line(painter, *ends)


def paint_handle_line(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """Paint a line with round ends that is seen on any ground; logical px."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, wide in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255, 230), 1.2)):
        painter.setPen(QPen(colour, wide))
        painter.drawLine(start, end)
        for place in (start, end):
            painter.drawEllipse(place, 4, 4)


def gradient_operation(layer_id: str, gradient: Gradient, picture: ImageSnapshot) -> Operation:
    """Return the operation that lays a gradient over a layer."""
    from studio.app.painting.filling import GradientPaint, fill

    keep = picture.layer(layer_id).alpha_locked
    return fill(
        picture,
        layer_id,
        None,
        lambda origin: GradientPaint(gradient, origin, keep_alpha=keep),
        "Gradient",
    )

"""The crop tool: a frame that becomes the canvas; outside of it the canvas grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath

from studio.document import MAX_CANVAS_SIDE, ImageSnapshot, Operation
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext
from studio.ui.canvas.tools.handles import hit, midpoints, paint_frame

if TYPE_CHECKING:
    from studio.ui.canvas.viewport import Viewport

_MOVE = 8
_NEW = 9


class CropTool(Tool):
    """Drag handles, the inside, or a new frame; arrow keys move it, Enter crops, Esc does not."""

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._frame: QRectF | None = None
        self._grip = -1
        self._start = QPointF()
        self._before = QRectF()
        self._ratio = 0.0

    @property
    def busy(self) -> bool:  # type: ignore[override]
        """Whether a frame differs from the canvas."""
        return self._frame is not None and self._frame != self._canvas()

    def _canvas(self) -> QRectF:
        return QRectF(0, 0, self.context.document.width, self.context.document.height)

    def frame(self) -> QRectF:
        """Return the frame in document px."""
        return QRectF(self._frame) if self._frame is not None else self._canvas()

    def set_frame(self, frame: QRectF) -> None:
        """Show another frame, on whole px and of a possible size."""
        left, top = round(frame.left()), round(frame.top())
        width = min(max(round(frame.width()), 1), MAX_CANVAS_SIDE)
        height = min(max(round(frame.height()), 1), MAX_CANVAS_SIDE)
        self._frame = QRectF(left, top, width, height)
        self.context.view.update()

    def set_ratio(self, ratio: float) -> None:
        """Keep a ratio of width to height: 0 for any, -1 for that of the canvas."""
        canvas = self._canvas()
        self._ratio = canvas.width() / canvas.height() if ratio < 0 else ratio
        if self._ratio > 0:
            width, height = canvas.width(), canvas.height()
            if width / height > self._ratio:
                width = height * self._ratio
            else:
                height = width / self._ratio
            box = QRectF(0, 0, width, height)
            box.moveCenter(canvas.center())
            self.set_frame(box)

    def _corners(self) -> list[QPointF]:
        frame, viewport = self.frame(), self.context.view.viewport
        points = (frame.topLeft(), frame.topRight(), frame.bottomRight(), frame.bottomLeft())
        return [viewport.to_view(point) for point in points]

    def press(self, pointer: Pointer) -> bool:
        """Take hold of a handle, of the frame, or begin another one."""
        corners = self._corners()
        self._before, self._start = self.frame(), pointer.point
        self._grip = hit(pointer.place, [*corners, *midpoints(corners)])
        if self._grip < 0:
            whole = self._frame is None or self._frame == self._canvas()
            inside = self.frame().contains(pointer.point)
            self._grip = _MOVE if inside and not whole else _NEW
        return True

    def move(self, pointer: Pointer) -> None:
        """Drag."""
        delta = pointer.point - self._start
        box = QRectF(self._before)
        if self._grip == _MOVE:
            box.translate(delta)
        elif self._grip == _NEW:
            box = QRectF(self._start, pointer.point).normalized()
            box = self._with_ratio(box, self._start, pointer)
        elif self._grip < 0:
            return
        else:
            box = self._dragged(box, delta, pointer)
        self.set_frame(box)

    def _dragged(self, box: QRectF, delta: QPointF, pointer: Pointer) -> QRectF:
        left, right = self._grip in (0, 3, 7), self._grip in (1, 2, 5)
        top, bottom = self._grip in (0, 1, 4), self._grip in (2, 3, 6)
        if left:
            box.setLeft(min(box.left() + delta.x(), box.right() - 1))
        if right:
            box.setRight(max(box.right() + delta.x(), box.left() + 1))
        if top:
            box.setTop(min(box.top() + delta.y(), box.bottom() - 1))
        if bottom:
            box.setBottom(max(box.bottom() + delta.y(), box.top() + 1))
        fixed = QPointF(box.right() if left else box.left(), box.bottom() if top else box.top())
        return self._with_ratio(box, fixed, pointer) if self._grip < 4 else box

    def _with_ratio(self, box: QRectF, fixed: QPointF, pointer: Pointer) -> QRectF:
        """Keep the ratio (Shift: that of the frame before) with the corner ``fixed`` in place."""
        ratio = self._ratio
        if pointer.has(Qt.KeyboardModifier.ShiftModifier) and self._before.height():
            ratio = self._before.width() / self._before.height()
        if ratio <= 0 or box.isEmpty():
            return box
        width = max(box.width(), box.height() * ratio)
        height = width / ratio
        left = fixed.x() if box.center().x() >= fixed.x() else fixed.x() - width
        top = fixed.y() if box.center().y() >= fixed.y() else fixed.y() - height
        return QRectF(left, top, width, height)

    def release(self, pointer: Pointer) -> None:
        """Leave the frame where it is."""
        self.move(pointer)
        self._grip = -1

    def cancel(self) -> None:
        """Forget the frame."""
        self._frame, self._grip = None, -1
        self.context.view.update()

    def finish(self) -> None:
        """Make the frame the canvas: one undo step."""
        if not self.busy:
            return
        frame = self.frame().toRect()
        self.cancel()

        def work(picture: ImageSnapshot) -> Operation:
            from studio.app.painting.canvas_size import framed

            return framed(picture, frame.left(), frame.top(), frame.width(), frame.height(), "Crop")

        self.context.in_background(work)

    def key(self, event: QKeyEvent) -> bool:
        """Arrow keys move the frame, with Shift by 10 px."""
        far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
        steps = {
            Qt.Key.Key_Left: (-far, 0),
            Qt.Key.Key_Right: (far, 0),
            Qt.Key.Key_Up: (0, -far),
            Qt.Key.Key_Down: (0, far),
        }
        if not self.busy or event.key() not in steps:
            return False
        self.set_frame(self.frame().translated(*steps[Qt.Key(event.key())]))
        return True

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint the frame, darker around it."""
        corners = self._corners()
        if self.busy:
            around = QPainterPath()
            around.addRect(QRectF(self.context.view.rect()))
            inside = QPainterPath(corners[0])
            for corner in corners[1:]:
                inside.lineTo(corner)
            inside.closeSubpath()
            painter.fillPath(around.subtracted(inside), QColor(0, 0, 0, 130))
        paint_frame(painter, corners, [*corners, *midpoints(corners)], thirds=self.busy)

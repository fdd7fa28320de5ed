"""The uncrop tool: drags the edges of the canvas outwards; what is added is made by Generate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPolygonF

from studio.ui.canvas.margins import Margins, MarginState
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext
from studio.ui.canvas.tools.handles import hit, midpoints, paint_frame

if TYPE_CHECKING:
    from studio.ui.canvas.viewport import Viewport

_STEP = 8  # px that an arrow key adds
# Which sides the handles pull: corners clockwise from the upper left, then the middles from above.
_LEFT, _TOP, _RIGHT, _BOTTOM = (0, 3, 7), (0, 1, 4), (1, 2, 5), (2, 3, 6)


class UncropTool(Tool):
    """Drag a handle outwards; with Shift the opposite side goes along. Arrow keys push an edge
    outwards, with Shift back inwards. Nothing happens to the picture before Generate.
    """

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._grip = -1
        self._start = QPointF()
        self._before = Margins()
        self._state.changed.connect(self.context.view.update)

    @property
    def _state(self) -> MarginState:
        return self.context.margins

    def _frame(self) -> QRectF:
        document, margins = self.context.document, self._state.now
        return QRectF(0, 0, document.width, document.height).adjusted(
            -margins.left, -margins.top, margins.right, margins.bottom
        )

    def _corners(self) -> list[QPointF]:
        frame, viewport = self._frame(), self.context.view.viewport
        points = (frame.topLeft(), frame.topRight(), frame.bottomRight(), frame.bottomLeft())
        return [viewport.to_view(point) for point in points]

    def press(self, pointer: Pointer) -> bool:
        """Take hold of a handle."""
        corners = self._corners()
        self._grip = hit(pointer.place, [*corners, *midpoints(corners)])
        self._start, self._before = pointer.point, self._state.now
        return self._grip >= 0

    def move(self, pointer: Pointer) -> None:
        """Drag."""
        if self._grip < 0:
            return
        delta, before = pointer.point - self._start, self._before
        both = pointer.has(Qt.KeyboardModifier.ShiftModifier)
        across = -delta.x() if self._grip in _LEFT else delta.x()
        down = -delta.y() if self._grip in _TOP else delta.y()
        left = self._grip in _LEFT or (both and self._grip in _RIGHT)
        right = self._grip in _RIGHT or (both and self._grip in _LEFT)
        top = self._grip in _TOP or (both and self._grip in _BOTTOM)
        bottom = self._grip in _BOTTOM or (both and self._grip in _TOP)
        self._state.set(
            Margins(
                before.left + round(across) * left,
                before.top + round(down) * top,
                before.right + round(across) * right,
                before.bottom + round(down) * bottom,
            )
        )

    def release(self, pointer: Pointer) -> None:
        """Leave the margins where they are."""
        self.move(pointer)
        self._grip = -1

    def cancel(self) -> None:
        """Put the margins back where they were."""
        if self._grip >= 0:
            self._grip = -1
            self._state.set(self._before)

    def key(self, event: QKeyEvent) -> bool:
        """Push an edge with an arrow key."""
        back = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        step = -_STEP if back else _STEP
        now = self._state.now
        pushed = {
            Qt.Key.Key_Left: now._replace(left=now.left + step),
            Qt.Key.Key_Up: now._replace(top=now.top + step),
            Qt.Key.Key_Right: now._replace(right=now.right + step),
            Qt.Key.Key_Down: now._replace(bottom=now.bottom + step),
        }
        if event.key() not in pushed:
            return False
        self._state.set(pushed[Qt.Key(event.key())])
        return True

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint the frame, and lightly what will be added."""
        corners = self._corners()
        document = self.context.document
        canvas = QPolygonF(QRectF(0, 0, document.width, document.height))
        added, inside = QPainterPath(), QPainterPath()
        added.addPolygon(QPolygonF([*corners, corners[0]]))
        inside.addPolygon(viewport.transform().map(canvas))
        painter.fillPath(added.subtracted(inside), QColor(255, 255, 255, 36))
        paint_frame(painter, corners, [*corners, *midpoints(corners)], thirds=False)

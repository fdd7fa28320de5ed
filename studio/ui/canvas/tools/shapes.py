"""Tools that select by drawing a shape: rectangle, ellipse, lasso, polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPen

from studio.document import Select
from studio.ui.canvas.paint_state import SelectionMode
from studio.ui.canvas.tools.base import Pointer, Tool, ToolContext

if TYPE_CHECKING:
    from studio.app.selecting.masks import Placed
    from studio.document import ImageSnapshot, Operation
    from studio.ui.canvas.viewport import Viewport

_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_SMALLEST = 2.0  # logical px: a shorter drag is a click, which selects nothing
_CLOSE = 10.0  # logical px from the first corner at which a click closes a polygon


def mode_of(context: ToolContext, pointer: Pointer) -> SelectionMode:
    """Return what a shape does: Shift adds, Alt subtracts, both keep what lies in both."""
    shift, alt = pointer.has(_SHIFT), pointer.has(_ALT)
    if shift and alt:
        return "intersect"
    if shift:
        return "add"
    return "subtract" if alt else context.state.choices.mode


class ShapeTool(Tool):
    """Draws an outline with the mouse; on release it joins the selection: one undo step."""

    label = "Select"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._mode: SelectionMode = "replace"

    def select(self, shape: Placed) -> None:
        """Join a shape with the selection, in the background."""
        choices, mode, label = self.context.state.choices, self._mode, self.label

        def work(picture: ImageSnapshot) -> Operation:
            from studio.app.selecting.choosing import select_shape

            return select_shape(
                picture, shape, mode, feather=choices.feather, grow=choices.grow, label=label
            )

        self.context.in_background(work)

    def select_nothing(self) -> None:
        """A click beside everything takes the selection away."""
        if self._mode == "replace" and not self.context.document.selection.is_empty:
            self.context.apply(Select(tiles={}, label=self.context.view.tr("Select nothing")))

    def outline(self) -> QPainterPath | None:
        """Return what is being drawn, in document px."""
        return None

    def paint(self, painter: QPainter, viewport: Viewport) -> None:
        """Paint what is being drawn."""
        path = self.outline()
        if path is None:
            return
        shown = viewport.transform().map(path)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(0, 0, 0, 170), 1.5))
        painter.drawPath(shown)
        painter.setPen(QPen(QColor(255, 255, 255), 1.5, Qt.PenStyle.DashLine))
        painter.drawPath(shown)


class RectangleTool(ShapeTool):
    """Drags a box. Shift pressed during the drag makes it a square, Alt grows it from its middle.

    (Held before the press, they say whether it adds or subtracts.)
    """

    label = "Select rectangle"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._start: QPointF | None = None
        self._box = QRectF()
        self._held_before = Qt.KeyboardModifier.NoModifier
        self._place = QPointF()

    def press(self, pointer: Pointer) -> bool:
        """Begin at a corner."""
        self._mode = mode_of(self.context, pointer)
        self._held_before = pointer.modifiers
        self._start, self._place = pointer.point, pointer.place
        self._box = QRectF(pointer.point, pointer.point)
        return True

    def move(self, pointer: Pointer) -> None:
        """Drag the opposite corner."""
        if self._start is None:
            return
        now = pointer.modifiers & ~self._held_before
        delta = pointer.point - self._start
        if now & _SHIFT:
            side = max(abs(delta.x()), abs(delta.y()))
            delta = QPointF(side if delta.x() >= 0 else -side, side if delta.y() >= 0 else -side)
        first = self._start - delta if now & _ALT else self._start
        self._box = QRectF(first, self._start + delta).normalized()
        self.context.view.update()

    def release(self, pointer: Pointer) -> None:
        """Select the box; a mere click selects nothing."""
        self.move(pointer)
        far = (pointer.place - self._place).manhattanLength() >= _SMALLEST
        box, self._start = self._box, None
        self.context.view.update()
        if far and box.width() >= 0.5 and box.height() >= 0.5:
            self.select(self.shape(box))
        else:
            self.select_nothing()

    def cancel(self) -> None:
        """Forget the box."""
        self._start = None
        self.context.view.update()

    def shape(self, box: QRectF) -> Placed:
        """Return the mask of a box in document px."""
        from studio.app.selecting.masks import rectangle

        canvas = QRectF(0, 0, self.context.document.width, self.context.document.height)
        box = box & canvas
        return rectangle(box.left(), box.top(), box.right(), box.bottom())

    def outline(self) -> QPainterPath | None:
        """Return the box."""
        if self._start is None:
            return None
        path = QPainterPath()
        self.add_to(path, self._box)
        return path

    def add_to(self, path: QPainterPath, box: QRectF) -> None:
        """Add the shape of a box to a path."""
        path.addRect(box)


class EllipseTool(RectangleTool):
    """Drags the box around an ellipse."""

    label = "Select ellipse"

    def shape(self, box: QRectF) -> Placed:
        """Return the mask of the ellipse in a box."""
        from studio.app.selecting.masks import ellipse

        return ellipse(box.left(), box.top(), box.right(), box.bottom())

    def add_to(self, path: QPainterPath, box: QRectF) -> None:
        """Add the ellipse."""
        path.addEllipse(box)


class LassoTool(ShapeTool):
    """Draws a free outline, closed on release."""

    label = "Select with the lasso"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self.points: list[QPointF] = []

    def press(self, pointer: Pointer) -> bool:
        """Begin the line."""
        self._mode = mode_of(self.context, pointer)
        self.points = [pointer.point]
        return True

    def move(self, pointer: Pointer) -> None:
        """Draw on."""
        self.points.append(pointer.point)
        self.context.view.update()

    def release(self, pointer: Pointer) -> None:
        """Close the line and select what lies inside."""
        points, self.points = self.points, []
        self.context.view.update()
        self.take(points)

    def take(self, points: list[QPointF]) -> None:
        """Select the inside of a closed line."""
        from studio.app.selecting.masks import polygon

        corners = [(point.x(), point.y()) for point in points]
        wide = max(x for x, _ in corners) - min(x for x, _ in corners)
        high = max(y for _, y in corners) - min(y for _, y in corners)
        if len(corners) < 3 or wide < 0.5 or high < 0.5:
            self.select_nothing()
        else:
            limit = 4 * 32768.0
            inside = [(min(max(x, -limit), limit), min(max(y, -limit), limit)) for x, y in corners]
            self.select(polygon(inside))

    def cancel(self) -> None:
        """Forget the line."""
        self.points = []
        self.context.view.update()

    def outline(self) -> QPainterPath | None:
        """Return the line so far."""
        if not self.points:
            return None
        path = QPainterPath(self.points[0])
        for point in self.points[1:]:
            path.lineTo(point)
        return path


class PolygonTool(LassoTool):
    """Sets corners by clicks; a double click, Enter or a click on the first one closes it.

    Backspace takes the last corner back, Esc all of them.
    """

    label = "Select polygon"

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context)
        self._hover: QPointF | None = None

    @property
    def busy(self) -> bool:  # type: ignore[override]
        """Whether corners were set."""
        return bool(self.points)

    def press(self, pointer: Pointer) -> bool:
        """Set a corner, or close the polygon."""
        if not self.points:
            self._mode = mode_of(self.context, pointer)
        elif pointer.double or self._at_start(pointer):
            self.finish()
            return False
        self.points.append(pointer.point)
        self.context.view.update()
        return False

    def _at_start(self, pointer: Pointer) -> bool:
        first = self.context.view.viewport.to_view(self.points[0])
        near = (first - pointer.place).manhattanLength() <= _CLOSE
        return len(self.points) > 2 and near

    def hover(self, pointer: Pointer) -> None:
        """Show where the next side would be."""
        if self.points:
            self._hover = pointer.point
            self.context.view.update()

    def release(self, pointer: Pointer) -> None:
        """Corners are set by presses."""

    def move(self, pointer: Pointer) -> None:
        """Corners are set by presses."""

    def finish(self) -> None:
        """Close the polygon and select what lies inside."""
        points, self.points, self._hover = self.points, [], None
        self.context.view.update()
        if points:
            self.take(points)

    def key(self, event: QKeyEvent) -> bool:
        """Backspace takes a corner back."""
        if self.points and event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
            self.points.pop()
            self.context.view.update()
            return True
        return False

    def outline(self) -> QPainterPath | None:
        """Return the sides so far and the one that is being drawn."""
        path = super().outline()
        if path is not None and self._hover is not None:
            path.lineTo(self._hover)
        return path

"""Brings mouse and pen from the view to the tool that is in the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPointingDevice, QTabletEvent

from studio.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from studio.ui.canvas.view import CanvasView

_FINISH = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ToolInput:
    """Knows which tool is in the hand and whether it is at work.

    A pen that is turned around uses ``eraser`` for as long as it touches.
    """

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self.tool: Tool | None = None
        self.eraser: Tool | None = None
        self._held: Tool | None = None

    @property
    def held(self) -> bool:
        """Whether a press has not been released yet."""
        return self._held is not None

    @property
    def busy(self) -> bool:
        """Whether Esc has something to end."""
        return self.held or (self.tool is not None and self.tool.busy)

    def choose(self, tool: Tool | None) -> None:
        """Take another tool; what was being done is given up."""
        self.cancel_press()
        if self.tool is not None:
            self.tool.put_away()
            self.tool.leave()
        self.tool = tool

    def cancel_press(self) -> None:
        """Give up what is being done between a press and its release."""
        held, self._held = self._held, None
        if held is not None:
            held.cancel()
            self._view.held_changed.emit()

    def give_up(self) -> None:
        """Leave nothing open: another document comes, or none."""
        self.cancel_press()
        if self.tool is not None and self.tool.busy:
            self.tool.cancel()

    # -- mouse and pen -------------------------------------------------------------------------

    def press(self, event: QMouseEvent | QTabletEvent, *, double: bool = False) -> bool:
        """Begin with the left button or the pen's tip; False if there is nothing to do."""
        if self._held is not None:
            return True
        tool = self._tool_for(event)
        if tool is None:
            return False
        pointer = self.pointer(event)._replace(double=double)
        if tool.press(pointer):
            self._held = tool
            self._view.held_changed.emit()
        return self._held is not None

    def move(self, event: QMouseEvent | QTabletEvent) -> None:
        """Go on, or hover."""
        pointer = self.pointer(event)
        if self._held is not None:
            self._held.move(pointer)
        elif self.tool is not None:
            self.tool.hover(pointer)

    def release(self, event: QMouseEvent | QTabletEvent) -> None:
        """End."""
        held, self._held = self._held, None
        if held is not None:
            held.release(self.pointer(event))
            self._view.held_changed.emit()

    def leave(self) -> None:
        """The pointer is elsewhere."""
        if self.tool is not None:
            self.tool.leave()

    def tablet(self, event: QTabletEvent) -> bool:
        """Take a pen's event; False lets Qt send it again as a mouse's."""
        match event.type():
            case QEvent.Type.TabletPress if event.button() == Qt.MouseButton.LeftButton:
                if self._view.navigator.space_held or self._view.navigator.left_pans:
                    return False
                return self.press(event)
            case QEvent.Type.TabletMove:
                if self._view.navigator.panning:
                    return False
                self.move(event)
                return self.held
            case QEvent.Type.TabletRelease if self.held:
                self.release(event)
                return True
        return False

    def _tool_for(self, event: QMouseEvent | QTabletEvent) -> Tool | None:
        turned = (
            isinstance(event, QTabletEvent)
            and event.pointerType() == QPointingDevice.PointerType.Eraser
        )
        return self.eraser if turned and self.eraser is not None else self.tool

    def pointer(self, event: QMouseEvent | QTabletEvent) -> Pointer:
        """Return an event's place in document px, pressure and tilt."""
        place = QPointF(event.position())
        point = self._view.viewport.to_document(place)
        if isinstance(event, QTabletEvent):
            return Pointer(
                point.x(),
                point.y(),
                float(event.pressure()),
                float(event.xTilt()),
                float(event.yTilt()),
                event.modifiers(),
                place,
            )
        return Pointer(point.x(), point.y(), modifiers=event.modifiers(), place=place)

    # -- keyboard ------------------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """Take a key: Esc gives up, Enter finishes, others are for the tool to know."""
        tool = self.tool
        if event.key() == Qt.Key.Key_Escape and self.held:
            self.cancel_press()
            return True
        if tool is None:
            return False
        if tool.busy and event.key() == Qt.Key.Key_Escape:
            tool.cancel()
            return True
        if tool.busy and event.key() in _FINISH:
            tool.finish()
            return True
        return tool.key(event)

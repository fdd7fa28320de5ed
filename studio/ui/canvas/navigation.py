"""Pan, zoom and turn by mouse, trackpad, touch and keyboard, for any widget with a viewport."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from studio.ui.canvas.viewport import Viewport

WHEEL_ZOOM = 1.0015  # factor for one of the 120 units of a wheel notch: 1.2 a notch
KEY_ZOOM = 1.25
KEY_TURN = 15.0  # degrees


class Navigator(QObject):
    """Turns a widget's events into moves of its viewport, so that every view feels the same.

    Each handler returns whether it has used the event. Wheel: zoom at the cursor; with Shift or
    Alt, or two fingers on a trackpad: pan. Space or the middle button with a drag: pan. Keys: + and
    - zoom, 1 shows 100 %, 0 fits, 4 and 6 turn by 15 degrees, 5 turns back.
    """

    moved = Signal()

    def __init__(self, widget: QWidget, viewport: Viewport) -> None:
        super().__init__(widget)
        self._widget = widget
        self.viewport = viewport
        self.space_held = False
        self.left_pans = False  # the hand tool: the left button needs no Space
        self._grip: QPointF | None = None
        widget.grabGesture(Qt.GestureType.PinchGesture)

    @property
    def panning(self) -> bool:
        """Whether a drag moves the picture now."""
        return self._grip is not None

    def wheel(self, event: QWheelEvent) -> bool:
        """Zoom at the cursor, or pan."""
        modifiers = event.modifiers()
        turned = event.angleDelta()
        trackpad = not event.pixelDelta().isNull()
        sideways = modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier)
        zooming = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if not zooming and (trackpad or sideways):
            delta = QPointF(event.pixelDelta() if trackpad else turned / 2)
            if modifiers & Qt.KeyboardModifier.ShiftModifier and delta.x() == 0:
                delta = delta.transposed()
            self.viewport.pan_by(delta)
        else:
            amount = turned.y() or turned.x()
            self.zoom_by(WHEEL_ZOOM**amount, event.position())
        self.moved.emit()
        return True

    def press(self, event: QMouseEvent) -> bool:
        """Begin to pan with the middle button, or with the left one while Space is held."""
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (
            left and (self.space_held or self.left_pans)
        ):
            self._grip = event.position()
            self._widget.setCursor(Qt.CursorShape.ClosedHandCursor)
            return True
        return False

    def move(self, event: QMouseEvent) -> bool:
        """Go on panning."""
        if self._grip is None:
            return False
        delta = event.position() - self._grip
        self._grip = event.position()
        self.viewport.pan_by(delta)
        self.moved.emit()
        return True

    def release(self, event: QMouseEvent) -> bool:
        """End panning."""
        if self._grip is None:
            return False
        self._grip = None
        return True

    def key_press(self, event: QKeyEvent) -> bool:
        """Zoom and turn by keyboard."""
        if event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        ):
            return False
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_by(KEY_ZOOM)
            case Qt.Key.Key_Minus:
                self.zoom_by(1 / KEY_ZOOM)
            case Qt.Key.Key_1:
                self.zoom_to(1.0)
            case Qt.Key.Key_0:
                self.viewport.fit()
            case Qt.Key.Key_4:
                self.turn(-KEY_TURN)
            case Qt.Key.Key_6:
                self.turn(KEY_TURN)
            case Qt.Key.Key_5:
                self.turn(-self.viewport.angle)
            case _:
                return False
        self.moved.emit()
        return True

    def gesture(self, event: QEvent) -> bool:
        """Zoom and turn with two fingers, on a trackpad or a touch screen."""
        if isinstance(event, QNativeGestureEvent):
            return self._native(event)
        if isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                anchor = self._widget.mapFromGlobal(pinch.centerPoint())
                self.viewport.pan_by(pinch.centerPoint() - pinch.lastCenterPoint())
                self.zoom_by(pinch.scaleFactor(), anchor)
                event.accept()
                self.moved.emit()
                return True
        return False

    def _native(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_by(1 + event.value(), event.position())
        elif event.gestureType() == Qt.NativeGestureType.SmartZoomNativeGesture:
            self.viewport.fit()
        else:
            return False
        self.moved.emit()
        return True

    def zoom_by(self, factor: float, anchor: QPointF | None = None) -> None:
        """Multiply the zoom, around ``anchor`` or the widget's middle (logical pixels)."""
        self.viewport.zoom_at(anchor or self._middle(), self.viewport.zoom * factor)

    def zoom_to(self, zoom: float) -> None:
        """Set the zoom around the widget's middle."""
        self.viewport.zoom_at(self._middle(), zoom)

    def turn(self, degrees: float) -> None:
        """Turn the picture clockwise around the widget's middle."""
        fitted = self.viewport.fitted
        self.viewport.rotate_at(self._middle(), self.viewport.angle + degrees)
        if fitted:
            self.viewport.fit()

    def _middle(self) -> QPointF:
        return QPointF(self._widget.rect().center())

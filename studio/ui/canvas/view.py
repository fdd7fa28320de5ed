"""The canvas view: the picture, zoomed, turned and moved, with what is laid over it."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.document import ChangeSet, ImageDocument
from studio.ui import theme
from studio.ui.canvas.compositor import Compositor
from studio.ui.canvas.drops import Dropped, is_picture
from studio.ui.canvas.frame import Frame, level_for
from studio.ui.canvas.navigation import Navigator
from studio.ui.canvas.overlays import paint_axes, paint_guides, paint_hint
from studio.ui.canvas.pictures import ShownPicture
from studio.ui.canvas.selection_overlay import SelectionOverlay
from studio.ui.canvas.tool_input import ToolInput
from studio.ui.canvas.tools.base import Tool
from studio.ui.canvas.viewport import Viewport
from studio.ui.widgets import claims_escape

BEFORE_DELAY = 150  # ms that Space is held, without a drag, until the picture before is shown


class CanvasView(QWidget):
    """Shows the document and an overlay that is not part of it.

    Space does two things that do not meet: with a drag it pans; held still while a candidate or a
    live preview lies over the picture, it shows the picture without it until it is let go.

    Keys beside those of ``Navigator``: Enter and Delete ask to keep and drop, Left and Right to
    choose another candidate, Ctrl+arrows to nudge the layer by 1 px (with Shift by 10 px).

    Signals: ``zoom_changed(float)``, ``before_shown(bool)``, ``overlay_changed``,
    ``held_changed`` when a press on the canvas begins or ends, ``keep_requested``,
    ``drop_requested``, ``step_requested(int)``, ``nudge_requested(int, int)``,
    ``dropped(Dropped)`` for pictures from elsewhere, ``menu_requested(QPointF | None, QPoint)``
    with the place in document px (None from the keyboard) and on the screen.
    """

    zoom_changed = Signal(float)
    before_shown = Signal(bool)
    overlay_changed = Signal()
    held_changed = Signal()
    keep_requested = Signal()
    drop_requested = Signal()
    step_requested = Signal(int)
    nudge_requested = Signal(int, int)
    dropped = Signal(object)
    menu_requested = Signal(object, object)

    def __init__(self, document: ImageDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.input = ToolInput(self)  # events come from the first child on
        self.document = document
        self.compositor = Compositor(document, parent=self)
        self.viewport = Viewport()
        self.navigator = Navigator(self, self.viewport)
        self.selection_overlay = SelectionOverlay(self)
        self._frame = Frame()
        self._guides: set[str] = set()
        self._symmetry = (False, False)
        self._overlay: ShownPicture | None = None
        self._overlay_area = QRectF()
        self._before = False
        self._making = False
        self._last_zoom = 0.0
        self._before_timer = QTimer(self)
        self._before_timer.setSingleShot(True)
        self._before_timer.setInterval(BEFORE_DELAY)
        self._before_timer.timeout.connect(lambda: self._show_before(True))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(self.tr("Canvas"))
        self.navigator.moved.connect(self._on_moved)
        theme.events.changed.connect(self._on_theme)
        self._connect()
        self._take_size()

    # -- the document --------------------------------------------------------------------------

    def set_document(self, document: ImageDocument) -> None:
        """Show another document, fitted."""
        self.input.give_up()
        self._disconnect()
        self.compositor.close()
        self.compositor.deleteLater()
        self.document = document
        self.compositor = Compositor(document, parent=self)
        self._connect()
        self.selection_overlay.set_document()
        self.viewport.fitted = True
        self._take_size()

    def close_document(self) -> None:
        """Let go of the document; the view cannot be used after that."""
        self.input.give_up()
        self._disconnect()
        self.selection_overlay.close()
        self.compositor.close()

    def _connect(self) -> None:
        self.compositor.tiles_ready.connect(self._on_tiles)
        self.document.changed.connect(self._on_document_changed)

    def _disconnect(self) -> None:
        self.compositor.tiles_ready.disconnect(self._on_tiles)
        self.document.changed.disconnect(self._on_document_changed)

    def _on_document_changed(self, change: ChangeSet) -> None:
        if change.size or change.structure:
            self._take_size()

    def canvas_size(self) -> QSize:
        """Return the size that is shown: an empty canvas takes that of the picture laid over it."""
        if not self.document.layers and self._overlay is not None:
            return self._overlay_area.size().toSize()
        return QSize(self.document.width, self.document.height)

    def _take_size(self) -> None:
        size = self.canvas_size()
        self._frame.canvas = QRectF(QPointF(), QSizeF(size))
        if size != self.viewport.document_size:
            self.viewport.document_size = size
            if self.viewport.fitted:
                self.viewport.fit()
        self._frame.invalidate()
        self._on_moved()

    # -- what lies over the picture ------------------------------------------------------------

    def set_overlay(self, picture: ShownPicture | None, area: QRectF | None = None) -> None:
        """Lay a picture over the document at ``area`` (document pixels), or take it away."""
        area = area if picture is not None and area is not None else QRectF()
        if picture is self._overlay and area == self._overlay_area:
            return
        self._overlay, self._overlay_area = picture, area
        if picture is None:
            self._show_before(False)
        self._take_overlay()
        self.overlay_changed.emit()

    def set_making(self, making: bool) -> None:
        """Say on an empty canvas that a picture is on its way."""
        if making != self._making:
            self._making = making
            self.update()

    @property
    def shows_before(self) -> bool:
        """Whether the overlay is hidden because Space is held."""
        return self._before

    @property
    def has_overlay(self) -> bool:
        """Whether something lies over the picture now (hidden or not)."""
        return self._overlay is not None

    def _take_overlay(self) -> None:
        self._frame.overlay = None if self._before else self._overlay
        self._frame.overlay_area = self._overlay_area
        self._take_size()

    def _show_before(self, before: bool) -> None:
        self._before_timer.stop()
        if before != self._before and (not before or self._overlay is not None):
            self._before = before
            self._take_overlay()
            self.before_shown.emit(before)

    def set_guides(self, kinds: set[str]) -> None:
        """Choose the lines of composition: any of ``"thirds"`` and ``"golden"``."""
        self._guides = set(kinds)
        self.update()

    def set_symmetry(self, across: bool, along: bool) -> None:
        """Show the axes at which strokes are mirrored."""
        self._symmetry = (across, along)
        self.update()

    # -- moving about --------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole picture."""
        self.viewport.fit()
        self._on_moved()

    def set_zoom(self, zoom: float) -> None:
        """Zoom around the middle; 1.0 is one document pixel on one device pixel."""
        self.navigator.zoom_to(zoom)
        self._on_moved()

    def zoom_by(self, factor: float) -> None:
        """Multiply the zoom around the middle."""
        self.navigator.zoom_by(factor)
        self._on_moved()

    def _on_moved(self) -> None:
        seen = self.viewport.visible_area() & QRectF(
            0, 0, self.document.width, self.document.height
        )
        self.compositor.want(level_for(self.viewport.zoom), seen.toAlignedRect())
        if self.viewport.zoom != self._last_zoom:
            self._last_zoom = self.viewport.zoom
            self.zoom_changed.emit(self.viewport.zoom)
        self.update()

    def _on_tiles(self, area: QRect) -> None:
        ratio = self.devicePixelRatioF()
        dirty = self._frame.repaint(area, self.compositor, theme.current_tokens(), ratio)
        if not dirty.isEmpty():
            logical = QRectF(
                dirty.x() / ratio, dirty.y() / ratio, dirty.width() / ratio, dirty.height() / ratio
            )
            self.update(logical.toAlignedRect())

    def _on_theme(self) -> None:
        self._frame.invalidate()
        self.update()

    # -- Qt's events ---------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.viewport.resize(QSizeF(self.size()), self.devicePixelRatioF())
        self._on_moved()

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if ratio != self.viewport.device_pixel_ratio:
            self.viewport.resize(QSizeF(self.size()), ratio)
            self._on_moved()
        # Up: on a scaled screen the last device pixel may belong to the view only in part.
        size = QSize(math.ceil(self.width() * ratio), math.ceil(self.height() * ratio))
        tokens, viewport = theme.current_tokens(), self.viewport
        self._frame.bring_to(
            viewport.device_transform(), viewport.zoom, size, ratio, self.compositor, tokens
        )
        painter = QPainter(self)
        painter.drawImage(0, 0, self._frame.image)
        canvas = self._frame.canvas
        if self._guides:
            paint_guides(painter, canvas, viewport.transform(), self._guides)
        if any(self._symmetry):
            paint_axes(painter, canvas, viewport.transform(), *self._symmetry)
        self.selection_overlay.paint(painter)
        if not self.document.layers and self._frame.overlay is None:
            area = viewport.transform().mapRect(canvas) & QRectF(self.rect())
            paint_hint(painter, area, *self._hint(), tokens)
        if self.input.tool is not None:
            self.input.tool.paint(painter, viewport)
        painter.end()

    def _hint(self) -> tuple[str, str]:
        if self._making:
            return self.tr("Your picture is being made"), self.tr("It appears here step by step.")
        return (
            self.tr("Nothing on the canvas yet"),
            self.tr("Describe a picture and press Generate, or drop one here."),
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.setAccepted(self.navigator.wheel(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.navigator.press(event):
            self._before_timer.stop()
        elif event.button() == Qt.MouseButton.LeftButton and self.input.tool is not None:
            self.input.press(event)
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.navigator.press(event):
            self.input.press(event, double=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.navigator.move(event):
            self.input.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.navigator.release(event):
            self._take_cursor()
        elif event.button() == Qt.MouseButton.LeftButton:
            self.input.release(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.setAccepted(self.input.tablet(event))

    def leaveEvent(self, event: QEvent) -> None:
        self.input.leave()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.navigator.space_held = True
                self._take_cursor()
                if self._overlay is not None:
                    self._before_timer.start()
        elif not (self.input.key(event) or self.navigator.key_press(event) or self._ask(event)):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._let_go_of_space()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._let_go_of_space()
        super().focusOutEvent(event)

    def event(self, event: QEvent) -> bool:
        if self.input.busy and claims_escape(event):
            return True
        if event.type() in (QEvent.Type.NativeGesture, QEvent.Type.Gesture):
            return self.navigator.gesture(event)
        return super().event(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of what is under the pointer; not in the middle of a stroke."""
        if self.input.held:
            return
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self.menu_requested.emit(None, self.mapToGlobal(self.rect().center()))
        else:
            place = self.viewport.to_document(QPointF(event.pos()))
            self.menu_requested.emit(place, event.globalPos())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if is_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.dropped.emit(Dropped.from_mime(event.mimeData()))
        event.acceptProposedAction()

    def _ask(self, event: QKeyEvent) -> bool:
        """Turn a key into a request to whoever owns the candidates and layers."""
        key, modifiers = event.key(), event.modifiers()
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        plain = not modifiers & ~Qt.KeyboardModifier.KeypadModifier
        if plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.keep_requested.emit()
        elif plain and key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.drop_requested.emit()
        elif plain and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step_requested.emit(arrows[Qt.Key(key)][0])
        elif modifiers & Qt.KeyboardModifier.ControlModifier and key in arrows:
            far = 10 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = arrows[Qt.Key(key)]
            self.nudge_requested.emit(dx * far, dy * far)
        else:
            return False
        return True

    def _let_go_of_space(self) -> None:
        self.navigator.space_held = False
        self._show_before(False)
        self._take_cursor()

    def _take_cursor(self) -> None:
        if self.navigator.space_held or self.navigator.left_pans:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.input.tool is not None:
            self.setCursor(self.input.tool.cursor)
        else:
            self.unsetCursor()

    def set_tool(self, tool: Tool | None) -> None:
        """Give the left mouse button something to do; None is the hand, which pans."""
        self.input.choose(tool)
        self.navigator.left_pans = tool is None
        self._take_cursor()

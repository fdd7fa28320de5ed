"""The list of layers: rows with eye, thumbnail, name and opacity, reordered by dragging."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.document import Layer
from studio.ui import theme
from studio.ui.canvas.layer_model import DEPTH_ROLE, LAYER_ROLE, THUMBNAIL_ROLE, LayerModel
from studio.ui.canvas.overlays import checker_brush
from studio.ui.theme import RADIUS, TYPE, body_font, icon

ROW_HEIGHT = 38  # logical px, with the gap to the next row
PICTURE = QSize(40, 28)
INDENT = 14  # px for each group around a layer

_Index = QModelIndex | QPersistentModelIndex


def eye_area(row: QRect) -> QRect:
    """Return where in a row the eye is."""
    return QRect(row.left() + 4, row.top(), 26, row.height())


def name_area(row: QRect, depth: int = 0) -> QRect:
    """Return where in a row the name is."""
    return row.adjusted(34 + _indent(depth) + PICTURE.width() + 8, 2, -70, -2)


def _indent(depth: int) -> int:
    return INDENT * min(depth, 4)


class LayerDelegate(QStyledItemDelegate):
    """Paints a row and lets its name be edited in place."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """All rows are of one height."""
        return QSize(160, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint eye, thumbnail, name, lock and opacity."""
        layer: Layer = index.data(LAYER_ROLE)
        tokens = theme.current_tokens()
        row: QRect = option.rect.adjusted(0, 1, 0, -1)
        state = option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover if chosen else tokens.raised))
            painter.drawRoundedRect(QRectF(row), RADIUS, RADIUS)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.focus), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(row).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        eye = icon("eye" if layer.visible else "eye-off", role="text_faint")
        eye.paint(painter, _centred(eye_area(row), 16))
        depth = int(index.data(DEPTH_ROLE))
        place = QRect(QPoint(row.left() + 34 + _indent(depth), 0), PICTURE)
        place.moveTop(row.top() + (row.height() - PICTURE.height()) // 2)
        if layer.kind == "group":
            icon("group", role="text_soft").paint(painter, _centred(place, 18))
        else:
            self._paint_picture(painter, place, index.data(THUMBNAIL_ROLE), layer.visible)
        if layer.kind == "mask" or layer.text is not None:
            badge = QRect(place.right() - 13, place.bottom() - 13, 14, 14)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.panel))
            painter.drawRoundedRect(QRectF(badge), 3, 3)
            name = "mask" if layer.kind == "mask" else "text"
            icon(name, role="text_soft").paint(painter, _centred(badge, 12))
        painter.setFont(body_font())
        painter.setPen(QColor(tokens.text if layer.visible else tokens.text_faint))
        area = name_area(row, depth)
        elided = painter.fontMetrics().elidedText(
            layer.name, Qt.TextElideMode.ElideRight, area.width()
        )
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, middle | Qt.AlignmentFlag.AlignLeft, elided)
        if layer.locked or layer.alpha_locked:
            lock = icon("lock" if layer.locked else "alpha-lock", role="text_faint")
            lock.paint(painter, _centred(QRect(row.right() - 66, row.top(), 18, row.height()), 14))
        painter.setFont(body_font(TYPE[0]))
        painter.setPen(QColor(tokens.text_soft if chosen else tokens.text_faint))
        painter.drawText(
            row.adjusted(0, 0, -8, 0),
            middle | Qt.AlignmentFlag.AlignRight,
            f"{round(layer.opacity * 100)} %",
        )
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, place: QRect, picture: QImage | None, visible: bool
    ) -> None:
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(place), 3, 3)
        painter.save()
        painter.setClipPath(shape)
        painter.setBrushOrigin(place.topLeft())
        painter.fillRect(place, checker_brush(theme.current_tokens(), 0.5))
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(1.0 if visible else 0.4)
            size = picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(QPoint(), size)
            target.moveCenter(place.center())
            painter.drawImage(target, picture)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:
        """Edit the name in a field."""
        field = QLineEdit(parent)
        field.setAccessibleName(self.tr("Layer name"))
        return field

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Put the field where the name is."""
        depth = int(index.data(DEPTH_ROLE))
        editor.setGeometry(name_area(option.rect, depth).adjusted(-9, 1, 0, -1))

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """The eye answers to the mouse itself: a double click there renames nothing."""
        presses = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
        if event.type() in presses and isinstance(event, QMouseEvent):
            return eye_area(option.rect).contains(event.position().toPoint())
        return super().editorEvent(event, model, option, index)


class LayerList(QListView):
    """Chooses, reorders and renames layers.

    Signals: ``eye_clicked(str)`` and ``reordered(str, int)`` (layer id, row that it shall have).
    Dragging is done with the list's own mouse events: nothing leaves the list.
    """

    eye_clicked = Signal(str)
    reordered = Signal(str, int)

    def __init__(self, model: LayerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = model
        self._grip: QPoint | None = None
        self._dragged = ""
        self._gap = -1
        self.setModel(model)
        self.setItemDelegate(LayerDelegate(self))
        self.setAccessibleName(self.tr("Layers"))
        # The current row shows the focus; a frame would move the rows.
        self.setStyleSheet("QAbstractItemView:focus { border: none; }")
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QListView.EditTrigger.DoubleClicked | QListView.EditTrigger.EditKeyPressed
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Toggle an eye, or choose a row and perhaps begin to drag it."""
        place = event.position().toPoint()
        index = self.indexAt(place)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            layer = self._layers.layer_at(index.row())
            if eye_area(self.visualRect(index)).contains(place):
                self.eye_clicked.emit(layer.id)
                return
            self._grip, self._dragged = place, layer.id
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show between which rows the dragged one would land."""
        place = event.position().toPoint()
        if self._grip is None:
            super().mouseMoveEvent(event)
            return
        far = (place - self._grip).manhattanLength() >= QApplication.startDragDistance()
        if far or self._gap >= 0:
            self._gap = self._gap_at(place.y())
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Put the dragged row where it was shown."""
        gap, dragged = self._gap, self._dragged
        self._grip, self._dragged, self._gap = None, "", -1
        self.unsetCursor()
        self.viewport().update()
        if gap >= 0:
            row = self._layers.row_of(dragged)
            self.reordered.emit(dragged, gap - 1 if gap > row else gap)
        else:
            super().mouseReleaseEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, and the line where a dragged one would land."""
        super().paintEvent(event)
        if self._gap < 0:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QPen(QColor(theme.current_tokens().accent), 2))
        y = self._gap * ROW_HEIGHT - self.verticalOffset()
        y = min(max(y, 1), self.viewport().height() - 1)
        painter.drawLine(4, y, self.viewport().width() - 4, y)
        painter.end()

    def _gap_at(self, y: int) -> int:
        gap = round((y + self.verticalOffset()) / ROW_HEIGHT)
        return min(max(gap, 0), self._layers.rowCount())


def _centred(area: QRect, side: int) -> QRect:
    result = QRect(0, 0, side, side)
    result.moveCenter(area.center())
    return result

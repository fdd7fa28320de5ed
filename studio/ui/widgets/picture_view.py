"""A picture to look at closely: fit or 100 %, zoom at the pointer, pan by dragging."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from studio.ui.canvas.viewport import Viewport
from studio.ui.theme import current_tokens, events

ZOOM_STEP = 1.25


def decode_with_halves(data: bytes) -> list[QImage]:
    """Decode a picture and halve it until it is small; an empty list if it is damaged.

    Slow for large pictures: call it off the main thread. The halves keep a picture that is shown
    much smaller than it is both smooth and quick to paint.
    """
    image = QImage.fromData(data)
    if image.isNull():
        return []
    levels = [image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)]
    while max(levels[-1].width(), levels[-1].height()) > 512:
        half = levels[-1].size() / 2
        levels.append(
            levels[-1].scaled(
                half.expandedTo(QSize(1, 1)),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
    return levels


class PictureView(QWidget):
    """Shows one picture through a viewport; views that share a viewport move together."""

    moved = Signal()

    def __init__(self, viewport: Viewport | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = viewport if viewport is not None else Viewport()
        self._levels: list[QImage] = []
        self._drag_from: QPointF | None = None
        self.setAccessibleName(self.tr("Picture"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(80, 80)
        events.changed.connect(self.update)

    def set_levels(self, levels: list[QImage]) -> None:
        """Show a picture as ``decode_with_halves`` returned it; an empty list shows none."""
        self._levels = levels
        self.update()

    @property
    def picture_size(self) -> QSize:
        """Width and height of the picture in px; invalid without one."""
        return self._levels[0].size() if self._levels else QSize()

    @property
    def percent(self) -> int:
        """The zoom, 100 when one picture pixel is one pixel of the screen."""
        return round(self.view.zoom * 100)

    def fit(self) -> None:
        """Show the whole picture."""
        self._sized()
        self.view.fit()
        self._moved()

    def actual_size(self) -> None:
        """Show one picture pixel on one screen pixel, around the middle."""
        self._sized()
        self.view.zoom_at(QPointF(self.width() / 2, self.height() / 2), 1.0)
        self._moved()

    def zoom_by(self, factor: float, anchor: QPointF | None = None) -> None:
        """Zoom around ``anchor``, in px of this widget, or its middle."""
        self._sized()
        middle = QPointF(self.width() / 2, self.height() / 2)
        self.view.zoom_at(anchor or middle, self.view.zoom * factor)
        self._moved()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A fitted picture stays fitted."""
        super().resizeEvent(event)
        self._sized()
        self._moved()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer."""
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom_by(ZOOM_STEP**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._drag_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.setFocus()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan."""
        if self._drag_from is not None:
            self.view.pan_by(event.position() - self._drag_from)
            self._drag_from = event.position()
            self._moved()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End panning."""
        self._drag_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Change between the whole picture and its actual size at the pointer."""
        if self.view.fitted:
            self.zoom_by(1.0 / self.view.zoom, event.position())
        else:
            self.fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a move to a screen of another scale."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._sized()
            self._moved()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, over squares where it lets through."""
        painter = QPainter(self)
        tokens = current_tokens()
        painter.fillRect(self.rect(), QColor(tokens.canvas))
        if not self._levels:
            return
        target = self.view.transform().mapRect(QRectF(QPointF(), self.view.document_size))
        if self._levels[0].hasAlphaChannel():
            painter.fillRect(target, _squares(tokens.checker_light, tokens.checker_dark))
        self.paint_levels(painter, self._levels, target)

    def paint_levels(self, painter: QPainter, levels: list[QImage], target: QRectF) -> None:
        """Paint the best of a picture's levels; single pixels are squares when they are large."""
        width = target.width() * self.devicePixelRatioF()
        image = next((level for level in reversed(levels) if level.width() >= width), levels[0])
        enlarged = width > 3 * image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not enlarged)
        painter.drawImage(target, image, QRectF(image.rect()))

    def _sized(self) -> None:
        self.view.resize(QSizeF(self.size()), self.devicePixelRatioF())

    def _moved(self) -> None:
        self.update()
        self.moved.emit()


def _squares(light: str, dark: str) -> QBrush:
    tile = QPixmap(16, 16)
    tile.fill(QColor(light))
    painter = QPainter(tile)
    painter.fillRect(0, 0, 8, 8, QColor(dark))
    painter.fillRect(8, 8, 8, 8, QColor(dark))
    painter.end()
    return QBrush(tile)

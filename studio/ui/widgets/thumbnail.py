"""A small picture with rounded corners that can be selected and starred."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio.ui.theme import RADIUS, TYPE, body_font, current_tokens, icon


class Thumbnail(QAbstractButton):
    """A square that shows a picture, cropped to fill it, with a badge and a star.

    Its text, where given, is the accessible name. ``clicked`` is a button's own;
    ``doubleClicked`` and ``menuRequested`` (with a global position) are added.
    """

    doubleClicked = Signal()
    menuRequested = Signal(object)

    def __init__(
        self, size: int = 96, parent: QWidget | None = None, *, accessible_name: str = ""
    ) -> None:
        super().__init__(parent)
        self._side = size
        self._image = QImage()
        self._scaled = QPixmap()
        self._badge = ""
        self._selected = False
        self._starred = False
        self.setAccessibleName(accessible_name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(size, size)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def setJpeg(self, data: bytes) -> None:
        """Show an encoded picture (JPEG or PNG); bytes that are none clear it."""
        self.setImage(QImage.fromData(data))

    def setImage(self, image: QImage) -> None:
        """Show a picture, scaled to fill the square."""
        self._image = image
        self._scaled = QPixmap()
        self.update()

    def image(self) -> QImage:
        """Return the picture that is shown; null while there is none."""
        return self._image

    def setBadge(self, text: str) -> None:
        """Show a short text in the lower left corner, such as "2 / 4"."""
        self._badge = text
        self.setAccessibleDescription(text)
        self.update()

    def setSelected(self, selected: bool) -> None:
        """Show the accent border."""
        self._selected = selected
        self.update()

    def is_selected(self) -> bool:
        """Whether the accent border is shown."""
        return self._selected

    def setStarred(self, starred: bool) -> None:
        """Show a star in the upper right corner."""
        self._starred = starred
        self.update()

    def is_starred(self) -> bool:
        """Whether the star is shown."""
        return self._starred

    def setSide(self, size: int) -> None:
        """Change the side of the square, in px."""
        self._side = size
        self._scaled = QPixmap()
        self.setFixedSize(size, size)

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.doubleClicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menuRequested.emit(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = 3.0 if self._selected else 1.0
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        shape = QPainterPath()
        shape.addRoundedRect(area, RADIUS - 2, RADIUS - 2)
        painter.fillPath(shape, QColor(tokens.raised))
        if not self._image.isNull():
            painter.setClipPath(shape)
            painter.drawPixmap(self.rect(), self._fitted())
            painter.setClipping(False)
        self._paint_frame(painter)
        if self._badge:
            self._paint_badge(painter)
        if self._starred:
            corner = QRect(self.width() - 24, 6, 18, 18)
            _disc(painter, QRectF(corner).adjusted(-2, -2, 2, 2))
            icon("star-filled", role="accent").paint(painter, corner.adjusted(2, 2, -2, -2))
        painter.end()

    def _fitted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        side = max(1, round(self._side * ratio))
        if self._scaled.width() != side:
            image = self._image.scaled(
                QSize(side, side),
                Qt.AspectRatioMode.KeepAspectRatioByExpanding,
                Qt.TransformationMode.SmoothTransformation,
            )
            left, top = (image.width() - side) // 2, (image.height() - side) // 2
            self._scaled = QPixmap.fromImage(image.copy(left, top, side, side))
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled

    def _paint_frame(self, painter: QPainter) -> None:
        tokens = current_tokens()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._selected or self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent if self._selected else tokens.focus), 2))
        elif self.underMouse():
            painter.setPen(QPen(QColor(tokens.text_faint), 1))
        else:
            return
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)

    def _paint_badge(self, painter: QPainter) -> None:
        painter.setFont(body_font(TYPE[0]))
        width = min(painter.fontMetrics().horizontalAdvance(self._badge) + 12, self.width() - 10)
        area = QRectF(5, self.height() - 25, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(15, 16, 18, 215))
        painter.drawRoundedRect(area, 10, 10)
        painter.setPen(QColor("#ffffff"))
        text = painter.fontMetrics().elidedText(
            self._badge, Qt.TextElideMode.ElideRight, int(width) - 10
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


def _disc(painter: QPainter, area: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(15, 16, 18, 190))
    painter.drawEllipse(area)

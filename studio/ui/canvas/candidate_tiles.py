"""The tiles of the candidates strip: finished pictures, and the one that is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.canvas.candidate_list import CandidateKey
from studio.ui.theme import RADIUS, SPACING, current_tokens
from studio.ui.widgets import ElidedLabel, ProgressLine, Thumbnail

if TYPE_CHECKING:
    from studio.app.live import LiveJob

TILE_SIDE = 96  # logical px


class CandidateThumbnail(Thumbnail):
    """A finished picture that can be chosen, and dragged out to other programs."""

    drag_started = Signal(object)  # CandidateKey

    def __init__(self, key: CandidateKey, name: str, parent: QWidget | None = None) -> None:
        super().__init__(TILE_SIDE, parent, accessible_name=name)
        self.key = key
        self._pressed_at: QPointF | None = None
        self._dragged = False
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a drag may have begun."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at, self._dragged = event.position(), False
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin a drag once the pointer has left the spot."""
        if self._pressed_at is not None:
            way = (event.position() - self._pressed_at).manhattanLength()
            if way >= QApplication.startDragDistance():
                self._pressed_at, self._dragged = None, True
                self.setDown(False)
                self.drag_started.emit(self.key)
        if not self._dragged:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A press without a drag is a click."""
        self._pressed_at = None
        super().mouseReleaseEvent(event)


class LiveTile(QAbstractButton):
    """The picture that is being made: preview, steps, progress and the time left.

    A click shows its preview on the canvas.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview = QImage()
        self._jpeg = b""
        self.setFixedSize(TILE_SIDE, TILE_SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.steps_label = ElidedLabel(role="value")
        self.progress = ProgressLine()
        self.left_label = ElidedLabel(role="caption")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING[2], SPACING[2], SPACING[2], SPACING[2])
        layout.setSpacing(SPACING[1])
        layout.addStretch(1)
        for widget in (self.steps_label, self.progress, self.left_label):
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(widget)
        layout.addStretch(1)
        for label in (self.steps_label, self.left_label):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def show_job(self, live: LiveJob) -> None:
        """Show how far a job is."""
        if live.steps > 0:
            self.steps_label.setText(f"{live.step} / {live.steps}")
            self.progress.setFraction(live.fraction)
        else:
            self.steps_label.setText(live.phase)
            self.progress.setBusy(True)
        self.left_label.setText(self._time_left(live))
        self.setToolTip(live.title)
        self.setAccessibleName(
            self.tr("Being made: {0}, {1}").format(live.title, self.steps_label.full_text())
        )
        if live.preview_jpeg != self._jpeg:
            self._jpeg = live.preview_jpeg
            self._preview = _small(live.preview_jpeg, round(TILE_SIDE * self.devicePixelRatioF()))
            self.update()

    def _time_left(self, live: LiveJob) -> str:
        if live.eta_seconds < 0 or live.steps == 0:
            return ""
        if live.step >= live.steps:
            return self.tr("finishing")
        seconds = max(1, round(live.eta_seconds))
        if seconds < 90:
            return self.tr("{0} s left").format(seconds)
        return self.tr("{0} min left").format(round(seconds / 60))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the preview, dimmed so that the words stay readable."""
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS - 2, RADIUS - 2)
        painter.fillPath(shape, QColor(tokens.raised))
        if not self._preview.isNull():
            painter.setClipPath(shape)
            painter.drawImage(QRectF(self.rect()), self._preview, _square(self._preview))
            veil = QColor(tokens.raised)
            veil.setAlpha(190)
            painter.fillPath(shape, veil)
        painter.end()


def _small(jpeg: bytes, side: int) -> QImage:
    """Decode a preview at about ``side`` px, which JPEG does at a fraction of the full cost."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QImageReader

    buffer = QBuffer()
    buffer.setData(QByteArray(jpeg))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(
            size.scaled(QSize(side, side), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        )
    return reader.read()


def _square(image: QImage) -> QRectF:
    side = min(image.width(), image.height())
    return QRectF((image.width() - side) / 2, (image.height() - side) / 2, side, side)

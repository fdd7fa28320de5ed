"""The map between document pixels and the widget: zoom, rotation, offset, device pixel ratio."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QTransform

MINIMUM_ZOOM = 0.01
MAXIMUM_ZOOM = 32.0
FIT_MARGIN = 0.07  # of the shorter side, left free on every side by "fit"
MAXIMUM_FIT_MARGIN = 56.0  # logical px
REACHABLE = 48.0  # logical px of the picture that panning never pushes out of sight


class Viewport:
    """Keeps where the picture lies in a widget, so that views that share one move together.

    ``zoom`` 1.0 shows one document pixel on one device pixel whatever the screen's scaling.
    ``offset`` is where the document's origin lies, in the widget's logical pixels, always on a
    whole device pixel, so that panning shifts a finished frame without resampling it.
    """

    def __init__(self) -> None:
        self.document_size = QSize(1, 1)
        self.widget_size = QSizeF(1, 1)
        self.device_pixel_ratio = 1.0
        self.zoom = 1.0
        self.angle = 0.0  # degrees, clockwise
        self.fitted = True
        self._offset = QPointF()

    @property
    def offset(self) -> QPointF:
        """Where the document's origin lies in the widget, in logical pixels."""
        return QPointF(self._offset)

    @offset.setter
    def offset(self, value: QPointF) -> None:
        ratio = self.device_pixel_ratio
        self._offset = QPointF(round(value.x() * ratio) / ratio, round(value.y() * ratio) / ratio)

    def transform(self) -> QTransform:
        """Map document pixels to the widget's logical pixels."""
        return (
            QTransform.fromTranslate(self._offset.x(), self._offset.y())
            .rotate(self.angle)
            .scale(self.zoom / self.device_pixel_ratio, self.zoom / self.device_pixel_ratio)
        )

    def device_transform(self) -> QTransform:
        """Map document pixels to device pixels."""
        ratio = self.device_pixel_ratio
        return self.transform() * QTransform.fromScale(ratio, ratio)

    def to_document(self, point: QPointF) -> QPointF:
        """Map a point of the widget (logical pixels) to document pixels."""
        inverse, _ = self.transform().inverted()
        return inverse.map(point)

    def to_view(self, point: QPointF) -> QPointF:
        """Map document pixels to a point of the widget (logical pixels)."""
        return self.transform().map(point)

    def visible_area(self) -> QRectF:
        """Return the part of the document plane that the widget shows, in document pixels."""
        inverse, _ = self.transform().inverted()
        return inverse.mapRect(QRectF(QPointF(), self.widget_size))

    def zoom_at(self, anchor: QPointF, zoom: float) -> None:
        """Set the zoom so that what lies under ``anchor`` (logical pixels) stays there."""
        under = self.to_document(anchor)
        self.zoom = min(MAXIMUM_ZOOM, max(MINIMUM_ZOOM, zoom))
        self.fitted = False
        self.offset = self._offset + anchor - self.to_view(under)

    def rotate_at(self, anchor: QPointF, angle: float) -> None:
        """Turn the view to ``angle`` degrees around ``anchor`` (logical pixels)."""
        under = self.to_document(anchor)
        self.angle = angle % 360.0
        self.offset = self._offset + anchor - self.to_view(under)

    def pan_by(self, delta: QPointF) -> None:
        """Move the picture by ``delta`` logical pixels, keeping a corner of it reachable."""
        self.fitted = False
        box = self._picture_box().translated(delta)
        dx = _push_inside(box.left(), box.right(), self.widget_size.width())
        dy = _push_inside(box.top(), box.bottom(), self.widget_size.height())
        self.offset = self._offset + delta + QPointF(dx, dy)

    def fit(self) -> None:
        """Show the whole picture, centred, with a margin."""
        ratio = self.device_pixel_ratio
        turned = QTransform().rotate(self.angle).mapRect(QRectF(QPointF(), self.document_size))
        shorter = min(self.widget_size.width(), self.widget_size.height())
        margin = min(FIT_MARGIN * shorter, MAXIMUM_FIT_MARGIN)
        width = max(self.widget_size.width() - 2 * margin, 16.0)
        height = max(self.widget_size.height() - 2 * margin, 16.0)
        zoom = ratio * min(width / turned.width(), height / turned.height())
        self.zoom = min(MAXIMUM_ZOOM, max(MINIMUM_ZOOM, zoom))
        self.centre()
        self.fitted = True

    def centre(self) -> None:
        """Put the middle of the picture into the middle of the widget."""
        middle = QPointF(self.widget_size.width() / 2, self.widget_size.height() / 2)
        self.offset = self._offset + middle - self._picture_box().center()

    def resize(self, size: QSizeF, device_pixel_ratio: float) -> None:
        """Take a new widget size; a fitted view stays fitted, any other keeps its middle."""
        shift = QPointF(
            (size.width() - self.widget_size.width()) / 2,
            (size.height() - self.widget_size.height()) / 2,
        )
        self.widget_size, self.device_pixel_ratio = size, device_pixel_ratio
        if self.fitted:
            self.fit()
        else:
            self.offset = self._offset + shift

    def _picture_box(self) -> QRectF:
        return self.transform().mapRect(QRectF(QPointF(), self.document_size))


def _push_inside(low: float, high: float, length: float) -> float:
    reach = min(REACHABLE, high - low, length)
    if high < reach:
        return reach - high
    if low > length - reach:
        return length - reach - low
    return 0.0

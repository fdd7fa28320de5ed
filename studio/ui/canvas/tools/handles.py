"""A frame with handles over the picture, for cropping and transforming."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

SIZE = 8.0  # logical px of a handle
REACH = 10.0  # logical px around a handle that still hit it


def midpoints(corners: Sequence[QPointF]) -> list[QPointF]:
    """Return the middle of each side, the upper one first, clockwise."""
    return [(corners[n] + corners[(n + 1) % 4]) / 2 for n in range(4)]


def hit(place: QPointF, points: Sequence[QPointF]) -> int:
    """Return which of the points (logical px) lies under a place; -1 for none."""
    for number, point in enumerate(points):
        delta = point - place
        if max(abs(delta.x()), abs(delta.y())) <= REACH:
            return number
    return -1


def paint_frame(
    painter: QPainter, corners: Sequence[QPointF], handles: Sequence[QPointF], *, thirds: bool
) -> None:
    """Paint a quadrilateral with its handles (logical px); with ``thirds`` also those lines."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPolygonF([*corners, corners[0]])
    for colour, wide in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255, 235), 1.2)):
        painter.setPen(QPen(colour, wide))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(outline)
    if thirds:
        painter.setPen(QPen(QColor(255, 255, 255, 110), 1))
        for share in (1 / 3, 2 / 3):
            for a, b, c, d in ((0, 1, 3, 2), (0, 3, 1, 2)):
                start = corners[a] + (corners[b] - corners[a]) * share
                painter.drawLine(start, corners[c] + (corners[d] - corners[c]) * share)
    painter.setPen(QPen(QColor(0, 0, 0, 170), 1))
    painter.setBrush(QColor(255, 255, 255))
    for point in handles:
        painter.drawRect(QRectF(point.x() - SIZE / 2, point.y() - SIZE / 2, SIZE, SIZE))

"""The ring around the pointer that shows how large the brush is."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

SMALLEST = 3.0  # logical px; below that a cross is clearer
LARGEST_KEPT = 220.0  # logical px; a larger ring is drawn thinly each time
_EDGE, _LINE = QColor(0, 0, 0, 130), QColor(255, 255, 255, 220)


def paint_ring(painter: QPainter, middle: QPointF, radius: float) -> None:
    """Paint a ring that is seen on any ground; the painter is in logical px.

    Smooth circles cost more than a millisecond each: they are drawn once a size and kept.
    """
    if radius < SMALLEST:
        for colour, wide in ((_EDGE, 2.5), (_LINE, 1.0)):
            painter.setPen(QPen(colour, wide))
            painter.drawLine(middle - QPointF(6, 0), middle + QPointF(6, 0))
            painter.drawLine(middle - QPointF(0, 6), middle + QPointF(0, 6))
    elif radius <= LARGEST_KEPT:
        ratio = painter.device().devicePixelRatio()
        ring = _ring(round(radius * 4), ratio)
        half = ring.width() / ratio / 2
        painter.drawPixmap(middle - QPointF(half, half), ring)
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, grow in ((_EDGE, 1.0), (_LINE, 0.0)):
            painter.setPen(QPen(colour, 0))
            painter.drawEllipse(middle, radius + grow, radius + grow)


@lru_cache(maxsize=64)
def _ring(quarters: int, ratio: float) -> QPixmap:
    """Return a ring whose radius is ``quarters`` / 4 logical px."""
    radius = quarters / 4
    side = math.ceil(2 * radius + 6)
    pixmap = QPixmap(math.ceil(side * ratio), math.ceil(side * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(pixmap.width() / ratio / 2, pixmap.height() / ratio / 2)
    for colour, wide in ((_EDGE, 2.5), (_LINE, 1.0)):
        painter.setPen(QPen(colour, wide))
        painter.drawEllipse(middle, radius, radius)
    painter.end()
    return pixmap

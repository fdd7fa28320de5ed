"""What is painted around and above the picture: edge, shadow, checkerboard, guides, hints."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap, QPolygonF, QTransform

from studio.ui.theme import RADIUS, TYPE, Tokens, font_pixels

CHECKER_SIDE = 8  # logical px of one square
SHADOW_STEPS = 10
GOLDEN = 0.3819660113  # 1 - 1 / golden ratio

GUIDES: dict[str, tuple[float, float]] = {
    "thirds": (1 / 3, 2 / 3),
    "golden": (GOLDEN, 1 - GOLDEN),
}


def checker_brush(tokens: Tokens, ratio: float) -> QBrush:
    """Return the pattern that shows through transparent parts, sharp at a device pixel ratio."""
    side = max(1, round(CHECKER_SIDE * ratio))
    tile = QPixmap(2 * side, 2 * side)
    tile.fill(QColor(tokens.checker_dark))
    painter = QPainter(tile)
    painter.fillRect(0, 0, side, side, QColor(tokens.checker_light))
    painter.fillRect(side, side, side, side, QColor(tokens.checker_light))
    painter.end()
    return QBrush(tile)


def paint_ground(
    painter: QPainter, canvas: QRectF, transform: QTransform, checker: QBrush, tokens: Tokens
) -> None:
    """Paint shadow and checkerboard of the canvas; the painter is in device pixels."""
    painter.save()
    corners = transform.map(QPolygonF(canvas))
    box = corners.boundingRect()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shadow = QColor(0, 0, 0)
    if transform.isRotating():
        outlines = [corners]
    else:
        outlines = [
            QPolygonF(box.adjusted(-grow, -grow + 4, grow, grow + 4))
            for grow in range(2 * SHADOW_STEPS, 0, -2)
        ]
    for step, outline in enumerate(outlines, 1):
        shadow.setAlpha(12 * step if tokens.dark else 6 * step)
        painter.setPen(QPen(shadow, 2.0))
        painter.drawPolygon(outline)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrushOrigin(corners.first())
    if transform.isRotating():
        painter.setBrush(checker)
        painter.drawPolygon(corners)
    else:
        painter.fillRect(box, checker)
    painter.restore()


def paint_guides(painter: QPainter, canvas: QRectF, transform: QTransform, kinds: set[str]) -> None:
    """Paint the lines of composition over the canvas; the painter is in logical pixels."""
    dark, light = QPen(QColor(0, 0, 0, 40), 0), QPen(QColor(255, 255, 255, 90), 0)
    for kind in sorted(kinds):
        for fraction in GUIDES[kind]:
            x = canvas.left() + canvas.width() * fraction
            y = canvas.top() + canvas.height() * fraction
            upright = (QPointF(x, canvas.top()), QPointF(x, canvas.bottom()))
            level = (QPointF(canvas.left(), y), QPointF(canvas.right(), y))
            for start, end in (upright, level):
                first, last = transform.map(start), transform.map(end)
                beside = QPointF(1, 1)
                painter.setPen(dark)
                painter.drawLine(first + beside, last + beside)
                painter.setPen(light)
                painter.drawLine(first, last)


def paint_hint(painter: QPainter, area: QRectF, title: str, text: str, tokens: Tokens) -> None:
    """Say in the middle of ``area`` (logical pixels) what to do on an empty canvas."""
    font = QFont(painter.font())
    font.setPixelSize(font_pixels(TYPE[2]))
    font.setWeight(QFont.Weight.DemiBold)
    small = QFont(painter.font())
    small.setPixelSize(font_pixels(TYPE[1]))
    width = min(area.width() - 32.0, 380.0)
    if width < 120 or area.height() < 90:
        return
    card = QRectF(QPointF(), QSizeF(width, 92.0))
    card.moveCenter(area.center())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens.line), 1))
    painter.setBrush(QColor(tokens.panel))
    painter.drawRoundedRect(card, RADIUS, RADIUS)
    inner = card.adjusted(16, 14, -16, -12)
    painter.setFont(font)
    painter.setPen(QColor(tokens.text))
    painter.drawText(inner, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, title)
    painter.setFont(small)
    painter.setPen(QColor(tokens.text_soft))
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
    painter.drawText(inner, int(flags) | int(Qt.TextFlag.TextWordWrap), text)

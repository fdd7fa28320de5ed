"""What is painted around and above the picture: edge, shadow, checkerboard, guides, hints."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
)

from studio.ui.theme import RADIUS, SPACING, TYPE, Tokens, font_pixels

CHECKER_SIDE = 8  # logical px of one square
SHADOW_STEPS = 10
SHADOW_DROP = 4  # px that the shadow lies lower than the picture
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
            QPolygonF(box.adjusted(-grow, -grow + SHADOW_DROP, grow, grow + SHADOW_DROP))
            for grow in range(2 * SHADOW_STEPS, -SHADOW_DROP, -2)
        ]
    for number, outline in enumerate(outlines, 1):
        step = min(number, SHADOW_STEPS)
        shadow.setAlpha(12 * step if tokens.dark else 2 * step)
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


def paint_axes(
    painter: QPainter, canvas: QRectF, transform: QTransform, across: bool, along: bool
) -> None:
    """Paint the axes of symmetry; the painter is in logical pixels."""
    middle = canvas.center()
    axes = []
    if across:
        axes.append((QPointF(middle.x(), canvas.top()), QPointF(middle.x(), canvas.bottom())))
    if along:
        axes.append((QPointF(canvas.left(), middle.y()), QPointF(canvas.right(), middle.y())))
    for start, end in axes:
        for colour, style in (
            (QColor(0, 0, 0, 90), Qt.PenStyle.SolidLine),
            (QColor(255, 255, 255, 190), Qt.PenStyle.DashLine),
        ):
            painter.setPen(QPen(colour, 0, style))
            painter.drawLine(transform.map(start), transform.map(end))


def paint_hint(painter: QPainter, area: QRectF, title: str, text: str, tokens: Tokens) -> None:
    """Say in the middle of ``area`` (logical pixels) what to do on an empty canvas.

    The card is as high as its words need; where even the title finds no room, nothing is painted.
    """
    font = QFont(painter.font())
    font.setPixelSize(font_pixels(TYPE[2]))
    font.setWeight(QFont.Weight.DemiBold)
    small = QFont(painter.font())
    small.setPixelSize(font_pixels(TYPE[1]))
    width = min(area.width() - 2 * SPACING[3], 460.0)
    inner_width = width - 2 * SPACING[3]
    if inner_width < 80:
        return
    room = QRectF(0, 0, inner_width, 10_000)
    flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
    title_height = QFontMetricsF(font).boundingRect(room, flags, title).height()
    text_height = QFontMetricsF(small).boundingRect(room, flags, text).height()
    gap, padding = float(SPACING[1]), float(SPACING[3])
    if title_height + gap + text_height + 2 * padding > area.height() - SPACING[1]:
        gap = text_height = 0.0
    height = title_height + gap + text_height + 2 * padding
    if height > area.height():
        return
    card = QRectF(QPointF(), QSizeF(width, height))
    card.moveCenter(area.center())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens.line), 1))
    painter.setBrush(QColor(tokens.panel))
    painter.drawRoundedRect(card, RADIUS, RADIUS)
    inner = card.adjusted(padding, padding, -padding, -padding)
    painter.setFont(font)
    painter.setPen(QColor(tokens.text))
    painter.drawText(inner, flags, title)
    if text_height:
        painter.setFont(small)
        painter.setPen(QColor(tokens.text_soft))
        painter.drawText(inner.adjusted(0, title_height + gap, 0, 0), flags, text)

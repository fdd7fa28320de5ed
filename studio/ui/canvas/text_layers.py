"""Text to pixels, and text layers made and written anew."""

from __future__ import annotations

import math

import msgspec
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from studio.core.ids import new_id
from studio.document import (
    AddLayer,
    Batch,
    ChangeLayer,
    ImageDocument,
    Layer,
    Operation,
    PaintTiles,
    Text,
    TileKey,
    split_into_tiles,
)
from studio.ui.canvas.blending import TILE_FORMAT

MARGIN = 4  # px around the text, for what hangs over
LARGEST = 16_384  # px a side; longer text is cut


def font_of(text: Text, scale: float = 1.0) -> QFont:
    """Return the font of a text, ``scale`` times as large."""
    font = QFont(text.family) if text.family else QFont()
    font.setPixelSize(max(1, round(text.size * scale)))
    font.setBold(text.bold)
    font.setItalic(text.italic)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def text_image(text: Text) -> QImage:
    """Return the text as premultiplied pixels; its first line begins at (MARGIN, MARGIN)."""
    font = font_of(text)
    metrics = QFontMetricsF(font)
    lines = text.content.split("\n")
    widths = [metrics.horizontalAdvance(line) for line in lines]
    overhang = metrics.height() / 4
    width = math.ceil(max(widths) + overhang) + 2 * MARGIN
    height = math.ceil(metrics.lineSpacing() * len(lines) + metrics.descent()) + 2 * MARGIN
    image = QImage(min(max(width, 1), LARGEST), min(max(height, 1), LARGEST), TILE_FORMAT)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    painter.setPen(QColor(text.colour))
    for number, (line, own) in enumerate(zip(lines, widths, strict=True)):
        left = {"left": 0.0, "centre": (max(widths) - own) / 2, "right": max(widths) - own}
        base = MARGIN + metrics.ascent() + number * metrics.lineSpacing()
        painter.drawText(QPointF(MARGIN + left[text.align], base), line)
    painter.end()
    return image


def text_tiles(text: Text) -> dict[TileKey, bytes]:
    """Return the text's pixels as the tiles of a layer."""
    image = text_image(text)
    row = image.width() * 4
    data = bytes(image.constBits())
    if image.bytesPerLine() != row:
        step = image.bytesPerLine()
        data = b"".join(data[n * step : n * step + row] for n in range(image.height()))
    return split_into_tiles(data, image.width(), image.height())


def new_text(text: Text, place: QPointF, above: int | None) -> AddLayer:
    """Return the operation that adds a text whose upper left corner is at ``place``."""
    x, y = round(place.x()) - MARGIN, round(place.y()) - MARGIN
    layer = Layer(id=new_id(), name=title_of(text), x=x, y=y, text=text)
    return AddLayer(layer=layer, tiles=text_tiles(text), index=above)


def changed_text(document: ImageDocument, layer: Layer, text: Text) -> Operation:
    """Return the operation that writes a text layer anew."""
    named = layer.text is not None and layer.name == title_of(layer.text)
    name = title_of(text) if named else layer.name
    tiles: dict[TileKey, bytes | None] = dict.fromkeys(document.occupied(layer.id))
    tiles |= text_tiles(text)
    changed = msgspec.structs.replace(layer, text=text, name=name)
    return Batch(
        label="Write",
        operations=(
            PaintTiles(layer_id=layer.id, tiles=tiles),
            ChangeLayer(layer_id=layer.id, changes=changed),
        ),
    )


def title_of(text: Text) -> str:
    """Return the layer's name: how the text begins."""
    return " ".join(text.content.split())[:40] or "Text"


def text_at(document: ImageDocument, point: QPointF) -> Layer | None:
    """Return the topmost visible text layer at a point (document px)."""
    for layer in reversed(document.layers):
        if layer.text is None or not layer.visible:
            continue
        image = QFontMetricsF(font_of(layer.text)).boundingRect(
            QRectF(0, 0, LARGEST, LARGEST), int(Qt.AlignmentFlag.AlignLeft), layer.text.content
        )
        if image.translated(layer.x + MARGIN, layer.y + MARGIN).contains(point):
            return layer
    return None

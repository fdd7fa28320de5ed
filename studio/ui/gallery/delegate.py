"""Paints one card of the Gallery: the picture, its title and what else matters at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.ui.gallery.entries import GalleryEntry
from studio.ui.gallery.facts import reason_in_words, size_in_words, status_in_words, title_of
from studio.ui.gallery.layout import CAPTION
from studio.ui.theme import current_tokens, icon
from studio.ui.theme.tokens import RADIUS, SPACING, TYPE, Tokens

if TYPE_CHECKING:
    from studio.ui.gallery.list_model import GalleryModel
    from studio.ui.gallery.thumbnails import ThumbnailCache

AnyIndex = QModelIndex | QPersistentModelIndex


class CardDelegate(QStyledItemDelegate):
    """Draws cards straight from the entries: no widget, no layout, nothing kept per card."""

    def __init__(
        self, model: GalleryModel, thumbnails: ThumbnailCache, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnails = thumbnails

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        """The view decides the size of its cards."""
        return QSize(option.rect.width(), option.rect.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one card into ``option.rect``."""
        entry = self._model.entry(index.row())
        tokens = current_tokens()
        rect = option.rect
        tile = QRect(rect.left(), rect.top(), rect.width(), rect.height() - CAPTION)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if entry.output is None:
            self._paint_quiet(painter, tile, entry, tokens)
        else:
            image = self._thumbnails.get(entry.output.sha256)
            self._paint_picture(painter, tile, image, tokens)
        self._paint_marks(painter, tile, entry, tokens)
        self._paint_caption(painter, rect, entry, tokens)
        self._paint_frame(painter, tile, option.state, tokens)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, tile: QRect, image: QImage | None, tokens: Tokens
    ) -> None:
        path = QPainterPath()
        path.addRoundedRect(QRectF(tile), RADIUS, RADIUS)
        painter.fillPath(path, QColor(tokens.raised))
        if image is None:
            return
        if image.isNull():
            mark = icon("image", role="text_faint").pixmap(QSize(28, 28))
            painter.drawPixmap(tile.center().x() - 14, tile.center().y() - 14, mark)
            return
        size = image.size().scaled(tile.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(tile.center())
        painter.save()
        painter.setClipPath(path)
        painter.drawImage(target, image)
        painter.restore()

    def _paint_quiet(
        self, painter: QPainter, tile: QRect, entry: GalleryEntry, tokens: Tokens
    ) -> None:
        path = QPainterPath()
        path.addRoundedRect(QRectF(tile).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.fillPath(path, QColor(tokens.panel))
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawPath(path)
        failed = entry.item.status == "failed"
        inner = tile.adjusted(SPACING[2], SPACING[2], -SPACING[2], -SPACING[2])
        painter.setFont(_font(painter.font(), TYPE[1], bold=True))
        painter.setPen(QColor(tokens.bad if failed else tokens.text_soft))
        line = QFontMetrics(painter.font()).height()
        head = QRect(inner.left(), inner.top(), inner.width(), line)
        painter.drawText(
            head,
            int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            _elided(painter, status_in_words(entry.item), head.width()),
        )
        painter.setFont(_font(painter.font(), TYPE[0]))
        painter.setPen(QColor(tokens.text_soft))
        body = inner.adjusted(0, line + SPACING[1], 0, 0)
        lines = _wrapped(painter, reason_in_words(entry.item), body.width(), body.height())
        painter.drawText(body, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), lines)

    def _paint_marks(
        self, painter: QPainter, tile: QRect, entry: GalleryEntry, tokens: Tokens
    ) -> None:
        marks = []
        if entry.item.starred:
            marks.append("star-filled")
        if entry.output is not None and entry.output.state == "kept":
            marks.append("check")
        right = tile.right() - SPACING[0]
        for name in marks:
            disc = QRectF(right - 23, tile.top() + SPACING[0], 24, 24)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.window))
            painter.drawEllipse(disc)
            role = "accent" if name == "star-filled" else "good"
            mark = icon(name, role=role).pixmap(QSize(16, 16))
            painter.drawPixmap(int(disc.left()) + 4, int(disc.top()) + 4, mark)
            right -= 28

    def _paint_caption(
        self, painter: QPainter, rect: QRect, entry: GalleryEntry, tokens: Tokens
    ) -> None:
        top = rect.bottom() + 1 - CAPTION + SPACING[0]
        first = QRect(rect.left() + 2, top, rect.width() - 4, 18)
        second = first.translated(0, 18)
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(_font(painter.font(), TYPE[1]))
        painter.setPen(QColor(tokens.text))
        painter.drawText(first, flags, _elided(painter, title_of(entry.item), first.width()))
        painter.setFont(_font(painter.font(), TYPE[0]))
        painter.setPen(QColor(tokens.text_faint))
        painter.drawText(second, flags, _elided(painter, _second_line(entry), second.width()))

    def _paint_frame(
        self, painter: QPainter, tile: QRect, state: QStyle.StateFlag, tokens: Tokens
    ) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (selected or focused or hovered):
            return
        colour = tokens.accent if selected else tokens.focus if focused else tokens.text_faint
        pen = QPen(QColor(colour), 2 if selected or focused else 1)
        if focused and not selected:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(tile).adjusted(-1, -1, 1, 1), RADIUS + 1, RADIUS + 1)


def _second_line(entry: GalleryEntry) -> str:
    if entry.output is None:
        return entry.item.model_title
    size = size_in_words(entry.output.width, entry.output.height)
    return f"{size} · {entry.item.model_title}" if entry.item.model_title else size


def _font(base: QFont, pixels: int, *, bold: bool = False) -> QFont:
    font = QFont(base)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def _elided(painter: QPainter, text: str, width: int) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)


def _wrapped(painter: QPainter, text: str, width: int, height: int) -> str:
    """Break a text into the lines that fit; the last one says with dots that there is more."""
    metrics = painter.fontMetrics()
    words, line = text.split(), ""
    lines: list[str] = []
    for position, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if metrics.horizontalAdvance(longer) <= width or not line:
            line = longer
            continue
        if (len(lines) + 2) * metrics.lineSpacing() > height:
            rest = " ".join([line, *words[position:]])
            return "\n".join([*lines, _elided(painter, rest, width)])
        lines.append(_elided(painter, line, width))
        line = word
    return "\n".join([*lines, _elided(painter, line, width)])

"""What is selected, over the picture: a marching outline, and a tint in quick mask mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QLineF, QObject, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPixmap, QTransform

from studio.document import TILE, Selection, TileKey
from studio.ui.canvas.frame import level_for
from studio.ui.theme import current_tokens, reduced_motion

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from studio.ui.canvas.view import CanvasView

    Mask = npt.NDArray[numpy.uint8]

STEP = 120  # ms between two steps of the outline
STRIPE = 4  # logical px
TINT = 0.45  # of the colour that lies over what is selected in quick mask mode
_KEPT = 4096  # reduced tiles


class _Shown(NamedTuple):
    """What was worked out for a part of the canvas (document px) at a level of the pyramid."""

    area: QRect
    level: int
    mask: Mask
    lines: list[QLineF]


class SelectionOverlay(QObject):
    """Follows the document's selection and paints it; hidden, it costs nothing.

    With reduced motion the outline stands still.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self._view = view
        self._selection: Selection = view.document.selection
        self._reduced: dict[tuple[bytes, int], Mask] = {}
        self._live: Mapping[TileKey, Mask] | None = None
        self._shown: _Shown | None = None
        self._tint: tuple[_Shown, Mask, QImage] | None = None
        self._quick_mask = False
        self._phase = 0
        self._timer = QTimer(self)
        self._timer.setInterval(STEP)
        self._timer.timeout.connect(self._march)
        self._selection.changed.connect(self._on_changed)

    def set_document(self) -> None:
        """Follow the view's document, which is another one now."""
        self._selection.changed.disconnect(self._on_changed)
        self._selection = self._view.document.selection
        self._selection.changed.connect(self._on_changed)
        self._reduced.clear()
        self.end_live()
        self._on_changed()

    def close(self) -> None:
        """Let go of the document."""
        self._timer.stop()
        self._selection.changed.disconnect(self._on_changed)

    def set_quick_mask(self, on: bool) -> None:
        """Tint what is selected in place of drawing its outline."""
        self._quick_mask = on
        self._on_changed()

    @property
    def marching(self) -> bool:
        """Whether the outline moves."""
        return self._timer.isActive()

    def begin_live(self, tiles: Mapping[TileKey, Mask]) -> None:
        """Show tiles (256 x 256 x 1) in place of the selection's, as they are being painted."""
        self._live = tiles

    def end_live(self) -> None:
        """Show the document's selection again."""
        if self._live is not None:
            self._live = None
            self._shown = self._tint = None
            self._view.update()

    def paint_live(self, changed: Mapping[TileKey, QRect]) -> None:
        """Show what was just painted: parts (px) within tiles."""
        if self._tint is None or self._live is None:
            self._view.update()
            return
        shown, tint, _ = self._tint
        transform = self._view.viewport.transform()
        for key, part in changed.items():
            self._paste(shown, key)
            self._colour(tint, shown, key)
            area = QRectF(part.translated(key[0] * TILE, key[1] * TILE))
            self._view.update(transform.mapRect(area).toAlignedRect().adjusted(-2, -2, 2, 2))

    # -- painting ------------------------------------------------------------------------------

    def paint(self, painter: QPainter) -> None:
        """Paint over the picture; the painter is in logical px of the view."""
        if self._selection.is_empty and not self._live:
            self._timer.stop()
            return
        shown = self._bring()
        if shown is None:
            return
        painter.save()
        if self._quick_mask:
            self._timer.stop()
            self._paint_tint(painter, shown)
        else:
            self._paint_outline(painter, shown)
            if not self._timer.isActive() and not reduced_motion() and self._view.isVisible():
                self._timer.start()
        painter.restore()

    def _paint_outline(self, painter: QPainter, shown: _Shown) -> None:
        transform = self._view.viewport.transform()
        inverse, _ = transform.inverted()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        brush = QBrush(_stripes())
        brush.setTransform(QTransform.fromTranslate(self._phase, 0) * inverse)
        painter.setTransform(transform, True)
        pen = QPen(brush, 1.0)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(shown.lines)

    def _paint_tint(self, painter: QPainter, shown: _Shown) -> None:
        if self._tint is None or self._tint[0] is not shown:
            import numpy

            tint = numpy.zeros((*shown.mask.shape, 4), numpy.uint8)
            height, width = shown.mask.shape
            tint[...] = _tinted(shown.mask)
            image = QImage(
                tint.data, width, height, width * 4, QImage.Format.Format_RGBA8888_Premultiplied
            )
            self._tint = (shown, tint, image)
        painter.setTransform(self._view.viewport.transform(), True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shown.level > 0)
        painter.drawImage(QRectF(shown.area), self._tint[2], QRectF(self._tint[2].rect()))

    def _bring(self) -> _Shown | None:
        """Return what to show for the part of the canvas that is seen, from the last time if so."""
        view = self._view
        canvas = QRectF(0, 0, view.document.width, view.document.height)
        seen = (view.viewport.visible_area() & canvas).toAlignedRect()
        if seen.isEmpty():
            return None
        level = level_for(view.viewport.zoom)
        last = self._shown
        if last is not None and last.level == level and last.area.contains(seen):
            return last
        side = TILE << level
        left, top = seen.left() // side * side, seen.top() // side * side
        right = (seen.right() // side + 1) * side
        bottom = (seen.bottom() // side + 1) * side
        area = QRect(left, top, right - left, bottom - top)
        # One tile more on each side, so that the area's own border is never taken for an outline.
        area = area.adjusted(-side, -side, side, side)
        self._shown = self._worked_out(area, level)
        return self._shown

    def _worked_out(self, area: QRect, level: int) -> _Shown:
        import numpy

        from studio.app.selecting.outline import outline

        mask = numpy.zeros((area.height() >> level, area.width() >> level), numpy.uint8)
        shown = _Shown(area, level, mask, [])
        keys = self._selection.tiles | (self._live.keys() if self._live else set())
        for key in keys:
            self._paste(shown, key)
        if not self._quick_mask:
            scale = float(1 << level)
            x, y = float(area.left()), float(area.top())
            level_lines, upright = outline(mask > 127)
            for row, start, end in level_lines.tolist():
                at = y + row * scale
                shown.lines.append(
                    QLineF(QPointF(x + start * scale, at), QPointF(x + end * scale, at))
                )
            for column, start, end in upright.tolist():
                at = x + column * scale
                shown.lines.append(
                    QLineF(QPointF(at, y + start * scale), QPointF(at, y + end * scale))
                )
        return shown

    def _place(self, shown: _Shown, key: TileKey) -> tuple[int, int, int] | None:
        """Return where a tile lies in the mask, and its side there; None if it is not in it."""
        side = TILE >> shown.level
        x = (key[0] * TILE - shown.area.left()) >> shown.level
        y = (key[1] * TILE - shown.area.top()) >> shown.level
        height, width = shown.mask.shape
        inside = 0 <= x <= width - side and 0 <= y <= height - side
        return (x, y, side) if inside else None

    def _paste(self, shown: _Shown, key: TileKey) -> None:
        place = self._place(shown, key)
        if place is not None:
            x, y, side = place
            shown.mask[y : y + side, x : x + side] = self._tile(key, shown.level)

    def _colour(self, tint: Mask, shown: _Shown, key: TileKey) -> None:
        place = self._place(shown, key)
        if place is not None:
            x, y, side = place
            tint[y : y + side, x : x + side] = _tinted(shown.mask[y : y + side, x : x + side])

    def _tile(self, key: TileKey, level: int) -> Mask:
        import numpy

        from studio.app.selecting.outline import reduced

        if self._live is not None and key in self._live:
            return reduced(self._live[key][..., 0], level)
        name = self._selection.name(key)
        if name is None:
            return numpy.zeros((TILE >> level, TILE >> level), numpy.uint8)
        known = self._reduced.get((name, level))
        if known is None:
            raw = self._selection.tile(key) or bytes(TILE * TILE)
            known = reduced(numpy.frombuffer(raw, numpy.uint8).reshape(TILE, TILE), level)
            if len(self._reduced) >= _KEPT:
                self._reduced.clear()
            self._reduced[name, level] = known
        return known

    def _march(self) -> None:
        if not self._view.isVisible() or reduced_motion():
            self._timer.stop()
            return
        self._phase = (self._phase + 1) % (2 * STRIPE)
        bounds = self._selection.bounds()
        if bounds is not None:
            area = self._view.viewport.transform().mapRect(QRectF(*bounds))
            self._view.update(area.toAlignedRect().adjusted(-2, -2, 2, 2))

    def _on_changed(self) -> None:
        if self._selection.is_empty:
            self._timer.stop()
        self._shown = self._tint = None
        self._view.update()


def _stripes() -> QPixmap:
    """Return slanting stripes, light and dark, of which the outline's pen is made."""
    side = 2 * STRIPE
    pixmap = QPixmap(side, side)
    pixmap.fill(QColor(255, 255, 255))
    painter = QPainter(pixmap)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0))
    for y in range(side):
        for x in range(side):
            if (x + y) % side < STRIPE:
                painter.drawRect(x, y, 1, 1)
    painter.end()
    return pixmap


def _tinted(mask: Mask) -> Mask:
    import numpy

    colour = QColor(current_tokens().bad)
    share = mask.astype(numpy.float32)[..., None] * numpy.float32(TINT / 255)
    full = numpy.array((colour.red(), colour.green(), colour.blue(), 255), numpy.float32)
    tinted: Mask = (share * full + 0.5).astype(numpy.uint8)
    return tinted

"""The finished picture of the view in device pixels, repainted only where it has to be."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QTransform

from studio.document import TILE
from studio.ui.canvas.compositor import LEVELS, Compositor
from studio.ui.canvas.overlays import checker_brush, paint_ground
from studio.ui.canvas.pictures import ShownPicture
from studio.ui.canvas.tile_cache import PyramidKey, tile_range
from studio.ui.theme import Tokens

NEAREST_ABOVE = 2.0  # zoom from which single pixels are shown as squares


def level_for(zoom: float) -> int:
    """Return the pyramid level whose tiles are shown at between half and full size."""
    return min(LEVELS - 1, max(0, math.floor(math.log2(1 / zoom) + 1e-6)))


class Frame:
    """Holds what the view shows, so that overlays and pans need no compositing.

    ``canvas`` is the part of the document plane that is the picture; ``overlay`` is painted over
    it at ``overlay_area`` (both in document pixels).
    """

    def __init__(self) -> None:
        self.image = QImage()
        self.canvas = QRectF()
        self.overlay: ShownPicture | None = None
        self.overlay_area = QRectF()
        self.overlay_opacity = 1.0
        self._transform = QTransform()
        self._zoom = 1.0
        self._spare = QImage()
        self._stale = True
        self._checker: tuple[str, float, QBrush] | None = None

    def invalidate(self) -> None:
        """Paint everything anew the next time."""
        self._stale = True

    def bring_to(
        self,
        transform: QTransform,
        zoom: float,
        size: QSize,
        ratio: float,
        compositor: Compositor,
        tokens: Tokens,
    ) -> None:
        """Make the frame show the document under ``transform`` (document to device pixels).

        A frame that only has to move is shifted, and painted where something came into sight.
        """
        everything = QRect(QPoint(), size)
        if self.image.size() != size:
            self.image = QImage(size, QImage.Format.Format_RGB32)
            self._spare = QImage(size, QImage.Format.Format_RGB32)
            self._stale = True
        dirty = [everything]
        if not self._stale:
            dirty = self._shift(transform, everything)
        self._transform, self._zoom, self._stale = transform, zoom, False
        for area in dirty:
            self._paint(area, compositor, tokens, ratio)
        self.image.setDevicePixelRatio(ratio)

    def repaint(self, area: QRect, compositor: Compositor, tokens: Tokens, ratio: float) -> QRect:
        """Paint the document pixels in ``area`` anew; return the device pixels that changed."""
        if self._stale or self.image.isNull():
            return QRect()
        mapped = self._transform.mapRect(QRectF(area)).toAlignedRect().adjusted(-1, -1, 1, 1)
        dirty = mapped & QRect(QPoint(), self.image.size())
        if not dirty.isEmpty():
            self._paint(dirty, compositor, tokens, ratio)
        return dirty

    def _shift(self, transform: QTransform, everything: QRect) -> list[QRect]:
        """Move the former frame to its new place; return what it does not cover."""
        old = self._transform
        same = all(
            abs(a - b) < 1e-12
            for a, b in (
                (old.m11(), transform.m11()),
                (old.m12(), transform.m12()),
                (old.m21(), transform.m21()),
                (old.m22(), transform.m22()),
            )
        )
        if not same:
            return [everything]
        delta = QPoint(round(transform.dx() - old.dx()), round(transform.dy() - old.dy()))
        if delta.isNull():
            return []
        kept = everything.translated(delta) & everything
        if kept.isEmpty():
            return [everything]
        self.image.setDevicePixelRatio(1.0)
        self._spare.setDevicePixelRatio(1.0)
        painter = QPainter(self._spare)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.drawImage(delta, self.image)
        painter.end()
        self.image, self._spare = self._spare, self.image
        above = QRect(0, 0, everything.width(), kept.top())
        below = QRect(0, kept.bottom() + 1, everything.width(), everything.bottom() - kept.bottom())
        left = QRect(0, kept.top(), kept.left(), kept.height())
        right = QRect(
            kept.right() + 1, kept.top(), everything.right() - kept.right(), kept.height()
        )
        return [area for area in (above, below, left, right) if not area.isEmpty()]

    def _paint(self, area: QRect, compositor: Compositor, tokens: Tokens, ratio: float) -> None:
        self.image.setDevicePixelRatio(1.0)
        painter = QPainter(self.image)
        painter.setClipRect(area)
        painter.fillRect(area, QColor(tokens.canvas))
        checker = self._checker_brush(tokens, ratio)
        paint_ground(painter, self.canvas, self._transform, checker, tokens)
        painter.setTransform(self._transform)
        smooth = self._zoom <= NEAREST_ABOVE
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        inverse, _ = self._transform.inverted()
        seen = inverse.mapRect(QRectF(area)) & self.canvas
        if not seen.isEmpty():
            self._paint_tiles(painter, seen, compositor)
        if self.overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(self.overlay_opacity)
            self.overlay.paint(painter, self.overlay_area, self.overlay_area.width() * self._zoom)
        painter.end()
        self.image.setDevicePixelRatio(ratio)

    def _checker_brush(self, tokens: Tokens, ratio: float) -> QBrush:
        if self._checker is None or self._checker[:2] != (tokens.name, ratio):
            self._checker = (tokens.name, ratio, checker_brush(tokens, ratio))
        return self._checker[2]

    def _paint_tiles(self, painter: QPainter, seen: QRectF, compositor: Compositor) -> None:
        level = level_for(self._zoom)
        tiles = tile_range(level, seen.toAlignedRect())
        for row in range(tiles.top(), tiles.bottom() + 1):
            for column in range(tiles.left(), tiles.right() + 1):
                self._paint_tile(painter, (level, column, row), compositor)

    def _paint_tile(self, painter: QPainter, key: PyramidKey, compositor: Compositor) -> None:
        image, whole = compositor.image(key)
        if whole:
            if image is not None:
                self._draw(painter, image, key, tile_area(key))
            return
        level, column, row = key
        for up in range(1, LEVELS - level):
            coarser = (level + up, column >> up, row >> up)
            substitute, ready = compositor.image(coarser)
            if ready and substitute is not None:
                self._draw(painter, substitute, coarser, tile_area(key))
                return
        for quadrant in range(4) if level else ():
            finer = (level - 1, 2 * column + (quadrant & 1), 2 * row + (quadrant >> 1))
            substitute, ready = compositor.image(finer)
            if ready and substitute is not None:
                self._draw(painter, substitute, finer, tile_area(finer))
        if image is not None:
            self._draw(painter, image, key, tile_area(key))

    def _draw(self, painter: QPainter, image: QImage, key: PyramidKey, part: QRectF) -> None:
        """Draw the part (document pixels) of a tile that lies on the canvas."""
        whole = tile_area(key)
        target = part & self.canvas
        if target.isEmpty():
            return
        scale = TILE / whole.width()
        corner = (target.topLeft() - whole.topLeft()) * scale
        source = QRectF(corner, target.size() * scale)
        painter.drawImage(target, image, source)


def tile_area(key: PyramidKey) -> QRectF:
    """Return the document pixels that a tile covers."""
    size = float(TILE << key[0])
    return QRectF(
        QPointF(key[1] * size, key[2] * size), QPointF((key[1] + 1) * size, (key[2] + 1) * size)
    )

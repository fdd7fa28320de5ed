"""Small pictures of the layers, drawn when there is nothing more urgent to do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter

from studio.document import TILE, ChangeSet, ImageDocument, TileKey
from studio.ui.canvas.blending import TILE_FORMAT
from studio.ui.canvas.layer_stack import SCREEN_FORMAT

THUMBNAIL = QSize(80, 56)  # px; shown at half that size where the screen is not scaled
PAUSE = 24  # ms between two slices
SLICE_SECONDS = 0.006


class LayerThumbnails(QObject):
    """Keeps one thumbnail a layer and redraws only the tiles that changed, a few at a time.

    ``wait_while`` says whether something more urgent is going on.
    """

    changed = Signal(str)  # layer id

    def __init__(self, document: ImageDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.wait_while: Callable[[], bool] = lambda: False
        self._document = document
        self._images: dict[str, QImage] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, set[TileKey]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self._work)
        self.set_document(document)

    def set_document(self, document: ImageDocument) -> None:
        """Show another document's layers."""
        self.close()
        self._document = document
        self._images.clear()
        self._places.clear()
        self._waiting.clear()
        document.changed.connect(self._on_document_changed)
        self._redraw_all()

    def close(self) -> None:
        """Stop, and let go of the document."""
        self._timer.stop()
        self._document.changed.disconnect(self._on_document_changed, missing_ok=True)

    def image(self, layer_id: str) -> QImage | None:
        """Return a thumbnail in the canvas's proportions, None until there is one."""
        return self._images.get(layer_id)

    @property
    def busy(self) -> bool:
        """Whether some thumbnail is not finished."""
        return bool(self._waiting)

    def _on_document_changed(self, change: ChangeSet) -> None:
        known = {layer.id: layer for layer in self._document.layers}
        for gone in self._places.keys() - known.keys():
            self._forget(gone)
        if change.size:
            self._images.clear()
            self._redraw_all()
            return
        for layer in known.values():
            if self._places.get(layer.id) != (layer.x, layer.y):
                self._redraw(layer.id)
        for layer_id, keys in change.tiles.items():
            if layer_id in known:
                self._waiting.setdefault(layer_id, set()).update(keys)
                self._timer.start()

    def _redraw_all(self) -> None:
        for layer in self._document.layers:
            self._redraw(layer.id)

    def _redraw(self, layer_id: str) -> None:
        layer = self._document.layer(layer_id)
        self._places[layer_id] = (layer.x, layer.y)
        self._images.pop(layer_id, None)
        self._waiting[layer_id] = set(self._document.occupied(layer_id))
        self._timer.start()

    def _forget(self, layer_id: str) -> None:
        for known in (self._images, self._places, self._waiting):
            known.pop(layer_id, None)

    def _work(self) -> None:
        if self.wait_while():
            return
        deadline = time.perf_counter() + SLICE_SECONDS
        while self._waiting and time.perf_counter() < deadline:
            layer_id, keys = next(iter(self._waiting.items()))
            if keys:
                self._draw(layer_id, keys.pop())
            if not keys:
                del self._waiting[layer_id]
                self._images.setdefault(layer_id, self._blank())
                self.changed.emit(layer_id)
        if not self._waiting:
            self._timer.stop()

    def _blank(self) -> QImage:
        size = QSize(self._document.width, self._document.height)
        image = QImage(
            size.scaled(THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)),
            SCREEN_FORMAT,
        )
        image.fill(0)
        return image

    def _draw(self, layer_id: str, key: TileKey) -> None:
        image = self._images.setdefault(layer_id, self._blank())
        scale = image.width() / self._document.width
        left, top = self._places[layer_id]
        side = TILE * scale
        area = QRectF(key[0] * side + left * scale, key[1] * side + top * scale, side, side)
        painter = QPainter(image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        pixels = self._document.tile(layer_id, key)
        if pixels is None:
            painter.fillRect(area, Qt.GlobalColor.transparent)
        else:
            pixels_wide = max(1, math.ceil(side))
            small = QImage(pixels, TILE, TILE, TILE * 4, TILE_FORMAT).scaled(
                pixels_wide,
                pixels_wide,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, small, QRectF(small.rect()))
        painter.end()

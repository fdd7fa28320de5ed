"""Thumbnails on demand: fetched and decoded in short slices, kept up to a number of bytes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageReader

CACHE_BYTES = 64_000_000
# One slice of decoding leaves most of a 60 Hz frame to the rest of the window.
SLICE_SECONDS = 0.006
# Cards that were scrolled past long ago are not worth decoding any more.
WAITING_LIMIT = 256


def decode_scaled(data: bytes, edge: int) -> QImage:
    """Decode a picture so that its longer side is ``edge`` px; a null image if it is damaged.

    The JPEG decoder scales while it reads, which costs a fraction of a full decode.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        reader.setScaledSize(
            size.scaled(QSize(edge, edge), Qt.AspectRatioMode.KeepAspectRatio).expandedTo(
                QSize(1, 1)
            )
        )
    image = reader.read()
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


class ThumbnailCache(QObject):
    """Hands out what is decoded and decodes the rest, last asked first, without a stall.

    The last asked are the cards on screen. ``ready`` names the pictures that can be painted now.
    """

    ready = Signal(set)

    def __init__(
        self,
        load: Callable[[str], bytes | None],
        parent: QObject | None = None,
        *,
        limit_bytes: int = CACHE_BYTES,
    ) -> None:
        super().__init__(parent)
        self._load = load
        self._limit = limit_bytes
        self._images: OrderedDict[str, QImage] = OrderedDict()
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._edge = 256
        self.used_bytes = 0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._decode_slice)

    def set_edge(self, edge: int) -> None:
        """Decode to this many device pixels on the longer side from now on."""
        if edge != self._edge:
            self._edge = edge
            self.clear()

    def get(self, sha256: str) -> QImage | None:
        """Return the picture if it is decoded; otherwise it will be, and ``ready`` tells.

        A null image stands for a thumbnail that is missing or damaged.
        """
        image = self._images.get(sha256)
        if image is not None:
            self._images.move_to_end(sha256)
            return image
        self._waiting[sha256] = None
        self._waiting.move_to_end(sha256)
        while len(self._waiting) > WAITING_LIMIT:
            self._waiting.popitem(last=False)
        if not self._timer.isActive():
            self._timer.start()
        return None

    def clear(self) -> None:
        """Forget everything, decoded or asked for."""
        self._images.clear()
        self._waiting.clear()
        self.used_bytes = 0
        self._timer.stop()

    def _decode_slice(self) -> None:
        end = time.perf_counter() + SLICE_SECONDS
        decoded: set[str] = set()
        while self._waiting and time.perf_counter() < end:
            sha256, _ = self._waiting.popitem(last=True)
            data = self._load(sha256)
            self._put(sha256, decode_scaled(data, self._edge) if data else QImage())
            decoded.add(sha256)
        if not self._waiting:
            self._timer.stop()
        if decoded:
            self.ready.emit(decoded)

    def _put(self, sha256: str, image: QImage) -> None:
        self._images[sha256] = image
        self.used_bytes += image.sizeInBytes()
        while self.used_bytes > self._limit and len(self._images) > 1:
            _, oldest = self._images.popitem(last=False)
            self.used_bytes -= oldest.sizeInBytes()

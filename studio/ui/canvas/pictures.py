"""Encoded pictures to images that can be painted, decoded away from the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from studio.core.errors import ImageProblem

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

MAXIMUM_SIDE = 4096  # px; larger pictures are shown from a copy of this size
SMALLEST_SIDE = 256  # px; halving stops here

PICTURE_SUFFIXES = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".webp", ".avif", ".bmp", ".gif", ".tif", ".tiff"),
        *(".jp2", ".svg", ".ora", ".psd", ".psb"),
    }
)


class ShownPicture:
    """A decoded picture with its halvings, so that painting it small stays cheap and smooth."""

    def __init__(self, image: QImage) -> None:
        image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self.levels = [image]
        while min(image.width(), image.height()) > SMALLEST_SIDE:
            image = image.scaled(
                (image.width() + 1) // 2,
                (image.height() + 1) // 2,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            self.levels.append(image)

    @property
    def size_in_bytes(self) -> int:
        """What the picture costs in memory."""
        return sum(int(image.sizeInBytes()) for image in self.levels)

    def paint(self, painter: QPainter, area: QRectF, device_pixels: float) -> None:
        """Paint into ``area``, which is ``device_pixels`` wide on the screen."""
        fitting = [image for image in self.levels if image.width() >= device_pixels]
        image = fitting[-1] if fitting else self.levels[0]
        painter.drawImage(area, image, QRectF(image.rect()))


def decode(data: bytes, maximum_side: int = MAXIMUM_SIDE) -> QImage:
    """Return the picture in ``data``, made smaller if a side is above ``maximum_side`` px.

    Safe to call on any thread.

    Raises:
        ImageProblem: the bytes are not a picture that can be read.
    """
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QImageReader

    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > maximum_side:
        limit = QSize(maximum_side, maximum_side)
        reader.setScaledSize(size.scaled(limit, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise ImageProblem(f"That picture cannot be shown: {reader.errorString()}.")
    return image


def decode_shown(data: bytes) -> ShownPicture:
    """Return a picture ready to be painted at any size; safe to call on any thread."""
    return ShownPicture(decode(data))


def encode_png(image: QImage) -> bytes:
    """Return the image as PNG; safe to call on any thread."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtGui import QImageWriter

    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(data.data())


def picture_bytes(mime: QMimeData) -> bytes | None:
    """Return an encoded picture that another program offers, without decoding it."""
    for kind in ("image/png", "image/jpeg", "image/webp", "image/tiff"):
        if mime.hasFormat(kind):
            return bytes(mime.data(kind).data())
    return None

"""Pictures from elsewhere: what is dropped onto the Gallery, and a small view of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QDropEvent, QImage, QImageReader

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
PREVIEW_EDGE = 640  # px


def dropped_picture(event: QDropEvent) -> Path | None:
    """Return the first picture file among what is dragged, or None."""
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and path.suffix.lower() in PICTURE_SUFFIXES:
            return path
    return None


def read_preview(path: Path) -> QImage:
    """Decode a picture file small; a null image if it cannot be, or would need too much memory.

    Slow for large pictures: call it off the main thread.
    """
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > PREVIEW_EDGE:
        reader.setScaledSize(
            size.scaled(
                QSize(PREVIEW_EDGE, PREVIEW_EDGE), Qt.AspectRatioMode.KeepAspectRatio
            ).expandedTo(QSize(1, 1))
        )
    return reader.read()

"""Pictures from elsewhere: dropped on the canvas or pasted from the clipboard."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from studio.ui.canvas.pictures import PICTURE_SUFFIXES, picture_bytes


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What another program handed over: files, or one picture as it was encoded or as pixels."""

    files: tuple[Path, ...] = ()
    data: bytes = b""
    image: QImage | None = None

    @staticmethod
    def from_mime(mime: QMimeData) -> Dropped:
        """Take the best of what is offered: files first, then encoded data, then pixels."""
        files = picture_files(mime)
        if files:
            return Dropped(files=files)
        data = picture_bytes(mime)
        if data:
            return Dropped(data=data)
        image = mime.imageData()
        return Dropped(image=image if isinstance(image, QImage) else None)


def picture_files(mime: QMimeData) -> tuple[Path, ...]:
    """Return the local picture files that are offered."""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return tuple(path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES)


def is_picture(mime: QMimeData) -> bool:
    """Whether something is offered that can become a layer."""
    return bool(picture_files(mime)) or mime.hasImage() or picture_bytes(mime) is not None

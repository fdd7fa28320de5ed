"""Pictures from elsewhere: dropped on the canvas or pasted from the clipboard."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from studio.ui.canvas.candidate_list import CandidateKey
from studio.ui.canvas.pictures import PICTURE_SUFFIXES, picture_bytes

# A candidate that is dragged within the window; other programs take the file beside it.
CANDIDATE_MIME = "application/x-atelier-candidate"


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What was handed over: a candidate of the strip, files, or a picture, encoded or as pixels."""

    candidate: CandidateKey | None = None
    files: tuple[Path, ...] = ()
    data: bytes = b""
    image: QImage | None = None

    @staticmethod
    def from_mime(mime: QMimeData) -> Dropped:
        """Take the best of what is offered: a candidate, files, encoded data, then pixels."""
        if mime.hasFormat(CANDIDATE_MIME):
            raw = mime.data(CANDIDATE_MIME).data()
            return Dropped(candidate=msgspec.json.decode(raw, type=CandidateKey))
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


def is_picture(mime: QMimeData | None) -> bool:
    """Whether something is offered that can become a layer; an empty clipboard offers None."""
    if mime is None:
        return False
    known = mime.hasFormat(CANDIDATE_MIME) or bool(picture_files(mime))
    return known or mime.hasImage() or picture_bytes(mime) is not None


def candidate_mime(key: CandidateKey) -> bytes:
    """Return what a drag carries under ``CANDIDATE_MIME``."""
    return msgspec.json.encode(key)

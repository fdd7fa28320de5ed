"""Shows over the canvas what the painted colour hints would give, a moment after every stroke."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from studio.app.live_colour import LiveColour
from studio.core.errors import StudioError
from studio.ui.canvas.pictures import ShownPicture

if TYPE_CHECKING:
    from PIL import Image

    from studio.app.studio import Studio
    from studio.document import ChangeSet, ImageDocument, Project

_DELAY = 120  # ms after the last change


class LiveColours(QObject):
    """Works only while it is ``on``; ``show`` gets a picture, or None where there is none."""

    def __init__(
        self,
        studio: Studio,
        show: Callable[[ShownPicture | None], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._show = show
        self._on = False
        self._working = False
        self._again = False
        self._engine = LiveColour()
        self._document = studio.project.image
        self._document.changed.connect(self._changed)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_DELAY)
        self._delay.timeout.connect(self._begin)

    def set_on(self, on: bool) -> None:
        """Begin to follow the strokes, or end it."""
        if on == self._on:
            return
        self._on = on
        if on:
            self._delay.start()
        else:
            self._delay.stop()
            self._show(None)

    def set_project(self, project: Project) -> None:
        """Follow another project's picture."""
        self.close()
        self._document = project.image
        self._document.changed.connect(self._changed)

    def close(self) -> None:
        """Let go of the picture."""
        self._delay.stop()
        self._document.changed.disconnect(self._changed)

    def _changed(self, change: ChangeSet) -> None:
        if self._on:
            self._delay.start()

    def _begin(self) -> None:
        if self._working:
            self._again = True
            return
        self._working, self._again = True, False
        document = self._document
        looks = self._engine.looks(document.snapshot())
        self._next(document, looks)

    def _next(self, document: ImageDocument, looks: Iterator[Image.Image]) -> None:
        def look() -> ShownPicture | None:
            picture = next(looks, None)
            return None if picture is None else _shown(picture)

        first = [True]

        def take(shown: ShownPicture | None) -> None:
            wanted = self._on and document is self._document and not self._again
            if wanted and (shown is not None or first[0]):
                self._show(shown)
            first[0] = False
            if shown is not None and wanted:
                self._studio.background(look, take, give_up)
                return
            self._end()

        def give_up(error: StudioError) -> None:
            if document is self._document:
                self._studio.report(error)
            self._end()

        self._studio.background(look, take, give_up)

    def _end(self) -> None:
        self._working = False
        if self._again and self._on:
            self._begin()


def _shown(picture: Image.Image) -> ShownPicture:
    rgba = picture.convert("RGBA")
    image = QImage(
        rgba.tobytes(), rgba.width, rgba.height, rgba.width * 4, QImage.Format.Format_RGBA8888
    )
    return ShownPicture(image)

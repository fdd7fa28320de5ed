"""Which mode fits what is on the canvas: suggested when that changes, never held against a choice.

A selection suggests Fill, for as long as it is there; a grey picture that arrives suggests
Colorize. Between two such changes the mode is what the artist chose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import ChangeSet, ImageDocument, LayeredPicture, Project

_TOLERANCE = 4  # levels of 255 by which the channels of a grey pixel may differ (JPEG)
_LOOKED_AT = 24  # tiles


class ContextMode(QObject):
    """Follows the open project's picture; ``suggested`` carries the id of a mode."""

    suggested = Signal(str)

    def __init__(
        self, studio: Studio, current: Callable[[], str], parent: QObject | None = None
    ) -> None:
        """``current`` returns the mode that is chosen now."""
        super().__init__(parent)
        self._studio = studio
        self._current = current
        self._before_fill = ""
        self._layers: frozenset[str] = frozenset()
        self._document = studio.project.image
        self._follow(self._document)

    def set_project(self, project: Project) -> None:
        """Follow another project."""
        self.close()
        self._follow(project.image)

    def close(self) -> None:
        """Let go of the picture."""
        self._document.selection.changed.disconnect(self._selection_changed)
        self._document.changed.disconnect(self._changed)

    def _follow(self, document: ImageDocument) -> None:
        self._document = document
        self._before_fill = ""
        self._layers = frozenset(layer.id for layer in document.layers)
        document.selection.changed.connect(self._selection_changed)
        document.changed.connect(self._changed)

    def _selection_changed(self) -> None:
        current = self._current()
        if not self._document.selection.is_empty:
            if self._document.layers and current == "create":
                self._before_fill = current
                self.suggested.emit("fill")
        elif self._before_fill:
            before, self._before_fill = self._before_fill, ""
            if current == "fill":
                self.suggested.emit(before)

    def _changed(self, change: ChangeSet) -> None:
        if not change.structure:
            return
        before, self._layers = self._layers, frozenset(one.id for one in self._document.layers)
        if not self._layers and self._current() != "create":
            self.suggested.emit("create")
        elif self._layers - before and self._current() == "create":
            document, snapshot = self._document, self._document.snapshot()

            def answer(grey: bool) -> None:
                if grey and self._document is document and self._current() == "create":
                    self.suggested.emit("colorize")

            self._studio.background(lambda: is_grey(snapshot), answer)


def is_grey(picture: LayeredPicture) -> bool:
    """Tell whether what is visible has no colours, but more than one shade; looks at some tiles."""
    import numpy as np

    low, high = 255, 0
    places = [
        (layer.id, key)
        for layer in picture.layers
        if layer.visible and layer.opacity > 0
        for key in sorted(picture.occupied(layer.id))
    ]
    for layer_id, key in places[:: max(1, len(places) // _LOOKED_AT)]:
        raw = picture.tile(layer_id, key)
        if raw is None:
            continue
        pixels = np.frombuffer(raw, np.uint8).reshape(-1, 4)
        colours = pixels[pixels[:, 3] > 0, :3].astype(np.int16)
        if not len(colours):
            continue
        if int((colours.max(1) - colours.min(1)).max()) > _TOLERANCE:
            return False
        low, high = min(low, int(colours.min())), max(high, int(colours.max()))
    return high - low > 2 * _TOLERANCE

"""Which layer the artist works on: chosen in the panel, used by the tools."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.document import ChangeSet, ImageDocument, Layer


class ActiveLayer(QObject):
    """Follows the document, so that there is an active layer whenever there is any layer.

    A new layer becomes the active one; when the active one goes, its neighbour takes its place.
    """

    changed = Signal()

    def __init__(self, document: ImageDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._order = [layer.id for layer in document.layers]
        self.layer_id = self._order[-1] if self._order else ""
        document.changed.connect(self._on_document_changed)

    def set_document(self, document: ImageDocument) -> None:
        """Follow another document."""
        self.close()
        self._document = document
        self._order = [layer.id for layer in document.layers]
        self.layer_id = self._order[-1] if self._order else ""
        document.changed.connect(self._on_document_changed)
        self.changed.emit()

    def close(self) -> None:
        """Let go of the document."""
        self._document.changed.disconnect(self._on_document_changed)

    def layer(self) -> Layer | None:
        """Return the active layer, None on an empty canvas."""
        return self._document.layer(self.layer_id) if self.layer_id else None

    def choose(self, layer_id: str) -> None:
        """Make a layer the active one."""
        if layer_id != self.layer_id:
            self.layer_id = layer_id
            self.changed.emit()

    def _on_document_changed(self, change: ChangeSet) -> None:
        if not change.structure:
            return
        former, self._order = self._order, [layer.id for layer in self._document.layers]
        added = [layer_id for layer_id in self._order if layer_id not in former]
        chosen = self.layer_id
        if added:
            chosen = added[-1]
        elif chosen not in self._order:
            place = former.index(chosen) if chosen in former else 0
            chosen = (
                self._order[min(max(place - 1, 0), len(self._order) - 1)] if self._order else ""
            )
        self.choose(chosen)

"""The layers as a list for Qt's views: the topmost layer is the first row."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from studio.document import ChangeSet, ImageDocument, Layer, parents
from studio.ui.canvas.layer_thumbnails import LayerThumbnails

LAYER_ROLE = int(Qt.ItemDataRole.UserRole)
THUMBNAIL_ROLE = LAYER_ROLE + 1
DEPTH_ROLE = LAYER_ROLE + 2  # in how many groups a layer lies

_Index = QModelIndex | QPersistentModelIndex


class LayerModel(QAbstractListModel):
    """Mirrors the document's layers; refreshes from its change-sets alone.

    ``rename_requested(str, str)`` carries a layer's id and the name that was typed.
    """

    rename_requested = Signal(str, str)

    def __init__(self, document: ImageDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.thumbnails = LayerThumbnails(document, self)
        self.thumbnails.changed.connect(self._on_thumbnail)
        self._layers: tuple[Layer, ...] = ()
        self._depths: dict[str, int] = {}
        self.set_document(document)

    @property
    def document(self) -> ImageDocument:
        """The document that is shown."""
        return self._document

    def set_document(self, document: ImageDocument) -> None:
        """Show another document."""
        self._document.changed.disconnect(self._on_document_changed, missing_ok=True)
        if document is not self._document:
            self.thumbnails.set_document(document)
        self._document = document
        document.changed.connect(self._on_document_changed)
        self._reset()

    def close(self) -> None:
        """Let go of the document."""
        self.thumbnails.close()
        self._document.changed.disconnect(self._on_document_changed, missing_ok=True)

    def row_of(self, layer_id: str) -> int:
        """Return a layer's row, -1 if it is not there."""
        ids = [layer.id for layer in self._layers]
        return ids.index(layer_id) if layer_id in ids else -1

    def layer_at(self, row: int) -> Layer:
        """Return the layer of a row."""
        return self._layers[row]

    def rowCount(self, parent: _Index | None = None) -> int:
        """One row a layer."""
        return 0 if parent is not None and parent.isValid() else len(self._layers)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Rows can be chosen, and renamed unless they are locked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.isValid() else flags

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, the layer itself, its thumbnail, and what a screen reader says."""
        layer = self._layers[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return layer.name
        if role == LAYER_ROLE:
            return layer
        if role == DEPTH_ROLE:
            return self._depths[layer.id]
        if role == THUMBNAIL_ROLE:
            return self.thumbnails.image(layer.id)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = self.tr("visible") if layer.visible else self.tr("hidden")
            locked = self.tr(", locked") if layer.locked else ""
            kinds = {"group": self.tr("group, "), "mask": self.tr("mask, ")}
            kind = kinds.get(layer.kind, "")
            return f"{layer.name}, {kind}{state}{locked}, {round(layer.opacity * 100)} %"
        if role == Qt.ItemDataRole.ToolTipRole:
            return layer.name
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; an empty one leaves the old."""
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not name:
            return False
        self.rename_requested.emit(self._layers[index.row()].id, name[:200])
        return True

    def _on_document_changed(self, change: ChangeSet) -> None:
        if change.structure:
            self._reset()
            return
        former = self._depths
        self._take_layers()
        for layer_id in change.layers:
            self._refresh_row(layer_id)
        for layer_id, depth in self._depths.items():
            if former.get(layer_id) != depth:
                self._refresh_row(layer_id)

    def _take_layers(self) -> None:
        self._layers = tuple(reversed(self._document.layers))
        above = parents(self._document.layers)
        self._depths = {}
        for layer in self._layers:
            depth, parent = 0, above[layer.id]
            while parent:
                depth, parent = depth + 1, above[parent]
            self._depths[layer.id] = depth

    def _on_thumbnail(self, layer_id: str) -> None:
        self._refresh_row(layer_id)

    def _refresh_row(self, layer_id: str) -> None:
        row = self.row_of(layer_id)
        if row >= 0:
            self.dataChanged.emit(self.index(row), self.index(row))

    def _reset(self) -> None:
        self.beginResetModel()
        self._take_layers()
        self.endResetModel()

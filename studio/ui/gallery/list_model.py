"""The Gallery's list model: rows of entries, changed only where a generation changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.ui.gallery.entries import EntryKey, GalleryEntry
from studio.ui.gallery.facts import spoken

if TYPE_CHECKING:
    from studio.document import HistoryItem

AnyIndex = QModelIndex | QPersistentModelIndex


class GalleryModel(QAbstractListModel):
    """Keeps the entries newest first; a change touches the rows of that generation alone, so that
    selection and scroll position stay where they are."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[GalleryEntry] = []

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        """Return how many cards there are."""
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the title, or the sentence that a screen reader speaks."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.item.title
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return spoken(entry)
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Pictures can be dragged out; everything can be selected."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._entries[index.row()].output is not None:
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags | Qt.ItemFlag.ItemNeverHasChildren

    def entry(self, row: int) -> GalleryEntry:
        """Return the entry of a row."""
        return self._entries[row]

    @property
    def entries(self) -> Sequence[GalleryEntry]:
        """All entries in the order of the rows."""
        return self._entries

    def row_of(self, key: EntryKey) -> int | None:
        """Return the row of a card, or None when it is not shown."""
        return next((row for row, entry in enumerate(self._entries) if entry.key == key), None)

    def reset(self, entries: Iterable[GalleryEntry]) -> None:
        """Show these entries, given newest first."""
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def replace(self, item_id: str, entries: Sequence[GalleryEntry]) -> None:
        """Show these entries for one generation, in place of those it had."""
        first, last = self._rows_of(item_id)
        if first < last and last - first == len(entries):
            self._entries[first:last] = entries
            self.dataChanged.emit(self.index(first), self.index(last - 1))
            return
        if first < last:
            self.beginRemoveRows(QModelIndex(), first, last - 1)
            del self._entries[first:last]
            self.endRemoveRows()
        if entries:
            at = self._place_of(entries[0])
            self.beginInsertRows(QModelIndex(), at, at + len(entries) - 1)
            self._entries[at:at] = entries
            self.endInsertRows()

    def shown_item(self, item_id: str) -> HistoryItem | None:
        """Return the generation as it is shown, or None when it is not."""
        first, last = self._rows_of(item_id)
        return self._entries[first].item if first < last else None

    def _rows_of(self, item_id: str) -> tuple[int, int]:
        entries = self._entries
        first = next((row for row, entry in enumerate(entries) if entry.item.id == item_id), None)
        if first is None:
            return 0, 0
        last = first
        while last < len(entries) and entries[last].item.id == item_id:
            last += 1
        return first, last

    def _place_of(self, entry: GalleryEntry) -> int:
        for row, other in enumerate(self._entries):
            if other.order < entry.order:
                return row
        return len(self._entries)

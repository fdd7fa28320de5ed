"""Which generations the Gallery lists: the history through search, star and status filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.core.errors import DocumentProblem
from studio.ui.gallery.entries import GalleryEntry, Removal, Shown, entries_of
from studio.ui.gallery.list_model import GalleryModel

if TYPE_CHECKING:
    from studio.document import History, HistoryItem


class Listing(QObject):
    """Keeps the model in step with one project's history, from its change-sets alone.

    While the Gallery is out of sight changes are only noted, and taken in when it is shown.
    """

    changed = Signal()

    def __init__(self, model: GalleryModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._history: History | None = None
        self._active = False
        self._stale: set[str] = set()
        # The cards of items as they were last listed: the same item has the same cards.
        self._made: dict[str, tuple[HistoryItem, list[GalleryEntry]]] = {}
        self.text = ""
        self.starred_only = False
        self.shown: Shown = "undropped"
        self.removal = Removal()

    @property
    def attached(self) -> bool:
        """True once a history is listed."""
        return self._history is not None

    @property
    def nothing_yet(self) -> bool:
        """True when the history itself is empty, whatever the filters say."""
        return self._history is not None and not self._history.items()

    def attach(self, history: History) -> None:
        """List another project's history from now on."""
        self.detach()
        self._history = history
        self.removal = Removal()
        history.changed.connect(self._on_changed)
        self.reload()

    def detach(self) -> None:
        """Stop listening to the history."""
        if self._history is not None:
            self._history.changed.disconnect(self._on_changed)
            self._history = None
        self._stale.clear()
        self._made.clear()

    def set_active(self, active: bool) -> None:
        """Take changes in at once, or only note them."""
        self._active = active
        if active and self._stale:
            stale, self._stale = self._stale, set()
            self._take_in(stale)

    def set_filter(
        self,
        *,
        text: str | None = None,
        starred_only: bool | None = None,
        shown: Shown | None = None,
    ) -> None:
        """Change what is listed; None leaves a part as it is."""
        before = (self.text, self.starred_only, self.shown)
        self.text = self.text if text is None else text.strip()
        self.starred_only = self.starred_only if starred_only is None else starred_only
        if shown is not None and shown != self.shown:
            self.shown = shown
            self._made.clear()
        if before != (self.text, self.starred_only, self.shown):
            self.reload()

    def set_removal(self, removal: Removal) -> None:
        """Hide what is about to be removed, show again what no longer is."""
        affected = self._ids_of(self.removal) | self._ids_of(removal)
        self.removal = removal
        self._take_in(affected)

    def reload(self) -> None:
        """List everything anew."""
        self._stale.clear()
        entries: list[GalleryEntry] = []
        for item in self._found():
            entries += self._entries(item)
        self._model.reset(entries)
        self.changed.emit()

    def _on_changed(self, ids: Iterable[str]) -> None:
        if self._active:
            self._take_in(set(ids))
        else:
            self._stale.update(ids)

    def _take_in(self, ids: set[str]) -> None:
        if self._history is None or not ids:
            return
        found = {item.id for item in self._found()} if self.text else None
        for item_id in sorted(ids):
            item = self._item(item_id)
            if (
                item is None
                or (found is not None and item_id not in found)
                or (self.starred_only and not item.starred)
            ):
                self._model.replace(item_id, [])
            else:
                self._model.replace(item_id, self._entries(item))
        self.changed.emit()

    def _found(self) -> list[HistoryItem]:
        if self._history is None:
            return []
        if self.text or self.starred_only:
            return self._history.search(self.text, starred=self.starred_only)
        return self._history.items()

    def _item(self, item_id: str) -> HistoryItem | None:
        assert self._history is not None
        try:
            return self._history.get(item_id)
        except DocumentProblem:
            self._made.pop(item_id, None)
            return None

    def _entries(self, item: HistoryItem) -> list[GalleryEntry]:
        if item.id in self.removal.items:
            return []
        if self.removal.outputs:
            return entries_of(item, self.shown, self.removal.outputs)
        made = self._made.get(item.id)
        if made is None or made[0] is not item:
            made = self._made[item.id] = (item, entries_of(item, self.shown))
        return made[1]

    @staticmethod
    def _ids_of(removal: Removal) -> set[str]:
        return set(removal.items) | {item_id for item_id, _ in removal.outputs}

"""Removing without a question: gone from view at once, gone for good when undo is not offered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.core.errors import StudioError
from studio.ui.gallery.entries import Removal, removal_of
from studio.ui.gallery.keys import Chosen
from studio.ui.gallery.listing import Listing
from studio.ui.widgets import NoticeBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio.app.studio import Studio

UNDO_OFFERED_MS = 12_000


class Removing(QObject):
    """Keeps the last removal back while the notice offers to undo it.

    Nothing is lost if the studio ends meanwhile: what was not committed is still there.
    ``undone`` carries the ids of what came back.
    """

    undone = Signal(object)

    def __init__(
        self, studio: Studio, listing: Listing, notice: NoticeBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._listing = listing
        self._notice = notice
        self._ends = self._timer(UNDO_OFFERED_MS, notice.dismiss)
        # The notice says "dismissed" before it says that its button was pressed.
        self._commit_soon = self._timer(0, self.commit)
        notice.actionTriggered.connect(lambda _: self.undo())
        notice.dismissed.connect(self._commit_soon.start)

    @property
    def offers_undo(self) -> bool:
        """True while something can be brought back."""
        return self._listing.removal.count > 0

    def remove(self, chosen: Chosen) -> bool:
        """Take the chosen cards out of view and offer undo; False if there is nothing to do."""
        self.commit()
        removal = removal_of(chosen)
        if removal.count == 0:
            self._studio.tell(self.tr("Dropped already: it goes for good with its generation."))
            return False
        self._listing.set_removal(removal)
        self._notice.show_notice("info", self._in_words(removal, chosen), "", self.tr("Undo"))
        self._ends.start()
        return True

    def undo(self) -> None:
        """Bring back what was removed last."""
        removal = self._listing.removal
        self.forget()
        self._listing.set_removal(Removal())
        self.undone.emit(removal.items | {item_id for item_id, _ in removal.outputs})

    def commit(self) -> None:
        """Remove for good what is out of view."""
        removal = self._listing.removal
        self.forget()
        if removal.count == 0:
            return
        history = self._studio.project.history
        for item_id in sorted(removal.items):
            self._guarded(partial(history.remove, item_id))
        for item_id, index in sorted(removal.outputs):
            self._guarded(partial(history.set_output_state, item_id, index, "dropped"))
        self._listing.set_removal(Removal())

    def forget(self) -> None:
        """Take the offer back without removing anything."""
        self._ends.stop()
        self._notice.dismiss()
        self._commit_soon.stop()

    def _in_words(self, removal: Removal, chosen: Chosen) -> str:
        items = {entry.item.id: entry.item for entry in chosen}
        gone = sum(len(items[item_id].outputs) for item_id in removal.items)
        gone += len(removal.outputs)
        if gone == 0:
            return self.tr("Removed from the Gallery: {0}.").format(removal.count)
        if gone == 1:
            return self.tr("Removed 1 picture.")
        return self.tr("Removed {0} pictures.").format(gone)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except StudioError as error:
            self._studio.report(error)

    def _timer(self, milliseconds: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(call)
        return timer

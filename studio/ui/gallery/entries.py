"""Gallery entries: which cards a generation gets under a filter, and how the days are called."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from studio.document import HistoryItem, HistoryOutput

Shown = Literal["undropped", "all", "kept", "waiting", "failed", "cancelled", "dropped"]
EntryKey = tuple[str, int]

# The index of an entry that stands for a whole generation, because no picture came (yet).
NO_OUTPUT = -1

_QUARTER = 900  # seconds


class GalleryEntry(msgspec.Struct, frozen=True):
    """One card: a picture with the generation it belongs to, or a generation without a picture."""

    item: HistoryItem
    output: HistoryOutput | None
    day: date

    @property
    def key(self) -> EntryKey:
        """The generation's id and the picture's index in it (``NO_OUTPUT`` without one)."""
        return self.item.id, NO_OUTPUT if self.output is None else self.output.index

    @property
    def order(self) -> tuple[float, str]:
        """Sorts generations by age; the newest is the greatest."""
        return self.item.created, self.item.id


def entries_of(
    item: HistoryItem, shown: Shown, hidden: frozenset[EntryKey] = frozenset()
) -> list[GalleryEntry]:
    """Return the cards of one generation, its pictures first.

    Args:
        item: the generation.
        shown: "undropped" leaves out what was dropped, "all" nothing; the others keep only what
            their name says.
        hidden: cards that are about to be removed.
    """
    day = _day_of(int(item.created) // _QUARTER)
    entries = []
    for output in item.outputs:
        if shown == "undropped":
            wanted = output.state != "dropped"
        else:
            wanted = shown in ("all", output.state)
        if wanted and (item.id, output.index) not in hidden:
            entries.append(GalleryEntry(item, output, day))
    if _quiet_card_shown(item, shown) and (item.id, NO_OUTPUT) not in hidden:
        entries.append(GalleryEntry(item, None, day))
    return entries


@cache
def _day_of(quarter: int) -> date:
    """Return the local day of a quarter of an hour since 1970; midnights lie between quarters."""
    return datetime.fromtimestamp(quarter * _QUARTER).date()


def _quiet_card_shown(item: HistoryItem, shown: Shown) -> bool:
    """A generation gets a card of its own while it waits, and when it ended without a picture."""
    if item.status == "done" and item.outputs:
        return False
    waiting = item.status in ("queued", "running", "interrupted")
    if shown == "waiting":
        return waiting
    if shown == "failed":
        return item.status == "failed"
    if shown == "cancelled":
        return item.status == "cancelled"
    if shown in ("undropped", "all"):
        return waiting or item.status == "failed" or not item.outputs
    return False


class Removal(msgspec.Struct, frozen=True):
    """What Delete takes away once its undo is no longer offered.

    ``items`` go with all they hold; ``outputs`` are single pictures of a generation that stays:
    they are dropped, and the filter for dropped pictures still finds them.
    """

    items: frozenset[str] = frozenset()
    outputs: frozenset[EntryKey] = frozenset()

    @property
    def count(self) -> int:
        """How many generations and single pictures it takes away."""
        return len(self.items) + len(self.outputs)


def removal_of(entries: Iterable[GalleryEntry]) -> Removal:
    """Return what removing these cards means.

    A generation goes as a whole when every picture of it that was not dropped before is among
    the cards, or when the card stands for the generation itself. A dropped picture of a
    generation that stays is left as it is.
    """
    chosen: dict[str, set[int]] = {}
    items: dict[str, HistoryItem] = {}
    for entry in entries:
        items[entry.item.id] = entry.item
        chosen.setdefault(entry.item.id, set()).add(entry.key[1])
    whole: set[str] = set()
    single: set[EntryKey] = set()
    for item_id, indexes in chosen.items():
        left = {
            output.index
            for output in items[item_id].outputs
            if output.state != "dropped" and output.index not in indexes
        }
        if left and NO_OUTPUT not in indexes:
            undropped = {
                output.index for output in items[item_id].outputs if output.state != "dropped"
            }
            single.update((item_id, index) for index in indexes & undropped)
        else:
            whole.add(item_id)
    return Removal(items=frozenset(whole), outputs=frozenset(single))

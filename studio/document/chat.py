"""The conversations of a project: every turn is kept, edits and new answers branch."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from studio.api.events import TextToken
from studio.api.requests import Role
from studio.core.errors import DocumentProblem
from studio.core.ids import new_id
from studio.core.signals import Signal
from studio.document.chat_items import (
    MAX_TITLE,
    UNFINISHED,
    Thread,
    ThreadSettings,
    Turn,
    TurnFacts,
    TurnStatus,
)
from studio.document.items import folded
from studio.document.store import Store
from studio.document.writes import DropThread, PutRow, PutTurnState

_THREADS = "SELECT id, created, changed, title, system, settings, current FROM threads"
_TURNS = (
    "SELECT id, thread_id, parent_id, created, role, text, status, facts FROM turns "
    "WHERE thread_id = ? ORDER BY created, id"
)


class Conversations:
    """Keeps threads and their trees of turns. Every method is called on the main thread.

    ``changed`` tells the ids of the threads that are new, different or gone, ``turn_changed`` the
    id of a turn whose text or state is another. Threads are read when they are first asked for,
    the turns of one when it is opened.
    """

    changed = Signal(frozenset)
    turn_changed = Signal(str)

    def __init__(self, store: Store) -> None:
        self._store = store
        self._loaded: dict[str, Thread] | None = None
        self._opened: dict[str, dict[str, Turn]] = {}
        self._thread_of: dict[str, str] = {}

    # -- threads -------------------------------------------------------------------------------

    @property
    def _threads(self) -> dict[str, Thread]:
        if self._loaded is None:
            found = [_thread(row) for row in self._store.rows(_THREADS)]
            self._loaded = {thread.id: thread for thread in found if thread is not None}
            self._report(found.count(None), "conversations")
        return self._loaded

    def threads(self) -> list[Thread]:
        """Return all threads, the one that changed last first."""
        return sorted(self._threads.values(), key=lambda t: (t.changed, t.id), reverse=True)

    def thread(self, thread_id: str) -> Thread:
        """Return one thread; raises DocumentProblem if it is not there."""
        try:
            return self._threads[thread_id]
        except KeyError:
            raise DocumentProblem(
                "That conversation is no longer there.", code="unknown_thread"
            ) from None

    def has(self, thread_id: str) -> bool:
        """Return whether there is a thread of that id."""
        return thread_id in self._threads

    def create(
        self, *, title: str = "", system: str = "", settings: ThreadSettings | None = None
    ) -> Thread:
        """Begin a conversation.

        Raises:
            StorageProblem: the project was opened for reading only.
        """
        self._store.ensure_writable()
        now = time.time()
        thread = Thread(
            id=new_id(),
            created=now,
            changed=now,
            title=_clean(title)[:MAX_TITLE],
            system=_clean(system),
            settings=settings or ThreadSettings(),
        )
        self._opened[thread.id] = {}
        return self._put(thread)

    def change(
        self,
        thread_id: str,
        *,
        title: str | None = None,
        system: str | None = None,
        settings: ThreadSettings | None = None,
    ) -> Thread:
        """Change what a thread is called or how its answers are made; what is None stays."""
        thread = self.thread(thread_id)
        changes: dict[str, Any] = {"settings": settings, "system": system, "title": title}
        given = {name: value for name, value in changes.items() if value is not None}
        if "title" in given:
            given["title"] = _clean(given["title"]).strip()[:MAX_TITLE]
        if "system" in given:
            given["system"] = _clean(given["system"])
        after = msgspec.structs.replace(thread, **given)
        return thread if after == thread else self._put(after)

    def remove(self, thread_id: str) -> None:
        """Forget a conversation with all its branches; raises DocumentProblem if it is gone."""
        self.thread(thread_id)
        self._store.submit(DropThread(thread_id))
        del self._threads[thread_id]
        for turn_id in self._opened.pop(thread_id, {}):
            self._thread_of.pop(turn_id, None)
        self.changed.emit(frozenset({thread_id}))

    def search(self, text: str) -> list[Thread]:
        """Return the threads in whose title or turns every word occurs, whatever its case."""
        words = folded(text).split()
        if not words:
            return self.threads()
        texts: dict[str, list[str]] = {}
        for thread_id, words_of_turn in self._store.rows("SELECT thread_id, text FROM turns"):
            if isinstance(words_of_turn, str) and thread_id not in self._opened:
                texts.setdefault(str(thread_id), []).append(words_of_turn)
        for thread_id, turns in self._opened.items():
            texts[thread_id] = [turn.text for turn in turns.values()]

        def found(thread: Thread) -> bool:
            whole = folded("\n".join((thread.title, *texts.get(thread.id, ()))))
            return all(word in whole for word in words)

        return [thread for thread in self.threads() if found(thread)]

    # -- turns ---------------------------------------------------------------------------------

    def turns(self, thread_id: str) -> dict[str, Turn]:
        """Return all turns of a thread by id, in the order they were made."""
        if thread_id not in self._opened:
            self.thread(thread_id)
            found = [_turn(row) for row in self._store.rows(_TURNS, thread_id)]
            self._report(found.count(None), "messages")
            turns = {turn.id: turn for turn in found if turn is not None}
            # A turn whose parent is lost hangs at the beginning rather than nowhere.
            turns = {
                name: turn if turn.parent in turns else msgspec.structs.replace(turn, parent="")
                for name, turn in turns.items()
            }
            self._opened[thread_id] = turns
            self._thread_of |= dict.fromkeys(turns, thread_id)
        return self._opened[thread_id]

    def turn(self, turn_id: str) -> Turn:
        """Return a turn of an opened thread; raises DocumentProblem if it is not there."""
        try:
            return self._opened[self._thread_of[turn_id]][turn_id]
        except KeyError:
            raise DocumentProblem("That message is no longer there.", code="unknown_turn") from None

    def has_turn(self, turn_id: str) -> bool:
        """Return whether an opened thread has that turn."""
        return turn_id in self._thread_of

    def path(self, thread_id: str, last: str | None = None) -> list[Turn]:
        """Return the turns from the first to ``last``, by default the branch that is shown."""
        turns = self.turns(thread_id)
        current = self.thread(thread_id).current if last is None else last
        found: list[Turn] = []
        while current in turns and len(found) <= len(turns):
            found.append(turns[current])
            current = found[-1].parent
        return found[::-1]

    def siblings(self, turn_id: str) -> list[Turn]:
        """Return the turns that stand in the place of this one, itself among them, oldest first."""
        turn = self.turn(turn_id)
        return [one for one in self.turns(turn.thread).values() if one.parent == turn.parent]

    def add(
        self,
        thread_id: str,
        parent: str,
        role: Role,
        text: str,
        *,
        status: TurnStatus = "done",
        facts: TurnFacts | None = None,
    ) -> Turn:
        """Add a turn after ``parent`` ("" begins a branch); it becomes the end of what is shown.

        Raises:
            DocumentProblem: the thread or the parent is not there.
        """
        turns = self.turns(thread_id)
        if parent and parent not in turns:
            raise DocumentProblem("That message is no longer there.", code="unknown_turn")
        turn = Turn(
            id=new_id(),
            thread=thread_id,
            parent=parent,
            created=time.time(),
            role=role,
            text=_clean(text),
            status=status,
            facts=facts or TurnFacts(),
        )
        row = (turn.id, thread_id, parent, turn.created, role, turn.text, status)
        self._store.submit(PutRow("turns", (*row, msgspec.json.encode(turn.facts))))
        turns[turn.id] = turn
        self._thread_of[turn.id] = thread_id
        self._put(
            msgspec.structs.replace(
                self.thread(thread_id), current=turn.id, changed=max(turn.created, time.time())
            )
        )
        return turn

    def update(
        self,
        turn_id: str,
        *,
        text: str | None = None,
        status: TurnStatus | None = None,
        facts: TurnFacts | None = None,
        tokens: tuple[TextToken, ...] | None = None,
        keep: bool = True,
    ) -> Turn:
        """Change a turn; what is None stays.

        ``keep`` False changes it in memory only: a text that grows is kept now and then.
        """
        turn = self.turn(turn_id)
        changes: dict[str, Any] = {"status": status, "facts": facts, "tokens": tokens}
        given = {name: value for name, value in changes.items() if value is not None}
        if text is not None:
            given["text"] = _clean(text)
        after = msgspec.structs.replace(turn, **given)
        self._opened[turn.thread][turn_id] = after
        if keep:
            columns: dict[str, str | bytes] = {
                "text": after.text,
                "status": after.status,
                "facts": msgspec.json.encode(after.facts),
            }
            self._store.submit(PutTurnState(turn_id, columns))
        self.turn_changed.emit(turn_id)
        return after

    def show(self, turn_id: str) -> Thread:
        """Show the branch that goes through a turn, to its newest end."""
        turn = self.turn(turn_id)
        newest = {one.parent: one.id for one in self.turns(turn.thread).values()}
        last, seen = turn.id, {turn.id}
        while (following := newest.get(last, last)) not in seen:
            seen.add(following)
            last = following
        return self._put(msgspec.structs.replace(self.thread(turn.thread), current=last))

    def unfinished(self) -> list[Turn]:
        """Return the turns of opened threads whose answers are still to come."""
        return [
            turn
            for turns in self._opened.values()
            for turn in turns.values()
            if turn.status in UNFINISHED
        ]

    def _put(self, thread: Thread) -> Thread:
        row = (thread.id, thread.created, thread.changed, thread.title, thread.system)
        settings = msgspec.json.encode(thread.settings)
        self._store.submit(PutRow("threads", (*row, settings, thread.current)))
        self._threads[thread.id] = thread
        self.changed.emit(frozenset({thread.id}))
        return thread

    def _report(self, lost: int, what: str) -> None:
        if lost:
            self._store.report(DocumentProblem(f"{lost} {what} are damaged and are left out."))


def _thread(row: tuple[Any, ...]) -> Thread | None:
    *plain, settings, current = row
    names = ("id", "created", "changed", "title", "system")
    try:
        return msgspec.convert(
            {
                **dict(zip(names, plain, strict=True)),
                "settings": msgspec.json.decode(settings, type=ThreadSettings),
                "current": current,
            },
            Thread,
        )
    except (msgspec.DecodeError, TypeError, UnicodeDecodeError):
        return None


def _turn(row: tuple[Any, ...]) -> Turn | None:
    *plain, facts = row
    names = ("id", "thread", "parent", "created", "role", "text", "status")
    try:
        return msgspec.convert(
            {
                **dict(zip(names, plain, strict=True)),
                "facts": msgspec.json.decode(facts, type=TurnFacts),
            },
            Turn,
        )
    except (msgspec.DecodeError, TypeError, UnicodeDecodeError):
        return None


def _clean(text: str) -> str:
    """Return text that can be kept: halves of surrogate pairs from a window are replaced."""
    return text.encode("utf-8", "replace").decode()

"""The writer: one thread that owns the write connection, so that nobody else waits for the disk."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.core.errors import DocumentProblem, StudioError
from studio.document.problems import sqlite_problem
from studio.document.upkeep import tidy_and_close
from studio.document.writes import Write

_log = logging.getLogger(__name__)

_GROUP_CHANGES = 500
_GROUP_BYTES = 64 << 20
_FIRST_RETRY_SECONDS = 0.5
_LAST_RETRY_SECONDS = 5.0

# Errors of one statement and its values: trying again would give the same.
_LASTING_ERRORS = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.NotSupportedError,
    sqlite3.ProgrammingError,
)

Dispatch = Callable[[Callable[[], None]], None]


class Change:
    """Writes that reach the file together or not at all.

    ``committed`` is called on the writer thread once they are on the disk; ``dropped`` on the
    main thread if they can never be written, with the reason.
    """

    def __init__(
        self,
        writes: Sequence[Write],
        committed: Callable[[], None] | None,
        dropped: Callable[[StudioError], None] | None,
    ) -> None:
        self.writes = tuple(writes)
        self.committed = committed
        self.dropped = dropped
        self.sequence = 0
        self.size = sum(write.size for write in writes)

    def run(self, connection: sqlite3.Connection) -> None:
        """Carry out the writes, and note in the file that this was the last change."""
        for write in self.writes:
            write.run(connection)
        connection.execute("UPDATE document SET sequence = ? WHERE id = 1", (self.sequence,))


class Writer:
    """Takes changes in order and commits them in groups.

    A change stays queued until its commit has returned. When the disk does not take it, the
    writer reports that once, keeps everything and tries again, with growing pauses.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        first_sequence: int,
        dispatch: Dispatch,
        progressed: Callable[[], None],
        failed: Callable[[StudioError], None],
    ) -> None:
        self._connection = connection
        self._path = path
        self._dispatch = dispatch
        self._progressed = progressed
        self._failed = failed
        self._condition = threading.Condition()
        self._queue: deque[Change] = deque()
        self._submitted = first_sequence
        self._attempts = 0
        self._refused = 0  # the number of the last attempt that failed
        self._retry_now = False
        self._stopping = False
        self.problem: StudioError | None = None
        self._thread = threading.Thread(target=self._work, name="project writer", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """Number of changes that are not on the disk yet."""
        return len(self._queue)

    def waiting(self) -> list[Change]:
        """Return the changes that are not on the disk yet, oldest first."""
        with self._condition:
            return list(self._queue)

    def submit(self, change: Change) -> None:
        """Queue a change; returns at once."""
        with self._condition:
            self._submitted += 1
            change.sequence = self._submitted
            self._queue.append(change)
            self._condition.notify_all()

    def flush(self, timeout: float) -> bool:
        """Wait until everything submitted so far is committed.

        Args:
            timeout: seconds.

        Returns:
            False when the disk refused it in a new attempt, or when the time was up first.
        """
        with self._condition:
            last, attempts = self._submitted, self._attempts
            self._retry_now = True
            self._condition.notify_all()

            def done() -> bool:
                return not self._queue or self._queue[0].sequence > last

            self._condition.wait_for(lambda: done() or self._refused > attempts, timeout)
            return done()

    def stop(self) -> None:
        """Write what can be written, tidy up, close the connection and end the thread."""
        with self._condition:
            self._stopping = True
            self._retry_now = True
            self._condition.notify_all()
        self._thread.join()

    def _work(self) -> None:
        pause = _FIRST_RETRY_SECONDS
        while group := self._next_group():
            done, problem = self._write(group)
            self._finish(group[:done])
            if problem is None:
                self.problem, pause = None, _FIRST_RETRY_SECONDS
                continue
            self._report(problem)
            if not self._wait_to_retry(pause):
                break
            pause = min(2 * pause, _LAST_RETRY_SECONDS)
        tidy_and_close(self._connection)

    def _next_group(self) -> list[Change]:
        """Wait for changes; nothing is returned only when the writer is to stop."""
        with self._condition:
            self._condition.wait_for(lambda: self._queue or self._stopping)
            self._attempts += 1
            self._retry_now = False
            group: list[Change] = []
            size = 0
            # While the disk refuses, one change at a time: a small one may still fit.
            most = 1 if self.problem else _GROUP_CHANGES
            for change in self._queue:
                if len(group) == most or (group and size + change.size > _GROUP_BYTES):
                    break
                group.append(change)
                size += change.size
            return group

    def _write(self, group: list[Change]) -> tuple[int, StudioError | None]:
        """Commit a group; return how many changes are done with, and what went wrong if any."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for change in group:
                self._run_or_drop(change)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            _log.warning("%s: %s could not be written: %s", self._path, len(group), error)
            self._roll_back()
            return 0, sqlite_problem(error, self._path)
        return len(group), None

    def _run_or_drop(self, change: Change) -> None:
        """Carry out one change; one that can never succeed is taken back and reported."""
        self._connection.execute("SAVEPOINT change")
        try:
            change.run(self._connection)
        except Exception as error:  # whatever it is, the changes behind it must still be written
            if isinstance(error, sqlite3.Error) and not isinstance(error, _LASTING_ERRORS):
                raise
            _log.exception("%s: a change was left out", self._path)
            self._connection.execute("ROLLBACK TO change")
            change.writes, change.committed = (), None
            problem = error if isinstance(error, StudioError) else _unexpected(error)
            self._on_main(lambda: self._failed(problem))
            if (dropped := change.dropped) is not None:
                self._on_main(lambda: dropped(problem))
        self._connection.execute("RELEASE change")

    def _roll_back(self) -> None:
        # SQLite has already rolled back by itself after some errors, such as a full disk.
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _finish(self, done: list[Change]) -> None:
        if not done:
            return
        for change in done:
            if change.committed is not None:
                change.committed()
        with self._condition:
            for _ in done:
                self._queue.popleft()
            self._condition.notify_all()
        self._on_main(self._progressed)

    def _report(self, problem: StudioError) -> None:
        """Tell the artist, once for each kind of problem in a row."""
        known = self.problem is not None and self.problem.code == problem.code
        with self._condition:
            self.problem = problem
            self._refused = self._attempts
            self._condition.notify_all()
        if not known:
            self._on_main(lambda: self._failed(problem))

    def _wait_to_retry(self, pause: float) -> bool:
        """Wait for the next attempt; False when the writer is to stop instead."""
        with self._condition:
            if self._stopping:
                return False
            self._condition.wait_for(lambda: self._retry_now, pause)
            return True

    def _on_main(self, call: Callable[[], None]) -> None:
        """Run a call on the main thread; what a listener gets wrong must not end the writing."""
        try:
            self._dispatch(call)
        except Exception:
            _log.exception("%s: a listener of the project failed", self._path)


def _unexpected(error: Exception) -> DocumentProblem:
    return DocumentProblem(
        f"One change could not be kept in the project: {error}.", "The log has the details."
    )

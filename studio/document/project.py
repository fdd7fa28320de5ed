"""The project: one .atelier file with the picture, the history and the queue in it."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from studio.api.jobs import JobStore
from studio.api.requests import RequestRegistry
from studio.core.errors import DocumentProblem, StorageProblem, StudioError, storage_problem
from studio.core.signals import Signal
from studio.document.blobs import temporary_beside
from studio.document.chat import Conversations
from studio.document.connections import connect
from studio.document.history import History
from studio.document.image import ImageDocument
from studio.document.jobs import ProjectJobs
from studio.document.lock import ProjectLock
from studio.document.opening import OpenedDatabase, check_is_file, create_database, open_database
from studio.document.problems import sqlite_problem
from studio.document.recovery import replace_project
from studio.document.state import checked_size
from studio.document.store import Store
from studio.document.writer import Dispatch, Writer

_log = logging.getLogger(__name__)

_COPY_ATTEMPTS = 5


def _directly(call: Callable[[], None]) -> None:
    call()


class Project:
    """The artist's work in one file, written as it happens: there is no save to forget.

    ``dispatch`` runs a callable on the main thread; without one, signals about writing come on
    the writer's thread. ``problems`` says what of the file could not be read.
    """

    pending_changed = Signal(int)
    failed = Signal(StudioError)

    def __init__(
        self,
        path: Path,
        opened: OpenedDatabase,
        lock: ProjectLock | None,
        *,
        registry: RequestRegistry | None,
        dispatch: Dispatch | None,
    ) -> None:
        """Used by ``create`` and ``open``."""
        self.path = path
        self.problems: list[str] = list(opened.problems)
        self._lock = lock
        self._temporary = opened.temporary
        self._connect_again = opened.connect_again
        self._closed = False
        self._dispatch = dispatch or _directly
        self._thread = threading.get_ident()
        self._writer: Writer | None = None
        if lock is None:
            reader = opened.connection
        else:
            reader = opened.connect_again()
            self._writer = Writer(
                opened.connection,
                path,
                first_sequence=opened.image.sequence,
                dispatch=self._dispatch,
                progressed=self._progressed,
                failed=self.failed.emit,
            )
        self._store = Store(
            path, reader, self._writer, submitted=self._progressed, report=self._report
        )
        image = opened.image
        if image.repairs and self._writer is not None:
            self._store.submit(*image.repairs)
        kinds = registry or RequestRegistry()
        self.image = ImageDocument(self._store, image.state, image.position)
        self.history = History(self._store, kinds)
        self.jobs: JobStore = ProjectJobs(self._store, kinds)
        self.chat = Conversations(self._store)

    @staticmethod
    def create(
        path: Path | str,
        *,
        width: int = 1024,
        height: int = 1024,
        registry: RequestRegistry | None = None,
        dispatch: Dispatch | None = None,
    ) -> Project:
        """Make a new project with an empty canvas of ``width`` x ``height`` px and open it.

        Raises:
            StorageProblem: there is a file already, or the folder does not take one.
            DocumentProblem: a canvas cannot have that size.
        """
        checked_size(width, height)
        path = _absolute(path)
        lock = ProjectLock(path)
        try:
            create_database(path, width, height)
            opened = open_database(path, read_only=False)
            return Project(path, opened, lock, registry=registry, dispatch=dispatch)
        except BaseException:
            lock.release()
            raise

    @staticmethod
    def open(
        path: Path | str,
        *,
        registry: RequestRegistry | None = None,
        dispatch: Dispatch | None = None,
        read_only: bool = False,
    ) -> Project:
        """Open a project. A damaged one opens with what is readable; ``problems`` tells the rest.

        Raises:
            NotAProject: the file is something else.
            NewerProject: a newer major version of Atelier wrote it.
            DamagedProject: nothing of it is readable.
            StorageProblem: it is not there, or cannot be written (try ``read_only``).
            DocumentProblem: it is open elsewhere (code ``project_in_use``), or its older version
                could not be brought up to this one.
        """
        path = _absolute(path)
        check_is_file(path)
        if read_only:
            opened = open_database(path, read_only=True)
            return Project(path, opened, None, registry=registry, dispatch=dispatch)
        lock = ProjectLock(path)
        try:
            opened = open_database(path, read_only=False)
            return Project(path, opened, lock, registry=registry, dispatch=dispatch)
        except BaseException:
            lock.release()
            raise

    @property
    def read_only(self) -> bool:
        """Whether the project was opened for reading only."""
        return self._writer is None

    @property
    def pending(self) -> int:
        """Number of changes that are not on the disk yet; 0 means saved."""
        return self._writer.pending if self._writer else 0

    def flush(self, timeout: float = 10) -> bool:
        """Wait until everything done so far is on the disk.

        Args:
            timeout: seconds.

        Returns:
            False when the disk does not take it, or when the time was up first.
        """
        return self._writer.flush(timeout) if self._writer else True

    def save_copy(self, path: Path | str) -> None:
        """Write the project as it is now to another file; safe to call from any thread.

        What is not on the disk yet is in the copy too, even when the project's own disk is full.

        Raises:
            StorageProblem: the folder does not take it; a file that was there stays.
            DocumentProblem: the other file is open in Atelier, or is this one.
        """
        target = _absolute(path)
        if target == self.path:
            raise DocumentProblem("A project cannot be copied onto itself.", "Choose another name.")
        lock = ProjectLock(target)
        try:
            with temporary_beside(target) as temporary:
                self._copy_to(temporary, target)
                replace_project(temporary, target)
        except OSError as error:
            raise storage_problem(error, target) from error
        finally:
            lock.release()

    def _copy_to(self, temporary: Path, target: Path) -> None:
        for attempt in range(1, _COPY_ATTEMPTS + 1):
            waiting = self._writer.waiting() if self._writer else []
            try:
                source = self._connect_again()
                with contextlib.closing(source), contextlib.closing(connect(temporary, "rw")) as to:
                    source.backup(to)
                    to.execute("PRAGMA journal_mode=DELETE").fetchall()
                    to.execute("BEGIN IMMEDIATE")
                    (done,) = to.execute("SELECT max(sequence) FROM document").fetchone()
                    for change in waiting:
                        if change.sequence > (done or 0):
                            change.run(to)
                    to.execute("COMMIT")
                return
            except sqlite3.Error as error:
                raise sqlite_problem(error, target) from error
            except StudioError:
                # A scratch file was taken over while it was being copied: it is in the file now.
                if attempt == _COPY_ATTEMPTS:
                    raise

    def close(self, *, discard_pending: bool = False) -> None:
        """Write what is left, tidy the file up and let go of it; one plain file remains.

        Raises:
            StorageProblem: the disk does not take what is left. The project stays open and
                usable (``save_copy`` to another disk), unless ``discard_pending`` gives it up.
        """
        if self._closed:
            return
        if not discard_pending and not self.flush():
            raise self._writer_problem()
        self._closed = True
        self._store.close()
        if self._writer is not None:
            self._writer.stop()
        if self._lock is not None:
            self._lock.release()
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                self._temporary.unlink()

    def _writer_problem(self) -> StudioError:
        problem = self._writer.problem if self._writer else None
        return problem or StorageProblem(
            f"{self.path.name} is still being written.", "Wait a moment and try again."
        )

    def _progressed(self) -> None:
        self.pending_changed.emit(self.pending)

    def _report(self, problem: StudioError) -> None:
        """Tell what of the file could not be read; the same thing once, however often it is met."""
        if threading.get_ident() != self._thread:
            self._dispatch(lambda: self._report(problem))
            return
        if str(problem) in self.problems:
            return
        _log.warning("%s: %s", self.path, problem)
        self.problems.append(str(problem))
        self.failed.emit(problem)

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _absolute(path: Path | str) -> Path:
    """Return one name for a file, however it was reached."""
    return Path(os.path.realpath(Path(path).expanduser()))

"""The lock beside an open project: one studio at a time writes to it."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import BinaryIO

from studio.core.errors import DocumentProblem, storage_problem

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def lock_file(path: Path) -> Path:
    """Path of the lock of a project; it lies beside the file only while that is open."""
    return path.with_name(f".{path.name}.lock")


class ProjectLock:
    """Holds an operating system lock, which a killed process gives back by itself.

    The lock is on a file of its own: closing any descriptor of the project file would drop the
    locks that SQLite holds on it (https://sqlite.org/howtocorrupt.html, section 2.2).
    """

    def __init__(self, path: Path) -> None:
        """Take the lock of the project at ``path``.

        Raises:
            DocumentProblem: another studio has the project open (code ``project_in_use``).
            StorageProblem: nothing can be written beside the project.
        """
        self._path = lock_file(path)
        self._file: BinaryIO | None = None
        while self._file is None:
            self._file = self._try(path)

    def _try(self, path: Path) -> BinaryIO | None:
        try:
            file = open(self._path, "a+b")  # noqa: SIM115 - open as long as the project is
        except OSError as error:
            raise storage_problem(error, self._path.parent) from error
        try:
            _lock(file)
            # The former owner may have removed the file between our opening and locking it.
            if self._is_current(file):
                return file
        except OSError as error:
            file.close()
            if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise DocumentProblem(
                    f"{path.name} is already open in another Atelier.",
                    "Close it there first, or open a copy of the file.",
                    code="project_in_use",
                ) from error
            raise storage_problem(error, self._path) from error
        file.close()
        return None

    def _is_current(self, file: BinaryIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), os.stat(self._path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lock back and remove its file."""
        if self._file is None:
            return
        # Windows cannot remove an open file, and on a disk that refuses an empty file stays.
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._file.close()
        self._file = None


def _lock(file: BinaryIO) -> None:
    if sys.platform == "win32":
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

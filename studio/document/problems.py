"""Turns what SQLite answers into errors that a person can act on."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from studio.core.errors import DamagedProject, DocumentProblem, StudioError, storage_problem

# Primary result codes, the low byte of SQLite's extended ones (https://sqlite.org/rescode.html).
_PRIMARY_MASK = 0xFF
_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_AUTH: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


# Python decodes SQLite's messages strictly: one that quotes garbled bytes of a file's schema
# arrives as a UnicodeDecodeError.
DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError)


def primary_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, SQLITE_ERROR where the error carries none."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & _PRIMARY_MASK


def is_damage(error: BaseException) -> bool:
    """Tell whether the file's content is at fault, not the disk or the program."""
    if isinstance(error, sqlite3.Error):
        return primary_code(error) in _DAMAGE
    return isinstance(error, UnicodeDecodeError)


def sqlite_problem(error: sqlite3.Error | UnicodeDecodeError, path: Path) -> StudioError:
    """Say in words why ``path`` could not be read or written."""
    if isinstance(error, UnicodeDecodeError) or is_damage(error):
        return DamagedProject(
            f"Parts of {path.name} are damaged and cannot be used.",
            "Close and open the project again: what is readable is put into a sound file.",
        )
    code = primary_code(error)
    if code == sqlite3.SQLITE_CANTOPEN:
        number = errno.EACCES if path.parent.is_dir() else errno.ENOENT
        return storage_problem(OSError(number, str(error)), path)
    if code in _ERRNO:
        return storage_problem(OSError(_ERRNO[code], str(error)), path)
    return DocumentProblem(
        f"{path.name} could not be used: {error}.", "The log has the details.", code="database"
    )


def read_only_problem(path: Path) -> StudioError:
    """The error of a change to a project that was opened for reading only."""
    return storage_problem(OSError(errno.EROFS, "read-only"), path)

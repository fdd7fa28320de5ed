"""Connections to project files: how they are opened and which guarantees they give."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Literal

Mode = Literal["rw", "ro", "rwc"]

_WAIT_SECONDS = 5.0


# In a file that may be damaged a bad byte of text must not hide the whole row.
_TOLERANT_TEXT = partial(str, encoding="utf-8", errors="replace")


def connect(path: Path, mode: Mode, *, immutable: bool = False) -> sqlite3.Connection:
    """Open a database for use from any thread, one at a time, in explicit transactions.

    Args:
        path: the file, absolute.
        mode: as in SQLite's URI: read and write, read only, or create where missing.
        immutable: nothing else writes the file, so that it can be read where no lock is possible.
    """
    address = f"{path.as_uri()}?mode={mode}" + ("&immutable=1" if immutable else "")
    connection = sqlite3.connect(
        address,
        uri=True,
        timeout=_WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _TOLERANT_TEXT
    # A file from elsewhere may be crafted: no functions from its schema, sizes of cells checked.
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def prepare_for_writing(connection: sqlite3.Connection) -> None:
    """Set what a commit promises.

    With a write-ahead log and ``synchronous=FULL`` the log is flushed to the disk before a commit
    returns: it survives a killed process and a loss of power (NORMAL would survive the former
    only). That costs a flush a commit, which only the writer thread waits for. ``fullfsync``
    asks the same of macOS, whose plain fsync leaves data in the drive's cache.
    """
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")
    connection.execute("PRAGMA checkpoint_fullfsync=ON")
    connection.execute("PRAGMA journal_size_limit=67108864").fetchall()
    # Overwriting deleted pages with zeros would double the writing.
    connection.execute("PRAGMA secure_delete=OFF").fetchall()
    connection.execute("PRAGMA cache_size=-8000")

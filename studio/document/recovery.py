"""Recovery: everything readable of a damaged project, put into a sound file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.core.errors import DamagedProject, storage_problem
from studio.document.connections import connect
from studio.document.edits import decoded_step, hashes_of
from studio.document.problems import DATABASE_ERRORS
from studio.document.schema import columns_of, create_tables, expected_columns

_BATCH_ROWS = 64
_LAST_ROWID = (1 << 63) - 1
# A damaged place is stepped over by 1, 3, 7 ... rowids; past this many nothing follows.
_DOUBLINGS = 62

_DERIVED = ("journal_tiles", "tile_garbage")
_NOUNS = {
    "tile_data": "layer tiles",
    "journal": "undo steps",
    "history": "generations",
    "outputs": "generated pictures",
    "blobs": "picture files",
    "jobs": "queued jobs",
    "threads": "conversations",
    "turns": "messages of conversations",
}


def rescue(source: sqlite3.Connection, target: Path) -> set[str]:
    """Copy every readable row of a damaged project into a new one at ``target``.

    Args:
        source: a connection to the damaged file; it is only read.
        target: an empty file.

    Returns:
        the tables of which some rows could not be read.

    Raises:
        DamagedProject: not even the list of tables is readable.
        sqlite3.Error: the new file cannot be written.
    """
    sound = connect(target, "rw")
    try:
        create_tables(sound)
        with contextlib.suppress(sqlite3.Error):
            # Lets SQLite read a file that is shorter than its header says.
            source.execute("PRAGMA writable_schema=ON")
        incomplete: set[str] = set()
        sound.execute("BEGIN IMMEDIATE")
        (version,) = source.execute("PRAGMA user_version").fetchone()
        for table, columns in expected_columns(version).items():
            if table in _DERIVED:
                continue
            if not _copy_table(source, sound, table, columns):
                incomplete.add(table)
        _list_journal_tiles(sound)
        sound.execute("COMMIT")
        return incomplete
    finally:
        sound.close()


def losses(incomplete: set[str]) -> list[str]:
    """Say what is lost with rows of these tables; the layers can mostly be had otherwise."""
    lost = [noun for table, noun in _NOUNS.items() if table in incomplete]
    return [f"Some {noun} could not be read and are lost." for noun in lost]


def _list_journal_tiles(sound: sqlite3.Connection) -> None:
    """List anew which tiles the readable steps need, so that none is taken for garbage."""
    for number, body in sound.execute("SELECT id, body FROM journal"):
        with contextlib.suppress(DamagedProject):
            tiles = [(number, tile) for tile in hashes_of(decoded_step(body).edits)]
            sound.executemany("INSERT INTO journal_tiles (step, hash) VALUES (?, ?)", tiles)


def _copy_table(
    source: sqlite3.Connection, sound: sqlite3.Connection, table: str, columns: list[str]
) -> bool:
    """Copy the readable rows of one table; False if some were not readable."""
    try:
        kind = source.execute("SELECT type FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        present = columns_of(source, table)
    except DATABASE_ERRORS as error:
        raise DamagedProject(
            "The project file is too damaged to be read.", "Open a copy of it, if there is one."
        ) from error
    if kind != ("table",) or not set(columns) <= set(present):
        return False
    names = ", ".join(columns)
    marks = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"
    complete = True
    for row in _readable_rows(source, table, names):
        if row is None:
            complete = False
            continue
        # A row of which a damaged column became empty is not taken, nor one that is there already.
        complete &= sound.execute(insert, row).rowcount == 1
    return complete


def _readable_rows(
    source: sqlite3.Connection, table: str, names: str
) -> Iterator[tuple[Any, ...] | None]:
    """Yield the rows of a table by ascending rowid, None for each damaged place stepped over."""
    last, doublings = -_LAST_ROWID, 0
    while doublings < _DOUBLINGS:
        after = last + (1 << doublings) - 1
        if after >= _LAST_ROWID:
            return
        try:
            rowids = _rowids_after(source, table, after)
        except sqlite3.Error:
            # The first damage of a table with few rows lies near rowid 0, far from the minimum.
            last = max(last, 0)
            doublings += 1
            yield None
            continue
        if not rowids:
            return
        doublings = 0
        for rowid in rowids:
            if rowid <= last:  # a damaged tree leads back to where we were
                yield None
                return
            last = rowid
            yield _row(source, table, names, rowid)


def _rowids_after(source: sqlite3.Connection, table: str, after: int) -> list[int]:
    query = f"SELECT rowid FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid LIMIT ?"
    for count in (_BATCH_ROWS, 1):
        try:
            return [row[0] for row in source.execute(query, (after, count))]
        except sqlite3.Error:
            if count == 1:
                raise
    return []


def _row(source: sqlite3.Connection, table: str, names: str, rowid: int) -> tuple[Any, ...] | None:
    query = f"SELECT {names} FROM {table} NOT INDEXED WHERE rowid = ?"
    try:
        row: tuple[Any, ...] | None = source.execute(query, (rowid,)).fetchone()
    except sqlite3.Error:
        return None
    return row


def put_in_place(sound: Path, path: Path) -> Path:
    """Let the sound file take the place of the damaged one, which is kept beside it.

    Returns:
        the path under which the damaged file is kept.

    Raises:
        StorageProblem: the folder does not take it; the damaged file is where it was.
    """
    kept = _free_name(path)
    try:
        try:
            os.link(path, kept)
        except OSError:  # not every file system has hard links
            shutil.copyfile(path, kept)
        replace_project(sound, path, former=kept)
    except OSError as error:
        raise storage_problem(error, path) from error
    return kept


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_name(f"{path.stem} (damaged {number}){path.suffix}")).exists():
        number += 1
    return free


def replace_project(new: Path, path: Path, *, former: Path | None = None) -> None:
    """Rename ``new`` to ``path`` after putting a left-over log of the file there aside.

    A write-ahead log belongs to one file: left beside another one it would be played into it. It
    goes along with ``former`` if given, and is removed otherwise.

    Raises:
        OSError: the folder does not take it.
    """
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if not log.exists():
            continue
        if former is not None:
            os.replace(log, former.with_name(former.name + suffix))
        else:
            log.unlink()
    os.replace(new, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a loss of power, where the system offers that."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

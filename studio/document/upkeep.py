"""Upkeep: collecting what nothing refers to any more, and leaving one tidy file behind.

Both are bounded in time: what is left over is collected at the next close.
"""

from __future__ import annotations

import logging
import sqlite3
import time

_log = logging.getLogger(__name__)

_BUDGET_SECONDS = 1.0
_BATCH_TILES = 64
_BATCH_PAGES = 256


def collect_garbage(connection: sqlite3.Connection, until: float) -> int:
    """Delete tiles that neither layer nor selection nor journal needs; return how many were seen.

    Only tiles that a dropped redo tail once needed can be garbage, and those are listed.

    Args:
        connection: the write connection, outside a transaction.
        until: the ``time.monotonic()`` at which to stop.
    """
    looked_at = 0
    while time.monotonic() < until:
        rows = connection.execute(
            "SELECT hash FROM tile_garbage LIMIT ?", (_BATCH_TILES,)
        ).fetchall()
        if not rows:
            break
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "DELETE FROM tile_data WHERE hash = ?1 "
            "AND NOT EXISTS (SELECT 1 FROM layer_tiles WHERE hash = ?1) "
            "AND NOT EXISTS (SELECT 1 FROM selection_tiles WHERE hash = ?1) "
            "AND NOT EXISTS (SELECT 1 FROM journal_tiles WHERE hash = ?1)",
            rows,
        )
        connection.executemany("DELETE FROM tile_garbage WHERE hash = ?", rows)
        connection.execute("COMMIT")
        looked_at += len(rows)
    return looked_at


def give_back_pages(connection: sqlite3.Connection, until: float) -> None:
    """Shorten the file by its free pages, as far as the time allows."""
    while time.monotonic() < until:
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        if not free:
            break
        # A plain execute() would free one page only: the statement wants a step for each.
        connection.executescript(f"PRAGMA incremental_vacuum({_BATCH_PAGES})")


def tidy_and_close(connection: sqlite3.Connection) -> None:
    """Collect garbage, fold the write-ahead log into the file and close it.

    Leaving WAL mode makes the closed project one plain file, readable from a read-only folder.
    Where the disk refuses, everything committed is still safe in the log beside the file.
    """
    try:
        if not connection.in_transaction:
            until = time.monotonic() + _BUDGET_SECONDS
            collect_garbage(connection, until)
            give_back_pages(connection, until)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        _log.warning("The project file could not be tidied up: %s", error)
        if connection.in_transaction:
            connection.rollback()
    finally:
        connection.close()

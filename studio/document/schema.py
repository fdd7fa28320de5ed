"""The tables of a project file, its identity and its version.

Every table has SQLite's rowid, so that ``recovery`` can walk any of them past damaged places.
"""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x41746C72  # "Atlr" in the SQLite header, where ``file`` finds it
MAJOR, MINOR = 1, 2
VERSION = MAJOR * 1000 + MINOR

# Tiles and pictures are large: bigger pages mean shorter overflow chains.
PAGE_SIZE = 8192

TABLES = {
    "document": """CREATE TABLE document (
        id INTEGER PRIMARY KEY, width INTEGER NOT NULL, height INTEGER NOT NULL,
        first_width INTEGER NOT NULL, first_height INTEGER NOT NULL,
        step INTEGER NOT NULL, floor INTEGER NOT NULL, sequence INTEGER NOT NULL)""",
    "layers": """CREATE TABLE layers (
        id TEXT NOT NULL UNIQUE, place INTEGER NOT NULL, body BLOB NOT NULL)""",
    "layer_tiles": """CREATE TABLE layer_tiles (
        layer_id TEXT NOT NULL, tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL,
        hash BLOB NOT NULL, UNIQUE (layer_id, tile_column, tile_row))""",
    "selection_tiles": """CREATE TABLE selection_tiles (
        tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL, hash BLOB NOT NULL,
        UNIQUE (tile_column, tile_row))""",
    "tile_data": """CREATE TABLE tile_data (
        hash BLOB NOT NULL UNIQUE, data BLOB NOT NULL)""",
    "tile_garbage": """CREATE TABLE tile_garbage (hash BLOB NOT NULL UNIQUE)""",
    "journal": """CREATE TABLE journal (
        id INTEGER PRIMARY KEY, created REAL NOT NULL, body BLOB NOT NULL)""",
    "journal_tiles": """CREATE TABLE journal_tiles (
        step INTEGER NOT NULL, hash BLOB NOT NULL, UNIQUE (step, hash))""",
    "history": """CREATE TABLE history (
        id TEXT NOT NULL UNIQUE, created REAL NOT NULL, kind TEXT NOT NULL, request BLOB NOT NULL,
        status TEXT NOT NULL, starred INTEGER NOT NULL, title TEXT NOT NULL,
        model_title TEXT NOT NULL, seconds REAL NOT NULL, peak_bytes INTEGER NOT NULL, plan BLOB,
        error_code TEXT NOT NULL, error_message TEXT NOT NULL, error_hint TEXT NOT NULL)""",
    "outputs": """CREATE TABLE outputs (
        history_id TEXT NOT NULL, output_index INTEGER NOT NULL, sha256 TEXT NOT NULL,
        media_type TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
        size_bytes INTEGER NOT NULL, seed INTEGER NOT NULL, state TEXT NOT NULL,
        UNIQUE (history_id, output_index))""",
    "thumbnails": """CREATE TABLE thumbnails (sha256 TEXT NOT NULL UNIQUE, jpeg BLOB NOT NULL)""",
    "blobs": """CREATE TABLE blobs (sha256 TEXT NOT NULL UNIQUE, data BLOB NOT NULL)""",
    "inputs": """CREATE TABLE inputs (
        history_id TEXT NOT NULL, sha256 TEXT NOT NULL, UNIQUE (history_id, sha256))""",
    "jobs": """CREATE TABLE jobs (
        id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, request BLOB NOT NULL, state TEXT NOT NULL,
        priority INTEGER NOT NULL, position REAL NOT NULL, created REAL NOT NULL)""",
    "threads": """CREATE TABLE threads (
        id TEXT NOT NULL UNIQUE, created REAL NOT NULL, changed REAL NOT NULL,
        title TEXT NOT NULL, system TEXT NOT NULL, settings BLOB NOT NULL,
        current TEXT NOT NULL)""",
    "turns": """CREATE TABLE turns (
        id TEXT NOT NULL UNIQUE, thread_id TEXT NOT NULL, parent_id TEXT NOT NULL,
        created REAL NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, status TEXT NOT NULL,
        facts BLOB NOT NULL)""",
}
# The version that brought a table; the others were there from the beginning.
SINCE = {"inputs": 1001, "selection_tiles": 1001, "threads": 1002, "turns": 1002}

INDEXES = (
    "CREATE INDEX layer_tiles_by_hash ON layer_tiles (hash)",
    "CREATE INDEX journal_tiles_by_hash ON journal_tiles (hash)",
    "CREATE INDEX outputs_by_sha256 ON outputs (sha256)",
    "CREATE INDEX inputs_by_sha256 ON inputs (sha256)",
    "CREATE INDEX turns_by_thread ON turns (thread_id)",
)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty project in a fresh database."""
    connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    for statement in (*TABLES.values(), *INDEXES):
        connection.execute(statement)
    connection.execute("COMMIT")


def add_tables(connection: sqlite3.Connection, version: int) -> None:
    """Add the tables that came with a minor version, and their indexes."""
    for table in (name for name, since in SINCE.items() if since == version):
        connection.execute(TABLES[table])
        for statement in INDEXES:
            if f" ON {table} " in statement:
                connection.execute(statement)


def expected_columns(version: int = VERSION) -> dict[str, list[str]]:
    """Return the columns, in their order, of every table that a file of ``version`` has."""
    with_tables = sqlite3.connect(":memory:")
    try:
        for statement in TABLES.values():
            with_tables.execute(statement)
        return {
            table: columns_of(with_tables, table)
            for table in TABLES
            if SINCE.get(table, 0) <= version
        }
    finally:
        with_tables.close()


def columns_of(connection: sqlite3.Connection, table: str) -> list[str]:
    """Return the column names of one table; none where it is missing."""
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]

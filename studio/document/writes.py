"""Writes: the small typed changes that the writer thread carries out on the project file.

Each can be carried out twice with the same result, so that a group that failed is simply retried.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from studio.core.errors import DamagedProject, DocumentProblem, storage_problem
from studio.document.edits import Step, hashes_of
from studio.document.layers import Layer, TileKey
from studio.document.tiles import pack_tile

CHUNK_BYTES = 1 << 20


class Write(msgspec.Struct, frozen=True):
    """Base of all writes."""

    def run(self, connection: sqlite3.Connection) -> None:
        """Carry the write out inside the writer's transaction.

        Raises:
            sqlite3.Error: the file cannot be written now; the write is tried again later.
            StudioError: the write itself is at fault and would never succeed.
        """
        raise NotImplementedError

    @property
    def size(self) -> int:
        """Bytes that the write brings, roughly, to keep groups of writes small."""
        return 0


class PutTile(Write, frozen=True):
    """Keep a tile's pixels under their hash, packed here, off the calling thread."""

    hash: bytes
    raw: bytes

    def run(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT 1 FROM tile_data WHERE hash = ?", (self.hash,))
        if found.fetchone() is None:
            row = (self.hash, pack_tile(self.raw))
            connection.execute("INSERT INTO tile_data (hash, data) VALUES (?, ?)", row)

    @property
    def size(self) -> int:
        return len(self.raw)


class PutLayer(Write, frozen=True):
    """Keep a layer's properties."""

    layer: Layer

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO layers (id, place, body) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (self.layer.id, 1 << 30, msgspec.msgpack.encode(self.layer)),
        )


class DropLayer(Write, frozen=True):
    """Forget a layer and which tiles it has."""

    layer_id: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM layers WHERE id = ?", (self.layer_id,))
        connection.execute("DELETE FROM layer_tiles WHERE layer_id = ?", (self.layer_id,))


class PlaceLayers(Write, frozen=True):
    """Keep the order of the layers, bottom first."""

    layer_ids: tuple[str, ...]

    def run(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "UPDATE layers SET place = ? WHERE id = ?", list(enumerate(self.layer_ids))
        )


class PutLayerTiles(Write, frozen=True):
    """Keep which tiles lie where in a layer; None takes one away."""

    layer_id: str
    tiles: tuple[tuple[TileKey, bytes | None], ...]

    def run(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT OR REPLACE INTO layer_tiles (layer_id, tile_column, tile_row, hash) "
            "VALUES (?, ?, ?, ?)",
            [(self.layer_id, *key, tile) for key, tile in self.tiles if tile is not None],
        )
        connection.executemany(
            "DELETE FROM layer_tiles WHERE layer_id = ? AND tile_column = ? AND tile_row = ?",
            [(self.layer_id, *key) for key, tile in self.tiles if tile is None],
        )


class PutSelectionTiles(Write, frozen=True):
    """Keep which tiles of the selection lie where; None takes one away."""

    tiles: tuple[tuple[TileKey, bytes | None], ...]

    def run(self, connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT OR REPLACE INTO selection_tiles (tile_column, tile_row, hash) VALUES (?, ?, ?)",
            [(*key, tile) for key, tile in self.tiles if tile is not None],
        )
        connection.executemany(
            "DELETE FROM selection_tiles WHERE tile_column = ? AND tile_row = ?",
            [key for key, tile in self.tiles if tile is None],
        )


class PutCanvas(Write, frozen=True):
    """Keep the canvas size in px."""

    width: int
    height: int

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE document SET width = ?, height = ? WHERE id = 1", (self.width, self.height)
        )


class PutDocument(Write, frozen=True):
    """Make the document row anew, for a new project or a repaired one; sizes in px."""

    canvas: tuple[int, int]
    first_canvas: tuple[int, int]
    step: int
    floor: int

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO document VALUES (1, ?, ?, ?, ?, ?, ?, 0)",
            (*self.canvas, *self.first_canvas, self.step, self.floor),
        )


class ClearLayers(Write, frozen=True):
    """Forget all layers and the selection, before a repaired set of them is put."""

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM layers")
        connection.execute("DELETE FROM layer_tiles")
        connection.execute("DELETE FROM selection_tiles")


class SetStep(Write, frozen=True):
    """Keep how many steps of the journal are applied."""

    step: int

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE document SET step = ? WHERE id = 1", (self.step,))


class DropSteps(Write, frozen=True):
    """Forget the steps after one; what only they needed becomes garbage to be collected."""

    after: int

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT OR IGNORE INTO tile_garbage SELECT hash FROM journal_tiles WHERE step > ?",
            (self.after,),
        )
        connection.execute("DELETE FROM journal_tiles WHERE step > ?", (self.after,))
        connection.execute("DELETE FROM journal WHERE id > ?", (self.after,))


class AppendStep(Write, frozen=True):
    """Add a step to the undo journal."""

    number: int
    step: Step

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT OR REPLACE INTO journal (id, created, body) VALUES (?, ?, ?)",
            (self.number, time.time(), msgspec.msgpack.encode(self.step)),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO journal_tiles (step, hash) VALUES (?, ?)",
            [(self.number, tile) for tile in hashes_of(self.step.edits)],
        )


class PutRow(Write, frozen=True):
    """Insert or replace one row of a table that is kept as it is given."""

    table: str
    values: tuple[str | bytes | int | float | None, ...]

    def run(self, connection: sqlite3.Connection) -> None:
        marks = ", ".join("?" * len(self.values))
        connection.execute(f"INSERT OR REPLACE INTO {self.table} VALUES ({marks})", self.values)


class PutHistoryState(Write, frozen=True):
    """Keep what a run made of a history row; the request in it stays as it was stored."""

    id: str
    columns: dict[str, str | bytes | int | float | None]

    def run(self, connection: sqlite3.Connection) -> None:
        assignments = ", ".join(f"{name} = ?" for name in self.columns)
        connection.execute(
            f"UPDATE history SET {assignments} WHERE id = ?", (*self.columns.values(), self.id)
        )


class SetOutputState(Write, frozen=True):
    """Keep whether an output was kept or dropped."""

    id: str
    index: int
    state: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE outputs SET state = ? WHERE history_id = ? AND output_index = ?",
            (self.state, self.id, self.index),
        )


class SetJobState(Write, frozen=True):
    """Keep the state of a queued job."""

    id: str
    state: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE jobs SET state = ? WHERE id = ?", (self.state, self.id))


class DropJob(Write, frozen=True):
    """Forget a job."""

    id: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM jobs WHERE id = ?", (self.id,))


class PutTurnState(Write, frozen=True):
    """Keep the text and state of a turn of a conversation."""

    id: str
    columns: dict[str, str | bytes]

    def run(self, connection: sqlite3.Connection) -> None:
        assignments = ", ".join(f"{name} = ?" for name in self.columns)
        connection.execute(
            f"UPDATE turns SET {assignments} WHERE id = ?", (*self.columns.values(), self.id)
        )

    @property
    def size(self) -> int:
        return sum(len(value) for value in self.columns.values())


class DropThread(Write, frozen=True):
    """Forget a conversation with all its turns."""

    id: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM threads WHERE id = ?", (self.id,))
        connection.execute("DELETE FROM turns WHERE thread_id = ?", (self.id,))


class DropHistory(Write, frozen=True):
    """Forget a history row, and its files where no other row has them."""

    id: str
    sha256s: tuple[str, ...]

    def run(self, connection: sqlite3.Connection) -> None:
        started_from = connection.execute(
            "SELECT sha256 FROM inputs WHERE history_id = ?", (self.id,)
        ).fetchall()
        connection.execute("DELETE FROM history WHERE id = ?", (self.id,))
        connection.execute("DELETE FROM outputs WHERE history_id = ?", (self.id,))
        connection.execute("DELETE FROM inputs WHERE history_id = ?", (self.id,))
        for table in ("blobs", "thumbnails"):
            connection.executemany(
                f"DELETE FROM {table} WHERE sha256 = ?1 "
                "AND NOT EXISTS (SELECT 1 FROM outputs WHERE sha256 = ?1) "
                "AND NOT EXISTS (SELECT 1 FROM inputs WHERE sha256 = ?1)",
                [*((sha256,) for sha256 in self.sha256s), *started_from],
            )


class TakeBlob(Write, frozen=True):
    """Copy a scratch file into the project, in chunks, if its content is what was announced."""

    sha256: str
    path: str

    def run(self, connection: sqlite3.Connection) -> None:
        found = connection.execute("SELECT 1 FROM blobs WHERE sha256 = ?", (self.sha256,))
        if found.fetchone() is not None:
            return
        with _opened(self.path) as file:
            length = os.fstat(file.fileno()).st_size
            row = connection.execute(
                "INSERT INTO blobs (sha256, data) VALUES (?, zeroblob(?))", (self.sha256, length)
            ).lastrowid
            if row is None:
                raise DocumentProblem(f"{Path(self.path).name} could not be taken over.")
            import hashlib

            digest = hashlib.sha256()
            with connection.blobopen("blobs", "data", row) as blob:
                for chunk in chunks_of(file, length):
                    digest.update(chunk)
                    blob.write(chunk)
        if digest.hexdigest() != self.sha256:
            raise DamagedProject(
                f"{Path(self.path).name} changed before the project could take it over.",
                "Run the generation again.",
                code="artifact_changed",
            )

    @property
    def size(self) -> int:
        return CHUNK_BYTES


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Open a scratch file for reading; what the system answers becomes a StorageProblem."""
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise storage_problem(error, path) from error


def chunks_of(file: BinaryIO, length: int) -> Iterator[bytes]:
    """Yield at most ``length`` bytes of a file, in chunks."""
    while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
        length -= len(chunk)
        yield chunk

"""The open database as document, history and jobs see it: reads here, writes through the writer."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from studio.core.errors import StudioError
from studio.document.layers import TILE_BYTES
from studio.document.problems import read_only_problem, sqlite_problem
from studio.document.tiles import EMPTY_MASK, EMPTY_TILE, tile_hash, unpack_tile
from studio.document.writer import Change, Writer
from studio.document.writes import CHUNK_BYTES, PutTile, Write

_CACHE_TILES = 512  # 128 MiB

K = TypeVar("K")
V = TypeVar("V")


class Pending(Generic[K, V]):
    """What is on its way to the file and must be readable meanwhile.

    Filled on the main thread and emptied on the writer's; a value replaced since it was
    submitted is left alone when the former one is committed.
    """

    def __init__(self) -> None:
        self._values: dict[K, V] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def get(self, key: K) -> V | None:
        """Return the value that is on its way, or None."""
        return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep a value until ``forget`` is called with it."""
        self._values[key] = value

    def forget(self, key: K, value: V) -> None:
        """Let go of a value that is on the disk now."""
        if self._values.get(key) is value:
            self._values.pop(key, None)


class Store:
    """Reads with a connection of its own and hands changes to the writer.

    ``writer`` is None for a project that was opened for reading only.
    """

    def __init__(
        self,
        path: Path,
        reader: sqlite3.Connection,
        writer: Writer | None,
        *,
        submitted: Callable[[], None],
        report: Callable[[StudioError], None],
    ) -> None:
        self.path = path
        self._reader = reader
        self._writer = writer
        self._submitted = submitted
        self._reading = threading.RLock()
        self.report = report

    def ensure_writable(self) -> None:
        """Raise StorageProblem if the project was opened for reading only."""
        if self._writer is None:
            raise read_only_problem(self.path)

    def submit(
        self,
        *writes: Write,
        committed: Callable[[], None] | None = None,
        dropped: Callable[[StudioError], None] | None = None,
    ) -> None:
        """Queue writes that belong together; returns at once.

        Raises:
            StorageProblem: the project was opened for reading only.
        """
        if self._writer is None:
            raise read_only_problem(self.path)
        self._writer.submit(Change(writes, committed, dropped))
        self._submitted()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows that are committed by now.

        Raises:
            StudioError: the file cannot be read there.
        """
        try:
            with self._reading:
                return self._reader.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise sqlite_problem(error, self.path) from error

    def blob_chunks(self, table: str, column: str, row: int) -> Iterator[bytes]:
        """Yield the content of one blob in chunks.

        Raises:
            StudioError: the file cannot be read there.
        """
        try:
            with self._reading, self._reader.blobopen(table, column, row, readonly=True) as blob:
                while chunk := blob.read(CHUNK_BYTES):
                    yield chunk
        except sqlite3.Error as error:
            raise sqlite_problem(error, self.path) from error

    def close(self) -> None:
        """Close the read connection."""
        with self._reading:
            self._reader.close()


class TileStore:
    """Tiles by their hash: those on their way, those used lately, and those in the file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pending: Pending[bytes, bytes] = Pending()
        self._recent: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()
        self._bad: set[bytes] = set()

    def put(self, raw: bytes, writes: list[PutTile]) -> bytes | None:
        """Take a tile over and return its hash, None for an empty one.

        A write is added to ``writes`` unless the tile is known to be kept already.
        """
        if raw in (EMPTY_TILE, EMPTY_MASK):
            return None
        name = tile_hash(raw)
        with self._lock:
            if name not in self._pending and name not in self._recent:
                self._pending.put(name, raw)
                writes.append(PutTile(name, raw))
            self._remember(name, self._recent.get(name) or raw)
        return name

    def settle(self, writes: list[PutTile]) -> None:
        """Note that the tiles are in the file (called on the writer thread)."""
        for write in writes:
            self._pending.forget(write.hash, write.raw)

    def forget(self, writes: list[PutTile]) -> None:
        """Let go of tiles that were put but whose operation did not happen."""
        with self._lock:
            for write in writes:
                self._pending.forget(write.hash, write.raw)
                self._recent.pop(write.hash, None)

    def get(self, name: bytes, size: int = TILE_BYTES) -> bytes | None:
        """Return a tile's ``size`` bytes; None where they are lost, which is reported once."""
        with self._lock:
            raw = self._recent.get(name) or self._pending.get(name)
            if raw is not None:
                self._remember(name, raw)
                return raw
            if name in self._bad:
                return None
        try:
            rows = self._store.rows("SELECT data FROM tile_data WHERE hash = ?", name)
            raw = unpack_tile(rows[0][0] if rows else None, name, size)
        except StudioError as error:
            self._bad.add(name)
            self._store.report(error)
            return None
        with self._lock:
            self._remember(name, raw)
        return raw

    def is_near(self, name: bytes) -> bool:
        """Whether a tile is in memory."""
        return name in self._recent or name in self._pending

    def _remember(self, name: bytes, raw: bytes) -> None:
        self._recent[name] = raw
        self._recent.move_to_end(name)
        while len(self._recent) > _CACHE_TILES:
            self._recent.popitem(last=False)

"""Loading: the picture as the file has it, and what to do where parts of that are unreadable."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

import msgspec

from studio.core.errors import DamagedProject, DocumentProblem
from studio.document.edits import HASH_BYTES, decoded_step
from studio.document.image import Position
from studio.document.layers import MAX_CANVAS_SIDE, MAX_TILE_INDEX, Layer, TileKey
from studio.document.problems import is_damage
from studio.document.state import ImageState
from studio.document.writes import (
    ClearLayers,
    PlaceLayers,
    PutDocument,
    PutLayer,
    PutLayerTiles,
    PutSelectionTiles,
    Write,
)

_STATE_TABLES = frozenset({"document", "layers", "layer_tiles", "selection_tiles"})
DEFAULT_SIZE = (1024, 1024)  # px


class LoadedImage(msgspec.Struct, kw_only=True):
    """The picture with its place in the journal; ``repairs`` brings the tables in line with it."""

    state: ImageState
    position: Position
    sequence: int
    problems: list[str]
    repairs: list[Write]


class _DocumentRow(msgspec.Struct, frozen=True):
    """The one row of the document table."""

    width: int
    height: int
    first_width: int
    first_height: int
    step: int
    floor: int
    sequence: int

    def is_possible(self) -> bool:
        """Whether every number is one that a studio can have written."""
        sides = (self.width, self.height, self.first_width, self.first_height)
        return (
            all(1 <= side <= MAX_CANVAS_SIDE for side in sides)
            and 0 <= self.floor <= self.step < 1 << 53
            and 0 <= self.sequence < 1 << 53
        )


def load_image(connection: sqlite3.Connection, incomplete: Collection[str] = ()) -> LoadedImage:
    """Read the picture. Small tables only: no pixels, and no journal unless it is needed.

    Where the tables of the present state are damaged, the state is rebuilt from the journal;
    where that is not complete either, what is readable is taken and undo starts anew.

    Args:
        connection: to the project.
        incomplete: tables that are known to have lost rows.

    Raises:
        sqlite3.Error: the file is damaged below its rows.
    """
    row = _document_row(connection)
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()
    state, sound = _load_state(connection, row)
    sound = sound and row is not None and not _STATE_TABLES.intersection(incomplete)
    if row is not None and sound and row.step <= last:
        position = Position(step=row.step, last=last, floor=row.floor, ceiling=last)
        found = LoadedImage(
            state=state, position=position, sequence=row.sequence, problems=[], repairs=[]
        )
    else:
        found = _rebuilt(connection, row, state, last, sound)
    found.problems += _missing_tiles(connection, found.state)
    return found


def _document_row(connection: sqlite3.Connection) -> _DocumentRow | None:
    names = _DocumentRow.__struct_fields__
    raw = connection.execute(f"SELECT {', '.join(names)} FROM document WHERE id = 1").fetchone()
    if raw is None:
        return None
    try:
        row = msgspec.convert(dict(zip(names, raw, strict=True)), _DocumentRow)
    except msgspec.ValidationError:
        return None
    return row if row.is_possible() else None


def _load_state(
    connection: sqlite3.Connection, row: _DocumentRow | None
) -> tuple[ImageState, bool]:
    """Return what is readable of the present state, and whether that was all of it."""
    state = ImageState(*((row.width, row.height) if row else DEFAULT_SIZE))
    sound = True
    for layer_id, _, body in connection.execute("SELECT id, place, body FROM layers ORDER BY 2"):
        layer = _decoded_layer(body)
        if layer is None or layer.id != layer_id or layer.id in state.tiles:
            sound = False
            continue
        state.layers.append(layer)
        state.tiles[layer.id] = {}
    query = "SELECT layer_id, tile_column, tile_row, hash FROM layer_tiles"
    for layer_id, column, tile_row, name in connection.execute(query):
        if layer_id in state.tiles and _is_place(column, tile_row) and _is_hash(name):
            state.tiles[layer_id][column, tile_row] = name
        else:
            sound = False
    for column, tile_row, name in connection.execute(
        "SELECT tile_column, tile_row, hash FROM selection_tiles"
    ):
        if _is_place(column, tile_row) and _is_hash(name):
            state.selection[column, tile_row] = name
        else:
            sound = False
    return state, sound


def _decoded_layer(body: object) -> Layer | None:
    try:
        return msgspec.msgpack.decode(body, type=Layer) if isinstance(body, bytes) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _is_place(column: object, row: object) -> bool:
    return all(isinstance(n, int) and abs(n) <= MAX_TILE_INDEX for n in (column, row))


def _is_hash(name: object) -> bool:
    return isinstance(name, bytes) and len(name) == HASH_BYTES


def _rebuilt(
    connection: sqlite3.Connection,
    row: _DocumentRow | None,
    readable: ImageState,
    last: int,
    sound: bool,
) -> LoadedImage:
    replayed = replay(connection, row) if row is not None and not sound else None
    if row is not None and replayed is not None:
        state, position = replayed, Position(step=row.step, last=last, ceiling=last)
        problems = ["Parts of the layer list were damaged; it was rebuilt from the undo history."]
    else:
        # The steps in the file do not lead to what is readable: new ones go on after them.
        start = max(last, row.step if row else 0)
        state, position = readable, Position(step=start, last=start, floor=start, ceiling=start)
        problems = [
            "The end of the undo history is lost: undo starts anew."
            if sound
            else "Parts of the layer list are damaged: a layer or its pixels may be missing."
        ]
    first = (row.first_width, row.first_height) if row else (state.width, state.height)
    return LoadedImage(
        state=state,
        position=position,
        sequence=row.sequence if row else 0,
        problems=problems,
        repairs=_repairs(state, position, first),
    )


def _repairs(state: ImageState, position: Position, first: tuple[int, int]) -> list[Write]:
    size = (state.width, state.height)
    writes: list[Write] = [PutDocument(size, first, position.step, position.floor), ClearLayers()]
    for layer in state.layers:
        tiles: tuple[tuple[TileKey, bytes | None], ...] = tuple(state.tiles[layer.id].items())
        writes += [PutLayer(layer), PutLayerTiles(layer.id, tiles)]
    writes.append(PutSelectionTiles(tuple(state.selection.items())))
    writes.append(PlaceLayers(tuple(layer.id for layer in state.layers)))
    return writes


def replay(connection: sqlite3.Connection, row: _DocumentRow | None = None) -> ImageState | None:
    """Return the state to which the journal leads from an empty canvas; None where it does not.

    Raises:
        sqlite3.Error: the file is damaged below its rows.
    """
    row = row or _document_row(connection)
    if row is None or row.floor > 0:
        return None
    state = ImageState(row.first_width, row.first_height)
    number = 0
    query = "SELECT id, body FROM journal WHERE id <= ? ORDER BY id"
    try:
        for found, body in connection.execute(query, (row.step,)):
            number += 1
            if found != number:
                return None
            state.apply(decoded_step(body).edits)
    except (DocumentProblem, DamagedProject):
        return None
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return None
    return state if number == row.step else None


def _missing_tiles(connection: sqlite3.Connection, state: ImageState) -> list[str]:
    """Say which layers lack pixels; looks into an index, not at pixels."""
    query = "SELECT 1 FROM tile_data WHERE hash = ?"
    needed = {name for own in state.tiles.values() for name in own.values()}
    lost = {name for name in needed if connection.execute(query, (name,)).fetchone() is None}
    if not lost:
        return []
    counts = {
        layer.name: sum(name in lost for name in state.tiles[layer.id].values())
        for layer in state.layers
    }
    return [
        f"{count} pieces of the layer “{name}” are lost and shown empty."
        for name, count in counts.items()
        if count
    ]


def missing_files(connection: sqlite3.Connection) -> list[str]:
    """Say how many generated pictures of the history have lost their file."""
    query = "SELECT count(*) FROM outputs LEFT JOIN blobs USING (sha256) WHERE blobs.rowid IS NULL"
    (count,) = connection.execute(query).fetchone()
    return [f"{count} generated pictures of the history are lost."] if count else []

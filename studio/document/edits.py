"""Edits: operations as the journal keeps them, with what was before, so that each can be inverted.

Pixels appear as tile hashes only; the tiles themselves are stored once, by content.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from studio.core.errors import DamagedProject
from studio.document.layers import (
    MAX_CANVAS_SIDE,
    MAX_TILE_INDEX,
    ChangeSet,
    Layer,
    TileKey,
)

HASH_BYTES = 16
TileHash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]
_Index = Annotated[int, Meta(ge=-MAX_TILE_INDEX, le=MAX_TILE_INDEX)]
_Side = Annotated[int, Meta(ge=1, le=MAX_CANVAS_SIDE)]
_Place = Annotated[int, Meta(ge=0)]


_Replaced = tuple[tuple[_Index, _Index, TileHash | None, TileHash | None], ...]


class Edit(msgspec.Struct, frozen=True, array_like=True):
    """Base of the journal's entries."""


class LayerAdded(Edit, frozen=True, array_like=True, tag="add"):
    """A layer with its tiles (column, row, hash) appeared at ``index``."""

    layer: Layer
    index: _Place
    tiles: tuple[tuple[_Index, _Index, TileHash], ...]


class LayerRemoved(Edit, frozen=True, array_like=True, tag="remove"):
    """A layer with its tiles (column, row, hash) was taken from ``index``."""

    layer: Layer
    index: _Place
    tiles: tuple[tuple[_Index, _Index, TileHash], ...]


class LayerChanged(Edit, frozen=True, array_like=True, tag="change"):
    """A layer got other properties."""

    before: Layer
    after: Layer


class LayerMoved(Edit, frozen=True, array_like=True, tag="move"):
    """A layer went from one place in the order to another."""

    layer_id: str
    before: _Place
    after: _Place


class TilesPainted(Edit, frozen=True, array_like=True, tag="paint"):
    """Tiles of a layer were replaced: (column, row, hash before, hash after), None for empty."""

    layer_id: str
    tiles: _Replaced


class SelectionChanged(Edit, frozen=True, array_like=True, tag="select"):
    """Tiles of the selection were replaced: (column, row, hash before, hash after)."""

    tiles: _Replaced


class CanvasResized(Edit, frozen=True, array_like=True, tag="resize"):
    """The canvas went from one (width, height) in px to another."""

    before: tuple[_Side, _Side]
    after: tuple[_Side, _Side]


AnyEdit = (
    LayerAdded
    | LayerRemoved
    | LayerChanged
    | LayerMoved
    | TilesPainted
    | SelectionChanged
    | CanvasResized
)


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One undo step: its label and the edits in the order in which they were made."""

    label: str
    edits: tuple[AnyEdit, ...]


def decoded_step(body: object) -> Step:
    """Decode a step of the journal; raises DamagedProject where that is not possible."""
    try:
        if isinstance(body, bytes):
            return msgspec.msgpack.decode(body, type=Step)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    raise DamagedProject(
        "A step of the undo history is damaged; undo does not reach further back.",
        "The picture itself is as it was.",
    )


def inverse(edit: AnyEdit) -> AnyEdit:
    """Return the edit that takes ``edit`` back."""
    match edit:
        case LayerAdded(layer, index, tiles):
            return LayerRemoved(layer, index, tiles)
        case LayerRemoved(layer, index, tiles):
            return LayerAdded(layer, index, tiles)
        case LayerChanged(before, after):
            return LayerChanged(after, before)
        case LayerMoved(layer_id, start, end):
            return LayerMoved(layer_id, end, start)
        case TilesPainted(layer_id, painted):
            return TilesPainted(layer_id, _swapped(painted))
        case SelectionChanged(painted):
            return SelectionChanged(_swapped(painted))
        case CanvasResized(old_size, new_size):
            return CanvasResized(new_size, old_size)


def _swapped(tiles: _Replaced) -> _Replaced:
    return tuple((column, row, new, old) for column, row, old, new in tiles)


def inverted(edits: Iterable[AnyEdit]) -> tuple[AnyEdit, ...]:
    """Return the edits that take all of ``edits`` back, last one first."""
    return tuple(inverse(edit) for edit in reversed(tuple(edits)))


def hashes_of(edits: Iterable[AnyEdit]) -> set[bytes]:
    """Return every tile that the edits need to be carried out or taken back."""
    found: set[bytes] = set()
    for edit in edits:
        match edit:
            case LayerAdded(tiles=tiles) | LayerRemoved(tiles=tiles):
                found.update(tile for _, _, tile in tiles)
            case TilesPainted(tiles=painted) | SelectionChanged(tiles=painted):
                for _, _, before, after in painted:
                    found.update(tile for tile in (before, after) if tile is not None)
            case _:
                pass
    return found


def change_set(edits: Iterable[AnyEdit]) -> ChangeSet:
    """Sum up what the edits touch."""
    structure = size = selection = False
    layers: set[str] = set()
    tiles: dict[str, set[TileKey]] = {}
    for edit in edits:
        match edit:
            case LayerAdded() | LayerRemoved():
                structure = True
                layers.add(edit.layer.id)
                keys = {(column, row) for column, row, _ in edit.tiles}
                if keys:
                    tiles.setdefault(edit.layer.id, set()).update(keys)
            case LayerChanged():
                layers.add(edit.after.id)
            case LayerMoved():
                structure = True
            case TilesPainted():
                painted = {(column, row) for column, row, _, _ in edit.tiles}
                tiles.setdefault(edit.layer_id, set()).update(painted)
            case CanvasResized():
                size = True
            case SelectionChanged():
                selection = True
    frozen = {layer_id: frozenset(keys) for layer_id, keys in tiles.items()}
    return ChangeSet(
        structure=structure,
        size=size,
        layers=frozenset(layers),
        tiles=frozen,
        selection=selection,
    )

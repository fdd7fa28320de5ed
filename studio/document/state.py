"""The picture in memory: canvas size, layers in order, and which tile lies where, by its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from studio.core.errors import DocumentProblem
from studio.document.edits import (
    AnyEdit,
    CanvasResized,
    LayerAdded,
    LayerChanged,
    LayerMoved,
    LayerRemoved,
    SelectionChanged,
    TilesPainted,
    inverted,
)
from studio.document.layers import (
    MASK_BYTES,
    MAX_CANVAS_SIDE,
    MAX_TILE_INDEX,
    TILE_BYTES,
    Layer,
    TileKey,
)
from studio.document.operations import (
    AddLayer,
    Batch,
    ChangeLayer,
    Operation,
    PaintTiles,
    RemoveLayer,
    ReorderLayer,
    ResizeCanvas,
    Select,
)

# Takes a tile's pixels over and returns its hash, or None for an empty tile.
PutTile = Callable[[bytes], bytes | None]


class ImageState:
    """What edits change; replaying the journal on a fresh one gives the document again."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.layers: list[Layer] = []
        self.tiles: dict[str, dict[TileKey, bytes]] = {}
        self.selection: dict[TileKey, bytes] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ImageState) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def index_of(self, layer_id: str) -> int:
        """Return a layer's place from the bottom.

        Raises:
            DocumentProblem: there is no such layer.
        """
        for index, layer in enumerate(self.layers):
            if layer.id == layer_id:
                return index
        raise DocumentProblem("That layer is no longer there.", code="unknown_layer")

    def apply(self, edits: Iterable[AnyEdit]) -> None:
        """Carry out all edits, or none.

        Raises:
            DocumentProblem: an edit does not fit the picture as it is.
        """
        done: list[AnyEdit] = []
        try:
            for edit in edits:
                self._apply(edit)
                done.append(edit)
        except DocumentProblem:
            for edit in inverted(done):
                self._apply(edit)
            raise

    def _apply(self, edit: AnyEdit) -> None:
        match edit:
            case LayerAdded(layer, index, tiles):
                _require(layer.id not in self.tiles and index <= len(self.layers))
                self.layers.insert(index, layer)
                self.tiles[layer.id] = {(column, row): tile for column, row, tile in tiles}
            case LayerRemoved(layer, index, _):
                _require(self.index_of(layer.id) == index)
                del self.layers[index], self.tiles[layer.id]
            case LayerChanged(before, after):
                _require(before.id == after.id)
                self.layers[self.index_of(after.id)] = after
            case LayerMoved(layer_id, start, end):
                _require(self.index_of(layer_id) == start and end < len(self.layers))
                self.layers.insert(end, self.layers.pop(start))
            case TilesPainted(layer_id, painted):
                self.index_of(layer_id)
                _replace(self.tiles[layer_id], painted)
            case SelectionChanged(painted):
                _replace(self.selection, painted)
            case CanvasResized(_, size):
                self.width, self.height = size

    def carry_out(self, operation: Operation, put_tile: PutTile) -> tuple[AnyEdit, ...]:
        """Do an operation and return its edits; none where it changes nothing.

        Raises:
            DocumentProblem: the operation is not possible; the picture is as it was.
        """
        done: list[AnyEdit] = []
        try:
            for single in _flattened(operation):
                edit = self._edit_for(single, put_tile)
                if edit is not None:
                    self._apply(edit)
                    done.append(edit)
        except DocumentProblem:
            for edit in inverted(done):
                self._apply(edit)
            raise
        return tuple(done)

    def _edit_for(self, operation: Operation, put_tile: PutTile) -> AnyEdit | None:
        match operation:
            case AddLayer():
                return self._added(operation, put_tile)
            case RemoveLayer(layer_id=layer_id):
                index = self.index_of(layer_id)
                tiles = tuple((*key, tile) for key, tile in self.tiles[layer_id].items())
                return LayerRemoved(self.layers[index], index, tiles)
            case ChangeLayer(layer_id=layer_id, changes=changes):
                before = self.layers[self.index_of(layer_id)]
                if changes.id != layer_id:
                    raise DocumentProblem("A layer keeps its identity when it is changed.")
                return None if changes == before else LayerChanged(before, checked_layer(changes))
            case ReorderLayer(layer_id=layer_id, index=end):
                start = self.index_of(layer_id)
                if not 0 <= end < len(self.layers):
                    raise DocumentProblem(f"There is no place {end} in the layer list.")
                return None if start == end else LayerMoved(layer_id, start, end)
            case PaintTiles():
                return self._painted(operation, put_tile)
            case Select():
                return self._selected(operation, put_tile)
            case ResizeCanvas(width=width, height=height):
                after = checked_size(width, height)
                before_size = (self.width, self.height)
                return None if after == before_size else CanvasResized(before_size, after)
        raise DocumentProblem(f"{type(operation).__name__} is not an operation on pictures.")

    def _added(self, operation: AddLayer, put_tile: PutTile) -> LayerAdded:
        layer = checked_layer(operation.layer)
        index = len(self.layers) if operation.index is None else operation.index
        if layer.id in self.tiles:
            raise DocumentProblem("A layer of that identity is already there.")
        if not 0 <= index <= len(self.layers):
            raise DocumentProblem(f"There is no place {index} in the layer list.")
        check_tiles(operation.tiles)
        hashes = ((key, put_tile(raw)) for key, raw in operation.tiles.items())
        tiles = tuple((*key, tile) for key, tile in hashes if tile is not None)
        return LayerAdded(layer, index, tiles)

    def _painted(self, operation: PaintTiles, put_tile: PutTile) -> TilesPainted | None:
        self.index_of(operation.layer_id)
        check_tiles(operation.tiles)
        painted = _differences(self.tiles[operation.layer_id], operation.tiles, put_tile)
        return TilesPainted(operation.layer_id, painted) if painted else None

    def _selected(self, operation: Select, put_tile: PutTile) -> SelectionChanged | None:
        check_tiles(operation.tiles, MASK_BYTES)
        tiles = operation.tiles
        if not operation.keep_others:
            tiles = dict.fromkeys(self.selection) | tiles
        painted = _differences(self.selection, tiles, put_tile)
        return SelectionChanged(painted) if painted else None


_Replaced = tuple[tuple[int, int, bytes | None, bytes | None], ...]


def _differences(
    present: dict[TileKey, bytes], tiles: dict[TileKey, bytes | None], put_tile: PutTile
) -> _Replaced:
    painted: list[tuple[int, int, bytes | None, bytes | None]] = []
    for key, raw in tiles.items():
        before, after = present.get(key), None if raw is None else put_tile(raw)
        if before != after:
            painted.append((*key, before, after))
    return tuple(painted)


def _replace(present: dict[TileKey, bytes], painted: _Replaced) -> None:
    for column, row, _, after in painted:
        if after is None:
            present.pop((column, row), None)
        else:
            present[column, row] = after


def _flattened(operation: Operation) -> list[Operation]:
    if not isinstance(operation, Batch):
        return [operation]
    return [single for part in operation.operations for single in _flattened(part)]


def _require(fits: bool) -> None:
    if not fits:
        raise DocumentProblem("A recorded change does not fit the picture.", code="bad_edit")


def checked_size(width: int, height: int) -> tuple[int, int]:
    """Return the canvas size in px if it is possible; raises DocumentProblem otherwise."""
    if not (1 <= width <= MAX_CANVAS_SIDE and 1 <= height <= MAX_CANVAS_SIDE):
        raise DocumentProblem(
            f"A canvas cannot be {width} x {height} px.",
            f"Each side may have from 1 to {MAX_CANVAS_SIDE:,} px.",
        )
    return width, height


def checked_layer(layer: Layer) -> Layer:
    """Return the layer if every property is inside its limits; raises DocumentProblem."""
    try:
        checked = msgspec.msgpack.decode(msgspec.msgpack.encode(layer), type=Layer)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise DocumentProblem(f"The layer cannot have this property: {error}.") from error
    if checked.opacity != checked.opacity:  # only NaN passes the limits without being a number
        raise DocumentProblem("The opacity of a layer must be a number.")
    return checked


def check_tiles(
    tiles: dict[TileKey, bytes] | dict[TileKey, bytes | None], size: int = TILE_BYTES
) -> None:
    """Raise DocumentProblem unless every tile has its size and lies in reach."""
    for (column, row), raw in tiles.items():
        if raw is not None and (not isinstance(raw, bytes) or len(raw) != size):
            raise DocumentProblem(f"A tile has to be {size:,} bytes of pixels.")
        if not (-MAX_TILE_INDEX <= column <= MAX_TILE_INDEX) or not (
            -MAX_TILE_INDEX <= row <= MAX_TILE_INDEX
        ):
            raise DocumentProblem("That is too far from the canvas to paint on.")

"""A picture as plain lists and copies: what a document must be equal to after any operations."""

from __future__ import annotations

import copy
import random
import zlib
from typing import Any

from studio.document import (
    AddLayer,
    Batch,
    ChangeLayer,
    Layer,
    Operation,
    PaintTiles,
    RemoveLayer,
    ReorderLayer,
    ResizeCanvas,
    Select,
)

BLENDS = ("normal", "multiply", "screen", "luminosity")


def tile_of(number: int) -> bytes:
    """Pixels of a tile that are easy to tell apart; 0 is an empty tile."""
    return number.to_bytes(4, "little") * (256 * 256)


def mask_of(number: int) -> bytes:
    """A tile of the selection; 0 is an empty one."""
    return bytes([number * 80]) * (256 * 256)


class PictureModel:
    """Does operations by the plainest means; undo goes back to a copy of what was."""

    def __init__(self, width: int = 1024, height: int = 1024) -> None:
        self.size = (width, height)
        self.layers: list[Layer] = []
        self.tiles: dict[str, dict[tuple[int, int], int]] = {}
        self.selection: dict[tuple[int, int], int] = {}
        self.past: list[Any] = []
        self.future: list[Any] = []
        self.count = 0

    def now(self) -> Any:
        return copy.deepcopy((self.size, self.layers, self.tiles, self.selection))

    def do(self, operation: Operation) -> None:
        before = self.now()
        self._change(operation)
        if self.now() != before:
            self.past.append(before)
            self.future.clear()

    def undo(self) -> bool:
        return self._travel(self.past, self.future)

    def redo(self) -> bool:
        return self._travel(self.future, self.past)

    def _travel(self, source: list[Any], target: list[Any]) -> bool:
        if not source:
            return False
        target.append(self.now())
        self.size, self.layers, self.tiles, self.selection = source.pop()
        return True

    def _change(self, operation: Operation) -> None:
        ids = [layer.id for layer in self.layers]
        match operation:
            case Batch(operations=operations):
                for single in operations:
                    self._change(single)
            case AddLayer(layer=layer, tiles=tiles, index=index):
                self.layers.insert(len(ids) if index is None else index, layer)
                self.tiles[layer.id] = {}
                self._paint(layer.id, tiles)
            case RemoveLayer(layer_id=layer_id):
                self.layers.pop(ids.index(layer_id))
                del self.tiles[layer_id]
            case ChangeLayer(layer_id=layer_id, changes=changes):
                self.layers[ids.index(layer_id)] = changes
            case ReorderLayer(layer_id=layer_id, index=index):
                self.layers.insert(index, self.layers.pop(ids.index(layer_id)))
            case PaintTiles(layer_id=layer_id, tiles=tiles):
                self._paint(layer_id, tiles)
            case Select(tiles=tiles, keep_others=keep):
                if not keep:
                    self.selection.clear()
                for key, raw in tiles.items():
                    self.selection.pop(key, None)
                    if raw is not None and raw[0]:
                        self.selection[key] = raw[0]
            case ResizeCanvas(width=width, height=height):
                self.size = (width, height)

    def _paint(self, layer_id: str, tiles: Any) -> None:
        for key, raw in tiles.items():
            number = 0 if raw is None else int.from_bytes(raw[:4], "little")
            self.tiles[layer_id].pop(key, None)
            if number:
                self.tiles[layer_id][key] = number

    def digest(self) -> str:
        tiles = {
            layer_id: sorted((key, zlib.crc32(tile_of(number))) for key, number in own.items())
            for layer_id, own in self.tiles.items()
        }
        selection = {key: bytes([value]) * (256 * 256) for key, value in self.selection.items()}
        return _digest(self.size, self.layers, tiles, selection)

    def random_operation(self, chance: random.Random) -> Operation:
        """Return an operation that is possible now."""
        kinds = [self._add, self._resize, self._select]
        if self.layers:
            kinds += [self._change_layer, self._reorder, *[self._paint_some] * 5]
            kinds += [self._remove] if chance.random() < 0.5 else []
        if chance.random() < 0.1 and self.layers:
            layer_id = chance.choice(self.layers).id
            return Batch(
                label="Both",
                operations=(
                    self._paint_some(chance, layer_id),
                    self._resize(chance),
                    self._paint_some(chance, layer_id),
                ),
            )
        return chance.choice(kinds)(chance)

    def _add(self, chance: random.Random) -> Operation:
        self.count += 1
        layer = Layer(id=f"layer-{self.count}-{chance.randrange(10**9)}", name=f"Nº {self.count}")
        index = chance.choice([None, 0, len(self.layers)])
        return AddLayer(layer=layer, tiles=_some_tiles(chance, (1, 2)), index=index)

    def _remove(self, chance: random.Random) -> Operation:
        return RemoveLayer(layer_id=chance.choice(self.layers).id)

    def _change_layer(self, chance: random.Random) -> Operation:
        old = chance.choice(self.layers)
        new = Layer(
            id=old.id,
            name=chance.choice(["Sky", "Sea", old.name]),
            visible=chance.random() < 0.5,
            opacity=round(chance.random(), 3),
            blend_mode=chance.choice(BLENDS),
            x=chance.randrange(-500, 500),
            y=chance.randrange(-500, 500),
        )
        return ChangeLayer(layer_id=old.id, changes=new)

    def _reorder(self, chance: random.Random) -> Operation:
        index = chance.randrange(len(self.layers))
        return ReorderLayer(layer_id=chance.choice(self.layers).id, index=index)

    def _paint_some(self, chance: random.Random, layer_id: str = "") -> Operation:
        tiles: dict[tuple[int, int], bytes | None] = dict(_some_tiles(chance, (0, 1, 2, 3)))
        tiles[chance.randrange(-2, 3), 5] = None
        return PaintTiles(layer_id=layer_id or chance.choice(self.layers).id, tiles=tiles)

    def _select(self, chance: random.Random) -> Operation:
        tiles = {
            (chance.randrange(-1, 3), chance.randrange(3)): mask_of(chance.randrange(4))
            for _ in range(chance.randrange(4))
        }
        return Select(tiles=dict(tiles), keep_others=chance.random() < 0.5)

    def _resize(self, chance: random.Random) -> Operation:
        return ResizeCanvas(width=chance.randrange(1, 4000), height=chance.randrange(1, 4000))


def _some_tiles(chance: random.Random, counts: tuple[int, ...]) -> dict[tuple[int, int], bytes]:
    keys = [
        (chance.randrange(-2, 3), chance.randrange(-2, 3)) for _ in range(chance.choice(counts))
    ]
    return {key: tile_of(chance.randrange(40)) for key in keys}


def digest_of(image: Any) -> str:
    """Digest of a document, by what its public side shows."""
    tiles = {}
    for layer in image.layers:
        own = [(key, image.tile(layer.id, key)) for key in image.occupied(layer.id)]
        tiles[layer.id] = sorted((key, zlib.crc32(raw) if raw else 0) for key, raw in own)
    selection = {key: image.selection.tile(key) for key in image.selection.tiles}
    return _digest((image.width, image.height), list(image.layers), tiles, selection)


def _digest(size: tuple[int, int], layers: list[Layer], tiles: Any, selection: Any) -> str:
    ordered = [(layer, tiles[layer.id]) for layer in layers]
    selected = sorted((key, zlib.crc32(raw) if raw else 0) for key, raw in selection.items())
    return f"{zlib.crc32(repr((size, ordered, selected)).encode()):08x}"

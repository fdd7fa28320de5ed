"""The picture as it was at one moment, to be read on any thread while work goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from studio.core.errors import DocumentProblem
from studio.document.layers import TILE_BYTES, Layer, TileKey
from studio.document.selection import Selection

ReadTile = Callable[[bytes, int], bytes | None]


class Snapshot:
    """Reads like an ``ImageDocument``: ``width``, ``height``, ``layers``, ``tile`` ...

    Pixels are fetched when they are asked for; those of later changes never appear.
    ``revision`` is the document's at that moment.
    """

    def __init__(
        self,
        size: tuple[int, int],
        layers: tuple[Layer, ...],
        tiles: Mapping[str, Mapping[TileKey, bytes]],
        selection: Mapping[TileKey, bytes],
        read: ReadTile,
        revision: int,
    ) -> None:
        """Used by ``ImageDocument.snapshot``."""
        self.width, self.height = size
        self.layers = layers
        self.revision = revision
        self.selection = Selection(lambda: selection, read)
        self._tiles = tiles
        self._read = read

    def layer(self, layer_id: str) -> Layer:
        """Return one layer; raises DocumentProblem if it was not there."""
        for layer in self.layers:
            if layer.id == layer_id:
                return layer
        raise DocumentProblem("That layer is no longer there.", code="unknown_layer")

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer had tiles."""
        return frozenset(self._tiles[layer_id])

    def tile(self, layer_id: str, key: TileKey) -> bytes | None:
        """Return 256 x 256 px of premultiplied RGBA; None where it was empty or is lost."""
        name = self._tiles[layer_id].get(key)
        return None if name is None else self._read(name, TILE_BYTES)

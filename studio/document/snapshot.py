"""The picture as it was at one moment, for work off the main thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from studio.core.errors import DocumentProblem
from studio.document.layers import Layer, TileKey
from studio.document.selection import Selection
from studio.document.state import ImageState
from studio.document.store import TileStore


class LayeredPicture(Protocol):
    """What can be flattened: a document, or how one was at some moment."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def layers(self) -> tuple[Layer, ...]: ...

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer has tiles."""

    def tile(self, layer_id: str, key: TileKey) -> bytes | None:
        """Return 256 x 256 px of premultiplied RGBA; None where it is empty."""


class ImageSnapshot:
    """A document's layers and where their tiles lie, unchanged by what happens to it afterwards.

    Making one copies no pixels, so it belongs to the main thread; reading it may be done on any
    thread while the project is open. ``revision`` is the document's at that moment.
    """

    def __init__(self, state: ImageState, tiles: TileStore, revision: int) -> None:
        self.width, self.height = state.width, state.height
        self.revision = revision
        selected = dict(state.selection)
        self.selection = Selection(lambda: selected, tiles.get)
        self.layers = tuple(state.layers)
        self._places = {layer_id: dict(places) for layer_id, places in state.tiles.items()}
        self._tiles = tiles

    def layer(self, layer_id: str) -> Layer:
        """Return one layer; raises DocumentProblem if it was not there."""
        for layer in self.layers:
            if layer.id == layer_id:
                return layer
        raise DocumentProblem("That layer is no longer there.", code="unknown_layer")

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer has tiles."""
        return frozenset(self._places[layer_id])

    def content(self, layers: Iterable[Layer]) -> tuple[dict[TileKey, bytes], ...]:
        """Return what tells whether the pixels of layers are still the same: equal if they are."""
        return tuple(dict(self._places[layer.id]) for layer in layers)

    def tile(self, layer_id: str, key: TileKey) -> bytes | None:
        """Return 256 x 256 px of premultiplied RGBA; None where it is empty."""
        name = self._places[layer_id].get(key)
        return None if name is None else self._tiles.get(name)

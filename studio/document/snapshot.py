"""The picture as it was at one moment, for work off the main thread."""

from __future__ import annotations

from typing import Protocol

from studio.document.layers import Layer, TileKey
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
    thread while the project is open.
    """

    def __init__(self, state: ImageState, tiles: TileStore) -> None:
        self.width, self.height = state.width, state.height
        self.layers = tuple(state.layers)
        self._places = {layer_id: dict(places) for layer_id, places in state.tiles.items()}
        self._tiles = tiles

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer has tiles."""
        return frozenset(self._places[layer_id])

    def tile(self, layer_id: str, key: TileKey) -> bytes | None:
        """Return 256 x 256 px of premultiplied RGBA; None where it is empty."""
        name = self._places[layer_id].get(key)
        return None if name is None else self._tiles.get(name)

"""Composites one 256 px document tile from the layers that touch it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage, QPainter

from studio.document import (
    TILE,
    ImageDocument,
    ImageSnapshot,
    Layer,
    Node,
    TileKey,
    drawn,
    layer_tree,
    shows,
)
from studio.ui.canvas.blending import (
    PAINTER_MODES,
    TILE_FORMAT,
    blend_non_separable,
)

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    LiveTiles = Mapping[TileKey, npt.NDArray[numpy.uint8]]

SCREEN_FORMAT = QImage.Format.Format_ARGB32_Premultiplied

_OVER = QPainter.CompositionMode.CompositionMode_SourceOver
_CUT = QPainter.CompositionMode.CompositionMode_DestinationIn
_ALL_OPAQUE = b"\xff" * (TILE * TILE)

# An image, where it lies in the document tile, and the pixels that it does not own.
Piece = tuple[QImage, int, int, object]
Part = tuple[Layer, list[Piece]]
_Composing = Generator[None, None, QImage | None]


class LayerStack:
    """Knows which layer tiles lie under a document tile, and paints them over each other.

    Layers may stand at any pixel, so up to four tiles of a layer meet in one document tile. What
    lies below an opaque tile is not loaded at all. A group is painted on its own first.
    """

    def __init__(self, document: ImageDocument | ImageSnapshot) -> None:
        self._document = document
        self._occupied: dict[str, frozenset[TileKey]] = {}
        self._opaque: dict[tuple[str, TileKey], bool] = {}
        self._live: tuple[str, LiveTiles] | None = None
        self.layers: tuple[Layer, ...] = ()
        self.nodes: tuple[Node, ...] = ()
        self.composed = 0  # tiles painted so far
        self.set_layers(document.layers)

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Take the layers to paint, bottom first."""
        self.layers = tuple(layers)
        self.nodes = layer_tree(self.layers)
        known = {layer.id for layer in layers}
        for layer in layers:
            if layer.id not in self._occupied:
                self._occupied[layer.id] = self._document.occupied(layer.id)
        for gone in self._occupied.keys() - known:
            del self._occupied[gone]
            self._opaque = {key: flag for key, flag in self._opaque.items() if key[0] != gone}

    def forget_pixels(self, layer_id: str, keys: Iterable[TileKey]) -> None:
        """Look again at tiles whose pixels have changed."""
        for key in keys:
            self._opaque.pop((layer_id, key), None)
        self._occupied[layer_id] = self._document.occupied(layer_id)

    def set_live(self, layer_id: str, tiles: LiveTiles | None) -> None:
        """Show some tiles of a layer (256 x 256 x 4, premultiplied) in place of the document's."""
        self._live = None if tiles is None else (layer_id, tiles)

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer has tiles, those that are shown in place of others included."""
        own = self._occupied.get(layer_id, frozenset())
        if self._live is not None and self._live[0] == layer_id:
            own = own.union(self._live[1])
        return own

    def coverage(self, layer: Layer, keys: Iterable[TileKey] | None = None) -> set[TileKey]:
        """Return the document tiles that a layer's tiles (all by default) touch."""
        if keys is None:
            keys = self.occupied(layer.id)
        shift_x, left = divmod(layer.x, TILE)
        shift_y, top = divmod(layer.y, TILE)
        found = {(column + shift_x, row + shift_y) for column, row in keys}
        if left:
            found |= {(column + 1, row) for column, row in found}
        if top:
            found |= {(column, row + 1) for column, row in found}
        return found

    def painted_tiles(self) -> set[TileKey]:
        """Return every document tile in which some layer shows."""
        found: set[TileKey] = set()
        for layer, _ in drawn(self.layers):
            found |= self.coverage(layer)
        return found

    def compose(self, column: int, row: int) -> QImage | None:
        """Paint document tile (column, row) at once; None where nothing shows."""
        steps = self.steps(column, row)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    def steps(self, column: int, row: int) -> _Composing:
        """Paint a document tile in small steps: yields between layers, returns the image or None.

        Neither reading nor painting one layer's share of a tile takes more than a few milliseconds.
        """
        self.composed += 1
        image = yield from self.paint(self.nodes, column, row)
        return None if image is None else image.convertToFormat(SCREEN_FORMAT)

    def paint(self, nodes: Sequence[Node], column: int, row: int) -> _Composing:
        """Paint some nodes over each other, on nothing; the image is not to be changed."""
        parts: list[Part] = []
        for node in reversed(nodes):
            if not shows(node.layer):
                continue
            pieces, hides_below = yield from self.pieces(node, column, row)
            if pieces:
                parts.append((node.layer, pieces))
                yield
            if hides_below:
                break
        parts.reverse()
        if not parts:
            return None
        if _is_one_whole_tile(parts):
            return parts[0][1][0][0].copy()
        image = empty_tile()
        for layer, pieces in parts:
            image = blend(image, layer, pieces)
            yield
        return image

    def pieces(
        self, node: Node, column: int, row: int
    ) -> Generator[None, None, tuple[list[Piece], bool]]:
        """Return a node's share of a tile, and whether it hides everything below."""
        layer = node.layer
        if layer.kind == "group":
            image = yield from self.paint(node.children, column, row)
            pieces: list[Piece] = [] if image is None else [(image, 0, 0, image)]
            hides = False
        else:
            pieces, hides = self._own_pieces(layer, column, row)
        masks = [mask for mask in node.masks if mask.visible]
        if pieces and masks:
            pieces, hides = [self._cut(pieces, masks, column, row)], False
        return pieces, hides and layer.blend_mode == "normal" and layer.opacity >= 1

    def _own_pieces(self, layer: Layer, column: int, row: int) -> tuple[list[Piece], bool]:
        """Return a layer's share of a tile, and whether it is opaque everywhere."""
        left, top = column * TILE - layer.x, row * TILE - layer.y
        columns = range(left // TILE, (left + TILE - 1) // TILE + 1)
        rows = range(top // TILE, (top + TILE - 1) // TILE + 1)
        occupied = self.occupied(layer.id)
        live = self._live[1] if self._live is not None and self._live[0] == layer.id else {}
        pieces: list[Piece] = []
        opaque = True
        for key in ((c, r) for r in rows for c in columns):
            corner = (key[0] * TILE - left, key[1] * TILE - top)
            if key in live:
                opaque = False
                pieces.append((_tile_image(live[key].data), *corner, live[key]))
                continue
            pixels = self._document.tile(layer.id, key) if key in occupied else None
            if pixels is None:
                opaque = False
                continue
            pieces.append((_tile_image(pixels), *corner, pixels))
            opaque = opaque and self._is_opaque(layer.id, key, pixels)
        return pieces, opaque

    def _cut(self, pieces: list[Piece], masks: list[Layer], column: int, row: int) -> Piece:
        """Return the pieces as one image, with only what the masks' alpha lets through."""
        image = empty_tile()
        _draw(image, pieces, _OVER, 1.0)
        for mask in masks:
            shape = empty_tile()
            _draw(shape, self._own_pieces(mask, column, row)[0], _OVER, 1.0)
            _draw(image, [(shape, 0, 0, shape)], _CUT, mask.opacity)
        return image, 0, 0, image

    def _is_opaque(self, layer_id: str, key: TileKey, pixels: bytes) -> bool:
        known = self._opaque.get((layer_id, key))
        if known is None:
            known = self._opaque[layer_id, key] = pixels[3::4] == _ALL_OPAQUE
        return known


def empty_tile() -> QImage:
    """Return a transparent tile."""
    image = QImage(TILE, TILE, TILE_FORMAT)
    image.fill(0)
    return image


def _is_one_whole_tile(parts: list[Part]) -> bool:
    layer, pieces = parts[0]
    return len(parts) == 1 and layer.opacity >= 1 and len(pieces) == 1 and pieces[0][1:3] == (0, 0)


def _tile_image(pixels: bytes | memoryview) -> QImage:
    """Wrap a tile's bytes without copying; the caller keeps them alive while the image lives."""
    return QImage(pixels, TILE, TILE, TILE * 4, TILE_FORMAT)


def blend(below: QImage, layer: Layer, pieces: list[Piece]) -> QImage:
    """Paint a layer's pieces over a tile, in place where QPainter can; return the result."""
    mode = PAINTER_MODES.get(layer.blend_mode)
    # QPainter would saturate an addition before it applies the opacity.
    in_one_go = layer.blend_mode != "plus" or layer.opacity >= 1
    if mode is not None and in_one_go:
        _draw(below, pieces, mode, layer.opacity)
        return below
    above = QImage(below.size(), TILE_FORMAT)
    above.fill(0)
    if mode is None:
        _draw(above, pieces, _OVER, 1.0)
        return blend_non_separable(below, above, layer.blend_mode, layer.opacity)
    _draw(above, pieces, _OVER, layer.opacity)
    painter = QPainter(below)
    painter.setCompositionMode(mode)
    painter.drawImage(0, 0, above)
    painter.end()
    return below


def _draw(
    image: QImage,
    pieces: list[Piece],
    mode: QPainter.CompositionMode,
    opacity: float,
) -> None:
    painter = QPainter(image)
    painter.setCompositionMode(mode)
    # QPainter cuts the opacity down to 1/256 steps: the nearest one is less than 0.5/255 off.
    painter.setOpacity(round(opacity * 256) / 256)
    for piece, left, top, _ in pieces:
        painter.drawImage(left, top, piece)
    painter.end()

"""Composites one 256 px document tile from the layers that touch it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from PySide6.QtGui import QImage, QPainter

from studio.document import TILE, ImageDocument, Layer, TileKey
from studio.ui.canvas.blending import (
    PAINTER_MODES,
    TILE_FORMAT,
    blend_non_separable,
)

SCREEN_FORMAT = QImage.Format.Format_ARGB32_Premultiplied

_OVER = QPainter.CompositionMode.CompositionMode_SourceOver
_ALL_OPAQUE = b"\xff" * (TILE * TILE)

_Piece = tuple[bytes, int, int]  # pixels of a layer's tile, and where it lies in the document tile
_Part = tuple[Layer, list[_Piece]]


class LayerStack:
    """Knows which layer tiles lie under a document tile, and paints them over each other.

    Layers may stand at any pixel, so up to four tiles of a layer meet in one document tile. What
    lies below an opaque tile is not loaded at all.
    """

    def __init__(self, document: ImageDocument) -> None:
        self._document = document
        self._occupied: dict[str, frozenset[TileKey]] = {}
        self._opaque: dict[tuple[str, TileKey], bool] = {}
        self.layers: tuple[Layer, ...] = ()
        self.composed = 0  # tiles painted so far
        self.set_layers(document.layers)

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Take the layers to paint, bottom first."""
        self.layers = tuple(layers)
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

    def coverage(self, layer: Layer, keys: Iterable[TileKey] | None = None) -> set[TileKey]:
        """Return the document tiles that a layer's tiles (all by default) touch."""
        if keys is None:
            keys = self._occupied.get(layer.id, frozenset())
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
        for layer in self.layers:
            if shows(layer):
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

    def steps(self, column: int, row: int) -> Generator[None, None, QImage | None]:
        """Paint a document tile in small steps: yields between layers, returns the image or None.

        Neither reading nor painting one layer's share of a tile takes more than a few milliseconds.
        """
        self.composed += 1
        parts: list[_Part] = []
        for layer in reversed(self.layers):
            if not shows(layer):
                continue
            pieces, hides_below = self._pieces(layer, column, row)
            if pieces:
                parts.append((layer, pieces))
                yield
            if hides_below:
                break
        parts.reverse()
        if not parts:
            return None
        if _is_one_whole_tile(parts):
            return _tile_image(parts[0][1][0][0]).convertToFormat(SCREEN_FORMAT)
        image = QImage(TILE, TILE, TILE_FORMAT)
        image.fill(0)
        for layer, pieces in parts:
            image = _blend(image, layer, pieces)
            yield
        return image.convertToFormat(SCREEN_FORMAT)

    def _pieces(self, layer: Layer, column: int, row: int) -> tuple[list[_Piece], bool]:
        """Return a layer's share of a tile, and whether it hides everything below."""
        left, top = column * TILE - layer.x, row * TILE - layer.y
        columns = range(left // TILE, (left + TILE - 1) // TILE + 1)
        rows = range(top // TILE, (top + TILE - 1) // TILE + 1)
        occupied = self._occupied[layer.id]
        pieces: list[_Piece] = []
        hides = layer.blend_mode == "normal" and layer.opacity >= 1
        for key in ((c, r) for r in rows for c in columns):
            pixels = self._document.tile(layer.id, key) if key in occupied else None
            if pixels is None:
                hides = False
                continue
            pieces.append((pixels, key[0] * TILE - left, key[1] * TILE - top))
            hides = hides and self._is_opaque(layer.id, key, pixels)
        return pieces, hides

    def _is_opaque(self, layer_id: str, key: TileKey, pixels: bytes) -> bool:
        known = self._opaque.get((layer_id, key))
        if known is None:
            known = self._opaque[layer_id, key] = pixels[3::4] == _ALL_OPAQUE
        return known


def shows(layer: Layer) -> bool:
    """Whether a layer can change the picture at all."""
    return layer.visible and layer.opacity > 0


def _is_one_whole_tile(parts: list[_Part]) -> bool:
    layer, pieces = parts[0]
    return len(parts) == 1 and layer.opacity >= 1 and len(pieces) == 1 and pieces[0][1:] == (0, 0)


def _tile_image(pixels: bytes) -> QImage:
    """Wrap a tile's bytes without copying; the caller keeps them alive while the image lives."""
    return QImage(pixels, TILE, TILE, TILE * 4, TILE_FORMAT)


def _blend(below: QImage, layer: Layer, pieces: list[_Piece]) -> QImage:
    mode = PAINTER_MODES.get(layer.blend_mode)
    # QPainter would saturate an addition before it applies the opacity.
    in_one_go = layer.blend_mode != "plus" or layer.opacity >= 1
    if mode is not None and in_one_go:
        _paint(below, pieces, mode, layer.opacity)
        return below
    above = QImage(TILE, TILE, TILE_FORMAT)
    above.fill(0)
    if mode is None:
        _paint(above, pieces, _OVER, 1.0)
        return blend_non_separable(below, above, layer.blend_mode, layer.opacity)
    _paint(above, pieces, _OVER, layer.opacity)
    painter = QPainter(below)
    painter.setCompositionMode(mode)
    painter.drawImage(0, 0, above)
    painter.end()
    return below


def _paint(
    image: QImage,
    pieces: list[_Piece],
    mode: QPainter.CompositionMode,
    opacity: float,
) -> None:
    painter = QPainter(image)
    painter.setCompositionMode(mode)
    # QPainter cuts the opacity down to 1/256 steps: the nearest one is less than 0.5/255 off.
    painter.setOpacity(round(opacity * 256) / 256)
    for pixels, left, top in pieces:
        painter.drawImage(left, top, _tile_image(pixels))
    painter.end()

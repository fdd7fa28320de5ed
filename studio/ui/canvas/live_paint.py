"""A stroke on the screen while it is being painted: only what a dab touched is composited anew."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPainter

from studio.document import TILE, Layer, Node, TileKey, shows
from studio.ui.canvas.layer_stack import (
    SCREEN_FORMAT,
    LayerStack,
    Piece,
    blend,
    empty_tile,
)
from studio.ui.canvas.tile_cache import PyramidKey, TileCache

if TYPE_CHECKING:
    from studio.app.painting.tile_canvas import TileCanvas
    from studio.ui.canvas.layer_stack import LiveTiles

T = TypeVar("T")

_SOURCE = QPainter.CompositionMode.CompositionMode_Source
_SMOOTH = Qt.TransformationMode.SmoothTransformation


class LivePaint:
    """Composites the tiles under a stroke on one layer.

    What lies below the layer is painted once a tile and kept; what lies above is read once. The
    result equals that of ``LayerStack``, to the bit. Where layers would have to be read from disk
    first, the stroke is laid over what is on the screen until that has been done.
    """

    def __init__(
        self,
        stack: LayerStack,
        layer: Layer,
        tiles: LiveTiles,
        canvas: TileCanvas | None = None,
        is_cold: Callable[[TileKey], bool] = lambda _: False,
    ) -> None:
        """``canvas`` gives the pixels before the stroke; ``is_cold`` tells of slow tiles."""
        self.layer = layer
        self.tiles = tiles
        self.committed = False
        self._stack = stack
        self._canvas = canvas
        self._is_cold = is_cold
        self._started: dict[PyramidKey, QImage] = {}
        self._below: dict[TileKey, QImage] = {}
        self._above: dict[TileKey, list[tuple[Layer, list[Piece]]]] = {}
        self._leaves: dict[TileKey, QImage] = {}
        places = [node.layer.id for node in stack.nodes]
        self._place = places.index(layer.id) if layer.id in places else -1
        # Inside a group or under a mask the whole stack is painted.
        self._simple = self._place >= 0 and not any(
            mask.visible for mask in stack.nodes[self._place].masks
        )

    def exact(self) -> set[TileKey]:
        """Return the document tiles that show the layers with the stroke, to the bit."""
        return set(self._leaves)

    def can_wait(self, key: TileKey) -> bool:
        """Whether a tile takes long to composite and can be guessed meanwhile."""
        return self._canvas is not None and key not in self._leaves and self._is_cold(key)

    def guess(self, key: PyramidKey, image: QImage, part: QRect) -> QRect:
        """Lay the stroke over a tile of the pyramid as it was; ``part`` is document px.

        Exact where the layer was empty and nothing lies above. Returns what changed, in px of the
        tile.
        """
        from studio.ui.canvas.guessing import laid_over

        assert self._canvas is not None
        before = self._started.get(key)
        if before is None:
            before = self._started[key] = image.copy()
        return laid_over(self._canvas, self.layer, key, before, image, part)

    def dirty_parts(self, changed: Mapping[TileKey, QRect]) -> dict[TileKey, QRect]:
        """Turn parts of the layer's tiles into parts of the document's tiles."""
        parts: dict[TileKey, QRect] = {}
        for (column, row), rect in changed.items():
            x, y = column * TILE + self.layer.x, row * TILE + self.layer.y
            for key, part in split(rect.translated(x, y)):
                parts[key] = parts[key].united(part) if key in parts else part
        return parts

    def leaf(self, key: TileKey, part: QRect) -> QImage | None:
        """Return a document tile of which ``part`` (px within the tile) has changed."""
        if not shows(self.layer):
            return self._leaves.get(key) or self._stack.compose(*key)
        known = self._leaves.get(key)
        if not self._simple or known is None:
            composed = self._stack.compose(*key)
            if composed is not None:
                self._leaves[key] = composed
            return composed
        rect = part & QRect(0, 0, TILE, TILE)
        image = self._below_of(key).copy(rect)
        own = self._shifted(self._pieces(self._stack.nodes[self._place], key), rect)
        image = blend(image, self.layer, own)
        for layer, pieces in self._above_of(key):
            image = blend(image, layer, self._shifted(pieces, rect))
        painter = QPainter(known)
        painter.setCompositionMode(_SOURCE)
        painter.drawImage(rect.topLeft(), image)
        painter.end()
        return known

    def _shifted(self, pieces: list[Piece], rect: QRect) -> list[Piece]:
        return [(image, x - rect.x(), y - rect.y(), owner) for image, x, y, owner in pieces]

    def _below_of(self, key: TileKey) -> QImage:
        below = self._below.get(key)
        if below is None:
            painted = _finish(self._stack.paint(self._stack.nodes[: self._place], *key))
            below = self._below[key] = painted if painted is not None else empty_tile()
        return below

    def _above_of(self, key: TileKey) -> list[tuple[Layer, list[Piece]]]:
        above = self._above.get(key)
        if above is None:
            nodes = [node for node in self._stack.nodes[self._place + 1 :] if shows(node.layer)]
            found = [(node.layer, self._pieces(node, key)) for node in nodes]
            above = self._above[key] = [(layer, pieces) for layer, pieces in found if pieces]
        return above

    def _pieces(self, node: Node, key: TileKey) -> list[Piece]:
        pieces, _ = _finish(self._stack.pieces(node, *key))
        return pieces


def _finish(steps: Generator[None, None, T]) -> T:
    """Run a generator of small steps to its end and return what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]


def split(rect: QRect) -> Iterable[tuple[TileKey, QRect]]:
    """Yield each tile that a rectangle of px touches, with the part of it within the tile."""
    for row in range(rect.top() // TILE, rect.bottom() // TILE + 1):
        for column in range(rect.left() // TILE, rect.right() // TILE + 1):
            tile = QRect(column * TILE, row * TILE, TILE, TILE)
            yield (column, row), (rect & tile).translated(-tile.topLeft())


def raise_part(
    cache: TileCache, key: TileKey, leaf: QImage | None, part: QRect, top: int, levels: int
) -> bool:
    """Bring a changed part of a level-0 tile up to level ``top`` of the pyramid.

    Where a tile on the way is missing or out of date, it and those above are only marked. Returns
    whether the tile of level ``top`` shows the part.
    """
    column, row = key
    base = cache.get((0, column, row))
    if base is not None and leaf is not None:
        base.image, base.stale = leaf, 0
    image, area = leaf, part
    shown = top == 0 and leaf is not None
    for level in range(1, levels):
        tile = cache.get((level, column >> level, row >> level))
        quadrant = (column >> (level - 1) & 1) + 2 * (row >> (level - 1) & 1)
        bit = 1 << quadrant
        if tile is None:
            image = None
            continue
        usable = tile.image is not None and not (tile.stale | tile.blank) & bit
        if level > top or image is None or not usable or tile.image is None:
            tile.stale |= bit
            image = None
            continue
        area = _even(area)
        half = image.copy(area).scaled(area.width() // 2, area.height() // 2, mode=_SMOOTH)
        corner = QPoint((quadrant & 1) * TILE // 2, (quadrant >> 1) * TILE // 2)
        place = corner + QPoint(area.x() // 2, area.y() // 2)
        painter = QPainter(tile.image)
        painter.setCompositionMode(_SOURCE)
        painter.drawImage(place, half)
        painter.end()
        image, area = tile.image, QRect(place, half.size())
        shown = shown or level == top
    return shown


def _even(area: QRect) -> QRect:
    left, top = area.left() & ~1, area.top() & ~1
    return QRect(QPoint(left, top), QPoint(area.right() | 1, area.bottom() | 1))


def screen_tile() -> QImage:
    """Return a transparent tile in the screen's format."""
    image = QImage(TILE, TILE, SCREEN_FORMAT)
    image.fill(0)
    return image


def on_screen_level(keys: Iterable[PyramidKey]) -> int:
    """Return the level that the view asked for."""
    return max((key[0] for key in keys), default=0)

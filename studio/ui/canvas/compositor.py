"""Turns layers into tiles to paint: a pyramid of composites that is rebuilt only where it changed.

A tile of level k covers 256 * 2**k document pixels a side and is built from four tiles of level
k - 1, so that a picture of any size is painted from about as many pixels as the screen has.
Work is cut into small steps and spread over the event loop; until a tile is there,
the view shows what a coarser or finer level already has.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter

from studio.document import TILE, ChangeSet, ImageDocument, Layer, TileKey, drawn
from studio.ui.canvas.layer_stack import SCREEN_FORMAT, LayerStack
from studio.ui.canvas.live_paint import LivePaint, on_screen_level, raise_part, screen_tile
from studio.ui.canvas.tile_cache import ALL_QUADRANTS, CachedTile, PyramidKey, TileCache, tile_range

if TYPE_CHECKING:
    from studio.app.painting.tile_canvas import TileCanvas
    from studio.ui.canvas.layer_stack import LiveTiles

LEVELS = 8  # level 7 covers 32,768 px a tile
DEFAULT_CACHE_BYTES = 192 * 2**20
SLICE_SECONDS = 0.007  # of compositing between two turns of the event loop
LIVE_SECONDS = 0.003  # the same while a stroke goes on
_SMOOTH = Qt.TransformationMode.SmoothTransformation
ANNOUNCE_SECONDS = 0.1  # finished tiles are shown together, at the latest after this time


class Compositor(QObject):
    """Owns the pyramid of one document and keeps it current with the document's change-sets.

    Signals: ``tiles_ready(QRect)`` says which document pixels can be painted anew; ``finished``
    says that everything asked for is current.
    """

    tiles_ready = Signal(QRect)
    finished = Signal()

    def __init__(
        self,
        document: ImageDocument,
        *,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._stack = LayerStack(document)
        self._instead: dict[str, Layer] = {}
        self._live: LivePaint | None = None
        self._cache = TileCache(cache_bytes)
        self._painted: list[set[TileKey]] | None = None
        self._composing: tuple[PyramidKey, Generator[None, None, QImage | None]] | None = None
        self._wanted: list[PyramidKey] = []  # last comes first
        self._on_screen: frozenset[PyramidKey] = frozenset()
        self._news = QRect()
        self._last_announcement = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_timer)
        document.changed.connect(self._on_document_changed)

    def close(self) -> None:
        """Stop working and let go of the document."""
        self._timer.stop()
        self._document.changed.disconnect(self._on_document_changed)
        self._cache.clear()
        self._wanted.clear()

    @property
    def composed_tiles(self) -> int:
        """How many 256 px composites were made so far."""
        return self._stack.composed

    @property
    def used_bytes(self) -> int:
        """What the cached tiles cost."""
        return self._cache.used_bytes

    @property
    def busy(self) -> bool:
        """Whether tiles that were asked for are still missing."""
        return bool(self._wanted)

    def want(self, level: int, area: QRect) -> None:
        """Say what is on screen: the tiles of ``level`` that cover ``area`` (document pixels).

        They are made from the middle outwards; a ring around them follows, for panning.
        """
        visible = tile_range(level, area)
        ring = visible.adjusted(-1, -1, 1, 1)
        middle = visible.center()
        keys = [
            (level, column, row)
            for row in range(ring.top(), ring.bottom() + 1)
            for column in range(ring.left(), ring.right() + 1)
        ]

        def order(key: PyramidKey) -> tuple[bool, int]:
            inside = visible.contains(key[1], key[2])
            return not inside, (key[1] - middle.x()) ** 2 + (key[2] - middle.y()) ** 2

        keys.sort(key=order, reverse=True)
        self._on_screen = frozenset(keys)
        self._wanted = [key for key in keys if not self.is_current(key)]
        if self._wanted:
            self._timer.start()

    def is_current(self, key: PyramidKey) -> bool:
        """Whether a tile is there and up to date."""
        if not self._shows_something(key):
            return True
        tile = self._cache.get(key)
        return tile is not None and not tile.stale

    def image(self, key: PyramidKey) -> tuple[QImage | None, bool]:
        """Return a tile as it is now, and whether it shows all of its area, be it outdated."""
        if not self._shows_something(key):
            return None, True
        tile = self._cache.get(key)
        if tile is None:
            return None, False
        return tile.image, not tile.blank

    def work(self, seconds: float) -> None:
        """Composite for about ``seconds``; one layer's share of a tile is the smallest step."""
        deadline = time.perf_counter() + seconds
        while self._wanted:
            if self._advance(self._wanted[-1]):
                self._note(self._wanted.pop())
            if time.perf_counter() >= deadline:
                break

    def compose_area(self, area: QRect) -> QImage:
        """Return the picture inside ``area`` (document pixels) at full size, at once."""
        result = QImage(area.size(), SCREEN_FORMAT)
        result.fill(0)
        painter = QPainter(result)
        tiles = tile_range(0, area)
        for row in range(tiles.top(), tiles.bottom() + 1):
            for column in range(tiles.left(), tiles.right() + 1):
                image = self._composite((0, column, row))
                if image is not None:
                    corner = QPoint(column * TILE, row * TILE) - area.topLeft()
                    painter.drawImage(corner, image)
        painter.end()
        return result

    def show_instead(self, *layers: Layer) -> None:
        """Show layers with other properties, of the same ids, without touching the document."""
        self._instead = {layer.id: layer for layer in layers}
        self._take_layers()

    def stop_showing_instead(self) -> None:
        """Show every layer as the document has it."""
        self._instead = {}
        self._take_layers()

    def begin_live(self, layer: Layer, tiles: LiveTiles, canvas: TileCanvas | None = None) -> None:
        """Show ``tiles`` of a layer in place of the document's, from now on as they are.

        ``tiles`` may grow and its arrays may change; ``paint_live`` says where. With ``canvas``,
        which they belong to, tiles that take long are guessed until they are composited.
        """
        self._stack.set_live(layer.id, tiles)

        def is_cold(key: TileKey) -> bool:
            return self._document.reader_ahead([key]) is not None

        self._live = LivePaint(self._stack, layer, tiles, canvas, is_cold)
        self._composing = None

    def paint_live(self, changed: Mapping[TileKey, QRect]) -> None:
        """Composite the changed parts (px within each of the layer's tiles) now."""
        live = self._live
        if live is None or not changed:
            return
        level = on_screen_level(self._on_screen)
        news, missing = QRect(), False
        parts = live.dirty_parts(changed)
        for key, part in parts.items():
            self._note_painted(key, level)
            if (level, key[0] >> level, key[1] >> level) not in self._on_screen:
                self._cache.mark_stale(*key, LEVELS)
                continue
            if live.can_wait(key) and self._guess(live, key, part, level):
                news = news.united(part.translated(key[0] * TILE, key[1] * TILE))
                continue
            leaf = live.leaf(key, part)
            missing |= not raise_part(self._cache, key, leaf, part, level, LEVELS)
            news = news.united(part.translated(key[0] * TILE, key[1] * TILE))
        if self._composing is not None and self._composing[0][1:] in parts:
            self._composing = None
        self._wanted = [key for key in sorted(self._on_screen) if not self.is_current(key)]
        if self._wanted:
            self._timer.start()
        if missing:
            self.work(LIVE_SECONDS)
        if not news.isEmpty():
            self.tiles_ready.emit(news)

    def _guess(self, live: LivePaint, key: TileKey, part: QRect, level: int) -> bool:
        """Show about what a tile will look like; False where nothing is there to begin with."""
        place = (level, key[0] >> level, key[1] >> level)
        tile = self._cache.get(place)
        if tile is None or tile.image is None or tile.blank:
            return False
        # Still to be done, in the background.
        self._cache.mark_stale(*key, LEVELS)
        live.guess(place, tile.image, part.translated(key[0] * TILE, key[1] * TILE))
        return True

    def _note_painted(self, key: TileKey, level: int) -> None:
        """Note that something shows in a document tile; where nothing did there is a blank one."""
        for up, painted in enumerate(self._painted_levels()):
            place = (key[0] >> up, key[1] >> up)
            if place not in painted:
                painted.add(place)
                if up <= level:
                    self._cache.put((up, *place), CachedTile(screen_tile()), self._on_screen)

    def end_live(self) -> None:
        """Show the document's tiles again."""
        live, self._live = self._live, None
        if live is None:
            return
        stale = self._stack.coverage(live.layer, live.tiles)
        if live.committed:
            stale -= live.exact()
        self._stack.set_live("", None)
        if live.layer.id in {layer.id for layer in self._document.layers}:
            self._stack.forget_pixels(live.layer.id, ())
        self._mark(stale)

    def _take_layers(self) -> None:
        self._composing = None
        before = self._stack.layers
        layers = tuple(self._instead.get(layer.id, layer) for layer in self._document.layers)
        gone = self._changed_tiles(before, layers)
        self._stack.set_layers(layers)
        self._mark(gone | self._changed_tiles(layers, before))

    def _changed_tiles(self, layers: Sequence[Layer], others: Sequence[Layer]) -> set[TileKey]:
        """Return where ``layers`` show something that ``others`` do not show in the same way."""
        before, shown = drawn(others), drawn(layers)
        looks = {layer.id: look for layer, look in before}
        order = {layer.id: place for place, (layer, _) in enumerate(before)}
        common = [order[layer.id] for layer, _ in shown if layer.id in order]
        moved = {
            place
            for place, sorted_place in zip(common, sorted(common), strict=True)
            if place != sorted_place
        }
        found: set[TileKey] = set()
        for layer, look in shown:
            if looks.get(layer.id) != look or order[layer.id] in moved:
                found |= self._stack.coverage(layer)
        return found

    def _on_document_changed(self, change: ChangeSet) -> None:
        stale: set[TileKey] = set()
        placed = {layer.id: layer for layer in self._stack.layers}
        alive = {layer.id for layer in self._document.layers}
        for layer_id, keys in change.tiles.items():
            if layer_id in placed and layer_id in alive:
                stale |= self._stack.coverage(placed[layer_id], keys)
                if self._live is not None and layer_id == self._live.layer.id:
                    # What the document has now is what was shown while it was painted.
                    self._live.committed = True
                    stale -= self._live.exact()
                self._stack.forget_pixels(layer_id, keys)
        if stale:
            self._mark(stale)
        if change.structure or change.layers:
            self._take_layers()

    def _mark(self, tiles: set[TileKey]) -> None:
        if not tiles:
            return
        self._painted = self._composing = None
        for column, row in tiles:
            self._cache.mark_stale(column, row, LEVELS)
        columns, rows = [key[0] for key in tiles], [key[1] for key in tiles]
        corner = QPoint(min(columns), min(rows)) * TILE
        far = QPoint(max(columns) + 1, max(rows) + 1) * TILE - QPoint(1, 1)
        self._news = self._news.united(QRect(corner, far))
        self._wanted = [key for key in sorted(self._on_screen) if not self.is_current(key)]
        self._timer.start()

    def _shows_something(self, key: PyramidKey) -> bool:
        return key[1:] in self._painted_levels()[key[0]]

    def _painted_levels(self) -> list[set[TileKey]]:
        if self._painted is None:
            self._painted = [self._stack.painted_tiles()]
            for _ in range(1, LEVELS):
                finer = self._painted[-1]
                self._painted.append({(column >> 1, row >> 1) for column, row in finer})
        return self._painted

    def _advance(self, key: PyramidKey) -> bool:
        """Do one small step for a tile; return True when the tile is current."""
        if self.is_current(key):
            return True
        if key[0] == 0:
            done, image = self._leaf(key)
            if done:
                self._cache.put(key, CachedTile(image), self._on_screen)
            return done
        level, column, row = key
        tile = self._cache.get(key)
        if tile is None or tile.image is None:
            image = QImage(TILE, TILE, SCREEN_FORMAT)
            image.fill(0)
            tile = CachedTile(image, ALL_QUADRANTS, ALL_QUADRANTS)
            self._cache.put(key, tile, self._on_screen)
        quadrant = (tile.stale & -tile.stale).bit_length() - 1
        child = (level - 1, 2 * column + (quadrant & 1), 2 * row + (quadrant >> 1))
        if self._fill_quadrant(tile.image, quadrant, child):
            tile.stale &= ~(1 << quadrant)
            tile.blank &= ~(1 << quadrant)
        return tile.stale == 0

    def _fill_quadrant(self, image: QImage | None, quadrant: int, child: PyramidKey) -> bool:
        """Draw ``child`` at half its size into a quadrant; False while the child is not ready."""
        assert image is not None
        source: QImage | None = None
        if self._shows_something(child):
            done, source = self._leaf(child) if child[0] == 0 else self._finer(child)
            if not done:
                return False
        half = TILE // 2
        corner = QPoint((quadrant & 1) * half, (quadrant >> 1) * half)
        painter = QPainter(image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        if source is None:
            painter.fillRect(QRect(corner, QSize(half, half)), Qt.GlobalColor.transparent)
        else:
            # Rounds each mean down by less than one step; QPainter's own scaling loses up to three.
            painter.drawImage(corner, source.scaled(half, half, mode=_SMOOTH))
        painter.end()
        return True

    def _finer(self, key: PyramidKey) -> tuple[bool, QImage | None]:
        """Go on with a tile above level 0; return whether it is current, and its image."""
        if not self._advance(key):
            return False, None
        return True, self.image(key)[0]

    def _leaf(self, key: PyramidKey) -> tuple[bool, QImage | None]:
        """Go on with a 256 px composite; return whether it is done, and the image."""
        tile = self._cache.get(key)
        if tile is not None and not tile.stale:
            return True, tile.image
        if self._composing is None or self._composing[0] != key:
            self._composing = (key, self._stack.steps(key[1], key[2]))
        try:
            next(self._composing[1])
        except StopIteration as done:
            self._composing = None
            if tile is not None:
                self._cache.put(key, CachedTile(done.value), self._on_screen)
            return True, done.value
        return False, None

    def _composite(self, key: PyramidKey) -> QImage | None:
        """Return a 256 px composite, from the cache or made at once."""
        if not self._shows_something(key):
            return None
        tile = self._cache.get(key)
        if tile is not None and not tile.stale:
            return tile.image
        return self._stack.compose(key[1], key[2])

    def _note(self, key: PyramidKey) -> None:
        size = TILE << key[0]
        self._news = self._news.united(QRect(key[1] * size, key[2] * size, size, size))

    def _on_timer(self) -> None:
        self.work(SLICE_SECONDS if self._live is None else LIVE_SECONDS)
        now = time.perf_counter()
        if self._wanted:
            if now - self._last_announcement >= ANNOUNCE_SECONDS:
                self._announce(now)
            return
        self._timer.stop()
        self._announce(now)
        self.finished.emit()

    def _announce(self, now: float) -> None:
        self._last_announcement = now
        news, self._news = self._news, QRect()
        if not news.isEmpty():
            self.tiles_ready.emit(news)

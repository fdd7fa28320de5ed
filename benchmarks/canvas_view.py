"""How fluid the canvas is: frames while panning and zooming, first paint, and slices; prints JSON.

    uv run python benchmarks/canvas_view.py [--quick] [--width 1440 --height 900]

Offscreen, so that it runs anywhere: what is measured is compositing and painting on the processor,
which is what the canvas does on every platform. A frame is the time from the event to the end of
the paint that it causes. A slice is the time that the event loop spends in one turn of compositing
in the background. Beside the time on the clock stands the processor time of the main thread, which
other programs on a busy machine do not change.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import psutil
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from benchmarks.machine import report
from studio.core.ids import new_id
from studio.document import TILE, AddLayer, ImageDocument, Layer, PaintTiles, Project
from studio.ui.canvas.compositor import Compositor
from studio.ui.canvas.view import CanvasView
from studio.ui.theme import apply_theme


def picture_tiles(side: int, seed: int, *, opaque: bool) -> dict[tuple[int, int], bytes]:
    """Return tiles that compress like a photograph: smooth colours with grain in the low bits."""
    generator = np.random.default_rng(seed)
    tiles = {}
    y, x = np.mgrid[0:TILE, 0:TILE]
    for row in range(side // TILE):
        for column in range(side // TILE):
            pixels = np.empty((TILE, TILE, 4), np.uint8)
            for channel in range(3):
                wave = np.sin((x + column * TILE) / 97 + channel) + np.cos((y + row * TILE) / 71)
                grain = generator.integers(0, 12, (TILE, TILE))
                pixels[..., channel] = np.clip(wave * 50 + 110 + grain, 0, 255)
            pixels[..., 3] = 255
            if not opaque:
                pixels = (pixels * (0.35 + 0.3 * (x / TILE))[..., None]).astype(np.uint8)
            tiles[column, row] = pixels.tobytes()
    return tiles


def build(folder: Path, side: int, layers: int) -> Path:
    """Write a project with ``layers`` full layers and return its path."""
    path = folder / f"{side}-{layers}.atelier"
    project = Project.create(path, width=side, height=side)
    for number in range(layers):
        tiles = picture_tiles(side, number, opaque=number == 0)
        layer = Layer(id=new_id(), name=f"Layer {number}", opacity=1.0 if number % 2 == 0 else 0.7)
        project.image.apply(AddLayer(layer=layer, tiles=tiles))
        project.flush(120)
    project.close()
    return path


Times = list[tuple[float, float]]  # milliseconds on the clock and of processor time


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return how long ``work`` takes: milliseconds on the clock and of processor time."""
    start, start_processor = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - start) * 1000, (time.thread_time() - start_processor) * 1000


class SliceMeter:
    """Measures every turn of the compositor's timer."""

    def __init__(self) -> None:
        self.times: Times = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        original = Compositor._on_timer

        def turn(compositor: Compositor) -> None:
            self.times.append(timed(lambda: original(compositor)))

        Compositor._on_timer = turn  # type: ignore[method-assign]
        try:
            yield
        finally:
            Compositor._on_timer = original  # type: ignore[method-assign]


def settle(view: CanvasView) -> None:
    """Run the event loop until everything on screen is there."""
    while view.compositor.busy:
        QApplication.processEvents()
    QApplication.processEvents()


def frame(view: CanvasView, move: Callable[[], object]) -> tuple[float, float]:
    """Return how long it takes from an event to the end of its paint."""

    def move_and_paint() -> None:
        move()
        view.repaint()

    return timed(move_and_paint)


def wheel(view: CanvasView, delta: int) -> None:
    """Turn the wheel over a place beside the middle."""
    place = QPointF(view.width() * 0.4, view.height() * 0.55)
    event = QWheelEvent(
        place,
        view.mapToGlobal(place),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def pan(view: CanvasView, dx: float, dy: float) -> None:
    """Move the view as a drag does."""
    view.viewport.pan_by(QPointF(dx, dy))
    view.navigator.moved.emit()


def summary(times: Times) -> dict[str, float]:
    """Return median, 95th percentile and the worst, in milliseconds."""
    result: dict[str, float] = {"count": len(times)}
    for kind, column in (("", 0), ("processor_", 1)):
        ordered = sorted(time[column] for time in times)
        result[f"{kind}median_ms"] = round(statistics.median(ordered), 2)
        result[f"{kind}p95_ms"] = round(ordered[int(0.95 * (len(ordered) - 1))], 2)
        result[f"{kind}worst_ms"] = round(ordered[-1], 2)
    return result


def open_view(
    document: ImageDocument, width: int, height: int
) -> tuple[CanvasView, dict[str, Any]]:
    """Open a view; return it with the times until a first and until the final paint (seconds)."""
    start, start_processor = time.perf_counter(), time.thread_time()
    view = CanvasView(document)
    view.resize(width, height)
    view.show()
    QApplication.processEvents()
    view.repaint()
    shown = time.perf_counter() - start
    settle(view)
    complete, processor = time.perf_counter() - start, time.thread_time() - start_processor
    return view, {
        "window_s": round(shown, 3),
        "complete_s": round(complete, 3),
        "complete_processor_s": round(processor, 3),
    }


def measure(path: Path, width: int, height: int) -> dict[str, Any]:
    """Measure one project in a window of ``width`` x ``height`` logical pixels."""
    project = Project.open(path)
    meter = SliceMeter()
    with meter.watching():
        view, first_paint = open_view(project.image, width, height)
        zooms = []
        for delta in (60, -60):
            for _ in range(60):
                zooms.append(frame(view, lambda delta=delta: wheel(view, delta)))
                QApplication.processEvents()
        settle(view)
        pans = {}
        for name, zoom in (("fit", 0.0), ("66 %", 0.66), ("100 %", 1.0), ("400 %", 4.0)):
            view.set_zoom(zoom) if zoom else view.fit()
            settle(view)
            times = []
            for step in range(120):
                angle = step / 19
                dx, dy = 23 * np.cos(angle), 17 * np.sin(angle)
                times.append(frame(view, lambda dx=dx, dy=dy: pan(view, dx, dy)))
                QApplication.processEvents()
            pans[name] = summary(times)
        view.fit()
        settle(view)
        edits = [edit(view, project.image, step) for step in range(30)]
    result = {
        "first_paint": first_paint,
        "zoom": summary(zooms),
        "pan": pans,
        "edit_of_one_tile_until_painted": summary(edits),
        "slices": summary(meter.times),
        "cache_mib": round(view.compositor.used_bytes / 2**20, 1),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }
    view.close_document()
    view.close()
    view.deleteLater()
    project.close()
    return result


def edit(view: CanvasView, document: ImageDocument, step: int) -> tuple[float, float]:
    """Change one tile of the top layer; return how long it takes until it is on the screen."""
    layer = document.layers[-1]
    side = document.width // TILE
    pixels = np.full((TILE, TILE, 4), (step * 8, 90, 30, 255), np.uint8).tobytes()
    key = (step * 7 % side, step * 3 % side)

    def apply_and_paint() -> None:
        document.apply(PaintTiles(layer_id=layer.id, tiles={key: pixels}))
        settle(view)
        view.repaint()

    return timed(apply_and_paint)


def main() -> None:
    """Build the documents, measure them, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2048 px with four layers only")
    parser.add_argument("--width", type=int, default=1060, help="of the view, logical px")
    parser.add_argument("--height", type=int, default=700, help="of the view, logical px")
    options = parser.parse_args()
    app = QApplication([])
    apply_theme(app, "dark")
    cases = [(2048, 4)] if options.quick else [(4096, 10), (8192, 3)]
    result: dict[str, Any] = {"view_px": [options.width, options.height]}
    with tempfile.TemporaryDirectory() as folder:
        for side, layers in cases:
            path = build(Path(folder), side, layers)
            name = f"{side} x {side}, {layers} layers"
            result[name] = {"file_mib": round(path.stat().st_size / 2**20)}
            result[name] |= measure(path, options.width, options.height)
            path.unlink()
    report("canvas_view", result)


if __name__ == "__main__":
    main()

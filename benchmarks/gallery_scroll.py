"""How smoothly the Gallery scrolls, searches and opens with ten thousand pictures in the project.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.gallery_scroll

The project is a real one: every picture has its own thumbnail in the project file. Scrolling turns
the wheel over the page from top to bottom; each frame is one turn, its repaint, and the decoding of
thumbnails that follows. A stall is the longest time that the event loop was held.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import report

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import Project
    from studio.ui.gallery import GalleryWorkspace


def main() -> None:
    """Fill a project, show its Gallery and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--turns", type=int, default=400)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["ATELIER_HOME"] = home
        path = Path(home) / "large.atelier"
        _fill(path, options.pictures)
        _measure(path, options.pictures, options.turns)


def _fill(path: Path, pictures: int) -> None:
    """Write a project with one generation a picture, spread over 90 days."""
    from studio.api.requests import ModelRef, TextToImage
    from studio.core.ids import new_id
    from studio.core.paths import scratch_dir
    from studio.document import Project

    project = Project.create(path)
    words = ("a red mushroom", "a paper boat", "an old lighthouse", "a fox in the snow")
    for number in range(pictures):
        item_id = new_id()
        request = TextToImage(
            model=ModelRef(id="thumbnail"),
            prompt=f"{words[number % len(words)]}, study {number}",
            seed=number,
            width=256,
            height=256,
        )
        project.history.add(item_id, request, model_title="Starter pictures")
        project.history.add_output(item_id, _artifact(scratch_dir(), number))
        project.history.update(item_id, status="done", seconds=1.0)
        if number % 500 == 0:
            project.flush(60)
    project.flush(120)
    _spread(project, path, pictures)


def _artifact(folder: Path, number: int):  # type: ignore[no-untyped-def]
    """Return a finished picture whose thumbnail takes as long to decode as a real one's."""
    import hashlib
    import io

    import numpy as np
    from PIL import Image

    from studio.api.artifacts import ImageArtifact

    coarse = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((256, 256), Image.Resampling.BICUBIC)
    small, file = io.BytesIO(), io.BytesIO()
    picture.save(small, "JPEG", quality=85)
    Image.fromarray(coarse).save(file, "PNG")
    path = folder / f"{number}.png"
    path.write_bytes(file.getvalue())
    return ImageArtifact(
        path=str(path),
        sha256=hashlib.sha256(file.getvalue()).hexdigest(),
        media_type="image/png",
        size_bytes=len(file.getvalue()),
        width=256,
        height=256,
        seed=number,
        thumbnail=small.getvalue(),
    )


def _spread(project: Project, path: Path, pictures: int) -> None:
    """Give the generations dates over the last 90 days, as a project of three months has."""
    import sqlite3

    project.close()
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT id FROM history ORDER BY id").fetchall()
        step = 90 * 86_400 / pictures
        start = time.time() - 90 * 86_400
        connection.executemany(
            "UPDATE history SET created = ? WHERE id = ?",
            [(start + step * number, row[0]) for number, row in enumerate(rows)],
        )
    connection.close()


def _measure(path: Path, pictures: int, turns: int) -> None:
    from PySide6.QtCore import QObject, Qt, Signal
    from PySide6.QtWidgets import QApplication

    from studio.app.studio import Studio
    from studio.document import Project
    from studio.ui.gallery import GalleryWorkspace
    from studio.ui.theme import apply_theme

    class ToMainThread(QObject):
        called = Signal(object)

    application = QApplication([])
    apply_theme(application, "dark")
    main_thread = ToMainThread()
    main_thread.called.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)
    project = Project.open(path, dispatch=main_thread.called.emit)
    studio = Studio(dispatch=main_thread.called.emit, project=project)
    project.history.items()
    gallery = GalleryWorkspace(studio)
    gallery.resize(1384, 870)
    results: dict[str, object] = {"pictures": pictures, "turns": turns}
    results["build_ms"] = _milliseconds(gallery.show)
    results["list_ms"] = _milliseconds(lambda: _until_listed(gallery, application))
    results |= _scrolled(gallery, application, turns)
    results |= _changed(gallery, studio, application)
    results["thumbnail_cache_bytes"] = gallery.thumbnails.used_bytes
    gallery.close()
    studio.close()
    report("gallery_scroll", results)


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return round((time.perf_counter() - started) * 1000, 2)


def _until_listed(gallery: GalleryWorkspace, application) -> None:  # type: ignore[no-untyped-def]
    while not gallery.model.rowCount():
        application.processEvents()


def _scrolled(gallery: GalleryWorkspace, application, turns: int) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """Turn the wheel; return the times of a frame, and of single calls into the event loop."""
    from PySide6.QtCore import QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent

    grid = gallery.grid
    bar = grid.verticalScrollBar()
    place = QPointF(400, 400)
    step = max(1, bar.maximum() // turns)
    frames: list[float] = []
    for number in range(turns):
        started = time.perf_counter()
        wheel = QWheelEvent(
            place,
            grid.viewport().mapToGlobal(place.toPoint()),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        application.sendEvent(grid.viewport(), wheel)
        application.processEvents()
        frames.append((time.perf_counter() - started) * 1000)
        if number % 2:
            # Every other turn jumps, so that most thumbnails on screen are new.
            started = time.perf_counter()
            bar.setValue(bar.value() + 2 * step)
            application.processEvents()
            frames.append((time.perf_counter() - started) * 1000)
    frames.sort()
    return {
        "frame_median_ms": round(statistics.median(frames), 2),
        "frame_99_percent_ms": round(frames[int(len(frames) * 0.99)], 2),
        "frame_longest_ms": round(frames[-1], 2),
    }


def _changed(gallery: GalleryWorkspace, studio: Studio, application) -> dict[str, object]:  # type: ignore[no-untyped-def]
    """Time what follows a new generation, a star, and a search."""
    from studio.api.requests import ModelRef, TextToImage
    from studio.core.ids import new_id

    history = studio.project.history
    request = TextToImage(model=ModelRef(id="thumbnail"), prompt="one more")
    oldest = history.items()[-1].id

    def settle(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            work()
            application.processEvents()

        return run

    return {
        "add_one_ms": _milliseconds(settle(lambda: history.add(new_id(), request))),
        "star_oldest_ms": _milliseconds(settle(lambda: history.star(oldest, True))),
        "first_search_ms": _milliseconds(
            settle(lambda: gallery.listing.set_filter(text="lighthouse"))
        ),
        "search_ms": _milliseconds(settle(lambda: gallery.listing.set_filter(text="fox"))),
        "show_all_again_ms": _milliseconds(settle(lambda: gallery.listing.set_filter(text=""))),
    }


if __name__ == "__main__":
    main()

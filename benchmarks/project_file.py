"""What the project file costs the calling thread: keeping a picture, undo, opening.

    python -m benchmarks.project_file

Best of some tries, in milliseconds: what the code takes when the machine does nothing else.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.machine import report
from studio.document import AddLayer, Layer, Project, split_into_tiles

SIDE = 1024  # px
NOISE = random.Random(7)
Tiles = dict[tuple[int, int], bytes]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.atelier", Path(folder) / "large.atelier"
        add, undo = _edit(small)
        with Project.create(large) as project:
            for number in range(10):
                _add(project, number, _picture())
        report(
            "project_file",
            {
                "add_layer_1024_ms": add,
                "undo_from_memory_ms": undo,
                "undo_from_file_ms": _undo_from_file(small),
                "open_ms": _best(5, lambda _: Project.open(small, read_only=True).close()),
                "open_ten_layers_ms": _best(
                    5, lambda _: Project.open(large, read_only=True).close()
                ),
                "ten_layers_mb": round(large.stat().st_size / 1e6, 1),
            },
        )


def _picture() -> Tiles:
    return split_into_tiles(NOISE.randbytes(SIDE * SIDE * 4), SIDE, SIDE)


def _add(project: Project, number: int, tiles: Tiles) -> None:
    project.image.apply(AddLayer(layer=Layer(id=str(number), name="Picture"), tiles=tiles))


def _best(tries: int, work: Callable[[int], object]) -> float:
    seconds = []
    for number in range(tries):
        start = time.perf_counter()
        work(number)
        seconds.append(time.perf_counter() - start)
    return round(min(seconds) * 1000, 2)


def _edit(path: Path) -> tuple[float, float]:
    with Project.create(path) as project:
        # As bytes of another maker: the hashes have to be worked out on the calling thread.
        pictures = [{key: bytes(raw) for key, raw in _picture().items()} for _ in range(6)]
        add = _best(6, lambda number: _add(project, number, pictures[number]))
        undo = _best(3, lambda _: project.image.undo())
        return add, undo


def _undo_from_file(path: Path) -> float:
    with Project.open(path) as project:
        return _best(2, lambda _: project.image.undo())


if __name__ == "__main__":
    main()

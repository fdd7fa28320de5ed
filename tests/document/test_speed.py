"""What must not hold up the window: limits on the calling thread, for the best of a few tries."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.document import AddLayer, Layer, Project, split_into_tiles

ADD_LAYER_SECONDS = 0.040
UNDO_SECONDS = 0.016
NOISE = random.Random(7)


def noisy_picture() -> dict[tuple[int, int], bytes]:
    return split_into_tiles(NOISE.randbytes(1024 * 1024 * 4), 1024, 1024)


def best_of(tries: int, work: Callable[[int], object]) -> float:
    seconds = []
    for number in range(tries):
        start = time.perf_counter()
        work(number)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def add_layer(project: Project, number: int, tiles: dict[tuple[int, int], bytes]) -> None:
    project.image.apply(AddLayer(layer=Layer(id=str(number), name="Picture"), tiles=tiles))


def test_adding_a_picture_and_undoing_it_takes_less_than_a_frame_or_two(path_on_disk: Path) -> None:
    with Project.create(path_on_disk) as project:
        # As bytes of another maker: the hashes have to be worked out here.
        pictures = [{key: bytes(raw) for key, raw in noisy_picture().items()} for _ in range(5)]
        seconds = best_of(5, lambda number: add_layer(project, number, pictures[number]))
        assert seconds < ADD_LAYER_SECONDS
        assert len(project.image.layers) == 5
        assert best_of(4, lambda _: project.image.undo()) < UNDO_SECONDS
        assert len(project.image.layers) == 1
        assert project.flush(60)


def test_undo_of_old_steps_is_read_from_the_file_as_fast(path_on_disk: Path) -> None:
    with Project.create(path_on_disk) as project:
        picture = noisy_picture()
        for number in range(3):
            add_layer(project, number, picture)
    with Project.open(path_on_disk) as project:
        assert best_of(3, lambda _: project.image.undo()) < UNDO_SECONDS
        assert project.image.layers == ()


def test_opening_a_large_project_does_not_read_its_pixels(
    path_on_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times the pixels, the same time, once a file is too large to be checked as a whole."""
    monkeypatch.setattr("studio.document.opening.FULL_CHECK_BYTES", 0)
    small, large = path_on_disk, path_on_disk.with_name("large.atelier")
    for file, layers in ((small, 1), (large, 10)):
        with Project.create(file) as project:
            for number in range(layers):
                add_layer(project, number, noisy_picture())
    assert large.stat().st_size > 8 * small.stat().st_size

    def seconds_to_open(file: Path) -> float:
        return best_of(5, lambda _: Project.open(file, read_only=True).close())

    assert seconds_to_open(large) < 4 * seconds_to_open(small) + 0.01


IMPORTS = """
import sys, time
start = time.perf_counter()
import hashlib, logging.handlers, msgspec, platformdirs, psygnal, sqlite3, tempfile
libraries = time.perf_counter() - start
import studio.document
print(libraries, time.perf_counter() - start)
print(*(name for name in ("numpy", "PIL", "PySide6", "torch") if name in sys.modules))
"""


def test_importing_costs_little_beside_its_libraries() -> None:
    ratios = []
    for _ in range(4):
        run = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True)
        times, heavy = run.stdout.split("\n")[:2]
        libraries, all_of_it = map(float, times.split())
        ratios.append(all_of_it / libraries)
        assert heavy == "", "heavy libraries are imported when they are used"
    assert min(ratios) < 1.7

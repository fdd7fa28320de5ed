"""The mode that fits the canvas is suggested when what is on it changes, and only then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from studio.app.dispatch import MainLoop
from studio.app.studio import Studio
from studio.document import AddLayer, Layer, Select, mask_tiles, split_into_tiles
from studio.ui.canvas.context_mode import ContextMode, is_grey

SIDE = 64


class Bench:
    def __init__(self, studio: Studio, loop: MainLoop) -> None:
        self.studio, self.loop = studio, loop
        self.mode = "create"
        self.watch = ContextMode(studio, lambda: self.mode)
        self.watch.suggested.connect(self._take)

    def _take(self, mode: str) -> None:
        self.mode = mode

    def add(self, name: str, pixels: np.ndarray) -> None:
        raw = np.ascontiguousarray(pixels).tobytes()
        tiles = split_into_tiles(raw, SIDE, SIDE)
        self.studio.project.image.apply(AddLayer(layer=Layer(id=name, name=name), tiles=tiles))
        assert self.loop.run_until(lambda: not self.studio.busy_in_background, 30)

    def select(self, inside: bool) -> None:
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[10:30, 10:30] = 255
        tiles = mask_tiles(mask) if inside else {}
        self.studio.project.image.apply(Select(tiles=tiles))


def picture(*, grey: bool) -> np.ndarray:
    ramp = np.linspace(0, 255, SIDE, dtype=np.uint8)
    pixels = np.full((SIDE, SIDE, 4), 255, np.uint8)
    pixels[..., :3] = ramp[None, :, None]
    if not grey:
        pixels[..., 2] = 30
    return pixels


@pytest.fixture
def bench(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    loop = MainLoop()
    studio = Studio(dispatch=loop.dispatch)
    made = Bench(studio, loop)
    yield made
    made.watch.close()
    studio.close()


def test_a_selection_suggests_fill_for_as_long_as_it_is_there(bench: Bench) -> None:
    bench.add("base", picture(grey=False))
    assert bench.mode == "create"
    bench.select(True)
    assert bench.mode == "fill"
    bench.select(False)
    assert bench.mode == "create"


def test_a_choice_is_not_taken_back(bench: Bench) -> None:
    bench.add("base", picture(grey=False))
    bench.mode = "restyle"
    bench.select(True)
    assert bench.mode == "restyle"
    bench.mode = "create"
    bench.select(False)
    bench.select(True)
    bench.mode = "uncrop"
    bench.select(False)
    assert bench.mode == "uncrop"


def test_a_selection_on_an_empty_canvas_suggests_nothing(bench: Bench) -> None:
    bench.select(True)
    assert bench.mode == "create"


def test_a_grey_picture_that_arrives_suggests_colorize(bench: Bench) -> None:
    bench.add("base", picture(grey=True))
    assert bench.mode == "colorize"
    bench.studio.project.image.undo()
    assert bench.mode == "create", "nothing is left to be coloured"


@pytest.mark.parametrize(
    ("pixels", "grey"),
    [
        (picture(grey=True), True),
        (picture(grey=False), False),
        (np.full((SIDE, SIDE, 4), 255, np.uint8), False),
        (np.zeros((SIDE, SIDE, 4), np.uint8), False),
    ],
)
def test_what_counts_as_grey(bench: Bench, pixels: Any, grey: bool) -> None:
    bench.mode = "restyle"
    bench.add("base", pixels)
    assert is_grey(bench.studio.project.image.snapshot()) is grey

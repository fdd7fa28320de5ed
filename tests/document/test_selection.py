"""The selection: what others read of it, undo, and projects from before there was one."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import numpy as np

from studio.document import (
    AddLayer,
    ChangeSet,
    Layer,
    PaintTiles,
    Project,
    Select,
    mask_tiles,
)
from studio.document.schema import SINCE


def ellipse() -> np.ndarray:
    y, x = np.mgrid[0:700, 0:900]
    distance = np.hypot((x - 500) / 200, (y - 300) / 150)
    return np.clip((1.1 - distance) * 1280, 0, 255).astype(np.uint8)


def test_nothing_is_selected_at_first(project: Project) -> None:
    selection = project.image.selection
    assert selection.is_empty
    assert selection.mask(1024, 1024) is None
    assert selection.bounds() is None


def test_the_mask_is_what_was_selected_and_its_bounds_fit_tightly(project: Project) -> None:
    mask, selection = ellipse(), project.image.selection
    project.image.apply(Select(tiles=dict(mask_tiles(mask))))
    shown = selection.mask(900, 700)
    assert shown is not None
    assert (shown == mask).all()
    assert (selection.region(400, 200, 300, 90) == mask[200:290, 400:700]).all()
    ys, xs = mask.nonzero()
    assert selection.bounds() == (xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1)
    beyond = selection.region(-50, -50, 100, 100)
    assert not beyond[:50].any()


def test_a_mask_anywhere_comes_back_where_it_was_put(project: Project) -> None:
    mask = np.full((300, 10), 200, np.uint8)
    project.image.apply(Select(tiles=dict(mask_tiles(mask, -5, 250))))
    assert project.image.selection.bounds() == (-5, 250, 10, 300)
    assert (project.image.selection.region(-5, 250, 10, 300) == mask).all()


def test_selecting_is_undone_and_told(project: Project) -> None:
    told: list[ChangeSet] = []
    changes: list[bool] = []
    project.image.changed.connect(told.append)
    project.image.selection.changed.connect(
        lambda: changes.append(project.image.selection.is_empty)
    )
    project.image.apply(Select(tiles=dict(mask_tiles(ellipse())), label="Ellipse"))
    assert project.image.undo_label == "Ellipse"
    assert told == [ChangeSet(selection=True)]
    project.image.apply(Select(tiles={}))
    project.image.undo()
    shown = project.image.selection.mask(900, 700)
    assert shown is not None
    assert (shown == ellipse()).all()
    project.image.undo()
    assert project.image.selection.is_empty
    assert changes == [False, True, False, True]


def test_adding_keeps_the_other_tiles(project: Project) -> None:
    one = mask_tiles(np.full((10, 10), 255, np.uint8), 10, 10)
    two = mask_tiles(np.full((10, 10), 255, np.uint8), 600, 10)
    project.image.apply(Select(tiles=dict(one)))
    project.image.apply(Select(tiles=dict(two), keep_others=True))
    assert project.image.selection.bounds() == (10, 10, 600, 10)
    project.image.apply(Select(tiles=dict(two)))
    assert project.image.selection.bounds() == (600, 10, 10, 10)


def test_the_selection_is_there_again_after_a_restart(project: Project, path: Path) -> None:
    project.image.apply(Select(tiles=dict(mask_tiles(ellipse()))))
    project.close()
    with Project.open(path) as again:
        shown = again.image.selection.mask(900, 700)
        assert shown is not None
        assert (shown == ellipse()).all()
        again.image.undo()
        assert again.image.selection.is_empty


def test_pixels_that_only_the_selection_needs_are_not_collected(
    project: Project, path: Path
) -> None:
    kept = np.random.default_rng(1).integers(1, 255, (256, 256), np.uint8)
    project.image.apply(Select(tiles={(0, 0): kept.tobytes()}))
    project.image.undo()
    project.image.apply(Select(tiles={(0, 0): kept.tobytes()}, label="Again"))
    project.close()
    with Project.open(path) as again:
        assert (again.image.selection.region(0, 0, 256, 256) == kept).all()


def make_old(path: Path) -> None:
    """Take away what version 1.1 brought."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in SINCE:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version=1000")
        connection.commit()


def test_a_project_from_before_opens_and_takes_a_selection(project: Project, path: Path) -> None:
    layer = Layer(id="sky", name="Sky")
    project.image.apply(AddLayer(layer=layer, tiles={(0, 0): b"\x01\x02\x03\xff" * 65536}))
    project.close()
    make_old(path)
    with Project.open(path) as again:
        assert again.problems == []
        assert again.image.tile("sky", (0, 0)) == b"\x01\x02\x03\xff" * 65536
        again.image.apply(Select(tiles=dict(mask_tiles(ellipse()))))
        again.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): None}))
    with Project.open(path) as once_more:
        assert once_more.problems == []
        assert not once_more.image.selection.is_empty


def test_a_damaged_project_from_before_is_rescued_without_blaming_the_selection(
    project: Project, path: Path
) -> None:
    project.image.apply(AddLayer(layer=Layer(id="sky", name="Sky")))
    project.close()
    make_old(path)
    data = bytearray(path.read_bytes())
    data[-8192:] = bytes(8192)
    path.write_bytes(data)
    with Project.open(path) as again:
        assert not any("selection" in problem for problem in again.problems)
        assert again.image.selection.is_empty

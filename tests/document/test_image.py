"""The picture: operations, undo and redo, now and after a restart."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest
from document_model import PictureModel, digest_of, mask_of, tile_of

from studio.core.errors import DocumentProblem, StudioError
from studio.document import (
    AddLayer,
    Batch,
    ChangeLayer,
    ChangeSet,
    Layer,
    Operation,
    PaintTiles,
    Project,
    RemoveLayer,
    ReorderLayer,
    ResizeCanvas,
    Select,
)
from studio.document.loading import replay
from studio.document.tiles import tile_hash

SKY = Layer(id="sky", name="Sky")
SEA = Layer(id="sea", name="Sea", x=-10, y=20)


def add_sky_and_sea(project: Project) -> None:
    project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): tile_of(1), (1, 0): tile_of(2)}))
    project.image.apply(AddLayer(layer=SEA, tiles={(-1, 2): tile_of(3)}))


@pytest.mark.parametrize("seed", range(12))
def test_any_operations_give_what_plain_lists_give_also_after_restarts(
    path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    model = PictureModel(600, 400)
    project = Project.create(path, width=600, height=400)
    try:
        for _ in range(60):
            draw = chance.random()
            if draw < 0.2:
                assert (project.image.undo() is not None) == model.undo()
            elif draw < 0.3:
                assert (project.image.redo() is not None) == model.redo()
            elif draw < 0.34:
                project.close()
                project = Project.open(path)
                assert project.problems == []
            else:
                operation = model.random_operation(chance)
                model.do(operation)
                project.image.apply(operation)
            assert digest_of(project.image) == model.digest()
            assert project.image.can_undo == bool(model.past)
            assert project.image.can_redo == bool(model.future)
        assert project.flush()
        with contextlib.closing(sqlite3.connect(path)) as reader:
            replayed = replay(reader)
        assert replayed is not None
        assert (replayed.width, replayed.height) == (project.image.width, project.image.height)
        assert replayed.layers == list(project.image.layers)
        assert set(replayed.selection) == project.image.selection.tiles
        for layer in replayed.layers:
            assert set(replayed.tiles[layer.id]) == project.image.occupied(layer.id)
            for key, name in replayed.tiles[layer.id].items():
                raw = project.image.tile(layer.id, key)
                assert raw is not None
                assert tile_hash(raw) == name
        while model.undo():
            assert project.image.undo() is not None
            assert digest_of(project.image) == model.digest()
        while model.redo():
            assert project.image.redo() is not None
            assert digest_of(project.image) == model.digest()
    finally:
        project.close()


def test_new_project_is_an_empty_canvas(project: Project) -> None:
    image = project.image
    assert (image.width, image.height, image.layers) == (1024, 1024, ())
    assert not image.can_undo
    assert not image.can_redo
    assert image.undo() is None
    assert image.redo() is None


def test_a_change_tells_what_it_touched(project: Project) -> None:
    told: list[ChangeSet] = []
    project.image.changed.connect(told.append)
    add_sky_and_sea(project)
    project.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): None, (4, 4): tile_of(9)}))
    project.image.apply(ChangeLayer(layer_id="sea", changes=Layer(id="sea", name="Sea", x=5)))
    project.image.apply(ReorderLayer(layer_id="sea", index=0))
    project.image.apply(ResizeCanvas(width=10, height=20))
    project.image.undo()
    sky = {"sky": frozenset({(0, 0), (1, 0)})}
    assert told[0] == ChangeSet(structure=True, layers=frozenset({"sky"}), tiles=sky)
    assert told[2:] == [
        ChangeSet(tiles={"sky": frozenset({(0, 0), (4, 4)})}),
        ChangeSet(layers=frozenset({"sea"})),
        ChangeSet(structure=True),
        ChangeSet(size=True),
        ChangeSet(size=True),
    ]
    assert [layer.id for layer in project.image.layers] == ["sea", "sky"]
    assert project.image.tile("sky", (0, 0)) is None
    assert project.image.tile("sky", (4, 4)) == tile_of(9)


def test_bounds_follow_tiles_and_offset(project: Project) -> None:
    add_sky_and_sea(project)
    assert project.image.bounds("sky") == (0, 0, 512, 256)
    assert project.image.bounds("sea") == (-266, 532, 256, 256)
    project.image.apply(PaintTiles(layer_id="sea", tiles={(-1, 2): tile_of(0)}))
    assert project.image.bounds("sea") is None, "a tile that became empty is no longer kept"


def test_what_changes_nothing_is_no_step(project: Project) -> None:
    add_sky_and_sea(project)
    nothing: list[Operation] = [
        PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(1), (3, 3): None}),
        ChangeLayer(layer_id="sky", changes=SKY),
        ReorderLayer(layer_id="sky", index=0),
        ResizeCanvas(width=1024, height=1024),
        Batch(label="Nothing", operations=()),
        Select(tiles={(0, 0): None}),
    ]
    for operation in nothing:
        assert not project.image.apply(operation)
    assert project.image.undo_label == "Add Sea"


def test_a_new_operation_after_undo_drops_what_was_undone(project: Project, path: Path) -> None:
    add_sky_and_sea(project)
    project.image.undo()
    project.image.undo()
    assert project.image.redo_label == "Add Sky"
    project.image.apply(ResizeCanvas(width=5, height=5))
    assert not project.image.can_redo
    project.close()
    with Project.open(path) as again:
        assert not again.image.can_redo
        assert again.image.undo_label == "Resize canvas"


def test_labels_say_what_happened(project: Project) -> None:
    add_sky_and_sea(project)
    changes = {
        "Rename Sky": Layer(id="sky", name="Night"),
        "Hide Night": Layer(id="sky", name="Night", visible=False),
        "Lock Night": Layer(id="sky", name="Night", visible=False, locked=True),
        "Move Night": Layer(id="sky", name="Night", visible=False, locked=True, x=3),
        "Opacity of Night": Layer(
            id="sky", name="Night", visible=False, locked=True, x=3, opacity=0.5
        ),
        "Blending of Night": Layer(
            id="sky",
            name="Night",
            visible=False,
            locked=True,
            x=3,
            opacity=0.5,
            blend_mode="screen",
        ),
    }
    for label, layer in changes.items():
        project.image.apply(ChangeLayer(layer_id="sky", changes=layer))
        assert project.image.undo_label == label
    project.image.apply(
        PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(8)}, label="Brush \ud800stroke")
    )
    assert project.image.undo_label == "Brush ?stroke", "half a character must not stop the writer"
    project.image.apply(RemoveLayer(layer_id="sky"))
    assert project.image.undo_label == "Remove Night"
    assert project.flush()


IMPOSSIBLE: list[Operation] = [
    RemoveLayer(layer_id="gone"),
    PaintTiles(layer_id="gone", tiles={}),
    PaintTiles(layer_id="sky", tiles={(0, 0): b"short"}),
    PaintTiles(layer_id="sky", tiles={(10**9, 0): tile_of(1)}),
    AddLayer(layer=SKY),
    AddLayer(layer=Layer(id="new", name="New"), index=7),
    AddLayer(layer=Layer(id="new", name="New"), index=-1),
    AddLayer(layer=Layer(id="", name="New")),
    AddLayer(layer=Layer(id="new", name="half \ud800 character")),
    AddLayer(layer=Layer(id="new", name="New"), tiles={(0, 0): b""}),
    ChangeLayer(layer_id="sky", changes=Layer(id="sea", name="Sea")),
    ChangeLayer(layer_id="sky", changes=Layer(id="sky", name="Sky", opacity=1.5)),
    ChangeLayer(layer_id="sky", changes=Layer(id="sky", name="Sky", opacity=float("nan"))),
    ChangeLayer(layer_id="sky", changes=Layer(id="sky", name="Sky", blend_mode="nice")),  # type: ignore[arg-type]
    ReorderLayer(layer_id="sky", index=2),
    Select(tiles={(0, 0): tile_of(1)}),
    Select(tiles={(10**9, 0): mask_of(1)}),
    ResizeCanvas(width=0, height=10),
    ResizeCanvas(width=10, height=10**6),
    Operation(),
]


@pytest.mark.parametrize("operation", IMPOSSIBLE, ids=lambda operation: type(operation).__name__)
def test_what_is_impossible_is_refused_and_changes_nothing(
    project: Project, operation: Operation
) -> None:
    add_sky_and_sea(project)
    before = digest_of(project.image)
    told: list[ChangeSet] = []
    project.image.changed.connect(told.append)
    with pytest.raises(DocumentProblem):
        project.image.apply(operation)
    half_possible = Batch(
        label="Half",
        operations=(
            PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(77)}),
            RemoveLayer(layer_id="sea"),
            operation if not isinstance(operation, AddLayer) else RemoveLayer(layer_id="sea"),
        ),
    )
    with pytest.raises(DocumentProblem):
        project.image.apply(half_possible)
    assert digest_of(project.image) == before
    assert project.image.undo_label == "Add Sea"
    assert told == []


def test_pixels_of_a_refused_operation_can_be_painted_later(project: Project, path: Path) -> None:
    add_sky_and_sea(project)
    refused = Batch(
        label="Refused",
        operations=(
            PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(55)}),
            RemoveLayer(layer_id="gone"),
        ),
    )
    with pytest.raises(DocumentProblem):
        project.image.apply(refused)
    project.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(55)}))
    project.close()
    with Project.open(path) as again:
        assert again.image.tile("sky", (0, 0)) == tile_of(55)


def test_equal_tiles_are_kept_once(project: Project, path: Path) -> None:
    tiles = {(column, row): tile_of(5) for column in range(8) for row in range(8)}
    project.image.apply(AddLayer(layer=SKY, tiles=tiles))
    project.image.apply(AddLayer(layer=SEA, tiles=tiles))
    assert project.flush()
    with contextlib.closing(sqlite3.connect(path)) as reader:
        assert reader.execute("SELECT count(*) FROM tile_data").fetchone() == (1,)


def test_what_was_undone_and_dropped_does_not_stay_in_the_file(path: Path) -> None:
    noise = random.Random(1)
    project = Project.create(path)
    project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): noise.randbytes(256 * 256 * 4)}))
    kept = noise.randbytes(256 * 256 * 4)
    big = {(column, 1): noise.randbytes(256 * 256 * 4) for column in range(10)} | {(0, 2): kept}
    project.image.apply(PaintTiles(layer_id="sky", tiles=dict(big)))
    project.image.undo()
    project.image.apply(PaintTiles(layer_id="sky", tiles={(9, 9): kept}))
    project.close()
    empty = path.with_name("Empty.atelier")
    Project.create(empty).close()
    kept_bytes = path.stat().st_size - empty.stat().st_size
    assert kept_bytes < 2.5 * 256 * 256 * 4, "two tiles are needed, ten dropped ones must not stay"
    with Project.open(path) as again:
        assert again.problems == []
        assert again.image.tile("sky", (9, 9)) == kept
        again.image.undo()
        again.image.redo()
        assert again.image.tile("sky", (9, 9)) == kept


def test_a_read_only_project_shows_everything_and_takes_nothing(
    project: Project, path: Path
) -> None:
    add_sky_and_sea(project)
    project.close()
    with Project.open(path, read_only=True) as shown:
        assert shown.read_only
        assert shown.image.tile("sea", (-1, 2)) == tile_of(3)
        before = digest_of(shown.image)
        with pytest.raises(StudioError, match="read-only"):
            shown.image.apply(ResizeCanvas(width=4, height=4))
        with pytest.raises(StudioError, match="read-only"):
            shown.image.undo()
        assert digest_of(shown.image) == before

"""Damaged files: everything readable opens, what is lost is said, and nothing ever crashes."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from document_model import PictureModel, digest_of, tile_of

from studio.api.artifacts import ImageArtifact
from studio.api.jobs import JobRecord
from studio.api.requests import ModelRef, TextToImage
from studio.core.errors import DamagedProject, DocumentProblem, StudioError
from studio.document import AddLayer, Layer, PaintTiles, Project, ResizeCanvas, opening

MakeRequest = Callable[..., TextToImage]
MakeArtifact = Callable[..., ImageArtifact]
NOISE = random.Random(9)


def rewrite(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as editor:
        editor.execute("PRAGMA writable_schema=ON")
        for statement in statements:
            editor.execute(statement)
        editor.commit()


@pytest.fixture
def work(
    project: Project, path: Path, make_request: MakeRequest, make_artifact: MakeArtifact
) -> Path:
    """A closed project with some of everything; two layers, ten steps, three pictures."""
    for layer_id in ("sky", "sea"):
        tiles = {(column, 0): NOISE.randbytes(256 * 256 * 4) for column in range(3)}
        project.image.apply(AddLayer(layer=Layer(id=layer_id, name=layer_id), tiles=tiles))
    for number in range(1, 9):
        project.image.apply(PaintTiles(layer_id="sky", tiles={(number, 1): tile_of(number)}))
    for number in range(3):
        project.history.add(f"item{number}", make_request(f"picture {number}"))
        project.history.add_output(f"item{number}", make_artifact(NOISE.randbytes(40_000)))
    project.jobs.save(JobRecord(id="job", request=make_request()))
    project.close()
    return path


def test_a_damaged_tile_is_empty_and_said_and_the_rest_is_there(work: Path) -> None:
    rewrite(work, "UPDATE tile_data SET data = zeroblob(length(data)) WHERE rowid = 1")
    with Project.open(work) as opened:
        told: list[StudioError] = []
        opened.failed.connect(told.append)
        tiles = {key: opened.image.tile("sky", key) for key in opened.image.occupied("sky")}
        assert [raw for raw in tiles.values() if raw is None] == [None]
        assert len(tiles) == 11
        assert isinstance(told[0], DamagedProject)
        assert len(told) == len(opened.problems) == 1
        opened.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(99)}))


def test_a_lost_tile_is_said_when_the_project_opens(work: Path) -> None:
    rewrite(work, "DELETE FROM tile_data WHERE rowid IN (1, 2)")
    for read_only in (True, False):
        with Project.open(work, read_only=read_only) as opened:
            assert any("2 pieces" in problem and "sky" in problem for problem in opened.problems)
            assert len(opened.history.items()) == 3


LAYER_DAMAGE = {
    "layer row garbled": "UPDATE layers SET body = x'00ff' WHERE id = 'sky'",
    "layer row of the wrong type": "UPDATE layers SET body = 5 WHERE id = 'sky'",
    "layer row gone": "DELETE FROM layers WHERE id = 'sky'",
    "tile place garbled": "UPDATE layer_tiles SET hash = 'text' WHERE rowid = 2",
    "canvas size garbled": "UPDATE document SET width = 'wide'",
    "canvas size impossible": "UPDATE document SET height = -4",
}


@pytest.mark.parametrize("kind", LAYER_DAMAGE)
def test_a_damaged_layer_list_is_rebuilt_from_the_undo_history(work: Path, kind: str) -> None:
    with Project.open(work, read_only=True) as intact:
        before = digest_of(intact.image)
    rewrite(work, LAYER_DAMAGE[kind])
    with Project.open(work) as opened:
        assert len(opened.problems) == 1
        if "canvas" in kind:
            assert {layer.id for layer in opened.image.layers} == {"sky", "sea"}
        else:
            assert digest_of(opened.image) == before
            assert opened.image.undo() is not None
            opened.image.redo()
        repaired = digest_of(opened.image)
    with Project.open(work) as again:
        assert again.problems == [], "the repair is kept"
        assert digest_of(again.image) == repaired


def test_with_a_damaged_undo_history_too_the_readable_layers_open(work: Path) -> None:
    rewrite(work, LAYER_DAMAGE["layer row garbled"], "UPDATE journal SET body = x'c1' WHERE id = 4")
    with Project.open(work) as opened:
        assert [layer.id for layer in opened.image.layers] == ["sea"]
        assert "may be missing" in opened.problems[0]
        assert not opened.image.can_undo, "the steps do not lead to what is left"
        opened.image.apply(ResizeCanvas(width=5, height=5))
        opened.image.undo()
        opened.image.redo()
    with Project.open(work) as again:
        assert again.problems == []
        assert (again.image.width, again.image.undo_label) == (5, "Resize canvas")
        assert again.image.undo() is not None
        assert again.image.undo() is None


def test_undo_stops_at_a_damaged_step(work: Path) -> None:
    rewrite(work, "UPDATE journal SET body = x'c1' WHERE id = 7")
    with Project.open(work) as opened:
        assert opened.problems == []
        steps = 0
        while opened.image.undo() is not None:
            steps += 1
        assert steps == 3
        assert len(opened.problems) == 1
        assert not opened.image.can_undo
        assert opened.image.redo() is not None
    with Project.open(work) as again:
        assert again.image.can_redo


def test_a_step_that_does_not_fit_changes_nothing(work: Path) -> None:
    rewrite(work, "UPDATE journal SET body = (SELECT body FROM journal WHERE id = 1) WHERE id = 10")
    rewrite(work, "UPDATE document SET step = 9")
    with Project.open(work) as opened:
        before = digest_of(opened.image)
        with pytest.raises(DamagedProject):
            opened.image.redo()
        assert digest_of(opened.image) == before
        assert not opened.image.can_redo


def test_damaged_rows_of_the_history_do_not_hide_the_others(work: Path) -> None:
    rewrite(
        work,
        "UPDATE history SET status = 'dreaming' WHERE id = 'item0'",
        "UPDATE history SET request = x'00' WHERE id = 'item1'",
        "UPDATE outputs SET width = 'wide' WHERE history_id = 'item2'",
        "DELETE FROM blobs WHERE rowid = 2",
    )
    with Project.open(work) as opened:
        assert [item.id for item in opened.history.items()] == ["item2", "item1"]
        assert opened.history.get("item1").request is None
        assert opened.history.get("item2").outputs == ()
        assert any("2 entries" in problem for problem in opened.problems)
        assert any("1 generated pictures" in problem for problem in opened.problems)
        with pytest.raises(DocumentProblem):
            opened.history.blob(opened.history.get("item1").outputs[0].sha256)


def pages_of(path: Path, table: str) -> list[int]:
    with contextlib.closing(sqlite3.connect(path)) as reader:
        (size,) = reader.execute("PRAGMA page_size").fetchone()
        query = "SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno"
        return [(page - 1) * size for (page,) in reader.execute(query, (table,))]


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("table", ["layers", "layer_tiles", "history", "blobs", "journal_tiles"])
def test_a_broken_page_costs_what_was_on_it_and_the_damaged_file_is_kept(
    work: Path, table: str, read_only: bool
) -> None:
    overwrite(work, pages_of(work, table)[0], bytes(8192))
    damaged = work.read_bytes()
    with Project.open(work, read_only=read_only) as opened:
        assert "damaged" in opened.problems[0]
        if table != "history":
            assert len(opened.history.items()) == 3
        if table != "blobs":
            assert {layer.id for layer in opened.image.layers} == {"sky", "sea"}
            assert opened.image.tile("sky", (8, 1)) == tile_of(8)
        shown = digest_of(opened.image)
    kept = work.with_name("Meadow (damaged 1).atelier")
    if read_only:
        assert work.read_bytes() == damaged
        assert not kept.exists()
    else:
        assert kept.read_bytes() == damaged
        with Project.open(work) as again:
            assert not any("damaged" in problem for problem in again.problems)
            assert digest_of(again.image) == shown
            again.image.apply(ResizeCanvas(width=5, height=5))


@pytest.mark.parametrize("part", [0.95, 0.6, 0.3])
def test_a_file_that_was_cut_off_opens_with_its_beginning(work: Path, part: float) -> None:
    content = work.read_bytes()
    work.write_bytes(content[: int(len(content) * part)])
    with Project.open(work) as opened:
        assert opened.problems
        opened.image.apply(ResizeCanvas(width=5, height=5))
        shown = digest_of(opened.image)
    with Project.open(work) as again:
        assert digest_of(again.image) == shown


def test_a_second_rescue_keeps_the_first_damaged_file(work: Path) -> None:
    content = work.read_bytes()
    for number in (1, 2):
        work.write_bytes(content[:-20_000] + bytes([number]) * 100)
        Project.open(work).close()
        assert work.with_name(f"Meadow (damaged {number}).atelier").exists()


def test_tricks_in_the_schema_are_left_behind(work: Path) -> None:
    rewrite(
        work,
        "CREATE TRIGGER trick AFTER UPDATE ON document BEGIN DELETE FROM history; END",
        "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i FROM n",
    )
    with Project.open(work) as opened:
        opened.image.apply(ResizeCanvas(width=5, height=5))
        assert opened.flush()
    with Project.open(work) as again:
        assert len(again.history.items()) == 3
        assert again.problems == []


def test_a_garbled_name_in_the_schema_is_no_crash(work: Path) -> None:
    content = work.read_bytes()
    assert content.count(b"tablehistoryhistory") == 1
    work.write_bytes(content.replace(b"tablehistoryhistory", b"tablehist\xf3ryhistory"))
    with Project.open(work) as opened:
        assert opened.problems
        assert {layer.id for layer in opened.image.layers} == {"sky", "sea"}


def use_everything(path: Path, *, read_only: bool) -> bool:
    """Open a project and touch every part; whatever is wrong may only be a StudioError."""
    try:
        project = Project.open(path, read_only=read_only)
    except StudioError:
        return False
    parts: list[Callable[[], object]] = [
        lambda: digest_of(project.image),
        lambda: [project.image.bounds(layer.id) for layer in project.image.layers],
        lambda: project.image.undo(),
        lambda: project.image.undo(),
        lambda: project.image.redo(),
        lambda: project.image.apply(AddLayer(layer=Layer(id="new", name="New"))),
        lambda: project.history.search("picture seed:7"),
        lambda: project.jobs.load(),
        lambda: project.save_copy(path.with_name("copy.atelier")),
    ]
    for part in parts:
        with contextlib.suppress(StudioError):
            part()
    with contextlib.suppress(StudioError):
        for item in project.history.items():
            for output in item.outputs:
                with contextlib.suppress(StudioError):
                    project.history.thumbnail(output.sha256)
                    project.history.blob(output.sha256)
    project.flush(timeout=0.5)
    project.close(discard_pending=True)
    return True


def mutated(content: bytes, chance: random.Random) -> bytes:
    data = bytearray(content)
    pages = len(data) // 8192
    match chance.randrange(6):
        case 0:  # single bits
            for _ in range(chance.choice([1, 3, 30])):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        case 1:  # the beginnings of pages, where their structure is
            for _ in range(chance.choice([1, 2, 8])):
                start = chance.randrange(pages) * 8192 + chance.randrange(40)
                data[start : start + 2] = chance.randbytes(2)
        case 2:  # a run of noise or zeros
            start, length = chance.randrange(len(data)), chance.choice([4, 100, 8192])
            data[start : start + length] = chance.choice([bytes(length), chance.randbytes(length)])
        case 3:  # one page over another
            source, target = chance.randrange(pages) * 8192, chance.randrange(pages) * 8192
            data[target : target + 8192] = data[source : source + 8192]
        case 4:  # cut off
            del data[chance.randrange(len(data)) :]
        case 5:  # header and schema
            for _ in range(chance.choice([1, 4])):
                data[chance.randrange(600)] = chance.randrange(256)
    return bytes(data)


@pytest.fixture(scope="module")
def small_project(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A project of few pages, so that a random hit mostly matters."""
    path = tmp_path_factory.mktemp("fuzz") / "small.atelier"
    chance, model = random.Random(3), PictureModel()
    with Project.create(path) as project:
        for number in range(12):
            operation = model.random_operation(chance)
            model.do(operation)
            project.image.apply(operation)
            project.jobs.save(JobRecord(id=f"job{number}", request=_request(number)))
            project.history.add(f"item{number}", _request(number))
        project.image.undo()
    return path.read_bytes()


def _request(number: int) -> TextToImage:
    return TextToImage(model=ModelRef(id="m"), prompt=f"picture {number}")


def fuzz(content: bytes, folder: Path, seeds: range) -> int:
    opened = 0
    for seed in seeds:
        place = folder / str(seed)
        place.mkdir()
        path = place / "fuzz.atelier"
        path.write_bytes(mutated(content, random.Random(seed)))
        try:
            # A third as if the files were too large to be checked as a whole when opened.
            with pytest.MonkeyPatch.context() as patch:
                if seed % 3 == 0:
                    patch.setattr(opening, "FULL_CHECK_BYTES", 0)
                opened += use_everything(path, read_only=seed % 4 == 0)
        except Exception as error:
            raise AssertionError(f"mutation {seed}: {error!r}") from error
        shutil.rmtree(place)
    return opened


@pytest.mark.timeout(170)
@pytest.mark.parametrize("first", range(0, 300, 50))
def test_no_mutation_of_a_file_gives_anything_but_a_clear_error(
    small_project: bytes, tmp_path: Path, first: int
) -> None:
    opened = fuzz(small_project, tmp_path, range(first, first + 50))
    assert opened >= 25, "most damage must not keep the artist from the rest"


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 9000, 500))
def test_thousands_of_mutations(small_project: bytes, tmp_path: Path, first: int) -> None:
    assert fuzz(small_project, tmp_path, range(first, first + 500)) >= 250


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_log_of_a_killed_studio(project: Project, tmp_path: Path, seed: int) -> None:
    """The write-ahead log beside a file is as untrusted as the file."""
    for number in range(6):
        project.image.apply(ResizeCanvas(width=number + 1, height=5))
    assert project.flush()
    place = tmp_path / "killed"
    place.mkdir()
    for suffix in ("", "-wal"):
        source = project.path.with_name(project.path.name + suffix)
        shutil.copyfile(source, place / f"fuzz.atelier{suffix}")
    log = place / "fuzz.atelier-wal"
    log.write_bytes(mutated(log.read_bytes().ljust(8192, b"\0"), random.Random(seed)))
    assert use_everything(place / "fuzz.atelier", read_only=False)

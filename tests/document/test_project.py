"""The project file: made, opened, copied, closed - and refused where it has to be."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from document_model import digest_of, tile_of

from studio.api.artifacts import ImageArtifact
from studio.api.requests import TextToImage
from studio.core.errors import (
    DocumentProblem,
    NewerProject,
    NotAProject,
    StorageProblem,
    StudioError,
)
from studio.document import AddLayer, Layer, PaintTiles, Project, ResizeCanvas
from studio.document.schema import APPLICATION_ID, VERSION

SKY = Layer(id="sky", name="Sky")


def rewrite(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as editor:
        for statement in statements:
            editor.execute(statement)
        editor.commit()


def test_one_plain_file_remains(project: Project, path: Path) -> None:
    project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): tile_of(1)}))
    project.close()
    project.close()
    assert [file.name for file in path.parent.glob("*Meadow*")] == ["Meadow.atelier"]
    assert [file.name for file in path.parent.glob(".*")] == []
    header = path.read_bytes()[:100]
    assert header.startswith(b"SQLite format 3\0")
    assert int.from_bytes(header[68:72], "big") == APPLICATION_ID
    assert int.from_bytes(header[60:64], "big") == VERSION
    assert header[18:20] == b"\x01\x01", "readable without a write-ahead log"


def test_commits_survive_a_loss_of_power(project: Project) -> None:
    connection = project._writer._connection  # type: ignore[union-attr]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


@pytest.mark.parametrize("name", ["with space.atelier", "100%?#.atelier", "Ölbild «é».atelier"])
def test_any_file_name_is_fine(tmp_path: Path, name: str) -> None:
    with Project.create(tmp_path / name, width=300, height=200) as project:
        project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): tile_of(1)}))
    assert (tmp_path / name).is_file()
    with Project.open(str(tmp_path / name)) as again:
        assert (again.image.width, again.image.height) == (300, 200)
        assert again.image.tile("sky", (0, 0)) == tile_of(1)


def test_creating_never_replaces_a_file(tmp_path: Path) -> None:
    work = tmp_path / "work.atelier"
    work.write_bytes(b"somebody's work")
    with pytest.raises(StorageProblem, match="exists already"):
        Project.create(work)
    assert work.read_bytes() == b"somebody's work"
    with pytest.raises(DocumentProblem, match="0 x 5"):
        Project.create(tmp_path / "flat.atelier", width=0, height=5)
    assert [file.name for file in tmp_path.iterdir()] == ["work.atelier"]


def test_two_studios_do_not_share_a_project(project: Project, path: Path, tmp_path: Path) -> None:
    with pytest.raises(DocumentProblem, match="already open") as refused:
        Project.open(path)
    assert refused.value.code == "project_in_use"
    link = tmp_path / "link.atelier"
    link.symlink_to(path)
    with pytest.raises(DocumentProblem, match="already open"):
        Project.open(link)
    script = f"from studio.document import Project; Project.open({str(path)!r})"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "already open" in other.stderr
    project.image.apply(ResizeCanvas(width=7, height=7))
    assert project.flush(), "the attempts of others do not disturb the owner"
    with Project.open(path, read_only=True) as shown:
        assert shown.image.width == 7, "looking at it is fine"
    project.image.apply(ResizeCanvas(width=8, height=8))
    project.close()
    with Project.open(path) as again:
        assert again.image.width == 8


def foreign_database(path: Path) -> None:
    rewrite(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')")


def header_only(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + random.Random(1).randbytes(5000))


NOT_PROJECTS: dict[str, Callable[[Path], object]] = {
    "empty file": lambda path: path.write_bytes(b""),
    "random bytes": lambda path: path.write_bytes(random.Random(0).randbytes(50_000)),
    "a few bytes": lambda path: path.write_bytes(b"SQLite"),
    "text": lambda path: path.write_text("once upon a time\n" * 100),
    "another SQLite file": foreign_database,
    "SQLite's first bytes": header_only,
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("kind", NOT_PROJECTS)
def test_what_is_not_a_project_is_refused_untouched(path: Path, kind: str, read_only: bool) -> None:
    NOT_PROJECTS[kind](path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(NotAProject) as refused:
        Project.open(path, read_only=read_only)
    assert refused.value.hint
    assert (path.read_bytes() if path.is_file() else b"") == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_missing_file_is_said(path: Path) -> None:
    for read_only in (False, True):
        with pytest.raises(StorageProblem, match="does not exist"):
            Project.open(path, read_only=read_only)


def test_a_newer_major_version_is_refused_and_a_newer_minor_opens(
    project: Project, path: Path
) -> None:
    project.image.apply(ResizeCanvas(width=77, height=88))
    project.close()
    rewrite(
        path,
        f"PRAGMA user_version = {VERSION + 3}",
        "ALTER TABLE history ADD COLUMN mood TEXT DEFAULT ''",
        "CREATE TABLE tracks (id INTEGER PRIMARY KEY)",
    )
    with Project.open(path) as newer_minor:
        assert newer_minor.problems == []
        assert newer_minor.image.width == 77
        newer_minor.image.undo()
    rewrite(path, f"PRAGMA user_version = {VERSION + 1000}")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(NewerProject, match="newer Atelier"):
            Project.open(path, read_only=read_only)
    assert path.read_bytes() == before


def test_saved_is_shown_only_when_it_is_on_the_disk(project: Project, path: Path) -> None:
    counts: list[int] = []
    project.pending_changed.connect(counts.append)
    project.image.apply(ResizeCanvas(width=5, height=5))
    assert project.flush()
    assert project.pending == 0
    with contextlib.closing(sqlite3.connect(path)) as reader:
        assert reader.execute("SELECT width FROM document").fetchone() == (5,)
    project.close()
    assert counts[-1] == 0


def test_calls_from_the_writer_arrive_through_dispatch(path: Path) -> None:
    calls: list[Callable[[], None]] = []
    arrived = threading.Event()

    def dispatch(call: Callable[[], None]) -> None:
        calls.append(call)
        arrived.set()

    with Project.create(path, dispatch=dispatch) as project:
        threads: list[threading.Thread] = []
        project.pending_changed.connect(lambda _: threads.append(threading.current_thread()))
        project.image.apply(ResizeCanvas(width=5, height=5))
        assert arrived.wait(30)
        for call in calls:
            call()
        assert set(threads) == {threading.main_thread()}


def test_a_listener_that_fails_does_not_stop_the_writing(project: Project, path: Path) -> None:
    def fail(_: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a bug in a panel")

    project.pending_changed.connect(fail)
    for width in (5, 6, 7):
        project.image.apply(ResizeCanvas(width=width, height=5))
        assert project.flush()


def test_a_copy_is_complete_and_apart(
    project: Project,
    path: Path,
    tmp_path: Path,
    make_request: Callable[..., TextToImage],
    make_artifact: Callable[..., ImageArtifact],
) -> None:
    copy = tmp_path / "copy.atelier"
    artifact = make_artifact(b"in the copy too" * 999)
    project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): tile_of(1)}))
    project.history.add("one", make_request())
    project.history.add_output("one", artifact)
    project.save_copy(copy)
    before = digest_of(project.image)
    project.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): None}))
    with Project.open(copy) as other:
        assert other.problems == []
        assert digest_of(other.image) == before
        assert other.history.blob(artifact.sha256) == b"in the copy too" * 999
        with pytest.raises(DocumentProblem, match="already open"):
            project.save_copy(copy)
        other.image.undo()
    project.save_copy(copy)
    with Project.open(copy) as other:
        assert other.image.tile("sky", (0, 0)) is None
    with pytest.raises(DocumentProblem, match="onto itself"):
        project.save_copy(path)
    assert sorted(f.name for f in tmp_path.iterdir() if f.suffix == ".atelier") == [
        "Meadow.atelier",
        "copy.atelier",
    ]


def test_copies_made_while_working_are_always_one_moment_of_the_work(
    project: Project, tmp_path: Path
) -> None:
    """Each step paints the same number on two layers: a copy in between would show two."""
    for layer_id in ("a", "b"):
        project.image.apply(AddLayer(layer=Layer(id=layer_id, name=layer_id)))
    errors: list[StudioError] = []
    finished = threading.Event()

    def copy() -> None:
        try:
            for number in range(8):
                project.save_copy(tmp_path / f"copy{number}.atelier")
        except StudioError as error:
            errors.append(error)
        finally:
            finished.set()

    thread = threading.Thread(target=copy)
    thread.start()
    number = 0
    while not finished.is_set():
        number += 1
        for layer_id in ("a", "b"):
            project.image.apply(PaintTiles(layer_id=layer_id, tiles={(0, 0): tile_of(number)}))
        project.flush()
    thread.join()
    assert errors == []
    for copied in range(8):
        with Project.open(tmp_path / f"copy{copied}.atelier") as other:
            assert other.problems == []
            first, second = (_number(other, layer_id) for layer_id in ("a", "b"))
            assert first - second in (0, 1)
            steps = 0
            while other.image.undo() is not None:
                steps += 1
            assert steps == 2 + first + second, "the journal is of the same moment"


def _number(project: Project, layer_id: str) -> int:
    return int.from_bytes((project.image.tile(layer_id, (0, 0)) or b"")[:4], "little")


def test_the_lock_of_a_killed_studio_does_not_keep_anybody_out(path: Path) -> None:
    Project.create(path).close()
    script = (
        "import os, signal; from studio.document import Project; "
        f"Project.open({str(path)!r}); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert path.with_name(f".{path.name}.lock").exists()
    with Project.open(path) as again:
        assert again.problems == []
    assert os.listdir(path.parent) == [path.name]


def test_a_copy_over_the_file_of_a_killed_studio_is_not_mixed_with_its_log(
    project: Project, tmp_path: Path
) -> None:
    killed = tmp_path / "killed.atelier"
    Project.create(killed).close()
    script = (
        "import os, signal; from studio.document import Project, ResizeCanvas; "
        f"project = Project.open({str(killed)!r}); "
        "[project.image.apply(ResizeCanvas(width=n + 1, height=9)) for n in range(5)]; "
        "project.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert killed.with_name("killed.atelier-wal").stat().st_size > 0
    project.image.apply(ResizeCanvas(width=77, height=77))
    project.save_copy(killed)
    with Project.open(killed) as copy:
        assert copy.problems == []
        assert (copy.image.width, copy.image.height) == (77, 77)
        assert copy.image.undo() is not None
        assert copy.image.undo() is None

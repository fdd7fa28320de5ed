"""Full disks and read-only places: said clearly, nothing lost, written as soon as it goes."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from document_model import digest_of, tile_of

from studio.api.artifacts import ImageArtifact
from studio.api.requests import TextToImage
from studio.core.errors import StorageProblem, StudioError
from studio.document import AddLayer, Layer, PaintTiles, Project, ResizeCanvas
from studio.document.problems import sqlite_problem
from studio.document.writer import Change

SKY = Layer(id="sky", name="Sky")
NOISE = random.Random(4)


def on_the_writer(project: Project, statement: str) -> None:
    """Set a limit on the write connection while the writer is idle."""
    assert project.flush()
    writer = project._writer
    assert writer is not None
    writer._connection.execute(statement).fetchall()


def noisy_tiles(count: int) -> dict[tuple[int, int], bytes]:
    return {(column, 0): NOISE.randbytes(256 * 256 * 4) for column in range(count)}


class Failures:
    """The problems that the artist was told, and a way to wait for the next one."""

    def __init__(self, project: Project) -> None:
        self.problems: list[StudioError] = []
        self.told = threading.Event()
        project.failed.connect(self._add)

    def _add(self, problem: StudioError) -> None:
        self.problems.append(problem)
        self.told.set()


def test_a_full_disk_loses_nothing_and_is_told_once(
    project: Project,
    path: Path,
    tmp_path: Path,
    make_request: Callable[..., TextToImage],
    make_artifact: Callable[..., ImageArtifact],
) -> None:
    failures = Failures(project)
    project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): tile_of(1)}))
    on_the_writer(project, "PRAGMA max_page_count = 40")
    tiles = noisy_tiles(8)
    project.image.apply(PaintTiles(layer_id="sky", tiles=dict(tiles), label="Big stroke"))
    assert failures.told.wait(30)
    artifact = make_artifact(NOISE.randbytes(300_000))
    project.history.add("one", make_request())
    project.history.add_output("one", artifact)
    project.image.apply(PaintTiles(layer_id="sky", tiles={(9, 9): tile_of(2)}))
    assert not project.flush(timeout=0.7)
    assert [problem.code for problem in failures.problems] == ["disk_full"], "once, not each time"
    assert isinstance(failures.problems[0], StorageProblem)
    assert failures.problems[0].hint
    assert project.pending == 4
    start = time.monotonic()
    with pytest.raises(StorageProblem, match="full"):
        project.close()
    assert time.monotonic() - start < 8, "the artist is not kept waiting to be told"

    # Everything is there to be seen, and the work goes on.
    assert project.image.tile("sky", (3, 0)) == tiles[3, 0]
    assert project.history.blob(artifact.sha256) == Path(artifact.path).read_bytes()
    before = digest_of(project.image)
    project.image.undo()
    project.image.redo()
    assert digest_of(project.image) == before

    # On another disk the copy has it all.
    project.save_copy(tmp_path / "elsewhere.atelier")
    with Project.open(tmp_path / "elsewhere.atelier") as other:
        assert other.problems == []
        assert digest_of(other.image) == before
        assert other.history.blob(artifact.sha256) == Path(artifact.path).read_bytes()

    # As soon as there is space again everything is written.
    writer = project._writer
    assert writer is not None
    writer._connection.execute("PRAGMA max_page_count = 1000000").fetchall()
    assert project.flush()
    assert project.pending == 0
    project.close()
    with Project.open(path) as again:
        assert again.problems == []
        assert digest_of(again.image) == before
        assert again.image.undo_label == "Paint"


FULL_DISK_SCRIPT = """
import random, resource, sys, threading
from studio.document import AddLayer, Layer, Project
project = Project.open(sys.argv[1])
told = threading.Event()
problems = []
project.failed.connect(lambda problem: (problems.append(problem), told.set()))
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
noise = random.Random(1)
tiles = {(column, 0): noise.randbytes(256 * 256 * 4) for column in range(6)}
project.image.apply(AddLayer(layer=Layer(id="sky", name="Sky"), tiles=tiles))
assert told.wait(30)
assert not project.flush(0.5)
assert project.image.tile("sky", (5, 0)) == tiles[5, 0]
print(type(problems[0]).__name__, len(problems), project.pending)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
assert project.flush()
project.close()
project = Project.open(sys.argv[1])
assert project.image.tile("sky", (5, 0)) == tiles[5, 0]
project.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of file sizes")
def test_a_system_that_refuses_to_let_the_file_grow(path: Path) -> None:
    Project.create(path).close()
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK_SCRIPT, str(path)], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout.split()) == (0, ["StorageProblem", "1", "1"]), run.stderr


def test_a_file_that_became_read_only(project: Project, path: Path) -> None:
    failures = Failures(project)
    on_the_writer(project, "PRAGMA query_only = ON")
    project.image.apply(ResizeCanvas(width=9, height=9))
    assert failures.told.wait(30)
    assert [problem.code for problem in failures.problems] == ["read_only"]
    assert project.pending == 1
    project._writer._connection.execute("PRAGMA query_only = OFF")  # type: ignore[union-attr]
    assert project.flush()
    project.close()
    with Project.open(path) as again:
        assert again.image.width == 9


def test_closing_can_give_up_what_the_disk_does_not_take(project: Project, path: Path) -> None:
    failures = Failures(project)
    project.image.apply(ResizeCanvas(width=9, height=9))
    on_the_writer(project, "PRAGMA query_only = ON")
    project.image.apply(ResizeCanvas(width=10, height=10))
    assert failures.told.wait(30)
    with pytest.raises(StorageProblem):
        project.close()
    project.image.apply(ResizeCanvas(width=11, height=11))
    project.close(discard_pending=True)
    with Project.open(path) as again:
        assert again.problems == []
        assert again.image.width == 9


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    a_file = tmp_path / "file"
    a_file.write_bytes(b"x")
    for place in (a_file / "new.atelier", tmp_path / "no such folder" / "new.atelier"):
        with pytest.raises(StorageProblem) as refused:
            Project.create(place)
        assert refused.value.hint
    with Project.create(tmp_path / "work.atelier") as project:
        for place in (a_file / "copy.atelier", tmp_path / "no such folder" / "copy.atelier"):
            with pytest.raises(StorageProblem):
                project.save_copy(place)
        project.image.apply(ResizeCanvas(width=3, height=3))
        assert project.flush()
    assert sorted(os.listdir(tmp_path)) == ["file", "work.atelier"]


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder with a project in which nobody may write, not even a test that runs as root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Project.create(folder / "work.atelier") as project:
            project.image.apply(AddLayer(layer=SKY, tiles={(0, 0): tile_of(1)}))
        (folder / "work.atelier").chmod(0o444)
        folder.chmod(0o555)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)  # root itself is not held up by permissions
        try:
            yield folder
        finally:
            os.seteuid(user)
            folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_read_only_folder(read_only_folder: Path, path: Path) -> None:
    work = read_only_folder / "work.atelier"
    new = read_only_folder / "new.atelier"
    attempts: list[Callable[[Project], object]] = [
        lambda _: Project.open(work),
        lambda _: Project.create(new),
        lambda shown: shown.save_copy(new),
    ]
    with Project.open(work, read_only=True) as shown:
        assert shown.image.tile("sky", (0, 0)) == tile_of(1)
        for attempt in attempts:
            with pytest.raises(StorageProblem, match="read-only") as refused:
                attempt(shown)
            assert refused.value.code == "read_only"
    assert os.listdir(read_only_folder) == ["work.atelier"]


def test_what_the_database_answers_is_said_in_words(path: Path) -> None:
    codes = {
        sqlite3.SQLITE_FULL: "disk_full",
        sqlite3.SQLITE_READONLY | 4 << 8: "read_only",
        sqlite3.SQLITE_IOERR | 3 << 8: "storage_problem",
        sqlite3.SQLITE_BUSY: "storage_problem",
        sqlite3.SQLITE_CANTOPEN: "read_only",
        sqlite3.SQLITE_CORRUPT: "damaged_project",
        sqlite3.SQLITE_ERROR: "database",
    }
    for number, code in codes.items():
        error = sqlite3.OperationalError("as SQLite says it")
        error.sqlite_errorcode = number
        problem = sqlite_problem(error, path)
        assert problem.code == code
        assert problem.hint


def test_a_copy_made_while_the_writer_catches_up_is_not_set_back(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was waiting when the copy began may be in the file, and outdated, when it is read."""
    failures = Failures(project)
    project.image.apply(AddLayer(layer=SKY))
    on_the_writer(project, "PRAGMA query_only = ON")
    project.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(1)}))
    assert failures.told.wait(30)
    writer = project._writer
    assert writer is not None
    look = writer.waiting

    def look_just_before_the_disk_recovers() -> list[Change]:
        waiting = look()
        assert len(waiting) == 1
        writer._connection.execute("PRAGMA query_only = OFF")
        project.image.apply(PaintTiles(layer_id="sky", tiles={(0, 0): tile_of(2)}))
        assert project.flush()
        return waiting

    monkeypatch.setattr(writer, "waiting", look_just_before_the_disk_recovers)
    project.save_copy(tmp_path / "copy.atelier")
    with Project.open(tmp_path / "copy.atelier") as other:
        assert other.problems == []
        assert other.image.tile("sky", (0, 0)) == tile_of(2)
        other.image.undo()
        assert other.image.tile("sky", (0, 0)) == tile_of(1)

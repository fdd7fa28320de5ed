"""kill -9 at any moment: whatever the studio said was kept is there, and undo goes on."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from document_model import digest_of

from studio.document import Project
from studio.document.loading import replay

CHILD = Path(__file__).with_name("kill_child.py")
KILLS = 50


def lines_until_killed(path: Path, run: str, chance: random.Random) -> list[list[str]]:
    """Start a studio, kill it at a random moment of its work, and return all that it said."""
    child = subprocess.Popen([sys.executable, str(CHILD), str(path), run], stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = b""
    # The first words come when the project is open; the moment of death is up to chance after it.
    while b"\n" not in said:
        said += os.read(child.stdout.fileno(), 65536)
    death = time.monotonic() + chance.random() * 0.25
    while (left := death - time.monotonic()) > 0:
        if select.select([child.stdout], [], [], left)[0]:
            said += os.read(child.stdout.fileno(), 65536)
    child.kill()
    while more := os.read(child.stdout.fileno(), 65536):
        said += more
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    return [line.split() for line in said.decode().splitlines()]


@pytest.mark.timeout(170)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_nothing_that_was_kept_is_lost_in_fifty_kills(path_on_disk: Path) -> None:
    Project.create(path_on_disk).close()
    chance = random.Random(2024)
    pictures: dict[str, str] = {}
    steps_undone = kept = 0
    for number in range(KILLS):
        said = lines_until_killed(path_on_disk, f"run{number}", chance)
        last_kept = max((i for i, line in enumerate(said) if line[0] == "kept"), default=0)
        kept += sum(line[0] == "kept" for line in said)
        pictures |= {line[1]: line[2] for line in said[:last_kept] if line[0] == "picture"}
        # What came after the last acknowledgement may be there or not, but in order.
        states = [line[1] for line in said if line[0] in ("start", "will")]
        acknowledged = [line[1] for line in said[: last_kept + 1] if line[0] in ("start", "will")]

        with Project.open(path_on_disk) as project:
            assert project.problems == []
            assert digest_of(project.image) in states[len(acknowledged) - 1 :]
            for name, sha256 in pictures.items():
                assert project.history.get(name).outputs[0].sha256 == sha256
            for name in [name for name in pictures if name.startswith(f"run{number}-")]:
                assert project.history.blob(pictures[name]) == name.encode() * 20_000
            with contextlib.closing(sqlite3.connect(path_on_disk)) as reader:
                replayed = replay(reader)
            assert replayed is not None
            assert replayed.layers == list(project.image.layers)
            assert {i: frozenset(own) for i, own in replayed.tiles.items()} == {
                layer.id: project.image.occupied(layer.id) for layer in project.image.layers
            }
            assert set(replayed.selection) == project.image.selection.tiles
            before = digest_of(project.image)
            if project.image.undo() is not None:
                project.image.redo()
                steps_undone += 1
            assert digest_of(project.image) == before
    assert kept >= KILLS, "the studios must have been at work when they were killed"
    assert steps_undone >= KILLS // 2
    with Project.open(path_on_disk) as project:
        while project.image.undo() is not None:
            pass
        assert project.image.layers == ()
        assert (project.image.width, project.image.height) == (1024, 1024)

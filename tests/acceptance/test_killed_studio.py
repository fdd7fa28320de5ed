"""kill -9 of a whole studio while it generates: what it said was saved is there afterwards."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.api.events import Done
from studio.document import Project
from tests.support.bench import REPOSITORY, StudioBench

KILLS = 10


def said_until_killed(path: Path, chance: random.Random) -> list[list[str]]:
    """Start a studio, kill it at a random moment after its first picture; return what it said."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("studio_kill_child.py")), str(path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert child.stdout is not None
    handle = child.stdout.fileno()
    said = b""
    while b"kept" not in said:
        more = os.read(handle, 65536)
        assert more, "the studio ended by itself"
        said += more
    death = time.monotonic() + chance.random() * 0.5
    while (left := death - time.monotonic()) > 0:
        if select.select([handle], [], [], left)[0]:
            said += os.read(handle, 65536)
    child.kill()
    while more := os.read(handle, 65536):
        said += more
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    return [line.split() for line in said.decode().splitlines()]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_ten_kills_lose_nothing_that_was_said_to_be_saved(
    make_bench: Callable[..., StudioBench], tmp_path: Path
) -> None:
    path = tmp_path / "work.atelier"
    chance = random.Random(7)
    kept: list[str] = []
    interrupted = 0
    for _ in range(KILLS):
        said = said_until_killed(path, chance)
        kept += [job for word, job in said if word == "kept"]
        with Project.open(path) as project:
            assert project.problems == []
            layers = [layer.history_id for layer in project.image.layers]
            # One more may have been kept in the moment before the words would have come.
            assert layers[: len(kept)] == kept
            assert len(layers) <= len(kept) + 1
            kept = layers
            for job in kept:
                item = project.history.get(job)
                assert (item.status, item.outputs[0].state) == ("done", "kept")
                assert project.history.blob(item.outputs[0].sha256)[:4] == b"\x89PNG"
            word, job = said[-1]
            waiting = {record.id: record.state for record in project.jobs.load()}
            if word != "kept" and project.history.get(job).status != "done":
                assert waiting[job] == ("queued" if word == "queued" else "interrupted") or (
                    word == "queued" and waiting[job] == "interrupted"
                )
            interrupted += "interrupted" in waiting.values()
            unfinished = {item.id for item in project.history.items() if item.status != "done"}
            # At the very end of a job its entry in the queue goes before its row says "done".
            ended = {job for job in unfinished - set(waiting) if project.history.get(job).outputs}
            assert unfinished - ended == set(waiting), "what did not finish is offered again"
    assert interrupted >= 1, "some studios must have been killed while a job ran"

    bench = make_bench(path)
    offered = [job for job in bench.studio.queue.jobs() if job.state == "interrupted"]
    bench.studio.queue.run_interrupted(offered[0].id)
    assert isinstance(bench.finish(offered[0].id), Done)
    assert bench.studio.project.history.get(offered[0].id).status == "done"

"""Studios with work in them, and small disks, for the tests of what the studio promises."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.api.artifacts import ImageArtifact
from studio.app.flatten import flatten
from studio.core.ids import new_id
from studio.document import Project
from tests.support.bench import REPOSITORY, StudioBench, fake_request
from tests.support.models import write_model_folder


@pytest.fixture
def make_bench(atelier_home: Path) -> Iterator[Callable[..., StudioBench]]:
    """Return a function that opens studios on this test's home, with one model installed."""
    write_model_folder(atelier_home / "data" / "models" / "paper")
    benches: list[StudioBench] = []

    def make(*args: Any, **options: Any) -> StudioBench:
        bench = StudioBench(*args, **options)
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        bench.studio.close()


def place(bench: StudioBench, path: Path) -> None:
    """Place a picture file on the canvas and wait for its layer."""
    layers = len(bench.studio.project.image.layers)
    bench.studio.place_pictures([path])
    bench.until(lambda: len(bench.studio.project.image.layers) > layers)


@pytest.fixture
def work(make_bench: Callable[..., StudioBench], tmp_path: Path) -> StudioBench:
    """A studio with a layer, and a picture in its history that no worker had to make."""
    from PIL import Image

    bench = make_bench()
    photo = tmp_path / "photo.png"
    Image.effect_noise((300, 200), 90).save(photo)
    place(bench, photo)
    item = new_id()
    data = photo.read_bytes()
    artifact = ImageArtifact(
        path=str(photo),
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="image/png",
        size_bytes=len(data),
        width=300,
        height=200,
        seed=1,
        thumbnail=b"small",
    )
    history = bench.studio.project.history
    history.add(item, fake_request("what was made before"))
    history.add_output(item, artifact)
    history.update(item, status="done")
    return bench


def content(project: Project) -> tuple[object, ...]:
    """Return all that must not be lost: pixels, layers, history and its pictures."""
    items = project.history.items()
    return (
        hashlib.sha256(flatten(project.image)).hexdigest(),
        project.image.layers,
        items,
        [
            hashlib.sha256(project.history.blob(o.sha256)).hexdigest()
            for i in items
            for o in i.outputs
        ],
    )


@pytest.fixture(scope="session")
def on_small_disk() -> Callable[..., dict[str, Any]]:
    """Return a function that runs a program beside a disk of its own and returns what it prints.

    The disk is mounted in a namespace of the child, at ``sys.argv[1]``; ``before`` is a shell line
    that is run in it first.
    """
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run(
            [unshare, "-rm", "sh", "-c", "mount -t tmpfs none /mnt"], capture_output=True
        ).returncode
    ):
        pytest.skip("mounting is not allowed here")

    def run(program: Path, folder: Path, *, kilobytes: int, before: str = "true") -> dict[str, Any]:
        disk, home = folder / "disk", folder / "home"
        disk.mkdir()
        write_model_folder(home / "data" / "models" / "paper")
        (home / "cache").mkdir()
        script = (
            f'mount -t tmpfs -o size={kilobytes}k none "{disk}" && cd "{disk}" && {before} && '
            'cd / && exec "$0" "$@"'
        )
        done = subprocess.run(
            [unshare, "-rm", "sh", "-c", script, sys.executable, str(program), str(disk)],
            capture_output=True,
            text=True,
            timeout=150,
            env=os.environ
            | {"PYTHONPATH": str(REPOSITORY), "ATELIER_HOME": str(home), "TMPDIR": str(folder)},
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    return run

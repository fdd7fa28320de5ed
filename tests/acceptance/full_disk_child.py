"""A studio whose project, scratch folder and export lie on a disk that is full; prints JSON."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from studio.app.flatten import flatten
from studio.core.errors import StudioError
from studio.core.paths import cache_dir, projects_dir
from studio.core.settings import load_settings
from studio.document import Project
from tests.support.bench import StudioBench

FAR = Path(os.environ["TMPDIR"])


def noise(name: str) -> Path:
    path = FAR / name
    Image.effect_noise((400, 400), 90).convert("RGB").save(path)
    return path


class Filler:
    """Takes all the room that a disk has left, and gives it back."""

    def __init__(self, disk: Path) -> None:
        self._path = disk / "filler"

    def fill(self) -> None:
        with contextlib.suppress(OSError), open(self._path, "ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def empty(self) -> None:
        self._path.unlink()


def place(bench: StudioBench, path: Path) -> None:
    layers = len(bench.studio.project.image.layers)
    bench.studio.place_pictures([path])
    bench.until(lambda: len(bench.studio.project.image.layers) > layers)


def errors(bench: StudioBench) -> list[list[str]]:
    found = [[n.message, n.hint] for n in bench.notices if n.level == "error"]
    bench.notices.clear()
    return found


def scratch_folder(disk: Path, filler: Filler) -> dict[str, Any]:
    """The worker cannot write its picture."""
    (disk / "cache").mkdir()
    os.rmdir(cache_dir())
    os.symlink(disk / "cache", Path(os.environ["ATELIER_HOME"]) / "cache")
    bench = StudioBench(FAR / "far.atelier")
    place(bench, noise("far.png"))
    filler.fill()
    refused = bench.generate("a house")
    first = bench.studio.project.history.get(refused)
    told = errors(bench)
    filler.empty()
    second = bench.studio.project.history.get(bench.generate("a house"))
    layers = len(bench.studio.project.image.layers)
    bench.close()
    return {
        "first": [first.status, first.error_code, first.error_hint],
        "told": told,
        "second": [second.status, len(second.outputs)],
        "layers": layers,
    }


def project_file(disk: Path, filler: Filler) -> dict[str, Any]:
    """The project cannot grow; later there is room again."""
    bench = StudioBench(disk / "work.atelier")
    studio = bench.studio
    place(bench, noise("one.png"))
    saved_before = studio.project.flush()
    filler.fill()
    place(bench, noise("two.png"))
    bench.until(lambda: bench.notices)
    told = errors(bench)
    pending = studio.project.pending
    switched = ""
    try:
        studio.open_project(FAR / "far.atelier")
    except StudioError as error:
        switched = error.code
    stayed = studio.project.path.name
    freed_for_others = Project.open(FAR / "far.atelier")
    freed_for_others.close()
    filler.empty()
    saved_after = studio.project.flush(30)
    pixels = flatten(studio.project.image)
    bench.close()
    with Project.open(disk / "work.atelier") as again:
        same = flatten(again.image) == pixels and len(again.image.layers) == 2
    return {
        "saved_before": saved_before,
        "told": told,
        "pending": pending,
        "switched": switched,
        "stayed": stayed,
        "saved_after": saved_after,
        "same": same,
    }


def closing(disk: Path, filler: Filler) -> dict[str, Any]:
    """The studio is closed while the disk is full."""
    bench = StudioBench(disk / "work.atelier")
    filler.fill()
    place(bench, noise("three.png"))
    bench.until(lambda: bench.notices)
    pixels = flatten(bench.studio.project.image)
    bench.until(lambda: not bench.studio.busy_in_background)
    problem = bench.studio.close()
    (copy,) = projects_dir().glob("*recovered*.atelier")
    with Project.open(copy) as recovered:
        same = flatten(recovered.image) == pixels and len(recovered.image.layers) == 3
    with Project.open(disk / "work.atelier", read_only=True) as old:
        layers_of_old = len(old.image.layers)
    filler.empty()
    return {
        "problem": [problem.code, problem.message, problem.hint] if problem else None,
        "same": same,
        "layers_of_old": layers_of_old,
        "copy": str(copy),
        "opens_next": load_settings().recent_projects[0],
    }


def export(disk: Path, filler: Filler) -> dict[str, Any]:
    """A picture cannot be exported; the former file stays."""
    bench = StudioBench(FAR / "far.atelier")
    target = disk / "picture.png"
    target.write_bytes(b"former")
    filler.fill()
    bench.studio.export_canvas(target)
    bench.until(lambda: bench.notices)
    told = errors(bench)
    kept = target.read_bytes() == b"former"
    left = sorted(path.name for path in disk.iterdir())
    filler.empty()
    bench.studio.export_canvas(target)
    bench.until(lambda: bench.notices)
    after = target.read_bytes()[:4] == b"\x89PNG"
    bench.close()
    return {"told": told, "former_kept": kept, "left": left, "after": after}


def main() -> None:
    disk = Path(sys.argv[1])
    filler = Filler(disk)
    parts = (scratch_folder, project_file, closing, export)
    print(json.dumps({part.__name__: part(disk, filler) for part in parts}))  # noqa: T201


if __name__ == "__main__":
    main()

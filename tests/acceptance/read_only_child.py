"""A studio whose project lies on a read-only disk, made by the shell line before; prints JSON."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

from studio.cli import main as atelier
from studio.core.errors import StudioError
from tests.support.bench import StudioBench


def command(*arguments: str) -> list[object]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = atelier([*arguments, "--json"])
    return [code, json.loads(out.getvalue())]


def main() -> None:
    disk, far = Path(sys.argv[1]), Path(os.environ["TMPDIR"])
    project = disk / "work.atelier"
    bench = StudioBench(project)
    answer: dict[str, object] = {
        "told": [[notice.message, notice.hint] for notice in bench.notices],
        "opened_instead": bench.studio.project.path.name,
        "works": bench.studio.project.history.get(bench.generate("x")).status,
    }
    try:
        bench.studio.new_project(disk / "new.atelier")
    except StudioError as error:
        answer["new_project"] = [error.code, error.hint]
    bench.close()
    answer["gallery"] = command("gallery", "--project", str(project))
    answer["export"] = command("export", "--project", str(project), "-o", str(far / "out.png"))
    answer["export_there"] = command("export", "--project", str(project), "-o", str(disk / "o.png"))
    answer["generate_there"] = command("generate", "x", "-o", str(disk / "o.png"))
    answer["left"] = sorted(path.name for path in disk.iterdir())
    print(json.dumps(answer))  # noqa: T201


if __name__ == "__main__":
    main()

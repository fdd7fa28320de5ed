"""Runs every benchmark and keeps its figures as JSON.

    uv run python -m benchmarks [NAME ...]

Writes docs/benchmarks/NAME.json, each with the machine it ran on. Run it on an idle machine: the
ratios hold elsewhere, but stalls and seconds do not. Windows are opened on the display that is
there, otherwise offscreen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "docs/benchmarks"

# name: arguments of its module in benchmarks/
BENCHMARKS: dict[str, list[str]] = {
    "startup": [],
    "event_loop": [],
    "cancel": [],
    "project_file": [],
    "load_memory": [],
    "generation_overhead": [],
    "canvas_view": [],
    "stroke": [],
    "gallery_scroll": [],
    "storyboard": [],
    "scribble_colour": [],
    "patchmatch": [],
    "upscale": [],
    "writing": [],
}


def main() -> int:
    """Run the named benchmarks, or all; return how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}")
    names = parser.parse_args().names or list(BENCHMARKS)
    RESULTS.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    if not environment.get("DISPLAY"):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    return sum(not _run(name, environment) for name in names)


def _run(name: str, environment: dict[str, str]) -> bool:
    print(f"{name} ...", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *BENCHMARKS[name]],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    try:
        result = json.loads(done.stdout[done.stdout.index("{") :])
    except ValueError:
        print(f"{name} failed with exit code {done.returncode}", flush=True)
        return False
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())

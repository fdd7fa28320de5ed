"""How long Storyboard takes: one picture in a warm worker, and a whole command on a cold start.

    python -m benchmarks.storyboard

The target on two cores: a 2048 px picture in about a second, a whole command in under three.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import report

PROMPTS = (
    "two red mushrooms left of a blue house, sunset",
    "a sailboat on a lake between mountains, sunrise",
    "three sheep in front of a red barn, rain",
    "a black cat on a yellow chair in a room",
    "a castle in the snow at night",
)
SIZES = ((1024, 768), (2048, 1536), (2048, 2048))
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    report("storyboard", {"seconds_drawing": _drawing(), "seconds_command": _command()})


def _drawing() -> dict[str, dict[str, float]]:
    from plugins.storyboard.picture import draw_scene, flattened, open_drawings
    from plugins.storyboard.prompt import read_prompt
    from studio.core.paths import resources_dir

    drawings = open_drawings(resources_dir())
    result = {}
    for width, height in SIZES:
        taken = []
        for seed in range(ROUNDS):
            for prompt in PROMPTS:
                began = time.perf_counter()
                layers = draw_scene(read_prompt(prompt, drawings), drawings, width, height, seed)
                flattened(layers, width, height)
                taken.append(time.perf_counter() - began)
        name = f"{width}x{height}"
        result[name] = {"median": round(statistics.median(taken), 3), "max": round(max(taken), 3)}
    return result


def _command() -> dict[str, float]:
    """The median of whole commands, each in a home of its own: start, worker, picture, file."""
    taken = []
    for prompt in PROMPTS[:ROUNDS]:
        with tempfile.TemporaryDirectory() as home:
            target = Path(home) / "a.png"
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "studio.cli", "generate", prompt, "-o", str(target)],
                check=True,
                capture_output=True,
                env=os.environ | {"ATELIER_HOME": home},
            )
            taken.append(time.perf_counter() - began)
            assert target.stat().st_size > 10_000
    return {"median": round(statistics.median(taken), 2), "max": round(max(taken), 2)}


if __name__ == "__main__":
    main()

"""Time of a generation with previews, over that of the plain diffusers call in the same run.

A Stable Diffusion pipeline is generated with by the plain call and by the engine as a worker drives
it, alternately and in changing order, from the same seeds and prompts; the pictures must be equal.
The engine's side is all that a worker does for a picture: progress messages and previews over a
pipe that another process reads, cancel hooks, the PNG file with its recipe and hash, the
thumbnail. Both sides run in one process, so that threads, priority and caches are the same.

Wall and processor time are both told: on a machine that does other things only the latter means
something. Prints one JSON object.

    uv run python benchmarks/generation_overhead.py [--rounds 20] [--model FOLDER]

Without ``--model`` it measures two cases: the starter model at its own 256 px and 20 steps, the
shortest picture there is (about a second), where fixed costs weigh most; and random weights in
Stable Diffusion's shape, with the VAE of SD 1.5, at 256 px, a picture of several seconds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from studio.engines.threads import configure_threads  # noqa: E402

configure_threads()

from benchmarks.load_memory import write_pipeline  # noqa: E402
from benchmarks.machine import report  # noqa: E402
from studio.api.events import Preview  # noqa: E402
from studio.api.requests import TextToImage  # noqa: E402
from studio.core.paths import resources_dir  # noqa: E402
from studio.engines.image.engine import PictureEngine  # noqa: E402
from studio.engines.image.loading import import_quietly  # noqa: E402
from studio.worker.link import Link  # noqa: E402
from studio.worker.run import JobRun  # noqa: E402
from tests.engines.recorder import make_plan  # noqa: E402


class CountingLink(Link):
    """The worker's end of a pipe; counts the previews that went through it."""

    previews = 0

    def send(self, message: Any) -> None:
        self.previews += isinstance(message, Preview)
        super().send(message)


def read_all(pipe: Connection[Any, Any]) -> None:
    """Take every frame off the pipe, as the window's reader does, until it is closed."""
    try:
        while True:
            pipe.recv_bytes()
    except EOFError:
        return


class Timing(NamedTuple):
    """Wall and processor seconds of one call; the latter hold on a busy machine too."""

    wall: float
    processor: float
    result: Any


def timed(call: Callable[..., Any], *arguments: Any) -> Timing:
    """Call and time."""
    wall, processor = time.perf_counter(), time.process_time()
    result = call(*arguments)
    return Timing(time.perf_counter() - wall, time.process_time() - processor, result)


class Sides:
    """The plain call and the engine on one model, each with its own copy of the weights."""

    def __init__(self, folder: Path, scratch: Path, link: Link, steps: int, size: int) -> None:
        import torch
        from diffusers import StableDiffusionPipeline

        self._link, self._scratch = link, scratch
        self._steps, self._size = steps, size
        self._engine, self._plan = PictureEngine(), make_plan(folder)
        self._pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
        self._pipeline.set_progress_bar_config(disable=True)

    def plain(self, prompt: str, seed: int) -> Any:
        """Return the picture of the plain diffusers call."""
        import torch

        return self._pipeline(
            prompt,
            width=self._size,
            height=self._size,
            num_inference_steps=self._steps,
            guidance_scale=7.5,
            generator=torch.Generator("cpu").manual_seed(seed),
        ).images[0]

    def engine(self, prompt: str, seed: int) -> Path:
        """Return the picture file of a job, as a worker writes it."""
        request = TextToImage(
            model=self._plan.model,
            prompt=prompt,
            width=self._size,
            height=self._size,
            steps=self._steps,
            guidance_scale=7.5,
            seed=seed,
        )
        run = JobRun(self._link, f"job{seed}", request, self._plan, self._scratch)
        self._engine.run(request, self._plan, run)
        return self._scratch / f"job{seed}-0.png"


def measure(sides: Sides, rounds: int) -> dict[str, Any]:
    """Return the ratios of all rounds, engine over plain."""
    import numpy as np
    from PIL import Image

    plains, owns, kept, equal = [], [], [], True
    sides.plain("warm", 0)
    sides.engine("warm", 0)
    for number in range(1, rounds + 1):
        prompt = f"a red cat {number}"  # a new one, so that the engine encodes as the plain does
        pair = {}
        order = ("plain", "engine") if number % 2 else ("engine", "plain")
        for side in order:
            pair[side] = timed(getattr(sides, side), prompt, number)
        plains.append(pair["plain"])
        owns.append(pair["engine"])
        with Image.open(pair["engine"].result) as written:
            equal &= bool(np.array_equal(np.array(pair["plain"].result), np.array(written)))
        kept.append(timed(sides.engine, prompt, number))
    return {
        "same_pixels": equal,
        "plain_seconds_median": round(statistics.median(p.wall for p in plains), 3),
        "wall": _ratios(plains, owns, "wall"),
        "processor": _ratios(plains, owns, "processor"),
        "prompt_kept_wall": _ratios(plains, kept, "wall"),
        "prompt_kept_processor": _ratios(plains, kept, "processor"),
    }


def _ratios(plains: list[Timing], owns: list[Timing], what: str) -> dict[str, Any]:
    """Compare in three ways, as single rounds scatter more than the difference is large."""
    base = [getattr(plain, what) for plain in plains]
    own = [getattr(timing, what) for timing in owns]
    rounds = [b / a for a, b in zip(base, own, strict=True)]
    return {
        "ratio_median": round(statistics.median(rounds), 4),
        "ratio_of_medians": round(statistics.median(own) / statistics.median(base), 4),
        "ratio_of_best": round(min(own) / min(base), 4),
        "rounds": [round(ratio, 3) for ratio in rounds],
    }


class Case(NamedTuple):
    """What is measured: the model, the picture's side in px, and how often."""

    folder: Path
    size: int
    rounds: int


def _cases(options: argparse.Namespace, scratch: Path) -> dict[str, Case]:
    if options.model is not None:
        return {options.model.name: Case(options.model, 256, 7)}
    write_pipeline(scratch / "model", small=True)
    return {
        "starter": Case(resources_dir() / "starter" / "thumbnail", 256, 20),
        "random": Case(scratch / "model", 256, 5),
    }


def main() -> None:
    """Measure with the given model, or with the starter and a random one of 80 million weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int)
    parser.add_argument("--model", type=Path, help="a Stable Diffusion folder")
    parser.add_argument("--only", help="measure only this of the two cases")
    options = parser.parse_args()
    import_quietly()
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    reader = context.Process(target=read_all, args=(receiving,), daemon=True)
    reader.start()
    receiving.close()
    link = CountingLink(sending)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name, case in _cases(options, scratch).items():
            if options.only in (None, name):
                size, link.previews = options.size or case.size, 0
                sides = Sides(case.folder, scratch, link, options.steps, size)
                result = measure(sides, options.rounds or case.rounds)
                head = {"size": size, "steps": options.steps, "previews": link.previews}
                results[name] = head | result
    report("generation_overhead", results)


if __name__ == "__main__":
    main()

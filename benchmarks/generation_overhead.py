"""Wall time of a generation with previews, over that of the plain diffusers call in the same run.

A Stable Diffusion pipeline with random weights is generated with, alternately by the plain call and
by the engine (progress, previews at most 5 a second encoded as JPEG, cancel hooks), from the same
seed; the pictures must be equal. The ratio of the best rounds counts: on a machine that does other
things, they are the ones that were disturbed least. Prints one JSON object.

    uv run python benchmarks/generation_overhead.py [--rounds 5] [--model FOLDER]
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from studio.engines.threads import configure_threads  # noqa: E402

configure_threads()

from benchmarks.load_memory import write_pipeline  # noqa: E402
from benchmarks.machine import report  # noqa: E402
from studio.api.requests import TextToImage  # noqa: E402
from studio.engines.image.loading import import_quietly  # noqa: E402
from studio.engines.image.text_to_image import TextToImageEngine  # noqa: E402
from tests.engines.recorder import Recorder, make_plan  # noqa: E402

PREVIEW_SECONDS = 0.2


class PacedRun(Recorder):
    """Takes previews as a worker does: five a second at most, scaled and packed as JPEG."""

    last = 0.0
    packed = 0

    def wants_preview(self) -> bool:
        return time.monotonic() - self.last >= PREVIEW_SECONDS

    def preview(self, picture: Any, index: int = 0) -> None:
        self.last = time.monotonic()
        picture.resize((512, 512)).save(io.BytesIO(), "JPEG", quality=80)
        self.packed += 1


class Timing(NamedTuple):
    """Wall and processor seconds of one call; the latter hold on a busy machine too."""

    wall: float
    processor: float
    result: Any


def timed(call: Callable[[], Any]) -> Timing:
    """Call and time."""
    wall, processor = time.perf_counter(), time.process_time()
    result = call()
    return Timing(time.perf_counter() - wall, time.process_time() - processor, result)


def measure(folder: Path, rounds: int, steps: int, size: int) -> dict[str, Any]:
    """Return the ratios of each round and their median."""
    import numpy as np
    import torch
    from diffusers import StableDiffusionPipeline

    engine = TextToImageEngine()
    plan = make_plan(folder)
    request = TextToImage(
        model=plan.model, prompt="a red cat", width=size, height=size, steps=steps, seed=1
    )
    pipeline = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)

    def bare() -> Any:
        return pipeline(
            request.prompt,
            width=size,
            height=size,
            num_inference_steps=steps,
            guidance_scale=request.guidance_scale,
            generator=torch.Generator("cpu").manual_seed(1),
        ).images[0]

    def ours(prompt: str) -> PacedRun:
        run = PacedRun(folder)
        from msgspec.structs import replace

        engine.run(replace(request, prompt=prompt), plan, run)
        return run

    equal = bool(np.array_equal(np.array(bare()), np.array(ours(request.prompt).pictures[0])))
    ratios, kept, previews = [], [], 0
    plains, owns = [], []
    for number in range(rounds):
        plain = timed(bare)
        # A new prompt, so that the engine encodes as the plain call does.
        own = timed(lambda number=number: ours(f"a red cat {number}"))
        again = timed(lambda: ours(request.prompt))
        ratios.append(own.wall / plain.wall)
        plains.append(plain)
        owns.append(own)
        kept.append(again.processor / plain.processor)
        previews += own.result.packed
    return {
        "same_pixels": equal,
        "plain_seconds_best": round(min(plain.wall for plain in plains), 3),
        "ratio_of_best": round(
            min(own.wall for own in owns) / min(plain.wall for plain in plains), 4
        ),
        "processor_ratio_of_best": round(
            min(own.processor for own in owns) / min(plain.processor for plain in plains), 4
        ),
        "ratio_median": round(statistics.median(ratios), 4),
        "ratios": [round(ratio, 4) for ratio in ratios],
        "processor_ratio_median_with_kept_encoding": round(statistics.median(kept), 4),
        "previews_sent": previews,
        "size": size,
        "steps": steps,
    }


def main() -> None:
    """Measure with the given model, or with a random one of 80 million weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--model", type=Path, help="a Stable Diffusion folder")
    options = parser.parse_args()
    import_quietly()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.model or Path(scratch) / "model"
        if options.model is None:
            write_pipeline(folder, small=True)
        result = measure(folder, options.rounds, options.steps, options.size)
    report("generation_overhead", result)


if __name__ == "__main__":
    main()

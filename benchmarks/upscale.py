"""How long a picture takes to become four times as wide: Lanczos, and a network tile by tile.

    uv run python -m benchmarks.upscale

The network is Real-ESRGAN Compact in its published size (64 features, 16 layers) with random
weights: the time does not depend on them. In this process, without a worker.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.machine import report

SIDE = 1024  # px of the picture that Lanczos enlarges
NETWORK_SIDE = 400  # px of the one that the network enlarges
TILE = 256  # px
TIMES = 3  # the best counts


def main() -> None:
    """Print the figures as JSON."""
    from studio.engines.threads import configure_threads

    configure_threads()
    seconds, difference = _network()
    figures = {"lanczos_seconds": _lanczos(), "compact_seconds": seconds}
    report("upscale", {**figures, "largest_difference_of_tiles": difference})


def _picture(side: int, mode: str) -> Image.Image:
    chance = np.random.default_rng(0).integers(0, 256, (side, side, len(mode)))
    return Image.fromarray(chance.astype(np.uint8))


def _best(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return round(min(seconds), 3)


def _lanczos() -> dict[str, float]:
    from plugins.lanczos_upscale.resampling import enlarged

    figures = {}
    for mode in ("RGB", "RGBA"):
        picture = _picture(SIDE, mode)
        for scale in (2, 4):
            work = partial(enlarged, picture, scale, lambda done, of: None)
            figures[f"{SIDE} px {mode} x {scale}"] = _best(work)
    return figures


def _network() -> tuple[dict[str, float], int]:
    """Return the seconds in one piece and in tiles, and how far the two are apart (of 255)."""
    from studio.engines.image.upscale import Upscaler
    from tests.engines.recorder import Recorder, make_plan
    from tests.support.upscalers import save_compact

    with tempfile.TemporaryDirectory() as folder:
        run = Recorder(Path(folder))
        path = save_compact(Path(folder) / "compact.safetensors", scale=4, width=64, layers=16)
        upscaler = Upscaler.load(make_plan(path, family="upscaler"), run)
        picture = _picture(NETWORK_SIDE, "RGB")
        made = {
            name: np.asarray(upscaler.enlarged(picture, 4, side, run)).astype(int)
            for name, side in (("one piece", NETWORK_SIDE), ("tiles", TILE))
        }
        seconds = {
            f"{NETWORK_SIDE} px x 4 in {name}": _best(
                lambda side=side: upscaler.enlarged(picture, 4, side, run)
            )
            for name, side in (("one piece", NETWORK_SIDE), ("tiles", TILE))
        }
    return seconds, int(np.abs(made["one piece"] - made["tiles"]).max())


if __name__ == "__main__":
    main()

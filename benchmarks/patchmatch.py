"""How long PatchMatch takes for a hole, how often it looks for a cancel, and how seams measure.

    python -m benchmarks.patchmatch

The target on two cores: 1024 x 768 px with a fifth of it missing in under five seconds. The ratio
is taken against a fixed piece of numpy work in the same run, a 1024 x 768 x 3 float32 picture
blurred by a 7 x 7 box ten times, because seconds change with the machine.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.machine import report
from plugins.patchmatch.filling import Progress, continue_picture, fill_hole
from studio.api.requests import Inpaint, ModelRef, PictureRef, Uncrop
from tests.support.seams import PHOTOGRAPHS, box_hole, brush_hole, photograph, seam_difference

SIZE = (1024, 768)
SHARE = 0.2
SEAM_WIDTH = 320


class _Looks:
    """What filling talks to; it notes how long it was left without a look for a cancel."""

    def __init__(self) -> None:
        self.longest, self._last = 0.0, time.perf_counter()

    def check_cancelled(self) -> None:
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    def progress(self, step: int, steps: int, phase: str = "") -> None:
        pass

    def wants_preview(self) -> bool:
        return False


def main() -> None:
    """Measure and print."""
    reference = _reference()
    times: dict[str, dict[str, float]] = {}
    longest = 0.0
    for name in PHOTOGRAPHS:
        picture = Image.fromarray(photograph(name)).resize(SIZE, Image.Resampling.LANCZOS)
        mask = Image.fromarray(box_hole(SIZE[1], SIZE[0], SHARE).astype(np.uint8) * 255)
        looks: Any = _Looks()
        began, worked = time.perf_counter(), time.process_time()
        _fill(picture, mask, looks)
        longest = max(longest, looks.longest)
        times[name] = {
            "seconds": round(time.perf_counter() - began, 2),
            "processor_seconds": round(time.process_time() - worked, 2),
        }
    median = statistics.median(each["seconds"] for each in times.values())
    report(
        "patchmatch",
        {
            "hole_of_a_fifth_at_1024x768": times,
            "median_seconds": median,
            "reference_seconds": round(reference, 3),
            "ratio": round(median / reference, 1),
            "longest_without_a_look_for_cancel_seconds": round(longest, 3),
            "peak_resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "seams_mean_ciede2000": {name: _seams(name) for name in PHOTOGRAPHS},
        },
    )


def _reference() -> float:
    picture = np.random.default_rng(1).random((SIZE[1], SIZE[0], 3), np.float32)

    def blur() -> None:
        total = np.zeros_like(picture)
        for dy in range(-3, 4):
            for dx in range(-3, 4):
                total += np.roll(picture, (dy, dx), (0, 1))

    return min(_seconds(lambda: [blur() for _ in range(10)]) for _ in range(3))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _reference_to(picture: Image.Image) -> PictureRef:
    return PictureRef(sha256="0" * 64, width=picture.width, height=picture.height)


def _fill(picture: Image.Image, mask: Image.Image, looks: Any) -> np.ndarray:
    request = Inpaint(
        model=ModelRef(id="patchmatch"), picture=_reference_to(picture), mask=_reference_to(mask)
    )
    return np.asarray(fill_hole(picture, mask, request, 1, Progress(looks, 0, 1)).whole)


def _seams(name: str) -> dict[str, dict[str, float]]:
    """The seam of two fills and an uncrop, each beside the same ring in the photograph."""
    pixels = photograph(name, SEAM_WIDTH)
    height, width = pixels.shape[:2]
    picture, looks = Image.fromarray(pixels), _Looks()
    result = {}
    for kind, hole in (
        ("box", box_hole(height, width)),
        ("brush", brush_hole(height, width, seed=3)),
    ):
        done = _fill(picture, Image.fromarray(hole.astype(np.uint8) * 255), looks)
        result[kind] = {
            "seam": round(seam_difference(done, hole), 2),
            "in_the_photograph": round(seam_difference(pixels, hole), 2),
        }
    request = Uncrop(
        model=ModelRef(id="patchmatch"),
        picture=_reference_to(picture),
        left=50,
        top=30,
        right=50,
        bottom=30,
    )
    passing: Any = looks
    done = np.asarray(continue_picture(picture, request, 1, Progress(passing, 0, 1)).whole)
    inside = np.zeros(done.shape[:2], np.bool_)
    inside[30 : 30 + height, 50 : 50 + width] = True
    near = np.zeros((height, width), np.bool_)
    near[2:-2, 2:-2] = True
    result["uncrop"] = {
        "seam": round(seam_difference(done, inside), 2),
        "in_the_photograph": round(seam_difference(pixels, near), 2),
    }
    return result


if __name__ == "__main__":
    main()

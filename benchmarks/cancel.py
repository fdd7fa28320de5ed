"""How long Cancel takes to be answered, by phase, with the real engine in a real worker process.

    python -m benchmarks.cancel

A random float16 Stable Diffusion pipeline of several hundred megabytes is written once, so that
loading, a denoising step and the decode each take far longer than the answer may. For each phase a
job is cancelled as soon as the phase has begun; reported are the milliseconds until the job is over
for the window, whether the worker was kept, and that the next job runs.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.load_memory import write_pipeline
from benchmarks.machine import report

SIZE = 512  # px; a step takes seconds on a processor
TIMEOUT_SECONDS = 300


def main() -> None:
    """Cancel in every phase and print the answers' times."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["ATELIER_HOME"] = home
        folder = Path(home) / "data" / "models" / "random"
        folder.parent.mkdir(parents=True)
        write_pipeline(folder, small=True)
        report("cancel", {"phases": _measure()})


def _measure() -> dict[str, Any]:
    from studio.api.events import FINAL_EVENTS, Loading, Progress
    from studio.api.requests import ModelRef, TextToImage
    from studio.app.dispatch import MainLoop
    from studio.app.studio import Studio

    loop = MainLoop()
    studio = Studio(dispatch=loop.dispatch)
    events: list[Any] = []
    studio.job_event.connect(events.append)
    studio.warm_up()

    def wait(condition: Callable[[], bool]) -> None:
        if not loop.run_until(condition, TIMEOUT_SECONDS):
            raise TimeoutError

    wait(lambda: studio.worker_state == "ready")

    def seen(kind: type, phase: str = "") -> bool:
        return any(isinstance(e, kind) and phase in getattr(e, "phase", "") for e in events)

    # name: (steps, side in pixels, when to cancel). The decode is that of one large picture.
    phases: dict[str, tuple[int, int, Callable[[], bool]]] = {
        "waiting": (4, SIZE, lambda: True),
        "loading": (4, SIZE, lambda: seen(Loading)),
        "denoising": (4, SIZE, lambda: seen(Progress)),
        "decoding": (1, SIZE, lambda: seen(Progress, "decoding")),
    }
    answers = {}
    for name, (steps, side, begun) in phases.items():
        events.clear()
        pid, hard = studio.queue.worker_pid, studio.queue.cancelled_hard
        job = studio.generate(
            TextToImage(
                model=ModelRef(id="random"), prompt="x", width=side, height=side, steps=steps
            )
        )
        wait(lambda begun=begun: begun())  # type: ignore[misc]
        began = time.perf_counter()
        studio.cancel(job)
        wait(lambda job=job: studio.queue.get(job) is None)  # type: ignore[misc]
        milliseconds = (time.perf_counter() - began) * 1000
        answers[name] = {
            "answered_ms": round(milliseconds),
            "killed": studio.queue.cancelled_hard > hard,
            "ended_as": next(type(e).__name__ for e in events if isinstance(e, FINAL_EVENTS)),
        }
        wait(lambda: studio.worker_state == "ready")
        answers[name]["worker_kept"] = studio.queue.worker_pid == pid
    studio.close()
    return answers


if __name__ == "__main__":
    main()

"""Event-loop stalls of the window while a generation keeps every core busy.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.event_loop

A 2 ms heartbeat runs in the window's event loop; a stall is the time by which a beat is late. The
window shows previews, receives outputs and keeps pictures meanwhile.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

from benchmarks.machine import report

BEAT_MS = 2
LIMIT_MS = 300_000


def main() -> None:
    """Generate with the starter model and measure the window's heartbeat."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--pictures", type=int, default=4)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["ATELIER_HOME"] = home
        _measure(options.steps, options.pictures)


def _measure(steps: int, pictures: int) -> None:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from studio.api.events import FINAL_EVENTS, Output, Preview
    from studio.api.requests import ModelRef, TextToImage
    from studio.app.studio import DEFAULT_IMAGE_MODEL
    from studio.ui.application import run

    late: list[float] = []
    counts = {"previews": 0, "outputs": 0}

    def begin(window: object) -> None:
        studio = window.studio  # type: ignore[attr-defined]
        beat = QTimer(window)  # type: ignore[call-overload]
        beat.setTimerType(Qt.TimerType.PreciseTimer)
        last = [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            late.append(now - last[0] - BEAT_MS / 1000)
            last[0] = now

        def on_event(event: object) -> None:
            counts["previews"] += isinstance(event, Preview)
            if isinstance(event, Output):
                counts["outputs"] += 1
                index = event.artifact.index
                QTimer.singleShot(0, lambda: studio.keep(event.job_id, index))
            if isinstance(event, FINAL_EVENTS):
                QTimer.singleShot(500, QApplication.quit)

        def start() -> None:
            late.clear()
            last[0] = time.perf_counter()
            beat.timeout.connect(tick)
            beat.start(BEAT_MS)
            studio.generate(
                TextToImage(
                    model=ModelRef(id=DEFAULT_IMAGE_MODEL),
                    prompt="a red mushroom in a green meadow",
                    width=256,
                    height=256,
                    steps=steps,
                    count=pictures,
                )
            )

        studio.job_event.connect(on_event)
        # A run that cannot start would otherwise never end.
        QTimer.singleShot(LIMIT_MS, QApplication.quit)
        waiting = QTimer(window)  # type: ignore[call-overload]

        def when_ready() -> None:
            if studio.worker_state == "ready":
                waiting.stop()
                QTimer.singleShot(1000, start)

        waiting.timeout.connect(when_ready)
        waiting.start(50)

    run([], None, on_first_paint=begin)
    ordered = sorted(late)
    report(
        "event_loop",
        {
            "beats": len(late),
            **counts,
            "longest_stall_ms": round(ordered[-1] * 1000, 1),
            "p99_stall_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
            "stalls_over_50_ms": sum(value > 0.05 for value in late),
        },
    )


if __name__ == "__main__":
    main()

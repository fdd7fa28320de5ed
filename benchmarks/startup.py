"""Start-up: the studio's window against a bare PySide6 window, in turns, on the same display.

    xvfb-run -s "-screen 0 1440x900x24" python -m benchmarks.startup

Prints, per window, seconds from the start of the process to its first painted frame and the
resident bytes when idle, and for the studio the seconds until its worker is ready. Quote the ratio
of the seconds; that of the processor time up to the first frame scatters less on a busy machine,
and is higher, as the bare window waits more than it works.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks.machine import report

BARE = """
import json, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication(sys.argv)
class Window(QWidget):
    painted = False
    def paintEvent(self, event):
        if not self.painted:
            self.painted = True
            QTimer.singleShot(0, done)
def done():
    print(
        json.dumps({"painted_at": time.monotonic(), "processor": time.process_time()}), flush=True
    )
    QTimer.singleShot(1500, leave)
def leave():
    import psutil
    print(json.dumps({"rss": psutil.Process().memory_info().rss}), flush=True)
    app.quit()
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""

STUDIO = """
import json, os, time
from studio.ui.launch import main
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
def painted(window):
    print(
        json.dumps({"painted_at": time.monotonic(), "processor": time.process_time()}), flush=True
    )
    studio, polls = window.studio, QTimer(window)
    def poll():
        if studio.worker_state == "ready":
            polls.stop()
            import psutil
            print(json.dumps({
                "ready_at": time.monotonic(),
                "worker_seconds": studio.queue.ready_seconds,
                "rss": psutil.Process().memory_info().rss,
            }), flush=True)
            QApplication.quit()
    polls.timeout.connect(poll)
    polls.start(20)
main([], on_first_paint=painted)
"""


def _run(code: str, home: str) -> dict[str, Any]:
    began = time.monotonic()
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"ATELIER_HOME": home},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    values: dict[str, Any] = {}
    for line in child.stdout.splitlines():
        values |= json.loads(line)
    return {
        "first_paint": values["painted_at"] - began,
        "processor": values["processor"],
        "rss_mb": values["rss"] / 1e6,
        "worker_ready": values.get("worker_seconds"),
    }


def main() -> None:
    """Run both windows in turn and print medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        _run(STUDIO, home)  # fills the file cache and makes the first project
        pairs = [(_run(BARE, home), _run(STUDIO, home)) for _ in range(runs)]
    bare = [a for a, _ in pairs]
    ours = [b for _, b in pairs]
    report(
        "startup",
        {
            "runs": runs,
            "bare_first_paint_s": _median(bare, "first_paint"),
            "studio_first_paint_s": _median(ours, "first_paint"),
            "ratio": _ratio(pairs, "first_paint"),
            "ratios": [round(b["first_paint"] / a["first_paint"], 2) for a, b in pairs],
            "processor_ratio": _ratio(pairs, "processor"),
            "bare_rss_mb": _median(bare, "rss_mb"),
            "studio_idle_rss_mb": _median(ours, "rss_mb"),
            "worker_ready_s": _median(ours, "worker_ready"),
        },
    )


def _ratio(pairs: list[tuple[dict[str, Any], dict[str, Any]]], key: str) -> float:
    return round(statistics.median(ours[key] / bare[key] for bare, ours in pairs), 2)


def _median(rows: list[dict[str, Any]], key: str) -> float:
    return round(statistics.median(row[key] for row in rows), 2)


if __name__ == "__main__":
    main()

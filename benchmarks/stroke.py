"""How fast paint follows the pen: from an input event to painted pixels; prints JSON.

    uv run python benchmarks/stroke.py [--quick]

Strokes of mouse events go through the real view with brushes of 64, 128 and 400 px of the picture,
at 100 % and with the whole picture shown. One figure is the time from the event to the end of the
paint that it causes. Beside the time on the clock stands the processor time of the main thread,
which other programs on a busy machine do not change. "first" are the events of a stroke over tiles
that were not in memory before, as when a project was just opened. Undo and the end of a stroke are
measured until all that they change is on the screen; "undo_call" is what undoing itself takes.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.canvas_view import Times, build, settle, summary, timed
from benchmarks.machine import report
from studio.app.studio import Studio
from studio.document import Project
from studio.ui.canvas.workspace import CanvasWorkspace
from studio.ui.theme import apply_theme

EVENTS = 120
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Strokes:
    """Paints on one workspace and measures."""

    def __init__(self, workspace: CanvasWorkspace) -> None:
        self.workspace = workspace
        self.view = workspace.view
        self.undo_calls: Times = []

    def stroke(self, phase: float) -> tuple[Times, tuple[float, float], tuple[float, float]]:
        """Paint one stroke; return its events, its end and its undo."""
        view = self.view
        places = [self._place(phase, step) for step in range(EVENTS)]
        times = [self._event(lambda: QTest.mousePress(view, LEFT, NO_KEY, places[0].toPoint()))]
        for place in places[1:]:
            point = place.toPoint()
            times.append(self._event(lambda point=point: QTest.mouseMove(view, point)))
        last = places[-1].toPoint()
        end = self._event(lambda: QTest.mouseRelease(view, LEFT, NO_KEY, last))
        settle(view)
        call = timed(self.workspace.undo)
        settled = timed(lambda: settle(view))
        self.undo_calls.append(call)
        return times, end, (call[0] + settled[0], call[1] + settled[1])

    def _event(self, event: Callable[[], object]) -> tuple[float, float]:
        def act() -> None:
            event()
            QApplication.processEvents()

        return timed(act)

    def _place(self, phase: float, step: int) -> QPointF:
        """Return a point of a curve through most of the view, some 12 px from the last one."""
        width, height = self.view.width(), self.view.height()
        angle = phase + step / 14
        return QPointF(
            width * (0.5 + 0.36 * math.cos(angle)),
            height * (0.5 + 0.36 * math.sin(1.7 * angle + phase)),
        )


def measure(path: Path, width: int, height: int) -> dict[str, Any]:
    """Measure one project in a window of that size (logical px)."""
    project = Project.open(path)
    studio = Studio(dispatch=lambda call: call(), project=project, remember=False)
    workspace = CanvasWorkspace(studio)
    workspace.resize(width, height)
    workspace.show()
    QApplication.processEvents()
    workspace.active.choose(project.image.layers[len(project.image.layers) // 2].id)
    workspace.choose_tool("brush")
    strokes = Strokes(workspace)
    result: dict[str, Any] = {}
    for name, zoom in (("100 %", 1.0), ("fit", 0.0)):
        workspace.view.set_zoom(zoom) if zoom else workspace.view.fit()
        settle(workspace.view)
        for size in (64, 128, 400):
            workspace.state.change_brush("brush", size=size, pressure_size=False)
            first, _, _ = strokes.stroke(0.0)
            times: Times = []
            ends: Times = []
            undos: Times = []
            for turn in range(4):
                found, end, undo = strokes.stroke(0.0 if turn == 0 else turn * 0.9)
                times += found
                ends.append(end)
                undos.append(undo)
            result[f"{name}, brush of {size} px"] = {
                "event": summary(times),
                "event_first_stroke": summary(first),
                "end_of_stroke": summary(ends),
                "undo": summary(undos),
                "undo_call": summary(strokes.undo_calls[-4:]),
            }
    workspace.close_document()
    workspace.close()
    workspace.deleteLater()
    studio.close()
    return result


def main() -> None:
    """Build the documents, measure them, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2048 px with four layers only")
    parser.add_argument("--width", type=int, default=1060, help="of the workspace, logical px")
    parser.add_argument("--height", type=int, default=820, help="of the workspace, logical px")
    options = parser.parse_args()
    app = QApplication([])
    apply_theme(app, "dark")
    cases = [(2048, 4)] if options.quick else [(4096, 10), (8192, 3)]
    result: dict[str, Any] = {"view_px": [options.width, options.height]}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ATELIER_HOME"] = folder
        for side, layers in cases:
            path = build(Path(folder), side, layers)
            result[f"{side} x {side}, {layers} layers"] = measure(
                path, options.width, options.height
            )
            path.unlink()
    report("stroke", result)


if __name__ == "__main__":
    main()

"""Takes the screenshots of the documentation: every workspace, with work that is made for it.

    uv run python docs/take_screenshots.py [--theme dark] [FOLDER]

Runs the real studio on a project of its own with the starter model, on the screen that is there or
offscreen, and writes PNG files of 1440 x 900 px into FOLDER (docs/screenshots).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

if TYPE_CHECKING:
    from studio.ui.window import Window

PROMPTS = (
    ("a red mushroom in a green meadow", 11),
    ("a small white house on a hill at sunset", 5),
    ("a yellow sailing boat on the sea", 3),
    ("two pine trees in the snow at night", 8),
    ("a purple balloon over the mountains", 21),
)
KEPT = 0
QUESTION = "Suggest three titles for a picture of a red mushroom in a green meadow."

# A step returns what must be true before the next one begins.
Step = Callable[[], Callable[[], bool]]


def main() -> int:
    """Drive the studio through its workspaces and grab each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=REPOSITORY / "docs/screenshots")
    parser.add_argument("--theme", default="dark")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["ATELIER_HOME"] = home
        from studio.ui.application import run

        def begin(window: Window) -> None:
            window.resize(1440, 900)
            window.studio.change_settings(theme=options.theme)
            _play(window, _steps(window, options.folder))

        return run([], Path(home) / "Paper boats.atelier", on_first_paint=begin)


def _steps(window: Window, folder: Path) -> Iterator[Step]:
    studio = window.studio

    def grab(name: str) -> Step:
        def step() -> Callable[[], bool]:
            window.grab().save(str(folder / f"{name}.png"))
            return lambda: True

        return step

    def ready() -> Callable[[], bool]:
        return lambda: studio.worker_state == "ready"

    yield ready
    yield grab("welcome")
    for prompt, seed in PROMPTS:
        yield _make(window, prompt, seed)
    yield _keep(window)
    yield _choose_candidate(window)
    yield grab("canvas")
    yield _show(window, "write")
    yield _talk(window)
    yield grab("write")
    for name in ("gallery", "models"):
        yield _show(window, name)
        yield grab(name)


def _make(window: Window, prompt: str, seed: int) -> Step:
    def step() -> Callable[[], bool]:
        studio = window.studio
        window.inspector.use_settings({"prompt": prompt, "seed": seed})
        window.generate(window.inspector.form.request())
        return lambda: not studio.queue.jobs() and studio.project.pending == 0

    return step


def _keep(window: Window) -> Step:
    def step() -> Callable[[], bool]:
        item, output = window.studio.project.history.candidates()[KEPT]
        window.studio.project.history.star(item.id, True)
        window.studio.keep(item.id, output.index)
        return lambda: bool(window.studio.project.image.layers)

    return step


def _choose_candidate(window: Window) -> Step:
    def step() -> Callable[[], bool]:
        window.canvas.view.fit()
        return lambda: window.studio.project.pending == 0

    return step


def _show(window: Window, name: str) -> Step:
    def step() -> Callable[[], bool]:
        window.show_workspace(name)
        return lambda: not window.studio.busy_in_background

    return step


def _talk(window: Window) -> Step:
    def step() -> Callable[[], bool]:
        page = window._page("write")
        page.composer.field.setText(QUESTION)
        page.send()
        return lambda: window.studio.chat.writing(page.shown.id) is None

    return step


def _play(window: Window, steps: Iterator[Step]) -> None:
    """Do one step after another, each when the former one's condition holds, then end."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    timer = QTimer(window)
    holds: list[Callable[[], bool]] = [lambda: True]
    calm = [0]

    def tick() -> None:
        # Three quiet ticks let thumbnails and layouts settle before a picture is taken.
        calm[0] = calm[0] + 1 if holds[0]() else 0
        if calm[0] < 3:
            return
        calm[0] = 0
        step = next(steps, None)
        if step is None:
            timer.stop()
            QApplication.quit()
        else:
            holds[0] = step()

    timer.timeout.connect(tick)
    timer.start(200)


if __name__ == "__main__":
    raise SystemExit(main())

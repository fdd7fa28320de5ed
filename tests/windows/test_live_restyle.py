"""Live: the picture is made anew while it is painted on; the fake engine returns its negative."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.api.events import FINAL_EVENTS, Cancelled, Done, JobEvent, Started
from tests.windows.conftest import Artist
from tests.windows.test_picture_modes import drag, on_view, photo, pixels, place

CTRL = Qt.KeyboardModifier.ControlModifier


class Watcher:
    """What the worker was asked to do, in order."""

    def __init__(self, artist: Artist) -> None:
        self.events: list[JobEvent] = []
        self.most_at_once = 0
        self._running: set[str] = set()
        artist.studio.job_event.connect(self._on_event)

    def _on_event(self, event: JobEvent) -> None:
        self.events.append(event)
        if isinstance(event, Started):
            self._running.add(event.job_id)
        if isinstance(event, FINAL_EVENTS):
            self._running.discard(event.job_id)
        self.most_at_once = max(self.most_at_once, len(self._running))

    def of(self, kind: type) -> list[JobEvent]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def restyler(artist: Artist, tmp_path: Path) -> Artist:
    """Someone with a photo on the canvas, in the Restyle mode, brush in hand."""
    place(artist, photo(tmp_path / "photo.png"))
    artist.click(artist.window.inspector.mode_bar.button("restyle"))
    artist.window.canvas.view.setFocus()
    artist.keys(Qt.Key.Key_B)
    artist.window.canvas.view.set_zoom(1)
    return artist


def box(artist: Artist) -> QWidget:
    return artist.window.inspector.findChild(QWidget, "live-row").box


def turn_on(artist: Artist) -> None:
    """Check the box by keyboard."""
    box(artist).setFocus()
    artist.keys(Qt.Key.Key_Space)
    assert box(artist).isChecked()


def seen(artist: Artist) -> np.ndarray | None:
    """What lies over the canvas."""
    view = artist.window.canvas.view
    if view._overlay is None:
        return None
    image = view._overlay.levels[0]
    raw = np.frombuffer(image.constBits(), np.uint8)
    return raw.reshape(image.height(), image.width(), 4)[..., 2::-1]


def is_negative(artist: Artist) -> bool:
    shown = seen(artist)
    return shown is not None and np.array_equal(shown, 255 - pixels(artist)[..., :3])


def test_the_result_follows_the_brush_and_leaves_nothing_behind(restyler: Artist) -> None:
    assert not box(restyler).isChecked(), "off until somebody turns it on"
    turn_on(restyler)
    restyler.until(lambda: is_negative(restyler))
    before = pixels(restyler).copy()
    restyler.window.canvas.state.set_foreground((250, 10, 10))
    drag(restyler, (40, 40), (120, 60))
    restyler.until(lambda: not np.array_equal(pixels(restyler), before))
    restyler.until(lambda: is_negative(restyler))
    studio = restyler.studio
    assert not studio.project.history.items()
    assert not studio.queue.jobs()
    assert restyler.layers() == 1
    restyler.window.canvas.view.setFocus()
    restyler.keys(Qt.Key.Key_Escape)
    assert not box(restyler).isChecked()
    assert seen(restyler) is None
    drag(restyler, (40, 100), (120, 120))
    assert not restyler.window.canvas.live.on


def test_under_the_pen_the_stroke_itself_is_seen(restyler: Artist) -> None:
    turn_on(restyler)
    restyler.until(lambda: is_negative(restyler))
    view = restyler.window.canvas.view
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=on_view(restyler, 60, 60))
    assert not view.has_overlay
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=on_view(restyler, 60, 60))


def test_a_stroke_cancels_the_run_that_it_outdates(restyler: Artist) -> None:
    watcher = Watcher(restyler)
    restyler.window.inspector.form.set_values({"prompt": "slow", "steps": 60})
    turn_on(restyler)
    restyler.until(lambda: watcher.of(Started))
    first = watcher.of(Started)[0].job_id
    drag(restyler, (40, 40), (120, 60))
    restyler.until(lambda: watcher.of(Cancelled))
    assert watcher.of(Cancelled)[0].job_id == first
    restyler.window.inspector.form.set_values({"prompt": "quick", "steps": 4})
    restyler.until(lambda: is_negative(restyler))
    assert watcher.most_at_once == 1


def test_what_the_artist_asks_for_goes_first(restyler: Artist) -> None:
    watcher = Watcher(restyler)
    restyler.window.inspector.form.set_values({"prompt": "slow", "steps": 60})
    turn_on(restyler)
    restyler.until(lambda: watcher.of(Started))
    history = restyler.studio.project.history
    restyler.keys(Qt.Key.Key_Return, CTRL)
    restyler.until(lambda: history.items())
    (own,) = (item.id for item in history.items())
    restyler.until(lambda: watcher.of(Done))
    assert watcher.of(Cancelled)
    assert watcher.of(Done)[0].job_id == own
    restyler.until(lambda: len({event.job_id for event in watcher.of(Started)}) == 3)
    assert len(history.items()) == 1


def test_another_mode_ends_it(restyler: Artist) -> None:
    turn_on(restyler)
    restyler.until(lambda: is_negative(restyler))
    restyler.click(restyler.window.inspector.mode_bar.button("create"))
    assert not restyler.window.canvas.live.on
    assert seen(restyler) is None


def test_an_error_is_told_once_and_ends_it(restyler: Artist) -> None:
    notices: list[object] = []
    restyler.studio.notice.connect(notices.append)
    restyler.window.inspector.form.set_values({"prompt": "known"})
    turn_on(restyler)
    restyler.until(lambda: not box(restyler).isChecked())
    assert len(notices) == 1

"""Write inside the whole window: its key, its keys, and what the Models page sends there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.models import write_language_folder

if TYPE_CHECKING:
    from tests.windows.conftest import Artist

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_ctrl_4_opens_write_and_ctrl_enter_sends_there(
    open_window: Callable[..., Artist], atelier_home: Path
) -> None:
    write_language_folder(atelier_home / "data" / "models" / "writer")
    artist = open_window()
    window, kept = artist.window, artist.studio.project.chat
    artist.keys(Qt.Key.Key_4, CONTROL)
    artist.until(lambda: window.current_workspace() == "write")
    artist.until(lambda: not artist.studio.busy_in_background)
    window.use_model("writer")
    page = window._page("write")
    assert QApplication.focusWidget() is page.composer.field
    QTest.keyClicks(page.composer.field, "hello there")
    artist.keys(Qt.Key.Key_Return, CONTROL)
    artist.until(lambda: kept.threads())
    (thread,) = kept.threads()
    assert thread.title == "hello there"
    assert thread.settings.model == "writer"
    # The worker of this test paints only: the answer fails, in its place and in words.
    artist.until(lambda: kept.path(thread.id)[-1].status == "failed")
    assert "No engine on this machine" in kept.path(thread.id)[-1].facts.problem
    assert artist.studio.project.history.items() == []

    artist.keys(Qt.Key.Key_1, CONTROL)
    artist.until(lambda: window.current_workspace() == "canvas")
    artist.generate("a red house")
    assert len(kept.path(thread.id)) == 2

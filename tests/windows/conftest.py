"""The whole window around a whole studio: real project, real worker process, fake engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.ui.application import QtDispatcher
from studio.ui.theme import apply_theme
from studio.ui.window import Window
from tests.support.bench import FAKE_ENGINES, REPOSITORY
from tests.support.models import write_model_folder

# The leak and Qt-warning fixtures of the widget tests hold for the whole window too.
from tests.ui.conftest import nothing_left_behind, pytest_configure, qapp_args

__all__ = ["nothing_left_behind", "pytest_configure", "qapp_args"]

TIMEOUT_MS = 60_000


class Artist:
    """Someone at the window: looks, types and clicks; ``studio`` is only asked for the truth."""

    def __init__(self, window: Window, qtbot: QtBot) -> None:
        self.window, self.studio, self.qtbot = window, window.studio, qtbot

    def until(self, condition: Callable[[], object], timeout: int = TIMEOUT_MS) -> None:
        """Wait, with the event loop running, until the condition holds."""
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=timeout)

    def keys(
        self,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        widget: QWidget | None = None,
    ) -> None:
        """Press and release a key where the focus is."""
        target = widget or QApplication.focusWidget() or self.window
        QTest.keyClick(target, key, modifiers)

    def click(self, widget: QWidget) -> None:
        """Click the middle of a widget."""
        assert widget.isVisible(), widget
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def prompt(self, words: str) -> None:
        """Type a new prompt into the inspector."""
        field = self.window.inspector.form.prompt_control().edit
        self.click(field.viewport())
        field.selectAll()
        QTest.keyClicks(field, words)

    def generate(self, words: str) -> str:
        """Type a prompt, press Ctrl+Enter, and return the id in the history."""
        before = {item.id for item in self.studio.project.history.items()}
        self.prompt(words)
        self.keys(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        self.until(lambda: {i.id for i in self.studio.project.history.items()} - before)
        (new,) = {item.id for item in self.studio.project.history.items()} - before
        return new

    def finished(self, job_id: str) -> None:
        """Wait until a job is over."""
        self.until(
            lambda: self.studio.project.history.get(job_id).status not in ("queued", "running")
        )

    def layers(self) -> int:
        """Count the layers of the canvas."""
        return len(self.studio.project.image.layers)


@pytest.fixture
def open_window(
    atelier_home: Path, qtbot: QtBot, qapp: QApplication
) -> Iterator[Callable[..., Artist]]:
    """Return a function that opens the window as a start of the program does."""
    if not (atelier_home / "data" / "models" / "paper").exists():
        write_model_folder(atelier_home / "data" / "models" / "paper")
    studios: list[Studio] = []

    def open_one(project: Path | None = None) -> Artist:
        studio = Studio(
            dispatch=QtDispatcher(),
            project=project,
            engines=FAKE_ENGINES,
            environment={"PYTHONPATH": str(REPOSITORY)},
        )
        studio.change_settings(default_image_model="paper", welcome_dismissed=True)
        studios.append(studio)
        apply_theme(qapp, "dark")
        window = Window(studio)
        window.resize(1440, 900)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: window.finished)
        studio.warm_up()
        window.activateWindow()
        window.use_model("paper")
        qtbot.addWidget(window)
        return Artist(window, qtbot)

    yield open_one
    for studio in studios:
        studio.close()


@pytest.fixture
def artist(open_window: Callable[..., Artist]) -> Artist:
    """Someone who has just opened the studio."""
    return open_window()

"""The Write workspace over a real studio: real project, real worker process, fake writer."""

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
from studio.ui.chat.message import AnswerView, MessageView, QuestionView
from studio.ui.chat.workspace import ChatWorkspace
from studio.ui.theme import apply_theme
from tests.support.bench import REPOSITORY
from tests.support.models import write_language_folder

ENGINES = "tests.workers.fake_chat_engine:engines"
TIMEOUT_MS = 60_000


class Writer:
    """Someone at the Write page: types, clicks and looks."""

    def __init__(self, page: ChatWorkspace, studio: Studio, qtbot: QtBot) -> None:
        self.page, self.studio, self.qtbot = page, studio, qtbot

    def until(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=TIMEOUT_MS)

    def click(self, widget: QWidget) -> None:
        assert widget.isVisible(), widget
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def type(self, words: str) -> None:
        self.click(self.page.composer.field.viewport())
        for number, line in enumerate(words.split("\n")):
            if number:
                QTest.keyClick(self.page.composer.field, Qt.Key.Key_Return)
            QTest.keyClicks(self.page.composer.field, line)

    def press(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        together = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            together |= modifier
        QTest.keyClick(QApplication.focusWidget() or self.page, key, together)

    def send(self, words: str) -> None:
        """Type a message and press Ctrl+Enter."""
        self.type(words)
        self.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    def answered(self) -> None:
        """Wait until nothing is being written and the page shows it."""
        self.until(
            lambda: (
                self.page.shown is not None
                and self.studio.chat.writing(self.page.shown.id) is None
                and not self.page._frame.isActive()
            )
        )

    def say(self, words: str) -> AnswerView:
        self.send(words)
        self.answered()
        return self.answers()[-1]

    def views(self) -> list[MessageView]:
        return self.page.conversation.views()

    def answers(self) -> list[AnswerView]:
        return [view for view in self.views() if isinstance(view, AnswerView)]

    def questions(self) -> list[QuestionView]:
        return [view for view in self.views() if isinstance(view, QuestionView)]

    def texts(self) -> list[str]:
        return [view.turn.text.strip() for view in self.views()]


@pytest.fixture
def make_writer(
    atelier_home: Path, qtbot: QtBot, qapp: QApplication
) -> Iterator[Callable[[], Writer]]:
    """Return a function that opens the page as the window does; one model is installed."""
    write_language_folder(atelier_home / "data" / "models" / "writer")
    studios: list[Studio] = []

    def make() -> Writer:
        studio = Studio(
            dispatch=QtDispatcher(), engines=ENGINES, environment={"PYTHONPATH": str(REPOSITORY)}
        )
        studios.append(studio)
        apply_theme(qapp, "dark")
        page = ChatWorkspace(studio)
        page.resize(1376, 840)
        qtbot.addWidget(page)
        with qtbot.waitExposed(page):
            page.show()
        page.activateWindow()
        page.setFocus()
        writer = Writer(page, studio, qtbot)
        writer.until(lambda: not studio.busy_in_background)
        page.use_model("writer")
        return writer

    yield make
    for studio in studios:
        studio.close()


@pytest.fixture
def writer(make_writer: Callable[[], Writer]) -> Writer:
    return make_writer()

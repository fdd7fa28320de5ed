"""A real project and studio without a worker, and the canvas workspace in a window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.document import ImageDocument, Project
from studio.ui.actions import ActionTable
from studio.ui.canvas.workspace import CanvasWorkspace
from studio.ui.theme import apply_theme
from tests.ui.canvas.hands import Hand
from tests.ui.canvas.making import Maker


class ToMainThread(QObject):
    """Runs what other threads dispatch in the event loop."""

    called = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.called.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    def __call__(self, call: Callable[[], None]) -> None:
        self.called.emit(call)


@pytest.fixture
def studio(tmp_path: Path, qapp: QApplication) -> Iterator[Studio]:
    """A studio on a new project of 512 x 384 px; its worker is never started."""
    dispatch = ToMainThread()
    project = Project.create(tmp_path / "work.atelier", width=512, height=384, dispatch=dispatch)
    studio = Studio(dispatch=dispatch, project=project)
    yield studio
    studio.close()


@pytest.fixture
def make(studio: Studio) -> Maker:
    """Puts things into the studio."""
    return Maker(studio)


@pytest.fixture
def document(studio: Studio) -> ImageDocument:
    """The picture of the open project."""
    return studio.project.image


@pytest.fixture
def workspace(studio: Studio, qtbot: QtBot, qapp: QApplication) -> Iterator[CanvasWorkspace]:
    """The canvas and its layers in a window, with the window's shortcuts, shown and focused."""
    apply_theme(qapp, "dark")
    window = QMainWindow()
    qtbot.addWidget(window)
    workspace = CanvasWorkspace(studio)
    table = ActionTable(window)
    table.add(workspace.all_actions())
    inspector = QWidget()
    inspector.setFixedWidth(280)
    sections = QVBoxLayout(inspector)
    for section in workspace.inspector_sections():
        sections.addWidget(section)
    sections.addStretch(1)
    both = QWidget()
    row = QHBoxLayout(both)
    row.addWidget(workspace, 1)
    row.addWidget(inspector)
    window.setCentralWidget(both)
    window.resize(1180, 640)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    workspace.view.setFocus()
    qtbot.waitUntil(lambda: not workspace.view.compositor.busy)
    yield workspace
    workspace.close_document()


@pytest.fixture
def hand(workspace: CanvasWorkspace, qtbot: QtBot) -> Hand:
    """A hand at the canvas, at 100 %."""
    return Hand(workspace, qtbot)

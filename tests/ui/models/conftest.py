"""A real studio over a folder of models with real headers; no worker is started."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.api.plans import DeviceInfo
from studio.app.studio import Studio
from studio.core.paths import models_dir
from studio.document import Project
from studio.ui.models import ModelsWorkspace
from studio.ui.theme import apply_theme
from tests.models.conftest import ModelMaker

GIGABYTE = 2**30


class ToMainThread(QObject):
    """Runs what other threads dispatch in the event loop."""

    called = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.called.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    def dispatch(self, call: Callable[[], None]) -> None:
        self.called.emit(call)


def card_of(gigabytes: int) -> DeviceInfo:
    """Return a graphics card that may be filled with so much."""
    return DeviceInfo(
        id="cuda:0",
        kind="cuda",
        name="Card",
        total_bytes=gigabytes * GIGABYTE,
        free_bytes=gigabytes * GIGABYTE,
        data_type="float16",
        simulated_budget_bytes=gigabytes * GIGABYTE,
    )


@pytest.fixture(scope="session")
def maker() -> ModelMaker:
    """Writes model files from published layouts."""
    packed = Path(__file__).parents[2] / "models" / "layouts.json.xz"
    return ModelMaker(json.loads(lzma.decompress(packed.read_bytes())))


@pytest.fixture
def own_models() -> Path:
    """The studio's own models folder, empty."""
    return models_dir()


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-hub-cache"))
    apply_theme(qapp, "dark")
    main_thread = ToMainThread()
    project = Project.create(tmp_path / "work.atelier", dispatch=main_thread.dispatch)
    studio = Studio(dispatch=main_thread.dispatch, project=project)
    studio.device = card_of(8)
    yield studio
    studio.close()
    qapp.processEvents()


@pytest.fixture
def page(studio: Studio, qtbot: QtBot) -> ModelsWorkspace:
    """The Models page, not shown yet."""
    page = ModelsWorkspace(studio)
    qtbot.addWidget(page)
    page.resize(1384, 870)
    return page


@pytest.fixture
def shown(page: ModelsWorkspace, studio: Studio, qtbot: QtBot) -> Callable[[], ModelsWorkspace]:
    """Show the page and wait until it has looked at everything."""

    def show() -> ModelsWorkspace:
        with qtbot.waitExposed(page):
            page.show()
        qtbot.waitUntil(lambda: not studio.busy_in_background and bool(page.recommended.cards))
        return page

    return show

"""A real project with a real history, and a studio around it that starts no worker."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.api.artifacts import ImageArtifact
from studio.api.requests import ModelRef, TextToImage
from studio.app.studio import Studio
from studio.core.ids import new_id
from studio.core.paths import scratch_dir
from studio.document import Project
from studio.ui.gallery import GalleryWorkspace
from studio.ui.theme import apply_theme


class ToMainThread(QObject):
    """Runs what other threads dispatch in the event loop."""

    called = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.called.connect(lambda call: call(), Qt.ConnectionType.QueuedConnection)

    def dispatch(self, call: Callable[[], None]) -> None:
        self.called.emit(call)


class Maker:
    """Puts generations into a history as the studio does when they finish."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def generation(
        self,
        prompt: str,
        *,
        seed: int = 0,
        count: int = 1,
        size: tuple[int, int] = (64, 64),
        status: str = "done",
        error: str = "",
        model_title: str = "Starter",
    ) -> str:
        """Add a generation, with ``count`` pictures if it is done, and return its id."""
        history, item_id = self._studio.project.history, new_id()
        request = TextToImage(
            model=ModelRef(id="thumbnail"),
            prompt=prompt,
            seed=seed,
            count=max(1, count),
            width=size[0],
            height=size[1],
        )
        history.add(item_id, request, model_title=model_title)
        for index in range(count if status == "done" else 0):
            history.add_output(item_id, artifact(seed + index, index, size))
        history.update(
            item_id,
            status=status,  # type: ignore[arg-type]
            seconds=1.5,
            peak_bytes=300_000_000,
            error_message=error,
            error_hint="Choose a smaller size." if error else "",
        )
        return item_id


def artifact(seed: int, index: int, size: tuple[int, int]) -> ImageArtifact:
    """Return a finished picture in the scratch folder; its colour is its seed's."""
    colour = ((seed * 67) % 256, (seed * 31 + 90) % 256, (seed * 13 + 160) % 256)
    picture = Image.new("RGB", size, colour)
    file, small = io.BytesIO(), io.BytesIO()
    picture.save(file, "PNG")
    picture.thumbnail((256, 256))
    picture.save(small, "JPEG")
    path = scratch_dir() / f"{new_id()}.png"
    path.write_bytes(file.getvalue())
    return ImageArtifact(
        path=str(path),
        sha256=hashlib.sha256(file.getvalue()).hexdigest(),
        media_type="image/png",
        size_bytes=len(file.getvalue()),
        width=size[0],
        height=size[1],
        seed=seed,
        index=index,
        thumbnail=small.getvalue(),
    )


@pytest.fixture
def studio(qapp: QApplication, tmp_path: Path) -> Iterator[Studio]:
    apply_theme(qapp, "dark")
    main_thread = ToMainThread()
    project = Project.create(tmp_path / "work.atelier", dispatch=main_thread.dispatch)
    studio = Studio(dispatch=main_thread.dispatch, project=project)
    yield studio
    studio.close()
    qapp.processEvents()


@pytest.fixture
def make(studio: Studio) -> Maker:
    return Maker(studio)


@pytest.fixture
def gallery(studio: Studio, qtbot: QtBot) -> GalleryWorkspace:
    """The Gallery, not shown yet: fill the history, then call ``shown``."""
    page = GalleryWorkspace(studio)
    qtbot.addWidget(page)
    page.resize(1280, 800)
    return page


@pytest.fixture
def shown(gallery: GalleryWorkspace, qtbot: QtBot) -> Callable[[], GalleryWorkspace]:
    """Show the Gallery and give it the keyboard."""

    def show() -> GalleryWorkspace:
        with qtbot.waitExposed(gallery):
            gallery.show()
        gallery.activateWindow()
        qtbot.waitUntil(lambda: gallery.listing.attached)
        if gallery.model.rowCount():
            qtbot.waitUntil(gallery.grid.hasFocus)
        return gallery

    return show

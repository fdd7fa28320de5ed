"""What every window test stands on: no screen needed, and nothing may be left behind."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from studio.core.signals import Signal

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.api.plans import ComponentPlan, DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import ModelRef, TextToImage, checked
from studio.app.live import LiveJob
from studio.core.errors import StudioError
from studio.core.ids import new_id
from studio.core.settings import Settings
from studio.core.units import GB, format_bytes, format_share
from studio.models.installed import GenerationDefaults, InstalledModel
from studio.runtime.queue import JobQueue, MemoryJobStore
from studio.ui import theme


def pytest_configure(config: pytest.Config) -> None:
    # The offscreen platform says this for windows of limited size, for raise() and for popups.
    config.addinivalue_line("qt_log_ignore", "This plugin does not support ")


@pytest.fixture(scope="session")
def qapp_args() -> list[str]:
    return ["atelier-test"]


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a window, a running thread or a running timer.

    pytest-qt closes what was added to qtbot before fixtures are torn down; this fixture is set up
    first, so it looks last.
    """
    if not {"qtbot", "qapp"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    before = set(map(id, leftovers()))
    yield
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    left = [thing for thing in leftovers() if id(thing) not in before]
    if left:
        # Only now, because it takes a while: what nobody refers to any more is no leak.
        del left
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        left = [thing for thing in leftovers() if id(thing) not in before]
    assert not left, f"left behind: {left}"


def leftovers() -> list[object]:
    """Return every top-level widget, running QThread and active QTimer of the process."""
    found: list[object] = list(QApplication.topLevelWidgets())
    for thing in gc.get_objects():
        # type() and not isinstance(), which would ask proxy objects for their __class__.
        kind = type(thing)
        if (
            issubclass(kind, QThread | QTimer)
            and isValid(thing)
            and (thing.isRunning() if issubclass(kind, QThread) else thing.isActive())
        ):
            found.append(thing)
    return found


@pytest.fixture
def in_window(qtbot: QtBot) -> Callable[..., QWidget]:
    """Return a function that shows a widget in a window of a given size and keeps the window."""
    windows: list[QWidget] = []

    def show(widget: QWidget, width: int = 300, height: int = 200) -> QWidget:
        window = QWidget()
        layout = QVBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(widget)
        layout.addStretch(1)
        qtbot.addWidget(window)
        window.resize(width, height)
        with qtbot.waitExposed(window):
            window.show()
        windows.append(window)
        return window

    return show


class _WindowWatch(QObject):
    """Writes down every widget that appears as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(type(watched).__name__)
        return False


@pytest.fixture
def windows_shown(qapp: QApplication) -> Iterator[list[str]]:
    """The class names of windows that appeared so far: a child shown too early flashes as one."""
    watch = _WindowWatch()
    qapp.installEventFilter(watch)
    yield watch.shown
    qapp.removeEventFilter(watch)


@pytest.fixture(params=tuple(theme.THEMES))
def each_theme(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    """Run the test in every theme; dark is put back afterwards."""
    theme.apply_theme(qapp, request.param)
    yield request.param
    theme.apply_theme(qapp, "dark")


def installed(identity: str, **changes: Any) -> InstalledModel:
    """Return a model as the library would list it."""
    known = {
        "id": identity,
        "title": identity.replace("-", " ").title(),
        "family": "sd1",
        "layout": "diffusers",
        "path": f"/models/{identity}",
        "revision": "1",
        "tasks": ("text_to_image",),
    }
    return InstalledModel(**(known | changes))


class StandInLibrary:
    """Lists given models and tells when the list changed."""

    changed = Signal()

    def __init__(self, models: list[InstalledModel]) -> None:
        self.installed = models

    def models(self, task: str | None = None) -> list[InstalledModel]:
        return [model for model in self.installed if task is None or task in model.tasks]


class StandInProject:
    """Tells how much is not yet on disk."""

    pending_changed = Signal(int)
    failed = Signal(StudioError)

    def __init__(self) -> None:
        self.pending = 0

    def write(self, pending: int) -> None:
        self.pending = pending
        self.pending_changed.emit(pending)


class StandInQueue(JobQueue):
    """The real queue without a runner: what would reach the worker is written down."""

    def __init__(self) -> None:
        super().__init__(MemoryJobStore())
        self.cancelled: list[str] = []

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)
        self.finish(job_id)

    def discard(self, job_id: str) -> None:
        self.finish(job_id)


class StandInStudio:
    """The studio's face without its worker: real signals, real queue, plans by rule."""

    settings_changed = Signal(Settings)
    project_changed = Signal(object)
    device_changed = Signal()
    worker_changed = Signal(str)
    notice = Signal(object)
    job_event = Signal(object)
    live_changed = Signal(str)

    def __init__(self) -> None:
        self.settings = Settings()
        self.project = StandInProject()
        self.library = StandInLibrary(
            [
                installed("thumbnail", defaults=GenerationDefaults(steps=20, guidance_scale=4)),
                installed(
                    "sdxl-base",
                    title="SDXL base",
                    family="sdxl",
                    defaults=GenerationDefaults(
                        width=1024, height=1024, steps=30, guidance_scale=6
                    ),
                ),
                installed("sdxl-refiner", family="sdxl_refiner", tasks=()),
                installed("watercolour", family="lora", tasks=(), title="Watercolour"),
            ]
        )
        self.queue = StandInQueue()
        self.device = DeviceInfo(
            id="cuda:0",
            kind="cuda",
            name="NVIDIA GeForce RTX 4060",
            total_bytes=8 * GB,
            free_bytes=8 * GB,
            data_type="float16",
        )
        self.used_bytes = 0
        self.budget_bytes = 8 * GB
        self.resident: tuple[ResidentModel, ...] = ()
        self.worker_state = "ready"
        self.live: dict[str, LiveJob] = {}
        self.planned: list[TextToImage] = []
        self.refusal: StudioError | None = None
        self.peak_bytes = int(6.1 * GB)
        self.cancels = 0

    def preferred_model(self, kind: str) -> str:
        return self.settings.default_image_model

    def plan(self, request: TextToImage) -> LoadPlan:
        self.planned.append(request)
        if self.refusal is not None:
            raise self.refusal
        checked(request)
        fits = self.peak_bytes <= self.budget_bytes
        share = format_share(self.peak_bytes, self.budget_bytes)
        return LoadPlan(
            model=request.model,
            title=request.model.id,
            family="sd1",
            layout="diffusers",
            path="/models",
            device="cuda:0",
            data_type="float16",
            placement="whole",
            components=(ComponentPlan(name="unet", weight_bytes=1, data_type="float16"),),
            weight_bytes=self.peak_bytes,
            activation_bytes=0,
            peak_bytes=self.peak_bytes,
            budget_bytes=self.budget_bytes,
            reason=f"half precision, whole model on the GPU, {share}"
            if fits
            else f"does not fit: needs {format_bytes(self.peak_bytes)}",
            fits=fits,
        )

    def cancel(self, job_id: str | None = None) -> None:
        self.cancels += 1

    def change_settings(self, **changes: Any) -> None:
        self.settings = msgspec.structs.replace(self.settings, **changes)
        self.settings_changed.emit(self.settings)

    def add_job(self, prompt: str = "a red mushroom") -> str:
        """Queue a job as ``generate`` would."""
        job_id = new_id()
        request = TextToImage(model=ModelRef(id="thumbnail"), prompt=prompt)
        self.live[job_id] = LiveJob(job_id=job_id, title=prompt, width=512, height=512)
        self.queue.add(job_id, request)
        return job_id

    def advance(self, job_id: str, **changes: Any) -> None:
        """Tell a new live state of a job."""
        self.live[job_id] = msgspec.structs.replace(self.live[job_id], **changes)
        self.live_changed.emit(job_id)


@pytest.fixture
def stand_in() -> StandInStudio:
    """The studio as the shell and the inspector see it, without a worker."""
    return StandInStudio()

"""The studio: owns settings, project, models and queue, with or without a window."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from studio.api.engines import INPUTS_FOLDER
from studio.api.events import JobEvent
from studio.api.jobs import JobRecord
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import ChatTurn, PictureRequest
from studio.app.chat import Chat
from studio.app.choosing import preferred_model
from studio.app.closing import close_safely
from studio.app.devices import (
    free_memory_bytes,
    last_known_device,
    processor,
    remember_device,
)
from studio.app.dispatch import Background, Dispatch
from studio.app.generation import Generation
from studio.app.libraries import model_folders, open_library
from studio.app.live import LiveJob
from studio.app.notices import Notice, error_notice
from studio.app.placing import DRAGGED, Placing, recipe_for
from studio.app.plugins import find_plugins
from studio.app.projects import first_project, new_project_path, remember_project
from studio.app.scratch import sweep
from studio.core.errors import StudioError
from studio.core.paths import cache_dir, scratch_dir
from studio.core.settings import Settings, load_settings, save_settings
from studio.core.signals import Signal
from studio.document import Project
from studio.models import ModelLibrary
from studio.runtime.protocol import DeviceStatus, EngineFailed
from studio.runtime.runner import JobRunner, WorkerState

if TYPE_CHECKING:
    from studio.api.recipe import Recipe
    from studio.runtime.local import LocalWorker

log = logging.getLogger(__name__)

T = TypeVar("T")

BUILT_IN_ENGINES = "studio.engines:built_in_engines"
DEFAULT_IMAGE_MODEL = "thumbnail"


class Studio:
    """Everything an artist can do, as methods; everything that happens, as signals.

    All methods and signals belong to the main thread; ``dispatch`` brings the rest there.
    """

    settings_changed = Signal(Settings)
    project_changed = Signal(object)
    device_changed = Signal()
    worker_changed = Signal(str)
    notice = Signal(Notice)
    job_event = Signal(object)
    live_changed = Signal(str)

    def __init__(
        self,
        *,
        dispatch: Dispatch,
        project: Project | Path | None = None,
        engines: str = BUILT_IN_ENGINES,
        environment: Mapping[str, str] | None = None,
        remember: bool = True,
    ) -> None:
        """``remember`` tells whether the projects opened here become the ones opened last."""
        self._dispatch = dispatch
        self._remembers = remember
        self._settings_readable = True
        self._engines = engines
        self._environment = environment
        self._startup_errors: list[StudioError] = []
        self.settings = self._load_settings()
        self._background = Background(dispatch, self.report)
        self._generation = Generation(self)
        self.chat = Chat(self)
        self._placing = Placing(self)
        self.plugins = find_plugins()
        self._startup_errors.extend(error for _, error in self.plugins.problems())
        self.library = self._library()
        known = last_known_device()
        # Until a worker has looked there may be a better device than the processor.
        self.device_known = known is not None
        self.device: DeviceInfo = known or processor()
        self.used_bytes = 0
        self.resident: tuple[ResidentModel, ...] = ()
        self.project: Project
        self.queue: JobRunner
        self._adopt(project if isinstance(project, Project) else self._open_first(project))

    # -- life ----------------------------------------------------------------------------------

    def _load_settings(self) -> Settings:
        try:
            return load_settings()
        except StudioError as error:
            # The artist may want to correct the file: it is left alone until it can be read.
            self._settings_readable = False
            hint = f"{error.hint} Until then the defaults hold and changes are not kept.".strip()
            self._startup_errors.append(StudioError(error.message, hint, code=error.code))
            return Settings()

    def _library(self) -> ModelLibrary:
        return open_library(self.settings, self.plugins.models())

    def _open_first(self, wanted: Path | None) -> Project:
        project, errors = first_project(wanted, self.settings, self._dispatch)
        self._startup_errors.extend(errors)
        return project

    def _adopt(self, project: Project) -> None:
        """Make ``project`` the open one, with a queue of its own jobs."""
        self.project = project
        project.failed.connect(self.report)
        self.queue = JobRunner(
            project.jobs,
            prepare=self._prepare,
            worker_factory=self._worker,
            dispatch=self._dispatch,
            scratch=scratch_dir(),
            is_light=self._generation.is_light,
        )
        self.queue.engine_failed.connect(self._on_engine_failed)
        self.queue.job_event.connect(self._on_job_event)
        self.queue.device_changed.connect(self._on_device)
        self.queue.worker_changed.connect(self.worker_changed.emit)
        for problem in project.problems:
            self._startup_errors.append(StudioError(problem, code="damaged_project"))
        self._remember(project.path)

    def _worker(
        self, on_message: Callable[[Any, Any], None], on_exit: Callable[[Any, str], None]
    ) -> LocalWorker:
        from studio.runtime.local import LocalWorker

        return LocalWorker(
            engines=self._engines,
            on_message=on_message,
            on_exit=on_exit,
            environment=self._environment,
            plugin_engines=self.plugins.engines(),
        )

    def tell_startup_errors(self) -> None:
        """Report what went wrong before anybody could listen."""
        errors, self._startup_errors = self._startup_errors, []
        for error in errors:
            self.report(error)

    def warm_up(self) -> None:
        """Start the worker, and the jobs that wait, in the background."""
        self.queue.warm_up()

    def tidy_up(self) -> None:
        """Remove in the background what killed studios left behind more than a day ago."""
        folders = (scratch_dir(), scratch_dir() / INPUTS_FOLDER, cache_dir() / DRAGGED)
        self.background(partial(sweep, folders), lambda count: log.info("swept %d files", count))

    def close(self) -> StudioError | None:
        """End the worker, write what is pending, close the project; never fails.

        Returns:
            What the disk did not take and where it was saved instead, None when all is well. The
            log has it too; there may be no window left to show it.
        """
        self.chat.settle()
        self.queue.close()
        self._background.close()
        problem, copy = close_safely(self.project)
        if problem is not None:
            self.report(problem)
        if copy is not None:
            self._remember(copy)
        return problem

    # -- settings and words to the artist ------------------------------------------------------

    def change_settings(self, **changes: Any) -> None:
        """Change settings and write them; a disk that cannot take them is told, not fatal."""
        self.settings = self.settings.changed(**changes)
        try:
            if self._settings_readable:
                save_settings(self.settings)
        except StudioError as error:
            self.report(error)
        self.settings_changed.emit(self.settings)
        if "model_folders" in changes:
            self.library.set_folders(model_folders(self.settings))
            self.refresh_models()

    def refresh_models(self) -> None:
        """Look for models in every folder, off the main thread; ``library.changed`` follows."""
        self.background(self.library.scan, self.library.adopt)

    def report(self, error: StudioError) -> None:
        """Tell the artist about an error, and the log."""
        log.warning("%s: %s", error.code, error)
        self.notice.emit(error_notice(error))

    def tell(self, message: str) -> None:
        """Tell the artist that something went well."""
        self.notice.emit(Notice(level="info", message=message))

    @property
    def dispatch(self) -> Dispatch:
        """Bring a call from any thread to the main thread."""
        return self._dispatch

    def background(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        on_error: Callable[[StudioError], None] | None = None,
    ) -> None:
        """Do document-free work on a thread, then hand the result over on the main thread."""
        self._background.run(work, then, on_error)

    @property
    def busy_in_background(self) -> bool:
        """True while background work has not been handed over."""
        return self._background.busy

    # -- device --------------------------------------------------------------------------------

    @property
    def worker_state(self) -> WorkerState:
        """What the worker is doing."""
        return self.queue.worker_state

    @property
    def budget_bytes(self) -> int:
        """Bytes that models and their work may take on the device now."""
        device = self.device
        if device.simulated_budget_bytes:
            return device.simulated_budget_bytes
        free = free_memory_bytes() if device.kind == "cpu" else device.free_bytes
        # What the models of the worker hold could be let go of for the next run.
        held = sum(model.weight_bytes for model in self.resident)
        return int(min(device.total_bytes, free + held) * self.settings.memory_budget_fraction)

    def _on_device(self, status: DeviceStatus) -> None:
        self.device, self.used_bytes = status.device, status.used_bytes
        self.device_known = True
        self.resident = status.resident
        remember_device(status.device)
        self.device_changed.emit()

    def _on_engine_failed(self, failure: EngineFailed) -> None:
        problem = self.plugins.disable(failure.plugin, failure.reason, failure.details)
        if problem is not None:
            self.library.set_without_weights(self.plugins.models())
            self.report(problem)

    def free_memory(self) -> None:
        """Let the worker drop every model that it holds."""
        self.queue.free_memory()

    # -- generation ----------------------------------------------------------------------------

    @property
    def live(self) -> dict[str, LiveJob]:
        """The jobs that wait or run, by id."""
        return self._generation.live

    def preferred_model(self, kind: str) -> str:
        """Return the id of the model that a form for a kind of request begins with."""
        return preferred_model(self, kind)

    def plan(self, request: PictureRequest) -> LoadPlan:
        """Return how the request would run now; see ``Generation.plan``."""
        return self._generation.plan(request)

    def generate(self, request: PictureRequest) -> str:
        """Queue the request and return its id; see ``Generation.generate``."""
        return self._generation.generate(request)

    def generate_unrecorded(self, request: PictureRequest) -> str:
        """Run a request that leaves nothing in the history; see ``Generation``."""
        return self._generation.generate_unrecorded(request)

    def run_again(self, history_id: str) -> str:
        """Queue a history item's very request again."""
        return self._generation.run_again(history_id)

    def make_again(self, history_id: str, index: int, *, new_seed: bool = False) -> str:
        """Queue one picture of a history item again, the same or with a new seed."""
        return self._generation.make_again(history_id, index, new_seed=new_seed)

    def cancel(self, job_id: str | None = None) -> None:
        """Stop a job; without an id the running one."""
        target = job_id or self.queue.running_id
        if target is not None:
            self.queue.cancel(target)

    def _prepare(self, job: JobRecord) -> LoadPlan | None:
        owner = self.chat if isinstance(job.request, ChatTurn) else self._generation
        return owner.prepare(job)

    def _on_job_event(self, event: JobEvent) -> None:
        owner = self.chat if self.chat.owns(event.job_id) else self._generation
        owner.on_event(event)
        self.job_event.emit(event)

    # -- pictures ------------------------------------------------------------------------------

    def keep(self, history_id: str, index: int) -> None:
        """Put a candidate on the canvas, one undo step."""
        self._placing.keep(history_id, index)

    def drop(self, history_id: str, index: int) -> None:
        """Take a candidate out of the strip."""
        self._placing.drop(history_id, index)

    def place_pictures(self, paths: list[Path]) -> None:
        """Place picture files on the canvas, each on its own layer."""
        self._placing.place_pictures(paths)

    def open_picture(self, path: Path) -> None:
        """Open a picture file, layers included, as a project of its own."""
        self._placing.open_picture(path)

    def place_data(self, data: bytes, name: str) -> None:
        """Place an encoded picture on the canvas."""
        self._placing.place_data(data, name)

    def export_canvas(self, path: Path, then: Callable[[Path], None] | None = None) -> None:
        """Write the flattened canvas."""
        self._placing.export_canvas(path, then)

    def export_output(self, history_id: str, index: int, path: Path) -> None:
        """Write one generated picture."""
        self._placing.export_output(history_id, index, path)

    def save_output(
        self, history_id: str, index: int, path: Path, then: Callable[[Path], None] | None = None
    ) -> None:
        """Write one generated picture in the background, then say so or call ``then``."""
        self._placing.save_output(history_id, index, path, then)

    def copy_output_to_temp(self, history_id: str, index: int) -> Path:
        """Return a file with the picture, for dragging it to another program."""
        return self._placing.copy_output_to_temp(history_id, index)

    def recipe_for(self, history_id: str, index: int) -> Recipe | None:
        """Return the recipe of one output of the history."""
        return recipe_for(self.project.history.get(history_id), index)

    def canvas_recipe(self) -> Recipe | None:
        """Return the recipe of the topmost visible generated layer, if there is one."""
        for layer in reversed(self.project.image.layers):
            if layer.visible and layer.history_id:
                with contextlib.suppress(StudioError):
                    return self.recipe_for(layer.history_id, layer.output_index)
        return None

    def recipe_of(self, path: Path) -> Any:
        """Return the recipe inside a picture file, ours or another program's, or None."""
        from studio.app.foreign_recipes import read_recipe

        return read_recipe(path)

    # -- project -------------------------------------------------------------------------------

    def new_project(self, path: Path | None = None) -> None:
        """Start an empty project and open it.

        Raises:
            StudioError: it cannot be made, or the present one cannot be written, which stays open.
        """
        target = path or new_project_path()
        self._switch(lambda: Project.create(target, dispatch=self._dispatch))

    def open_project(self, path: Path) -> None:
        """Open another project; the present one is written and closed once that has worked.

        Raises:
            StudioError: the file cannot be opened, or the present project cannot be written: the
                present project stays open, and its jobs go on.
        """
        if os.path.realpath(path) == os.path.realpath(self.project.path):
            return
        self._switch(lambda: Project.open(path, dispatch=self._dispatch))

    def _switch(self, open_next: Callable[[], Project]) -> None:
        following = open_next()
        self.chat.settle()
        try:
            self.project.close()
        except StudioError:
            following.close(discard_pending=True)
            raise
        self.queue.close()
        self.live.clear()
        self._adopt(following)
        self.resident, self.used_bytes = (), 0
        self.project_changed.emit(following)
        self.tell_startup_errors()
        self.warm_up()

    def save_copy(self, path: Path) -> None:
        """Write a copy of the project to ``path`` in the background; this one stays open."""
        self.background(
            partial(self.project.save_copy, path), lambda _: self.tell(f"Saved a copy: {path.name}")
        )

    def _remember(self, path: Path) -> None:
        recent = remember_project(self.settings.recent_projects, path)
        if self._remembers and recent != self.settings.recent_projects:
            self.change_settings(recent_projects=recent)

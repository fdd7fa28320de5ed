"""The use-case "generate": from a request to a plan, a job, and what it leaves in the history."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from studio.api.events import Cancelled, Done, Failed, JobEvent, Output, Queued, Remark, Started
from studio.api.jobs import JobRecord
from studio.api.plans import LoadPlan
from studio.api.requests import ModelRef, PictureRequest, RefinerUse, checked, request_kind
from studio.app.inputs import bring_inputs, keep_inputs
from studio.app.live import LiveJob, advanced, live_job
from studio.app.notices import Notice, error_notice
from studio.app.pace import LOOK_BACK, Pace
from studio.core.errors import InvalidRequest, OutOfMemory, StudioError, storage_problem
from studio.core.ids import new_id
from studio.core.ids import new_seed as fresh_seed

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import Project

log = logging.getLogger(__name__)

R = TypeVar("R", bound=PictureRequest)

_IN_WORDS = {
    "text_to_image": "make pictures from words",
    "image_to_image": "make pictures from pictures",
    "inpaint": "fill parts of pictures",
    "uncrop": "continue pictures beyond their edges",
    "colorize": "colour pictures",
    "upscale": "make pictures larger",
}


class Generation:
    """Plans and starts jobs, and writes down what comes back from them."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.live: dict[str, LiveJob] = {}
        self._unrecorded: set[str] = set()
        self._paced: tuple[Project, Pace] | None = None

    def plan(self, request: PictureRequest) -> LoadPlan:
        """Return how the request's model would be loaded now.

        Raises:
            StudioError: the request is outside its limits or the model cannot be used.
        """
        from studio.models import plan_load

        studio, request = self._studio, checked(request)
        library = studio.library
        model = library.find(request.model.id)
        kind = request_kind(request)
        if kind not in model.tasks:
            raise InvalidRequest(
                f"{model.title} does not {_IN_WORDS.get(kind, 'do that')}.", "Choose another model."
            )
        refiner = _refiner_of(request)
        companions = (library.find(refiner.model.id),) if refiner else ()
        plan = plan_load(
            model,
            request,
            studio.device,
            budget_bytes=studio.budget_bytes,
            companions=companions,
            lora_bytes=sum(_file_bytes(lora.path) for lora in getattr(request, "loras", ())),
        )
        expected = self._pace().expected_seconds(request)
        return msgspec.structs.replace(plan, expected_seconds=expected)

    def _pace(self) -> Pace:
        """Return what is known of the open project's runs."""
        project = self._studio.project
        if self._paced is None or self._paced[0] is not project:
            pace = Pace()
            pace.learn(project.history.items()[:LOOK_BACK])
            self._paced = (project, pace)
        return self._paced[1]

    def is_light(self, job: JobRecord) -> bool:
        """Tell whether a job needs no weights, and so none of what the worker preloads."""
        if not isinstance(job.request, PictureRequest):
            return False
        try:
            return self._studio.library.find(job.request.model.id).layout == "engine"
        except StudioError:
            return False

    def fixed(self, request: R, plan: LoadPlan) -> R:
        """Return the request with everything pinned that would otherwise depend on this moment.

        The precision stays open while no worker has ever told its device: pinned too early, the
        first picture on a new card would be computed in full precision.
        """
        changes: dict[str, Any] = {"model": plan.model}
        if (refiner := _refiner_of(request)) is not None and plan.companions:
            model = plan.companions[0].model
            changes["refiner"] = msgspec.structs.replace(refiner, model=model)
        if request.precision == "auto" and self._studio.device_known:
            changes["precision"] = plan.data_type
        return msgspec.structs.replace(request, **changes)

    def generate(self, request: PictureRequest) -> str:
        """Queue a request and return the id of its job, which is also its id in the history.

        Raises:
            StudioError: before anything is queued, if the request, its model or the memory is not
                good for it.
        """
        plan = self.plan(request)
        _require_fit(plan)
        request = self.fixed(request, plan)
        job_id = new_id()
        studio = self._studio
        history = studio.project.history
        bring_inputs(history, request)
        history.add(job_id, request, model_title=plan.title, plan=plan)
        keep_inputs(history, job_id, request)
        self.live[job_id] = live_job(job_id, request)
        studio.queue.submit(job_id, request)
        return job_id

    def generate_unrecorded(self, request: PictureRequest) -> str:
        """Run a request whose results nobody keeps, after all that waits; return its job's id.

        It leaves nothing in the history; its events come through ``Studio.job_event``, and the
        files that they name belong to who listens.

        Raises:
            StudioError: as ``generate``.
        """
        plan = self.plan(request)
        _require_fit(plan)
        job_id = new_id()
        self._unrecorded.add(job_id)
        self._studio.queue.submit(job_id, self.fixed(request, plan), priority=-1, fleeting=True)
        return job_id

    def run_again(self, history_id: str) -> str:
        """Queue the very request of a history item again.

        Raises:
            InvalidRequest: the item's kind is unknown here, or its model's files have changed.
        """
        item = self._studio.project.history.get(history_id)
        if not isinstance(item.request, PictureRequest):
            raise InvalidRequest(
                "This Atelier cannot run that again: it does not know its kind.",
                "The plugin that made it may be missing.",
            )
        self._same_revision(item.request.model)
        return self.generate(item.request)

    def make_again(self, history_id: str, index: int, *, new_seed: bool) -> str:
        """Queue one picture of a history item again: the same, or with another seed.

        Raises:
            InvalidRequest: the item's kind is unknown here, or the same is wanted and its model's
                files have changed.
        """
        item = self._studio.project.history.get(history_id)
        if not isinstance(item.request, PictureRequest):
            raise InvalidRequest(
                "This Atelier cannot run that again: it does not know its kind.",
                "The plugin that made it may be missing.",
            )
        if not new_seed:
            self._same_revision(item.request.model)
        seed = fresh_seed() if new_seed else (item.request.seed + index) % 2**32
        return self.generate(msgspec.structs.replace(item.request, seed=seed, count=1))

    def _same_revision(self, wanted: ModelRef) -> None:
        found = self._studio.library.find(wanted.id)
        if wanted.revision and wanted.revision != found.revision:
            raise InvalidRequest(
                f"The files of {found.title} have changed since: the picture would differ.",
                "Use the settings instead to make a new one.",
                code="model_changed",
            )

    def prepare(self, job: JobRecord) -> LoadPlan | None:
        """Plan a job at the moment its turn comes."""
        if not isinstance(job.request, PictureRequest):
            return None
        if job.id not in self.live and job.id not in self._unrecorded:
            self.live[job.id] = live_job(job.id, job.request)
        plan = self.plan(job.request)
        _require_fit(plan)
        bring_inputs(self._studio.project.history, job.request)
        precision = job.request.precision
        if precision not in ("auto", plan.data_type):
            plan = msgspec.structs.replace(plan, data_type=precision)
        return plan

    def on_event(self, event: JobEvent) -> None:
        """Write an event of a job into the history and the live state."""
        job_id, history = event.job_id, self._studio.project.history
        if job_id in self._unrecorded:
            if isinstance(event, Failed):
                self._tell_failure(event)
            if isinstance(event, (Done, Cancelled, Failed)):
                self._unrecorded.discard(job_id)
            return
        try:
            if isinstance(event, Failed):
                self._tell_failure(event)
            match event:
                case _ if not history.has(job_id):
                    log.info("job %s is no longer in the history: %s", job_id, type(event).__name__)
                case Queued():
                    history.update(job_id, status="queued")
                case Started():
                    history.update(job_id, status="running", plan=event.plan)
                case Remark():
                    self._studio.notice.emit(Notice(level="warning", message=event.text))
                case Output():
                    history.add_output(job_id, event.artifact)
                case Done():
                    self._done(event)
                case Cancelled():
                    history.update(job_id, status="cancelled")
                case Failed():
                    self._note_failure(event)
        except StudioError as error:
            self._studio.notice.emit(error_notice(error))
        self._follow(event)

    def _done(self, event: Done) -> None:
        item = self._studio.project.history.update(
            event.job_id,
            status="done",
            seconds=event.seconds,
            peak_bytes=event.peak_bytes,
            plan=event.plan,
        )
        if isinstance(item.request, PictureRequest):
            self._pace().finished(item.request, event.seconds)

    def _tell_failure(self, event: Failed) -> None:
        if event.details:
            log.error("job %s failed: %s", event.job_id, event.details)
        error = StudioError(event.message, event.hint, code=event.code)
        self._studio.notice.emit(error_notice(error))

    def _note_failure(self, event: Failed) -> None:
        self._studio.project.history.update(
            event.job_id,
            status="failed",
            error_code=event.code,
            error_message=event.message,
            error_hint=event.hint,
        )

    def _follow(self, event: JobEvent) -> None:
        if isinstance(event, (Done, Cancelled, Failed)):
            self.live.pop(event.job_id, None)
        elif event.job_id in self.live:
            self.live[event.job_id] = advanced(self.live[event.job_id], event)
        self._studio.live_changed.emit(event.job_id)


def _refiner_of(request: PictureRequest) -> RefinerUse | None:
    refiner = getattr(request, "refiner", None)
    return refiner if isinstance(refiner, RefinerUse) else None


def _require_fit(plan: LoadPlan) -> None:
    if not plan.fits:
        raise OutOfMemory(
            f"{plan.title}: {plan.reason}.", "Choose a smaller size or model, or free memory."
        )


def _file_bytes(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError as error:
        raise storage_problem(error, path) from error

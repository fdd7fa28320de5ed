"""Runs the queue on one worker: submits, cancels, kills, restarts, and reports every event."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol

from studio.api.events import (
    FINAL_EVENTS,
    Cancelled,
    Failed,
    JobEvent,
    Progress,
    Queued,
)
from studio.api.jobs import JobRecord, JobStore
from studio.api.plans import LoadPlan
from studio.api.requests import ChatTurn, Request, encode_request, request_kind
from studio.core.errors import StudioError, WorkerProblem
from studio.core.signals import Signal
from studio.runtime import protocol
from studio.runtime.queue import JobQueue

log = logging.getLogger(__name__)

WorkerState = Literal["stopped", "starting", "ready", "busy", "restarting"]

# The artist is answered within 500 ms of pressing Cancel: a worker that has not stopped by itself
# in this time is killed, which leaves the rest for noticing its death.
SOFT_CANCEL_SECONDS = 0.4
MAX_FAILED_STARTS = 2

Dispatch = Callable[[Callable[[], None]], None]


class Worker(Protocol):
    """What the runner needs of a worker; ``LocalWorker`` is one."""

    @property
    def pid(self) -> int | None:
        """Process id."""

    def start(self) -> None:
        """Start it."""

    def send(self, message: protocol.Message) -> None:
        """Send one message."""

    def kill(self) -> None:
        """End it at once."""

    def stop(self, timeout: float = ...) -> None:
        """End it in order."""


WorkerFactory = Callable[[Callable[[Any, Any], None], Callable[[Any, str], None]], Worker]


class JobRunner(JobQueue):
    """The queue of one device together with the worker that empties it.

    Every method is called on the main thread; what the worker says is brought there by
    ``dispatch``. A job ends with exactly one of Done, Failed or Cancelled.
    """

    job_event = Signal(object)
    worker_changed = Signal(str)
    device_changed = Signal(object)
    engine_failed = Signal(object)

    def __init__(
        self,
        store: JobStore,
        *,
        prepare: Callable[[JobRecord], LoadPlan | None],
        worker_factory: WorkerFactory,
        dispatch: Dispatch,
        scratch: Path,
        is_light: Callable[[JobRecord], bool] = lambda job: False,
    ) -> None:
        """Make a runner; a job that ``is_light`` needs none of what the worker preloads."""
        super().__init__(store)
        self._is_light = is_light
        self._greeted_by_worker = False
        self._warm: Literal["no", "asked", "yes"] = "no"
        self._wants_warmth = False
        self._prepare = prepare
        self._worker_factory = worker_factory
        self._dispatch = dispatch
        self._scratch = scratch
        self._worker: Worker | None = None
        self._kinds: tuple[str, ...] = ()
        self._failed_starts = 0
        self._cancel_timer: threading.Timer | None = None
        self._closed = False
        self.worker_state: WorkerState = "stopped"
        self.ready_seconds: float | None = None
        self.cancelled_hard = 0

    # -- what the window and the command line ask for ------------------------------------------

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker, None while there is none."""
        return self._worker.pid if self._worker else None

    def warm_up(self) -> None:
        """Start the worker in the background, so that the first job need not wait for it."""
        if self._closed:
            return
        self._wants_warmth = True
        if self._worker is None:
            self._start_worker("starting")
        elif self._greeted_by_worker:
            self._ask_to_preload()

    def submit(
        self, job_id: str, request: Request, *, priority: int = 0, fleeting: bool = False
    ) -> JobRecord:
        """Queue a job and start it when its turn comes; see ``add``."""
        job = self.add(job_id, request, priority=priority, fleeting=fleeting)
        position = [waiting.id for waiting in self.waiting()].index(job_id)
        self.job_event.emit(Queued(job_id=job_id, position=position))
        self._pump()
        return job

    def cancel(self, job_id: str) -> None:
        """Stop a job: a waiting one at once, a running one within half a second."""
        job = self.get(job_id)
        if job is None:
            return
        if job.state != "running":
            self._end(Cancelled(job_id=job_id))
        elif self._worker is not None and self._cancel_timer is None:
            self._worker.send(protocol.Cancel(job_id=job_id))
            self._cancel_timer = threading.Timer(
                SOFT_CANCEL_SECONDS, self._dispatch, [lambda: self._cancel_hard(job_id)]
            )
            self._cancel_timer.daemon = True
            self._cancel_timer.start()

    def discard(self, job_id: str) -> None:
        """Drop a waiting or interrupted job."""
        self.cancel(job_id)

    def pause(self, flag: bool) -> None:
        """Hold the queue after the running job, or let it go on."""
        super().pause(flag)
        self._pump()

    def run_interrupted(self, job_id: str) -> None:
        """Queue an interrupted job again, behind the others."""
        super().run_interrupted(job_id)
        self._pump()

    def free_memory(self) -> None:
        """Ask the worker to let go of every model; it answers with its device status."""
        if self._worker is not None:
            self._worker.send(protocol.FreeMemory())

    def close(self) -> None:
        """End the worker. A running job stays in the store and is offered again next time."""
        self._closed = True
        self._stop_cancel_timer()
        worker, self._worker = self._worker, None
        if worker is not None:
            if self.running_id is not None:
                worker.kill()
            worker.stop()
        self._set_state("stopped")

    # -- the worker's life ---------------------------------------------------------------------

    def _start_worker(self, state: WorkerState) -> None:
        self._greeted_by_worker, self._warm = False, "no"
        self._worker = self._worker_factory(
            lambda worker, message: self._dispatch(lambda: self._received(worker, message)),
            lambda worker, reason: self._dispatch(lambda: self._exited(worker, reason)),
        )
        self._set_state(state)
        try:
            self._worker.start()
        except StudioError as error:
            self._worker = None
            self._give_up(error)

    def _received(self, worker: object, message: Any) -> None:
        if worker is not self._worker:
            return  # words of a worker that was given up
        match message:
            case protocol.Hello():
                self._greeted(message)
            case protocol.Ready():
                self.ready_seconds = message.seconds
                self._failed_starts = 0
                self._warm = "yes"
                if self.running_id is None:
                    self._set_state("ready")
                self._pump()
            case protocol.EngineFailed():
                self.engine_failed.emit(message)
            case protocol.DeviceStatus():
                self.device_changed.emit(message)
            case protocol.LogLine():
                logging.getLogger(f"worker.{message.logger}").log(message.level, message.text)
            case JobEvent():
                self._job_event(message)

    def _greeted(self, hello: protocol.Hello) -> None:
        if hello.protocol != protocol.PROTOCOL_VERSION or not hello.kinds:
            log.error("worker speaks protocol %s", hello.protocol)
            self._failed_starts = MAX_FAILED_STARTS
            if self._worker is not None:
                self._worker.kill()
            return
        self._kinds = hello.kinds
        self._greeted_by_worker = True
        following = self.next()
        if following is None or not self._is_light(following):
            self._ask_to_preload()
        self._pump()

    def _ask_to_preload(self) -> None:
        """Let the worker import what full jobs need; light jobs run meanwhile."""
        if self._warm == "no" and self._worker is not None:
            self._warm = "asked"
            if self.running_id is None and self.worker_state != "restarting":
                self._set_state("starting")
            following = self.next()
            kind = request_kind(following.request) if following else self._kinds[0]
            self._worker.send(
                protocol.Preload(kind=kind if kind in self._kinds else self._kinds[0])
            )

    def _exited(self, worker: object, reason: str) -> None:
        if worker is not self._worker or self._closed:
            return
        log.warning("worker ended: %s", reason)
        self._worker = None
        running, was_starting = self.running_id, self.worker_state in ("starting", "restarting")
        self._failed_starts += was_starting
        if running is not None:
            job = self.get(running)
            is_chat = job is not None and isinstance(job.request, ChatTurn)
            what = "The answer" if is_chat else "The picture"
            self._end(
                Failed(
                    job_id=running,
                    code="worker_died",
                    message=f"{what} could not be finished: the worker stopped, {reason}.",
                    hint="Your work is safe. Try again, or choose a smaller size or model.",
                )
            )
        if self._failed_starts >= MAX_FAILED_STARTS:
            self._give_up(
                WorkerProblem(
                    f"The worker does not start: {reason}.",
                    "Run 'atelier doctor' and look into the log for the cause.",
                )
            )
        else:
            self._start_worker("restarting")

    def _give_up(self, error: StudioError) -> None:
        """No worker can be had: say so for every waiting job; the next submit tries afresh."""
        self._failed_starts = 0
        self._set_state("stopped")
        for job in self.waiting():
            self._end(_failed(job.id, error), pump=False)

    def _set_state(self, state: WorkerState) -> None:
        if state != self.worker_state:
            self.worker_state = state
            self.worker_changed.emit(state)

    # -- jobs ----------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Start the next job if there is one and the worker is ready for it."""
        while (job := self.next()) is not None and not self._closed:
            if self._worker is None:
                self._start_worker("starting")
                return
            if not self._greeted_by_worker:
                return
            if self._warm != "yes" and not self._is_light(job):
                self._ask_to_preload()
                return
            kind = request_kind(job.request)
            try:
                if kind not in self._kinds:
                    raise WorkerProblem(f"No engine on this machine can do {kind!r}.")
                plan = self._prepare(job)
            except StudioError as error:
                self._end(_failed(job.id, error), pump=False)
                continue
            self.start(job.id)
            self._set_state("busy")
            self._worker.send(
                protocol.Submit(
                    job_id=job.id,
                    kind=kind,
                    body=encode_request(job.request),
                    plan=plan,
                    scratch=str(self._scratch),
                )
            )

    def _job_event(self, event: JobEvent) -> None:
        if event.job_id != self.running_id:
            return  # the job was given up
        if isinstance(event, FINAL_EVENTS):
            self._end(event)
        elif self._cancel_timer is None or not isinstance(event, Progress):
            self.job_event.emit(event)

    def _cancel_hard(self, job_id: str) -> None:
        self._cancel_timer = None
        if self.running_id != job_id or self._worker is None:
            return
        log.info("job %s did not stop by itself: killing worker %s", job_id, self._worker.pid)
        self.cancelled_hard += 1
        worker, self._worker = self._worker, None
        worker.kill()
        self._start_worker("restarting")
        self._end(Cancelled(job_id=job_id))

    def _end(self, event: JobEvent, *, pump: bool = True) -> None:
        if event.job_id == self.running_id:
            self._stop_cancel_timer()
            if self.worker_state == "busy":
                self._failed_starts = 0
                self._set_state("ready" if self._warm != "asked" else "starting")
        self.finish(event.job_id)
        self.job_event.emit(event)
        if pump:
            self._pump()
            if self._wants_warmth and self._greeted_by_worker and self.running_id is None:
                self._ask_to_preload()

    def _stop_cancel_timer(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer.cancel()
            self._cancel_timer = None


def _failed(job_id: str, error: StudioError) -> Failed:
    return Failed(job_id=job_id, code=error.code, message=error.message, hint=error.hint)

"""The worker's main loop: one job at a time on the main thread, messages on a reader thread."""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import msgspec

from studio.api.engines import Engine
from studio.api.events import Cancelled, Done, Failed
from studio.api.requests import RequestRegistry
from studio.core.errors import JobCancelled, StudioError
from studio.runtime import protocol
from studio.worker.engines import EngineFailure, EngineTable
from studio.worker.link import Link
from studio.worker.run import JobRun

log = logging.getLogger(__name__)


class WorkerHost:
    """Drives engines by request kind and tells the window everything that happens."""

    def __init__(
        self, link: Link, engines: EngineTable, registry: RequestRegistry, *, began: float
    ) -> None:
        self._link = link
        self._began = began
        self._engines = engines
        self._registry = registry
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._run: JobRun | None = None
        self._cancelled_early: set[str] = set()

    def serve(self) -> int:
        """Answer messages until the window says Shutdown or closes the pipe."""
        self._link.send(
            protocol.Hello(
                protocol=protocol.PROTOCOL_VERSION, pid=os.getpid(), kinds=self._engines.kinds()
            )
        )
        threading.Thread(target=self._read, name="link-reader", daemon=True).start()
        while True:
            message = self._inbox.get()
            match message:
                case protocol.Submit():
                    self._do(message)
                    if not (message.plan and message.plan.engine):
                        # Asking about the device costs the import of torch.
                        self._report_device()
                case protocol.Preload():
                    # On a thread of its own: a light job need not wait for the import of torch.
                    threading.Thread(
                        target=self._preload, args=(message,), name="preload", daemon=True
                    ).start()
                case protocol.FreeMemory():
                    for engine in self._engines.loaded():
                        engine.free()
                    self._report_device()
                case protocol.Shutdown():
                    return 0

    def _read(self) -> None:
        """Take messages off the pipe; a cancel takes effect while the main thread computes."""
        while True:
            try:
                message = self._link.receive()
            except (EOFError, msgspec.DecodeError):
                # Nobody is listening any more: nothing that a running job makes could be kept.
                os._exit(0)
            if isinstance(message, protocol.Cancel):
                self._cancel(message.job_id)
            else:
                self._inbox.put(message)

    def _cancel(self, job_id: str) -> None:
        with self._lock:
            if self._run is not None and self._run.job_id == job_id:
                self._run.cancel()
            else:
                self._cancelled_early.add(job_id)

    def _preload(self, message: protocol.Preload) -> None:
        """Import what a kind needs. A plugin that fails is told of; the worker is ready anyway."""
        try:
            if message.engine:
                self._engines.named(message.engine, message.kind).preload()
            elif message.kind in self._engines.kinds():
                self._engines.built_in(message.kind).preload()
        except EngineFailure as failure:
            self._tell(failure)
        self._report_device()
        self._link.send(protocol.Ready(kind=message.kind, seconds=time.monotonic() - self._began))

    def _tell(self, failure: EngineFailure) -> None:
        self._link.send(
            protocol.EngineFailed(
                plugin=failure.declared.plugin,
                engine=failure.declared.id,
                reason=failure.reason,
                details=failure.details,
            )
        )

    def _do(self, submit: protocol.Submit) -> None:
        """Run one job and end it with exactly one final event."""
        job_id = submit.job_id
        try:
            report = self._run_engine(submit)
        except JobCancelled:
            self._link.send(Cancelled(job_id=job_id))
        except StudioError as error:
            self._link.send(
                Failed(
                    job_id=job_id,
                    code=error.code,
                    message=error.message,
                    hint=error.hint,
                    details=traceback.format_exc(),
                )
            )
        except MemoryError:
            self._link.send(
                Failed(
                    job_id=job_id,
                    code="out_of_memory",
                    message="The computer ran out of memory while it worked on this.",
                    hint="Close other programs, or choose a smaller size or model.",
                    details=traceback.format_exc(),
                )
            )
        except Exception as error:
            # An engine runs libraries and plugins that may raise anything: the job ends, the
            # worker lives, and the traceback goes to the log.
            log.exception("job %s failed", job_id)
            self._link.send(
                Failed(
                    job_id=job_id,
                    code="engine_error",
                    message=f"The engine stopped with an error: {_first_line(error)}",
                    hint="Your work is safe. The log holds the details.",
                    details=traceback.format_exc(),
                )
            )
        else:
            self._link.send(report)
        finally:
            with self._lock:
                self._run = None

    def _run_engine(self, submit: protocol.Submit) -> Done:
        engine = self._engine_for(submit)
        request: Any = self._registry.decode(submit.kind, submit.body)
        run = JobRun(self._link, submit.job_id, request, submit.plan, Path(submit.scratch))
        with self._lock:
            self._run = run
            if submit.job_id in self._cancelled_early:
                self._cancelled_early.discard(submit.job_id)
                run.cancel()
        run.check_cancelled()
        run.started(submit.plan)
        report = engine.run(request, submit.plan, run)
        return Done(
            job_id=submit.job_id,
            seconds=run.seconds,
            peak_bytes=report.peak_bytes,
            plan=report.plan or submit.plan,
        )

    def _engine_for(self, submit: protocol.Submit) -> Engine:
        try:
            return self._engines.for_job(submit.kind, submit.plan)
        except EngineFailure as failure:
            self._tell(failure)
            raise

    def _report_device(self) -> None:
        engines = self._engines.loaded()
        # Engines that share one model cache name the same models.
        held = {
            (model.model, model.data_type, model.placement, model.device): model
            for engine in engines
            for model in engine.resident()
        }
        resident = tuple(held.values())
        for engine in engines:
            if (status := engine.device()) is not None:
                device, used = status
                self._link.send(
                    protocol.DeviceStatus(device=device, used_bytes=used, resident=resident)
                )
                return


def _first_line(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}".strip()
    return text.splitlines()[0][:300]

"""The order in which jobs run. Pure bookkeeping: no threads, no processes, one owner."""

from __future__ import annotations

import time

import msgspec

from studio.api.jobs import JobRecord, JobStore
from studio.api.requests import Request
from studio.core.signals import Signal


class MemoryJobStore:
    """Keeps jobs for the life of the process only."""

    def __init__(self) -> None:
        self._jobs: dict[str, JobRecord] = {}

    def load(self) -> list[JobRecord]:
        """Return what was saved so far."""
        return list(self._jobs.values())

    def save(self, job: JobRecord) -> None:
        """Insert or replace one job."""
        self._jobs[job.id] = job

    def remove(self, job_id: str) -> None:
        """Forget one job."""
        self._jobs.pop(job_id, None)


class JobQueue:
    """Jobs that wait or run, in running order, kept in a store that outlives the process.

    A finished job leaves the queue; what it did is in the history. A job that the store says was
    running is ``interrupted``: it waits until the artist runs it again or discards it.
    """

    changed = Signal()

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self.paused = False
        self.running_id: str | None = None
        self._jobs: dict[str, JobRecord] = {}
        self._fleeting: set[str] = set()
        for job in store.load():
            if job.state in ("queued", "running", "interrupted"):
                self._jobs[job.id] = job
                if job.state == "running":
                    self._set(job, state="interrupted")

    def jobs(self) -> tuple[JobRecord, ...]:
        """Return the running job, the waiting ones in order, then the interrupted ones.

        Fleeting jobs are not among them: nobody is to decide about those.
        """
        return tuple(job for job in self._ordered() if job.id not in self._fleeting)

    def _ordered(self) -> tuple[JobRecord, ...]:
        rank = {"running": 0, "queued": 1, "interrupted": 2}
        return tuple(
            sorted(
                self._jobs.values(),
                key=lambda job: (rank[job.state], -job.priority, job.position, job.id),
            )
        )

    def get(self, job_id: str) -> JobRecord | None:
        """Return one job, or None when it is not in the queue."""
        return self._jobs.get(job_id)

    def waiting(self) -> tuple[JobRecord, ...]:
        """Return the jobs that will run, next first."""
        return tuple(job for job in self._ordered() if job.state == "queued")

    def add(
        self, job_id: str, request: Request, *, priority: int = 0, fleeting: bool = False
    ) -> JobRecord:
        """Append a job behind the others of its priority.

        A ``fleeting`` job is not kept: it is forgotten with the process.
        """
        if fleeting:
            self._fleeting.add(job_id)
        job = JobRecord(
            id=job_id,
            request=request,
            priority=priority,
            position=self._last_position() + 1,
            created=time.time(),
        )
        self._jobs[job.id] = job
        self._save(job)
        self.changed.emit()
        return job

    def next(self) -> JobRecord | None:
        """Return the job that should run now: None while paused, busy or empty."""
        if self.paused or self.running_id is not None:
            return None
        waiting = self.waiting()
        return waiting[0] if waiting else None

    def start(self, job_id: str) -> None:
        """Mark a waiting job as running."""
        self.running_id = job_id
        self._set(self._jobs[job_id], state="running")
        self.changed.emit()

    def finish(self, job_id: str) -> None:
        """Take a job out of the queue, whatever became of it."""
        if self.running_id == job_id:
            self.running_id = None
        known = self._jobs.pop(job_id, None) is not None
        if known and job_id not in self._fleeting:
            self._store.remove(job_id)
        self._fleeting.discard(job_id)
        self.changed.emit()

    def pause(self, flag: bool) -> None:
        """Hold the queue after the running job, or let it go on."""
        self.paused = flag
        self.changed.emit()

    def move(self, job_id: str, index: int) -> None:
        """Put a waiting job at ``index`` among the waiting ones, with its neighbour's priority."""
        others = [job for job in self.waiting() if job.id != job_id]
        job = self._jobs.get(job_id)
        if job is None or job.state != "queued":
            return
        index = max(0, min(index, len(others)))
        before = others[index - 1] if index > 0 else None
        after = others[index] if index < len(others) else None
        neighbour = before or after
        if neighbour is None:
            return
        if before and after and before.priority == after.priority:
            position = (before.position + after.position) / 2
        elif before:
            position = before.position + 1
        else:
            position = neighbour.position - 1
        self._set(job, priority=neighbour.priority, position=position)
        self.changed.emit()

    def set_priority(self, job_id: str, priority: int) -> None:
        """Let a job run before all of lower priority."""
        if (job := self._jobs.get(job_id)) is not None:
            self._set(job, priority=priority)
            self.changed.emit()

    def run_interrupted(self, job_id: str) -> None:
        """Queue an interrupted job again, behind the others."""
        job = self._jobs.get(job_id)
        if job is not None and job.state == "interrupted":
            self._set(job, state="queued", position=self._last_position() + 1)
            self.changed.emit()

    def _last_position(self) -> float:
        return max((job.position for job in self._jobs.values()), default=0.0)

    def _set(self, job: JobRecord, **changes: object) -> None:
        changed = msgspec.structs.replace(job, **changes)
        self._jobs[job.id] = changed
        self._save(changed)

    def _save(self, job: JobRecord) -> None:
        if job.id not in self._fleeting:
            self._store.save(job)

"""The queue's jobs in the project file: they outlive the studio, whatever ends it."""

from __future__ import annotations

from typing import Any

import msgspec

from studio.api.jobs import JobRecord, JobState
from studio.api.requests import RequestRegistry, encode_request, request_kind
from studio.core.errors import DocumentProblem, InvalidRequest
from studio.document.store import Store
from studio.document.writes import DropJob, PutRow

_UNFINISHED = ("queued", "running", "interrupted")
_QUERY = "SELECT id, kind, request, state, priority, position, created FROM jobs"


class _JobFields(msgspec.Struct, frozen=True):
    """The columns of a job besides its request, for checking them."""

    id: str
    state: JobState
    priority: int
    position: float
    created: float


class ProjectJobs:
    """A ``JobStore`` over a table; called on the main thread, written in the background."""

    def __init__(self, store: Store, registry: RequestRegistry) -> None:
        self._store = store
        self._registry = registry
        self._loaded: dict[str, JobRecord] | None = None

    @property
    def _jobs(self) -> dict[str, JobRecord]:
        if self._loaded is None:
            found = [self._decoded(row) for row in self._store.rows(_QUERY)]
            self._loaded = {job.id: job for job in found if job is not None}
        return self._loaded

    def _decoded(self, row: tuple[Any, ...]) -> JobRecord | None:
        """Return the job of a row; one that this studio cannot read stays in the file."""
        names = _JobFields.__struct_fields__
        try:
            fields = msgspec.convert(dict(zip(names, (row[0], *row[3:]), strict=True)), _JobFields)
            request = self._registry.decode(row[1], row[2])
        except (InvalidRequest, msgspec.ValidationError, UnicodeDecodeError, TypeError) as error:
            self._store.report(
                DocumentProblem(f"A queued job cannot be read and waits in the project: {error}")
            )
            return None
        return JobRecord(request=request, **msgspec.structs.asdict(fields))

    def load(self) -> list[JobRecord]:
        """Return the jobs that are not finished, in no particular order.

        One that was running when the studio ended is ``interrupted``.
        """
        return [job for job in self._jobs.values() if job.state in _UNFINISHED]

    def save(self, job: JobRecord) -> None:
        """Insert or replace one job.

        Raises:
            StorageProblem: the project was opened for reading only.
            DocumentProblem: the request holds text that cannot be kept.
        """
        try:
            body = encode_request(job.request)
        except UnicodeEncodeError as error:
            raise DocumentProblem("The settings hold text that is not valid Unicode.") from error
        kind = request_kind(job.request)
        row = (job.id, kind, body, job.state, job.priority, job.position, job.created)
        self._store.submit(PutRow("jobs", row))
        self._jobs[job.id] = job

    def remove(self, job_id: str) -> None:
        """Forget a job; one that is not there is no error."""
        self._store.submit(DropJob(job_id))
        self._jobs.pop(job_id, None)

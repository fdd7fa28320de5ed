"""Jobs as they are kept: one row of the queue, whatever the request is."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from studio.api.requests import Request

JobState = Literal["queued", "running", "interrupted", "done", "failed", "cancelled"]


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One job of the queue. ``id`` is also the id of its row in the history.

    ``interrupted`` is a job that was running when the studio ended: it is offered again. Jobs run
    by descending ``priority``, then by ascending ``position``.
    """

    id: str
    request: Request
    state: JobState = "queued"
    priority: int = 0
    position: float = 0.0
    created: float = 0.0


class JobStore(Protocol):
    """Where the queue keeps its jobs; the project file is one, a list in memory another."""

    def load(self) -> list[JobRecord]:
        """Return the jobs that are not finished, in no particular order."""

    def save(self, job: JobRecord) -> None:
        """Insert or replace one job."""

    def remove(self, job_id: str) -> None:
        """Forget a finished job."""

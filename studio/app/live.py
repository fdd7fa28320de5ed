"""What a running job looks like right now, for every panel that shows it."""

from __future__ import annotations

from typing import Any

import msgspec

from studio.api.events import JobEvent, Loading, Preview, Progress, Started
from studio.api.plans import LoadPlan
from studio.api.requests import PictureRequest, Request
from studio.document.items import title_of


class LiveJob(msgspec.Struct, frozen=True, kw_only=True):
    """The latest state of one job that waits or runs.

    ``fraction`` is 0 .. 1 over the whole job, ``eta_seconds`` is below zero while unknown,
    ``preview_jpeg`` is empty until the first preview of picture ``preview_index``.
    """

    job_id: str
    title: str
    width: int
    height: int
    phase: str = "Waiting"
    fraction: float = 0.0
    step: int = 0
    steps: int = 0
    eta_seconds: float = -1.0
    preview_jpeg: bytes = b""
    preview_index: int = 0
    plan: LoadPlan | None = None


def live_job(job_id: str, request: Request) -> LiveJob:
    """Describe a job that has just been queued."""
    width, height = request.size if isinstance(request, PictureRequest) else (0, 0)
    return LiveJob(job_id=job_id, title=title_of(request), width=width, height=height)


def advanced(live: LiveJob, event: JobEvent) -> LiveJob:
    """Return the live state after an event that does not end the job."""
    changes: dict[str, Any]
    match event:
        case Started():
            changes = {"phase": "Starting", "plan": event.plan}
        case Loading():
            changes = {"phase": f"Loading {event.what}"}
        case Progress():
            changes = {
                "phase": event.phase or "Painting",
                "fraction": event.step / max(1, event.steps),
                "step": event.step,
                "steps": event.steps,
                "eta_seconds": event.eta_seconds,
            }
        case Preview():
            changes = {"preview_jpeg": event.jpeg, "preview_index": event.index}
        case _:
            return live
    return msgspec.structs.replace(live, **changes)

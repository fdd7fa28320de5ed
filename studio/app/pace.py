"""How long a run will take, judged by the last runs of the same model on this machine."""

from __future__ import annotations

from collections.abc import Iterable

from studio.api.requests import PictureRequest, request_kind
from studio.document import HistoryItem

# Runs that are looked back at, per project, when the first estimate is asked for.
LOOK_BACK = 200


class Pace:
    """Remembers seconds per step and megapixel of the latest run of every model and task.

    An estimate, not a promise: time is taken as proportional to pictures, steps and pixels, which
    is right within a few ten percent between sizes of one model.
    """

    def __init__(self) -> None:
        self._seconds_per_work: dict[tuple[str, str], float] = {}

    def learn(self, items: Iterable[HistoryItem]) -> None:
        """Take in finished runs, newest first; what is known already is newer and stays."""
        for item in items:
            if item.status == "done" and isinstance(item.request, PictureRequest):
                self._seconds_per_work.setdefault(*_measured(item.request, item.seconds))

    def finished(self, request: PictureRequest, seconds: float) -> None:
        """Take in a run that has just ended."""
        key, pace = _measured(request, seconds)
        self._seconds_per_work[key] = pace

    def expected_seconds(self, request: PictureRequest) -> float:
        """Return the estimate for a request, 0 while nothing is known of its model and task."""
        return self._seconds_per_work.get(_key(request), 0.0) * _work(request)


def _work(request: PictureRequest) -> float:
    width, height = request.size
    return request.count * getattr(request, "steps", 1) * width * height / 1e6


def _key(request: PictureRequest) -> tuple[str, str]:
    return request.model.id, request_kind(request)


def _measured(request: PictureRequest, seconds: float) -> tuple[tuple[str, str], float]:
    return _key(request), seconds / _work(request)

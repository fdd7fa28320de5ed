"""How long a run will take, judged by the last runs of the same model on this machine."""

from __future__ import annotations

from collections.abc import Iterable

from studio.api.requests import PictureRequest
from studio.document import HistoryItem

# Runs that are looked back at, per project, when the first estimate is asked for.
LOOK_BACK = 200


class Pace:
    """Remembers seconds per step and megapixel of the latest run of every model.

    An estimate, not a promise: time is taken as proportional to pictures, steps and pixels, which
    is right within a few ten percent between sizes of one model.
    """

    def __init__(self) -> None:
        self._seconds_per_work: dict[str, float] = {}

    def learn(self, items: Iterable[HistoryItem]) -> None:
        """Take in finished runs, newest first; what is known already is newer and stays."""
        for item in items:
            if item.status == "done" and isinstance(item.request, PictureRequest):
                self._seconds_per_work.setdefault(*_measured(item.request, item.seconds))

    def finished(self, request: PictureRequest, seconds: float) -> None:
        """Take in a run that has just ended."""
        model, pace = _measured(request, seconds)
        self._seconds_per_work[model] = pace

    def expected_seconds(self, request: PictureRequest) -> float:
        """Return the estimate for a request, 0 while nothing is known of its model."""
        return self._seconds_per_work.get(request.model.id, 0.0) * _work(request)


def _work(request: PictureRequest) -> float:
    width, height = request.size
    return request.count * getattr(request, "steps", 1) * width * height / 1e6


def _measured(request: PictureRequest, seconds: float) -> tuple[str, float]:
    return request.model.id, seconds / _work(request)

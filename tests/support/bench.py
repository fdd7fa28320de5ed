"""A whole studio without a window: real project file, real worker process, fake engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.api.events import FINAL_EVENTS, JobEvent
from studio.api.requests import ModelRef, TextToImage
from studio.app.dispatch import MainLoop
from studio.app.notices import Notice
from studio.app.studio import Studio

REPOSITORY = Path(__file__).resolve().parents[2]
FAKE_ENGINES = "tests.workers.fake_engine:engines"
TIMEOUT_SECONDS = 60


def fake_request(prompt: str = "a picture", *, model: str = "paper", **fields: Any) -> TextToImage:
    """A small request for the fake engine."""
    values: dict[str, Any] = {"width": 64, "height": 64, "steps": 4} | fields
    return TextToImage(model=ModelRef(id=model), prompt=prompt, **values)


class StudioBench:
    """A studio, its main loop, and everything that it said."""

    def __init__(self, project: Path | None = None, engines: str = FAKE_ENGINES) -> None:
        self.loop = MainLoop()
        self.studio = Studio(
            dispatch=self.loop.dispatch,
            project=project,
            engines=engines,
            environment={"PYTHONPATH": str(REPOSITORY)},
        )
        self.notices: list[Notice] = []
        self.events: list[JobEvent] = []
        self.studio.notice.connect(self.notices.append)
        self.studio.job_event.connect(self.events.append)
        self.studio.tell_startup_errors()

    def until(self, condition: Callable[[], object], timeout: float = TIMEOUT_SECONDS) -> None:
        """Run the main loop until the condition holds."""
        assert self.loop.run_until(lambda: bool(condition()), timeout), "timed out"

    def finish(self, job_id: str) -> JobEvent:
        """Wait for the job's final event and return it."""

        def final() -> list[JobEvent]:
            return [e for e in self.events if e.job_id == job_id and isinstance(e, FINAL_EVENTS)]

        self.until(final)
        return final()[0]

    def generate(self, prompt: str = "a picture", **fields: Any) -> str:
        """Generate and wait; return the id in the history."""
        job_id = self.studio.generate(fake_request(prompt, **fields))
        self.finish(job_id)
        return job_id

    def keep(self, history_id: str, index: int = 0) -> None:
        """Keep a candidate and wait for its layer."""
        layers = len(self.studio.project.image.layers)
        self.studio.keep(history_id, index)
        self.until(lambda: len(self.studio.project.image.layers) > layers)

    def close(self) -> None:
        """Close the studio as the window does."""
        self.until(lambda: not self.studio.busy_in_background)
        self.studio.close()

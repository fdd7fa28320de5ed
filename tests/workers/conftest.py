"""A job runner on a real worker process with the fake engine, driven by a real main loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.api.events import FINAL_EVENTS, JobEvent
from studio.api.jobs import JobStore
from studio.api.requests import ModelRef, TextToImage
from studio.app.dispatch import MainLoop
from studio.core.ids import new_id
from studio.runtime.local import LocalWorker
from studio.runtime.queue import MemoryJobStore
from studio.runtime.runner import JobRunner

REPOSITORY = Path(__file__).resolve().parents[2]
FAKE_ENGINES = "tests.workers.fake_engine:engines"
TIMEOUT_SECONDS = 60


class _LogTexts(logging.Handler):
    """Keeps the texts of what is logged in the window's process."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class RunnerBench:
    """A runner and everything that it said, in order."""

    def __init__(self, scratch: Path, store: JobStore, engines: str = FAKE_ENGINES) -> None:
        self.loop = MainLoop()
        self.events: list[JobEvent] = []
        self.states: list[str] = []
        self.runner = JobRunner(
            store,
            prepare=lambda job: None,
            worker_factory=lambda on_message, on_exit: LocalWorker(
                engines=engines,
                on_message=on_message,
                on_exit=on_exit,
                environment={"PYTHONPATH": str(REPOSITORY)},
            ),
            dispatch=self.loop.dispatch,
            scratch=scratch,
        )
        self.runner.job_event.connect(self.events.append)
        self.runner.worker_changed.connect(self.states.append)

        self.logged = _LogTexts()
        logging.getLogger().addHandler(self.logged)

    def close(self) -> None:
        """End the worker and stop listening."""
        self.runner.close()
        logging.getLogger().removeHandler(self.logged)

    def submit(self, prompt: str, **fields: Any) -> str:
        """Queue a fake job."""
        values = {"width": 64, "height": 64, "steps": 4} | fields
        request = TextToImage(model=ModelRef(id="fake"), prompt=prompt, **values)
        job_id = new_id()
        self.runner.submit(job_id, request)
        return job_id

    def of(self, job_id: str, *kinds: type) -> list[Any]:
        """Return the events of a job, of the given kinds."""
        wanted = kinds or (JobEvent,)
        return [e for e in self.events if e.job_id == job_id and isinstance(e, wanted)]

    def until(self, condition: Callable[[], object], timeout: float = TIMEOUT_SECONDS) -> None:
        """Run the main loop until the condition holds."""
        assert self.loop.run_until(lambda: bool(condition()), timeout), "timed out"

    def end_of(self, job_id: str) -> Any:
        """Wait for the job's final event and return it."""
        self.until(lambda: self.of(job_id, *FINAL_EVENTS))
        finals = self.of(job_id, *FINAL_EVENTS)
        assert len(finals) == 1
        return finals[0]


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[Callable[..., RunnerBench]]:
    """Return a function that makes benches; their workers end with the test."""
    benches: list[RunnerBench] = []

    def make(store: JobStore | None = None, **options: Any) -> RunnerBench:
        bench = RunnerBench(tmp_path / "scratch", store or MemoryJobStore(), **options)
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(make_bench: Callable[..., RunnerBench]) -> RunnerBench:
    """A runner with the fake engine."""
    return make_bench()

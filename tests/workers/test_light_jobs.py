"""Jobs without weights do not wait for what full jobs need, and do not make the worker load it."""

from __future__ import annotations

from collections.abc import Callable

from studio.api.events import Done, Output
from studio.runtime.queue import MemoryJobStore
from tests.workers.conftest import RunnerBench


def light(bench: RunnerBench) -> RunnerBench:
    """Let every prompt with the word "light" be a job without weights."""
    bench.runner._is_light = lambda job: "light" in job.request.prompt  # type: ignore[attr-defined]
    return bench


def test_a_light_job_runs_without_any_preloading(make_bench: Callable[..., RunnerBench]) -> None:
    bench = light(make_bench())
    assert isinstance(bench.end_of(bench.submit("light")), Done)
    assert bench.runner.ready_seconds is None, "the worker was not asked to preload"
    assert isinstance(bench.end_of(bench.submit("full")), Done)
    assert bench.runner.ready_seconds is not None
    assert bench.runner.worker_state == "ready"


def test_a_light_job_does_not_wait_for_the_preloading(
    make_bench: Callable[..., RunnerBench],
) -> None:
    bench = light(make_bench(engines="tests.workers.fake_engine:slow_to_preload"))
    bench.runner.warm_up()
    job = bench.submit("light")
    assert isinstance(bench.end_of(job), Done)
    assert bench.of(job, Output)
    assert bench.runner.ready_seconds is None
    bench.until(lambda: bench.runner.worker_state == "ready")
    assert bench.runner.ready_seconds is not None


def test_full_and_light_jobs_run_in_their_order(make_bench: Callable[..., RunnerBench]) -> None:
    bench = light(make_bench(MemoryJobStore()))
    jobs = [bench.submit(prompt) for prompt in ("light 1", "full 2", "light 3", "full 4")]
    for job in jobs:
        assert isinstance(bench.end_of(job), Done)
    ended = [event.job_id for event in bench.events if isinstance(event, Done)]
    assert ended == jobs

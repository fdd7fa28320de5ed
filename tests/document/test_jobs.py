"""The queue's jobs in the project: they outlive the studio."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.api.jobs import JobRecord
from studio.api.requests import TextToImage
from studio.core.errors import StudioError
from studio.document import Project

MakeRequest = Callable[..., TextToImage]


def test_jobs_come_back_and_a_running_one_is_interrupted(
    project: Project, path: Path, make_request: MakeRequest
) -> None:
    jobs = {
        state: JobRecord(
            id=state, request=make_request(state), state=state, priority=2, position=1.5, created=9
        )
        for state in ("queued", "running", "interrupted", "done", "failed", "cancelled")
    }
    for job in jobs.values():
        project.jobs.save(job)
    project.jobs.save(JobRecord(id="removed", request=make_request()))
    project.jobs.remove("removed")
    project.jobs.remove("never there")
    project.history.add("running", make_request())
    project.history.update("running", status="running")
    unfinished = {job.id: job for job in project.jobs.load()}
    assert unfinished == {s: jobs[s] for s in ("queued", "running", "interrupted")}
    project.close()

    with Project.open(path) as again:
        loaded = {job.id: job for job in again.jobs.load()}
        assert set(loaded) == {"queued", "running", "interrupted"}
        assert loaded["queued"] == jobs["queued"]
        assert loaded["running"].state == "interrupted"
        assert again.history.get("running").status == "interrupted"
        again.jobs.remove("running")
    with Project.open(path) as third:
        assert {job.id for job in third.jobs.load()} == {"queued", "interrupted"}


def test_a_job_that_cannot_be_read_is_reported_and_stays(
    project: Project, path: Path, make_request: MakeRequest
) -> None:
    project.jobs.save(JobRecord(id="good", request=make_request()))
    project.jobs.save(JobRecord(id="of a plugin", request=make_request()))
    project.jobs.save(JobRecord(id="damaged", request=make_request()))
    project.close()
    with sqlite3.connect(path) as editor:
        editor.execute("UPDATE jobs SET kind = 'hologram' WHERE id = 'of a plugin'")
        editor.execute("UPDATE jobs SET state = 'dancing' WHERE id = 'damaged'")
    editor.close()
    with Project.open(path) as again:
        told: list[StudioError] = []
        again.failed.connect(told.append)
        assert [job.id for job in again.jobs.load()] == ["good"]
        assert len(told) == len(again.problems) == 2
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT count(*) FROM jobs").fetchone() == (3,)
    reader.close()


def test_a_read_only_project_takes_no_jobs(
    project: Project, path: Path, make_request: MakeRequest
) -> None:
    project.close()
    with Project.open(path, read_only=True) as shown:
        with pytest.raises(StudioError, match="read-only"):
            shown.jobs.save(JobRecord(id="one", request=make_request()))
        assert shown.jobs.load() == []

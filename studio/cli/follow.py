"""Running a job from the command line: a progress bar, its end, its files and the last line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

import msgspec
from tqdm import tqdm

from studio.api.events import (
    Cancelled,
    Done,
    Failed,
    JobEvent,
    Loading,
    Output,
    Progress,
    Queued,
    Started,
)
from studio.api.requests import PictureRequest
from studio.app.dispatch import MainLoop
from studio.app.notices import Notice
from studio.app.output_path import check_output_path
from studio.app.studio import Studio
from studio.core.errors import StudioError


def make_pictures(
    options: argparse.Namespace, studio: Studio, loop: MainLoop, request: PictureRequest
) -> None:
    """Run a request, write its pictures to ``options.output`` and say what was made.

    Raises:
        StudioError: what the job failed with, or a file that cannot be written.
    """
    paths = output_paths(options.output, request.count)
    for path in paths:
        check_output_path(path)
    follower = JobFollower(studio, quiet=options.quiet or options.json)
    try:
        job_id = follower.run(lambda: studio.generate(request), loop)
    finally:
        follower.close()
    for index, path in enumerate(paths):
        studio.export_output(job_id, index, path)
    _report(options, studio, job_id, paths)


def output_paths(first: Path, count: int) -> list[Path]:
    """Return the file names: out.png alone, or out-1.png, out-2.png ... for several."""
    if count <= 1:
        return [first]
    return [
        first.with_name(f"{first.stem}-{number}{first.suffix}") for number in range(1, count + 1)
    ]


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


class JobFollower:
    """Shows a job's events as a progress bar and waits for its end."""

    def __init__(self, studio: Studio, *, quiet: bool) -> None:
        self._studio = studio
        self._quiet = quiet
        self._draws = not quiet and _is_terminal(sys.stderr)
        self._bar: tqdm[NoReturn] | None = None
        self._end: dict[str, JobEvent] = {}
        self._job_id = ""
        studio.job_event.connect(self._on_event)
        studio.notice.connect(self._on_notice)

    def run(self, start: Callable[[], str], loop: MainLoop) -> str:
        """Start the job, run it before all that wait in the project; raise what it failed with."""
        try:
            job_id = start()
            self._studio.queue.move(job_id, 0)
            loop.run_until(lambda: job_id in self._end)
        except KeyboardInterrupt:
            if self._job_id:
                self._studio.cancel(self._job_id)
                loop.run_until(lambda: self._job_id in self._end, timeout=2)
            raise
        event = self._end[job_id]
        if isinstance(event, Failed):
            raise StudioError(event.message, event.hint, code=event.code)
        if isinstance(event, Cancelled):
            raise KeyboardInterrupt
        return job_id

    def close(self) -> None:
        """Leave the terminal's line clean."""
        if self._bar is not None:
            self._bar.close()

    def _on_notice(self, notice: Notice) -> None:
        if notice.level == "warning":
            print(f"atelier: {notice.message} {notice.hint}".strip(), file=sys.stderr)

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, (Done, Failed, Cancelled)):
            self._end[event.job_id] = event
            # What else waits was queued in the window: this command is not the one to run it.
            self._studio.queue.pause(True)
        if isinstance(event, Queued):
            self._job_id = event.job_id
        if self._quiet:
            return
        match event:
            case Started() if event.plan is not None:
                print(f"{event.plan.title}: {event.plan.reason}", file=sys.stderr)
            case Loading() if self._draws:
                self._line().set_description_str(f"Loading {event.what}")
            case Progress() if self._draws:
                bar = self._line()
                bar.total = event.steps
                bar.set_description_str(event.phase or "Painting", refresh=False)
                bar.update(event.step - bar.n)
            case Output() if self._draws:
                self._line().refresh()

    def _line(self) -> tqdm[NoReturn]:
        if self._bar is None:
            self._bar = tqdm(total=0, unit="step", leave=False, dynamic_ncols=True)
        return self._bar


def _report(options: argparse.Namespace, studio: Studio, job_id: str, paths: list[Path]) -> None:
    item = studio.project.history.get(job_id)
    if options.json:
        answer = {
            "id": job_id,
            "files": [os.fspath(path) for path in paths],
            "seeds": [output.seed for output in item.outputs],
            "seconds": item.seconds,
            "peak_bytes": item.peak_bytes,
            "request": item.request,
            "plan": item.plan,
        }
        print(msgspec.json.encode(answer).decode())
        return
    for path, output in zip(paths, item.outputs, strict=True):
        print(f"{path}  {output.width} x {output.height}  seed {output.seed}  {item.seconds:.1f} s")

"""A studio that generates and keeps until it is killed, and says what has reached the disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from studio.api.events import Started
from tests.support.bench import StudioBench, fake_request


def say(*words: str) -> None:
    """Write one line at once: what is in the pipe outlives the process."""
    os.write(1, (" ".join(words) + "\n").encode())


def main(path: Path) -> None:
    bench = StudioBench(path)
    project = bench.studio.project

    def saved() -> bool:
        return project.pending == 0

    while True:
        job = bench.studio.generate(fake_request("slow", steps=2))
        bench.until(saved)
        say("queued", job)
        bench.until(lambda: any(isinstance(e, Started) and e.job_id == job for e in bench.events))  # noqa: B023
        bench.until(saved)
        say("running", job)
        bench.finish(job)
        bench.keep(job)
        bench.until(saved)
        say("kept", job)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

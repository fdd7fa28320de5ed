"""What a worker process sets up before anything heavy is imported."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil

from tests.workers.conftest import REPOSITORY, RunnerBench


def test_numeric_libraries_sleep_while_they_wait(bench: RunnerBench) -> None:
    """Spinning OpenMP threads made busy machines several times slower."""
    bench.end_of(bench.submit("environment"))
    (line,) = [text for text in bench.logged.texts if text.startswith("environment ")]
    variables = dict(part.split("=", 1) for part in line.split()[1:])
    assert variables["OMP_WAIT_POLICY"] == "PASSIVE"
    assert 1 <= int(variables["OMP_NUM_THREADS"]) <= (psutil.cpu_count() or 1)
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["TRANSFORMERS_OFFLINE"] == "1"


def test_the_window_goes_first(bench: RunnerBench) -> None:
    bench.runner.warm_up()
    bench.until(lambda: bench.runner.worker_state == "ready")
    worker = psutil.Process(bench.runner.worker_pid)
    if hasattr(os, "nice"):
        assert worker.nice() > psutil.Process().nice()


def test_a_worker_whose_window_is_killed_ends_by_itself() -> None:
    """Nothing stays behind after SIGKILL of the window's process."""
    code = (
        "import time\n"
        "from studio.runtime.local import LocalWorker\n"
        "said = []\n"
        "worker = LocalWorker(engines='tests.workers.fake_engine:engines',\n"
        "    on_message=lambda w, m: said.append(m), on_exit=lambda w, r: None)\n"
        "worker.start()\n"
        "while not said: time.sleep(0.01)\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    window = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert window.stdout is not None
    worker = psutil.Process(int(window.stdout.readline()))
    window.kill()
    window.wait()
    window.stdout.close()
    worker.wait(timeout=10)

"""``atelier train``: runs a training recipe in a process of its own, and passes Ctrl+C on."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from studio.core.errors import InvalidRequest, WorkerProblem, storage_problem
from studio.core.paths import data_dir
from studio.runtime.local import OFFLINE_ENVIRONMENT

RECIPES = ("starter-image",)
SIZES = ("small", "tiny")
MODULE = "studio.training"

# Threads that sleep while they wait, as in the worker: training shares the machine.
ENVIRONMENT = OFFLINE_ENVIRONMENT | {"OMP_WAIT_POLICY": "PASSIVE"}


def default_run_dir(recipe: str) -> Path:
    """Return where a recipe trains when no folder is named."""
    return data_dir() / "training" / recipe


def run_train(options: argparse.Namespace) -> int:
    """Run the recipe until it ends; return its exit code, 130 when it was stopped.

    The recipe belongs to the worker's side, so it runs as a child that inherits the terminal. It
    reports its own errors. Ctrl+C and SIGTERM are passed on once; the recipe then saves its state
    at the next step and says how to go on.

    Raises:
        InvalidRequest: a length or a number of threads that is not positive.
        WorkerProblem: the process could not be started.
    """
    if not options.minutes > 0:
        raise InvalidRequest("--minutes must be more than zero.", "Such as --minutes 25.")
    if options.threads is not None and options.threads < 1:
        raise InvalidRequest("--threads must be at least 1.", "Leave it out for all of them.")
    try:
        child = subprocess.Popen(_command(options), env=os.environ | ENVIRONMENT)
    except OSError as error:
        raise WorkerProblem(
            "The training process could not be started.", str(storage_problem(error, "it"))
        ) from error
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            # A terminal has sent it to the child as well; a second one changes nothing there.
            with contextlib.suppress(OSError, ValueError):
                child.send_signal(signal.SIGINT)


def _command(options: argparse.Namespace) -> list[str]:
    run = options.run_dir or default_run_dir(options.recipe)
    words = [sys.executable, "-m", MODULE, options.recipe]
    words += ["--minutes", f"{options.minutes:g}", "--run-dir", str(run)]
    words += ["--device", options.device, "--size", options.size]
    if options.threads is not None:
        words += ["--threads", str(options.threads)]
    words += [flag for flag, given in _flags(options) if given]
    return words


def _flags(options: argparse.Namespace) -> tuple[tuple[str, bool], ...]:
    return (("--resume", options.resume), ("--json", options.json))

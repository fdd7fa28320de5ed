"""The recipes' own command line, behind ``python -m studio.training`` and ``atelier train``."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from studio.core.errors import InvalidRequest, StudioError
from studio.training.progress import Stopped
from studio.training.starter_image.measure import measure
from studio.training.starter_image.recipe import Plan, run_recipe
from studio.training.starter_image.shape import SHAPES
from studio.training.status import StatusLine

EXIT_ERROR, EXIT_USAGE, EXIT_STOPPED = 1, 2, 130


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="studio.training")
    recipes = parser.add_subparsers(dest="recipe", required=True)
    train = recipes.add_parser("starter-image", help="train the picture model that ships")
    train.add_argument("--minutes", type=float, required=True, help="training time over all runs")
    train.add_argument("--run-dir", type=Path, required=True, help="checkpoints, losses, samples")
    train.add_argument("--resume", action="store_true", help="go on with the run in --run-dir")
    train.add_argument("--size", choices=sorted(SHAPES), default="small", help="model size")
    check = recipes.add_parser("measure-starter", help="measure a starter model, held-out prompts")
    check.add_argument("--model", type=Path, required=True, help="the model's folder")
    check.add_argument("--report", type=Path, required=True, help="folder of the figures and grid")
    check.add_argument("--prompts", type=int, default=200, help="number of held-out prompts")
    for command in (train, check):
        command.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
        command.add_argument(
            "--threads", type=int, help="CPU threads; one is best on a busy machine"
        )
        command.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(words)


def run(words: Sequence[str] | None, stop_wanted: Callable[[], bool]) -> int:
    """Run what ``words`` name; return 0, 1 (error), 2 (bad request) or 130 (stopped).

    A run ends at the next step once ``stop_wanted`` says so, with everything saved.
    """
    asked = _arguments(words)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    try:
        if asked.device == "cuda" and not torch.cuda.is_available():
            raise InvalidRequest("This machine has no CUDA device.", "Train with --device cpu.")
        if asked.recipe == "starter-image":
            _train(asked, stop_wanted)
        else:
            figures = measure(asked.model, asked.report, asked.prompts)
            print(json.dumps(figures.as_json()) if asked.json else figures.as_markdown())
    except StudioError as error:
        _tell(error, as_json=asked.json)
        if isinstance(error, Stopped):
            return EXIT_STOPPED
        return EXIT_USAGE if isinstance(error, InvalidRequest) else EXIT_ERROR
    return 0


def _train(asked: argparse.Namespace, stop_wanted: Callable[[], bool]) -> None:
    plan = Plan(size=asked.size, minutes=asked.minutes)
    device = torch.device(asked.device)
    with StatusLine() as line:
        try:
            folder = run_recipe(
                plan,
                asked.run_dir,
                device,
                resume=asked.resume,
                stop_wanted=stop_wanted,
                tell=line.tell,
            )
        except Stopped as stopped:
            raise Stopped(stopped.message, f"Go on with: {_again(asked)}") from None
    print(json.dumps({"model": str(folder)}) if asked.json else f"The model is in {folder}")


def _again(asked: argparse.Namespace) -> str:
    """Return the command that goes on with this run."""
    words = ["atelier", "train", asked.recipe, "--minutes", f"{asked.minutes:g}"]
    words += ["--run-dir", str(asked.run_dir), "--size", asked.size, "--device", asked.device]
    if asked.threads:
        words += ["--threads", str(asked.threads)]
    return shlex.join([*words, "--resume"])


def _tell(error: StudioError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": error.code, "message": error.message, "hint": error.hint}))
    print(f"atelier: {error.message}", file=sys.stderr)
    if error.hint:
        print(f"         {error.hint}", file=sys.stderr)

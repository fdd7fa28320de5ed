"""Command line of the recipes: ``python -m studio.training starter-image --minutes 90 ...``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import torch

from studio.core.errors import StudioError
from studio.training.starter_image.measure import measure
from studio.training.starter_image.recipe import Plan, run_recipe
from studio.training.starter_image.shape import SHAPES


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="studio.training", description=__doc__)
    recipes = parser.add_subparsers(dest="recipe", required=True)
    train = recipes.add_parser("starter-image", help="train the starter picture model")
    train.add_argument("--minutes", type=float, required=True, help="training time over all runs")
    train.add_argument("--run-dir", type=Path, required=True, help="checkpoints, losses, samples")
    train.add_argument("--resume", action="store_true", help="go on with the run in --run-dir")
    train.add_argument("--size", choices=sorted(SHAPES), default="small", help="model size")
    check = recipes.add_parser("measure-starter", help="measure a starter model, held-out prompts")
    check.add_argument("--model", type=Path, required=True, help="the model's folder")
    check.add_argument("--report", type=Path, required=True, help="folder of the figures and grid")
    check.add_argument("--prompts", type=int, default=80, help="number of held-out prompts")
    for command in (train, check):
        command.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
        command.add_argument(
            "--threads", type=int, help="CPU threads; one is best on a busy machine"
        )
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run the recipe that ``words`` name; return the exit code."""
    asked = _arguments(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if asked.threads:
        torch.set_num_threads(asked.threads)
    try:
        if asked.recipe == "starter-image":
            plan = Plan(size=asked.size, minutes=asked.minutes)
            folder = run_recipe(
                plan, asked.run_dir, torch.device(asked.device), resume=asked.resume
            )
            sys.stdout.write(f"{folder}\n")
        else:
            figures = measure(asked.model, asked.report, asked.prompts)
            sys.stdout.write(figures.as_markdown())
    except StudioError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The recipe from nothing to a model folder: text model, decoder, encoder, denoiser, export."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import torch

from studio.core.errors import InvalidRequest
from studio.training.progress import Budget, LossLog
from studio.training.starter_image.autoencoder import train_decoder, train_encoder
from studio.training.starter_image.denoiser import train_denoiser
from studio.training.starter_image.export import GRID_PROMPTS, draw_grid, export, pipeline_of
from studio.training.starter_image.shape import SHAPES, Shape
from studio.training.starter_image.text import learn_vocabulary, train_text_model

_logger = logging.getLogger(__name__)

SHARES: dict[str, float] = {"text": 0.04, "decoder": 0.3, "encoder": 0.06, "denoiser": 0.6}
"""Part of the minutes that each stage gets."""

PLAN_FILE = "plan.json"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was started with; a resumed run must ask for the same."""

    size: str = "small"
    minutes: float | None = None
    steps: dict[str, int] | None = None
    batch: int = 32

    def budget(self, stage: str) -> Budget:
        """Return the budget of a stage: its steps where they are given, else its share of time."""
        if self.steps is not None:
            return Budget(steps=self.steps[stage])
        if self.minutes is None:
            raise InvalidRequest("A training run needs a length.", "Give --minutes.")
        return Budget(seconds=self.minutes * 60 * SHARES[stage])


def _settle_plan(plan: Plan, run: Path, resume: bool) -> None:
    """Keep the plan of a new run; refuse to mix runs that were started differently."""
    path = run / PLAN_FILE
    if not path.exists():
        run.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(plan))
        return
    if not resume:
        raise InvalidRequest(
            f"{run} already holds a training run.", "Add --resume to go on, or name a new folder."
        )
    if msgspec.json.decode(path.read_bytes(), type=Plan).size != plan.size:
        raise InvalidRequest(
            f"The run in {run} has another model size.",
            "Resume it with the size it was begun with.",
        )
    path.write_bytes(msgspec.json.encode(plan))


def shape_named(name: str) -> Shape:
    """Return the shape of a size name, or say which names there are."""
    if name not in SHAPES:
        raise InvalidRequest(
            f"There is no model size {name!r}.", f"Sizes: {', '.join(sorted(SHAPES))}."
        )
    return SHAPES[name]


def run_recipe(plan: Plan, run: Path, device: torch.device, *, resume: bool = False) -> Path:
    """Train every stage that is not done yet, export and return the model folder.

    Everything a run needs lies in ``run``: checkpoints every two minutes, ``loss.jsonl``, sample
    sheets and, at the end, ``starter-image`` for diffusers. Calling it again with ``resume`` goes
    on where the last call stopped, with the same next sample.
    """
    shape = shape_named(plan.size)
    _settle_plan(plan, run, resume)
    log = LossLog(run / "loss.jsonl")
    _logger.info("text model")
    text_model = train_text_model(shape, run, plan.budget("text"), log, device, plan.batch * 2)
    _logger.info("decoder")
    decoder_batch = max(1, plan.batch // 4)
    model = train_decoder(shape, run, plan.budget("decoder"), log, device, decoder_batch)
    _logger.info("encoder")
    train_encoder(shape, run, plan.budget("encoder"), log, device, model, decoder_batch)
    _logger.info("denoiser")
    tokenizer = learn_vocabulary(shape, run / "tokenizer")
    train_denoiser(
        shape, run, plan.budget("denoiser"), log, device, tokenizer, text_model, plan.batch
    )
    _logger.info("export")
    folder = run / "starter-image"
    export(shape, run, folder)
    draw_grid(pipeline_of(shape, run), GRID_PROMPTS, seed=1).save(run / "samples.png")
    return folder

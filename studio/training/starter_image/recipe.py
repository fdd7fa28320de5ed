"""The recipe from nothing to a model folder: what is trained in which order, and the export."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import torch
from diffusers import UNet2DConditionModel

from studio.core.errors import InvalidRequest
from studio.training.progress import Budget, LossLog, Session, Stopped
from studio.training.starter_image.autoencoder import train_decoder, train_encoder
from studio.training.starter_image.denoiser import train_denoiser
from studio.training.starter_image.enlarge import Redraw, train_enlarged
from studio.training.starter_image.export import (
    GRID_PROMPTS,
    STAGES,
    assembled,
    draw_grid,
    export,
    pipeline_of,
)
from studio.training.starter_image.shape import SHAPES, Shape
from studio.training.starter_image.text import learn_vocabulary, train_text_model

_logger = logging.getLogger(__name__)

SHARES: dict[str, float] = {
    "text": 0.03,
    "decoder": 0.2,
    "denoiser": 0.5,
    "enlarge": 0.22,
    "encoder": 0.05,
}
"""Part of the minutes that each stage gets, in the order of the stages."""

MODEL_FOLDER = "thumbnail"
SHEET_PROMPTS, SHEET_STEPS = GRID_PROMPTS[:6], 10
SHEET_EVERY_SECONDS = 240.0

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


class _Sheets:
    """Draws a sheet of sample pictures every few minutes while the denoiser learns."""

    def __init__(
        self, shape: Shape, session: Session, budget: Budget, parts: tuple[Any, ...]
    ) -> None:
        self._shape, self._session, self._budget = shape, session, budget
        self._tokenizer, self._text_model, self._autoencoder = parts
        self._drawn_at = -SHEET_EVERY_SECONDS

    def __call__(self, denoiser: UNet2DConditionModel) -> None:
        if self._budget.done_seconds - self._drawn_at < SHEET_EVERY_SECONDS:
            return
        self._drawn_at = self._budget.done_seconds
        pipeline = assembled(self._tokenizer, self._text_model, denoiser, self._autoencoder)
        sheet = draw_grid(pipeline, SHEET_PROMPTS, seed=1, columns=3, steps=SHEET_STEPS)
        folder = self._session.run / "samples"
        folder.mkdir(exist_ok=True)
        sheet.save(folder / f"denoiser-{self._budget.done_steps:07d}.png")


def run_recipe(
    plan: Plan,
    run: Path,
    device: torch.device,
    *,
    resume: bool = False,
    stop_wanted: Callable[[], bool] = lambda: False,
    tell: Callable[[str, Budget, int, float], None] | None = None,
) -> Path:
    """Train every stage that is not done yet, export and return the model folder.

    Everything a run needs lies in ``run``: checkpoints every two minutes, ``loss.jsonl``, sample
    sheets and, at the end, ``thumbnail`` for diffusers. Calling it again with ``resume`` goes on
    where the last call stopped, with the same next sample. ``tell`` hears of every step.

    Raises:
        Stopped: ``stop_wanted`` said so; the checkpoints hold everything up to the last step.
        InvalidRequest: ``run`` holds another run, or ``resume`` was not asked for.
    """
    shape = shape_named(plan.size)
    _settle_plan(plan, run, resume)
    session = Session(run, LossLog(run / "loss.jsonl", tell=tell), device, stop_wanted)
    _train(plan, shape, session)
    if stop_wanted():
        raise Stopped("Stopped before the export; nothing is lost.")
    _logger.info("export")
    folder = run / MODEL_FOLDER
    export(shape, run, folder)
    draw_grid(pipeline_of(shape, run), GRID_PROMPTS, seed=1).save(run / "samples.png")
    return folder


def _train(plan: Plan, shape: Shape, session: Session) -> None:
    """Run the stages of STAGES one after the other."""
    budgets = {stage: plan.budget(stage) for stage in STAGES}
    small_batch = max(1, plan.batch // 4)
    _logger.info("text model")
    text_model = train_text_model(shape, session, budgets["text"], plan.batch * 2)
    tokenizer = learn_vocabulary(shape, session.run / "tokenizer")
    _logger.info("decoder")
    small = train_decoder(shape, session, budgets["decoder"], small_batch)
    _logger.info("denoiser")
    sheets = _Sheets(shape, session, budgets["denoiser"], (tokenizer, text_model, small))
    denoiser = train_denoiser(
        shape, session, budgets["denoiser"], tokenizer, text_model, plan.batch, sheets
    )
    _logger.info("enlarge")
    redraw = Redraw(shape, tokenizer, text_model, denoiser, session.device)
    model = train_enlarged(shape, session, budgets["enlarge"], small, redraw, small_batch)
    _logger.info("encoder")
    train_encoder(shape, session, budgets["encoder"], model, small_batch)

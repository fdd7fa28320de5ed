"""Measures a starter model on prompts whose combinations it never saw, and draws the grids."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from numpy.typing import NDArray
from PIL import Image

from studio.core.errors import ModelProblem
from studio.training.starter_image.edits import Edits, edit_scenes, measure_edits
from studio.training.starter_image.export import (
    GRID_PROMPTS,
    GUIDANCE_SCALE,
    STEPS,
    draw_grid,
    sheet_of,
)
from studio.training.starter_image.figures import Figures, PairScores, SingleScores
from studio.training.starter_image.judge import (
    ONE_THING,
    TWO_THINGS,
    Judge,
    Questions,
    train_judge,
    verdicts,
)
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.prompts import held_out_pairs, held_out_scenes, prompt_of
from studio.training.starter_image.scene import Scene, render, thing_box

JUDGE_PICTURES = 12000
CONTROL_SEED, CONTROL_PICTURES = 707, 200
BATCH = 8
"""Prompts drawn together, which halves the time; each has a seed of its own."""

SHEET_SIDE = 128
"""Side of a picture on the sheets of measured pictures, in pixels."""


def region_shares(picture: NDArray[np.uint8], scene: Scene) -> dict[str, float]:
    """Return, a colour word, its share of the subject's region beyond its share of the rest.

    Every pixel goes to the nearest reference colour in YCbCr, luma counting half; the shares are
    those inside the expected box minus those outside, so a background counts for nothing.
    """
    size = picture.shape[0]
    left, top, side = (round(value) for value in thing_box(scene.things[0], size, crowded=False))
    inside = np.zeros((size, size), bool)
    inside[max(0, top) : top + side, max(0, left) : left + side] = True
    words = Image.fromarray(np.asarray([list(COLOURS.values())], np.uint8)).convert("YCbCr")
    reference = np.asarray(words, np.float32)[0]
    pixels = np.asarray(Image.fromarray(picture).convert("YCbCr"), np.float32)
    difference = (pixels[:, :, None] - reference) * np.asarray([0.5, 1, 1], np.float32)
    nearest = (difference**2).sum(axis=-1).argmin(axis=-1)
    return {
        word: float(np.mean(nearest[inside] == number) - np.mean(nearest[~inside] == number))
        for number, word in enumerate(COLOURS)
    }


def region_colour(picture: NDArray[np.uint8], scene: Scene) -> str:
    """Return the colour word that dominates the subject's region."""
    shares = region_shares(picture, scene)
    return max(shares, key=lambda word: shares[word])


def _score_singles(judge: Judge, pictures: NDArray[np.uint8], scenes: list[Scene]) -> SingleScores:
    wanted = judge.questions.numbers(scenes)
    guesses = verdicts(judge, pictures)
    right = torch.stack(
        [guess.argmax(dim=1) == wanted[:, number] for number, guess in enumerate(guesses)], dim=1
    )
    # A prompt's likelihood: subject, colour and place; prompts of one combination differ in nothing
    # else that all of them name.
    joint = torch.stack([guess[:, wanted[:, n]] for n, guess in enumerate(guesses[:3])]).sum(0)
    rank = (joint > joint.diagonal()[:, None]).sum(dim=1)
    regions = [
        region_colour(picture, scene) == scene.things[0].colour
        for picture, scene in zip(pictures, scenes, strict=True)
    ]
    sided = torch.tensor([scene.things[0].position != "centre" for scene in scenes])
    share = right.float().mean(dim=0).tolist()
    return SingleScores(
        subject=share[0],
        colour=share[1],
        place=share[2],
        position=right[sided, 3].float().mean().item(),
        region_colour=float(np.mean(regions)),
        all_three=right[:, :3].all(dim=1).float().mean().item(),
        retrieval_first=(rank == 0).float().mean().item(),
        retrieval_in_five=(rank < 5).float().mean().item(),
    )


def _score_pairs(judge: Judge, pictures: NDArray[np.uint8], scenes: list[Scene]) -> PairScores:
    wanted = judge.questions.numbers(scenes)
    guesses = verdicts(judge, pictures)
    right = torch.stack(
        [guess.argmax(dim=1) == wanted[:, number] for number, guess in enumerate(guesses)], dim=1
    )
    subjects, colours = right[:, (0, 2)], right[:, (1, 3)]
    return PairScores(
        subject=subjects.float().mean().item(),
        colour=colours.float().mean().item(),
        both_subjects=subjects.all(dim=1).float().mean().item(),
        both_colours=colours.all(dim=1).float().mean().item(),
        all_four=right.all(dim=1).float().mean().item(),
    )


def _load(model: Path) -> StableDiffusionPipeline:
    if not (model / "model_index.json").is_file():
        raise ModelProblem(
            f"{model} holds no diffusers model.", "Name the folder that has model_index.json."
        )
    pipeline: StableDiffusionPipeline = StableDiffusionPipeline.from_pretrained(
        str(model), torch_dtype=torch.float32, local_files_only=True
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _drawn(pipeline: StableDiffusionPipeline, scenes: list[Scene]) -> NDArray[np.uint8]:
    """Return uint8 (scenes, h, w, 3), what the model makes of each scene's prompt."""
    pictures: list[Image.Image] = []
    for first in range(0, len(scenes), BATCH):
        numbers = range(first, min(first + BATCH, len(scenes)))
        pictures += pipeline(
            [prompt_of(scenes[number]) for number in numbers],
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE_SCALE,
            generator=[torch.Generator().manual_seed(number) for number in numbers],
        ).images
    return np.stack([np.asarray(picture) for picture in pictures])


def _control(questions: Questions) -> tuple[list[Scene], NDArray[np.uint8]]:
    scenes = questions.scenes(CONTROL_SEED, CONTROL_PICTURES)
    return scenes, np.stack([np.asarray(render(scene)) for scene in scenes])


def measure(
    model: Path, report: Path, prompts: int, judge_pictures: int = JUDGE_PICTURES
) -> Figures:
    """Generate ``prompts`` held-out pictures with ``model``, judge them, write figures and grids.

    Half as many prompts ask for two things, a fifth as many drawn scenes are changed. ``report``
    receives starter-figures.json, starter-grid.png (a fixed set of prompts), starter-edits.png, and
    starter-held-out.png and starter-pairs.png (the first 48 and 24 measured pictures, in order,
    none left out).
    """
    pipeline = _load(model)
    scenes, pairs = held_out_scenes(prompts), held_out_pairs(max(1, prompts // 2))
    begun = time.monotonic()
    grid = draw_grid(pipeline, GRID_PROMPTS, seed=1)
    seconds = (time.monotonic() - begun) / len(GRID_PROMPTS)
    pictures, pair_pictures = _drawn(pipeline, scenes), _drawn(pipeline, pairs)
    judge = train_judge(ONE_THING, judge_pictures)
    pair_judge = train_judge(TWO_THINGS, judge_pictures)
    control, control_pictures = _control(ONE_THING)
    control_pairs, control_pair_pictures = _control(TWO_THINGS)
    edits = Edits(pipeline, pictures.shape[1])
    figures = Figures(
        prompts=len(scenes),
        pairs=len(pairs),
        seconds_per_picture=round(seconds, 2),
        model=_score_singles(judge, pictures, scenes),
        drawings=_score_singles(judge, control_pictures, control),
        model_pairs=_score_pairs(pair_judge, pair_pictures, pairs),
        drawings_pairs=_score_pairs(pair_judge, control_pair_pictures, control_pairs),
        edits=measure_edits(edits, judge, max(1, prompts // 5)),
    )
    report.mkdir(parents=True, exist_ok=True)
    (report / "starter-figures.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(figures)) + b"\n"
    )
    grid.save(report / "starter-grid.png", optimize=True)
    _sheet(pictures[:48]).save(report / "starter-held-out.png", optimize=True)
    _sheet(pair_pictures[:24]).save(report / "starter-pairs.png", optimize=True)
    edits.sheet(edit_scenes(4)).save(report / "starter-edits.png", optimize=True)
    return figures


def _sheet(pictures: NDArray[np.uint8]) -> Image.Image:
    shown = [Image.fromarray(picture) for picture in pictures]
    return sheet_of([picture.resize((SHEET_SIDE, SHEET_SIDE), 4) for picture in shown], columns=12)

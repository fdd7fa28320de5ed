"""Measures a starter model on prompts whose combinations it never saw, and draws the grid."""

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
from studio.training.starter_image.captions import with_article
from studio.training.starter_image.export import GRID_PROMPTS, GUIDANCE_SCALE, STEPS, draw_grid
from studio.training.starter_image.judge import (
    answer_numbers,
    answers_of,
    single_scenes,
    train_judge,
    verdicts,
)
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import PLACES
from studio.training.starter_image.scene import (
    TAUGHT,
    Scene,
    Thing,
    is_held_out,
    render,
    thing_box,
)

PROMPT_SEED = 606
JUDGE_PICTURES = 12000
CONTROL_SEED, CONTROL_PICTURES = 707, 200


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of right answers, 0..1, over one set of pictures."""

    subject: float
    colour: float
    place: float
    region_colour: float
    all_three: float
    retrieval_first: float
    retrieval_in_five: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a measurement found: the model, chance, and real drawings as a control."""

    prompts: int
    seconds_per_picture: float
    model: Scores
    drawings: Scores

    def as_markdown(self) -> str:
        """Return the figures as a table."""
        chance = {
            "subject": 1 / len(TAUGHT),
            "colour": 1 / len(COLOURS),
            "place": 1 / len(PLACES),
            "region_colour": 1 / len(COLOURS),
            "all_three": 1 / (len(TAUGHT) * len(COLOURS) * len(PLACES)),
            "retrieval_first": 1 / self.prompts,
            "retrieval_in_five": 5 / self.prompts,
        }
        titles = {
            "subject": "Subject named by the judge",
            "colour": "Subject's colour named by the judge",
            "place": "Place named by the judge",
            "region_colour": "Dominant colour of the subject's region (no network)",
            "all_three": "Subject, colour and place all right",
            "retrieval_first": "Own prompt retrieved first",
            "retrieval_in_five": "Own prompt among the first five",
        }
        lines = ["| Measure | Model | Drawn scenes (control) | Chance |", "|---|---|---|---|"]
        for name, title in titles.items():
            lines.append(
                f"| {title} | {getattr(self.model, name):.0%} "
                f"| {getattr(self.drawings, name):.0%} | {chance[name]:.1%} |"
            )
        return "\n".join(lines) + "\n"


def held_out_scenes(count: int) -> list[Scene]:
    """Return ``count`` one-thing scenes whose (subject, colour, place) no training scene has."""
    combinations = [
        (subject, colour, place)
        for subject in TAUGHT
        for colour in COLOURS
        for place in PLACES
        if is_held_out(subject, colour, place)
    ]
    random = np.random.default_rng(PROMPT_SEED)
    chosen = random.permutation(len(combinations))[:count]
    scenes = []
    for number in chosen:
        subject, colour, place = combinations[int(number)]
        others = [name for name in COLOURS if name != colour]
        scenes.append(
            Scene(
                things=(Thing(subject=subject, colour=colour, size="medium", position="centre"),),
                place=place,
                light="day",
                plain_colour=others[int(random.integers(len(others)))] if place == "plain" else "",
                pastel=False,
                seed=int(random.integers(2**31)),
            )
        )
    return scenes


def prompt_of(scene: Scene) -> str:
    """Return the plain prompt of a held-out scene."""
    thing = scene.things[0]
    words = with_article(f"{thing.colour} {thing.subject}")
    return f"{words} {PLACES[scene.place][0].format(colour=scene.plain_colour)}"


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


def _score(pictures: NDArray[np.uint8], scenes: list[Scene], guesses: list[torch.Tensor]) -> Scores:
    wanted = answer_numbers([answers_of(scene) for scene in scenes])
    right = torch.stack(
        [guess.argmax(dim=1) == wanted[:, head] for head, guess in enumerate(guesses)], dim=1
    )
    joint = torch.stack([guess[:, wanted[:, head]] for head, guess in enumerate(guesses)]).sum(0)
    rank = (joint > joint.diagonal()[:, None]).sum(dim=1)
    regions = [
        region_colour(picture, scene) == scene.things[0].colour
        for picture, scene in zip(pictures, scenes, strict=True)
    ]
    share = right.float().mean(dim=0).tolist()
    return Scores(
        subject=share[0],
        colour=share[1],
        place=share[2],
        region_colour=float(np.mean(regions)),
        all_three=right.all(dim=1).float().mean().item(),
        retrieval_first=(rank == 0).float().mean().item(),
        retrieval_in_five=(rank < 5).float().mean().item(),
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


def measure(
    model: Path, report: Path, prompts: int, judge_pictures: int = JUDGE_PICTURES
) -> Figures:
    """Generate ``prompts`` held-out pictures with ``model``, judge them, write figures and grid.

    ``report`` receives starter-figures.json, starter-grid.png (a fixed set of prompts) and
    starter-held-out.png (the first 48 measured pictures, in order, none left out).
    """
    pipeline = _load(model)
    scenes = held_out_scenes(prompts)
    begun = time.monotonic()
    drawn = [
        pipeline(
            prompt_of(scene),
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE_SCALE,
            generator=torch.Generator().manual_seed(number),
        ).images[0]
        for number, scene in enumerate(scenes)
    ]
    seconds = (time.monotonic() - begun) / len(scenes)
    judge = train_judge(judge_pictures)
    control = single_scenes(CONTROL_SEED, 0, CONTROL_PICTURES)
    control_pictures = np.stack([np.asarray(render(scene)) for scene in control])
    pictures = np.stack([np.asarray(picture) for picture in drawn])
    figures = Figures(
        prompts=len(scenes),
        seconds_per_picture=round(seconds, 2),
        model=_score(pictures, scenes, verdicts(judge, pictures)),
        drawings=_score(control_pictures, control, verdicts(judge, control_pictures)),
    )
    report.mkdir(parents=True, exist_ok=True)
    (report / "starter-figures.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(figures)) + b"\n"
    )
    draw_grid(pipeline, GRID_PROMPTS, seed=1).save(report / "starter-grid.png", optimize=True)
    _sheet(drawn[:48], columns=12).save(report / "starter-held-out.png", optimize=True)
    return figures


def _sheet(pictures: list[Image.Image], columns: int) -> Image.Image:
    width, height = pictures[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (index % columns * width, index // columns * height))
    return sheet

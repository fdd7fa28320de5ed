"""A small classifier of drawn scenes that says what a generated picture shows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.training.starter_image.codec import picture_tensor
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import PLACES
from studio.training.starter_image.scene import POSITIONS, TAUGHT, Scene, random_scene, render

JUDGE_SEED = 505
"""Its scenes come from a stream that neither the decoder nor the denoiser ever saw."""

_SIDE = 64


@dataclass(frozen=True)
class Questions:
    """What a judge is asked about a picture: the options of each answer, and where they are right.

    ``suits`` says which scenes can be asked about; ``answers_of`` gives the right answers, in the
    order of ``options``.
    """

    options: dict[str, list[str]]
    suits: Callable[[Scene], bool]
    answers_of: Callable[[Scene], tuple[str, ...]]

    def numbers(self, scenes: list[Scene]) -> Tensor:
        """Return the right answers as int64 (scenes, questions)."""
        return torch.tensor(
            [
                [
                    options.index(word)
                    for options, word in zip(self.options.values(), row, strict=True)
                ]
                for row in map(self.answers_of, scenes)
            ]
        )

    def scenes(self, seed: int, count: int) -> list[Scene]:
        """Return the first ``count`` scenes of the stream of ``seed`` that suit."""
        found: list[Scene] = []
        number = 0
        while len(found) < count:
            scene = random_scene(seed, number)
            number += 1
            if self.suits(scene) and not scene.pastel:
                found.append(scene)
        return found


def _about_one(scene: Scene) -> tuple[str, ...]:
    thing = scene.things[0]
    return thing.subject, thing.colour, scene.place, thing.position


def _about_two(scene: Scene) -> tuple[str, ...]:
    left, right = scene.things
    return left.subject, left.colour, right.subject, right.colour


ONE_THING = Questions(
    options={
        "subject": list(TAUGHT),
        "colour": list(COLOURS),
        "place": list(PLACES),
        "position": list(POSITIONS),
    },
    suits=lambda scene: len(scene.things) == 1,
    answers_of=_about_one,
)
"""Subject, colour, place and position of the only thing in a picture."""

TWO_THINGS = Questions(
    options={
        "left subject": list(TAUGHT),
        "left colour": list(COLOURS),
        "right subject": list(TAUGHT),
        "right colour": list(COLOURS),
    },
    suits=lambda scene: len(scene.things) == 2,
    answers_of=_about_two,
)
"""Subject and colour of the left and of the right thing."""


class Judge(nn.Module):
    """Answers questions about a picture; trained only on drawn scenes."""

    def __init__(self, questions: Questions) -> None:
        super().__init__()
        self.questions = questions
        self.counts = [len(options) for options in questions.options.values()]
        widths = (3, 24, 48, 96, 128)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.features = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2))
        cells = (_SIDE // 2 ** (len(widths) - 1)) ** 2
        self.answers = nn.Linear(widths[-1] * cells, sum(self.counts))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return log probabilities per question for float (count, 3, h, w) in -1..1."""
        small = functional.interpolate(pictures, (_SIDE, _SIDE), mode="area")
        answers = self.answers(self.features(small))
        return [functional.log_softmax(part, dim=1) for part in answers.split(self.counts, dim=1)]


def train_judge(questions: Questions, pictures: int, epochs: int = 3, batch: int = 64) -> Judge:
    """Return a judge trained on ``pictures`` drawn scenes for ``epochs`` rounds."""
    torch.manual_seed(JUDGE_SEED)
    scenes = questions.scenes(JUDGE_SEED, pictures)
    drawn = np.stack([np.asarray(render(scene).resize((_SIDE, _SIDE), 4)) for scene in scenes])
    wanted = questions.numbers(scenes)
    judge = Judge(questions)
    optimizer = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=0.01)
    steps = epochs * (pictures // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=max(2, steps))
    generator = torch.Generator().manual_seed(JUDGE_SEED)
    for _ in range(epochs):
        order = torch.randperm(pictures, generator=generator)
        for start in range(0, pictures - batch + 1, batch):
            rows = order[start : start + batch]
            seen = picture_tensor(drawn[rows.numpy()])
            seen = seen + 0.1 * torch.randn(seen.shape, generator=generator)
            guesses = judge(_blurred(seen, generator))
            losses = [
                functional.nll_loss(guess, wanted[rows, number])
                for number, guess in enumerate(guesses)
            ]
            optimizer.zero_grad(set_to_none=True)
            torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return judge.eval()


def _blurred(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Blur half of the batches, so that soft edges alone do not confuse the judge."""
    if torch.rand(1, generator=generator) < 0.5:
        return pictures
    return functional.avg_pool2d(pictures, 3, 1, 1)


@torch.no_grad()
def verdicts(judge: Judge, pictures: NDArray[np.uint8]) -> list[Tensor]:
    """Return the judge's log probabilities per question for uint8 (count, h, w, 3)."""
    guesses: list[Tensor] = judge(picture_tensor(pictures))
    return guesses

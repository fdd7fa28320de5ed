"""A small classifier of drawn scenes that says what a generated picture shows."""

from __future__ import annotations

import itertools

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray
from torch import Tensor, nn

from studio.training.starter_image.codec import picture_tensor
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import PLACES
from studio.training.starter_image.scene import TAUGHT, Scene, random_scene, render

JUDGE_SEED = 505
"""Its scenes come from a stream that neither the decoder nor the denoiser ever saw."""

HEADS: dict[str, list[str]] = {
    "subject": list(TAUGHT),
    "colour": list(COLOURS),
    "place": list(PLACES),
}
_SIDE = 64


class Judge(nn.Module):
    """Reads subject, colour and place off a picture of one thing; trained only on drawn scenes."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 24, 48, 96, 128)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
        self.features = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.2))
        cells = (_SIDE // 2 ** (len(widths) - 1)) ** 2
        self.answers = nn.Linear(widths[-1] * cells, sum(map(len, HEADS.values())))

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Return log probabilities per head for float (count, 3, h, w) in -1..1."""
        small = functional.interpolate(pictures, (_SIDE, _SIDE), mode="area")
        answers = self.answers(self.features(small))
        parts = answers.split([len(options) for options in HEADS.values()], dim=1)
        return [functional.log_softmax(part, dim=1) for part in parts]


def single_scenes(seed: int, first: int, count: int) -> list[Scene]:
    """Return ``count`` scenes of the stream that show one thing and are not pastel."""
    found: list[Scene] = []
    number = first
    while len(found) < count:
        scene = random_scene(seed, number)
        number += 1
        if len(scene.things) == 1 and not scene.pastel:
            found.append(scene)
    return found


def answers_of(scene: Scene) -> tuple[str, str, str]:
    """Return the right answers of a one-thing scene, in the order of HEADS."""
    return scene.things[0].subject, scene.things[0].colour, scene.place


def answer_numbers(answers: list[tuple[str, str, str]]) -> Tensor:
    """Return int64 (count, heads)."""
    return torch.tensor(
        [
            [options.index(word) for options, word in zip(HEADS.values(), row, strict=True)]
            for row in answers
        ]
    )


def train_judge(pictures: int, epochs: int = 3, batch: int = 64) -> Judge:
    """Return a judge trained on ``pictures`` drawn scenes for ``epochs`` rounds."""
    torch.manual_seed(JUDGE_SEED)
    scenes = single_scenes(JUDGE_SEED, 0, pictures)
    drawn = np.stack([np.asarray(render(scene).resize((_SIDE, _SIDE), 4)) for scene in scenes])
    wanted = answer_numbers([answers_of(scene) for scene in scenes])
    judge = Judge()
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
                functional.nll_loss(guess, wanted[rows, head]) for head, guess in enumerate(guesses)
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
    """Return the judge's log probabilities per head for uint8 (count, h, w, 3)."""
    guesses: list[Tensor] = judge(picture_tensor(pictures))
    return guesses

"""The text model first learns to name what its captions' pictures show; then it is kept."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as functional
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from studio.training.progress import Budget, Rates, Session, train_stage
from studio.training.starter_image.captions import caption
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import LIGHTS, PLACES
from studio.training.starter_image.scene import POSITIONS, SCALES, Scene, random_scene
from studio.training.starter_image.shape import Shape, build_text_model
from studio.training.starter_image.subjects import SUBJECTS
from studio.training.starter_image.vocabulary import write_tokenizer

STREAM_SEED = 303
RATES = Rates(peak=2e-3, final=1e-4, warm_up=50)
VOCABULARY_CAPTIONS = 6000

_ABSENT = "none"
_FACTS: dict[str, list[str]] = {
    "subject": list(SUBJECTS),
    "colour": list(COLOURS),
    "size": list(SCALES),
    "position": list(POSITIONS),
    "other subject": [*SUBJECTS, _ABSENT],
    "other colour": [*COLOURS, _ABSENT],
    "place": list(PLACES),
    "light": list(LIGHTS),
    "plain colour": [*COLOURS, _ABSENT],
    "style": ["flat", "pastel"],
}
"""What the text model must be able to tell from a caption, and the answers."""


def facts_of(scene: Scene) -> list[int]:
    """Return the number of the right answer for each of the facts; things go from left to right."""
    first = scene.things[0]
    other = scene.things[1] if len(scene.things) > 1 else None
    answers = (
        first.subject,
        first.colour,
        first.size,
        first.position,
        other.subject if other else _ABSENT,
        other.colour if other else _ABSENT,
        scene.place,
        scene.light,
        scene.plain_colour or _ABSENT,
        "pastel" if scene.pastel else "flat",
    )
    return [options.index(answer) for options, answer in zip(_FACTS.values(), answers, strict=True)]


def learn_vocabulary(shape: Shape, folder: Path) -> CLIPTokenizer:
    """Return the recipe's tokenizer, learning and saving it to ``folder`` the first time."""
    if (folder / "tokenizer_config.json").exists():
        return CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
    texts = [caption(random_scene(STREAM_SEED, number), 0) for number in range(VOCABULARY_CAPTIONS)]
    return write_tokenizer(texts, shape.vocabulary, shape.context, folder)


def token_ids(tokenizer: CLIPTokenizer, captions: list[str], context: int) -> Tensor:
    """Return int64 (captions, context), padded with the end token as CLIP pipelines do."""
    ids: Tensor = tokenizer(
        captions, padding="max_length", truncation=True, max_length=context, return_tensors="pt"
    ).input_ids
    return ids


@torch.no_grad()
def text_states(
    model: CLIPTextModel,
    tokenizer: CLIPTokenizer,
    captions: list[str],
    shape: Shape,
    device: torch.device,
) -> Tensor:
    """Return what the denoiser reads of each caption, float (captions, context, text width)."""
    states: Tensor = model(token_ids(tokenizer, captions, shape.context).to(device))[0]
    return states


def train_text_model(
    shape: Shape, session: Session, budget: Budget, batch: int = 64
) -> CLIPTextModel:
    """Train until ``budget`` is spent and return the model; goes on from the run's folder.

    The answers are read from the end token and from one of the paddings behind it, because the
    denoiser's cross attention sees both.
    """
    device = session.device
    tokenizer = learn_vocabulary(shape, session.run / "tokenizer")
    torch.manual_seed(STREAM_SEED)
    model = build_text_model(
        shape, len(tokenizer), int(tokenizer.bos_token_id), int(tokenizer.eos_token_id)
    ).to(device)
    answers = nn.Linear(shape.text_width, sum(map(len, _FACTS.values()))).to(device)
    parts = nn.ModuleDict({"model": model, "answers": answers})
    optimizer = torch.optim.AdamW(parts.parameters(), lr=RATES.peak, weight_decay=0.01, fused=True)
    generator = torch.Generator().manual_seed(STREAM_SEED)

    def loss_of(samples: int) -> tuple[Tensor, int]:
        scenes = [random_scene(STREAM_SEED, samples + index) for index in range(batch)]
        ids = token_ids(tokenizer, [caption(scene, 0) for scene in scenes], shape.context)
        ends = (ids == tokenizer.eos_token_id).int().argmax(dim=1)
        room = shape.context - 1 - ends
        behind = ends + 1 + (torch.rand(batch, generator=generator) * room).long()
        states = model(ids.to(device)).last_hidden_state
        rows = torch.arange(batch)
        read = torch.cat([states[rows, ends], states[rows, behind.clamp(max=shape.context - 1)]])
        wanted = torch.tensor([facts_of(scene) for scene in scenes]).repeat(2, 1).to(device)
        guesses = answers(read).split([len(options) for options in _FACTS.values()], dim=1)
        losses = [
            functional.cross_entropy(guess, wanted[:, fact]) for fact, guess in enumerate(guesses)
        ]
        return torch.stack(losses).mean(), batch

    train_stage(
        "text",
        session,
        budget,
        parts={"parts": parts},
        optimizer=optimizer,
        rates=RATES,
        generator=generator,
        loss_of=loss_of,
    )
    return model

"""``atelier generate``: the main job without a display."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from studio.api.requests import LoraUse, ModelRef, RefinerUse, TextToImage, checked
from studio.app.choosing import model_for
from studio.app.output_path import check_output_path
from studio.app.studio import Studio
from studio.cli.follow import make_pictures
from studio.cli.session import headless_studio
from studio.core.errors import InvalidRequest
from studio.core.ids import new_seed
from studio.models import InstalledModel

MAX_SHOWN = 40  # characters of a bad value that are repeated in its error


def run_generate(options: argparse.Namespace) -> int:
    """Make the pictures and write them; the answer is checked before the work begins."""
    check_output_path(options.output)
    read_prompt(options)
    with headless_studio(options.project) as (studio, loop):
        make_pictures(options, studio, loop, build_request(options, studio))
    return 0


def read_prompt(options: argparse.Namespace) -> None:
    """Take the prompt from standard input where it is given as "-"."""
    if options.prompt != "-":
        return
    try:
        options.prompt = sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "The prompt on standard input is not text.", "Send it as UTF-8."
        ) from error


def build_request(options: argparse.Namespace, studio: Studio) -> TextToImage:
    """Turn the options into a checked request; what was left out is the model's own default."""
    model = model_for(studio, "text_to_image", options.model)
    defaults = model.defaults
    width, height = parse_size(options.size) if options.size else (defaults.width, defaults.height)
    refiner = parse_refiner(options.refiner, studio) if options.refiner else None
    values = shared_values(options, model) | {"width": width, "height": height, "refiner": refiner}
    return checked(TextToImage(**values))


def shared_values(options: argparse.Namespace, model: InstalledModel) -> dict[str, Any]:
    """Return the fields that all requests for pictures have, from the options or the model."""
    defaults = model.defaults
    return {
        "model": ModelRef(id=model.id, revision=model.revision),
        "prompt": options.prompt,
        "negative_prompt": options.negative,
        "steps": defaults.steps if options.steps is None else options.steps,
        "guidance_scale": (
            defaults.guidance_scale if options.guidance is None else options.guidance
        ),
        "seed": new_seed() if options.seed is None else options.seed,
        "sampler": options.sampler or defaults.sampler,
        "count": options.count,
        "clip_skip": options.clip_skip,
        "loras": tuple(parse_lora(text) for text in options.lora),
    }


def parse_size(text: str) -> tuple[int, int]:
    """Read ``768x512``."""
    width, cross, height = text.lower().partition("x")
    try:
        if not cross:
            raise ValueError(text)
        return int(width), int(height)
    except ValueError:
        shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
        raise InvalidRequest(
            f"The size {shown!r} is not WIDTHxHEIGHT.", "Write it as 768x512."
        ) from None


def parse_lora(text: str) -> LoraUse:
    """Read ``file.safetensors`` or ``file.safetensors=0.8``."""
    path, equals, weight = text.rpartition("=")
    if not equals:
        return LoraUse(path=text)
    try:
        return LoraUse(path=path, weight=float(weight))
    except ValueError:
        raise InvalidRequest(
            f"The weight {weight!r} of a LoRA is not a number.", "Write FILE=0.8."
        ) from None


def parse_refiner(text: str, studio: Studio) -> RefinerUse:
    """Read ``model`` or ``model@0.8``, the share of the steps that the base model does."""
    name, _, share = text.partition("@")
    model = studio.library.find(name)
    try:
        switch_at = float(share) if share else 0.8
    except ValueError:
        raise InvalidRequest(
            f"The share {share!r} of the refiner is not a number.", "Write MODEL@0.8."
        ) from None
    return RefinerUse(model=ModelRef(id=model.id, revision=model.revision), switch_at=switch_at)

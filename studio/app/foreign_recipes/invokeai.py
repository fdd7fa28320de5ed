"""InvokeAI's metadata: "invokeai_metadata" of 3.x and later, "sd-metadata" and "Dream" before.

The fields: invokeai/app/invocations/metadata.py (CoreMetadataInvocation) of invoke-ai/InvokeAI.
"""

from __future__ import annotations

import re
from typing import Any

from studio.app.foreign_recipes.recipe import ForeignRecipe, foreign_recipe
from studio.app.foreign_recipes.values import (
    as_float,
    as_int,
    as_list,
    as_name,
    as_object,
    as_seed,
    as_text,
    decode_object,
)

PROGRAM = "InvokeAI"

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_FLAG = re.compile(r"(?:^|\s)-([sSWHCA])\s?(\S+)")


def read_invokeai(texts: dict[str, str]) -> ForeignRecipe | None:
    """Read the newest of InvokeAI's formats that the file holds."""
    if recipe := _core_metadata(texts.get("invokeai_metadata", "")):
        return recipe
    if recipe := _sd_metadata(texts.get("sd-metadata", "")):
        return recipe
    return _dream(texts.get("Dream", ""))


def _core_metadata(raw: str) -> ForeignRecipe | None:
    data = decode_object(raw)
    if not data:
        return None
    return foreign_recipe(
        PROGRAM,
        raw,
        prompt=as_text(data.get("positive_prompt")),
        negative_prompt=as_text(data.get("negative_prompt")),
        seed=as_seed(data.get("seed")),
        steps=as_int(data.get("steps")),
        guidance_scale=data.get("cfg_scale", data.get("guidance")),
        sampler=as_name(data.get("scheduler")),
        width=as_int(data.get("width")),
        height=as_int(data.get("height")),
        clip_skip=as_int(data.get("clip_skip"), high=100),
        model=_model_name(data.get("model")),
        model_hash=as_name(as_object(data.get("model")).get("hash")),
        loras=[
            (_model_name(lora.get("model", lora.get("lora"))), _weight(lora.get("weight")))
            for lora in map(as_object, as_list(data.get("loras"))[:100])
        ],
    )


def _model_name(value: Any) -> str:
    """The name of a model: "name" since 4.0, "model_name" before, a plain text in between."""
    model = as_object(value)
    return as_name(model.get("name", model.get("model_name", value)))


def _weight(value: Any) -> float:
    weight = as_float(value)
    return 1.0 if weight is None else weight


def _sd_metadata(raw: str) -> ForeignRecipe | None:
    data = decode_object(raw)
    image = as_object(data.get("image")) or as_object(next(iter(as_list(data.get("images"))), None))
    if not image:
        return None
    prompts = as_list(image.get("prompt"))
    text = image.get("prompt") if not prompts else as_object(prompts[0]).get("prompt")
    prompt, negative = _split_brackets(as_text(text))
    return foreign_recipe(
        PROGRAM,
        raw,
        prompt=prompt,
        negative_prompt=negative,
        seed=as_seed(image.get("seed")),
        steps=as_int(image.get("steps")),
        guidance_scale=image.get("cfg_scale"),
        sampler=as_name(image.get("sampler")),
        width=as_int(image.get("width")),
        height=as_int(image.get("height")),
        model=data.get("model_weights"),
        model_hash=as_name(data.get("model_hash")),
    )


def _dream(raw: str) -> ForeignRecipe | None:
    """The oldest, a command line: ``"a cat [ugly]" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms``."""
    start, end = raw.find('"'), raw.rfind('"')
    if start < 0 or end <= start:
        return None
    prompt, negative = _split_brackets(raw[start + 1 : end])
    flags = dict(_FLAG.findall(raw[end + 1 :]))
    return foreign_recipe(
        PROGRAM,
        raw,
        prompt=prompt,
        negative_prompt=negative,
        seed=as_seed(flags.get("S")),
        steps=as_int(flags.get("s")),
        guidance_scale=flags.get("C"),
        sampler=as_name(flags.get("A")),
        width=as_int(flags.get("W")),
        height=as_int(flags.get("H")),
    )


def _split_brackets(prompt: str) -> tuple[str, str]:
    """Before 3.0 the negative prompt stood in square brackets inside the prompt."""
    negative = ", ".join(part.strip() for part in _BRACKETS.findall(prompt) if part.strip())
    return _BRACKETS.sub("", prompt).strip().rstrip(",").strip(), negative

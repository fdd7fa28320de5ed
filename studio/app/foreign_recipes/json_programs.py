"""Programs that write one JSON object: NovelAI, Fooocus, SwarmUI, Easy Diffusion, Draw Things.

Formats: modules/meta_parser.py of lllyasviel/Fooocus; "sui_image_params" of SwarmUI; the fields
that receyuki/stable-diffusion-prompt-reader documents for NovelAI, Easy Diffusion and Draw Things.
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


def read_json_object(raw: str) -> ForeignRecipe | None:
    """Read the object that a "parameters" chunk or a UserComment holds, whoever wrote it."""
    data = decode_object(raw) if raw.lstrip().startswith("{") else {}
    if "sui_image_params" in data:
        return _swarmui(as_object(data["sui_image_params"]), raw)
    if "base_model" in data or "full_prompt" in data:
        return _fooocus(data, raw)
    if "c" in data and "uc" in data:
        return _draw_things(data, raw)
    if "uc" in data or "signed_hash" in data:
        return _novelai(data, raw)
    if "num_inference_steps" in data or "Guidance Scale" in data:
        return _easy_diffusion(data, raw)
    return None


def read_novelai(texts: dict[str, str]) -> ForeignRecipe | None:
    """Read NovelAI's PNG texts: "Software", "Description", "Source" and "Comment" (JSON)."""
    comment = texts.get("Comment", "")
    data = decode_object(comment) if comment.lstrip().startswith("{") else {}
    if texts.get("Software") != "NovelAI" and "signed_hash" not in data:
        return None
    return _novelai(data, comment, texts.get("Description", ""), texts.get("Source", ""))


def read_easy_diffusion(texts: dict[str, str]) -> ForeignRecipe | None:
    """Read Easy Diffusion's PNG texts, one chunk for each setting."""
    if "num_inference_steps" not in texts and "Guidance Scale" not in texts:
        return None
    return _easy_diffusion(texts, "\n".join(f"{key}: {text}" for key, text in texts.items()))


def _novelai(
    data: dict[str, Any], raw: str, description: str = "", source: str = ""
) -> ForeignRecipe | None:
    positive = as_object(as_object(data.get("v4_prompt")).get("caption")).get("base_caption")
    negative = as_object(as_object(data.get("v4_negative_prompt")).get("caption"))
    return foreign_recipe(
        "NovelAI",
        raw,
        prompt=as_text(data.get("prompt")) or as_text(positive) or description,
        negative_prompt=as_text(data.get("uc")) or as_text(negative.get("base_caption")),
        seed=as_seed(data.get("seed")),
        steps=as_int(data.get("steps")),
        guidance_scale=data.get("scale"),
        sampler=as_name(data.get("sampler")),
        schedule=as_name(data.get("noise_schedule")),
        width=as_int(data.get("width")),
        height=as_int(data.get("height")),
        model=source,
    )


def _fooocus(data: dict[str, Any], raw: str) -> ForeignRecipe | None:
    width, height = _size(data.get("resolution"))
    loras = [
        (as_name(lora[0]), weight)
        for lora in map(as_list, as_list(data.get("loras"))[:100])
        if len(lora) >= 2 and (weight := as_float(lora[1])) is not None
    ]
    for number in range(1, 11):
        parts = as_name(data.get(f"lora_combined_{number}")).split(" : ")
        if len(parts) >= 2 and (weight := as_float(parts[-1])) is not None:
            loras.append((parts[-2], weight))
    return foreign_recipe(
        "Fooocus",
        raw,
        prompt=as_text(data.get("prompt")),
        negative_prompt=as_text(data.get("negative_prompt")),
        seed=as_seed(data.get("seed")),
        steps=as_int(data.get("steps")),
        guidance_scale=data.get("guidance_scale"),
        sampler=as_name(data.get("sampler")),
        schedule=as_name(data.get("scheduler")),
        width=width,
        height=height,
        model=data.get("base_model"),
        model_hash=as_name(data.get("base_model_hash")),
        loras=loras,
    )


def _swarmui(data: dict[str, Any], raw: str) -> ForeignRecipe | None:
    names, weights = as_list(data.get("loras")), as_list(data.get("loraweights"))
    loras = []
    for index, name in enumerate(names[:100]):
        weight = as_float(weights[index]) if index < len(weights) else 1.0
        loras.append((as_name(name), 1.0 if weight is None else weight))
    return foreign_recipe(
        "SwarmUI",
        raw,
        prompt=as_text(data.get("prompt")),
        negative_prompt=as_text(data.get("negativeprompt")),
        seed=as_seed(data.get("seed")),
        steps=as_int(data.get("steps")),
        guidance_scale=data.get("cfgscale"),
        sampler=as_name(data.get("sampler", data.get("comfyuisampler"))),
        schedule=as_name(data.get("scheduler", data.get("comfyuischeduler"))),
        width=as_int(data.get("width")),
        height=as_int(data.get("height")),
        model=data.get("model"),
        loras=loras,
    )


def _draw_things(data: dict[str, Any], raw: str) -> ForeignRecipe | None:
    width, height = _size(data.get("size"))
    return foreign_recipe(
        "Draw Things",
        raw,
        prompt=as_text(data.get("c")),
        negative_prompt=as_text(data.get("uc")),
        seed=as_seed(data.get("seed")),
        steps=as_int(data.get("steps")),
        guidance_scale=data.get("scale"),
        sampler=as_name(data.get("sampler")),
        width=width,
        height=height,
        model=data.get("model"),
        loras=[
            (as_name(lora.get("model")), as_float(lora.get("weight")) or 1.0)
            for lora in map(as_object, as_list(data.get("lora"))[:100])
        ],
    )


def _easy_diffusion(data: dict[str, Any], raw: str) -> ForeignRecipe | None:
    def either(name: str, title: str) -> Any:
        return data.get(name, data.get(title))

    return foreign_recipe(
        "Easy Diffusion",
        raw,
        prompt=as_text(either("prompt", "Prompt")),
        negative_prompt=as_text(either("negative_prompt", "Negative Prompt")),
        seed=as_seed(either("seed", "Seed")),
        steps=as_int(either("num_inference_steps", "Steps")),
        guidance_scale=either("guidance_scale", "Guidance Scale"),
        sampler=as_name(either("sampler_name", "Sampler")),
        width=as_int(either("width", "Width")),
        height=as_int(either("height", "Height")),
        model=either("use_stable_diffusion_model", "Stable Diffusion model"),
    )


def _size(value: Any) -> tuple[int | None, int | None]:
    """Two numbers of a text such as "(1024, 768)" or "1024x768", or of a list."""
    numbers = as_list(value) or re.findall(r"\d{1,6}", as_name(value))
    return (as_int(numbers[0]), as_int(numbers[1])) if len(numbers) == 2 else (None, None)

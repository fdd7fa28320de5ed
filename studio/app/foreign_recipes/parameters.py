"""The "parameters" text of AUTOMATIC1111's webui, which Forge, SD.Next, Civitai and others write.

The format: modules/infotext_utils.py (parse_generation_parameters) and modules/processing.py
(create_infotext) of AUTOMATIC1111/stable-diffusion-webui. The reader here is its own: it runs in
linear time on any input.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
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
)

_KEY = re.compile(r"\w[\w /+-]{0,60}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_END = re.compile(r"[,\n]")
_NEGATIVE = "Negative prompt:"
_SURE_KEYS = {"Steps", "Sampler", "Seed", "Size", "CFG scale", "Model", "Model hash"}
_MAX_JSON_VALUES = 8  # a settings line holds one or two; each costs a pass over the text


def read_parameters(text: str, *, only_settings: bool = False) -> ForeignRecipe | None:
    """Read a "parameters" text; None when there is nothing in it.

    Args:
        text: the prompt, "Negative prompt: ...", and a line of "Steps: 20, Sampler: ..." pairs;
            each of the three may be missing.
        only_settings: refuse a text without the line of settings, such as a camera's comment.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    start = _settings_start(lines)
    if start is None and only_settings:
        return None
    settings = dict(read_pairs("\n".join(lines[start:]))) if start is not None else {}
    prompt, negative = _split_prompts(lines[:start])
    width, height = _size(settings.get("Size"))
    return foreign_recipe(
        _program(settings),
        text.strip(),
        prompt=prompt,
        negative_prompt=negative,
        seed=as_seed(settings.get("Seed")),
        steps=as_int(settings.get("Steps")),
        guidance_scale=settings.get("CFG scale", settings.get("CFG Scale")),
        sampler=as_name(settings.get("Sampler")),
        schedule=as_name(settings.get("Schedule type", settings.get("Scheduler"))),
        width=width,
        height=height,
        clip_skip=_clip_skip(settings.get("Clip skip", settings.get("Clip Skip"))),
        model=settings.get("Model") or _civitai_model(settings),
        model_hash=as_name(settings.get("Model hash")),
        loras=_loras(settings),
    )


def _settings_start(lines: list[str]) -> int | None:
    """The line where the settings begin: the last one that starts with "Steps:", or the last line
    if it holds three pairs, a known one among them."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].lstrip().startswith("Steps:"):
            return index
    last = max((index for index, line in enumerate(lines) if line.strip()), default=None)
    if last is None or lines[last].lstrip().startswith(_NEGATIVE):
        return None
    keys = [key for key, _ in read_pairs(lines[last])]
    return last if len(keys) >= 3 and not _SURE_KEYS.isdisjoint(keys) else None


def _split_prompts(lines: list[str]) -> tuple[str, str]:
    for index, line in enumerate(lines):
        if line.lstrip().startswith(_NEGATIVE):
            negative = [line.lstrip().removeprefix(_NEGATIVE), *lines[index + 1 :]]
            return "\n".join(lines[:index]), "\n".join(negative)
    return "\n".join(lines), ""


def read_pairs(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the "Key: value" pairs of a settings line.

    A value is plain up to the next comma or line break, a JSON text in quotes, or (Civitai) a
    JSON list or object. What is not a pair is passed over.
    """
    position, end = 0, len(text)
    json_values = _MAX_JSON_VALUES
    while position < end:
        stop = _plain_end(text, position)
        key, colon, _ = text[position:stop].partition(":")
        if not colon or not _KEY.fullmatch(key.strip()):
            position = stop + 1
            continue
        start = position + len(key) + 1
        while start < end and text[start] in " \t":
            start += 1
        value: Any = None
        if text.startswith('"', start):
            value, stop = _quoted(text, start, stop)
        elif text.startswith(("[", "{"), start) and json_values:
            json_values -= 1
            value, stop = _json(text, start, stop)
        yield key.strip(), text[start:stop].strip() if value is None else value
        position = stop + 1


def _plain_end(text: str, position: int) -> int:
    found = _END.search(text, position)
    return found.start() if found else len(text)


def _quoted(text: str, start: int, stop: int) -> tuple[str | None, int]:
    """The value in quotes and where it ends; None where the quotes do not hold a JSON text."""
    match = _QUOTED.match(text, start)
    if match is None:
        return None, stop
    try:
        value = json.loads(match.group(), strict=False)
    except ValueError:
        return None, stop
    return as_text(value), _plain_end(text, match.end())


def _json(text: str, start: int, stop: int) -> tuple[Any, int]:
    try:
        value, after = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, stop
    return value, _plain_end(text, after)


def _size(value: Any) -> tuple[int | None, int | None]:
    match = re.fullmatch(r"(\d{1,6})\s?x\s?(\d{1,6})", value if isinstance(value, str) else "")
    return (int(match[1]), int(match[2])) if match else (None, None)


def _clip_skip(value: Any) -> int | None:
    """AUTOMATIC1111 counts from 1, the last layer; we count the layers left out."""
    number = as_int(value, high=100)
    return None if number is None else max(0, number - 1)


def _program(settings: dict[str, Any]) -> str:
    """Tell the programs apart by what they write as their version (or as their app)."""
    app, version = as_name(settings.get("App")), as_name(settings.get("Version"))
    if app:
        return app
    known = ("Atelier", "Fooocus", "ComfyUI", "EasyDiffusion", "SD.Next")
    for program in known:
        if version.startswith(program):
            return program
    if re.match(r"f\d|neo", version):
        return "Forge"
    return "Civitai" if "Civitai resources" in settings else "AUTOMATIC1111"


def _civitai_model(settings: dict[str, Any]) -> str:
    for resource in as_list(settings.get("Civitai resources")):
        if as_object(resource).get("type") == "checkpoint":
            return as_name(as_object(resource).get("modelName"))
    return ""


def _loras(settings: dict[str, Any]) -> list[tuple[str, float]]:
    """LoRAs beside those that stand in the prompt: Fooocus' "Lora weights", Civitai's list, and
    the names of "Lora hashes"."""
    found = []
    for resource in map(as_object, as_list(settings.get("Civitai resources"))[:100]):
        if resource.get("type") in ("lora", "lycoris", "locon"):
            weight = as_float(resource.get("weight"))
            found.append((as_name(resource.get("modelName")), 1.0 if weight is None else weight))
    for pair in as_text(settings.get("Lora weights")).split(",")[:100]:
        name, _, weight_text = pair.rpartition(":")
        if (weight := as_float(weight_text)) is not None:
            found.append((name.strip(), weight))
    return found

"""Recipes: what a picture file says about how it was made, for this studio and for others."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

import msgspec

from studio import __version__
from studio.api.requests import Request, RequestRegistry, encode_request, request_kind
from studio.core.errors import InvalidRequest

RECIPE_VERSION = 1
RECIPE_MINOR_VERSION = 0

PNG_RECIPE_KEY = "atelier"
PNG_PARAMETERS_KEY = "parameters"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is needed to make one picture again.

    ``request`` is the request of the whole run; ``seed`` and ``index`` are those of this very
    picture. ``model_sha`` is the sha256 of the model file in hexadecimal digits, or another
    fingerprint of its content, or empty.
    ``ignored`` names fields of a newer minor version that this studio could not read.
    """

    request: Request
    seed: int
    index: int = 0
    model_title: str = ""
    model_sha: str = ""
    program: str = "Atelier"
    program_version: str = __version__
    version: int = RECIPE_VERSION
    minor_version: int = RECIPE_MINOR_VERSION
    ignored: tuple[str, ...] = ()

    def picture_request(self) -> Request:
        """Return the request that makes this one picture alone, from its own seed."""
        names = self.request.__struct_fields__
        changes: dict[str, Any] = {"seed": self.seed} if "seed" in names else {}
        if "count" in names:
            changes["count"] = 1
        return msgspec.structs.replace(self.request, **changes)


class _RecipeFile(msgspec.Struct, kw_only=True):
    """The recipe as it lies in a file: the request stays raw until its kind is known."""

    version: int
    task: str
    request: msgspec.Raw
    seed: int
    minor_version: int = 0
    index: int = 0
    model_title: str = ""
    model_sha: str = ""
    program: str = ""
    program_version: str = ""


def encode_recipe(recipe: Recipe) -> str:
    """Return the recipe as self-describing JSON."""
    return msgspec.json.encode(
        _RecipeFile(
            version=recipe.version,
            minor_version=recipe.minor_version,
            program=recipe.program,
            program_version=recipe.program_version,
            task=request_kind(recipe.request),
            request=msgspec.Raw(encode_request(recipe.request)),
            model_title=recipe.model_title,
            model_sha=recipe.model_sha,
            seed=recipe.seed,
            index=recipe.index,
        )
    ).decode()


def decode_recipe(text: str | bytes, registry: RequestRegistry | None = None) -> Recipe:
    """Read what ``encode_recipe`` wrote.

    Fields that a newer minor version added are left out and named in ``ignored``; anything else
    that is unknown or out of its limits is refused.

    Raises:
        InvalidRequest: not a recipe, of a newer major version, or of a task that is not known
            here.
    """
    try:
        file = msgspec.json.decode(text, type=_RecipeFile)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidRequest(f"This is not a recipe of Atelier: {error}.") from error
    if file.version != RECIPE_VERSION:
        raise InvalidRequest(
            f"The recipe is of version {file.version}; this Atelier reads {RECIPE_VERSION}.",
            "A newer Atelier can read it.",
            code="newer_recipe",
        )
    registry = registry or RequestRegistry()
    newer = file.minor_version > RECIPE_MINOR_VERSION
    request, ignored = _decode_request(file, registry, newer=newer)
    return Recipe(
        request=request,
        seed=file.seed,
        index=file.index,
        model_title=file.model_title,
        model_sha=file.model_sha,
        program=file.program,
        program_version=file.program_version,
        version=file.version,
        minor_version=file.minor_version,
        ignored=ignored,
    )


def _decode_request(
    file: _RecipeFile, registry: RequestRegistry, *, newer: bool
) -> tuple[Request, tuple[str, ...]]:
    """Decode the request; of a newer minor version without the fields that are unknown here."""
    if not newer:
        return registry.decode(file.task, file.request), ()
    try:
        fields = msgspec.json.decode(file.request, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequest(f"This is not a recipe of Atelier: {error}.") from error
    known = {"task", *registry.fields(file.task)}
    ignored = tuple(sorted(fields.keys() - known))
    kept = {name: value for name, value in fields.items() if name in known}
    return registry.decode(file.task, msgspec.json.encode(kept)), ignored


def to_parameters_text(recipe: Recipe) -> str:
    """Return the recipe in the "parameters" format that many programs read.

    The format is the one of AUTOMATIC1111's stable-diffusion-webui (modules/processing.py,
    create_infotext): the prompt, a line "Negative prompt: ...", and one line of "Key: value"
    pairs, where a value with a comma, a colon or a line break is quoted as JSON. LoRAs stand in
    the prompt as ``<lora:name:weight>``, and "Clip skip" counts from 1.
    """
    fields = msgspec.structs.asdict(recipe.request)
    prompt = " ".join([str(fields.get("prompt", "")).strip(), *_lora_tags(fields)]).strip()
    lines = [prompt]
    if negative := str(fields.get("negative_prompt", "")).strip():
        lines.append(f"Negative prompt: {negative}")
    pairs = [f"{key}: {_quoted(value)}" for key, value in _parameters(recipe, fields) if value]
    return "\n".join([*lines, ", ".join(pairs)])


def _parameters(recipe: Recipe, fields: dict[str, Any]) -> list[tuple[str, str]]:
    """The pairs of the last line; an empty value leaves its pair out."""
    sampler = fields.get("sampler", "")
    guidance, clip_skip = fields.get("guidance_scale"), fields.get("clip_skip") or 0
    has_size = "width" in fields and "height" in fields
    return [
        ("Steps", str(fields.get("steps", ""))),
        ("Sampler", "" if sampler == "Model default" else sampler),
        ("CFG scale", "" if guidance is None else f"{guidance:g}"),
        ("Seed", str(recipe.seed)),
        ("Size", f"{fields['width']}x{fields['height']}" if has_size else ""),
        ("Model hash", _short_hash(recipe.model_sha)),
        ("Model", recipe.model_title),
        ("Clip skip", str(clip_skip + 1) if clip_skip else ""),
        ("Version", f"{recipe.program} {recipe.program_version}".strip()),
    ]


def _short_hash(sha: str) -> str:
    """The first ten digits, by which model sites find a file; only a whole sha256 will do."""
    is_sha256 = len(sha) == 64 and all(digit in "0123456789abcdef" for digit in sha.lower())
    return sha[:10].lower() if is_sha256 else ""


def _lora_tags(fields: dict[str, Any]) -> list[str]:
    return [
        f"<lora:{PurePath(lora.path).stem}:{lora.weight:g}>" for lora in fields.get("loras") or ()
    ]


def _quoted(value: str) -> str:
    """Quote a value as AUTOMATIC1111 does (modules/infotext_utils.py, quote)."""
    if any(mark in value for mark in ",:\n"):
        return json.dumps(value, ensure_ascii=False)
    return value


def png_text_chunks(recipe: Recipe) -> dict[str, str]:
    """Return the text chunks that a PNG of this picture carries, by their keywords."""
    return {
        PNG_RECIPE_KEY: encode_recipe(recipe),
        PNG_PARAMETERS_KEY: to_parameters_text(recipe),
    }

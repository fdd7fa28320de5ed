"""ForeignRecipe: what could be read about a picture that another program made."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from studio.api.requests import MAX_PROMPT_CHARACTERS, ModelRef, TextToImage, checked, field_meta
from studio.app.foreign_recipes.samplers import map_sampler
from studio.app.foreign_recipes.values import as_float, as_name, as_text, file_stem
from studio.core.errors import InvalidRequest

MAX_LORAS = 64

_LORA_TAG = re.compile(r"<(?:lora|lyco):([^:<>]++)((?::[^:<>]*+)*+)>")


class ForeignLora(msgspec.Struct, frozen=True, kw_only=True):
    """One LoRA by the name that the other program gave it."""

    name: str
    weight: float = 1.0


class ForeignRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """How another program made a picture; None and empty texts mean that it does not say.

    ``sampler`` is the name that this studio uses, empty where it has none like it;
    ``sampler_raw`` is what the file says, with the noise schedule. ``sampler_exact`` is False
    where only the schedule differs. ``clip_skip`` counts the layers left out, as our requests do.
    ``raw`` is the text that all this was read from.
    """

    program: str
    prompt: str = ""
    negative_prompt: str = ""
    seed: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    sampler: str = ""
    sampler_raw: str = ""
    sampler_exact: bool = True
    width: int | None = None
    height: int | None = None
    clip_skip: int | None = None
    model_name: str = ""
    model_hash: str = ""
    loras: tuple[ForeignLora, ...] = ()
    raw: str = ""

    def to_request_values(self) -> dict[str, Any]:
        """Return the fields of a TextToImage that this recipe gives and that are in its limits.

        The model and the LoRAs are not among them: they are names here and must be looked up.
        """
        values = {name: value for name, value in self._given().items() if not _refusal(name, value)}
        if not {"width", "height"} <= values.keys():
            values.pop("width", None)
            values.pop("height", None)
        return values

    def left_out(self) -> tuple[str, ...]:
        """Say in words which settings of the recipe ``to_request_values`` does not carry over."""
        notes = [note for name, value in self._given().items() if (note := _refusal(name, value))]
        if self.sampler_raw and not self.sampler:
            notes.append(f"The sampler {self.sampler_raw} is not known here.")
        elif not self.sampler_exact:
            notes.append(f"{self.sampler} stands in for {self.sampler_raw}.")
        notes += [f"The LoRA {lora.name} must be chosen by hand." for lora in self.loras]
        return tuple(notes)

    def _given(self) -> dict[str, Any]:
        names = (
            *("prompt", "negative_prompt", "seed", "steps", "guidance_scale", "sampler"),
            *("width", "height", "clip_skip"),
        )
        return {name: value for name in names if (value := getattr(self, name)) not in (None, "")}


def _refusal(name: str, value: Any) -> str:
    """Why a value is not within the limits of TextToImage's field; empty if it is."""
    if isinstance(value, str) and not value.strip():
        return f"{field_meta(TextToImage)[name].title} is empty."
    request: dict[str, Any] = {"model": ModelRef(id=""), "prompt": "a"} | {name: value}
    try:
        checked(TextToImage(**request))
    except InvalidRequest as error:
        return error.message
    return ""


def foreign_recipe(
    program: str,
    raw: str,
    *,
    prompt: str = "",
    negative_prompt: str = "",
    sampler: str = "",
    schedule: str = "",
    model: Any = "",
    guidance_scale: Any = None,
    loras: list[tuple[str, float]] | None = None,
    **others: Any,
) -> ForeignRecipe | None:
    """Put a recipe together from what a reader found; None when it found nothing at all.

    Texts and names are cleaned and cut to sane lengths, the sampler is mapped, LoRA tags are
    taken out of the prompt, and the model's file name loses its folders.
    """
    prompt, tagged = split_lora_tags(as_text(prompt))
    mapped, exact = map_sampler(as_name(sampler), as_name(schedule))
    recipe = ForeignRecipe(
        program=program,
        prompt=prompt[: 4 * MAX_PROMPT_CHARACTERS],
        negative_prompt=as_text(negative_prompt)[: 4 * MAX_PROMPT_CHARACTERS],
        sampler=mapped,
        sampler_raw=f"{as_name(sampler)} {as_name(schedule)}".strip(),
        sampler_exact=exact or not mapped,
        guidance_scale=as_float(guidance_scale),
        model_name=file_stem(model),
        loras=tuple(
            ForeignLora(name=file_stem(name), weight=weight)
            for name, weight in _once([*(loras or []), *tagged])
        ),
        raw=raw,
        **others,
    )
    return recipe if says_something(recipe) else None


def says_something(recipe: ForeignRecipe) -> bool:
    """Return True when the recipe gives at least one setting."""
    return bool(recipe._given() or recipe.model_name or recipe.sampler_raw)


def split_lora_tags(prompt: str) -> tuple[str, list[tuple[str, float]]]:
    """Take AUTOMATIC1111's ``<lora:name:weight>`` tags out of a prompt.

    Returns the prompt without them, and the names with their weights (1 where none is given).
    """
    found: list[tuple[str, float]] = []
    for match in _LORA_TAG.finditer(prompt):
        weights = [as_float(part) for part in match.group(2).split(":")[1:]]
        weight = next((weight for weight in weights if weight is not None), 1.0)
        found.append((match.group(1).strip(), weight))
        if len(found) == MAX_LORAS:
            break
    if not found:
        return prompt, []
    rest = re.sub(r",[ \t]*+(?=,)", "", _LORA_TAG.sub("", prompt))
    rest = re.sub(r"[ \t]{2,}", " ", rest)
    return "\n".join(line.strip(" ,\t") for line in rest.split("\n")).strip(), found


def _once(loras: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The first mention of every LoRA, so that a tag does not repeat what the settings say."""
    seen: dict[str, tuple[str, float]] = {}
    for name, weight in loras[:MAX_LORAS]:
        if name:
            seen.setdefault(file_stem(name).lower(), (name, weight))
    return list(seen.values())

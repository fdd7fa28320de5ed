"""Does a model fit this machine? The planner's answer in the artist's words."""

from __future__ import annotations

from typing import Literal

import msgspec
from PySide6.QtCore import QCoreApplication

from studio.api.plans import DeviceInfo, LoadPlan
from studio.api.requests import ChatMessage, ChatTurn, ModelRef, TextToImage
from studio.models.catalogue import CatalogueEntry
from studio.models.defaults import defaults_for
from studio.models.installed import ComponentWeights, InstalledModel
from studio.models.memory import plan_load

Tone = Literal["good", "warn", "bad", "text_faint"]

# The catalogue knows a component's weights, not its layers. No published pipeline has a layer
# above a tenth of its denoiser, so this never promises too much.
_LARGEST_LAYER_SHARE = 0.1
# A conversation of this length must fit beside a language model.
_TOKENS = 4096


class Verdict(msgspec.Struct, frozen=True):
    """One line about memory; ``reason`` has the planner's figures."""

    words: str
    tone: Tone
    reason: str = ""


class MemoryNeeds(msgspec.Struct, frozen=True):
    """Bytes of a model's weights in full and in half precision; 0 where it is not known."""

    full: int
    half: int


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelFit", text)


def needs_of(parameters: int) -> MemoryNeeds:
    """Return the bytes of so many weights: four each in full precision, two in half."""
    return MemoryNeeds(full=4 * parameters, half=2 * parameters)


def as_installed(entry: CatalogueEntry) -> InstalledModel:
    """Return a catalogue entry as the planner would see it after its download."""
    return InstalledModel(
        id=entry.id,
        title=entry.title,
        family=entry.family,
        layout="diffusers",
        path="",
        revision="",
        tasks=entry.tasks,
        components=tuple(
            ComponentWeights(
                name=component.name,
                class_name=component.class_name,
                parameters=component.parameters,
                stored_bytes=2 * component.parameters,
                stored_data_type="float16",
                largest_layer=int(component.parameters * _LARGEST_LAYER_SHARE),
            )
            for component in entry.components
        ),
        defaults=defaults_for(entry.family, name=entry.title),
        language=entry.language,
    )


def verdict_of(model: InstalledModel, device: DeviceInfo, budget_bytes: int) -> Verdict:
    """Return whether a model fits at its own size and settings."""
    if not model.components:
        return Verdict(_tr("Its size is not published"), "text_faint")
    if model.language is not None:
        turn = ChatTurn(
            model=ModelRef(id=model.id), messages=(ChatMessage("user", "-"),), max_tokens=_TOKENS
        )
        return _in_words(plan_load(model, turn, device, budget_bytes=budget_bytes))
    if not {"text_to_image", "upscale"} & set(model.tasks):
        return Verdict(_tr("Part of other models"), "text_faint")
    request = TextToImage(
        model=ModelRef(id=model.id),
        prompt="-",
        width=model.defaults.width,
        height=model.defaults.height,
        guidance_scale=model.defaults.guidance_scale,
    )
    return _in_words(plan_load(model, request, device, budget_bytes=budget_bytes))


def _in_words(plan: LoadPlan) -> Verdict:
    if not plan.fits:
        return Verdict(_tr("Does not fit this machine"), "bad", plan.reason)
    if plan.placement == "component_offload":
        return Verdict(_tr("Fits with offload, slower"), "warn", plan.reason)
    if plan.placement == "group_offload":
        return Verdict(_tr("Fits layer by layer, slow"), "warn", plan.reason)
    if plan.tiled_decode:
        return Verdict(_tr("Fits, decoded in tiles"), "good", plan.reason)
    full = plan.data_type == "float32"
    words = _tr("Fits in full precision") if full else _tr("Fits in half precision")
    return Verdict(words, "good", plan.reason)

"""The planner: decides how a model is loaded for one request. A pure function; it never loads.

Weights are counted exactly (headers x target precision). Working memory is estimated from the
architecture (``studio.models.working_memory``) until measured peaks replace it. The rungs of the
ladder are compared by the most that the device holds at any moment (``estimate.peak_of``). A rung
is tried with whole-picture decoding first, then with tiled decoding: tiles cost less time than the
next rung. Pictures of one request are made one after another, so ``sliced_decode``, which helps
only batches, stays off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec

from studio.api.plans import LADDER, ComponentPlan, DataType, DeviceInfo, LoadPlan, Placement
from studio.api.requests import ModelRef, PictureRequest, Precision, Request, TextToImage
from studio.api.working_size import working_size
from studio.core.units import format_bytes, format_share
from studio.models.estimate import (
    Activations,
    Part,
    RunShape,
    activations_of,
    own_parts_of,
    parts_of,
    peak_of,
)
from studio.models.installed import InstalledModel
from studio.models.language_memory import plan_language
from studio.models.tiles import plan_tiles

_PROCESSOR_LADDER: tuple[Placement, ...] = ("whole", "component_offload")

_PICTURES_AT_ONCE = 12

_HALF_VARIANTS: dict[str, tuple[str, ...]] = {
    "float16": ("fp16", "bf16", ""),
    "bfloat16": ("bf16", "fp16", ""),
}


class _Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One placement with its peak, and whether it fits."""

    placement: Placement
    tiled: bool
    peak_bytes: int
    activation_bytes: int
    fits: bool


def plan_load(
    model: InstalledModel,
    request: Request,
    device: DeviceInfo,
    *,
    budget_bytes: int,
    resident_bytes: int = 0,
    measured_activation_bytes: int | None = None,
    companions: Sequence[InstalledModel] = (),
    lora_bytes: int = 0,
) -> LoadPlan:
    """Return the first rung of the ladder that fits, with its reason in plain words.

    Args:
        model: what is to be loaded.
        request: its size, guidance and precision count.
        device: where it runs. A processor has one memory only: one part at a time, read from disk
            again, saves room there; moving single layers would not.
        budget_bytes: what the device may hold.
        resident_bytes: what others hold there and keep.
        measured_activation_bytes: the measured working memory of such a run, decoded whole, in
            place of the estimate.
        companions: models that work in the same run (a refiner); what they share with ``model``
            is counted once, and their plans hold only their own components.
        lora_bytes: weights of LoRAs that are added.

    A plan with ``fits=False`` names the smallest placement and says what is lacking.
    """
    if model.layout == "engine":
        return _without_weights(model, request, device, max(0, budget_bytes - resident_bytes))
    if model.family == "upscaler":
        return plan_tiles(model, request, device, max(0, budget_bytes - resident_bytes))
    if model.language is not None:
        left = budget_bytes - resident_bytes
        return plan_language(model, model.language, request, device, budget_bytes=left)
    shape = _run_shape(model, request, device)
    own = [own_parts_of(companion, model, shape.data_type) for companion in companions]
    parts = parts_of(model, shape.data_type)
    everything = [*parts, *(part for each in own for part in each)]
    everything += [Part(name="loras", phase="beside", weight_bytes=lora_bytes)]
    available = max(0, budget_bytes - resident_bytes)
    rungs = _PROCESSOR_LADDER if device.kind == "cpu" else LADDER

    def choose(width: int, height: int) -> _Choice:
        run = msgspec.structs.replace(shape, width=width, height=height)
        activations = activations_of((model, *companions), run)
        if measured_activation_bytes is not None:
            activations = activations.scaled_to(measured_activation_bytes)
        return _first_fitting(rungs, everything, activations, available)

    choice = choose(shape.width, shape.height)
    if choice.fits:
        words = _reason(choice, device, shape.data_type, available, bool(companions))
    else:
        smaller = _smaller_size(lambda w, h: choose(w, h).fits, shape.width, shape.height)
        words = _refusal(choice, device, available, smaller)

    def as_plan(planned: InstalledModel, held: Sequence[Part]) -> LoadPlan:
        return _as_plan(planned, held, choice, device.id, shape.data_type, available, words)

    beside = tuple(as_plan(*pair) for pair in zip(companions, own, strict=True))
    return msgspec.structs.replace(as_plan(model, parts), companions=beside)


def _without_weights(
    model: InstalledModel, request: Request, device: DeviceInfo, available: int
) -> LoadPlan:
    """Plan an engine that loads nothing: its working memory is a handful of pictures."""
    width, height = _made_size(request, model)
    too_large = max(width, height) > model.max_side
    return LoadPlan(
        model=ModelRef(id=model.id, revision=model.revision),
        title=model.title,
        family=model.family,
        layout=model.layout,
        path=model.path,
        device="cpu",
        data_type=device.data_type,
        placement="whole",
        components=(),
        weight_bytes=0,
        activation_bytes=width * height * 4 * _PICTURES_AT_ONCE,
        peak_bytes=width * height * 4 * _PICTURES_AT_ONCE,
        budget_bytes=available,
        reason=f"at most {model.max_side} px a side" if too_large else model.plan,
        fits=not too_large,
        engine=model.engine,
    )


def variant_for(model: InstalledModel, data_type: DataType) -> str:
    """Return the file variant to load: the one stored in the precision of the run, if there."""
    wanted = _HALF_VARIANTS.get(data_type, ("",))
    return next((variant for variant in wanted if variant in model.variants), model.variant)


def native_side(model: InstalledModel) -> int:
    """Return the side (px) of a square as large as the pictures that a model makes by default."""
    return round(math.sqrt(model.defaults.width * model.defaults.height))


def _made_size(request: Request, model: InstalledModel) -> tuple[int, int]:
    size = request.size if isinstance(request, PictureRequest) else (0, 0)
    return size if all(size) else (model.defaults.width, model.defaults.height)


def _run_shape(model: InstalledModel, request: Request, device: DeviceInfo) -> RunShape:
    """Read what matters off any kind of request; what it does not say, the model's defaults do."""
    precision: Precision = getattr(request, "precision", "auto")
    width, height = _made_size(request, model)
    if isinstance(request, PictureRequest) and not isinstance(request, TextToImage):
        # A part of the picture, or all of it, scaled to what the model was made for.
        width, height = working_size(width, height, native_side(model))
    return RunShape(
        width=width,
        height=height,
        guided=getattr(request, "guidance_scale", model.defaults.guidance_scale) > 1,
        data_type=device.data_type if precision == "auto" else precision,
    )


def _first_fitting(
    rungs: Sequence[Placement], parts: Sequence[Part], activations: Activations, available: int
) -> _Choice:
    """Return the first placement within ``available`` bytes, or the smallest of all."""
    choices = []
    for rung in rungs:
        for tiled in (False, True):
            if tiled and activations.tiled_decode >= activations.decode:
                continue
            peak = peak_of(rung, parts, activations, tiled=tiled)
            choice = _Choice(
                placement=rung,
                tiled=tiled,
                peak_bytes=peak,
                activation_bytes=activations.largest(tiled=tiled),
                fits=peak <= available,
            )
            if choice.fits:
                return choice
            choices.append(choice)
    return min(choices, key=lambda each: each.peak_bytes)


def _smaller_size(
    fits: Callable[[int, int], bool], width: int, height: int
) -> tuple[int, int] | None:
    """Return the largest of some smaller sizes of the same shape that would fit."""
    for eighths in (6, 5, 4, 3, 2):
        smaller = (width * eighths // 8 // 64 * 64, height * eighths // 8 // 64 * 64)
        if min(smaller) >= 256 and fits(*smaller):
            return smaller
    return None


def _reason(
    choice: _Choice, device: DeviceInfo, data_type: DataType, available: int, with_refiner: bool
) -> str:
    precision = "float32" if data_type == "float32" else "half precision"
    place = "the processor" if device.kind == "cpu" else "the GPU"
    share = format_share(choice.peak_bytes, available)
    extra = ", with the refiner" if with_refiner else ""
    if choice.tiled:
        extra += ", decoded in tiles"
    if device.kind == "cpu":
        how = "" if choice.placement == "whole" else ", one part at a time (slower)"
        return f"{precision} on {place}{how}{extra}; {share}"
    how = {
        "whole": "whole model on",
        "component_offload": "one part at a time on",
        "group_offload": "layer by layer (slower) on",
    }[choice.placement]
    return f"{precision}, {how} {place}{extra}, {share}"


def _refusal(
    choice: _Choice, device: DeviceInfo, available: int, smaller: tuple[int, int] | None
) -> str:
    even = {
        "component_offload": " even one part at a time",
        "group_offload": " even layer by layer",
    }
    where = "memory" if device.kind == "cpu" else "GPU memory"
    advice = (
        f"{smaller[0]} x {smaller[1]} would fit"
        if smaller
        else "choose a smaller model or free memory"
    )
    return (
        f"does not fit: needs {format_bytes(choice.peak_bytes)} of {where}"
        f"{even.get(choice.placement, '')}, {format_bytes(available)} may be used; {advice}"
    )


def _as_plan(
    model: InstalledModel,
    parts: Sequence[Part],
    choice: _Choice,
    device_id: str,
    data_type: DataType,
    available: int,
    reason: str,
) -> LoadPlan:
    return LoadPlan(
        model=ModelRef(id=model.id, revision=model.revision),
        title=model.title,
        family=model.family,
        layout=model.layout,
        path=model.path,
        device=device_id,
        data_type=data_type,
        placement=choice.placement,
        components=tuple(
            ComponentPlan(name=part.name, weight_bytes=part.weight_bytes, data_type=data_type)
            for part in parts
        ),
        weight_bytes=sum(part.weight_bytes for part in parts),
        activation_bytes=choice.activation_bytes,
        peak_bytes=choice.peak_bytes,
        budget_bytes=available,
        reason=reason,
        fits=choice.fits,
        variant=variant_for(model, data_type),
        tiled_decode=choice.tiled,
        native_side=native_side(model),
    )

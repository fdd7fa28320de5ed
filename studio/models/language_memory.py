"""Plans for language models: they are loaded whole or not at all, with room for the text."""

from __future__ import annotations

import msgspec

from studio.api.plans import DATA_TYPE_BYTES, ComponentPlan, DataType, DeviceInfo, LoadPlan
from studio.api.requests import ModelRef, Precision, Request
from studio.core.units import format_bytes, format_share
from studio.models.estimate import FIXED_BYTES, SAFETY_FACTOR, weight_bytes
from studio.models.installed import InstalledModel, LanguageFacts

# Tokens that are read at once; the engine cuts a prompt into pieces of this size.
READ_AT_ONCE = 256
# A text is taken to have a token for every so many characters: few, so that room is not lacking.
_CHARACTERS_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 8


def plan_language(
    model: InstalledModel,
    facts: LanguageFacts,
    request: Request,
    device: DeviceInfo,
    *,
    budget_bytes: int,
) -> LoadPlan:
    """Return how a language model is loaded for one request.

    The peak is its weights in the run's precision, the keys and values of every token of the
    conversation and the answer, and the working memory of reading ``READ_AT_ONCE`` tokens.
    """
    precision: Precision = getattr(request, "precision", "auto")
    data_type: DataType = device.data_type if precision == "auto" else precision
    size = DATA_TYPE_BYTES[data_type]
    components = tuple(
        ComponentPlan(
            name=part.name, weight_bytes=weight_bytes(part, data_type), data_type=data_type
        )
        for part in model.components
    )
    weights = sum(part.weight_bytes for part in components)
    cache = _tokens(request, facts) * facts.cache_values_per_token * size
    # The choice of a token is computed in float32, from a few copies of all likelihoods.
    reading = READ_AT_ONCE * facts.values_per_token * size + 4 * 4 * facts.vocabulary
    working = int((cache + reading) * SAFETY_FACTOR) + FIXED_BYTES
    available = max(0, budget_bytes)
    plan = LoadPlan(
        model=ModelRef(id=model.id, revision=model.revision),
        title=model.title,
        family=model.family,
        layout=model.layout,
        path=model.path,
        device=device.id,
        data_type=data_type,
        placement="whole",
        components=components,
        weight_bytes=weights,
        activation_bytes=working,
        peak_bytes=weights + working,
        budget_bytes=available,
        reason="",
        fits=weights + working <= available,
        convert_to=model.convert_to,
    )
    return msgspec.structs.replace(plan, reason=_reason(plan, device))


def _tokens(request: Request, facts: LanguageFacts) -> int:
    """Estimate the tokens that the run will hold, at most what the model was made for."""
    messages = getattr(request, "messages", ())
    asked = sum(
        len(message.text) // _CHARACTERS_PER_TOKEN + _TOKENS_PER_MESSAGE for message in messages
    )
    return min(facts.context_tokens, asked + int(getattr(request, "max_tokens", 0)))


def _reason(plan: LoadPlan, device: DeviceInfo) -> str:
    if not plan.fits:
        where = "memory" if device.kind == "cpu" else "GPU memory"
        return (
            f"does not fit: needs {format_bytes(plan.peak_bytes)} of {where}, "
            f"{format_bytes(plan.budget_bytes)} may be used; choose a smaller model or free memory"
        )
    precision = "float32" if plan.data_type == "float32" else "half precision"
    place = "the processor" if device.kind == "cpu" else "the GPU"
    share = format_share(plan.peak_bytes, plan.budget_bytes)
    first = "; unpacked once at first use" if plan.convert_to else ""
    return f"{precision} on {place}; {share}{first}"

"""The words of a recipe: every setting of a generation as a title and a text."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QCoreApplication, QLocale

from studio.api.requests import LoraUse, ModelRef, RefinerUse, Request, field_meta
from studio.core.units import format_bytes

if TYPE_CHECKING:
    from studio.app.foreign_recipes import ForeignRecipe
    from studio.document import HistoryItem, HistoryOutput
    from studio.ui.gallery.entries import GalleryEntry

# Fields that have a line of their own, or that the artist never set.
_TOLD_ELSEWHERE = {"model", "prompt", "width", "height", "seed", "count", "precision"}


class Fact(msgspec.Struct, frozen=True):
    """One line of a recipe. ``long`` texts, such as the prompt, get a paragraph of their own."""

    title: str
    text: str
    long: bool = False


def _tr(text: str) -> str:
    return QCoreApplication.translate("GalleryFacts", text)


def seconds_in_words(seconds: float) -> str:
    """Return a duration: "9.1 s", "2 min 05 s"."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def size_in_words(width: int, height: int) -> str:
    """Return a size in pixels as the canvas shows it."""
    return f"{width} \u00d7 {height}"


def date_in_words(seconds_since_1970: float) -> str:
    """Return the local date and time."""
    moment = datetime.fromtimestamp(seconds_since_1970)
    return f"{moment.day} {QLocale().monthName(moment.month)} {moment.year}, {moment:%H:%M}"


def status_in_words(item: HistoryItem) -> str:
    """Return what became of a generation."""
    return {
        "queued": _tr("Waiting in the queue"),
        "running": _tr("Being made"),
        "interrupted": _tr("Interrupted"),
        "done": _tr("Done"),
        "failed": _tr("Failed"),
        "cancelled": _tr("Cancelled"),
    }[item.status]


def reason_in_words(item: HistoryItem) -> str:
    """Return why a generation has no picture, in a sentence."""
    if item.status == "failed":
        return item.error_message or _tr("It failed, and left no reason.")
    return {
        "queued": _tr("It starts when its turn comes."),
        "running": _tr("The picture appears here when it is ready."),
        "interrupted": _tr("The studio closed while it ran. Run it again from here."),
        "cancelled": _tr("You stopped it before a picture was ready."),
    }.get(item.status, _tr("It ended without a picture."))


def title_of(item: HistoryItem) -> str:
    """Return the title of a generation, never empty."""
    return item.title or item.kind.replace("_", " ")


def spoken(entry: GalleryEntry) -> str:
    """Return the sentence that a screen reader speaks for a card."""
    item, output = entry.item, entry.output
    parts = [title_of(item)]
    if output is None:
        parts.append(status_in_words(item))
        parts.append(reason_in_words(item))
    else:
        parts.append(size_in_words(output.width, output.height))
        parts.append(_tr("seed {0}").format(output.seed))
    if item.starred:
        parts.append(_tr("starred"))
    if output is not None and output.state == "kept":
        parts.append(_tr("on the canvas"))
    return ", ".join(parts)


def request_facts(
    request: Request, *, model_title: str = "", seed: int | None = None
) -> list[Fact]:
    """Return what a request says, in the order of the form.

    Args:
        request: any kind of request.
        model_title: how the model is called; its id is told when this is empty.
        seed: the seed of one very picture, where it is not the request's.
    """
    facts: list[Fact] = []
    metas = field_meta(type(request))
    values = {name: getattr(request, name) for name in metas}
    if prompt := values.get("prompt"):
        facts.append(Fact(_tr("Prompt"), prompt, long=True))
    if avoid := values.get("negative_prompt"):
        facts.append(Fact(_tr("Avoid"), avoid, long=True))
    model = values.get("model")
    if isinstance(model, ModelRef):
        facts.append(Fact(_tr("Model"), model_title or model.id))
    shown_seed = values.get("seed") if seed is None else seed
    if shown_seed is not None:
        facts.append(Fact(_tr("Seed"), str(shown_seed)))
    if "width" in values and "height" in values:
        facts.append(Fact(_tr("Size"), size_in_words(values["width"], values["height"])))
    for name, meta in metas.items():
        if name in _TOLD_ELSEWHERE or name == "negative_prompt":
            continue
        folded = (meta.extra or {}).get("group") == "advanced"
        if folded and values[name] == 0:
            continue
        if text := _value_in_words(values[name]):
            facts.append(Fact(meta.title or name.replace("_", " "), text))
    return facts


def foreign_facts(recipe: ForeignRecipe, model_title: str = "") -> list[Fact]:
    """Return what another program's recipe says; ``model_title`` is the model's name here."""
    model = recipe.model_name or model_title
    if model_title and recipe.model_name.lower() != model_title.lower():
        model = _tr("{0} (here: {1})").format(recipe.model_name, model_title)
    size = size_in_words(recipe.width, recipe.height) if recipe.width and recipe.height else ""
    loras = ", ".join(f"{lora.name} ({lora.weight:g})" for lora in recipe.loras)
    given = (
        Fact(_tr("Prompt"), recipe.prompt, long=True),
        Fact(_tr("Avoid"), recipe.negative_prompt, long=True),
        Fact(_tr("Model"), model),
        Fact(_tr("Seed"), _value_in_words(recipe.seed)),
        Fact(_tr("Size"), size),
        Fact(_tr("Steps"), _value_in_words(recipe.steps)),
        Fact(_tr("Guidance"), _value_in_words(recipe.guidance_scale)),
        Fact(_tr("Sampler"), recipe.sampler_raw),
        Fact(_tr("Clip skip"), _value_in_words(recipe.clip_skip)),
        Fact(_tr("LoRA"), loras),
    )
    return [fact for fact in given if fact.text]


def _value_in_words(value: object) -> str:
    if value is None or value == "" or value == ():
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, RefinerUse):
        return _tr("{0}, from {1} % of the steps").format(
            value.model.id, round(value.switch_at * 100)
        )
    if isinstance(value, ModelRef):
        return value.id
    if isinstance(value, tuple):
        return ", ".join(_value_in_words(part) for part in value)
    if isinstance(value, LoraUse):
        return f"{Path(value.path).stem} ({value.weight:g})"
    return str(value)


def item_facts(item: HistoryItem, output: HistoryOutput | None) -> list[Fact]:
    """Return the full recipe of a picture, or of a generation that has none."""
    facts: list[Fact] = []
    if item.request is not None:
        seed = None if output is None else output.seed
        facts += request_facts(item.request, model_title=item.model_title, seed=seed)
    else:
        facts.append(Fact(_tr("Kind"), item.kind.replace("_", " ")))
        if item.model_title:
            facts.append(Fact(_tr("Model"), item.model_title))
        if output is not None:
            facts.append(Fact(_tr("Seed"), str(output.seed)))
    if output is not None:
        pixels = size_in_words(output.width, output.height)
        if pixels not in {fact.text for fact in facts}:
            facts.append(Fact(_tr("Picture size"), pixels))
        facts.append(Fact(_tr("File size"), format_bytes(output.size_bytes)))
    if item.seconds:
        facts.append(Fact(_tr("Time"), seconds_in_words(item.seconds)))
    if item.peak_bytes:
        facts.append(Fact(_tr("Peak memory"), format_bytes(item.peak_bytes)))
    if item.plan is not None:
        facts.append(Fact(_tr("Plan"), item.plan.reason, long=True))
    facts.append(Fact(_tr("Date"), date_in_words(item.created)))
    return facts

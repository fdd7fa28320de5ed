"""How people name models: exactly, by title, by a start that is unique, or nearly right."""

from __future__ import annotations

from collections.abc import Mapping

from studio.models.installed import InstalledModel

MAX_SUGGESTIONS = 3


def named(models: Mapping[str, InstalledModel], wanted: str) -> InstalledModel | None:
    """Return the model called ``wanted``: by id, by title or short id in any case, or by the start
    of exactly one model's id or title; None if that is none or more than one."""
    if not wanted:
        return None
    if wanted in models:
        return models[wanted]
    lowered = wanted.lower()
    for exact in (
        [model for model in models.values() if model.id.lower() == lowered],
        [model for model in models.values() if lowered in _short_names(model)],
        [
            model
            for model in models.values()
            if any(text.startswith(lowered) for text in (model.id.lower(), *_short_names(model)))
        ],
    ):
        if len(exact) == 1:
            return exact[0]
    return None


def suggestions(models: Mapping[str, InstalledModel], wanted: str) -> str:
    """Return a hint that names the models closest to ``wanted``, or what there is."""
    usable = [model for model in models.values() if model.tasks]
    if not usable:
        return "No model is installed yet: put one into the models folder."
    import difflib

    lowered = wanted.lower()
    ids = {name: model.id for model in usable for name in (model.id.lower(), *_short_names(model))}
    within = [name for name in ids if lowered and lowered in name]
    close = difflib.get_close_matches(lowered[:200], ids, 2 * MAX_SUGGESTIONS, cutoff=0.5)
    found = list(dict.fromkeys(ids[name] for name in (*within, *close)))[:MAX_SUGGESTIONS]
    if found:
        return f"Did you mean {' or '.join(found)}?"
    listed = ", ".join(sorted(model.id for model in usable)[:MAX_SUGGESTIONS])
    return f"Installed: {listed}{' and others' if len(usable) > MAX_SUGGESTIONS else ''}."


def _short_names(model: InstalledModel) -> tuple[str, ...]:
    """Title and last part of the id, in lower case: "sdxl" of "hub:somebody/sdxl"."""
    last = model.id.removeprefix("hub:").rpartition("/")[2].lower()
    return (model.title.lower(), last, last.removesuffix(".safetensors"))

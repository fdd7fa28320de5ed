"""Which model does a job when none is named: the artist's usual one, or the best that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.core.errors import UnknownModel
from studio.models import InstalledModel

if TYPE_CHECKING:
    from studio.app.studio import Studio

NOTHING_FOR = {
    "text_to_image": "makes pictures from words",
    "image_to_image": "makes pictures from pictures",
    "inpaint": "fills parts of pictures",
    "uncrop": "continues pictures",
    "colorize": "colours pictures",
    "upscale": "makes pictures larger",
    "chat": "answers in words",
}


def model_for(studio: Studio, kind: str, named: str = "") -> InstalledModel:
    """Return the model that is named, else the artist's usual one if it can do ``kind``, else the
    best that is installed.

    Raises:
        UnknownModel: there is none of that name, or none at all.
    """
    library = studio.library
    if named:
        return library.find(named)
    if usual := _usual(studio, kind):
        model = library.find(usual)
        if kind in model.tasks:
            return model
    library.refresh()
    return best_model(studio, kind)


def best_model(studio: Studio, kind: str) -> InstalledModel:
    """Return the largest full model of the artist's that fits the memory, else a sketch engine,
    else one that ships with the studio.

    Raises:
        UnknownModel: nothing that is known so far does the job.
    """
    for model in studio.library.by_preference(kind):
        if model.layout == "engine" or model.bundled or _fits(studio, model):
            return model
    raise UnknownModel(
        f"No installed model {NOTHING_FOR.get(kind, 'does that')}.",
        "The Models page and docs/user-guide.md name some that do.",
    )


def preferred_model(studio: Studio, kind: str) -> str:
    """Return the id of the model that a form begins with: the artist's usual one if it can do
    ``kind``, else the best of those found so far; "" for none.
    """
    known = {model.id for model in studio.library.models(kind)}
    if (usual := _usual(studio, kind)) in known:
        return usual
    return best_model(studio, kind).id if known else ""


def _usual(studio: Studio, kind: str) -> str:
    """Return the id of the model that the artist chose for such jobs, "" for none."""
    settings = studio.settings
    return settings.default_upscaler if kind == "upscale" else settings.default_image_model


def _fits(studio: Studio, model: InstalledModel) -> bool:
    """Tell whether a model fits at its own default size."""
    from studio.api.requests import ModelRef, TextToImage
    from studio.models import plan_load

    defaults = model.defaults
    request = TextToImage(
        model=ModelRef(id=model.id),
        prompt="-",
        width=defaults.width,
        height=defaults.height,
        guidance_scale=defaults.guidance_scale,
    )
    return plan_load(model, request, studio.device, budget_bytes=studio.budget_bytes).fits

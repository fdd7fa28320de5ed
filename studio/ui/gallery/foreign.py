"""Pictures from elsewhere: what is dropped onto the Gallery, its recipe, and a small view of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QDropEvent, QImage, QImageReader

from studio.api.recipe import Recipe
from studio.api.requests import ModelRef, Request
from studio.core.errors import StudioError
from studio.ui.gallery.facts import Fact, foreign_facts, request_facts

if TYPE_CHECKING:
    from studio.app.foreign_recipes import ForeignRecipe
    from studio.models import InstalledModel, ModelLibrary

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
PREVIEW_EDGE = 640  # px


class ToldRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe from elsewhere in words, and what the form can take over from it.

    ``settings`` is a whole request or some of its fields; ``notes`` say what is not among them.
    """

    program: str
    facts: list[Fact]
    settings: Request | dict[str, Any]
    notes: tuple[str, ...] = ()


def tell_recipe(recipe: Recipe | ForeignRecipe, library: ModelLibrary) -> ToldRecipe:
    """Put a recipe into words; the model of another program is looked up by its name."""
    if isinstance(recipe, Recipe):
        ignored = ", ".join(recipe.ignored)
        note = _tr("Left out, not known here: {0}").format(ignored)
        return ToldRecipe(
            program=recipe.program,
            facts=request_facts(recipe.request, model_title=recipe.model_title, seed=recipe.seed),
            settings=recipe.picture_request(),
            notes=(note,) if ignored else (),
        )
    settings, notes = recipe.to_request_values(), list(recipe.left_out())
    model = installed_model(recipe.model_name, library)
    if model is not None:
        settings["model"] = ModelRef(id=model.id, revision=model.revision)
    elif recipe.model_name:
        notes.insert(
            0,
            _tr("The model {0} is not on this machine; the chosen one is used.").format(
                recipe.model_name
            ),
        )
    return ToldRecipe(
        program=recipe.program,
        facts=foreign_facts(recipe, model.title if model is not None else ""),
        settings=settings,
        notes=tuple(notes),
    )


def installed_model(name: str, library: ModelLibrary) -> InstalledModel | None:
    """Return the model that another program calls ``name``: by its file's or by its own name."""
    if not name:
        return None
    for model in library.models("text_to_image"):
        if Path(model.path).stem.lower() == name.lower():
            return model
    try:
        found = library.find(name)
    except StudioError:  # not here, or damaged: the artist is told which model it was
        return None
    return found if "text_to_image" in found.tasks else None


def dropped_picture(event: QDropEvent) -> Path | None:
    """Return the first picture file among what is dragged, or None."""
    for url in event.mimeData().urls():
        path = Path(url.toLocalFile())
        if url.isLocalFile() and path.suffix.lower() in PICTURE_SUFFIXES:
            return path
    return None


def read_preview(path: Path) -> QImage:
    """Decode a picture file small; a null image if it cannot be, or would need too much memory.

    Slow for large pictures: call it off the main thread.
    """
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > PREVIEW_EDGE:
        reader.setScaledSize(
            size.scaled(
                QSize(PREVIEW_EDGE, PREVIEW_EDGE), Qt.AspectRatioMode.KeepAspectRatio
            ).expandedTo(QSize(1, 1))
        )
    return reader.read()


def _tr(text: str) -> str:
    return QCoreApplication.translate("GalleryForeign", text)

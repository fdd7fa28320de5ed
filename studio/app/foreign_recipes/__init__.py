"""Recipes inside picture files: our own, and those that other programs write."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from studio.api.recipe import PNG_PARAMETERS_KEY, PNG_RECIPE_KEY, Recipe, decode_recipe
from studio.api.requests import RequestRegistry
from studio.app.foreign_recipes.comfyui import read_comfyui
from studio.app.foreign_recipes.containers import USER_COMMENT, read_texts
from studio.app.foreign_recipes.invokeai import read_invokeai
from studio.app.foreign_recipes.json_programs import (
    read_easy_diffusion,
    read_json_object,
    read_novelai,
)
from studio.app.foreign_recipes.parameters import read_parameters
from studio.app.foreign_recipes.recipe import ForeignLora, ForeignRecipe
from studio.core.errors import InvalidRequest, storage_problem

__all__ = ["ForeignLora", "ForeignRecipe", "read_recipe", "recipe_from_texts"]

log = logging.getLogger(__name__)


def read_recipe(
    source: Path | str | bytes, registry: RequestRegistry | None = None
) -> Recipe | ForeignRecipe | None:
    """Return the recipe that a PNG, JPEG or WebP file carries, or None where it carries none.

    No pixel is decoded and only texts of at most 4 MiB are looked at. A damaged or hostile file
    gives None or what is readable of it.

    Args:
        source: the file, or its content.
        registry: the kinds of request that our own recipes may hold.

    Raises:
        StorageProblem: the file cannot be opened or read.
    """
    if isinstance(source, bytes):
        return recipe_from_texts(read_texts(io.BytesIO(source)), registry)
    try:
        with Path(source).open("rb") as file:
            texts = read_texts(file)
    except OSError as error:
        raise storage_problem(error, source) from error
    return recipe_from_texts(texts, registry)


def recipe_from_texts(
    texts: dict[str, str], registry: RequestRegistry | None = None
) -> Recipe | ForeignRecipe | None:
    """Return the recipe that the texts of a file hold; our own goes before all others."""
    if own := texts.get(PNG_RECIPE_KEY):
        try:
            return decode_recipe(own, registry)
        except InvalidRequest as error:
            log.info("A recipe of our own could not be read: %s", error)
    for reader in (_from_parameters, read_invokeai, read_novelai, read_easy_diffusion):
        if recipe := reader(texts):
            return recipe
    return read_comfyui(texts) or _from_comment(texts)


def _from_parameters(texts: dict[str, str]) -> ForeignRecipe | None:
    text = texts.get(PNG_PARAMETERS_KEY, "")
    if text.lstrip().startswith("{"):
        return read_json_object(text)
    return read_parameters(text)


def _from_comment(texts: dict[str, str]) -> ForeignRecipe | None:
    """A comment may hold anything: only what is surely a recipe counts."""
    for key in (USER_COMMENT, "Comment", "ImageDescription"):
        text = texts.get(key, "")
        recipe = read_json_object(text) or read_parameters(text, only_settings=True)
        if recipe:
            return recipe
    return None

"""Where models are looked for: what ships, the artist's folders, other programs' caches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.core.paths import cache_dir, models_dir, resources_dir
from studio.core.settings import Settings
from studio.models import InstalledModel, ModelLibrary, default_hub_cache
from studio.models.packaged import starter_language_model


def model_folders(settings: Settings) -> list[Path]:
    """Return the models folder and those that the artist has added."""
    return [models_dir(), *(Path(folder) for folder in settings.model_folders)]


def open_library(
    settings: Settings, without_weights: Sequence[InstalledModel] = ()
) -> ModelLibrary:
    """Return the library of every model on this machine; it scans when first asked."""
    return ModelLibrary(
        model_folders(settings),
        hub_cache=default_hub_cache(),
        bundled=resources_dir() / "starter",
        without_weights=without_weights,
        recollection=cache_dir() / "models.bin",
        packaged=(starter_language_model(models_dir()),),
    )

"""Models on this machine: recognised by content, found by name, planned for. Decides, never loads.

Names are imported on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio.models.catalogue import CatalogueEntry, load_catalogue
    from studio.models.estimate import model_weight_bytes, weight_bytes
    from studio.models.installed import (
        ComponentWeights,
        Family,
        GenerationDefaults,
        InstalledModel,
        WorkingMemory,
    )
    from studio.models.library import ModelLibrary, Scan, default_hub_cache
    from studio.models.memory import plan_load

_HOMES = {
    "CatalogueEntry": "catalogue",
    "ComponentWeights": "installed",
    "Family": "installed",
    "GenerationDefaults": "installed",
    "InstalledModel": "installed",
    "ModelLibrary": "library",
    "Scan": "library",
    "WorkingMemory": "installed",
    "default_hub_cache": "library",
    "load_catalogue": "catalogue",
    "model_weight_bytes": "estimate",
    "plan_load": "memory",
    "weight_bytes": "estimate",
}

__all__ = [
    "CatalogueEntry",
    "ComponentWeights",
    "Family",
    "GenerationDefaults",
    "InstalledModel",
    "ModelLibrary",
    "Scan",
    "WorkingMemory",
    "default_hub_cache",
    "load_catalogue",
    "model_weight_bytes",
    "plan_load",
    "weight_bytes",
]


def __getattr__(name: str) -> object:
    if (home := _HOMES.get(name)) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{home}"), name)

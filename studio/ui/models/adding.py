"""Adding models by dropping them: which folder to look into, or why there is nothing to add."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.core.errors import NotAMatch
from studio.core.paths import models_dir
from studio.models.identify import identify
from studio.models.scan import find_models


def folder_to_add(path: Path) -> Path:
    """Return the folder to look for models in, for something that was dropped.

    A folder is taken as it is, a file stands for the folder that it lies in. Reads headers only,
    but of every model that it meets: call it off the main thread.

    Raises:
        StudioError: it is no model, a damaged or an untrusted one; there are none in the folder.
    """
    if not path.is_dir():
        identify(path)
        return path.parent
    places = list(find_models(path))
    if not places:
        raise NotAMatch(
            f"No model was found in {path.name}.",
            "Drop a .safetensors file, or a folder that holds a model_index.json.",
        )
    if len(places) == 1:
        identify(places[0].path)
    return path


def with_folder(folders: Sequence[str], added: Path) -> tuple[str, ...]:
    """Return the settings' folders with another one; nothing changes if it is looked into already.

    Folders inside the added one are looked into with it, and leave the list.
    """
    known = [models_dir(), *(Path(folder) for folder in folders)]
    if any(added == folder or folder in added.parents for folder in known):
        return tuple(folders)
    kept = [folder for folder in folders if added not in Path(folder).parents]
    return (*kept, str(added))

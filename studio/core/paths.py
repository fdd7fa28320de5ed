"""Where Atelier keeps things: one place that knows every folder.

ATELIER_HOME, when set, holds everything below one folder (a portable studio, or a test).
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs

from studio.core.errors import StorageProblem, storage_problem

APP_NAME = "Atelier"


def _home() -> Path | None:
    home = os.environ.get("ATELIER_HOME")
    return Path(home).expanduser().absolute() if home else None


def _ensured(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = storage_problem(error, path)
        reason = error.strerror or str(error)
        raise StorageProblem(
            f"The folder {path} cannot be made: {reason}.",
            "Make room for it, or set ATELIER_HOME to a folder that can be written.",
            code=problem.code,
        ) from error
    return path


def config_dir() -> Path:
    """Folder of the settings file; made when missing."""
    home = _home()
    return _ensured(home / "config" if home else platformdirs.user_config_path(APP_NAME, False))


def data_dir() -> Path:
    """Folder of what must last: the default project, installed models; made when missing."""
    home = _home()
    return _ensured(home / "data" if home else platformdirs.user_data_path(APP_NAME, False))


def cache_dir() -> Path:
    """Folder of what can be made again; made when missing."""
    home = _home()
    return _ensured(home / "cache" if home else platformdirs.user_cache_path(APP_NAME, False))


def log_dir() -> Path:
    """Folder of the log files; made when missing."""
    home = _home()
    return _ensured(home / "logs" if home else platformdirs.user_log_path(APP_NAME, False))


def models_dir() -> Path:
    """Folder where the artist's own models are looked for; made when missing."""
    return _ensured(data_dir() / "models")


def projects_dir() -> Path:
    """Folder of projects that were not saved elsewhere; made when missing."""
    return _ensured(data_dir() / "projects")


def scratch_dir() -> Path:
    """Folder where workers put artifacts until the project has taken them; made when missing."""
    return _ensured(cache_dir() / "scratch")


@cache
def resources_dir() -> Path:
    """Folder of what ships with Atelier: beside ``studio`` in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent / "resources"
    return checkout if checkout.is_dir() else package / "_resources"

"""Which project opens, where new ones go, and which were open lately."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from studio.app.dispatch import Dispatch
from studio.core.errors import StudioError
from studio.core.paths import projects_dir
from studio.core.settings import Settings
from studio.document import Project

SUFFIX = ".atelier"
MAX_RECENT = 10


def new_project_path(folder: Path | None = None) -> Path:
    """Return a path that does not exist yet: Untitled.atelier, Untitled 2.atelier ..."""
    folder = folder or projects_dir()
    number = 1
    while True:
        name = "Untitled" if number == 1 else f"Untitled {number}"
        path = folder / f"{name}{SUFFIX}"
        if not path.exists():
            return path
        number += 1


def latest_project(settings: Settings) -> Path | None:
    """Return the project that was opened last; where no settings tell, the newest one we have."""
    if settings.recent_projects:
        return Path(settings.recent_projects[0])
    projects = [path for path in projects_dir().glob(f"*{SUFFIX}") if path.is_file()]
    return max(projects, key=lambda path: path.stat().st_mtime, default=None)


def temporary_project(dispatch: Dispatch) -> Project:
    """Make a project in a temporary folder of its own, for where nothing else can be had."""
    folder = Path(tempfile.mkdtemp(prefix="atelier-"))
    return Project.create(new_project_path(folder), dispatch=dispatch)


def first_project(
    wanted: Path | None, settings: Settings, dispatch: Dispatch
) -> tuple[Project, list[StudioError]]:
    """Open the wanted project, else the latest one, else a new one; the studio always opens.

    Returns the project and what could not be opened. As a last resort, where the projects folder
    cannot be written, the project lives in a temporary folder and the error says so.
    """
    errors: list[StudioError] = []
    try:
        path = wanted or latest_project(settings)
        if path is not None and os.path.exists(path):
            return Project.open(path, dispatch=dispatch), errors
        if wanted:
            return Project.create(wanted, dispatch=dispatch), errors
    except StudioError as error:
        errors.append(error)
    try:
        return Project.create(new_project_path(), dispatch=dispatch), errors
    except StudioError as error:
        errors.append(error)
        return temporary_project(dispatch), errors


def remember_project(recent: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """Return the list of recent projects with ``path`` in front."""
    name = str(path)
    return (name, *(other for other in recent if other != name))[:MAX_RECENT]

"""Which project opens, where new ones go, and which were open lately."""

from __future__ import annotations

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


def first_project(
    wanted: Path | None, settings: Settings, dispatch: Dispatch
) -> tuple[Project, list[StudioError]]:
    """Open the wanted project, else the latest one, else a new one; the studio always opens.

    Returns the project and what could not be opened. As a last resort, where the projects folder
    cannot be written, the project lives in a temporary folder and the error says so.
    """
    errors: list[StudioError] = []
    recent = [Path(path) for path in settings.recent_projects[:1]]
    for path in [wanted] if wanted else recent:
        try:
            if path.exists():
                return Project.open(path, dispatch=dispatch), errors
            if wanted:
                return Project.create(path, dispatch=dispatch), errors
        except StudioError as error:
            errors.append(error)
    try:
        return Project.create(new_project_path(), dispatch=dispatch), errors
    except StudioError as error:
        errors.append(error)
        folder = Path(tempfile.mkdtemp(prefix="atelier-"))
        return Project.create(new_project_path(folder), dispatch=dispatch), errors


def remember_project(recent: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """Return the list of recent projects with ``path`` in front."""
    name = str(path)
    return (name, *(other for other in recent if other != name))[:MAX_RECENT]

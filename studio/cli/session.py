"""A studio without a window, for the life of one command."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from studio.app.dispatch import MainLoop
from studio.app.projects import new_project_path
from studio.app.studio import Studio
from studio.core.errors import StorageProblem, StudioError
from studio.core.settings import load_settings
from studio.document import Project


@contextlib.contextmanager
def headless_studio(project: Path | None) -> Iterator[tuple[Studio, MainLoop]]:
    """Open a studio on the named project, else on the one opened last, else on a new one.

    A default project that the window has open is left alone: the pictures are then made in a
    temporary project, and a line says so.
    """
    loop = MainLoop()
    studio = Studio(dispatch=loop.dispatch, project=_project(project, loop))
    try:
        yield studio, loop
    finally:
        studio.close()


def default_project_path() -> Path:
    """Return the project that was opened last, or the one that a first start would make."""
    for recent in load_settings().recent_projects:
        if Path(recent).exists():
            return Path(recent)
    return new_project_path()


def _project(wanted: Path | None, loop: MainLoop) -> Project:
    path = wanted or default_project_path()
    try:
        if path.exists():
            return Project.open(path, dispatch=loop.dispatch)
        return Project.create(path, dispatch=loop.dispatch)
    except StudioError as error:
        if wanted is not None:
            raise
        print(f"atelier: {error.message} The Gallery will not list this run.", file=sys.stderr)
        folder = Path(tempfile.mkdtemp(prefix="atelier-"))
        return Project.create(new_project_path(folder), dispatch=loop.dispatch)


@contextlib.contextmanager
def opened_project(wanted: Path | None) -> Iterator[Project]:
    """Open a project for reading only, also while the window has it open."""
    path = wanted or default_project_path()
    if not path.exists():
        raise StorageProblem(
            f"There is no project at {path}.", "Generate something first, or name a project."
        )
    project = Project.open(path, read_only=True)
    try:
        yield project
    finally:
        project.close()

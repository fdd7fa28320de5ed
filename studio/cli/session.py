"""A studio without a window, for the life of one command."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from studio.app.dispatch import MainLoop
from studio.app.notices import Notice
from studio.app.projects import latest_project, new_project_path, temporary_project
from studio.app.studio import Studio
from studio.core.errors import SettingsProblem, StorageProblem, StudioError
from studio.core.settings import Settings, load_settings
from studio.document import Project


@contextlib.contextmanager
def headless_studio(project: Path | None) -> Iterator[tuple[Studio, MainLoop]]:
    """Open a studio on the named project, else on the one opened last, else on a new one.

    A default project that the window has open is left alone: the pictures are then made in a
    temporary project that goes away afterwards, and a line says so.
    """
    loop = MainLoop()
    opened = _project(project, loop)
    if opened is not None:
        with _studio_on(opened, loop, remember=True) as studio:
            yield studio, loop
        return
    temporary = temporary_project(loop.dispatch)
    try:
        with _studio_on(temporary, loop, remember=False) as studio:
            yield studio, loop
    finally:
        shutil.rmtree(temporary.path.parent, ignore_errors=True)


@contextlib.contextmanager
def _studio_on(project: Project, loop: MainLoop, *, remember: bool) -> Iterator[Studio]:
    """Run a studio; what it could not read at first or write at last is told."""
    studio = Studio(dispatch=loop.dispatch, project=project, remember=remember)
    studio.notice.connect(_tell_notice)
    studio.tell_startup_errors()
    studio.notice.disconnect(_tell_notice)
    studio.tidy_up()
    try:
        yield studio
    finally:
        if (problem := studio.close()) is not None:
            tell(problem)


def tell(error: StudioError) -> None:
    """Write an error that does not end the command to the standard error output."""
    print(f"atelier: {error}", file=sys.stderr)


def _tell_notice(notice: Notice) -> None:
    print(f"atelier: {notice.message} {notice.hint}".strip(), file=sys.stderr)


def readable_settings() -> Settings:
    """Return the settings; where they cannot be read that is told, and the defaults hold."""
    try:
        return load_settings()
    except SettingsProblem as error:
        tell(error)
        return Settings()


def _project(wanted: Path | None, loop: MainLoop) -> Project | None:
    """Open the wanted project, else the default one; None where the default one refuses."""
    try:
        path = wanted or _default_project_path(_settings_untold())
        if os.path.exists(path):
            return Project.open(path, dispatch=loop.dispatch)
        return Project.create(path, dispatch=loop.dispatch)
    except StudioError as error:
        if wanted is not None:
            raise
        print(f"atelier: {error.message} The Gallery will not list this run.", file=sys.stderr)
        return None


def _settings_untold() -> Settings:
    """Return the settings; that they cannot be read is for the studio to tell."""
    try:
        return load_settings()
    except SettingsProblem:
        return Settings()


def _default_project_path(settings: Settings) -> Path:
    """Return the project that was opened last, or the one that a first start would make."""
    for recent in settings.recent_projects:
        if os.path.exists(recent):
            return Path(recent)
    return latest_project(Settings()) or new_project_path()


@contextlib.contextmanager
def opened_project(wanted: Path | None) -> Iterator[Project]:
    """Open a project for reading only, also while the window has it open."""
    path = wanted or _default_project_path(readable_settings())
    if not os.path.exists(path):
        raise StorageProblem(
            f"There is no project at {path}.", "Generate something first, or name a project."
        )
    project = Project.open(path, read_only=True)
    try:
        yield project
    finally:
        project.close()


@contextlib.contextmanager
def writable_project(wanted: Path | None) -> Iterator[Project]:
    """Open a project to change it, made anew where there is none of that name.

    What was changed is on the disk when the block has ended.

    Raises:
        StudioError: it is open elsewhere, read-only or damaged.
    """
    loop = MainLoop()
    path = wanted or _default_project_path(readable_settings())
    opening = Project.open if os.path.exists(path) else Project.create
    project = opening(path, dispatch=loop.dispatch)
    try:
        yield project
    finally:
        project.close()

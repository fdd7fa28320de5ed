"""Closing a project whose disk may refuse: what is left goes into a copy elsewhere."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

from studio.app.projects import SUFFIX
from studio.core.errors import StorageProblem, StudioError
from studio.core.paths import projects_dir
from studio.document import Project

log = logging.getLogger(__name__)


def close_safely(project: Project) -> tuple[StudioError | None, Path | None]:
    """Close a project for good, whatever its disk says.

    A disk that is merely slow is waited for. When it takes nothing more, the whole project with
    what is pending is copied to the projects folder, else to the temporary folder.

    Returns:
        What went wrong, in words for the artist, and the path of the copy; both None when all
        was written.
    """
    while True:
        before = project.pending
        try:
            project.close()
            return None, None
        except StudioError as error:
            if project.pending >= before:
                problem = error
                break
    changes = project.pending
    copy = _copied_elsewhere(project)
    project.close(discard_pending=True)
    if copy is None:
        return StorageProblem(
            f"{problem.message} The last {changes} changes could not be saved anywhere.",
            f"{project.path} holds everything up to them.",
            code=problem.code,
        ), None
    return StorageProblem(
        f"{problem.message} Everything, with the last changes, was saved as {copy} instead.",
        "Make room, then go on with that copy.",
        code=problem.code,
    ), copy


def _copied_elsewhere(project: Project) -> Path | None:
    for target in _targets(project.path.stem):
        try:
            project.save_copy(target)
            return target
        except StudioError as error:
            log.warning("no copy at %s: %s", target, error)
    return None


def _targets(stem: str) -> Iterator[Path]:
    """Yield unused paths for the copy, the best place first."""
    folders = []
    try:
        folders.append(projects_dir())
    except StudioError as error:
        log.warning("the projects folder cannot be used: %s", error)
    folders.append(Path(tempfile.gettempdir()))
    for folder in folders:
        number = 1
        while True:
            ending = "" if number == 1 else f" {number}"
            path = folder / f"{stem} (recovered{ending}){SUFFIX}"
            if not path.exists():
                yield path
                break
            number += 1

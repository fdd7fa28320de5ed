"""Checks where a result will go before any work is done for it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from studio.app.pictures import WRITE_FORMATS
from studio.core.errors import InvalidRequest, storage_problem


def check_output_path(path: Path, more: tuple[str, ...] = ()) -> None:
    """Make sure that a picture can be written to ``path``; ``more`` suffixes are good here too.

    Raises:
        InvalidRequest: the suffix names no format that can be written.
        StorageProblem: the folder is missing, read-only or full.
    """
    if path.suffix.lower() not in (*WRITE_FORMATS, *more):
        known = ", ".join((*WRITE_FORMATS, *more))
        raise InvalidRequest(
            f"{str(path)!r} names no picture format that can be written.", f"Use one of {known}."
        )
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            probe.write(b"\0" * 4096)
    except OSError as error:
        raise storage_problem(error, path) from error

"""Files with layers: OpenRaster both ways, Photoshop documents in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from studio.app.landing import Parts
from studio.app.layered.limits import damaged
from studio.core.errors import ImageProblem, StudioError, storage_problem

OPENRASTER_SUFFIX = ".ora"
LAYERED_SUFFIXES = (OPENRASTER_SUFFIX, ".psd", ".psb")

_ZIP = b"PK\x03\x04"
_PHOTOSHOP = b"8BPS"


def read_layered(path: Path) -> Parts | None:
    """Read a file with its layers, told by its content; None for a file of another kind.

    Slow and safe to call on any thread. Nothing is written anywhere.

    Raises:
        ImageProblem: damaged, hostile or too large.
        StorageProblem: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            reader = _reader(file.read(4))
            if reader is None:
                return None
            file.seek(0)
            return _guarded(reader, file, path.name)
    except OSError as error:
        raise storage_problem(error, path) from error


def _reader(head: bytes) -> Callable[[BinaryIO, str], Parts] | None:
    if head == _ZIP:
        from studio.app.layered.openraster import read_openraster

        return read_openraster
    if head == _PHOTOSHOP:
        from studio.app.layered.photoshop import read_photoshop

        return read_photoshop
    return None


def _guarded(reader: Callable[[BinaryIO, str], Parts], file: BinaryIO, name: str) -> Parts:
    """Read; whatever a broken file leads the libraries to becomes an error that can be shown."""
    import logging

    try:
        return reader(file, name)
    except StudioError:
        raise
    except MemoryError as error:
        raise ImageProblem(
            f"There is not enough memory to open {name}.",
            "Close other programs, or scale the picture down first.",
            code="out_of_memory",
        ) from error
    except Exception as error:  # decoders raise whatever a broken file leads them to
        logging.getLogger(__name__).info(
            "%s could not be read: %s: %s", name, type(error).__name__, error
        )
        raise damaged(name) from error

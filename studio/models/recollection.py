"""What was recognised in former sessions, so that a start need not read unchanged models again."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from studio import __version__
from studio.core.errors import StudioError
from studio.core.settings import write_atomically
from studio.models.installed import InstalledModel
from studio.models.scan import Stamp

# Raise it whenever recognition answers differently for the same files.
RECOGNITION = 2

Key = tuple[str, str]  # path, id


class _Entry(msgspec.Struct, frozen=True):
    path: str
    id: str
    stamp: Stamp
    model: InstalledModel


class _File(msgspec.Struct, frozen=True):
    version: str
    entries: tuple[_Entry, ...]


def _version() -> str:
    return f"{__version__}/{RECOGNITION}"


def recall(file: Path) -> dict[Key, tuple[Stamp, InstalledModel]]:
    """Return what the file holds; nothing when it is missing, damaged or of another version."""
    try:
        known = msgspec.msgpack.decode(file.read_bytes(), type=_File)
    except (OSError, msgspec.DecodeError):
        return {}
    if known.version != _version():
        return {}
    return {(entry.path, entry.id): (entry.stamp, entry.model) for entry in known.entries}


def memorise(file: Path, known: dict[Key, tuple[Stamp, InstalledModel]]) -> None:
    """Write what is known. A cache that cannot be written costs time, nothing else."""
    entries = (_Entry(path, name, stamp, model) for (path, name), (stamp, model) in known.items())
    data = msgspec.msgpack.encode(_File(_version(), tuple(entries)))
    with contextlib.suppress(StudioError):
        write_atomically(file, data)

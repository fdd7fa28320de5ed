"""Finds models below folders: where they may lie, and what stands for "unchanged since"."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from studio.models.file_access import CAUSAL_MODEL, CONFIGURATION, INDEX, TOKENIZER_FILES

MAX_DEPTH = 5
MAX_ENTRIES = 50_000

# Files that are looked into; what they are is decided by their content.
_MODEL_ENDINGS = (".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".pkl", ".gguf")

# One file of a model that is cut into several: only the folder with its index is the model.
_SHARD = re.compile(r"-\d{5}-of-\d{5}\.")
# Names that say nothing: the folder's name is the title.
_GENERIC_STEMS = frozenset(
    {"model", "diffusion_pytorch_model", "pytorch_lora_weights", "adapter_model", "pytorch_model"}
)

# (path below the model, mtime in ns, size): changes exactly when the model is to be read again.
Stamp = tuple[tuple[str, int, int], ...]


class Found(msgspec.Struct, frozen=True):
    """A place that may be a model: where, under which id and title ("": its own), its stamp."""

    path: Path
    id: str
    title: str
    stamp: Stamp


def find_models(folder: Path, *, prefix: str = "") -> Iterator[Found]:
    """Yield every model folder and single model file below ``folder``, in order of name.

    Ids are the path below ``folder`` with slashes, ``prefix`` before it. A folder that cannot be
    read is passed over; links to folders are followed once.
    """
    budget = [MAX_ENTRIES]
    seen: set[tuple[int, int]] = set()
    for path in _walk(folder, 0, budget, seen):
        name = path.relative_to(folder).as_posix() if path != folder else folder.name
        title = path.parent.name if path.stem in _GENERIC_STEMS else ""
        if (stamp := stamp_of(path)) is not None:
            yield Found(path, f"{prefix}{name}", title, stamp)


def _walk(
    folder: Path, depth: int, budget: list[int], seen: set[tuple[int, int]]
) -> Iterator[Path]:
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        if (folder / INDEX).exists() or looks_like_language_folder(folder):
            yield folder
            return
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return
    for entry in entries:
        budget[0] -= 1
        if budget[0] < 0:
            return
        if entry.name.startswith("."):
            continue
        is_folder = _is_folder(entry)
        if entry.name.lower().endswith(_MODEL_ENDINGS) and not is_folder:
            if not _SHARD.search(entry.name):
                yield Path(entry.path)
        elif depth < MAX_DEPTH and is_folder:
            yield from _walk(Path(entry.path), depth + 1, budget, seen)


def looks_like_language_folder(folder: Path) -> bool:
    """True if a folder names a causal language model; a cheap look, nothing is checked."""
    path = folder / CONFIGURATION
    try:
        if not path.is_file() or not any((folder / name).exists() for name in TOKENIZER_FILES):
            return False
        with path.open("rb") as file:
            return CAUSAL_MODEL.encode() in file.read(64 * 1024)
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def find_hub_models(cache: Path) -> Iterator[Found]:
    """Yield the pipelines and language models in a Hugging Face cache: the snapshot that
    ``refs/main`` names, else the newest one (huggingface_hub's documentation, "Understand
    caching")."""
    try:
        repositories = sorted(entry for entry in cache.iterdir() if entry.is_dir())
    except (OSError, ValueError):
        return
    for repository in repositories:
        kind, _, name = repository.name.partition("--")
        if kind != "models" or not name:
            continue
        owner, _, short = name.partition("--")
        snapshot = _current_snapshot(repository)
        if snapshot is None or not (
            (snapshot / INDEX).exists() or looks_like_language_folder(snapshot)
        ):
            continue
        hub_name = f"{owner}/{short}" if short else owner
        if (stamp := stamp_of(snapshot)) is not None:
            yield Found(snapshot, f"hub:{hub_name}", short or owner, stamp)


def _current_snapshot(repository: Path) -> Path | None:
    snapshots = repository / "snapshots"
    try:
        with (repository / "refs" / "main").open(encoding="ascii", errors="replace") as file:
            commit = file.read(64).strip()
        if commit.isalnum() and (snapshots / commit).is_dir():
            return snapshots / commit
    except OSError:
        pass
    try:
        held = [entry for entry in snapshots.iterdir() if entry.is_dir()]
        return max(held, key=lambda entry: entry.stat().st_mtime_ns, default=None)
    except OSError:
        return None


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a model's files, or None if ``path`` is gone or unreadable.

    For a folder: every file in it and in its direct subfolders.
    """
    try:
        if not path.is_dir():
            status = path.stat()
            return (("", status.st_mtime_ns, status.st_size),)
        found = []
        for entry in os.scandir(path):
            if entry.is_dir():
                found += [_entry_stamp(inner, f"{entry.name}/") for inner in os.scandir(entry)]
            else:
                found.append(_entry_stamp(entry, ""))
        return tuple(sorted(found))
    except OSError:
        return None


def _entry_stamp(entry: os.DirEntry[str], prefix: str) -> tuple[str, int, int]:
    try:
        status = entry.stat()
    except OSError:
        return (prefix + entry.name, 0, -1)
    return (prefix + entry.name, status.st_mtime_ns, status.st_size)

"""Opens model files and finds them inside a model folder without ever leaving it."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import msgspec

from studio.core.errors import DamagedModel, UntrustedModel, storage_problem

# Makes a folder a model in the diffusers layout.
INDEX = "model_index.json"
# Make a folder a language model in the transformers layout, with an architecture that ends so.
CONFIGURATION = "config.json"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "spiece.model")
CAUSAL_MODEL = "ForCausalLM"

MAX_JSON_BYTES = 16 * 2**20
MAX_NAME = 500


def open_for_reading(path: Path) -> BinaryIO:
    """Open a regular file; pipes, devices and folders are refused before they can block.

    Raises:
        DamagedModel: the file is missing or is no file.
        StorageProblem: it may not be read.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise DamagedModel(f"{path.name} is not a file.", f"Look at {path}.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise DamagedModel(
            f"{path.name} is missing.", f"Expected at {path}; get the model's files again."
        ) from error
    except OSError as error:
        raise storage_problem(error, path) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a model's configuration file.

    Raises:
        DamagedModel: the file is missing, larger than 16 MB, or holds no JSON object.
        StorageProblem: it may not be read.
    """
    with open_for_reading(path) as file:
        data = file.read(MAX_JSON_BYTES + 1)
    try:
        if len(data) > MAX_JSON_BYTES:
            raise DamagedModel(f"{path.name} is too large for a configuration file.")
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedModel(
            f"{path.parent.name}/{path.name} cannot be read: {shortened(error)}.",
            f"Get {path} again from where the model came from.",
        ) from error


def shortened(what: object, limit: int = 200) -> str:
    """Return ``what`` as text of at most ``limit`` characters; files hold names of any length."""
    text = str(what)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def inside(folder: Path, name: str) -> Path:
    """Return the path of ``name`` (slashes, relative) inside a model folder.

    A link may lead out of the folder only in the Hugging Face cache, from ``snapshots/<revision>``
    into the same repository's ``blobs``.

    Raises:
        UntrustedModel: the name or a link on its way leads out of the folder.
        DamagedModel: the name is no possible file name, or its links cannot be followed.
    """
    parts = PurePosixPath(name)
    if len(name) > MAX_NAME:
        raise DamagedModel(f"{folder.name} names a file of {len(name):,} characters.")
    if not name or "\\" in name or "\x00" in name or ":" in name or parts.is_absolute():
        raise _leaves(folder, name)
    if ".." in parts.parts:
        raise _leaves(folder, name)
    path = folder / name
    try:
        target = path.resolve()
        root = folder.resolve()
    except (OSError, RuntimeError) as error:
        raise DamagedModel(f"{name[:80]} in {folder.name} cannot be followed.") from error
    blobs = _blobs_of(root)
    if target.is_relative_to(root) or (blobs is not None and target.is_relative_to(blobs)):
        return path
    raise _leaves(folder, name)


def _blobs_of(root: Path) -> Path | None:
    """The blobs folder that a snapshot of the Hugging Face cache links into, if this is one."""
    repository = root.parent.parent
    if root.parent.name == "snapshots" and repository.name.startswith("models--"):
        return repository / "blobs"
    return None


def _leaves(folder: Path, name: str) -> UntrustedModel:
    return UntrustedModel(
        f"{folder.name} names a file outside its own folder: {name[:120]!r}.",
        "A model's files must lie in its folder. Get the model from a source you trust.",
    )

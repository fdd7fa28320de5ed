"""A model's files on disk, checked before loading: complete, whole and of a safe kind."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import msgspec

from studio.core.errors import DamagedModel, ModelProblem, UntrustedModel, storage_problem

# Formats that can run code when they are loaded.
_UNTRUSTED = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack")
_WITHOUT_WEIGHTS = ("Scheduler", "Processor", "FeatureExtractor")
_MAX_HEADER_BYTES = 100_000_000
_AGAIN = "Download the model again."


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a pipeline as ``model_index.json`` names it.

    ``weights`` are the safetensors files in the chosen variant, empty for tokenizers, schedulers
    and processors; ``variant`` is set when the files carry it in their names.
    """

    name: str
    library: str
    class_name: str
    folder: Path
    weights: tuple[Path, ...] = ()
    variant: str = ""

    def is_light(self) -> bool:
        """Say whether this is a tokenizer, scheduler or processor, which has no weights."""
        # Tokenizers have class names of many endings since transformers 5.
        return self.name.startswith("tokenizer") or self.class_name.endswith(_WITHOUT_WEIGHTS)

    def weight_bytes(self) -> int:
        """Return the size of the weight files."""
        return sum(path.stat().st_size for path in self.weights)


class PipelineFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A diffusers folder: its pipeline class by name, its components, its plain settings.

    Parts that the model was saved without are settings of the value None.
    """

    folder: Path
    class_name: str
    components: tuple[Component, ...]
    settings: dict[str, Any] = {}

    def models(self) -> tuple[Component, ...]:
        """Return the components that have weights."""
        return tuple(component for component in self.components if component.weights)


def read_pipeline_files(folder: Path, variant: str) -> PipelineFiles:
    """Read ``model_index.json`` and check the files of every component.

    Raises:
        DamagedModel: a file is missing, truncated or not readable; the message names it.
        UntrustedModel: a component exists only as pickle.
    """
    files = read_pipeline_configs(folder)
    return msgspec.structs.replace(
        files, components=tuple(_checked(part, variant) for part in files.components)
    )


def read_pipeline_configs(folder: Path) -> PipelineFiles:
    """Read ``model_index.json`` alone: components without their weights.

    Raises:
        DamagedModel: it is missing or not readable.
    """
    index = _read_json(folder / "model_index.json")
    components: list[Component] = []
    settings: dict[str, Any] = {}
    for name, entry in index.items():
        if _names_a_class(entry):
            library, class_name = entry
            components.append(
                Component(name=name, library=library, class_name=class_name, folder=folder / name)
            )
        elif not name.startswith("_") and entry == [None, None]:
            settings[name] = None
        elif not name.startswith("_") and not isinstance(entry, list):
            settings[name] = entry
    return PipelineFiles(
        folder=folder,
        class_name=str(index.get("_class_name", "")),
        components=tuple(components),
        settings=settings,
    )


def safetensors_header(path: Path) -> dict[str, Any]:
    """Return the header of a safetensors file: data type, shape and offsets by tensor name.

    Raises:
        DamagedModel: the file is missing, truncated, or is not safetensors.
    """
    if path.suffix in _UNTRUSTED:
        raise untrusted(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
            if not 2 <= length <= min(_MAX_HEADER_BYTES, max(size - 8, 0)):
                raise DamagedModel(f"{path.name} is not a whole safetensors file.", _AGAIN)
            header = json.loads(file.read(length))
            end = max(
                (int(t["data_offsets"][1]) for n, t in header.items() if n != "__metadata__"),
                default=0,
            )
    except FileNotFoundError as error:
        raise _missing(path) from error
    except OSError as error:
        raise storage_problem(error, path) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedModel(f"The header of {path.name} cannot be read.", _AGAIN) from error
    if size < 8 + length + end:
        raise DamagedModel(
            f"{path.name} is truncated: {size:,} of {8 + length + end:,} bytes.", _AGAIN
        )
    return dict(header)


def untrusted(path: Path) -> UntrustedModel:
    """Say why a pickle checkpoint is not opened."""
    return UntrustedModel(
        f"{path.name} is a pickle checkpoint, a format that can run code, and is not opened.",
        "Use the safetensors version of this model, or convert it first.",
    )


def _checked(part: Component, variant: str) -> Component:
    """Return the component with its weight files, each compared with its header."""
    if part.is_light():
        if not part.folder.is_dir():
            raise _missing(Path(part.name))
        return part
    if not (part.folder / "config.json").is_file():
        raise _missing(Path(part.name) / "config.json")
    weights, used_variant = _weight_files(part.folder, variant)
    for path in weights:
        safetensors_header(path)
    return msgspec.structs.replace(part, weights=weights, variant=used_variant)


def _weight_files(place: Path, variant: str) -> tuple[tuple[Path, ...], str]:
    """Find the weights of one component: in the variant where it exists, else the plain ones."""
    stems = ("diffusion_pytorch_model", "model")
    for used in dict.fromkeys((variant, "")):
        dotted = f".{used}" if used else ""
        for stem in stems:
            index = place / f"{stem}.safetensors.index{dotted}.json"
            if index.is_file():
                return _shards(index), used
            path = place / f"{stem}{dotted}.safetensors"
            if path.is_file():
                return (path,), used
    for path in sorted(place.glob("*")):
        if path.suffix in _UNTRUSTED:
            raise untrusted(Path(place.name) / path.name)
    raise _missing(
        Path(place.name) / f"{'model' if 'encoder' in place.name else stems[0]}.safetensors"
    )


def _shards(index: Path) -> tuple[Path, ...]:
    names = _read_json(index).get("weight_map", {})
    if not isinstance(names, dict) or not names:
        raise DamagedModel(f"{index.name} names no weights.", _AGAIN)
    return tuple(index.parent / str(name) for name in sorted(set(names.values())))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise _missing(path) from error
    except OSError as error:
        raise storage_problem(error, path) from error
    except ValueError as error:
        raise DamagedModel(f"{path.name} is not valid JSON.", _AGAIN) from error
    if not isinstance(content, dict):
        raise DamagedModel(f"{path.name} is not what it should be.", _AGAIN)
    return content


def _names_a_class(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) == 2 and all(isinstance(e, str) for e in entry)


def _missing(path: Path) -> ModelProblem:
    return DamagedModel(f"The model file {path} is missing.", _AGAIN)

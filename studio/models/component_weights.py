"""Counts a component's weights exactly, from the headers of its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from studio.core.errors import DamagedModel
from studio.models.file_access import inside, read_json
from studio.models.installed import ComponentWeights
from studio.models.safetensors_header import SafetensorsHeader, TensorInfo, read_header

MAX_SHARDS = 1000

_STORED_NAMES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64"}

# Layers that transformers keeps in float32 when the run is in float16, by class:
# models/t5/modeling_t5.py and models/umt5/modeling_umt5.py, _keep_in_fp32_modules.
_KEPT_IN_FLOAT32: dict[str, tuple[str, ...]] = {
    "T5EncoderModel": (".wo.",),
    "UMT5EncoderModel": (".wo.",),
}

# One tensor under two names: the second is not stored twice in memory (T5's and UMT5's encoder
# embedding; the output layer of a language model whose configuration ties it).
_ALWAYS_TIED = {"encoder.embed_tokens.weight": "shared.weight"}
_TIED_BY_CONFIGURATION = {"lm_head.weight": "embed_tokens.weight"}


class WeightFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The checked headers of the file, or of all shards, that hold one component."""

    headers: tuple[SafetensorsHeader, ...]

    @property
    def tensors(self) -> dict[str, TensorInfo]:
        """All tensors by name."""
        return {name: info for header in self.headers for name, info in header.tensors.items()}

    @property
    def file_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(header.file_bytes for header in self.headers)


def read_weight_file(folder: Path, name: str) -> WeightFiles:
    """Read one safetensors file, or the shards that an ``.index.json`` names, in ``folder``.

    Raises:
        DamagedModel: a shard is missing, or does not hold what the index says.
        UntrustedModel: a name leads out of the model's folder.
    """
    path = inside(folder, name)
    if not name.endswith(".json"):
        return WeightFiles(headers=(read_header(path),))
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise DamagedModel(f"{path.name} names no files.", f"Get {path} again.")
    shards = set(weight_map.values())
    if not all(isinstance(shard, str) for shard in shards) or len(shards) > MAX_SHARDS:
        raise DamagedModel(f"{path.name} does not hold file names.", f"Get {path} again.")
    subfolder = name.rpartition("/")[0]
    prefix = f"{subfolder}/" if subfolder else ""
    headers = tuple(read_header(inside(folder, prefix + shard)) for shard in sorted(shards))
    _check_shards(path, weight_map, headers)
    return WeightFiles(headers=headers)


def _check_shards(
    index: Path, weight_map: Mapping[str, str], headers: tuple[SafetensorsHeader, ...]
) -> None:
    by_shard = {header.path.name: header for header in headers}
    for tensor, shard in weight_map.items():
        header = by_shard.get(shard.rpartition("/")[2])
        if header is None or tensor not in header.tensors:
            raise DamagedModel(
                f"{index.name} says that {tensor[:80]!r} is in {shard[:80]!r}, but it is not.",
                f"The files in {index.parent} are of different versions; get them all again.",
            )


def count_weights(
    name: str,
    class_name: str,
    tensors: Mapping[str, TensorInfo],
    *,
    tie_output: bool = False,
) -> ComponentWeights:
    """Return the exact counts of one component.

    Args:
        name: of the component, such as ``"unet"``.
        class_name: of the class that loads it, such as ``"T5EncoderModel"``.
        tensors: what its files hold.
        tie_output: the configuration's ``tie_word_embeddings``.
    """
    tied = _tied_names(tensors, tie_output)
    kept = _KEPT_IN_FLOAT32.get(class_name, ())
    layers: dict[str, int] = {}
    parameters = float32 = integers = 0
    for tensor, info in tensors.items():
        if tensor in tied:
            continue
        if not info.is_floating:
            integers += info.stored_bytes
            continue
        parameters += info.values
        layer = tensor.rpartition(".")[0]
        layers[layer] = layers.get(layer, 0) + info.values
        if any(part in f".{tensor}" for part in kept):
            float32 += info.values
    return ComponentWeights(
        name=name,
        class_name=class_name,
        parameters=parameters,
        stored_bytes=sum(info.stored_bytes for info in tensors.values()),
        stored_data_type=stored_data_type(tensors.values()),
        float32_parameters=float32,
        integer_bytes=integers,
        largest_layer=max(layers.values(), default=0),
    )


def _tied_names(tensors: Mapping[str, TensorInfo], tie_output: bool) -> set[str]:
    tied = {copy for copy, original in _ALWAYS_TIED.items() if {copy, original} <= tensors.keys()}
    if tie_output:
        for copy, original in _TIED_BY_CONFIGURATION.items():
            if copy in tensors and any(key.endswith(original) for key in tensors):
                tied.add(copy)
    return tied


def stored_data_type(tensors: Iterable[TensorInfo]) -> str:
    """Return the name of the type that holds nearly all values, or "mixed"."""
    values: dict[str, int] = {}
    for info in tensors:
        if info.is_floating:
            kind = _STORED_NAMES.get(info.dtype, "float8" if "F8" in info.dtype else "float4")
            values[kind] = values.get(kind, 0) + info.values
    if not values:
        return "none"
    most = max(values, key=lambda kind: values[kind])
    return most if values[most] >= 0.9 * sum(values.values()) else "mixed"

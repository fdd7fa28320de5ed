"""Reads and strictly checks the header of a safetensors file; no tensor is ever read.

Format (huggingface/safetensors, README "Format"): 8 bytes with the header's length as an unsigned
little-endian integer, the header as JSON, then the tensors' bytes, without gaps, to the very end.
"""

from __future__ import annotations

import hashlib
import math
import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from studio.core.errors import DamagedModel
from studio.core.units import format_bytes
from studio.models.file_access import open_for_reading, shortened
from studio.models.trust import refuse_code_formats

# The format allows 100 MB; the largest published headers are below 2 MB. A bound this high refuses
# nothing real and keeps the time for any file below a second.
MAX_HEADER_BYTES = 32 * 2**20
MAX_DIMENSIONS = 16
MAX_DIMENSION = 2**48

# Bits of one value (safetensors/src/tensor.rs, enum Dtype).
DATA_TYPE_BITS: dict[str, int] = {
    "BOOL": 8,
    "U8": 8,
    "I8": 8,
    "U16": 16,
    "I16": 16,
    "U32": 32,
    "I32": 32,
    "U64": 64,
    "I64": 64,
    "F4": 4,
    "F6_E2M3": 6,
    "F6_E3M2": 6,
    "F8_E5M2": 8,
    "F8_E4M3": 8,
    "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8,
    "F16": 16,
    "BF16": 16,
    "F32": 32,
    "F64": 64,
    "C64": 64,
}

_LENGTH_BYTES = 8
_SAMPLE_BYTES = 4096


class TensorInfo(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """One tensor as its header describes it; the offsets count from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]

    @property
    def values(self) -> int:
        """Number of values; 1 for a scalar (an empty shape)."""
        return math.prod(self.shape)

    @property
    def stored_bytes(self) -> int:
        """Bytes in the file."""
        return self.data_offsets[1] - self.data_offsets[0]

    @property
    def is_floating(self) -> bool:
        """True for weights, which are cast to the run's precision; False for integer buffers."""
        return self.dtype.startswith(("F", "BF"))


class SafetensorsHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The checked header of one file.

    ``fingerprint`` is made from the header, the file's size and three short samples of the
    weights, so that two trainings of one architecture differ in it.
    """

    path: Path
    tensors: dict[str, TensorInfo]
    metadata: dict[str, str]
    file_bytes: int
    fingerprint: str


def read_header(path: Path) -> SafetensorsHeader:
    """Return the header of the safetensors file at ``path``.

    Raises:
        DamagedModel: the file is truncated, too long, or contradicts its header.
        UntrustedModel: the file is a pickle or an archive that may hold one, whatever its name.
        NotAMatch: the file is of another known format.
        StorageProblem: the file cannot be read.
    """
    with open_for_reading(path) as file:
        size = os.fstat(file.fileno()).st_size
        start = file.read(_LENGTH_BYTES + 1)
        refuse_code_formats(start, path)
        raw = _read_raw(file, start, size, path)
        tensors, metadata = _decode(raw, path)
        data_bytes = size - _LENGTH_BYTES - len(raw)
        _check_layout(tensors, data_bytes, path)
        fingerprint = _fingerprint(file, raw, size)
    return SafetensorsHeader(
        path=path, tensors=tensors, metadata=metadata, file_bytes=size, fingerprint=fingerprint
    )


def _read_raw(file: BinaryIO, start: bytes, size: int, path: Path) -> bytes:
    if size < _LENGTH_BYTES + 2:
        raise _damaged(path, f"it holds only {format_bytes(size)}")
    length = int.from_bytes(start[:_LENGTH_BYTES], "little")
    if start[_LENGTH_BYTES:] != b"{" or not 2 <= length <= MAX_HEADER_BYTES:
        raise _damaged(path, "it does not begin like a safetensors file")
    if length > size - _LENGTH_BYTES:
        raise _truncated(path, length + _LENGTH_BYTES - size)
    file.seek(_LENGTH_BYTES)
    raw = file.read(length)
    if len(raw) < length:
        raise _truncated(path, length - len(raw))
    return raw


def _decode(raw: bytes, path: Path) -> tuple[dict[str, TensorInfo], dict[str, str]]:
    try:
        entries = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        described = entries.pop("__metadata__", None)
        metadata = msgspec.json.decode(described, type=dict[str, str]) if described else {}
        decoder = msgspec.json.Decoder(TensorInfo)
        tensors = {name: decoder.decode(entry) for name, entry in entries.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, f"its header cannot be read ({shortened(error)})") from error
    if not tensors:
        raise _damaged(path, "it holds no weights")
    return tensors, metadata


def _check_layout(tensors: dict[str, TensorInfo], data_bytes: int, path: Path) -> None:
    """Check that the tensors fill ``data_bytes`` one after another, each with its own size."""
    position = 0
    for name, info in sorted(tensors.items(), key=lambda item: item[1].data_offsets):
        _check_tensor(name, info, path)
        begin, end = info.data_offsets
        if begin != position:
            what = "overlaps another one" if begin < position else "leaves a gap before it"
            raise _damaged(path, f"the tensor {_shown(name)} {what}")
        position = end
    if position > data_bytes:
        raise _truncated(path, position - data_bytes)
    if position < data_bytes:
        extra = data_bytes - position
        raise _damaged(path, f"{extra:,} bytes follow its last tensor that belong to none")


def _check_tensor(name: str, info: TensorInfo, path: Path) -> None:
    bits = DATA_TYPE_BITS.get(info.dtype)
    if bits is None:
        raise _damaged(path, f"the tensor {_shown(name)} has the unknown type {_shown(info.dtype)}")
    if len(info.shape) > MAX_DIMENSIONS or any(
        not 0 <= size <= MAX_DIMENSION for size in info.shape
    ):
        raise _damaged(path, f"the tensor {_shown(name)} has an impossible shape")
    begin, end = info.data_offsets
    if begin < 0 or end < begin or info.values * bits != (end - begin) * 8:
        raise _damaged(path, f"the size of the tensor {_shown(name)} contradicts its shape")


def _fingerprint(file: BinaryIO, raw: bytes, size: int) -> str:
    digest = hashlib.sha256(raw)
    digest.update(size.to_bytes(8, "little"))
    first = _LENGTH_BYTES + len(raw)
    last = max(first, size - _SAMPLE_BYTES)
    for position in (first, (first + last) // 2, last):
        file.seek(position)
        digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _shown(name: str) -> str:
    return repr(shortened(name, 80))


def _damaged(path: Path, reason: str) -> DamagedModel:
    return DamagedModel(
        f"{path.name} is damaged: {reason}.", f"Get {path} again from where it came from."
    )


def _truncated(path: Path, missing: int) -> DamagedModel:
    return DamagedModel(
        f"{path.name} is incomplete: {missing:,} bytes are missing at its end.",
        f"The download or copy was cut off; get {path} again.",
    )

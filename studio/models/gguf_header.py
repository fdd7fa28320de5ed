"""Reads and strictly checks the header of a GGUF file; no tensor is ever read.

Format (ggml-org/ggml, docs/gguf.md, versions 2 and 3, little-endian): the magic, a version, the
numbers of tensors and of key-value pairs, the pairs, the description of every tensor, padding, and
the tensors' bytes, each at a multiple of the alignment.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from studio.core.errors import DamagedModel, NotAMatch
from studio.models.file_access import open_for_reading, shortened

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

# The header is read in one piece; vocabularies of 256,000 words take about 12 MB.
FIRST_READ_BYTES = 4 * 2**20
MAX_HEADER_BYTES = 64 * 2**20
MAX_TENSORS = 100_000
MAX_PAIRS = 10_000
MAX_DIMENSIONS = 4
MAX_DIMENSION = 2**48
# Longer texts of the metadata are not kept, but for the chat template, whose presence matters.
MAX_TEXT = 64 * 1024
_SAMPLE_BYTES = 4096

# Values a block and bytes a block, by ggml's number of the type (gguf/constants.py,
# GGML_QUANT_SIZES), with the name that people know.
TENSOR_TYPES: dict[int, tuple[str, int, int]] = {
    0: ("F32", 1, 4),
    1: ("F16", 1, 2),
    2: ("Q4_0", 32, 18),
    3: ("Q4_1", 32, 20),
    6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24),
    8: ("Q8_0", 32, 34),
    9: ("Q8_1", 32, 40),
    10: ("Q2_K", 256, 84),
    11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144),
    13: ("Q5_K", 256, 176),
    14: ("Q6_K", 256, 210),
    15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66),
    17: ("IQ2_XS", 256, 74),
    18: ("IQ3_XXS", 256, 98),
    19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18),
    21: ("IQ3_S", 256, 110),
    22: ("IQ2_S", 256, 82),
    23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1),
    25: ("I16", 1, 2),
    26: ("I32", 1, 4),
    27: ("I64", 1, 8),
    28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56),
    30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 54),
    35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}

# struct formats of the scalar value types; 8 is a text, 9 a list.
_SCALARS = {
    **{0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?"},
    **{10: "<Q", 11: "<q", 12: "<d"},
}
_TEXT, _LIST = 8, 9

Value = int | float | bool | str


class GgufTensor(msgspec.Struct, frozen=True, gc=False):
    """One tensor: its type's name, its shape, and its bytes from the start of the tensors."""

    type: str
    shape: tuple[int, ...]
    offset: int
    stored_bytes: int

    @property
    def values(self) -> int:
        """Number of values."""
        return math.prod(self.shape)


class GgufHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The checked header of one file.

    ``values`` holds the metadata's numbers and short texts, ``lengths`` how long its lists are.
    ``fingerprint`` is made from the header, the file's size and three short samples.
    """

    path: Path
    values: dict[str, Value]
    lengths: dict[str, int]
    tensors: dict[str, GgufTensor]
    file_bytes: int
    fingerprint: str

    @property
    def architecture(self) -> str:
        """What ``general.architecture`` says, such as "llama"."""
        return str(self.values.get("general.architecture", ""))

    def number(self, key: str) -> int:
        """Return a whole number of the metadata below the architecture's name; 0 without one."""
        value = self.values.get(f"{self.architecture}.{key}", 0)
        return value if isinstance(value, int) and 0 <= value <= 2**53 else 0


class _TooShort(Exception):
    """The bytes that were read end inside the header."""


class _Cursor:
    """Walks over the header's bytes; raises ``_TooShort`` at their end."""

    def __init__(self, data: bytes, path: Path) -> None:
        self._data = data
        self._path = path
        self.position = 0

    def scalar(self, form: str) -> int | float | bool:
        size = struct.calcsize(form)
        self.skip(size)
        value: int | float | bool = struct.unpack_from(form, self._data, self.position - size)[0]
        return value

    def count(self, limit: int, what: str) -> int:
        number = int(self.scalar("<Q"))
        if number > limit:
            raise _damaged(self._path, f"it claims to hold {number:,} {what}")
        return number

    def text(self) -> str:
        length = self.count(MAX_HEADER_BYTES, "bytes in one name")
        self.skip(length)
        return self._data[self.position - length : self.position].decode("utf-8", "replace")

    def skip(self, size: int) -> None:
        if self.position + size > len(self._data):
            raise _TooShort
        self.position += size


def read_gguf_header(path: Path) -> GgufHeader:
    """Return the header of the GGUF file at ``path``.

    Raises:
        NotAMatch: the file is no GGUF file.
        DamagedModel: it is truncated or contradicts its header, or is of an unknown version.
        StorageProblem: it cannot be read.
    """
    with open_for_reading(path) as file:
        size = os.fstat(file.fileno()).st_size
        limit = FIRST_READ_BYTES
        while True:
            file.seek(0)
            data = file.read(limit)
            try:
                return _parsed(data, size, path, file)
            except _TooShort:
                if len(data) >= size:
                    raise _damaged(path, "it ends inside its header") from None
                if limit >= MAX_HEADER_BYTES:
                    raise _damaged(path, "its header is larger than any model's") from None
                limit *= 4


def is_gguf(path: Path) -> bool:
    """True if the file begins like a GGUF file, whatever its name.

    Raises:
        DamagedModel, StorageProblem: it is no file, or cannot be read.
    """
    with open_for_reading(path) as file:
        return file.read(len(MAGIC)) == MAGIC


def _parsed(data: bytes, size: int, path: Path, file: BinaryIO) -> GgufHeader:
    if data[:4] != MAGIC:
        raise NotAMatch(f"{path.name} is no GGUF file.", "Choose a .gguf or .safetensors file.")
    cursor = _Cursor(data, path)
    cursor.skip(4)
    version = int(cursor.scalar("<I"))
    if version not in VERSIONS:
        raise _damaged(path, f"its GGUF version {version} is not one of {VERSIONS}")
    tensor_count = cursor.count(MAX_TENSORS, "tensors")
    pair_count = cursor.count(MAX_PAIRS, "pieces of information")
    values, lengths = _pairs(cursor, pair_count, path)
    alignment = values.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or not 1 <= alignment <= 2**20 or alignment & (alignment - 1):
        raise _damaged(path, f"its alignment is {shortened(alignment, 40)}")
    tensors = _tensors(cursor, tensor_count, alignment, path)
    start = -(-cursor.position // alignment) * alignment
    _check_layout(tensors, size - start, path)
    return GgufHeader(
        path=path,
        values=values,
        lengths=lengths,
        tensors=tensors,
        file_bytes=size,
        fingerprint=_fingerprint(file, data[: cursor.position], start, size),
    )


def _pairs(cursor: _Cursor, count: int, path: Path) -> tuple[dict[str, Value], dict[str, int]]:
    values: dict[str, Value] = {}
    lengths: dict[str, int] = {}
    for _ in range(count):
        key, kind = cursor.text(), int(cursor.scalar("<I"))
        if key in values or key in lengths:
            raise _damaged(path, f"it says {_shown(key)} twice")
        if kind in _SCALARS:
            values[key] = cursor.scalar(_SCALARS[kind])
        elif kind == _TEXT:
            values[key] = cursor.text()[:MAX_TEXT]
        elif kind == _LIST:
            lengths[key] = _skip_list(cursor, path)
        else:
            raise _damaged(path, f"{_shown(key)} has the unknown type {kind}")
    return values, lengths


def _skip_list(cursor: _Cursor, path: Path) -> int:
    """Pass over a list of numbers or texts and return its length; lists in lists are refused."""
    kind = int(cursor.scalar("<I"))
    length = cursor.count(MAX_HEADER_BYTES, "entries in one list")
    if kind in _SCALARS:
        cursor.skip(length * struct.calcsize(_SCALARS[kind]))
    elif kind == _TEXT:
        step: Callable[[int], None] = cursor.skip
        for _ in range(length):
            step(cursor.count(MAX_HEADER_BYTES, "bytes in one text"))
    else:
        raise _damaged(path, f"it holds a list of the unknown type {kind}")
    return length


def _tensors(cursor: _Cursor, count: int, alignment: int, path: Path) -> dict[str, GgufTensor]:
    tensors: dict[str, GgufTensor] = {}
    for _ in range(count):
        name = cursor.text()
        dimensions = int(cursor.scalar("<I"))
        if name in tensors or not 1 <= dimensions <= MAX_DIMENSIONS:
            raise _damaged(path, f"the tensor {_shown(name)} is described in an impossible way")
        shape = tuple(cursor.count(MAX_DIMENSION, "values in a row") for _ in range(dimensions))
        number, offset = int(cursor.scalar("<I")), int(cursor.scalar("<Q"))
        if number not in TENSOR_TYPES:
            raise _damaged(path, f"the tensor {_shown(name)} has the unknown type {number}")
        kind, block, block_bytes = TENSOR_TYPES[number]
        if shape[0] % block or offset % alignment or 0 in shape:
            raise _damaged(path, f"the tensor {_shown(name)} contradicts its type")
        stored = math.prod(shape) // block * block_bytes
        tensors[name] = GgufTensor(kind, shape, offset, stored)
    if not tensors:
        raise _damaged(path, "it holds no weights")
    return tensors


def _check_layout(tensors: dict[str, GgufTensor], data_bytes: int, path: Path) -> None:
    """Check that no tensor overlaps another one or leaves the file."""
    position = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: item[1].offset):
        if tensor.offset < position:
            raise _damaged(path, f"the tensor {_shown(name)} overlaps another one")
        position = tensor.offset + tensor.stored_bytes
    if position > data_bytes:
        raise DamagedModel(
            f"{path.name} is incomplete: {position - data_bytes:,} bytes are missing at its end.",
            f"The download or copy was cut off; get {path} again.",
        )


def _fingerprint(file: BinaryIO, raw: bytes, start: int, size: int) -> str:
    digest = hashlib.sha256(raw)
    digest.update(size.to_bytes(8, "little"))
    last = max(start, size - _SAMPLE_BYTES)
    for position in (start, (start + last) // 2, last):
        file.seek(position)
        digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def _shown(name: str) -> str:
    return repr(shortened(name, 80))


def _damaged(path: Path, reason: str) -> DamagedModel:
    return DamagedModel(
        f"{path.name} is damaged: {reason}.", f"Get {path} again from where it came from."
    )

"""What a safetensors header may say, and what each kind of damage is called."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path

import pytest

from studio.core.errors import DamagedModel, NotAMatch, StudioError, UntrustedModel
from studio.models.safetensors_header import MAX_HEADER_BYTES, read_header


def write(path: Path, header: object, data: bytes = b"", *, length: int | None = None) -> Path:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(raw) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + raw + data)
    return path


def entry(dtype: str = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_a_file_written_by_the_safetensors_library_is_read_as_it_was_written(path: Path) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    save_file(
        {
            "a.weight": np.zeros((3, 5), np.float16),
            "b": np.zeros((), np.float32),
            "empty": np.zeros((0, 7), np.float32),
            "positions": np.arange(4),
        },
        path,
        metadata={"format": "pt"},
    )
    header = read_header(path)
    assert {name: (t.dtype, t.shape, t.stored_bytes) for name, t in header.tensors.items()} == {
        "a.weight": ("F16", (3, 5), 30),
        "b": ("F32", (), 4),
        "empty": ("F32", (0, 7), 0),
        "positions": ("I64", (4,), 32),
    }
    assert header.metadata == {"format": "pt"}
    assert header.file_bytes == path.stat().st_size


def test_a_truncated_file_says_how_many_bytes_are_missing(path: Path) -> None:
    write(path, {"a": entry(shape=(100,), offsets=(0, 400))}, b"\0" * 150)
    with pytest.raises(DamagedModel, match="250 bytes are missing") as caught:
        read_header(path)
    assert "cut off" in caught.value.hint


def test_a_file_cut_inside_its_header_says_how_many_bytes_are_missing(path: Path) -> None:
    write(path, b'{"a": {"dty', length=1000)
    with pytest.raises(DamagedModel, match="989 bytes are missing"):
        read_header(path)


@pytest.mark.parametrize(
    ("header", "data", "said"),
    [
        ({"a": entry()}, b"\0" * 12, "4 bytes follow"),
        ({"a": entry(), "b": entry(offsets=(4, 12))}, b"\0" * 12, "overlaps"),
        ({"a": entry(), "b": entry(offsets=(12, 20))}, b"\0" * 20, "gap"),
        ({"a": entry(offsets=(4, 12))}, b"\0" * 12, "gap"),
        ({"a": entry(shape=(3,))}, b"\0" * 8, "contradicts its shape"),
        ({"a": entry(offsets=(8, 0))}, b"\0" * 8, "contradicts its shape"),
        ({"a": entry(offsets=(-8, 0))}, b"\0" * 8, "contradicts its shape"),
        ({"a": entry(dtype="F33")}, b"\0" * 8, "unknown type"),
        ({"a": entry(shape=(-2, -1))}, b"\0" * 8, "impossible shape"),
        ({"a": entry(shape=(1,) * 17 + (2,))}, b"\0" * 8, "impossible shape"),
        ({"a": entry(shape=(2**60, 0), offsets=(0, 0))}, b"", "impossible shape"),
        ({"a": entry(shape="2")}, b"\0" * 8, "cannot be read"),
        ({"a": entry(offsets=(0, 8, 9))}, b"\0" * 8, "cannot be read"),
        ({"a": {**entry(), "code": "x"}}, b"\0" * 8, "cannot be read"),
        ({"a": entry(shape=(True, 2))}, b"\0" * 8, "cannot be read"),
        ({"a": entry(), "__metadata__": {"n": 1}}, b"\0" * 8, "cannot be read"),
        ({"__metadata__": {"only": "words"}}, b"", "no weights"),
        ({}, b"", "no weights"),
        (b"{" + b"[" * 50_000 + b"}", b"", "cannot be read"),
        (b'{"a":\xff}', b"", "cannot be read"),
        (b"[1, 2]", b"", "does not begin"),
        (b"{", b"", "holds only"),
    ],
)
def test_a_contradictory_header_is_refused_with_its_reason(
    path: Path, header: object, data: bytes, said: str
) -> None:
    with pytest.raises(DamagedModel, match=said) as caught:
        read_header(write(path, header, data))
    assert path.name in caught.value.message
    assert caught.value.hint


def test_a_tensor_named_twice_cannot_hide_one(path: Path) -> None:
    one, other = json.dumps(entry()), json.dumps(entry(offsets=(8, 16)))
    write(path, f'{{"a": {one}, "a": {other}}}'.encode(), b"\0" * 16)
    with pytest.raises(DamagedModel, match="gap"):
        read_header(path)


def test_an_enormous_header_length_is_refused_before_it_is_read(path: Path) -> None:
    with path.open("wb") as file:
        file.write((MAX_HEADER_BYTES + 1).to_bytes(8, "little") + b"{")
        file.truncate(2 * MAX_HEADER_BYTES)
    with pytest.raises(DamagedModel, match="does not begin"):
        read_header(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "value", [{"state_dict": [1, 2]}, (Path("x"), 3), [1], pickle.PickleError("an object")]
)
def test_a_pickle_of_any_protocol_is_untrusted_whatever_its_name(
    path: Path, protocol: int, value: object
) -> None:
    path.write_bytes(pickle.dumps(value, protocol=protocol))
    with pytest.raises(StudioError) as caught:
        read_header(path)
    # Protocols 0 and 1 have no magic: at least they are never taken for weights.
    assert isinstance(
        caught.value, UntrustedModel if protocol >= 2 else (UntrustedModel, DamagedModel)
    )


def test_a_zip_with_a_pickle_inside_is_untrusted_whatever_its_name(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps([1]))
    with pytest.raises(UntrustedModel, match="zip archive") as caught:
        read_header(path)
    assert "safetensors" in caught.value.hint


def test_a_sound_file_whose_length_looks_like_a_pickle_is_read(path: Path) -> None:
    # 0x0280 = 640 bytes of header: the file then begins with the bytes of pickle protocol 2.
    raw = json.dumps({"a": entry()}).encode().ljust(640)
    write(path, raw, b"\0" * 8)
    assert path.read_bytes()[:2] == b"\x80\x02"
    assert read_header(path).tensors["a"].shape == (2,)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"GGUF\x03\0\0\0" + b"\0" * 50, "GGUF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "PNG"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS pointer"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
    ],
)
def test_other_formats_are_named(path: Path, start: bytes, said: str) -> None:
    path.write_bytes(start)
    with pytest.raises(NotAMatch, match=said):
        read_header(path)


def test_a_missing_file_a_folder_and_a_pipe_are_said_at_once(tmp_path: Path) -> None:
    import os

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, said in (
        (tmp_path / "no", "missing"),
        (tmp_path, "not a file"),
        (pipe, "not a file"),
    ):
        with pytest.raises(DamagedModel, match=said):
            read_header(path)


def test_two_trainings_of_one_architecture_have_different_fingerprints(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"a": entry(shape=(2000,), offsets=(0, 8000))}, b"\1" * 8000)
    two = write(tmp_path / "two", {"a": entry(shape=(2000,), offsets=(0, 8000))}, b"\2" * 8000)
    again = write(tmp_path / "again", {"a": entry(shape=(2000,), offsets=(0, 8000))}, b"\1" * 8000)
    assert read_header(one).fingerprint == read_header(again).fingerprint
    assert read_header(one).fingerprint != read_header(two).fingerprint

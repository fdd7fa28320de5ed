"""What a library remembers between sessions, and when it looks again."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.models import ModelLibrary
from studio.models import recollection as room
from tests.support.models import write_model_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model_folder(tmp_path / "models" / "paper")
    return tmp_path / "models"


def library(folder: Path, file: Path) -> ModelLibrary:
    return ModelLibrary([folder], recollection=file)


def test_an_unchanged_model_is_not_read_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "known.bin"
    first = library(folder, file)
    first.refresh()
    assert file.exists()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("studio.models.identify.identify", never)
    second = library(folder, file)
    second.refresh()
    assert second.models() == first.models()


def test_a_changed_model_is_read_again(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "known.bin"
    first = library(folder, file)
    first.refresh()
    sidecar = folder / "paper" / "atelier.json"
    sidecar.write_text('{"title": "Renamed model", "default": {}}')
    second = library(folder, file)
    second.refresh()
    assert [model.title for model in second.models()] == ["Renamed model"]


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"{}"])
def test_a_damaged_file_costs_time_only(folder: Path, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "known.bin"
    file.write_bytes(content)
    found = library(folder, file)
    found.refresh()
    assert [model.id for model in found.models()] == ["paper"]


def test_another_version_is_not_believed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "known.bin"
    library(folder, file).refresh()
    assert room.recall(file)
    monkeypatch.setattr(room, "RECOGNITION", room.RECOGNITION + 1)
    assert room.recall(file) == {}


def test_a_file_that_cannot_be_written_is_no_problem(folder: Path, tmp_path: Path) -> None:
    found = library(folder, tmp_path / "missing" / "known.bin")
    found.refresh()
    assert [model.id for model in found.models()] == ["paper"]

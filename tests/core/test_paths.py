"""Folders: all below ATELIER_HOME where it is set, and a clear word where they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.core import paths
from studio.core.errors import StorageProblem

FOLDERS = (
    *(paths.config_dir, paths.data_dir, paths.cache_dir, paths.log_dir),
    *(paths.models_dir, paths.projects_dir, paths.scratch_dir),
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.__name__)
def test_every_folder_lies_below_the_home_and_is_made(folder: object, atelier_home: Path) -> None:
    assert not atelier_home.exists()
    path = folder()  # type: ignore[operator]
    assert path.is_dir()
    assert path.is_relative_to(atelier_home)


def test_no_two_folders_are_the_same() -> None:
    assert len({folder() for folder in FOLDERS}) == len(FOLDERS)


def test_a_relative_home_does_not_move_with_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATELIER_HOME", "portable")
    assert paths.config_dir() == tmp_path / "portable" / "config"
    assert paths.config_dir().is_absolute()


def test_a_tilde_is_the_home_of_the_artist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("ATELIER_HOME", "~/atelier")
    assert paths.data_dir() == tmp_path / "atelier" / "data"


@pytest.mark.parametrize("home", [None, ""])
def test_without_a_home_the_system_decides(
    home: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if home is None:
        monkeypatch.delenv("ATELIER_HOME")
    else:
        monkeypatch.setenv("ATELIER_HOME", home)
    for kind in ("config", "data", "cache", "log"):
        target = tmp_path / kind / "Atelier"
        monkeypatch.setattr(paths.platformdirs, f"user_{kind}_path", lambda *_, at=target: at)
        assert getattr(paths, f"{kind}_dir")() == target


def test_a_file_in_the_way_is_told(atelier_home: Path) -> None:
    atelier_home.write_text("I am a file")
    with pytest.raises(StorageProblem) as caught:
        paths.config_dir()
    assert str(atelier_home) in caught.value.message
    assert caught.value.hint


def test_the_resources_of_a_checkout_are_found() -> None:
    assert paths.resources_dir().name in ("resources", "_resources")
    assert paths.resources_dir().is_absolute()

"""Settings: kept, checked and migrated, and no file is ever lost over it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from studio.core import settings as module
from studio.core.errors import SettingsProblem, StorageProblem
from studio.core.settings import (
    CURRENT_VERSION,
    Settings,
    load_settings,
    migrate,
    save_settings,
    settings_file,
)


def write(content: object) -> Path:
    path = settings_file()
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refused(path: Path) -> SettingsProblem:
    """Load a file that must be refused, and see that it stays as it was."""
    before = path.read_bytes()
    with pytest.raises(SettingsProblem) as caught:
        load_settings()
    assert path.read_bytes() == before
    assert caught.value.hint
    return caught.value


def test_without_a_file_there_are_the_defaults() -> None:
    assert load_settings() == Settings()
    assert not settings_file().exists()


def test_what_was_saved_is_loaded() -> None:
    chosen = Settings(
        theme="light", recent_projects=("/a.atelier", "/ö/b.atelier"), memory_budget_fraction=0.5
    )
    save_settings(chosen)
    assert load_settings() == chosen
    assert json.loads(settings_file().read_text())["version"] == CURRENT_VERSION


def test_the_file_can_be_read_by_a_person() -> None:
    save_settings(Settings())
    assert len(settings_file().read_text().splitlines()) > 5


# -- bad files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "null",
        "{",
        '{"theme": "pink"}',
        '{"offline": "yes"}',
        '{"memory_budget_fraction": 0}',
        '{"memory_budget_fraction": 1.5}',
        '{"version": "one"}',
        '{"version": null}',
        '{"version": 0}',
        '{"version": -3}',
        '{"version": true}',
        '{"recent_projects": [1]}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_a_bad_file_is_refused_and_left_untouched(content: str) -> None:
    path = write(content)
    assert str(path) in refused(path).hint


def test_a_file_that_is_not_text_is_refused() -> None:
    path = settings_file()
    path.write_bytes(b"\xff\xfe\x00\x80")
    refused(path)


def test_a_newer_file_is_refused_and_left_untouched() -> None:
    problem = refused(write({"version": CURRENT_VERSION + 1, "theme": "light"}))
    assert "newer" in problem.message
    assert str(CURRENT_VERSION + 1) in problem.message


def test_a_folder_in_place_of_the_file_is_told() -> None:
    settings_file().mkdir()
    with pytest.raises(StorageProblem):
        load_settings()


# -- unknown keys ------------------------------------------------------------------------------


def test_unknown_keys_are_reported_and_stay_in_the_file(caplog: pytest.LogCaptureFixture) -> None:
    write({"version": CURRENT_VERSION, "theme": "light", "brush_engine": {"size": 3}})
    with caplog.at_level(logging.WARNING):
        loaded = load_settings()
    assert loaded == Settings(theme="light")
    assert "brush_engine" in caplog.text

    save_settings(loaded.changed(offline=False))
    kept = json.loads(settings_file().read_text())
    assert kept["brush_engine"] == {"size": 3}
    assert (kept["theme"], kept["offline"]) == ("light", False)


def test_saving_over_a_broken_file_does_not_need_it() -> None:
    write("{ broken")
    save_settings(Settings(theme="light"))
    assert load_settings() == Settings(theme="light")


# -- changing ----------------------------------------------------------------------------------


def test_changing_gives_a_copy_and_keeps_the_rest() -> None:
    before = Settings(theme="light")
    after = before.changed(offline=False, model_folders=["/models"])
    assert (after.theme, after.offline, after.model_folders) == ("light", False, ("/models",))
    assert before == Settings(theme="light")


@pytest.mark.parametrize(
    "changes",
    [{"theme": "pink"}, {"memory_budget_fraction": 2}, {"offline": "no"}, {"model_folders": 3}],
)
def test_an_impossible_value_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsProblem, match="not possible"):
        Settings().changed(**changes)


def test_a_misspelt_setting_is_refused_with_the_right_name() -> None:
    with pytest.raises(SettingsProblem) as caught:
        Settings().changed(offlin=False)
    assert "'offlin'" in caught.value.message
    assert "'offline'" in caught.value.hint


# -- migrations --------------------------------------------------------------------------------


def rename_colours(raw: dict[str, Any]) -> dict[str, Any]:
    raw["theme"] = raw.pop("colours")
    return raw


def split_folders(raw: dict[str, Any]) -> dict[str, Any]:
    raw["model_folders"] = raw["model_folders"].split(":")
    return raw


STEPS = [(1, 2, rename_colours), (2, 3, split_folders)]
OLD = {"version": 1, "colours": "light", "model_folders": "/a:/b"}


def test_migrations_run_one_after_the_other() -> None:
    new = {"version": 3, "theme": "light", "model_folders": ["/a", "/b"]}
    assert migrate(OLD, STEPS) == new
    # The order of the list does not matter, and a newer file skips what it has behind it.
    assert migrate(OLD, STEPS[::-1]) == new
    assert migrate({"version": 2, "theme": "dark", "model_folders": "/a"}, STEPS) == {
        "version": 3,
        "theme": "dark",
        "model_folders": ["/a"],
    }
    assert migrate(new, STEPS) == new


def test_a_file_without_a_version_is_of_the_first() -> None:
    unversioned = {key: value for key, value in OLD.items() if key != "version"}
    assert migrate(unversioned, STEPS)["version"] == 3


def test_a_migration_that_fails_changes_nothing() -> None:
    raw = {"version": 1, "colours": "light", "model_folders": 17}  # split_folders cannot do that
    before = json.loads(json.dumps(raw))
    with pytest.raises(SettingsProblem) as caught:
        migrate(raw, STEPS)
    assert raw == before
    assert "from version 2 to 3" in caught.value.message
    assert "left as it is" in caught.value.hint


def test_a_migration_that_leads_nowhere_does_not_run_for_ever() -> None:
    for target in (1, 0):
        with pytest.raises(SettingsProblem, match="cannot go from version 1"):
            migrate(OLD, [(1, target, rename_colours)])


def test_an_old_file_is_migrated_on_loading_and_written_on_saving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MIGRATIONS", [(-1, CURRENT_VERSION, rename_colours)])
    path = write({"version": -1, "colours": "light"})
    before = path.read_bytes()
    loaded = load_settings()
    assert loaded == Settings(theme="light")
    assert path.read_bytes() == before

    save_settings(loaded)
    assert "colours" not in json.loads(path.read_text())
    assert load_settings() == loaded


def test_a_failing_migration_on_loading_leaves_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MIGRATIONS", [(-1, CURRENT_VERSION, rename_colours)])
    refused(write({"version": -1, "theme": "light"}))

"""Manifests: what is wrong is said so that the author can correct it; nothing is imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio.api.plugins import MANIFEST_NAME, check_manifest, read_manifest
from studio.app.plugins import Plugins, find_plugins
from studio.core.errors import PluginProblem
from studio.core.paths import data_dir

GOOD = """
id = "doodle"
title = "Doodle"
version = "0.3.1"
licence = "MIT"
[[engines]]
id = "doodle"
entry = "doodle_engine:Doodle"
requests = ["text_to_image"]
[[models]]
id = "doodle"
engine = "doodle"
title = "Doodle"
tasks = ["text_to_image"]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A studio of its own, without the artist's plugins."""
    monkeypatch.setenv("ATELIER_HOME", str(tmp_path))
    return tmp_path


def put(name: str, manifest: str, **files: str) -> Path:
    """Write a plugin into the artist's folder."""
    folder = data_dir() / "plugins" / name
    folder.mkdir(parents=True)
    (folder / MANIFEST_NAME).write_text(manifest, "utf-8")
    for file, text in files.items():
        (folder / f"{file}.py").write_text(text, "utf-8")
    return folder


def ids(plugins: Plugins) -> set[str]:
    return {plugin.manifest.id for plugin in plugins.plugins()}


def test_the_bundled_plugin_is_found_without_being_imported(home: Path) -> None:
    before = set(sys.modules)
    plugins = find_plugins()
    assert "storyboard" in ids(plugins)
    assert plugins.problems() == []
    assert not [name for name in set(sys.modules) - before if name.startswith("plugins.")]
    (model,) = [model for model in plugins.models() if model.id == "storyboard"]
    assert model.layout == "engine"
    assert model.first_choice
    assert model.tasks == ("text_to_image",)


def test_the_artists_plugins_are_found_and_told_to_the_worker(home: Path) -> None:
    folder = put("doodle", GOOD, doodle_engine="raise SystemExit('imported too early')")
    plugins = find_plugins()
    (engine,) = [engine for engine in plugins.engines() if engine.plugin == "doodle"]
    assert engine.entry == "doodle_engine:Doodle"
    assert engine.folder == str(folder)
    assert "doodle" in {model.id for model in plugins.models()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("id =", "id = = "), "not TOML"),
        (('id = "doodle"\ntitle', 'id = "Doo dle"\ntitle'), "$.id"),
        (('version = "0.3.1"', 'version = "new"'), "$.version"),
        (('licence = "MIT"', ""), "licence"),
        (('licence = "MIT"', 'licence = "MIT"\ncolour = 3'), "colour"),
        (('licence = "MIT"', 'licence = "MIT"\napi = 2'), "interface 2"),
        (('licence = "MIT"', 'licence = "MIT"\npermissions = ["root"]'), "permissions"),
        (("doodle_engine:Doodle", "doodle_engine"), "entry"),
        (("doodle_engine:Doodle", "os; import x:y"), "entry"),
        (('engine = "doodle"', 'engine = "other"'), "'other'"),
        (('tasks = ["text_to_image"]', 'tasks = ["sing"]'), "'sing'"),
        (('requests = ["text_to_image"]', "requests = []"), "requests"),
    ],
)
def test_a_bad_manifest_is_left_out_and_says_why(
    home: Path, change: tuple[str, str], said: str
) -> None:
    assert change[0] in GOOD
    folder = put("doodle", GOOD.replace(*change))
    plugins = find_plugins()
    assert "doodle" not in ids(plugins)
    assert "storyboard" in ids(plugins), "the others still work"
    ((place, problem),) = plugins.problems()
    assert place == folder
    assert said in problem.message
    assert str(folder / MANIFEST_NAME) in problem.hint


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * 100_000, b"", b"[[[[", b"\x00"])
def test_garbage_is_refused(home: Path, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / MANIFEST_NAME
    path.write_bytes(data)
    with pytest.raises(PluginProblem):
        read_manifest(path)


def test_a_second_plugin_of_one_id_is_left_out(home: Path) -> None:
    put("storyboard", GOOD.replace('id = "doodle"\ntitle', 'id = "storyboard"\ntitle'))
    plugins = find_plugins()
    ((_, problem),) = plugins.problems()
    assert "storyboard" in problem.message
    assert next(p for p in plugins.plugins() if p.manifest.id == "storyboard").source == "bundled"


def test_two_plugins_cannot_bring_the_same_engine(home: Path) -> None:
    put("doodle", GOOD)
    put("scribble", GOOD.replace('id = "doodle"\ntitle', 'id = "scribble"\ntitle'))
    ((_, problem),) = find_plugins().problems()
    assert "Doodle" in problem.message


def test_a_disabled_plugin_is_neither_offered_nor_started(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put("doodle", GOOD)
    plugins = find_plugins()
    assert plugins.disable("doodle", "ImportError: no crayons", "Traceback ...") is not None
    assert plugins.disable("doodle", "again", "") is None
    assert "doodle" not in {model.id for model in plugins.models()}
    assert "doodle" not in {engine.id for engine in plugins.engines()}
    ((_, problem),) = plugins.problems()
    assert "no crayons" in problem.message
    assert "Traceback ..." in caplog.text


def test_a_manifest_of_the_shipped_plugin_is_good() -> None:
    path = Path(__file__).resolve().parents[2] / "plugins" / "storyboard" / MANIFEST_NAME
    assert check_manifest(path.read_bytes(), path).id == "storyboard"


def test_an_installed_package_is_found_through_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "paperplane-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: paperplane\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[atelier.plugins]\npaperplane = paperplane\n")
    (tmp_path / "paperplane").mkdir()
    (tmp_path / "paperplane" / "plugin.toml").write_text(
        'id = "paperplane"\ntitle = "Paper plane"\nversion = "1.0"\nlicence = "MIT"\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = {plugin.manifest.id: plugin.source for plugin in find_plugins().plugins()}
    assert found["paperplane"] == "package"
    assert found["storyboard"] == "bundled"

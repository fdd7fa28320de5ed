"""Plugins: what a ``plugin.toml`` may say, and reading one. Nothing here imports a plugin.

A plugin is a folder with a ``plugin.toml``::

    id = "storyboard"
    title = "Storyboard"
    version = "1.0.0"
    licence = "Apache-2.0"
    summary = "Sketches pictures from drawings."
    permissions = []

    [[engines]]
    id = "storyboard"
    entry = "plugins.storyboard.engine:StoryboardEngine"
    requests = ["text_to_image"]

    [[models]]
    id = "storyboard"
    engine = "storyboard"
    title = "Storyboard - sketch, instant"
    tasks = ["text_to_image"]

``entry`` is "module:attribute"; the attribute is called without arguments and returns a
``studio.api.engines.Engine``. A module is imported in the worker, when its first job arrives. A
plugin in the artist's own folder is imported with that folder on the path; name its modules so that
they cannot be mistaken for others.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import msgspec
from msgspec import Meta, Struct

from studio.core.errors import PluginProblem
from studio.core.paths import resources_dir

API_VERSION = 1
MANIFEST_NAME = "plugin.toml"
ENTRY_POINT_GROUP = "atelier.plugins"
MAX_MANIFEST_BYTES = 64 * 1024

Identifier = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
EntryPath = Annotated[str, Meta(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", max_length=200)]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Version = Annotated[str, Meta(pattern=r"^\d+\.\d+(\.\d+)?([.+-][\w.+-]+)?$", max_length=50)]
Permission = Literal["network", "read_files", "write_files", "start_programs"]


class EngineContribution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An engine: where it is imported from, and which kinds of requests it answers."""

    id: Identifier
    entry: EntryPath
    requests: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=16)]


class ModelContribution(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the model picker that needs no weights: it names the engine that does the work.

    ``first_choice`` makes it the model of a studio in which no full model is installed.
    ``settings`` names the fields of its requests that it reads, so that a form shows no others;
    empty for all. Sizes in px.
    """

    id: Identifier
    title: Line
    engine: Identifier
    tasks: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=16)]
    summary: Annotated[str, Meta(max_length=400)] = ""
    plan: Annotated[str, Meta(max_length=200)] = "No weights needed"
    width: Annotated[int, Meta(ge=64, le=4096, multiple_of=8)] = 1024
    height: Annotated[int, Meta(ge=64, le=4096, multiple_of=8)] = 1024
    max_side: Annotated[int, Meta(ge=64, le=32768)] = 4096
    first_choice: bool = False
    settings: Annotated[tuple[Line, ...], Meta(max_length=32)] = ()


class PluginManifest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the studio knows about a plugin before it runs any of its code."""

    id: Identifier
    title: Line
    version: Version
    licence: Line
    summary: Annotated[str, Meta(max_length=400)] = ""
    api: int = API_VERSION
    permissions: tuple[Permission, ...] = ()
    engines: tuple[EngineContribution, ...] = ()
    models: tuple[ModelContribution, ...] = ()


class PluginEngine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One engine as a worker is told of it: ``folder`` goes on its import path, "" for none."""

    plugin: str
    id: str
    entry: str
    requests: tuple[str, ...]
    folder: str = ""


def resources() -> Path:
    """Return the folder of what ships with Atelier, for the plugins that ship with it too."""
    return resources_dir()


def read_manifest(path: Path) -> PluginManifest:
    """Read and check the manifest at ``path``.

    Raises:
        PluginProblem: it cannot be read or says something that is not allowed, naming the place.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        _refuse(path, f"cannot be read: {error.strerror or error}")
    if len(data) > MAX_MANIFEST_BYTES:
        _refuse(path, f"is larger than {MAX_MANIFEST_BYTES // 1024} KiB")
    return check_manifest(data, path)


def check_manifest(data: bytes, path: Path) -> PluginManifest:
    """Decode a manifest and check what the fields cannot check alone; see ``read_manifest``."""
    try:
        raw = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        _refuse(path, f"is not TOML: {error}")
    if raw.get("api", API_VERSION) != API_VERSION:
        _refuse(path, f"is for plugin interface {raw['api']!r}; this Atelier has {API_VERSION}")
    try:
        manifest = msgspec.convert(raw, PluginManifest)
    except msgspec.ValidationError as error:
        _refuse(path, f"is not valid: {error}")
    _check_references(manifest, path)
    return manifest


def _check_references(manifest: PluginManifest, path: Path) -> None:
    engines = {engine.id: engine for engine in manifest.engines}
    if len(engines) != len(manifest.engines):
        _refuse(path, "names two engines alike")
    if len({model.id for model in manifest.models}) != len(manifest.models):
        _refuse(path, "names two models alike")
    for model in manifest.models:
        engine = engines.get(model.engine)
        if engine is None:
            _refuse(path, f"has a model {model.id!r} of an engine {model.engine!r} it lacks")
        if missing := sorted(set(model.tasks) - set(engine.requests)):
            _refuse(path, f"has a model {model.id!r} for {missing[0]!r}, which its engine does not")


def _refuse(path: Path, what: str) -> NoReturn:
    raise PluginProblem(
        f"The plugin in {path.parent.name} is left out: its {path.name} {what}.",
        f"Correct {path}, or remove the folder.",
        code="bad_manifest",
    )

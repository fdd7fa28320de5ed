"""Finds plugins by their manifests alone; none of their code is imported on this side.

Looked for in this order, the first of an id wins: the plugins that ship with Atelier, the artist's
own folder, installed packages that name themselves under the entry point group "atelier.plugins"
(the value is the package that holds the plugin.toml).
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from studio.api.plugins import (
    ENTRY_POINT_GROUP,
    MANIFEST_NAME,
    PluginEngine,
    PluginManifest,
    read_manifest,
)
from studio.core.errors import PluginProblem, StudioError
from studio.core.paths import data_dir
from studio.core.signals import Signal
from studio.models.installed import GenerationDefaults, InstalledModel

PACKAGE_INFO = (".dist-info", ".egg-info")

log = logging.getLogger(__name__)

Source = Literal["bundled", "own", "package"]


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin that was found. ``problem`` says why it is disabled, None while it works."""

    manifest: PluginManifest
    folder: Path
    source: Source
    problem: PluginProblem | None = None


class Plugins:
    """The plugins of this studio and what became of them."""

    changed = Signal()

    def __init__(self, found: list[Plugin], problems: list[tuple[Path, StudioError]]) -> None:
        self._plugins = {plugin.manifest.id: plugin for plugin in found}
        self._bad_manifests = problems

    def plugins(self) -> list[Plugin]:
        """Return every plugin with a good manifest, disabled ones too."""
        return list(self._plugins.values())

    def problems(self) -> list[tuple[Path, StudioError]]:
        """Return the folders that are left out and the plugins that are disabled, and why."""
        disabled = [(p.folder, p.problem) for p in self._plugins.values() if p.problem is not None]
        return [*self._bad_manifests, *disabled]

    def engines(self) -> list[PluginEngine]:
        """Return what a worker is told: the engines of the plugins that work."""
        return [
            PluginEngine(
                plugin=plugin.manifest.id,
                id=engine.id,
                entry=engine.entry,
                requests=engine.requests,
                folder=str(plugin.folder) if plugin.source == "own" else "",
            )
            for plugin in self._plugins.values()
            if plugin.problem is None
            for engine in plugin.manifest.engines
        ]

    def models(self) -> list[InstalledModel]:
        """Return the entries of the model picker that plugins bring."""
        return [
            InstalledModel(
                id=model.id,
                title=model.title,
                family="sketch",
                layout="engine",
                path=str(plugin.folder),
                revision=f"{plugin.manifest.id}-{plugin.manifest.version}",
                tasks=model.tasks,
                licence=plugin.manifest.licence,
                summary=model.summary,
                defaults=_defaults(model.width, model.height),
                bundled=plugin.source == "bundled",
                engine=model.engine,
                plan=model.plan,
                max_side=model.max_side,
                first_choice=model.first_choice,
                settings=model.settings,
            )
            for plugin in self._plugins.values()
            for model in plugin.manifest.models
            if plugin.problem is None
        ]

    def disable(self, plugin_id: str, reason: str, details: str) -> PluginProblem | None:
        """Switch a plugin off until the studio starts again; ``details`` go to the log.

        Returns:
            What to tell the artist; None where it was off already.
        """
        plugin = self._plugins.get(plugin_id)
        if plugin is None or plugin.problem is not None:
            return None
        log.error("plugin %s is disabled: %s\n%s", plugin_id, reason, details)
        problem = PluginProblem(
            f"{plugin.manifest.title} is disabled: {reason}",
            "The studio goes on without it. The log holds the details.",
        )
        self._plugins[plugin_id] = msgspec.structs.replace(plugin, problem=problem)
        self.changed.emit()
        return problem


def find_plugins() -> Plugins:
    """Read every manifest; what is wrong with one never keeps the others from working."""
    found: dict[str, Plugin] = {}
    problems: list[tuple[Path, StudioError]] = []
    taken: dict[str, str] = {}
    for manifest_path, source in _places():
        try:
            manifest = read_manifest(manifest_path)
            _check_is_new(manifest, manifest_path, found, taken)
        except PluginProblem as error:
            log.warning("%s", error)
            problems.append((manifest_path.parent, error))
            continue
        found[manifest.id] = Plugin(manifest=manifest, folder=manifest_path.parent, source=source)
        taken |= {name: manifest.title for name in _names(manifest)}
    return Plugins(list(found.values()), problems)


def _names(manifest: PluginManifest) -> list[str]:
    engines = [f"engine {engine.id}" for engine in manifest.engines]
    return engines + [f"model {model.id}" for model in manifest.models]


def _check_is_new(
    manifest: PluginManifest, path: Path, found: dict[str, Plugin], taken: dict[str, str]
) -> None:
    if (other := found.get(manifest.id)) is not None:
        raise PluginProblem(
            f"The plugin in {path.parent} is left out: {manifest.id!r} is at {other.folder} too.",
            "Remove one of them.",
        )
    for name in _names(manifest):
        if name in taken:
            raise PluginProblem(
                f"{manifest.title} is left out: {taken[name]} has an {name} too.",
                "Remove one of the two plugins.",
            )


def _places() -> Iterator[tuple[Path, Source]]:
    package = importlib.util.find_spec("plugins")
    for root in (package.submodule_search_locations or ()) if package is not None else ():
        yield from ((path, "bundled") for path in _manifests(Path(root)))
    yield from ((path, "own") for path in _manifests(data_dir() / "plugins"))
    if _some_package_is_a_plugin():
        # Its import and its look at every package take longer than the rest of the start.
        from importlib.metadata import entry_points

        for entry in entry_points(group=ENTRY_POINT_GROUP):
            if entry.dist is not None:
                folder = entry.dist.locate_file(entry.module.replace(".", "/"))
                yield Path(str(folder)) / MANIFEST_NAME, "package"


def _some_package_is_a_plugin() -> bool:
    """Tell whether any installed package names the entry point group at all."""
    group = ENTRY_POINT_GROUP.encode()
    for folder in sys.path:
        try:
            packages = [e.path for e in os.scandir(folder or ".") if e.name.endswith(PACKAGE_INFO)]
        except OSError:
            continue
        for package in packages:
            with contextlib.suppress(OSError), open(f"{package}/entry_points.txt", "rb") as file:
                if group in file.read():
                    return True
    return False


def _manifests(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob(f"*/{MANIFEST_NAME}"))
    except OSError as error:
        log.warning("plugins in %s cannot be listed: %s", folder, error)
        return []


def _defaults(width: int, height: int) -> GenerationDefaults:
    return GenerationDefaults(width=width, height=height, steps=1, guidance_scale=0)

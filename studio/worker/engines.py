"""The engines of a worker: the built-in ones by request kind, those of plugins by id, on demand."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from studio.api.engines import Engine
from studio.api.plans import LoadPlan
from studio.api.plugins import PluginEngine
from studio.api.requests import RequestRegistry, request_kind
from studio.core.errors import PluginProblem, WorkerProblem


class EngineFailure(PluginProblem):
    """A plugin's engine that could not be imported, with the traceback for the log."""

    code = "plugin_failed"

    def __init__(self, declared: PluginEngine, reason: str, details: str) -> None:
        super().__init__(
            f"The plugin {declared.plugin} does not start: {reason}",
            "It is disabled until the studio starts again; the log holds the details.",
        )
        self.declared, self.reason, self.details = declared, reason, details


class EngineTable:
    """Finds the engine for a job. A plugin is imported at its first job and, if that fails, never
    again in this process.
    """

    def __init__(
        self,
        built_in: Sequence[Engine],
        declared: Sequence[PluginEngine] = (),
        *,
        registry: RequestRegistry,
    ) -> None:
        self._by_kind: dict[str, Engine] = {}
        for engine in built_in:
            for kind in engine.requests:
                registry.register(kind)
                self._by_kind[request_kind(kind)] = engine
        self._registry = registry
        self._declared = {engine.id: engine for engine in declared}
        self._loaded: dict[str, Engine] = {}
        self._failed: dict[str, EngineFailure] = {}

    def kinds(self) -> tuple[str, ...]:
        """Return the request kinds that can be done; those of the built-in engines first."""
        declared = (kind for engine in self._declared.values() for kind in engine.requests)
        return tuple(dict.fromkeys((*self._by_kind, *declared)))

    def loaded(self) -> list[Engine]:
        """Return the engines that exist now, the built-in ones first."""
        built_in = {id(engine): engine for engine in self._by_kind.values()}
        return [*built_in.values(), *self._loaded.values()]

    def for_job(self, kind: str, plan: LoadPlan | None) -> Engine:
        """Return the engine that a plan names, or the built-in one of the kind.

        Raises:
            EngineFailure: the plugin's engine cannot be imported.
            WorkerProblem: there is no such engine.
        """
        return self.named(plan.engine, kind) if plan and plan.engine else self.built_in(kind)

    def built_in(self, kind: str) -> Engine:
        """Return the built-in engine of a kind; WorkerProblem where there is none."""
        if kind not in self._by_kind:
            raise WorkerProblem(f"No engine on this machine can do {kind!r}.")
        return self._by_kind[kind]

    def named(self, engine_id: str, kind: str) -> Engine:
        """Return a plugin's engine, imported now if need be; raises as ``for_job``."""
        if engine_id in self._failed:
            raise self._failed[engine_id]
        if engine_id not in self._loaded:
            declared = self._declared.get(engine_id)
            if declared is None or kind not in declared.requests:
                raise WorkerProblem(
                    f"This worker has no engine {engine_id!r} for {kind!r}.",
                    "The plugin that brings it may be missing.",
                )
            self._loaded[engine_id] = self._imported(declared)
        return self._loaded[engine_id]

    def _imported(self, declared: PluginEngine) -> Engine:
        module, _, attribute = declared.entry.partition(":")
        if declared.folder and declared.folder not in sys.path:
            sys.path.insert(0, str(Path(declared.folder)))
        try:
            made: object = importlib.import_module(module)
            for name in attribute.split("."):
                made = getattr(made, name)
            engine = made()  # type: ignore[operator]
            if not isinstance(engine, Engine):
                raise TypeError(f"{declared.entry} does not return an engine")
            for kind in engine.requests:
                self._registry.register(kind)
        except Exception as error:
            # A plugin may raise anything while it is imported: it is disabled, the worker lives.
            reason = f"{type(error).__name__}: {error}".splitlines()[0][:300]
            failure = EngineFailure(declared, reason, traceback.format_exc())
            self._failed[declared.id] = failure
            raise failure from error
        return engine

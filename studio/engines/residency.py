"""The model cache of a worker: which models stay in memory, which make room, who holds one now."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from studio.api.engines import Run
from studio.api.plans import LoadPlan, ResidentModel
from studio.api.requests import ModelRef

_log = logging.getLogger(__name__)


class LoadedModel(Protocol):
    """Whatever an engine has loaded: it knows its size and can be let go of."""

    def held_bytes(self) -> int:
        """Return the bytes of weights that are in memory now."""

    def release(self) -> None:
        """Drop every weight; the object is not used again."""


L = TypeVar("L", bound=LoadedModel)
Key = tuple[str, str, str, str, str, str]


class _Entry(Generic[L]):
    """A loaded model, how many runs hold it, and when one last did."""

    def __init__(self, plan: LoadPlan, loaded: L, load_count: int) -> None:
        self.plan = plan
        self.loaded = loaded
        self.load_count = load_count
        self.holders = 1
        self.last_used = time.monotonic()


class Residency:
    """One arbiter for all engines of a device.

    A model is used only inside ``with residency.hold(...)``: it cannot be evicted meanwhile. When
    a plan needs room, the models that nobody holds go, least recently used first, until the plan
    fits ``plan.budget_bytes``. The same files in another precision or placement replace each other,
    so that no weights are held twice.
    """

    def __init__(self) -> None:
        self._entries: dict[Key, _Entry[LoadedModel]] = {}
        # _loading serialises loads; _lock guards the table and is never held for long, so that
        # ``resident`` answers while a model loads.
        self._loading = threading.Lock()
        self._lock = threading.RLock()
        self._load_counts: dict[str, int] = {}

    @contextmanager
    def hold(self, plan: LoadPlan, run: Run, load: Callable[[LoadPlan, Run], L]) -> Iterator[L]:
        """Lend the model of ``plan``, loading it with ``load(plan, run)`` when it is not here.

        Raises:
            whatever ``load`` raises; nothing is kept then.
        """
        with self._loading:
            entry = self._taken(plan) or self._loaded(plan, run, load)
        try:
            yield entry.loaded  # type: ignore[misc]  # the key ties the entry to its loader
        finally:
            with self._lock:
                entry.holders -= 1
                entry.last_used = time.monotonic()

    def drop(self, plan: LoadPlan) -> None:
        """Let go of the model of ``plan`` if it is here and nobody holds it."""
        with self._lock:
            self._evict_if_idle(residency_key(plan))

    def free(self) -> None:
        """Let go of every model that nobody holds."""
        with self._lock:
            for key in list(self._entries):
                self._evict_if_idle(key)

    def resident(self) -> list[ResidentModel]:
        """Describe what is held, most recently used first."""
        with self._lock:
            now = time.monotonic()
            entries = sorted(
                self._entries.values(), key=lambda e: (e.holders, e.last_used), reverse=True
            )
            return [
                ResidentModel(
                    model=entry.plan.model,
                    title=entry.plan.title,
                    weight_bytes=entry.loaded.held_bytes(),
                    data_type=entry.plan.data_type,
                    placement=entry.plan.placement,
                    device=entry.plan.device,
                    idle_seconds=0.0 if entry.holders else now - entry.last_used,
                    load_count=entry.load_count,
                )
                for entry in entries
            ]

    def bytes_beside(self, model: ModelRef) -> int:
        """Return the bytes of weights that are held of other models than ``model``."""
        with self._lock:
            others = [e for e in self._entries.values() if e.plan.model != model]
            return sum(entry.loaded.held_bytes() for entry in others)

    def load_count(self, path: str) -> int:
        """Return how often the model at ``path`` was loaded since the worker began."""
        return self._load_counts.get(path, 0)

    def _taken(self, plan: LoadPlan) -> _Entry[LoadedModel] | None:
        with self._lock:
            entry = self._entries.get(residency_key(plan))
            if entry is not None:
                entry.holders += 1
                entry.plan = plan
            return entry

    def _loaded(
        self, plan: LoadPlan, run: Run, load: Callable[[LoadPlan, Run], LoadedModel]
    ) -> _Entry[LoadedModel]:
        with self._lock:
            self._make_room(plan, residency_key(plan))
        loaded = load(plan, run)
        with self._lock:
            self._load_counts[plan.path] = self._load_counts.get(plan.path, 0) + 1
            entry = _Entry(plan, loaded, self._load_counts[plan.path])
            self._entries[residency_key(plan)] = entry
            return entry

    def _make_room(self, plan: LoadPlan, key: Key) -> None:
        for other in list(self._entries):
            if other[:2] == key[:2]:
                self._evict_if_idle(other)
        oldest_first = sorted(self._entries, key=lambda k: self._entries[k].last_used)
        for other in oldest_first:
            held = sum(entry.loaded.held_bytes() for entry in self._entries.values())
            if held + plan.peak_bytes <= plan.budget_bytes:
                return
            self._evict_if_idle(other)

    def _evict_if_idle(self, key: Key) -> None:
        entry = self._entries.get(key)
        if entry is None or entry.holders:
            return
        _log.info("letting go of %s", entry.plan.title)
        del self._entries[key]
        entry.loaded.release()


def residency_key(plan: LoadPlan) -> Key:
    """Return what makes two plans share one loaded model; the first two parts name the files."""
    return (
        plan.path,
        plan.variant,
        plan.model.revision,
        plan.device,
        plan.data_type,
        plan.placement,
    )

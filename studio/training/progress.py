"""What every recipe needs to stop and go on: a budget, an atomic checkpoint and a loss log."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from studio.core.errors import InvalidRequest


@dataclass
class Budget:
    """How long a stage may run: a number of steps, or seconds of work summed over all runs.

    Steps make two runs comparable bit for bit; seconds suit a person who has an hour. Exactly one
    of the two is given.
    """

    steps: int | None = None
    seconds: float | None = None
    done_steps: int = 0
    done_seconds: float = 0.0
    _last_tick: float = field(default_factory=time.monotonic, repr=False)

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.seconds is None):
            raise InvalidRequest(
                "A training budget is either steps or seconds.", "Give exactly one of the two."
            )

    @property
    def fraction(self) -> float:
        """Part of the budget that is used, 0..1."""
        if self.steps is not None:
            return min(1.0, self.done_steps / max(1, self.steps))
        assert self.seconds is not None
        return min(1.0, self.done_seconds / max(1e-9, self.seconds))

    @property
    def spent(self) -> bool:
        """Whether the stage is over."""
        return self.fraction >= 1.0

    def start(self) -> None:
        """Start the clock; time between runs does not count."""
        self._last_tick = time.monotonic()

    def tick(self) -> None:
        """Count one step and the time since the last."""
        now = time.monotonic()
        self.done_steps += 1
        self.done_seconds += now - self._last_tick
        self._last_tick = now


class Stateful(Protocol):
    """A module, an optimizer or anything else whose state a checkpoint keeps."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Take the state over."""
        ...


@dataclass
class Checkpoint:
    """Keeps a stage's state in one file, so that the next run goes on with the same next sample."""

    path: Path
    budget: Budget
    generator: torch.Generator
    every_seconds: float = 120.0
    _saved_at: float = 0.0

    def is_due(self) -> bool:
        """Whether the state should be written now."""
        age = self.budget.done_seconds - self._saved_at
        return age > self.every_seconds or self.budget.spent

    def save(self, parts: Mapping[str, Stateful], samples: int) -> None:
        """Write the parts, the random state, the budget and the samples seen."""
        state: dict[str, Any] = {name: part.state_dict() for name, part in parts.items()}
        state["random"] = self.generator.get_state()
        state["progress"] = {
            "steps": self.budget.done_steps,
            "seconds": self.budget.done_seconds,
            "samples": samples,
        }
        self._saved_at = self.budget.done_seconds
        save_atomically(state, self.path)

    def restore(self, parts: Mapping[str, Stateful]) -> int:
        """Take over what the file holds, if it exists; return the samples seen so far."""
        if not self.path.exists():
            return 0
        state = load_state(self.path)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        self.generator.set_state(state["random"])
        progress = state["progress"]
        self.budget.done_steps = int(progress["steps"])
        self.budget.done_seconds = self._saved_at = float(progress["seconds"])
        return int(progress["samples"])


def save_atomically(state: dict[str, Any], path: Path) -> None:
    """Write ``state`` with torch.save so that a kill leaves the old file or the new one, whole."""
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as stream:
        torch.save(state, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, path)


def load_state(path: Path) -> dict[str, Any]:
    """Read what save_atomically wrote; only tensors and plain values are accepted."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class LossLog:
    """A JSONL file of losses, averaged over some steps, so that runs can be drawn and compared."""

    def __init__(self, path: Path, every_steps: int = 50) -> None:
        self._path = path
        self._every_steps = every_steps
        self._recent: list[float] = []

    def write(self, stage: str, budget: Budget, samples: int, loss: float) -> None:
        """Note one step's loss; seconds are of work in this stage, samples are pictures seen."""
        self._recent.append(loss)
        if budget.done_steps % self._every_steps and not budget.spent:
            return
        row = {
            "stage": stage,
            "step": budget.done_steps,
            "seconds": round(budget.done_seconds, 1),
            "samples": samples,
            "loss": round(sum(self._recent) / len(self._recent), 6),
        }
        self._recent.clear()
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")


def learning_rate(budget: Budget, peak: float, final: float, warm_up: int) -> float:
    """Linear warm-up over ``warm_up`` steps, then half a cosine from ``peak`` to ``final``."""
    cosine = 0.5 * (1 + math.cos(math.pi * budget.fraction))
    return min(1.0, (budget.done_steps + 1) / warm_up) * (final + (peak - final) * cosine)


def precision(device: torch.device) -> torch.autocast:
    """Return bfloat16 autocast where ``device`` has it natively, else one that does nothing."""
    native = (
        torch.cuda.is_bf16_supported()
        if device.type == "cuda"
        else bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )
    return torch.autocast(device.type, torch.bfloat16, enabled=native)

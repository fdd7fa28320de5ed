"""What every recipe needs to stop and go on: a budget, an atomic checkpoint, a loss log, a loop."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from studio.core.errors import InvalidRequest, StudioError


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
            return min(1.0, self.done_steps / self.steps) if self.steps > 0 else 1.0
        assert self.seconds is not None
        return min(1.0, self.done_seconds / self.seconds) if self.seconds > 0 else 1.0

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


class Stopped(StudioError):
    """The person stopped the run; everything up to the last step is in its checkpoints."""

    code = "cancelled"


class LossLog:
    """A JSONL file of losses, averaged over some steps, so that runs can be drawn and compared."""

    def __init__(
        self,
        path: Path,
        every_steps: int = 50,
        tell: Callable[[str, Budget, int, float], None] | None = None,
    ) -> None:
        """``tell`` hears of every step, with the mean loss of the last few."""
        self._path = path
        self._every_steps = every_steps
        self._tell = tell
        self._recent: list[float] = []

    def write(self, stage: str, budget: Budget, samples: int, loss: float) -> None:
        """Note one step's loss; seconds are of work in this stage, samples are pictures seen."""
        self._recent.append(loss)
        mean = sum(self._recent) / len(self._recent)
        if self._tell is not None:
            self._tell(stage, budget, samples, mean)
        if budget.done_steps % self._every_steps and not budget.spent:
            return
        row = {
            "stage": stage,
            "step": budget.done_steps,
            "seconds": round(budget.done_seconds, 1),
            "samples": samples,
            "loss": round(mean, 6),
        }
        self._recent.clear()
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")


@dataclass(frozen=True)
class Rates:
    """A learning rate: linear warm-up over ``warm_up`` steps, then half a cosine to ``final``."""

    peak: float
    final: float
    warm_up: int

    def at(self, budget: Budget) -> float:
        """Return the rate at this point of the budget."""
        cosine = 0.5 * (1 + math.cos(math.pi * budget.fraction))
        started = min(1.0, (budget.done_steps + 1) / self.warm_up)
        return started * (self.final + (self.peak - self.final) * cosine)


@dataclass(frozen=True)
class Session:
    """What all stages of a run share: its folder, its log, its device, and the wish to stop."""

    run: Path
    log: LossLog
    device: torch.device
    stop_wanted: Callable[[], bool] = lambda: False


def train_stage(
    stage: str,
    session: Session,
    budget: Budget,
    *,
    parts: Mapping[str, Stateful],
    optimizer: torch.optim.Optimizer,
    rates: Rates,
    generator: torch.Generator,
    loss_of: Callable[[int], tuple[Tensor, int]],
    after_step: Callable[[], None] | None = None,
    at_checkpoint: Callable[[], None] | None = None,
) -> None:
    """Train until ``budget`` is spent; goes on from ``STAGE.pt`` in the run's folder.

    ``loss_of`` takes the number of samples seen so far and returns a loss and how many samples it
    looked at; all of its chance comes from ``generator``, whose state the checkpoint keeps.

    Raises:
        Stopped: the session wants to stop; the state is saved.
    """
    parts = {**parts, "optimizer": optimizer}
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    checkpoint = Checkpoint(session.run / f"{stage}.pt", budget, generator)
    samples = checkpoint.restore(parts)
    budget.start()
    while not budget.spent:
        for group in optimizer.param_groups:
            group["lr"] = rates.at(budget)
        loss, count = loss_of(samples)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if after_step is not None:
            after_step()
        budget.tick()
        samples += count
        session.log.write(stage, budget, samples, loss.item())
        if checkpoint.is_due() or session.stop_wanted():
            checkpoint.save(parts, samples)
            if at_checkpoint is not None and not session.stop_wanted():
                at_checkpoint()
        if session.stop_wanted():
            raise Stopped(f"Stopped in stage {stage!r}; nothing is lost.")


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, step: int, decay: float) -> None:
    """Move ``average`` towards ``model``: an exponential average that begins quickly."""
    decay = min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def precision(device: torch.device) -> torch.autocast:
    """Return bfloat16 autocast where ``device`` has it natively, else one that does nothing."""
    native = (
        torch.cuda.is_bf16_supported()
        if device.type == "cuda"
        else bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    )
    return torch.autocast(device.type, torch.bfloat16, enabled=native)

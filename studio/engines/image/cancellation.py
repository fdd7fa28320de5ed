"""Cancelling within a block: hooks that ask the running job whether it was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from studio.api.engines import Run

if TYPE_CHECKING:
    import torch


class CancelHooks:
    """Asks ``run.check_cancelled()`` before every block of every model of a pipeline.

    A step of a large model takes seconds on a slow machine, so the step callback alone answers too
    late. The hooks are installed once a loaded model and read the current run from here; they
    change no tensor.
    """

    def __init__(self) -> None:
        self._run: Run | None = None
        self._hooked: set[int] = set()

    @contextmanager
    def watching(self, run: Run) -> Iterator[None]:
        """Ask this run until the block ends."""
        self._run = run
        try:
            yield
        finally:
            self._run = None

    def install(self, pipeline: Any) -> None:
        """Put the hooks on every block of the pipeline's models; a shared model gets them once."""
        import torch

        for model in pipeline.components.values():
            if isinstance(model, torch.nn.Module) and id(model) not in self._hooked:
                self._hooked.add(id(model))
                for module in blocks(model):
                    module.register_forward_pre_hook(self.check)

    def check(self, module: torch.nn.Module, inputs: Any) -> None:
        """Answer ``register_forward_pre_hook``."""
        if self._run is not None:
            self._run.check_cancelled()


def blocks(model: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Yield the modules between which a cancel is noticed: members of module lists, convolutions.

    The members of a ModuleList are the blocks of every transformer and U-Net; single convolutions
    matter in decoders, whose last blocks work on the full picture.
    """
    import torch

    seen: set[int] = set()
    for module in model.modules():
        if isinstance(module, torch.nn.ModuleList):
            chosen = list(module)
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Conv3d)):
            chosen = [module]
        else:
            continue
        for candidate in chosen:
            # A block without attention keeps None in its list of attentions.
            if candidate is not None and id(candidate) not in seen:
                seen.add(id(candidate))
                yield candidate

"""A model for pictures in memory, with everything that is set up once and used by many runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.engines.devices import release_cached_memory
from studio.engines.image.cancellation import CancelHooks
from studio.engines.image.decoding import DecodeGuard
from studio.engines.image.encodings import EncodingCache
from studio.engines.image.latent_rgb import LatentPreview
from studio.engines.image.loading import load_folder
from studio.engines.image.loras import LoraSet
from studio.engines.image.placement import ComponentSequence, in_sequence, place, weight_bytes
from studio.engines.image.single_file import load_single_file
from studio.engines.image.tasks import Task, derived

# What SDXL's base and refiner have in common; held once.
_SHARED_WITH_REFINER = ("text_encoder_2", "tokenizer_2", "vae")


class LoadedPipeline:
    """One pipeline (and its refiner) with cancel hooks, encoding cache, previews, decode guard.

    Runs borrow it through the residency; between two runs it holds no state of a run.
    """

    def __init__(self, plan: LoadPlan, run: Run) -> None:
        self.plan = plan
        self.hooks = CancelHooks()
        self.encodings = EncodingCache()
        self.sequence = ComponentSequence()
        self.refiner: Any = None
        self._refiner_path = ""
        self._derived: dict[Task, Any] = {}
        self._guards: list[DecodeGuard] = []
        self._moved_away = False
        self.own_schedulers: dict[int, Any] = {}
        self.pipeline = self._loaded(plan, run, {})
        self.loras = LoraSet(self.pipeline)
        folder = Path(plan.path) if plan.layout == "diffusers" else None
        self.preview = LatentPreview(self.pipeline, folder)

    @classmethod
    def load(cls, plan: LoadPlan, run: Run) -> LoadedPipeline:
        """Load the model of a plan; see ``load_folder`` for what can go wrong."""
        return cls(plan, run)

    def ensure_refiner(self, plan: LoadPlan, run: Run) -> Any:
        """Return the refiner of this model, loaded beside it on first use."""
        if self.refiner is None or self._refiner_path != plan.path:
            self.refiner = None
            # The cache knows pipelines by their identity, which a new one may inherit.
            self.encodings.clear()
            shared = {
                name: getattr(self.pipeline, name)
                for name in _SHARED_WITH_REFINER
                if getattr(self.pipeline, name, None) is not None
            }
            self.refiner = self._loaded(plan, run, shared, as_refiner=True)
            self._refiner_path = plan.path
        return self.refiner

    def for_task(self, task: Task) -> Any:
        """Return a pipeline for another task over the same weights, made on first use.

        Raises:
            ModelProblem: the model's family has none.
        """
        if task not in self._derived:
            made = derived(self.pipeline, task)
            if made is not self.pipeline:
                self.own_schedulers[id(made)] = getattr(made, "scheduler", None)
                self.encodings.install(made)
            self._derived[task] = made
        return self._derived[task]

    @contextmanager
    def running(self, plan: LoadPlan, run: Run) -> Iterator[None]:
        """Lend the pipeline to one run; whatever happens in it, the next run starts clean."""
        for guard in self._guards:
            guard.remarks.clear()
            guard.set_tiled(plan.tiled_decode)
        try:
            with self.hooks.watching(run):
                yield
        finally:
            self.sequence.drop_all()
            for pipeline in self._pipelines():
                if self.own_schedulers[id(pipeline)] is not None:
                    pipeline.scheduler = self.own_schedulers[id(pipeline)]
                if self.plan.device != "cpu" and self.plan.placement == "component_offload":
                    pipeline.maybe_free_model_hooks()
            for guard in self._guards:
                guard.restore()
                guard.on_decode = None

    def bring_back(self) -> None:
        """Put back on the device what an earlier picture's decode had to move away."""
        if self._moved_away:
            self._moved_away = False
            for pipeline in self._pipelines():
                pipeline.to(self.plan.device)

    def guards(self) -> list[DecodeGuard]:
        """Return the decode guards, the base's first."""
        return self._guards

    def held_bytes(self) -> int:
        """Return the bytes of weights in memory, shared components counted once."""
        return sum(weight_bytes(model) for model in self._models())

    def release(self) -> None:
        """Drop every weight."""
        self.encodings.clear()
        self.pipeline = self.refiner = None
        self._derived = {}
        self._guards = []
        self.own_schedulers = {}
        self.sequence = ComponentSequence()
        release_cached_memory(self.plan.device)

    def _loaded(
        self, plan: LoadPlan, run: Run, shared: dict[str, Any], *, as_refiner: bool = False
    ) -> Any:
        sequence = self.sequence if in_sequence(plan) else None
        load = load_folder if plan.layout == "diffusers" else load_single_file
        pipeline = load(plan, run, shared, sequence, as_refiner=as_refiner)
        pipeline.set_progress_bar_config(disable=True)
        self.own_schedulers[id(pipeline)] = getattr(pipeline, "scheduler", None)
        self.hooks.install(pipeline)
        self.encodings.install(pipeline)
        place(pipeline, plan)
        vae = getattr(pipeline, "vae", None)
        if vae is not None and "vae" not in shared:
            self._guards.append(DecodeGuard(vae, self._make_room))
        return pipeline

    def _make_room(self) -> None:
        """Free what a decode does not need: cached blocks, and the other models' device memory."""
        import torch

        if self.plan.device != "cpu" and self.plan.placement == "whole":
            self._moved_away = True
            for pipeline in self._pipelines():
                for name, model in pipeline.components.items():
                    if isinstance(model, torch.nn.Module) and name != "vae":
                        model.to("cpu")
        release_cached_memory(self.plan.device)

    def _pipelines(self) -> list[Any]:
        found = {id(one): one for one in (self.pipeline, self.refiner, *self._derived.values())}
        return [pipeline for pipeline in found.values() if pipeline is not None]

    def _models(self) -> list[Any]:
        import torch

        found = {
            id(part): part
            for pipeline in self._pipelines()
            for part in pipeline.components.values()
            if isinstance(part, torch.nn.Module)
        }
        return list(found.values())

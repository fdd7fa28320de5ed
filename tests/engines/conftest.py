"""Tiny real models, an engine, and the plain library call to compare it with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.api.engines import RunReport
from studio.api.plans import LoadPlan
from studio.api.requests import ModelRef, PictureRequest, TextToImage
from studio.engines.image.engine import PictureEngine
from studio.engines.image.loading import import_quietly
from studio.engines.threads import configure_threads
from tests.engines import tiny_models
from tests.engines.original_layout import save_single_file
from tests.engines.recorder import Recorder, make_plan

# Before torch is imported, as the worker does it.
configure_threads()


class Models:
    """Folders of tiny models, each made when a test first asks for it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: dict[str, Path] = {}
        import_quietly()

    def _get(self, name: str, make: Callable[[Path], Path]) -> Path:
        if name not in self._made:
            self._made[name] = make(self._root / name)
        return self._made[name]

    @property
    def sd(self) -> Path:
        return self._get("sd", tiny_models.save_stable_diffusion)

    @property
    def sd_half(self) -> Path:
        import torch

        return self._get(
            "sd_half", lambda p: tiny_models.save_stable_diffusion(p, dtype=torch.float16)
        )

    @property
    def sd_flow(self) -> Path:
        from diffusers import DPMSolverMultistepScheduler

        scheduler = DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=2.0, steps_offset=1
        )
        return self._get(
            "sd_flow", lambda p: tiny_models.save_stable_diffusion(p, scheduler=scheduler)
        )

    @property
    def sdxl(self) -> Path:
        return self._get("sdxl", tiny_models.save_sdxl)

    @property
    def refiner(self) -> Path:
        return self._get("refiner", lambda p: tiny_models.save_sdxl(p, refiner=True))

    @property
    def sd3(self) -> Path:
        return self._get("sd3", tiny_models.save_stable_diffusion_3)

    @property
    def flux(self) -> Path:
        return self._get("flux", tiny_models.save_flux)

    @property
    def inpainting(self) -> Path:
        return self._get("inpainting", tiny_models.save_inpainting)

    @property
    def flux_fill(self) -> Path:
        return self._get("flux_fill", tiny_models.save_flux_fill)

    @property
    def single_file(self) -> Path:
        return self._get(
            "single.safetensors",
            lambda p: save_single_file(self.sd, p.with_name("single.safetensors")),
        )

    @property
    def lora(self) -> Path:
        return self._get("lora", lambda p: tiny_models.save_lora(p, self.sd))


class Studio:
    """An engine and short words for what tests do with it."""

    def __init__(self, scratch: Path) -> None:
        self.engine = PictureEngine()
        self.scratch = scratch

    def run(
        self, plan: LoadPlan | Path, run: Recorder | None = None, **request: Any
    ) -> tuple[Recorder, RunReport]:
        plan = make_plan(plan) if isinstance(plan, Path) else plan
        run = run or Recorder(self.scratch)
        options: dict[str, Any] = {
            "model": plan.model,
            "prompt": "a red cat",
            "width": 64,
            "height": 64,
            "steps": 3,
            "seed": 7,
            "guidance_scale": 5.0,
        }
        report = self.engine.run(TextToImage(**(options | request)), plan, run)
        return run, report

    def run_from(
        self, kind: type[PictureRequest], plan: LoadPlan | Path, run: Recorder, **request: Any
    ) -> Recorder:
        """Run a request that starts from pictures which ``run`` was given."""
        plan = make_plan(plan, native_side=64) if isinstance(plan, Path) else plan
        options: dict[str, Any] = {
            "model": plan.model,
            "prompt": "a red cat",
            "steps": 4,
            "seed": 7,
            "guidance_scale": 5.0,
        }
        self.engine.run(kind(**(options | request)), plan, run)
        return run

    def pixels(self, plan: LoadPlan | Path, **request: Any) -> np.ndarray:
        run, _ = self.run(plan, **request)
        return np.array(run.pictures[0])

    def loaded(self, model: Path) -> Any:
        """Return what the engine keeps in memory for a model."""
        for entry in self.engine.residency._entries.values():
            if entry.plan.path == str(model):
                return entry.loaded
        raise AssertionError(f"{model} is not in memory")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


@pytest.fixture
def reference() -> ModelRef:
    return ModelRef(id="reference")


def bare_call(folder: Path, *, seed: int = 7, **arguments: Any) -> np.ndarray:
    """Return the pixels of the plain library call, with this folder and these arguments."""
    import torch
    from diffusers import DiffusionPipeline

    index = json.loads((folder / "model_index.json").read_text())
    absent = {name: None for name, entry in index.items() if entry == [None, None]}
    pipeline = DiffusionPipeline.from_pretrained(folder, local_files_only=True, **absent)
    pipeline.set_progress_bar_config(disable=True)
    options: dict[str, Any] = {
        "prompt": "a red cat",
        "width": 64,
        "height": 64,
        "num_inference_steps": 3,
        "guidance_scale": 5.0,
        "generator": torch.Generator("cpu").manual_seed(seed),
    }
    return np.array(pipeline(**(options | arguments)).images[0])

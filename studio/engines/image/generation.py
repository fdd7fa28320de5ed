"""One text-to-image request on its way through a loaded pipeline."""

from __future__ import annotations

import inspect
import logging
from typing import Any

from PIL import Image

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.api.requests import TextToImage
from studio.core.errors import InvalidRequest, ModelProblem
from studio.engines.devices import PeakMemory
from studio.engines.image.loaded_pipeline import LoadedPipeline
from studio.engines.image.samplers import build_scheduler
from studio.engines.image.weighted_prompts import encode_weighted, needs_weighted_encoding

_log = logging.getLogger(__name__)


class Generation:
    """Makes the pictures of a request one by one, and remembers which are done.

    It outlives a change of placement: ``make_pictures`` can be called again with another loaded
    model and goes on with the first picture that is missing.
    """

    def __init__(self, request: TextToImage, run: Run) -> None:
        self._request = request
        self._run = run
        self._done = 0
        self.remarks: list[str] = []

    def make_pictures(self, loaded: LoadedPipeline, plan: LoadPlan, peak: PeakMemory) -> None:
        """Make every picture that is not done yet and hand it over.

        Picture ``i`` comes from ``torch.Generator("cpu").manual_seed((seed + i) % 2**32)`` and is a
        pipeline call of its own, so any one of them can be made again alone.
        """
        request, run = self._request, self._run
        refiner = self._refiner(loaded, plan)
        with loaded.running(plan, run):
            loaded.encodings.adapters = loaded.loras.apply(request.loras)
            for index in range(self._done, request.count):
                seed = (request.seed + index) % 2**32
                loaded.bring_back()
                steps = _StepReports(request, run, loaded, peak, index)
                picture = _Picture(request, loaded, refiner, steps, seed).make()
                for guard in loaded.guards():
                    self.remarks += guard.remarks
                peak.sample()
                run.picture(picture, seed=seed, index=index)
                self._done = index + 1

    def _refiner(self, loaded: LoadedPipeline, plan: LoadPlan) -> Any:
        if self._request.refiner is None:
            return None
        if not plan.companions:
            raise InvalidRequest(
                "The refiner of this request is not part of its plan.", "Choose the refiner again."
            )
        return loaded.ensure_refiner(plan.companions[0], self._run)


class _StepReports:
    """Turns step callbacks into progress and previews; one a picture."""

    def __init__(
        self,
        request: TextToImage,
        run: Run,
        loaded: LoadedPipeline,
        peak: PeakMemory,
        index: int,
    ) -> None:
        self._request = request
        self._run = run
        self._loaded = loaded
        self._peak = peak
        self._index = index
        self._first = 0
        self._share = request.steps
        self._phase = "denoising"
        for guard in loaded.guards():
            guard.on_decode = self.decoding

    def part(self, first: int, share: int, phase: str) -> None:
        """Say that the next pipeline call does ``share`` steps, from step ``first`` on."""
        self._first, self._share, self._phase = first, share, phase
        self._report(first)

    def decoding(self) -> None:
        """Report that the last step is done and the decoder begins."""
        self._phase = "decoding"
        self._report(self._request.steps)
        self._run.check_cancelled()

    def __call__(self, pipeline: Any, step: int, timestep: Any, tensors: Any) -> dict[str, Any]:
        """Answer ``callback_on_step_end``; changes nothing, raises when the job is cancelled."""
        self._run.check_cancelled()
        # Second-order samplers call back twice a step, so count in shares of what they do.
        total = max(int(getattr(pipeline, "num_timesteps", 0) or self._share), 1)
        self._report(self._first + round(self._share * min(step + 1, total) / total))
        self._peak.sample()
        if "latents" in tensors and self._run.wants_preview():
            picture = self._preview(tensors["latents"])
            if picture is not None:
                self._run.preview(picture, self._index)
        return {}

    def _preview(self, latents: Any) -> Image.Image | None:
        try:
            return self._loaded.preview.picture(latents, self._request.width, self._request.height)
        except (RuntimeError, ValueError, TypeError) as error:
            # A preview is never worth a failed picture.
            _log.warning("no preview: %s", error)
            return None

    def _report(self, step: int) -> None:
        done = self._index * self._request.steps + step
        self._run.progress(done, self._request.count * self._request.steps, self._phase)


class _Picture:
    """One picture of a request: the pipeline calls that make it."""

    def __init__(
        self,
        request: TextToImage,
        loaded: LoadedPipeline,
        refiner: Any,
        steps: _StepReports,
        seed: int,
    ) -> None:
        self._request = request
        self._loaded = loaded
        self._refiner = refiner
        self._steps = steps
        self._seed = seed

    def make(self) -> Image.Image:
        """Return the finished picture (RGB)."""
        pipeline = self._loaded.pipeline
        arguments = self._arguments(pipeline)
        if self._refiner is None:
            self._steps.part(0, self._request.steps, "denoising")
            return _first_picture(self._call(pipeline, arguments))
        return self._make_with_refiner(pipeline, arguments)

    def _make_with_refiner(self, pipeline: Any, arguments: dict[str, Any]) -> Image.Image:
        """SDXL's ensemble of experts: the base does the first steps, the refiner the rest."""
        request = self._request
        assert request.refiner is not None
        switch = request.refiner.switch_at
        if "denoising_end" not in _parameters(pipeline) or "denoising_start" not in _parameters(
            self._refiner
        ):
            raise InvalidRequest(
                "This model does not work with a refiner.", "Remove the refiner and try again."
            )
        by_base = round(request.steps * switch)
        self._steps.part(0, by_base, "denoising")
        arguments |= {"denoising_end": switch, "output_type": "latent"}
        latents = self._call(pipeline, arguments).images
        refining = self._arguments(self._refiner) | {
            "image": latents,
            "denoising_start": switch,
            "generator": arguments["generator"],
        }
        for name in ("width", "height"):
            refining.pop(name, None)
        self._steps.part(by_base, request.steps - by_base, "refining")
        return _first_picture(self._call(self._refiner, refining))

    def _call(self, pipeline: Any, arguments: dict[str, Any]) -> Any:
        own = self._loaded.own_schedulers[id(pipeline)]
        if own is not None:
            name = type(pipeline).__name__
            pipeline.scheduler = build_scheduler(own, self._request.sampler, name)
        try:
            return pipeline(**arguments)
        except ValueError as error:
            explained = _explained(error, self._request)
            if explained is None:
                raise
            raise explained from error

    def _arguments(self, pipeline: Any) -> dict[str, Any]:
        """Return what this pipeline's call takes of the request."""
        import torch

        request = self._request
        wanted: dict[str, Any] = {
            "prompt": request.prompt,
            "width": request.width,
            "height": request.height,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "generator": torch.Generator("cpu").manual_seed(self._seed),
            "callback_on_step_end": self._steps,
            "callback_on_step_end_tensor_inputs": ["latents"],
            "output_type": "pil",
        }
        if request.negative_prompt:
            wanted["negative_prompt"] = request.negative_prompt
        if request.clip_skip:
            wanted["clip_skip"] = request.clip_skip
        takes = _parameters(pipeline)
        wanted |= _guidance(pipeline, request, takes)
        if needs_weighted_encoding(pipeline, request.prompt, request.negative_prompt):
            wanted |= encode_weighted(
                pipeline,
                self._loaded.encodings,
                request.prompt,
                request.negative_prompt,
                clip_skip=request.clip_skip,
                guided=request.guidance_scale > 1,
            )
            wanted["prompt"] = None
            wanted.pop("negative_prompt", None)
        return {name: value for name, value in wanted.items() if name in takes}


def _explained(error: ValueError, request: TextToImage) -> InvalidRequest | None:
    """Turn what a pipeline's own checks say about the request into words, None for the rest."""
    text = str(error)
    if "divisible" in text and "height" in text:
        return InvalidRequest(
            f"This model cannot make pictures of {request.width} x {request.height}.",
            "Choose a width and a height in steps of 32, such as 512 or 1024.",
        )
    if "num_inference_steps" in text or "denoising_start" in text:
        return InvalidRequest(
            f"{request.steps} steps are too few for these settings.", "Choose more steps."
        )
    return None


def _guidance(pipeline: Any, request: TextToImage, takes: Any) -> dict[str, Any]:
    """Return the guidance arguments of pipelines that know two kinds of it.

    ``true_cfg_scale`` is classifier-free guidance; ``guidance_scale`` there is a number that a
    guidance-distilled model (``guidance_embeds``) was trained to read. Such a model takes a
    negative prompt only through real guidance, with the distilled one at its neutral 1.
    """
    if "true_cfg_scale" not in takes:
        return {}
    denoiser = getattr(pipeline, "transformer", None)
    distilled = bool(getattr(getattr(denoiser, "config", None), "guidance_embeds", False))
    if distilled and not request.negative_prompt:
        return {"guidance_scale": request.guidance_scale}
    if distilled:
        return {"guidance_scale": 1.0, "true_cfg_scale": request.guidance_scale}
    name = type(pipeline).__name__
    if request.negative_prompt or name.startswith("QwenImage"):
        # Qwen-Image guides only against a negative prompt; its authors use one space as the empty.
        negative = request.negative_prompt or " "
        return {"true_cfg_scale": request.guidance_scale, "negative_prompt": negative}
    return {}


def _parameters(pipeline: Any) -> Any:
    return inspect.signature(type(pipeline).__call__).parameters


def _first_picture(result: Any) -> Image.Image:
    picture = result.images[0]
    if not isinstance(picture, Image.Image):
        raise ModelProblem("This model does not return pictures.", "Choose another model.")
    return picture

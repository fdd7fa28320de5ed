"""Making one picture of a request: the pipeline call, and what of the request it takes."""

from __future__ import annotations

import inspect
from typing import Any, Protocol

from PIL import Image

from studio.api.engines import PictureLayer, Run
from studio.core.errors import InvalidRequest, ModelProblem
from studio.engines.image.loaded_pipeline import LoadedPipeline
from studio.engines.image.samplers import build_scheduler
from studio.engines.image.weighted_prompts import encode_weighted, needs_weighted_encoding


class StepReporter(Protocol):
    """Hears of every step of a pipeline call; ``StepReports`` is one."""

    size: tuple[int, int]

    def part(self, first: int, share: int, phase: str) -> None:
        """Say that the next pipeline call does ``share`` steps, from step ``first`` on."""

    def __call__(self, pipeline: Any, step: int, timestep: Any, tensors: Any) -> dict[str, Any]:
        """Answer ``callback_on_step_end``."""


class Made:
    """A finished picture (RGB or RGBA) and the layers that it consists of, if it has any."""

    def __init__(self, picture: Image.Image, layers: tuple[PictureLayer, ...] = ()) -> None:
        self.picture, self.layers = picture, layers


class PictureMaker:
    """Base of the makers, one class a kind of request: from its words, and what it starts from."""

    def __init__(
        self,
        request: Any,
        run: Run,
        loaded: LoadedPipeline,
        steps: StepReporter,
        seed: int,
        native_side: int,
    ) -> None:
        """``native_side`` (px): see ``LoadPlan``."""
        self._request = request
        self._run = run
        self._loaded = loaded
        self._steps = steps
        self._seed = seed
        self._native_side = native_side

    def make(self) -> Made:
        """Return the finished picture."""
        raise NotImplementedError

    def called(self, pipeline: Any, arguments: dict[str, Any]) -> Any:
        """Call a pipeline with the request's sampler.

        Raises:
            InvalidRequest: its own checks refuse the request.
        """
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

    def arguments(self, pipeline: Any, **given: Any) -> dict[str, Any]:
        """Return what this pipeline's call takes of the request, and of ``given``."""
        import torch

        request = self._request
        width, height = self._steps.size
        wanted: dict[str, Any] = {
            "prompt": request.prompt,
            "width": width,
            "height": height,
            "num_inference_steps": request.steps,
            "guidance_scale": request.guidance_scale,
            "generator": torch.Generator("cpu").manual_seed(self._seed),
            "callback_on_step_end": self._steps,
            "callback_on_step_end_tensor_inputs": ["latents"],
            "output_type": "pil",
        }
        wanted |= given
        if request.negative_prompt:
            wanted["negative_prompt"] = request.negative_prompt
        if request.clip_skip:
            wanted["clip_skip"] = request.clip_skip
        takes = parameters_of(pipeline)
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


def _explained(error: ValueError, request: Any) -> InvalidRequest | None:
    """Turn what a pipeline's own checks say about the request into words, None for the rest."""
    text = str(error)
    if "divisible" in text and "height" in text:
        return InvalidRequest(
            f"This model cannot make pictures of {request.size[0]} x {request.size[1]}.",
            "Choose a width and a height in steps of 32, such as 512 or 1024.",
        )
    if "num_inference_steps" in text or "denoising_start" in text:
        return InvalidRequest(
            f"{request.steps} steps are too few for these settings.", "Choose more steps."
        )
    return None


def _guidance(pipeline: Any, request: Any, takes: Any) -> dict[str, Any]:
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


def parameters_of(pipeline: Any) -> Any:
    """Return the parameters of a pipeline's call, by name."""
    return inspect.signature(type(pipeline).__call__).parameters


def first_picture(result: Any) -> Image.Image:
    """Return the picture of a pipeline's result; raises ModelProblem where it is none."""
    picture = result.images[0]
    if not isinstance(picture, Image.Image):
        raise ModelProblem("This model does not return pictures.", "Choose another model.")
    return picture

"""Samplers by the names that artists know, as diffusers schedulers built from the model's own."""

from __future__ import annotations

from typing import Any

import msgspec

from studio.core.errors import InvalidRequest

MODEL_DEFAULT = "Model default"


class SchedulerChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduler class of diffusers by name, and what it sets beyond the model's config."""

    class_name: str
    options: dict[str, Any] = {}


_KARRAS = {"use_karras_sigmas": True}
_SDE = {"algorithm_type": "sde-dpmsolver++"}
_PLUS = {"algorithm_type": "dpmsolver++"}

# Noise prediction (epsilon, v): names as in AUTOMATIC1111 and ComfyUI, equivalences as in the
# diffusers documentation ("Schedulers", table "A1111/k-diffusion").
NOISE_SAMPLERS: dict[str, SchedulerChoice] = {
    "Euler": SchedulerChoice(class_name="EulerDiscreteScheduler"),
    "Euler a": SchedulerChoice(class_name="EulerAncestralDiscreteScheduler"),
    "DPM++ 2M": SchedulerChoice(class_name="DPMSolverMultistepScheduler", options=_PLUS),
    "DPM++ 2M Karras": SchedulerChoice(
        class_name="DPMSolverMultistepScheduler", options=_PLUS | _KARRAS
    ),
    "DPM++ 2M SDE": SchedulerChoice(class_name="DPMSolverMultistepScheduler", options=_SDE),
    "DPM++ 2M SDE Karras": SchedulerChoice(
        class_name="DPMSolverMultistepScheduler", options=_SDE | _KARRAS
    ),
    "DPM++ SDE": SchedulerChoice(class_name="DPMSolverSinglestepScheduler", options=_SDE),
    "DPM++ SDE Karras": SchedulerChoice(
        class_name="DPMSolverSinglestepScheduler", options=_SDE | _KARRAS
    ),
    "DPM2": SchedulerChoice(class_name="KDPM2DiscreteScheduler"),
    "DPM2 a": SchedulerChoice(class_name="KDPM2AncestralDiscreteScheduler"),
    "UniPC": SchedulerChoice(class_name="UniPCMultistepScheduler"),
    # Latents are not pictures in -1 .. 1, which DDIM's defaults would clip them to.
    "DDIM": SchedulerChoice(
        class_name="DDIMScheduler", options={"clip_sample": False, "set_alpha_to_one": False}
    ),
    "DEIS": SchedulerChoice(class_name="DEISMultistepScheduler"),
    "Heun": SchedulerChoice(class_name="HeunDiscreteScheduler"),
    "LMS": SchedulerChoice(class_name="LinearMultistepScheduler"),
    "PLMS": SchedulerChoice(class_name="PNDMScheduler", options={"skip_prk_steps": True}),
    "LCM": SchedulerChoice(class_name="LCMScheduler"),
    "TCD": SchedulerChoice(class_name="TCDScheduler"),
}

# Flow prediction in a pipeline written for noise prediction: only these can do it, since
# FlowMatchEulerDiscreteScheduler has no init_noise_sigma, which such pipelines read.
_FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
FLOW_IN_NOISE_PIPELINES: dict[str, SchedulerChoice] = {
    "DPM++ 2M": SchedulerChoice(class_name="DPMSolverMultistepScheduler", options=_PLUS | _FLOW),
    "DPM++ 2M SDE": SchedulerChoice(class_name="DPMSolverMultistepScheduler", options=_SDE | _FLOW),
    "UniPC": SchedulerChoice(class_name="UniPCMultistepScheduler", options=_FLOW),
    "DEIS": SchedulerChoice(class_name="DEISMultistepScheduler", options=_FLOW),
}

# Flow-matching pipelines (SD3, Flux, Qwen-Image ...). FlowMatchHeunDiscreteScheduler takes no noise
# levels from outside, which most of these pipelines pass.
FLOW_SAMPLERS: dict[str, SchedulerChoice] = {
    "Euler": SchedulerChoice(class_name="FlowMatchEulerDiscreteScheduler"),
    "LCM": SchedulerChoice(class_name="FlowMatchLCMScheduler"),
    "DPM++ 2M": SchedulerChoice(class_name="DPMSolverMultistepScheduler", options=_PLUS | _FLOW),
    "UniPC": SchedulerChoice(class_name="UniPCMultistepScheduler", options=_FLOW),
}


def samplers_for(own: Any) -> dict[str, SchedulerChoice]:
    """Return the samplers that a model with this scheduler takes, besides its default."""
    name = type(own).__name__
    if name.startswith("FlowMatch"):
        return FLOW_SAMPLERS
    if own.config.get("prediction_type") == "flow_prediction" or own.config.get("use_flow_sigmas"):
        return FLOW_IN_NOISE_PIPELINES
    return NOISE_SAMPLERS if hasattr(own, "init_noise_sigma") else {}


def build_scheduler(own: Any, sampler: str, pipeline_name: str = "") -> Any:
    """Return a fresh scheduler, as schedulers keep the state of the run they served.

    Args:
        own: the scheduler that came with the model; it is only read.
        sampler: one of ``studio.api.requests.SAMPLERS``.
        pipeline_name: class name of the pipeline that will use it.

    Raises:
        InvalidRequest: this model cannot be sampled that way; the hint names what it takes.
    """
    choices = samplers_for(own)
    if type(own).__name__.startswith("FlowMatch") and _reads_init_noise(pipeline_name):
        choices = FLOW_IN_NOISE_PIPELINES
        sampler = "DPM++ 2M" if sampler == MODEL_DEFAULT else sampler
    if sampler == MODEL_DEFAULT:
        return type(own).from_config(own.config)
    if sampler not in choices:
        names = ", ".join((MODEL_DEFAULT, *choices))
        raise InvalidRequest(f"This model cannot be sampled with {sampler}.", f"It takes: {names}.")
    choice = choices[sampler]
    return _scheduler_class(choice.class_name).from_config(own.config, **_options(own, choice))


def _reads_init_noise(pipeline_name: str) -> bool:
    """Say whether a pipeline scales its first noise by ``init_noise_sigma`` (SD 1, 2 and XL)."""
    return pipeline_name.startswith(("StableDiffusionPipeline", "StableDiffusionXL"))


def _scheduler_class(name: str) -> Any:
    import diffusers

    from studio.engines.image.linear_multistep import LinearMultistepScheduler

    if name == LinearMultistepScheduler.__name__:
        return LinearMultistepScheduler
    return getattr(diffusers, name)


def _options(own: Any, choice: SchedulerChoice) -> dict[str, Any]:
    options = dict(choice.options)
    if type(own).__name__.startswith("FlowMatch") and "use_flow_sigmas" in options:
        options["flow_shift"] = own.config.get("shift", 1.0)
    if "use_karras_sigmas" in options and own.config.get("rescale_betas_zero_snr"):
        # Karras' spacing would spend most steps on the near-infinite noise of such models.
        options["rescale_betas_zero_snr"] = False
    return options

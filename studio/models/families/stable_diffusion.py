"""Stable Diffusion 1, 2, XL and the XL refiner as single checkpoints of the original layout.

Recognised by the shapes of the UNet (CompVis and Stability checkpoints; the same keys are named in
diffusers/loaders/single_file_utils.py).
"""

from __future__ import annotations

from studio.core.errors import NotAMatch
from studio.models.defaults import defaults_for
from studio.models.families.base import PICTURE_TASKS, Checkpoint, Recognised, present
from studio.models.installed import ComponentWeights, Family
from studio.models.working_memory import DECODE_VALUES, decode_values, unet_working_memory

_UNET = "model.diffusion_model."
_FIRST_CONVOLUTION = f"{_UNET}input_blocks.0.0.weight"
# Cross-attention of the first level that has one in each architecture.
_TOP_ATTENTION = f"{_UNET}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"
_SECOND_ATTENTION = f"{_UNET}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"

_KINDS_BY_CHANNELS = {4: "", 5: "depth", 8: "edit", 9: "inpaint"}

# Not loaded: OpenCLIP's last layer (SD 2 uses the one before), its unused projections and scale.
_SD2_TEXT_UNUSED = ("transformer.resblocks.23.", "text_projection", "logit_scale")


def recognise_sd1(checkpoint: Checkpoint) -> Recognised:
    """Stable Diffusion 1: text of 768 values, attention at full resolution."""
    if checkpoint.dimension(_TOP_ATTENTION, 1) != 768:
        raise NotAMatch("The UNet does not read 768 values of text.")
    text = checkpoint.component("text_encoder", "CLIPTextModel", "cond_stage_model.transformer.")
    return _stable_diffusion(checkpoint, "sd1", text)


def recognise_sd2(checkpoint: Checkpoint) -> Recognised:
    """Stable Diffusion 2: text of 1024 values, attention at full resolution."""
    if checkpoint.dimension(_TOP_ATTENTION, 1) != 1024:
        raise NotAMatch("The UNet does not read 1024 values of text.")
    text = checkpoint.component(
        "text_encoder", "CLIPTextModel", "cond_stage_model.model.", without=_SD2_TEXT_UNUSED
    ) or checkpoint.component("text_encoder", "CLIPTextModel", "cond_stage_model.transformer.")
    return _stable_diffusion(checkpoint, "sd2", text)


def recognise_sdxl(checkpoint: Checkpoint) -> Recognised:
    """Stable Diffusion XL: text of 2048 values, no attention at full resolution."""
    if checkpoint.dimension(_SECOND_ATTENTION, 1) != 2048:
        raise NotAMatch("The UNet does not read 2048 values of text.")
    embedders = "conditioner.embedders"
    return _stable_diffusion(
        checkpoint,
        "sdxl",
        checkpoint.component("text_encoder", "CLIPTextModel", f"{embedders}.0.transformer."),
        checkpoint.component(
            "text_encoder_2",
            "CLIPTextModelWithProjection",
            f"{embedders}.1.model.",
            without=("logit_scale",),
        ),
        encoders=2,
    )


def recognise_sdxl_refiner(checkpoint: Checkpoint) -> Recognised:
    """The refiner of Stable Diffusion XL: text of 1280 values, 384 channels."""
    if (
        checkpoint.dimension(_SECOND_ATTENTION, 1) != 1280
        or checkpoint.dimension(_FIRST_CONVOLUTION, 0) != 384
    ):
        raise NotAMatch("The UNet is not the refiner's.")
    text = checkpoint.component(
        "text_encoder_2",
        "CLIPTextModelWithProjection",
        "conditioner.embedders.0.model.",
        without=("logit_scale",),
    )
    return _stable_diffusion(checkpoint, "sdxl_refiner", text)


def _stable_diffusion(
    checkpoint: Checkpoint,
    family: Family,
    *text_encoders: ComponentWeights | None,
    encoders: int = 1,
) -> Recognised:
    channels = checkpoint.dimension(_FIRST_CONVOLUTION, 1)
    vae_tensors = checkpoint.below("first_stage_model.", without=("loss.", "model_ema."))
    vae = checkpoint.component(
        "vae", "AutoencoderKL", "first_stage_model.", without=("loss.", "model_ema.")
    )
    components = present(
        *text_encoders, checkpoint.component("unet", "UNet2DConditionModel", _UNET), vae
    )
    complete = len(components) == encoders + 2
    kind = _KINDS_BY_CHANNELS.get(channels, "other")
    return Recognised(
        family=family,
        components=components,
        tasks=_tasks(family, kind) if complete else (),
        kind=kind if complete else "denoiser",
        defaults=defaults_for(family, name=checkpoint.name),
        working_memory=unet_working_memory(
            checkpoint.dimension(_FIRST_CONVOLUTION, 0),
            top_attention=checkpoint.has(_TOP_ATTENTION),
            decode=decode_values(vae_tensors) if vae_tensors else DECODE_VALUES,
            in_float32=family in ("sdxl", "sdxl_refiner"),
        ),
        summary="" if complete else "Holds the denoiser without its text encoder or VAE.",
    )


def _tasks(family: Family, kind: str) -> tuple[str, ...]:
    if family == "sdxl_refiner":
        return ("image_to_image",)
    return {"": PICTURE_TASKS, "inpaint": ("inpaint", "uncrop")}.get(kind, ())

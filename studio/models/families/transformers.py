"""Stable Diffusion 3 and Flux as single checkpoints.

Keys as in Stability's and Black Forest Labs' releases and in the bundles that ComfyUI writes.
"""

from __future__ import annotations

from studio.core.errors import NotAMatch
from studio.models.defaults import defaults_for
from studio.models.families.base import PICTURE_TASKS, Checkpoint, Recognised, present
from studio.models.installed import ComponentWeights, WorkingMemory
from studio.models.working_memory import DECODE_VALUES, decode_values, transformer_values

_WRAPPED = "model.diffusion_model."


def recognise_sd3(checkpoint: Checkpoint) -> Recognised:
    """Stable Diffusion 3 and 3.5: joint blocks of text and picture."""
    prefix = _prefix(checkpoint, "joint_blocks.0.context_block.adaLN_modulation.1.bias")
    width = checkpoint.dimension(f"{prefix}x_embedder.proj.weight", 0)
    components = present(
        _encoder(checkpoint, "text_encoder", "CLIPTextModelWithProjection", "clip_l"),
        _encoder(checkpoint, "text_encoder_2", "CLIPTextModelWithProjection", "clip_g"),
        _encoder(checkpoint, "text_encoder_3", "T5EncoderModel", "t5xxl"),
        _denoiser(checkpoint, "SD3Transformer2DModel", prefix),
        checkpoint.component("vae", "AutoencoderKL", "first_stage_model."),
    )
    names = {component.name for component in components}
    complete = {"text_encoder", "text_encoder_2", "vae"} <= names
    return Recognised(
        family="sd3",
        components=components,
        tasks=PICTURE_TASKS if complete else (),
        kind="" if complete else "denoiser",
        defaults=defaults_for("sd3", name=checkpoint.name),
        working_memory=_working_memory(
            checkpoint, "sd3", width, "first_stage_model.", text_tokens=333, batch=2
        ),
        summary="" if complete else "Holds the transformer without its text encoders or VAE.",
    )


def recognise_flux(checkpoint: Checkpoint) -> Recognised:
    """Flux.1: double blocks of text and picture; dev reads the guidance scale, schnell does not."""
    prefix = _prefix(checkpoint, "double_blocks.0.img_attn.norm.key_norm.scale")
    width = checkpoint.dimension(f"{prefix}img_in.weight", 0)
    embedded = checkpoint.has(f"{prefix}guidance_in.in_layer.weight")
    inputs = checkpoint.dimension(f"{prefix}img_in.weight", 1)
    components = present(
        _encoder(checkpoint, "text_encoder", "CLIPTextModel", "clip_l"),
        _encoder(checkpoint, "text_encoder_2", "T5EncoderModel", "t5xxl"),
        _denoiser(checkpoint, "FluxTransformer2DModel", prefix),
        checkpoint.component("vae", "AutoencoderKL", "vae."),
    )
    complete = len(components) == 4
    kind = {64: "", 128: "control", 384: "fill"}.get(inputs, "other")
    return Recognised(
        family="flux",
        components=components,
        tasks=PICTURE_TASKS if complete and not kind else (),
        kind=kind if complete else kind or "denoiser",
        defaults=defaults_for("flux", name=checkpoint.name, guidance_embedded=embedded),
        working_memory=_working_memory(
            checkpoint, "flux", width, "vae.", text_tokens=512 if embedded else 256, batch=1
        ),
        summary="" if complete else "Holds the transformer without its text encoders or VAE.",
    )


def _prefix(checkpoint: Checkpoint, key: str) -> str:
    for prefix in ("", _WRAPPED):
        if checkpoint.has(prefix + key):
            return prefix
    raise NotAMatch(f"{checkpoint.path.name} has no {key!r}.")


def _denoiser(checkpoint: Checkpoint, class_name: str, prefix: str) -> ComponentWeights | None:
    others = () if prefix else ("text_encoders.", "vae.", "first_stage_model.", _WRAPPED)
    return checkpoint.component("transformer", class_name, prefix, without=others)


def _encoder(
    checkpoint: Checkpoint, name: str, class_name: str, key: str
) -> ComponentWeights | None:
    return checkpoint.component(
        name, class_name, f"text_encoders.{key}.transformer.", without=("logit_scale",)
    )


def _working_memory(
    checkpoint: Checkpoint, family: str, width: int, vae: str, *, text_tokens: int, batch: int
) -> WorkingMemory:
    vae_tensors = checkpoint.below(vae)
    return WorkingMemory(
        pixels_per_token=16,
        values_per_token=transformer_values(family, width),
        text_tokens=text_tokens,
        decode_values_per_pixel=decode_values(vae_tensors) if vae_tensors else DECODE_VALUES,
        encode_values=24 * 4096 * 512,
        batch=batch,
    )

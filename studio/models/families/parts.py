"""LoRAs, VAEs and ControlNets: parts that work beside a model, told apart by keys and shapes."""

from __future__ import annotations

from studio.core.errors import NotAMatch
from studio.models.component_weights import count_weights
from studio.models.families.base import Checkpoint, Recognised

# How the tensors of each kind of adapter end (kohya-ss/sd-scripts, LyCORIS, PEFT).
_ADAPTER_ENDINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((".hada_w1_a", ".hada_w1_b"), "LoHa"),
    ((".lokr_w1", ".lokr_w1_a", ".lokr_w2", ".lokr_w2_a"), "LoKr"),
    ((".oft_blocks", ".oft_diag"), "OFT"),
    ((".dora_scale", ".lora_magnitude_vector"), "DoRA"),
    ((".lora_down.weight",), "kohya LoRA"),
    ((".lora_A.weight", ".lora_A.default.weight"), "PEFT LoRA"),
    ((".lora.down.weight", "_lora.down.weight"), "diffusers LoRA"),
)

# Width of the text that a cross-attention's key projection reads -> family.
_FAMILY_BY_TEXT_WIDTH = {768: "sd1", 1024: "sd2", 2048: "sdxl", 1280: "sdxl_refiner"}


def recognise_lora(checkpoint: Checkpoint) -> Recognised:
    """A LoRA or one of its relatives: low-rank changes to another model's layers."""
    kind = _adapter_kind(checkpoint)
    family = _adapted_family(checkpoint)
    return Recognised(
        family="lora",
        kind=kind,
        for_family=family,
        components=(count_weights("lora", kind, checkpoint.tensors),),
        summary="Changes the style or subject of another model.",
    )


def _adapter_kind(checkpoint: Checkpoint) -> str:
    for endings, kind in _ADAPTER_ENDINGS:
        if any(key.endswith(endings) for key in checkpoint.tensors):
            return kind
    raise NotAMatch(f"{checkpoint.path.name} holds no low-rank layers.")


def _adapted_family(checkpoint: Checkpoint) -> str:
    """Return the family whose layers the adapter changes, "" if its keys don't say."""
    joined_start = " ".join(sorted(checkpoint.tensors)[:4000])
    if "single_transformer_blocks" in joined_start or "double_blocks" in joined_start:
        return "flux"
    if "joint_blocks" in joined_start or "attn.add_k_proj" in joined_start:
        return "sd3"
    if any(key.startswith("lora_te2_") for key in checkpoint.tensors):
        return "sdxl"
    for key, info in checkpoint.tensors.items():
        if "attn2" in key and "to_k" in key and _reads_text(key) and len(info.shape) >= 2:
            return _FAMILY_BY_TEXT_WIDTH.get(info.shape[1], "")
    return ""


def _reads_text(key: str) -> bool:
    """True for the half of a low-rank pair whose second dimension is the layer's input."""
    return key.endswith((".lora_down.weight", ".lora_A.weight", ".lora.down.weight", ".hada_w1_b"))


def recognise_controlnet(checkpoint: Checkpoint) -> Recognised:
    """A ControlNet, in the original or the diffusers layout."""
    if checkpoint.has("control_model.input_hint_block.0.weight"):
        prefix, key = "control_model.", "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
    elif checkpoint.has("input_hint_block.0.weight"):
        prefix, key = "", "input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
    elif checkpoint.has("controlnet_cond_embedding.conv_in.weight"):
        prefix, key = "", "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    elif checkpoint.has("controlnet_x_embedder.weight"):
        prefix, key = "", ""
    else:
        raise NotAMatch(f"{checkpoint.path.name} has no hint layers.")
    shape = checkpoint.shape(prefix + key)
    family = _FAMILY_BY_TEXT_WIDTH.get(shape[1], "") if shape and len(shape) == 2 else ""
    if not key:
        family = "flux"
    return Recognised(
        family="controlnet",
        for_family=family,
        components=(count_weights("controlnet", "ControlNetModel", checkpoint.below(prefix)),),
        summary="Guides another model by outlines, depth or poses.",
    )


def recognise_vae(checkpoint: Checkpoint) -> Recognised:
    """A picture autoencoder alone; 4 latent channels for SD 1, 2 and XL, 16 for SD 3 and Flux."""
    for prefix in ("", "first_stage_model.", "vae."):
        if checkpoint.has(f"{prefix}decoder.conv_in.weight") and checkpoint.has(
            f"{prefix}encoder.conv_in.weight"
        ):
            break
    else:
        raise NotAMatch(f"{checkpoint.path.name} has no encoder and decoder.")
    channels = checkpoint.dimension(f"{prefix}decoder.conv_in.weight", 1)
    return Recognised(
        family="vae",
        kind=f"{channels} latent channels",
        components=(count_weights("vae", "AutoencoderKL", checkpoint.below(prefix)),),
        summary="Turns latents into pictures for another model.",
    )

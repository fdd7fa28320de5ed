"""Upscalers: networks that make a picture larger, in the layouts that spandrel loads.

The keys are those by which spandrel 0.4 (chaiNNer team, MIT) tells its architectures apart, each
cut down to what no other family here has. What a name does not settle is asked of the shapes.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.core.errors import NotAMatch
from studio.models.component_weights import count_weights
from studio.models.families.base import Checkpoint, Recognised
from studio.models.installed import GenerationDefaults, WorkingMemory
from studio.models.safetensors_header import TensorInfo

# (name, keys that are all there). The first that fits counts, so the particular come first.
_ARCHITECTURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ESRGAN", ("model.0.weight", "model.1.sub.0.RDB1.conv1.0.weight")),
    ("ESRGAN", ("conv_first.weight", "body.0.rdb1.conv1.weight", "conv_last.weight")),
    ("ESRGAN", ("conv_first.weight", "RRDB_trunk.0.RDB1.conv1.weight", "conv_last.weight")),
    ("HAT", ("conv_first.weight", "layers.0.residual_group.overlap_attn.qkv.weight")),
    ("ATD", ("conv_first.weight", "layers.0.residual_group.layers.0.attn_atd.wq.weight")),
    ("DRCT", ("conv_first.weight", "layers.0.swin5.norm1.weight", "layers.0.adjust5.weight")),
    ("RGT", ("before_RG.1.weight", "layers.0.blocks.0.gamma")),
    ("DAT", ("before_RG.1.weight", "layers.0.blocks.0.ffn.sg.conv.weight")),
    ("Swin2SR", ("patch_embed.proj.weight", "layers.0.residual_group.blocks.0.attn.logit_scale")),
    (
        "SwinIR",
        (
            "layers.0.residual_group.blocks.0.norm1.weight",
            "layers.0.residual_group.blocks.0.attn.relative_position_index",
        ),
    ),
    ("SPAN", ("conv_1.sk.weight", "block_1.c1_r.sk.weight", "upsampler.0.weight")),
    ("OmniSR", ("residual_layer.0.residual_layer.0.layer.0.fn.0.weight", "up.0.weight")),
    ("PLKSR", ("feats.0.weight", "feats.1.refine.weight")),
    ("SAFMN", ("to_feat.weight", "feats.0.safm.aggr.weight", "to_img.0.weight")),
    ("RealCUGAN", ("unet1.conv1.conv.0.weight", "unet2.conv_bottom.weight")),
    ("RCAN", ("tail.1.weight", "body.0.body.0.body.3.conv_du.0.weight")),
    ("SwiftSRGAN", ("initial.cnn.depthwise.weight", "final_conv.pointwise.weight")),
    ("Compact", ("body.0.weight", "body.1.weight")),
)
_WRAPPED = ("params_ema.", "params.", "module.", "netG.")  # in front of every key of some files

# Values that a pixel of the input needs while a network enlarges four times, as multiples of its
# width. Measured by the growth of the resident set at 256 x 256 px (torch 2.11, float32): ESRGAN
# of width 64 3,520 values, Compact of 64 260, SPAN of 48 (96 inside) 1,730, SwinIR of 180 3,500;
# with a tenth on top. Where that does not suffice, the engine takes smaller tiles.
_VALUES_PER_WIDTH = {"ESRGAN": 60.0, "Compact": 4.5, "SPAN": 20.0, "SwinIR": 21.5}
_UNMEASURED = 40.0


def recognise_upscaler(checkpoint: Checkpoint) -> Recognised:
    """A network that makes a picture larger; its scale is found out when it is loaded."""
    tensors = _unwrapped(checkpoint.tensors)
    name = next(
        (name for name, keys in _ARCHITECTURES if all(key in tensors for key in keys)), None
    )
    if name is None or (name == "Compact" and len(tensors["body.0.weight"].shape) != 4):
        raise NotAMatch(f"{checkpoint.path.name} does not enlarge pictures.")
    return Recognised(
        family="upscaler",
        kind=name,
        components=(count_weights("upscaler", name, checkpoint.tensors),),
        tasks=("upscale",),
        defaults=GenerationDefaults(width=512, height=512, steps=1, guidance_scale=0),
        working_memory=WorkingMemory(
            pixels_per_token=1,
            values_per_token=_VALUES_PER_WIDTH.get(name, _UNMEASURED) * _width(tensors),
            decode_values_per_pixel=0,
            encode_values=0,
            batch=1,
        ),
        summary=f"Makes pictures larger ({name}).",
    )


def _unwrapped(tensors: Mapping[str, TensorInfo]) -> Mapping[str, TensorInfo]:
    for prefix in _WRAPPED:
        if tensors and all(key.startswith(prefix) for key in tensors):
            return {key[len(prefix) :]: info for key, info in tensors.items()}
    return tensors


def _width(tensors: Mapping[str, TensorInfo]) -> int:
    """The most channels that a convolution both takes and gives."""
    shapes = [info.shape for info in tensors.values() if len(info.shape) == 4]
    return max((min(shape[:2]) for shape in shapes), default=64)

"""Writes layouts.json.xz: names and shapes of the tensors of published models, without a value.

Run by hand (`python tests/models/make_layouts.py`) when a layout is added: builds the published
architectures from their configurations on torch's meta device, so nothing is downloaded and no
memory is used. Original (single-file) layouts are written out from their known naming and checked
against diffusers' own converters.
"""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    FluxTransformer2DModel,
    SD3Transformer2DModel,
    UNet2DConditionModel,
)
from diffusers.loaders import single_file_utils as convert
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    T5Config,
    T5EncoderModel,
)

Layout = dict[str, list[int]]
TARGET = Path(__file__).with_name("layouts.json.xz")

SDXL = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "attention_head_dim": [5, 10, 20],
    "block_out_channels": [320, 640, 1280],
    "cross_attention_dim": 2048,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "projection_class_embeddings_input_dim": 2816,
    "sample_size": 128,
    "transformer_layers_per_block": [1, 2, 10],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "use_linear_projection": True,
}
REFINER = {
    **SDXL,
    "attention_head_dim": [6, 12, 24, 24],
    "block_out_channels": [384, 768, 1536, 1536],
    "cross_attention_dim": 1280,
    "down_block_types": [
        "DownBlock2D",
        "CrossAttnDownBlock2D",
        "CrossAttnDownBlock2D",
        "DownBlock2D",
    ],
    "projection_class_embeddings_input_dim": 2560,
    "transformer_layers_per_block": 4,
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
}
SD3_MEDIUM = {
    "sample_size": 128,
    "num_layers": 24,
    "num_attention_heads": 24,
    "caption_projection_dim": 1536,
    "pos_embed_max_size": 384,
    "dual_attention_layers": tuple(range(13)),
    "qk_norm": "rms_norm",
    "in_channels": 16,
    "out_channels": 16,
    "joint_attention_dim": 4096,
    "pooled_projection_dim": 2048,
}


def shapes(module: torch.nn.Module) -> Layout:
    """Names and shapes of everything that save_pretrained writes."""
    return {key: list(value.shape) for key, value in module.state_dict().items()}


def vae(latent_channels: int, *, quant: bool) -> torch.nn.Module:
    """The autoencoder of all Stable Diffusions and Flux, with 4 or 16 latent channels."""
    return AutoencoderKL(
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        block_out_channels=[128, 256, 512, 512],
        layers_per_block=2,
        latent_channels=latent_channels,
        use_quant_conv=quant,
        use_post_quant_conv=quant,
    )


def clip(width: int, layers: int, heads: int, *, projection: int = 0) -> torch.nn.Module:
    """A CLIP text encoder; ``projection`` above 0 adds the output projection."""
    kind = CLIPTextModelWithProjection if projection else CLIPTextModel
    return kind(
        CLIPTextConfig(
            hidden_size=width,
            intermediate_size=4 * width,
            num_attention_heads=heads,
            num_hidden_layers=layers,
            projection_dim=projection or 512,
        )
    )


def diffusers_layouts() -> dict[str, Layout]:
    """Every component of the models in the tests, in the diffusers layout."""
    t5 = T5EncoderModel(
        T5Config(
            d_ff=10240,
            d_kv=64,
            d_model=4096,
            num_heads=64,
            num_layers=24,
            feed_forward_proj="gated-gelu",
        )
    )
    t5_shapes = shapes(t5)
    t5_shapes.pop("encoder.embed_tokens.weight")  # tied to "shared.weight": saved once
    return {
        "unet_sd1": shapes(UNet2DConditionModel(cross_attention_dim=768, sample_size=64)),
        "unet_sd2": shapes(
            UNet2DConditionModel(
                cross_attention_dim=1024,
                attention_head_dim=[5, 10, 20, 20],
                use_linear_projection=True,
                sample_size=96,
            )
        ),
        "unet_sdxl": shapes(UNet2DConditionModel(**SDXL)),
        "unet_sdxl_refiner": shapes(UNet2DConditionModel(**REFINER)),
        "vae_4": shapes(vae(4, quant=True)),
        "vae_16": shapes(vae(16, quant=False)),
        "clip_l": shapes(clip(768, 12, 12)),
        "clip_l_projection": shapes(clip(768, 12, 12, projection=768)),
        "clip_h": shapes(clip(1024, 23, 16)),
        "clip_g": shapes(clip(1280, 32, 20, projection=1280)),
        "t5_xxl": t5_shapes,
        "transformer_sd3_medium": shapes(SD3Transformer2DModel(**SD3_MEDIUM)),
        "transformer_flux_schnell": shapes(FluxTransformer2DModel(guidance_embeds=False)),
    }


def original_unet(diffusers: Layout, *, layers: int = 2) -> Layout:
    """Rename a diffusers UNet to the original naming (CompVis latent-diffusion, openaimodel.py)."""
    attentive = {".".join(key.split(".")[:2]) for key in diffusers if ".attentions." in key}
    return {_unet_name(key, attentive, layers): shape for key, shape in diffusers.items()}


def _unet_name(key: str, attentive: set[str], layers: int) -> str:
    for old, new in (
        ("time_embedding.linear_1", "time_embed.0"),
        ("time_embedding.linear_2", "time_embed.2"),
        ("add_embedding.linear_1", "label_emb.0.0"),
        ("add_embedding.linear_2", "label_emb.0.2"),
        ("conv_in", "input_blocks.0.0"),
        ("conv_norm_out", "out.0"),
        ("conv_out", "out.2"),
    ):
        if key.startswith(f"{old}."):
            return key.replace(old, new, 1)
    parts = key.split(".")
    per_level = layers + 1
    if parts[0] == "mid_block":
        place = {"attentions": 1}.get(parts[1], 0 if parts[2] == "0" else 2)
        return f"middle_block.{place}." + _inner(parts[3:], parts[1])
    level, kind, index = int(parts[1]), parts[2], int(parts[3])
    if parts[0] == "down_blocks":
        block = 1 + level * per_level + index
        if kind == "downsamplers":
            return f"input_blocks.{(level + 1) * per_level}.0.op." + ".".join(parts[5:])
        return f"input_blocks.{block}.{int(kind == 'attentions')}." + _inner(parts[4:], kind)
    block = level * per_level + index
    if kind == "upsamplers":
        last = (level + 1) * per_level - 1
        place = 2 if f"up_blocks.{level}" in attentive else 1
        return f"output_blocks.{last}.{place}.conv." + ".".join(parts[5:])
    return f"output_blocks.{block}.{int(kind == 'attentions')}." + _inner(parts[4:], kind)


_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}


def _inner(parts: list[str], kind: str) -> str:
    if kind == "resnets":
        return ".".join([_RESNET[parts[0]], *parts[1:]])
    return ".".join(parts)


def checked_unet(name: str, diffusers: Layout, config: UNet2DConditionModel) -> Layout:
    """Return the original layout after diffusers' converter has turned it back to the same."""
    original = {
        f"model.diffusion_model.{key}": shape for key, shape in original_unet(diffusers).items()
    }
    tensors = {key: torch.empty(shape, device="meta") for key, shape in original.items()}
    back = convert.convert_ldm_unet_checkpoint(dict(tensors), dict(config.config))
    assert {key: list(value.shape) for key, value in back.items()} == diffusers, name
    return original


_VAE_RESNET = {"conv_shortcut": "nin_shortcut"}


def original_vae(diffusers: Layout) -> Layout:
    """Rename a diffusers AutoencoderKL to the original naming (latent-diffusion, model.py)."""
    renamed: Layout = {}
    for key, shape in diffusers.items():
        parts = key.split(".")
        if parts[0] in ("quant_conv", "post_quant_conv"):
            renamed[key] = shape
            continue
        side, rest = parts[0], parts[1:]
        if rest[0] == "mid_block":
            if rest[1] == "resnets":
                name = ["mid", f"block_{int(rest[2]) + 1}", *rest[3:]]
            else:
                layer = {
                    "group_norm": "norm",
                    "to_q": "q",
                    "to_k": "k",
                    "to_v": "v",
                    "to_out": "proj_out",
                }[rest[3]]
                name = ["mid", "attn_1", layer, rest[-1]]
                if layer != "norm" and rest[-1] == "weight":
                    shape = [*shape, 1, 1]
        elif rest[0] in ("down_blocks", "up_blocks"):
            level = int(rest[1]) if rest[0] == "down_blocks" else 3 - int(rest[1])
            where = rest[0].removesuffix("_blocks")
            if rest[2] == "resnets":
                inner = [_VAE_RESNET.get(rest[4], rest[4]), *rest[5:]]
                name = [where, str(level), "block", rest[3], *inner]
            else:
                name = [where, str(level), f"{where}sample", *rest[4:]]
        else:
            name = ["norm_out" if rest[0] == "conv_norm_out" else rest[0], *rest[1:]]
        renamed[".".join([side, *name])] = shape
    return renamed


def checked_vae(diffusers: Layout, config: AutoencoderKL) -> Layout:
    """Return the original layout after diffusers' converter has turned it back to the same."""
    original = {f"first_stage_model.{k}": v for k, v in original_vae(diffusers).items()}
    tensors = {key: torch.zeros(shape, device="meta") for key, shape in original.items()}
    back = convert.convert_ldm_vae_checkpoint(dict(tensors), dict(config.config))
    assert {key: list(value.shape) for key, value in back.items()} == diffusers
    return original


def open_clip(width: int, layers: int) -> Layout:
    """OpenCLIP's text encoder as Stable Diffusion 2 and XL store it (open_clip, transformer.py)."""
    found: Layout = {
        "positional_embedding": [77, width],
        "token_embedding.weight": [49408, width],
        "ln_final.weight": [width],
        "ln_final.bias": [width],
        "text_projection": [width, width],
        "logit_scale": [],
    }
    for layer in range(layers):
        prefix = f"transformer.resblocks.{layer}"
        found |= {
            f"{prefix}.attn.in_proj_weight": [3 * width, width],
            f"{prefix}.attn.in_proj_bias": [3 * width],
            f"{prefix}.attn.out_proj.weight": [width, width],
            f"{prefix}.attn.out_proj.bias": [width],
            f"{prefix}.ln_1.weight": [width],
            f"{prefix}.ln_1.bias": [width],
            f"{prefix}.ln_2.weight": [width],
            f"{prefix}.ln_2.bias": [width],
            f"{prefix}.mlp.c_fc.weight": [4 * width, width],
            f"{prefix}.mlp.c_fc.bias": [4 * width],
            f"{prefix}.mlp.c_proj.weight": [width, 4 * width],
            f"{prefix}.mlp.c_proj.bias": [width],
        }
    return found


def original_flux(diffusers: Layout, *, guidance: bool) -> Layout:
    """Flux's transformer in Black Forest Labs' naming (flux/model.py), checked by diffusers."""
    width, mlp = 3072, 4 * 3072
    found: Layout = {"img_in.weight": [width, 64], "img_in.bias": [width]}
    found |= {"txt_in.weight": [width, 4096], "txt_in.bias": [width]}
    embedders = [
        ("time_in", 256),
        ("vector_in", 768),
        *([("guidance_in", 256)] if guidance else []),
    ]
    for name, inputs in embedders:
        found |= {f"{name}.in_layer.weight": [width, inputs], f"{name}.in_layer.bias": [width]}
        found |= {f"{name}.out_layer.weight": [width, width], f"{name}.out_layer.bias": [width]}
    for block in range(19):
        for side in ("img", "txt"):
            prefix = f"double_blocks.{block}.{side}"
            for name, rows, columns in (
                ("mod.lin", 6 * width, width),
                ("attn.qkv", 3 * width, width),
                ("attn.proj", width, width),
                ("mlp.0", mlp, width),
                ("mlp.2", width, mlp),
            ):
                found |= {
                    f"{prefix}_{name}.weight": [rows, columns],
                    f"{prefix}_{name}.bias": [rows],
                }
            found |= {f"{prefix}_attn.norm.{which}_norm.scale": [128] for which in ("query", "key")}
    for block in range(38):
        prefix = f"single_blocks.{block}"
        for name, rows, columns in (
            ("modulation.lin", 3 * width, width),
            ("linear1", 3 * width + mlp, width),
            ("linear2", width, width + mlp),
        ):
            found |= {f"{prefix}.{name}.weight": [rows, columns], f"{prefix}.{name}.bias": [rows]}
        found |= {f"{prefix}.norm.{which}_norm.scale": [128] for which in ("query", "key")}
    found |= {"final_layer.linear.weight": [64, width], "final_layer.linear.bias": [64]}
    found |= {"final_layer.adaLN_modulation.1.weight": [2 * width, width]}
    found |= {"final_layer.adaLN_modulation.1.bias": [2 * width]}
    if not guidance:
        tensors = {key: torch.empty(shape, device="meta") for key, shape in found.items()}
        back = convert.convert_flux_transformer_checkpoint_to_diffusers(tensors)
        assert {key: list(value.shape) for key, value in back.items()} == diffusers
    return found


def main() -> None:
    """Write the file."""
    with torch.device("meta"):
        layouts = diffusers_layouts()
        unets = {
            "sd1": UNet2DConditionModel(cross_attention_dim=768),
            "sd2": UNet2DConditionModel(
                cross_attention_dim=1024,
                attention_head_dim=[5, 10, 20, 20],
                use_linear_projection=True,
            ),
            "sdxl": UNet2DConditionModel(**SDXL),
            "sdxl_refiner": UNet2DConditionModel(**REFINER),
        }
        for name, unet in unets.items():
            layouts[f"original_unet_{name}"] = checked_unet(name, layouts[f"unet_{name}"], unet)
        layouts["original_vae_4"] = checked_vae(layouts["vae_4"], vae(4, quant=True))
        layouts["open_clip_h"] = open_clip(1024, 24)
        layouts["open_clip_g"] = open_clip(1280, 32)
        schnell = layouts["transformer_flux_schnell"]
        layouts["original_flux_schnell"] = original_flux(schnell, guidance=False)
        layouts["original_flux_dev"] = original_flux(schnell, guidance=True)
    text = json.dumps(layouts, separators=(",", ":"))
    TARGET.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()

"""The counted bytes are those that diffusers and transformers then hold, to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from studio.models.estimate import weight_bytes
from studio.models.identify import identify

if TYPE_CHECKING:
    from diffusers import DiffusionPipeline


def held_bytes(module: Any) -> int:
    """Bytes of everything that the module would save: weights once, and kept buffers."""
    tensors = {**dict(module.named_parameters()), **module.state_dict()}
    return sum({t.data_ptr(): t.numel() * t.element_size() for t in tensors.values()}.values())


def clip_config(**changes: Any) -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        vocab_size=100,
        projection_dim=32,
        **changes,
    )


def tokenizer(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text('{"<|startoftext|>": 0, "<|endoftext|>": 1, "a</w>": 2}')
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))


def stable_diffusion(folder: Path) -> DiffusionPipeline:
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextModel

    return StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(8, 16),
            norm_num_groups=4,
            latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
        ),
        text_encoder=CLIPTextModel(clip_config()),
        tokenizer=tokenizer(folder / "words"),
        unet=UNet2DConditionModel(
            block_out_channels=(8, 16),
            norm_num_groups=4,
            cross_attention_dim=32,
            attention_head_dim=2,
            sample_size=16,
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        ),
        scheduler=DDIMScheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def flux(folder: Path) -> DiffusionPipeline:
    from diffusers import (
        AutoencoderKL,
        FlowMatchEulerDiscreteScheduler,
        FluxPipeline,
        FluxTransformer2DModel,
    )
    from transformers import CLIPTextModel, T5Config, T5EncoderModel

    words = tokenizer(folder / "words")
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKL(
            block_out_channels=(8, 16),
            norm_num_groups=4,
            latent_channels=4,
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=CLIPTextModel(clip_config()),
        tokenizer=words,
        text_encoder_2=T5EncoderModel(
            T5Config(
                d_model=32,
                d_ff=64,
                d_kv=16,
                num_heads=2,
                num_layers=2,
                vocab_size=100,
                feed_forward_proj="gated-gelu",
            )
        ),
        tokenizer_2=words,
        transformer=FluxTransformer2DModel(
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            axes_dims_rope=(4, 4, 8),
            in_channels=16,
        ),
    )


@pytest.mark.parametrize("data_type", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("build", [stable_diffusion, flux])
def test_counted_bytes_are_those_that_are_loaded(
    tmp_path: Path, build: Any, data_type: str
) -> None:
    import torch
    from diffusers import DiffusionPipeline

    folder = tmp_path / "model"
    build(tmp_path).save_pretrained(folder)
    model = identify(folder)
    assert {component.stored_data_type for component in model.components} == {"float32"}
    loaded = DiffusionPipeline.from_pretrained(folder, dtype=getattr(torch, data_type))
    counted = {
        component.name: weight_bytes(component, data_type)  # type: ignore[arg-type]
        for component in model.components
    }
    assert counted == {name: held_bytes(getattr(loaded, name)) for name in counted}
    assert {c.name: c.parameters for c in model.components} == {
        name: sum(p.numel() for p in getattr(loaded, name).parameters()) for name in counted
    }

"""Tiny pipelines of the real classes with random weights, saved as folders of the hub are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def save_tokenizer(folder: Path) -> None:
    """Write a CLIP tokenizer whose vocabulary is single letters and a few words."""
    from transformers import CLIPTokenizer

    letters = [chr(code) for code in range(33, 127)]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizer(
        vocab=str(folder / "vocab.json"),
        merges=str(folder / "merges.txt"),
        model_max_length=77,
    ).save_pretrained(folder)


def tokenizer(folder: Path) -> Any:
    """Return the tokenizer that ``save_tokenizer`` writes."""
    from transformers import CLIPTokenizer

    save_tokenizer(folder)
    return CLIPTokenizer.from_pretrained(folder)


def clip_config(*, projection: int = 16, **changes: Any) -> Any:
    from transformers import CLIPTextConfig

    options: dict[str, Any] = {
        "vocab_size": 190,
        "bos_token_id": 188,
        "eos_token_id": 189,
        "pad_token_id": 189,
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_attention_heads": 2,
        "num_hidden_layers": 3,
        "projection_dim": projection,
        "max_position_embeddings": 77,
    }
    return CLIPTextConfig(**(options | changes))


def vae(latent_channels: int = 4, **changes: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=latent_channels,
        norm_num_groups=4,
        sample_size=64,
        **changes,
    )


def unet(**changes: Any) -> Any:
    from diffusers import UNet2DConditionModel

    options: dict[str, Any] = {
        "sample_size": 8,
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (8, 16),
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "layers_per_block": 1,
        "cross_attention_dim": 16,
        "attention_head_dim": 2,
        "norm_num_groups": 4,
    }
    return UNet2DConditionModel(**(options | changes))


def noise_scheduler(**changes: Any) -> Any:
    from diffusers import PNDMScheduler

    return PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        skip_prk_steps=True,
        steps_offset=1,
        **changes,
    )


def save_stable_diffusion(folder: Path, *, dtype: Any = None, scheduler: Any = None) -> Path:
    """Write a Stable Diffusion 1 pipeline of some ten thousand weights."""
    import torch
    from diffusers import StableDiffusionPipeline
    from transformers import CLIPTextModel

    torch.manual_seed(0)
    pipeline = StableDiffusionPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(clip_config()),
        tokenizer=tokenizer(folder / "tokenizer"),
        unet=unet(),
        scheduler=scheduler or noise_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return _save(pipeline, folder, dtype)


def save_inpainting(folder: Path) -> Path:
    """Write a Stable Diffusion 1 pipeline whose denoiser sees mask and masked picture too."""
    import torch
    from diffusers import StableDiffusionInpaintPipeline
    from transformers import CLIPTextModel

    torch.manual_seed(5)
    pipeline = StableDiffusionInpaintPipeline(
        vae=vae(),
        text_encoder=CLIPTextModel(clip_config()),
        tokenizer=tokenizer(folder / "tokenizer"),
        unet=unet(in_channels=9),
        scheduler=noise_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return _save(pipeline, folder, None)


def save_flux_fill(folder: Path) -> Path:
    """Write a Flux Fill pipeline, whose transformer sees mask and masked picture too."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxFillPipeline, FluxTransformer2DModel
    from transformers import CLIPTextModel, T5Config, T5EncoderModel

    torch.manual_seed(6)
    pipeline = FluxFillPipeline(
        # 64 packed latents, 64 of the masked picture, and 8 x 8 x 4 of the mask.
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=64 + 64 + 256,
            out_channels=64,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=16,
            guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae(16, shift_factor=0.1159, scaling_factor=0.3611),
        text_encoder=CLIPTextModel(clip_config()),
        tokenizer=tokenizer(folder / "tokenizer"),
        text_encoder_2=T5EncoderModel(
            T5Config(vocab_size=190, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4)
        ),
        tokenizer_2=word_tokenizer(),
    )
    return _save(pipeline, folder, None)


def save_sdxl(folder: Path, *, refiner: bool = False, dtype: Any = None) -> Path:
    """Write an SDXL base, or its refiner, with the same second text encoder and VAE."""
    import torch
    from diffusers import (
        EulerDiscreteScheduler,
        StableDiffusionXLImg2ImgPipeline,
        StableDiffusionXLPipeline,
    )
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    torch.manual_seed(1)
    second = CLIPTextModelWithProjection(clip_config(hidden_act="gelu"))
    decoder = vae(scaling_factor=0.13025, force_upcast=True)
    times = 5 if refiner else 6
    denoiser = unet(
        attention_head_dim=(2, 2),
        transformer_layers_per_block=(1, 1),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=16 + 8 * times,
        cross_attention_dim=16 if refiner else 32,
    )
    parts: dict[str, Any] = {
        "vae": decoder,
        "unet": denoiser,
        "text_encoder_2": second,
        "tokenizer_2": tokenizer(folder / "tokenizer_2"),
        "scheduler": EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1
        ),
    }
    if refiner:
        pipeline: Any = StableDiffusionXLImg2ImgPipeline(
            text_encoder=None,
            tokenizer=None,
            requires_aesthetics_score=True,
            force_zeros_for_empty_prompt=False,
            add_watermarker=False,
            **parts,
        )
    else:
        pipeline = StableDiffusionXLPipeline(
            text_encoder=CLIPTextModel(clip_config()),
            tokenizer=tokenizer(folder / "tokenizer"),
            add_watermarker=False,
            **parts,
        )
    return _save(pipeline, folder, dtype)


def save_stable_diffusion_3(folder: Path, *, patch_size: int = 1) -> Path:
    """Write an SD3 pipeline without its T5 encoder, as many artists install it."""
    import torch
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3Transformer2DModel,
        StableDiffusion3Pipeline,
    )
    from transformers import CLIPTextModelWithProjection

    torch.manual_seed(2)
    pipeline = StableDiffusion3Pipeline(
        transformer=SD3Transformer2DModel(
            sample_size=8,
            patch_size=patch_size,
            in_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=2,
            joint_attention_dim=32,
            caption_projection_dim=16,
            pooled_projection_dim=32,
            out_channels=16,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(16, shift_factor=0.0609, scaling_factor=1.5305),
        text_encoder=CLIPTextModelWithProjection(clip_config()),
        tokenizer=tokenizer(folder / "tokenizer"),
        text_encoder_2=CLIPTextModelWithProjection(clip_config()),
        tokenizer_2=tokenizer(folder / "tokenizer_2"),
        text_encoder_3=None,
        tokenizer_3=None,
    )
    return _save(pipeline, folder, None)


def save_flux(folder: Path) -> Path:
    """Write a guidance-distilled Flux pipeline with CLIP and T5."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import CLIPTextModel, T5Config, T5EncoderModel

    torch.manual_seed(3)
    pipeline = FluxPipeline(
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=64,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=16,
            guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae(16, shift_factor=0.1159, scaling_factor=0.3611),
        text_encoder=CLIPTextModel(clip_config()),
        tokenizer=tokenizer(folder / "tokenizer"),
        text_encoder_2=T5EncoderModel(
            T5Config(vocab_size=190, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4)
        ),
        tokenizer_2=word_tokenizer(),
    )
    return _save(pipeline, folder, None)


def word_tokenizer() -> Any:
    """Return a tokenizer of whole words in the place of T5's."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", "a", "red", "cat", "dog", "in", "the", "meadow"]
    core = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=32,
    )


def save_lora(
    folder: Path,
    model: Path,
    *,
    strength: float = 1.0,
    targets: tuple[str, ...] = ("to_q", "to_k", "to_v", "to_out.0"),
) -> Path:
    """Write a LoRA for layers of a model's denoiser, with weights that change pictures."""
    import torch
    from diffusers import StableDiffusionPipeline, UNet2DConditionModel
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    torch.manual_seed(4)
    denoiser = UNet2DConditionModel.from_pretrained(model, subfolder="unet")
    denoiser.add_adapter(LoraConfig(r=2, target_modules=list(targets)))
    weights = get_peft_model_state_dict(denoiser)
    weights = {name: torch.randn_like(value) * strength for name, value in weights.items()}
    StableDiffusionPipeline.save_lora_weights(folder, unet_lora_layers=weights)
    return folder / "pytorch_lora_weights.safetensors"


def _save(pipeline: Any, folder: Path, dtype: Any) -> Path:
    if dtype is not None:
        pipeline.to(dtype=dtype)
    pipeline.save_pretrained(folder)
    return folder

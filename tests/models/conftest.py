"""Model files with the real headers of published models and not one stored value.

The files have their full size (SDXL's is 6.9 GB) but are sparse: the disk holds the header only.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from studio.api.plans import DeviceInfo
from studio.models.installed import InstalledModel

Layout = Mapping[str, Sequence[int]]

BYTES = {"F32": 4, "F16": 2, "BF16": 2, "I64": 8, "F8_E4M3": 1}

TOKENIZER = ["transformers", "CLIPTokenizer"]

# Family -> (pipeline class, {component: (library, class, layout, configuration)}); configurations
# are the published ones as far as the studio reads them.
VAE_4 = {"block_out_channels": [128, 256, 512, 512], "sample_size": 512}
PIPELINES: dict[str, tuple[str, dict[str, tuple[str, str, str, dict[str, Any]]]]] = {
    "sd1": (
        "StableDiffusionPipeline",
        {
            "text_encoder": ("transformers", "CLIPTextModel", "clip_l", {}),
            "unet": (
                "diffusers",
                "UNet2DConditionModel",
                "unet_sd1",
                {"cross_attention_dim": 768, "sample_size": 64, "in_channels": 4},
            ),
            "vae": ("diffusers", "AutoencoderKL", "vae_4", VAE_4),
        },
    ),
    "sd2": (
        "StableDiffusionPipeline",
        {
            "text_encoder": ("transformers", "CLIPTextModel", "clip_h", {}),
            "unet": (
                "diffusers",
                "UNet2DConditionModel",
                "unet_sd2",
                {"cross_attention_dim": 1024, "sample_size": 96, "in_channels": 4},
            ),
            "vae": ("diffusers", "AutoencoderKL", "vae_4", VAE_4),
        },
    ),
    "sdxl": (
        "StableDiffusionXLPipeline",
        {
            "text_encoder": ("transformers", "CLIPTextModel", "clip_l", {}),
            "text_encoder_2": ("transformers", "CLIPTextModelWithProjection", "clip_g", {}),
            "unet": (
                "diffusers",
                "UNet2DConditionModel",
                "unet_sdxl",
                {"cross_attention_dim": 2048, "sample_size": 128, "in_channels": 4},
            ),
            "vae": (
                "diffusers",
                "AutoencoderKL",
                "vae_4",
                {**VAE_4, "sample_size": 1024, "force_upcast": True},
            ),
        },
    ),
    "sdxl_refiner": (
        "StableDiffusionXLImg2ImgPipeline",
        {
            "text_encoder_2": ("transformers", "CLIPTextModelWithProjection", "clip_g", {}),
            "unet": (
                "diffusers",
                "UNet2DConditionModel",
                "unet_sdxl_refiner",
                {"cross_attention_dim": 1280, "sample_size": 128, "in_channels": 4},
            ),
            "vae": (
                "diffusers",
                "AutoencoderKL",
                "vae_4",
                {**VAE_4, "sample_size": 1024, "force_upcast": True},
            ),
        },
    ),
    "sd3": (
        "StableDiffusion3Pipeline",
        {
            "text_encoder": (
                "transformers",
                "CLIPTextModelWithProjection",
                "clip_l_projection",
                {},
            ),
            "text_encoder_2": ("transformers", "CLIPTextModelWithProjection", "clip_g", {}),
            "text_encoder_3": ("transformers", "T5EncoderModel", "t5_xxl", {}),
            "transformer": (
                "diffusers",
                "SD3Transformer2DModel",
                "transformer_sd3_medium",
                {"num_attention_heads": 24, "attention_head_dim": 64, "patch_size": 2},
            ),
            "vae": ("diffusers", "AutoencoderKL", "vae_16", VAE_4),
        },
    ),
    "flux": (
        "FluxPipeline",
        {
            "text_encoder": ("transformers", "CLIPTextModel", "clip_l", {}),
            "text_encoder_2": ("transformers", "T5EncoderModel", "t5_xxl", {}),
            "transformer": (
                "diffusers",
                "FluxTransformer2DModel",
                "transformer_flux_schnell",
                {
                    "num_attention_heads": 24,
                    "attention_head_dim": 128,
                    "patch_size": 1,
                    "guidance_embeds": False,
                },
            ),
            "vae": ("diffusers", "AutoencoderKL", "vae_16", VAE_4),
        },
    ),
}


class ModelMaker:
    """Writes model files and folders from the published layouts."""

    def __init__(self, layouts: Mapping[str, Layout]) -> None:
        self.layouts = layouts

    def layout(self, **parts: str) -> dict[str, Sequence[int]]:
        """Join layouts; each keyword is a layout's name, its value the prefix of its keys."""
        return {
            f"{prefix}{key}": shape
            for name, prefix in parts.items()
            for key, shape in self.layouts[name].items()
        }

    def checkpoint(
        self,
        path: Path,
        layout: Layout,
        *,
        dtype: str = "F16",
        metadata: Mapping[str, str] | None = None,
        missing: int = 0,
    ) -> Path:
        """Write a safetensors file with this layout; ``missing`` bytes are cut off its end."""
        header: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
        position = 0
        for key, shape in layout.items():
            count = BYTES[dtype]
            for size in shape:
                count *= size
            header[key] = {
                "dtype": dtype,
                "shape": list(shape),
                "data_offsets": [position, position + count],
            }
            position += count
        raw = json.dumps(header).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(len(raw).to_bytes(8, "little") + raw)
            file.truncate(8 + len(raw) + position - missing)
        return path

    def pipeline(self, folder: Path, family: str, *, dtype: str = "F16", variant: str = "") -> Path:
        """Write a whole model in the diffusers layout, at its published size."""
        class_name, components = PIPELINES[family]
        index: dict[str, object] = {
            "_class_name": class_name,
            "_diffusers_version": "0.42.0",
            "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        }
        self.json(folder / "scheduler" / "scheduler_config.json", {})
        for name, (library, kind, layout, configuration) in components.items():
            index[name] = [library, kind]
            if name.startswith("text_encoder"):
                tokenizer = name.replace("text_encoder", "tokenizer")
                index[tokenizer] = TOKENIZER
                self.json(folder / tokenizer / "vocab.json", {})
            self.json(folder / name / "config.json", {"_class_name": kind, **configuration})
            stem = "model" if library == "transformers" else "diffusion_pytorch_model"
            dotted = f".{variant}" if variant else ""
            self.checkpoint(
                folder / name / f"{stem}{dotted}.safetensors", self.layouts[layout], dtype=dtype
            )
        self.json(folder / "model_index.json", index)
        return folder

    def small_pipeline(self, folder: Path, *, width: int = 32, text_width: int = 64) -> Path:
        """Write a complete tiny Stable-Diffusion-like folder of some kilobytes."""
        pipeline = {
            "_class_name": "StableDiffusionPipeline",
            "text_encoder": ["transformers", "CLIPTextModel"],
            "tokenizer": TOKENIZER,
            "scheduler": ["diffusers", "DDIMScheduler"],
            "unet": ["diffusers", "UNet2DConditionModel"],
            "vae": ["diffusers", "AutoencoderKL"],
            "safety_checker": [None, None],
            "requires_safety_checker": False,
        }
        self.json(folder / "model_index.json", pipeline)
        self.json(folder / "scheduler" / "scheduler_config.json", {})
        self.json(folder / "tokenizer" / "vocab.json", {})
        self.json(folder / "text_encoder" / "config.json", {"hidden_size": text_width})
        self.json(
            folder / "unet" / "config.json",
            {"cross_attention_dim": text_width, "sample_size": 16, "in_channels": 4},
        )
        self.json(folder / "vae" / "config.json", {"block_out_channels": [8, 16, 32, 32]})
        self.checkpoint(
            folder / "text_encoder" / "model.safetensors",
            {"text_model.embeddings.token_embedding.weight": [100, text_width]},
        )
        self.checkpoint(
            folder / "unet" / "diffusion_pytorch_model.safetensors",
            {"conv_in.weight": [width, 4, 3, 3], "conv_in.bias": [width]},
        )
        self.checkpoint(
            folder / "vae" / "diffusion_pytorch_model.safetensors",
            {"decoder.conv_in.weight": [32, 4, 3, 3]},
        )
        return folder

    @staticmethod
    def json(path: Path, value: object) -> Path:
        """Write a JSON file and its folders."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
        return path


@pytest.fixture(scope="session")
def maker() -> ModelMaker:
    """Writes model files from published layouts."""
    packed = Path(__file__).with_name("layouts.json.xz").read_bytes()
    return ModelMaker(json.loads(lzma.decompress(packed)))


@pytest.fixture(scope="session")
def published(
    maker: ModelMaker, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, InstalledModel]:
    """Every family's published model, as the studio recognises it."""
    from studio.models.identify import identify

    folder = tmp_path_factory.mktemp("published")
    return {
        family: identify(maker.pipeline(folder / family, family), model_id=family)
        for family in PIPELINES
    }


@pytest.fixture
def gpu() -> DeviceInfo:
    """A graphics card that computes in half precision."""
    return DeviceInfo(
        id="cuda:0",
        kind="cuda",
        name="Card",
        total_bytes=8 * 2**30,
        free_bytes=8 * 2**30,
        data_type="float16",
    )

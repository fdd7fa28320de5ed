"""Model folders for tests that never load them: real layout and headers, a few real bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

COMPONENTS = {
    "unet": ("diffusers", "UNet2DConditionModel", "diffusion_pytorch_model"),
    "vae": ("diffusers", "AutoencoderKL", "diffusion_pytorch_model"),
    "text_encoder": ("transformers", "CLIPTextModel", "model"),
}


def write_model_folder(folder: Path, *, title: str = "Paper model") -> Path:
    """Write a Stable Diffusion folder whose weights are a few kilobytes of zeros."""
    index = {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.0"}
    index |= {name: [library, kind] for name, (library, kind, _) in COMPONENTS.items()}
    index |= {
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }
    for name, (_, kind, stem) in COMPONENTS.items():
        part = folder / name
        part.mkdir(parents=True)
        config = {"_class_name": kind, "sample_size": 8, "cross_attention_dim": 768}
        (part / "config.json").write_text(json.dumps(config))
        save_file({"weight": np.zeros((64, 16), np.float16)}, part / f"{stem}.safetensors")
    for name in ("tokenizer", "scheduler"):
        (folder / name).mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    (folder / "tokenizer" / "vocab.json").write_text("{}")
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\n")
    (folder / "model_index.json").write_text(json.dumps(index))
    defaults = {"width": 64, "height": 64, "steps": 4, "guidance_scale": 5.0}
    (folder / "atelier.json").write_text(json.dumps({"title": title, "default": defaults}))
    return folder


def write_language_folder(folder: Path, *, template: bool = True) -> Path:
    """Write a language model's folder whose weights are a few kilobytes of zeros."""
    folder.mkdir(parents=True)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "vocab_size": 64,
        "max_position_embeddings": 256,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    if template:
        (folder / "chat_template.jinja").write_text("{{ messages }}")
    save_file({"lm_head.weight": np.zeros((64, 16), np.float16)}, folder / "model.safetensors")
    return folder

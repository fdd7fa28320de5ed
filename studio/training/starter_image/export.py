"""Writes the trained parts as a Stable Diffusion folder that diffusers loads without a network."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer

from studio.training.progress import load_state
from studio.training.starter_image.autoencoder import STREAM_SEED, pictures_of
from studio.training.starter_image.codec import latents_of
from studio.training.starter_image.denoiser import NOISE
from studio.training.starter_image.shape import (
    Shape,
    build_autoencoder,
    build_denoiser,
    build_text_model,
)
from studio.training.starter_image.text import learn_vocabulary

STAGES = ("text", "decoder", "denoiser", "enlarge", "encoder")
"""The stages in their order; each leaves its checkpoint in the run's folder under its name."""

STEPS, GUIDANCE_SCALE = 20, 5.0
GRID_PROMPTS = (
    "a red mushroom in a green meadow",
    "two blue boats on the sea at sunset",
    "a black cat in the snow",
    "a large yellow sun in the mountains",
    "a purple castle in the desert at night",
    "a white rabbit in the forest",
    "a green car in the city",
    "a red heart on a pink background",
    "an orange fish on a blue background",
    "a small house on the beach at sunset",
    "a blue robot and a red apple on the grass",
    "a green tree",
)


def untrained_parts(
    shape: Shape, run: Path
) -> tuple[CLIPTokenizer, CLIPTextModel, UNet2DConditionModel, AutoencoderKL]:
    """Return the tokenizer of ``run`` and freshly built models of ``shape``."""
    tokenizer = learn_vocabulary(shape, run / "tokenizer")
    text_model = build_text_model(
        shape, len(tokenizer), int(tokenizer.bos_token_id), int(tokenizer.eos_token_id)
    )
    return tokenizer, text_model, build_denoiser(shape), build_autoencoder(shape)


def pipeline_of(shape: Shape, run: Path) -> StableDiffusionPipeline:
    """Return the pipeline, float32, from the newest checkpoints of ``run``."""
    tokenizer, text_model, denoiser, autoencoder = untrained_parts(shape, run)
    parts = load_state(run / "text.pt")["parts"]
    prefix = "model."
    text_model.load_state_dict(
        {name.removeprefix(prefix): value for name, value in parts.items() if prefix in name[:6]}
    )
    denoiser.load_state_dict(load_state(run / "denoiser.pt")["average"])
    autoencoder.load_state_dict(load_state(run / "encoder.pt")["model"])
    return assembled(tokenizer, text_model, denoiser, autoencoder)


def assembled(
    tokenizer: CLIPTokenizer,
    text_model: CLIPTextModel,
    denoiser: UNet2DConditionModel,
    autoencoder: AutoencoderKL,
) -> StableDiffusionPipeline:
    """Return the pipeline of these parts."""
    autoencoder.register_to_config(scaling_factor=1.0)
    return StableDiffusionPipeline(
        vae=autoencoder.eval(),
        text_encoder=text_model.eval(),
        tokenizer=tokenizer,
        unet=denoiser.eval(),
        scheduler=DPMSolverMultistepScheduler(
            **NOISE, algorithm_type="dpmsolver++", solver_order=2, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def latent_rgb_map(autoencoder: AutoencoderKL, shape: Shape) -> dict[str, list[object]]:
    """Fit RGB in 0..1 to latents by least squares; ``factors`` has one [r, g, b] a channel.

    The fit is of what the decoder draws, averaged over a latent cell, so a preview costs one small
    matrix product.
    """
    pictures = pictures_of(0, 48, shape.picture, STREAM_SEED + 2)
    latents = torch.from_numpy(latents_of(pictures, shape.cell))
    with torch.no_grad():
        drawn = autoencoder.decode(latents).sample
    colours = torch.nn.functional.avg_pool2d(drawn, shape.cell).clamp(-1, 1).add(1).div(2)
    flat = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    design = torch.cat([flat, torch.ones(len(flat), 1)], dim=1)
    solution = torch.linalg.lstsq(design, colours.permute(0, 2, 3, 1).reshape(-1, 3)).solution
    rows = [[round(value, 5) for value in row] for row in solution.tolist()]
    return {"factors": rows[:-1], "bias": rows[-1]}


def draw_grid(
    pipeline: StableDiffusionPipeline,
    prompts: tuple[str, ...],
    seed: int,
    columns: int = 6,
    steps: int = STEPS,
) -> Image.Image:
    """Return a sheet with one picture a prompt, each from ``seed``."""
    pipeline.set_progress_bar_config(disable=True)
    pictures = [
        pipeline(
            prompt,
            num_inference_steps=steps,
            guidance_scale=GUIDANCE_SCALE,
            generator=torch.Generator().manual_seed(seed),
        ).images[0]
        for prompt in prompts
    ]
    return sheet_of(pictures, columns)


def sheet_of(pictures: list[Image.Image], columns: int) -> Image.Image:
    """Return a sheet of equally large pictures, row by row."""
    width, height = pictures[0].size
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), (255, 255, 255))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (index % columns * width, index // columns * height))
    return sheet


def export(shape: Shape, run: Path, folder: Path) -> None:
    """Write the pipeline of ``run`` to ``folder`` as fp16 safetensors, with atelier.json beside."""
    pipeline = pipeline_of(shape, run)
    facts = {
        "title": "Thumbnail",
        "summary": "A small model trained from scratch: simple flat pictures, offline, in seconds.",
        "licence": "Apache-2.0",
        "latent_rgb": latent_rgb_map(pipeline.vae, shape),
        "default": {
            "width": shape.picture,
            "height": shape.picture,
            "steps": STEPS,
            "guidance_scale": GUIDANCE_SCALE,
        },
    }
    for part in (pipeline.vae, pipeline.unet, pipeline.text_encoder):
        part.half()
    pipeline.save_pretrained(str(folder), safe_serialization=True)
    source = run / "tokenizer"
    for name in ("vocab.json", "merges.txt"):
        (folder / "tokenizer" / name).write_bytes((source / name).read_bytes())
    for weights in folder.rglob("*.safetensors"):
        weights.chmod(0o644)
    (folder / "atelier.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")

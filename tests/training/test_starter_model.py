"""The starter model that ships with the studio: small, offline, and it draws what is asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors import safe_open

from studio.training.starter_image.export import latent_rgb_map
from studio.training.starter_image.shape import Shape

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "starter" / "thumbnail"
MAX_BYTES = 60_000_000


@pytest.fixture(scope="module")
def pipeline() -> StableDiffusionPipeline:
    """The shipped pipeline, float32, as an artist's machine loads it."""
    loaded = StableDiffusionPipeline.from_pretrained(
        str(FOLDER), torch_dtype=torch.float32, local_files_only=True
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


def draw(pipeline: StableDiffusionPipeline, prompt: str, seed: int) -> np.ndarray:
    """Return the picture of ``prompt`` as float (256, 256, 3) in 0..255."""
    picture = pipeline(
        prompt,
        num_inference_steps=12,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(seed),
    ).images[0]
    assert picture.size == (256, 256)
    return np.asarray(picture, np.float32)


def test_it_is_small_and_in_half_precision() -> None:
    assert sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file()) < MAX_BYTES
    for file in FOLDER.rglob("*.safetensors"):
        with safe_open(file, framework="pt") as tensors:
            names = list(tensors.keys())
            kinds = {tensors.get_slice(name).get_dtype() for name in names}
        assert kinds <= {"F16", "I64"}, file


def test_a_red_mushroom_in_a_green_meadow(pipeline: StableDiffusionPipeline) -> None:
    picture = draw(pipeline, "a red mushroom in a green meadow", seed=1)
    neighbours = np.abs(np.diff(picture, axis=0)).mean()
    assert 15 < picture.std() < 110
    assert neighbours < 15, "noise differs far more from pixel to pixel"
    sky, ground = picture[:60].mean(axis=(0, 1)), picture[224:].mean(axis=(0, 1))
    assert sky[2] > sky[0], "the sky is blue"
    assert ground[1] > ground[0], "the meadow is green"
    assert ground[1] > ground[2], "the meadow is green"
    middle = picture[100:200, 80:176]
    assert (middle[..., 0] - middle[..., 1] > 60).mean() > 0.15, "something red stands in it"


def test_the_prompt_decides_the_picture(pipeline: StableDiffusionPipeline) -> None:
    day = draw(pipeline, "a blue boat on the sea", seed=2)
    night = draw(pipeline, "a blue boat on the sea at night", seed=2)
    assert night[:80].mean() < day[:80].mean() - 60


def test_the_same_seed_gives_the_same_picture(pipeline: StableDiffusionPipeline) -> None:
    first = draw(pipeline, "a yellow star on a purple background", seed=3)
    assert np.array_equal(first, draw(pipeline, "a yellow star on a purple background", seed=3))
    assert not np.array_equal(first, draw(pipeline, "a yellow star on a purple background", seed=4))


def test_its_preview_colours_are_those_of_the_picture(pipeline: StableDiffusionPipeline) -> None:
    colours = latent_rgb_map(pipeline.vae, Shape())
    latents = pipeline(
        "a red house in the snow",
        num_inference_steps=12,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(5),
        output_type="latent",
    ).images
    with torch.no_grad():
        drawn = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample[0]
    small = torch.nn.functional.avg_pool2d(drawn, 16).clamp(-1, 1).add(1).div(2).permute(1, 2, 0)
    factors = torch.tensor(colours["factors"])
    preview = latents[0].permute(1, 2, 0) @ factors + torch.tensor(colours["bias"])
    assert (preview.clamp(0, 1) - small).abs().mean() < 0.06


def test_its_card_says_what_it_cannot_do() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "license: apache-2.0" in card
    assert "cannot" in card

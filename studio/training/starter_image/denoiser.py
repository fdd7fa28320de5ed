"""The denoiser: a UNet that learns to draw latents from captions, by v prediction."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from studio.training.progress import Budget, Checkpoint, LossLog, learning_rate, precision
from studio.training.starter_image.captions import caption
from studio.training.starter_image.codec import CELL, latents_of
from studio.training.starter_image.scene import Scene, random_scene, render, thing_box
from studio.training.starter_image.shape import Shape, build_denoiser
from studio.training.starter_image.text import token_ids

STREAM_SEED = 202
PEAK_RATE, FINAL_RATE, WARM_UP = 1e-3, 5e-5, 100
CAPTION_DROPOUT = 0.1
"""Share of samples trained without their caption, which classifier-free guidance needs."""

SUBJECT_WEIGHT = 2.5
"""How much more an error counts where the caption puts a subject than in the background."""

EMA_DECAY = 0.999
NOISE: dict[str, float | str | int | bool] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
"""The noise schedule, shared by training and by every sampler; it ends in pure noise (Lin et al.
2023), without which a night could not get dark."""


def _weights(scene: Scene, shape: Shape) -> np.ndarray:
    weights = np.ones((shape.latent, shape.latent), np.float32)
    for thing in scene.things:
        left, top, side = thing_box(thing, shape.picture, len(scene.things) > 1)
        x0, y0 = max(0, int(left // CELL)), max(0, int(top // CELL))
        x1, y1 = int((left + side) // CELL) + 1, int((top + side) // CELL) + 1
        weights[y0:y1, x0:x1] = SUBJECT_WEIGHT
    normalised: np.ndarray = weights / weights.mean()
    return normalised


def training_batch(first: int, count: int, shape: Shape) -> tuple[list[str], Tensor, Tensor]:
    """Return captions, latents (count, 4, h, w) and loss weights (count, 1, h, w)."""
    scenes = [random_scene(STREAM_SEED, first + index) for index in range(count)]
    pictures = np.stack([np.asarray(render(scene, shape.picture)) for scene in scenes])
    weights = np.stack([_weights(scene, shape) for scene in scenes])[:, None]
    return (
        [caption(scene, 0) for scene in scenes],
        torch.from_numpy(latents_of(pictures)),
        torch.from_numpy(weights),
    )


@torch.no_grad()
def _follow(average: UNet2DConditionModel, model: UNet2DConditionModel, step: int) -> None:
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def train_denoiser(
    shape: Shape,
    run: Path,
    budget: Budget,
    log: LossLog,
    device: torch.device,
    tokenizer: CLIPTokenizer,
    text_model: CLIPTextModel,
    batch: int = 32,
) -> UNet2DConditionModel:
    """Train until ``budget`` is spent and return the averaged UNet; goes on from ``run``."""
    torch.manual_seed(STREAM_SEED)
    text_model = text_model.to(device).eval().requires_grad_(False)
    model = build_denoiser(shape).to(device)
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    generator = torch.Generator().manual_seed(STREAM_SEED)
    parts = {"model": model, "average": average, "optimizer": optimizer}
    checkpoint = Checkpoint(run / "denoiser.pt", budget, generator)
    samples = checkpoint.restore(parts)
    schedule = DDPMScheduler(**NOISE)
    steps = int(schedule.config.num_train_timesteps)
    budget.start()
    while not budget.spent:
        rate = learning_rate(budget, PEAK_RATE, FINAL_RATE, WARM_UP)
        for group in optimizer.param_groups:
            group["lr"] = rate
        captions, latents, weights = training_batch(samples, batch, shape)
        dropped = torch.rand(batch, generator=generator) < CAPTION_DROPOUT
        captions = ["" if drop else text for text, drop in zip(captions, dropped, strict=True)]
        noise = torch.randn(latents.shape, generator=generator)
        offsets = torch.rand(1, generator=generator) + torch.arange(batch)
        times = (offsets / batch * steps).long().clamp(0, steps - 1)
        noisy = schedule.add_noise(latents, noise, times).to(device)
        wanted = schedule.get_velocity(latents, noise, times).to(device)
        with torch.no_grad():
            ids = token_ids(tokenizer, captions, shape.context).to(device)
            states = text_model(ids).last_hidden_state
        with precision(device):
            guess = model(noisy, times.to(device), states).sample.float()
        loss = (weights.to(device) * (guess - wanted) ** 2).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        _follow(average, model, budget.done_steps)
        budget.tick()
        samples += batch
        log.write("denoiser", budget, samples, loss.item())
        if checkpoint.is_due():
            checkpoint.save(parts, samples)
    return average

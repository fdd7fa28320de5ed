"""The denoiser: a UNet that learns to draw latents from captions, by v prediction."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTokenizer

from studio.training.progress import Budget, Rates, Session, follow, precision, train_stage
from studio.training.starter_image.captions import caption
from studio.training.starter_image.codec import latents_of
from studio.training.starter_image.scene import Scene, random_scene, render, thing_box
from studio.training.starter_image.shape import Shape, build_denoiser
from studio.training.starter_image.text import text_states

STREAM_SEED = 202
RATES = Rates(peak=1e-3, final=5e-5, warm_up=100)
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
        cell = shape.cell
        x0, y0 = max(0, int(left // cell)), max(0, int(top // cell))
        x1, y1 = int((left + side) // cell) + 1, int((top + side) // cell) + 1
        weights[y0:y1, x0:x1] = SUBJECT_WEIGHT
    normalised: np.ndarray = weights / weights.mean()
    return normalised


def training_batch(first: int, count: int, shape: Shape) -> tuple[list[str], Tensor, Tensor]:
    """Return captions, latents (count, 4, h, w) and loss weights (count, 1, h, w).

    The pictures are drawn at half size, which has the same latents and costs a quarter.
    """
    shape = shape.half
    scenes = [random_scene(STREAM_SEED, first + index) for index in range(count)]
    pictures = np.stack([np.asarray(render(scene, shape.picture)) for scene in scenes])
    weights = np.stack([_weights(scene, shape) for scene in scenes])[:, None]
    return (
        [caption(scene, 0) for scene in scenes],
        torch.from_numpy(latents_of(pictures, shape.cell)),
        torch.from_numpy(weights),
    )


def train_denoiser(
    shape: Shape,
    session: Session,
    budget: Budget,
    tokenizer: CLIPTokenizer,
    text_model: CLIPTextModel,
    batch: int = 32,
    at_checkpoint: Callable[[UNet2DConditionModel], None] | None = None,
) -> UNet2DConditionModel:
    """Train until ``budget`` is spent and return the averaged UNet; goes on from the run's folder.

    ``at_checkpoint`` is called with the averaged UNet each time the state was saved.
    """
    torch.manual_seed(STREAM_SEED)
    device = session.device
    text_model = text_model.to(device).eval().requires_grad_(False)
    model = build_denoiser(shape).to(device)
    average = copy.deepcopy(model).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=RATES.peak, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    generator = torch.Generator().manual_seed(STREAM_SEED)
    schedule = DDPMScheduler(**NOISE)
    steps = int(schedule.config.num_train_timesteps)

    def loss_of(samples: int) -> tuple[Tensor, int]:
        captions, latents, weights = training_batch(samples, batch, shape)
        dropped = torch.rand(batch, generator=generator) < CAPTION_DROPOUT
        captions = ["" if drop else text for text, drop in zip(captions, dropped, strict=True)]
        noise = torch.randn(latents.shape, generator=generator)
        offsets = torch.rand(1, generator=generator) + torch.arange(batch)
        times = (offsets / batch * steps).long().clamp(0, steps - 1)
        noisy = schedule.add_noise(latents, noise, times).to(device)
        wanted = schedule.get_velocity(latents, noise, times).to(device)
        states = text_states(text_model, tokenizer, captions, shape, device)
        with precision(device):
            guess = model(noisy, times.to(device), states).sample.float()
        return (weights.to(device) * (guess - wanted) ** 2).mean(), batch

    train_stage(
        "denoiser",
        session,
        budget,
        parts={"model": model, "average": average},
        optimizer=optimizer,
        rates=RATES,
        generator=generator,
        loss_of=loss_of,
        after_step=lambda: follow(average, model, budget.done_steps, EMA_DECAY),
        at_checkpoint=None if at_checkpoint is None else lambda: at_checkpoint(average),
    )
    return average

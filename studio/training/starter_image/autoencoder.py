"""The decoder learns to draw pictures from the closed-form latents, the encoder to imitate them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor

from studio.training.progress import Budget, Rates, Session, precision, train_stage
from studio.training.starter_image.codec import latents_of, picture_tensor
from studio.training.starter_image.scene import random_scene, render
from studio.training.starter_image.shape import Shape, build_autoencoder

STREAM_SEED = 101
"""Seed of the scenes that the autoencoder sees; the denoiser's scenes have another."""

ENCODER_SEED = 404
RATES = Rates(peak=2e-3, final=3e-5, warm_up=50)
LOG_VARIANCE = -8.0
"""Log variance that the encoder is taught: a spread of 0.02, far below what the decoder notices."""

LATENT_NOISE = 0.12
"""Largest spread of the noise added to latents, because a denoiser's latents are never exact."""

CROP_CELLS = 8
CROPPED_SHARE = 0.6
"""Part of the budget that trains on crops; the rest sees whole pictures, as generation does."""


def pictures_of(first: int, count: int, size: int, seed: int) -> np.ndarray:
    """Return scenes ``first`` .. ``first + count`` of stream ``seed`` as uint8 (count, h, w, 3)."""
    return np.stack(
        [np.asarray(render(random_scene(seed, first + index), size)) for index in range(count)]
    )


def reconstruction_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """Mean absolute error of pixels and of edges, plus a squared error of pixels.

    Flat drawings are mostly empty, so edges get their own terms in place of a perceptual network.
    """
    loss = functional.l1_loss(drawn, wanted) + functional.mse_loss(drawn, wanted)
    for axis in (2, 3):
        loss = loss + functional.l1_loss(drawn.diff(dim=axis), wanted.diff(dim=axis))
    return loss


def crops(pictures: Tensor, latents: Tensor, corners: Tensor, cell: int) -> tuple[Tensor, Tensor]:
    """Return the CROP_CELLS wide crops of pictures and latents at ``corners``.

    ``corners`` is int64 (count, 2), the top and left of each crop in cells.
    """
    side = CROP_CELLS * cell
    picture_crops = [
        picture[:, top * cell : top * cell + side, left * cell : left * cell + side]
        for picture, (top, left) in zip(pictures, corners.tolist(), strict=True)
    ]
    latent_crops = [
        latent[:, top : top + CROP_CELLS, left : left + CROP_CELLS]
        for latent, (top, left) in zip(latents, corners.tolist(), strict=True)
    ]
    return torch.stack(picture_crops), torch.stack(latent_crops)


def jittered(latents: Tensor, generator: torch.Generator) -> Tensor:
    """Return latents with noise of up to LATENT_NOISE, as a denoiser's are never exact."""
    spread = torch.rand((len(latents), 1, 1, 1), generator=generator) * LATENT_NOISE
    return latents + spread * torch.randn(latents.shape, generator=generator)


def train_decoder(shape: Shape, session: Session, budget: Budget, batch: int = 8) -> AutoencoderKL:
    """Train the decoder for half-size pictures until ``budget`` is spent; returns the autoencoder.

    Most of what a decoder must know is learned at half the size, for a quarter of the price.
    """
    shape, device = shape.half, session.device
    torch.manual_seed(STREAM_SEED)
    model = build_autoencoder(shape).to(device)
    parameters = [*model.decoder.parameters(), *model.post_quant_conv.parameters()]
    generator = torch.Generator().manual_seed(STREAM_SEED)

    def loss_of(samples: int) -> tuple[Tensor, int]:
        cropped = budget.fraction < CROPPED_SHARE and shape.latent > CROP_CELLS
        count = batch if cropped else max(1, batch // 2)
        drawn = pictures_of(samples, count, shape.picture, STREAM_SEED)
        pictures, latents = picture_tensor(drawn), torch.from_numpy(latents_of(drawn, shape.cell))
        if cropped:
            room = shape.latent - CROP_CELLS
            corners = torch.randint(0, room + 1, (count, 2), generator=generator)
            pictures, latents = crops(pictures, latents, corners, shape.cell)
        latents = jittered(latents, generator)
        with precision(device):
            guess = model.decode(latents.to(device)).sample.float()
        return reconstruction_loss(guess, pictures.to(device)), count

    train_stage(
        "decoder",
        session,
        budget,
        parts={"model": model},
        optimizer=torch.optim.AdamW(parameters, lr=RATES.peak, betas=(0.9, 0.97), fused=True),
        rates=RATES,
        generator=generator,
        loss_of=loss_of,
        at_checkpoint=lambda: write_pairs(model, shape, session.run / "decoder.png", device),
    )
    return model


def train_encoder(
    shape: Shape, session: Session, budget: Budget, model: AutoencoderKL, batch: int = 8
) -> AutoencoderKL:
    """Teach the encoder of ``model`` to give the closed-form latents, with next to no spread.

    Text to image does without it; changing or filling a picture starts from its latents.
    """
    device = session.device
    parameters = [*model.encoder.parameters(), *model.quant_conv.parameters()]
    model.to(device).requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)

    def loss_of(samples: int) -> tuple[Tensor, int]:
        count = max(1, batch // 2)
        drawn = pictures_of(samples, count, shape.picture, ENCODER_SEED)
        wanted = torch.from_numpy(latents_of(drawn, shape.cell)).to(device)
        with precision(device):
            posterior = model.encode(picture_tensor(drawn).to(device)).latent_dist
        loss = functional.smooth_l1_loss(posterior.mean.float(), wanted)
        spread = ((posterior.logvar.float() - LOG_VARIANCE) ** 2).mean()
        return loss + 1e-3 * spread, count

    train_stage(
        "encoder",
        session,
        budget,
        parts={"model": model},
        optimizer=torch.optim.AdamW(parameters, lr=RATES.peak, betas=(0.9, 0.97), fused=True),
        rates=RATES,
        generator=torch.Generator().manual_seed(ENCODER_SEED),
        loss_of=loss_of,
    )
    return model


@torch.no_grad()
def write_pairs(model: AutoencoderKL, shape: Shape, path: Path, device: torch.device) -> None:
    """Write a sheet: unseen pictures above, the decoder's drawing of their latents below."""
    unseen = pictures_of(0, 8, shape.picture, STREAM_SEED + 1)
    latents = torch.from_numpy(latents_of(unseen, shape.cell)).to(device)
    drawn = model.decode(latents).sample.cpu()
    rows = [torch.cat(list(rows), dim=2) for rows in (picture_tensor(unseen), drawn)]
    sheet = torch.cat(rows, dim=1).clamp(-1, 1).add(1).mul(127.5).round().byte()
    Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(path)

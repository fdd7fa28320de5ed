"""The decoder learns to draw pictures from the closed-form latents, the encoder to imitate them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor

from studio.training.progress import Budget, Checkpoint, LossLog, learning_rate, precision
from studio.training.starter_image.codec import CELL, latents_of, picture_tensor
from studio.training.starter_image.scene import random_scene, render
from studio.training.starter_image.shape import Shape, build_autoencoder

STREAM_SEED = 101
"""Seed of the scenes that the autoencoder sees; the denoiser's scenes have another."""

ENCODER_SEED = 404
PEAK_RATE, FINAL_RATE, WARM_UP = 2e-3, 3e-5, 50
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


def _crops(pictures: Tensor, latents: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return one crop of CROP_CELLS cells out of every picture, where the subjects mostly are."""
    room = latents.shape[-1] - CROP_CELLS
    if room <= 0:
        return pictures, latents
    tops = torch.randint(0, room + 1, (len(latents),), generator=generator).tolist()
    lefts = torch.randint(0, room + 1, (len(latents),), generator=generator).tolist()
    side = CROP_CELLS * CELL
    picture_crops = [
        picture[:, top * CELL : top * CELL + side, left * CELL : left * CELL + side]
        for picture, top, left in zip(pictures, tops, lefts, strict=True)
    ]
    latent_crops = [
        latent[:, top : top + CROP_CELLS, left : left + CROP_CELLS]
        for latent, top, left in zip(latents, tops, lefts, strict=True)
    ]
    return torch.stack(picture_crops), torch.stack(latent_crops)


def train_decoder(
    shape: Shape, run: Path, budget: Budget, log: LossLog, device: torch.device, batch: int = 8
) -> AutoencoderKL:
    """Train the decoder until ``budget`` is spent; goes on from ``run`` where it stopped."""
    torch.manual_seed(STREAM_SEED)
    model = build_autoencoder(shape).to(device)
    parameters = [*model.decoder.parameters(), *model.post_quant_conv.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=PEAK_RATE, betas=(0.9, 0.97), fused=True)
    generator = torch.Generator().manual_seed(STREAM_SEED)
    checkpoint = Checkpoint(run / "decoder.pt", budget, generator)
    samples = checkpoint.restore({"model": model, "optimizer": optimizer})
    budget.start()
    while not budget.spent:
        rate = learning_rate(budget, PEAK_RATE, FINAL_RATE, WARM_UP)
        for group in optimizer.param_groups:
            group["lr"] = rate
        cropped = budget.fraction < CROPPED_SHARE
        count = batch if cropped else max(1, batch // 2)
        drawn_pictures = pictures_of(samples, count, shape.picture, STREAM_SEED)
        pictures = picture_tensor(drawn_pictures)
        latents = torch.from_numpy(latents_of(drawn_pictures))
        if cropped:
            pictures, latents = _crops(pictures, latents, generator)
        spread = torch.rand((len(latents), 1, 1, 1), generator=generator) * LATENT_NOISE
        latents = latents + spread * torch.randn(latents.shape, generator=generator)
        with precision(device):
            drawn = model.decode(latents.to(device)).sample.float()
        loss = reconstruction_loss(drawn, pictures.to(device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        budget.tick()
        samples += count
        log.write("decoder", budget, samples, loss.item())
        if checkpoint.is_due():
            checkpoint.save({"model": model, "optimizer": optimizer}, samples)
            write_pairs(model, shape, run / "decoder.png", device)
    return model


def train_encoder(
    shape: Shape,
    run: Path,
    budget: Budget,
    log: LossLog,
    device: torch.device,
    model: AutoencoderKL,
    batch: int = 8,
) -> AutoencoderKL:
    """Teach the encoder of ``model`` to give the closed-form latents, with next to no spread.

    Text to image does without it; changing or filling a picture starts from its latents.
    """
    parameters = [*model.encoder.parameters(), *model.quant_conv.parameters()]
    model.to(device).requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)
    optimizer = torch.optim.AdamW(parameters, lr=PEAK_RATE, betas=(0.9, 0.97), fused=True)
    generator = torch.Generator().manual_seed(ENCODER_SEED)
    checkpoint = Checkpoint(run / "encoder.pt", budget, generator)
    samples = checkpoint.restore({"model": model, "optimizer": optimizer})
    budget.start()
    while not budget.spent:
        rate = learning_rate(budget, PEAK_RATE, FINAL_RATE, WARM_UP)
        for group in optimizer.param_groups:
            group["lr"] = rate
        count = max(1, batch // 2)
        drawn_pictures = pictures_of(samples, count, shape.picture, ENCODER_SEED)
        wanted = torch.from_numpy(latents_of(drawn_pictures)).to(device)
        with precision(device):
            posterior = model.encode(picture_tensor(drawn_pictures).to(device)).latent_dist
        loss = functional.smooth_l1_loss(posterior.mean.float(), wanted)
        loss = loss + 1e-3 * ((posterior.logvar.float() - LOG_VARIANCE) ** 2).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        budget.tick()
        samples += count
        log.write("encoder", budget, samples, loss.item())
        if checkpoint.is_due():
            checkpoint.save({"model": model, "optimizer": optimizer}, samples)
    return model


@torch.no_grad()
def write_pairs(model: AutoencoderKL, shape: Shape, path: Path, device: torch.device) -> None:
    """Write a sheet: unseen pictures above, the decoder's drawing of their latents below."""
    unseen = pictures_of(0, 8, shape.picture, STREAM_SEED + 1)
    drawn = model.decode(torch.from_numpy(latents_of(unseen)).to(device)).sample.cpu()
    rows = [torch.cat(list(rows), dim=2) for rows in (picture_tensor(unseen), drawn)]
    sheet = torch.cat(rows, dim=1).clamp(-1, 1).add(1).mul(127.5).round().byte()
    Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(path)

"""Gives a trained autoencoder one finer level, so that the same latents become pictures twice as
large, and teaches its decoder to draw crisply from what the denoiser really gives it."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import torch
import torch.nn.functional as functional
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from studio.training.progress import Budget, Rates, Session, follow, precision, train_stage
from studio.training.starter_image.autoencoder import (
    CROP_CELLS,
    CROPPED_SHARE,
    crops,
    jittered,
    reconstruction_loss,
    write_pairs,
)
from studio.training.starter_image.captions import caption
from studio.training.starter_image.codec import latents_of, picture_tensor
from studio.training.starter_image.denoiser import NOISE
from studio.training.starter_image.scene import Scene, random_scene, render, thing_box
from studio.training.starter_image.shape import Shape, build_autoencoder
from studio.training.starter_image.text import text_states

STREAM_SEED = 808
RATES = Rates(peak=6e-4, final=2e-5, warm_up=50)

REDRAWN_SHARE = 0.4
"""Share of samples whose latents the denoiser has drawn anew, rather than the formula."""

REDRAWN_TIMES = (150, 450)
"""Diffusion times, of 1000, to which those latents are brought back before they are redrawn."""

ADVERSARY_FROM, CALM_FROM = 0.5, 0.75
"""Parts of the budget between which the adversary has a say. After the second, only formula latents
of whole pictures are drawn, so that colours settle again."""

EMA_DECAY = 0.98

ADVERSARY_WEIGHT = 0.3
"""Size of the adversary's gradient at the last layer, as a share of the reconstruction's."""

ADVERSARY_RATE = 2e-4


def enlarged(small: AutoencoderKL, shape: Shape) -> AutoencoderKL:
    """Return an autoencoder of ``shape`` that begins by drawing what ``small`` draws, enlarged.

    ``small`` is of ``shape.half``. The new finest level begins as the identity (residual branches
    end in zeros) behind a bilinear enlargement, and before a mean over 2 x 2 in the encoder; so
    the picture is right from the first step and training only has to sharpen it. The idea of
    growing a trained network without changing its function is Net2Net's (Chen et al. 2016).
    """
    large = build_autoencoder(shape)
    levels = len(shape.vae_widths)
    state = large.state_dict()
    for name, value in small.state_dict().items():
        words = name.split(".")
        if words[:2] == ["encoder", "down_blocks"]:
            words[2] = str(int(words[2]) + 1)
        state[".".join(words)].copy_(value)
    blur = torch.tensor([0.25, 0.5, 0.25])
    bilinear = state[f"decoder.up_blocks.{levels - 2}.upsamplers.0.conv.weight"]
    mean = state["encoder.down_blocks.0.downsamplers.0.conv.weight"]
    for kernel, window in ((bilinear, blur), (mean, torch.tensor([0.5, 0.5, 0.0]))):
        kernel.zero_()
        for channel in range(len(kernel)):
            kernel[channel, channel] = window[:, None] * window
    for name in (
        f"decoder.up_blocks.{levels - 2}.upsamplers.0.conv.bias",
        "encoder.down_blocks.0.downsamplers.0.conv.bias",
    ):
        state[name].zero_()
    for name, value in state.items():
        finest = name.startswith((f"decoder.up_blocks.{levels - 1}.", "encoder.down_blocks.0.res"))
        if finest and ".conv2." in name:
            value.zero_()
    return large


class Adversary(nn.Module):
    """Says of every patch of a picture whether it was drawn by the recipe or by the decoder.

    A small patch discriminator (Isola et al. 2017) with spectral norms (Miyato et al. 2018).
    """

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        norm = torch.nn.utils.parametrizations.spectral_norm
        widths = (3, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(widths):
            layers += [norm(nn.Conv2d(before, after, 4, 2, 1)), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, norm(nn.Conv2d(widths[-1], 1, 3, 1, 1)))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores (count, 1, h / 8, w / 8); above zero means drawn by the recipe."""
        scores: Tensor = self.layers(pictures)
        return scores


class Redraw:
    """Latents as the denoiser leaves them: a real scene's, noised part of the way and redrawn."""

    def __init__(
        self,
        shape: Shape,
        tokenizer: CLIPTokenizer,
        text_model: CLIPTextModel,
        denoiser: UNet2DConditionModel,
        device: torch.device,
    ) -> None:
        self._shape, self._device = shape, device
        self._tokenizer = tokenizer
        self._text_model = text_model.to(device).eval()
        self._denoiser = denoiser.to(device).eval()
        self._schedule = DDPMScheduler(**NOISE)

    @torch.no_grad()
    def __call__(self, latents: Tensor, scenes: list[Scene], generator: torch.Generator) -> Tensor:
        """Return (count, 4, h, w) on the CPU: the denoiser's estimate in two steps."""
        captions = [caption(scene, 0) for scene in scenes]
        states = text_states(self._text_model, self._tokenizer, captions, self._shape, self._device)
        low, high = REDRAWN_TIMES
        time = int(torch.randint(low, high, (1,), generator=generator))
        for step in (time, time // 2):
            noise = torch.randn(latents.shape, generator=generator)
            times = torch.full((len(latents),), step)
            noisy = self._schedule.add_noise(latents, noise, times)
            with precision(self._device):
                velocity = self._denoiser(
                    noisy.to(self._device), times.to(self._device), states
                ).sample
            share = self._schedule.alphas_cumprod[step]
            latents = share.sqrt() * noisy - (1 - share).sqrt() * velocity.float().cpu()
        return latents


def _corners(scenes: list[Scene], shape: Shape, generator: torch.Generator) -> Tensor:
    """Return crops' tops and lefts in cells, (count, 2): around a subject, somewhat off."""
    room = shape.latent - CROP_CELLS
    middles = []
    for scene in scenes:
        which = int(torch.randint(len(scene.things), (1,), generator=generator))
        left, top, side = thing_box(scene.things[which], shape.picture, len(scene.things) > 1)
        middles.append(((top + side / 2) / shape.cell, (left + side / 2) / shape.cell))
    shift = torch.randint(-2, 3, (len(scenes), 2), generator=generator)
    return (torch.tensor(middles).round().long() - CROP_CELLS // 2 + shift).clamp(0, room)


def train_enlarged(
    shape: Shape,
    session: Session,
    budget: Budget,
    small: AutoencoderKL,
    redraw: Redraw,
    batch: int = 8,
) -> AutoencoderKL:
    """Train the decoder of the enlarged ``small`` until ``budget`` is spent; returns the average.

    The loss is that of the small decoder, plus an adversary's once shapes are there. Its weight is
    set from the two gradients at the last layer (Esser et al. 2021), so it never drowns the
    reconstruction.
    """
    torch.manual_seed(STREAM_SEED)
    device = session.device
    model = enlarged(small, shape).to(device)
    average = copy.deepcopy(model).requires_grad_(False)
    adversary = Adversary().to(device)
    parameters = [*model.decoder.parameters(), *model.post_quant_conv.parameters()]
    opponent = torch.optim.AdamW(adversary.parameters(), lr=ADVERSARY_RATE, betas=(0.5, 0.9))
    generator = torch.Generator().manual_seed(STREAM_SEED)
    last = model.decoder.conv_out.weight

    def batch_of(samples: int) -> tuple[Tensor, Tensor]:
        cropped = budget.fraction < CROPPED_SHARE and shape.latent > CROP_CELLS
        count = batch if cropped else max(1, batch // 4)
        scenes = [random_scene(STREAM_SEED, samples + index) for index in range(count)]
        drawn = np.stack([np.asarray(render(scene, shape.picture)) for scene in scenes])
        pictures, latents = picture_tensor(drawn), torch.from_numpy(latents_of(drawn, shape.cell))
        share = REDRAWN_SHARE if budget.fraction < CALM_FROM else 0.0
        anew = torch.rand(count, generator=generator) < share
        if anew.any():
            chosen = [scene for scene, flag in zip(scenes, anew.tolist(), strict=True) if flag]
            latents[anew] = redraw(latents[anew], chosen, generator)
        if cropped:
            corners = _corners(scenes, shape, generator)
            pictures, latents = crops(pictures, latents, corners, shape.cell)
        return pictures.to(device), jittered(latents, generator).to(device)

    def loss_of(samples: int) -> tuple[Tensor, int]:
        pictures, latents = batch_of(samples)
        with precision(device):
            guess = model.decode(latents).sample.float()
        loss = reconstruction_loss(guess, pictures)
        if ADVERSARY_FROM <= budget.fraction < CALM_FROM:
            _teach(adversary, opponent, pictures, guess.detach())
            fooled = -adversary(guess).mean()
            ours = torch.autograd.grad(loss, last, retain_graph=True)[0].norm()
            theirs = torch.autograd.grad(fooled, last, retain_graph=True)[0].norm()
            weight = (ours / (theirs + 1e-6)).clamp(max=1.0).detach() * ADVERSARY_WEIGHT
            loss = loss + weight * fooled
        return loss, len(pictures)

    train_stage(
        "enlarge",
        session,
        budget,
        parts={
            "model": model,
            "average": average,
            "adversary": adversary,
            "opponent": opponent,
        },
        optimizer=torch.optim.AdamW(parameters, lr=RATES.peak, betas=(0.9, 0.97), fused=True),
        rates=RATES,
        generator=generator,
        loss_of=loss_of,
        after_step=lambda: follow(average, model, budget.done_steps, EMA_DECAY),
        at_checkpoint=lambda: write_pairs(average, shape, session.run / "enlarge.png", device),
    )
    return average


def _teach(
    adversary: Adversary, opponent: torch.optim.Optimizer, pictures: Tensor, drawn: Tensor
) -> None:
    """Train the adversary on one batch, with the hinge loss."""
    real = functional.relu(1 - adversary(pictures)).mean()
    false = functional.relu(1 + adversary(drawn)).mean()
    opponent.zero_grad(set_to_none=True)
    (real + false).backward()  # type: ignore[no-untyped-call]
    opponent.step()

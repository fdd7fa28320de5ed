"""The latent code, in closed form: what the denoiser learns to draw and the decoder to refine.

A learned encoder would have to be finished before the denoiser could start. Here the latent of a
picture is defined by arithmetic instead: a cell is averaged to 8 x 8 samples and becomes its mean
luma, its two mean colour differences and its diagonal luma slope. So the denoiser and the decoder
train independently, latents cost less than drawing the picture, and the encoder only has to imitate
the formula. Of five candidates for the fourth channel, the diagonal slope left the least linear
residual.

Because a cell is first averaged to 8 x 8 samples, a picture and its box-filtered half have the same
latents: the denoiser does not know whether a cell will be 8 or 16 pixels wide, only the decoder
does.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLES = 8
"""Samples of a latent cell's side; a cell's side in pixels is a multiple of it."""

_LUMA = (0.3, 0.59, 0.11)
_MEAN = (0.14, 0.02, 0.0, 0.0)
_SPREAD = (0.40, 0.33, 0.41, 0.78)
_SLOPE_KNEE = 0.04


def latents_of(pictures: NDArray[np.uint8 | np.float32], cell: int) -> NDArray[np.float32]:
    """Return float32 (count, 4, h / cell, w / cell), near unit spread, of (count, h, w, 3).

    ``pictures`` hold 0..255; ``cell`` is the side of a latent cell in pixels, a multiple of
    SAMPLES.
    """
    count, height, width, _ = pictures.shape
    part = cell // SAMPLES
    rows, columns = height // cell, width // cell
    samples = (
        pictures.astype(np.float32)
        .reshape(count, rows * SAMPLES, part, columns * SAMPLES, part, 3)
        .mean(axis=(2, 4))
    )
    cells = (samples / 127.5 - 1).reshape(count, rows, SAMPLES, columns, SAMPLES, 3)
    mean = cells.mean(axis=(2, 4))
    luma = cells @ np.asarray(_LUMA, np.float32)
    ramp = (np.arange(SAMPLES, dtype=np.float32) - (SAMPLES - 1) / 2) / ((SAMPLES - 1) / 2)
    slope = np.einsum("nhywx,x->nhw", luma, ramp) + np.einsum("nhywx,y->nhw", luma, ramp)
    mean_luma = mean @ np.asarray(_LUMA, np.float32)
    channels = np.stack(
        [
            mean_luma,
            mean[..., 0] - mean_luma,
            mean[..., 2] - mean_luma,
            np.arcsinh(slope / SAMPLES**2 / _SLOPE_KNEE),
        ],
        axis=1,
    )
    offset = np.asarray(_MEAN, np.float32)[None, :, None, None]
    spread = np.asarray(_SPREAD, np.float32)[None, :, None, None]
    return (channels - offset) / spread


def picture_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """Return float32 (count, 3, h, w) in -1..1 of uint8 (count, h, w, 3)."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1

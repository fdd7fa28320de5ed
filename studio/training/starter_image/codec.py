"""The latent code, in closed form: what the denoiser learns to draw and the decoder to refine.

A learned encoder would have to be finished before the denoiser could start. Here the latent of a
picture is defined by arithmetic instead: a cell of 8 x 8 pixels becomes its mean luma, its two mean
colour differences and its diagonal luma slope. So the denoiser and the decoder train at the same
time, latents cost less than drawing the picture, and the encoder only has to imitate the formula.
Of five candidates for the fourth channel, the diagonal slope left the least linear residual.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

CELL = 8
"""Pixels of a latent cell's side."""

_LUMA = (0.3, 0.59, 0.11)
_MEAN = (0.14, 0.02, 0.0, 0.0)
_SPREAD = (0.40, 0.33, 0.41, 0.78)
_SLOPE_KNEE = 0.04


def latents_of(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return float32 (count, 4, h / 8, w / 8) of uint8 (count, h, w, 3), near unit spread."""
    count, height, width, _ = pictures.shape
    cells = (pictures.astype(np.float32) / 127.5 - 1).reshape(
        count, height // CELL, CELL, width // CELL, CELL, 3
    )
    mean = cells.mean(axis=(2, 4))
    luma = cells @ np.asarray(_LUMA, np.float32)
    ramp = (np.arange(CELL, dtype=np.float32) - (CELL - 1) / 2) / ((CELL - 1) / 2)
    slope = np.einsum("nhywx,x->nhw", luma, ramp) + np.einsum("nhywx,y->nhw", luma, ramp)
    mean_luma = mean @ np.asarray(_LUMA, np.float32)
    channels = np.stack(
        [
            mean_luma,
            mean[..., 0] - mean_luma,
            mean[..., 2] - mean_luma,
            np.arcsinh(slope / CELL**2 / _SLOPE_KNEE),
        ],
        axis=1,
    )
    offset = np.asarray(_MEAN, np.float32)[None, :, None, None]
    spread = np.asarray(_SPREAD, np.float32)[None, :, None, None]
    return (channels - offset) / spread


def picture_tensor(pictures: NDArray[np.uint8]) -> Tensor:
    """Return float32 (count, 3, h, w) in -1..1 of uint8 (count, h, w, 3)."""
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1

"""Tiny upscalers of spandrel's real classes with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def save_compact(path: Path, *, scale: int, width: int = 8, value: float | None = None) -> Path:
    """Write a RealESRGAN Compact network; ``value`` replaces one of its weights."""
    from spandrel.architectures.Compact import Compact

    return _save(
        path,
        lambda: Compact(num_in_ch=3, num_out_ch=3, num_feat=width, num_conv=2, upscale=scale),
        value=value,
    )


def save_esrgan(path: Path, *, scale: int, width: int = 8) -> Path:
    """Write an ESRGAN network with one block, under the keys of the original files."""
    from spandrel.architectures.ESRGAN import ESRGAN

    return _save(path, lambda: ESRGAN(num_filters=width, num_blocks=1, scale=scale))


def _save(path: Path, make: Any, *, value: float | None = None) -> Path:
    import torch
    from safetensors.torch import save_file

    with torch.random.fork_rng():
        torch.manual_seed(3)
        state = {key: tensor.clone() for key, tensor in make().state_dict().items()}
    if value is not None:
        state["body.0.bias"][0] = value
    save_file(state, path)
    return path


def save_swinir(path: Path, *, scale: int) -> Path:
    """Write a SwinIR network with one small block."""
    from spandrel.architectures.SwinIR import SwinIR

    return _save(
        path,
        lambda: SwinIR(
            img_size=16,
            embed_dim=12,
            depths=(2,),
            num_heads=(2,),
            window_size=8,
            upscale=scale,
            upsampler="pixelshuffle",
        ),
    )

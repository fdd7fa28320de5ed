"""Previews without a decoder: latents to RGB by one small matrix a model family.

The factors were published by ComfyUI (comfy/latent_formats.py) for Stable Diffusion 1/2, XL, 3 and
Flux; each was fitted by least squares between latents and pictures in -1 .. 1. A model folder may
bring its own in ``atelier.json``::

    {"latent_rgb": {"factors": [[r, g, b], ...one a channel], "bias": [r, g, b]}}

where factors and bias give RGB in 0 .. 1.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import torch
    from PIL import Image

_log = logging.getLogger(__name__)


class LatentColours(msgspec.Struct, frozen=True, kw_only=True):
    """A linear map from latent channels to RGB in 0 .. 1: ``latents @ factors + bias``."""

    factors: tuple[tuple[float, float, float], ...]
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)


class _ModelExtras(msgspec.Struct, frozen=True):
    """What Atelier reads from ``atelier.json``."""

    latent_rgb: LatentColours | None = None


def _from_signed(rows: str, bias: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> LatentColours:
    """Turn factors for RGB in -1 .. 1 (one line a channel) into factors for 0 .. 1."""
    factors = tuple(
        (float(r) / 2, float(g) / 2, float(b) / 2)
        for r, g, b in (line.split() for line in rows.strip().splitlines())
    )
    red, green, blue = ((value + 1) / 2 for value in bias)
    return LatentColours(factors=factors, bias=(red, green, blue))


_SD1 = _from_signed("""
     0.3512  0.2297  0.3227
     0.3250  0.4974  0.2350
    -0.2829  0.1762  0.2721
    -0.2120 -0.2616 -0.7177
""")
_SDXL = _from_signed(
    """
     0.3651  0.4232  0.4341
    -0.2533 -0.0042  0.1068
     0.1076  0.1111 -0.0362
    -0.3165 -0.2492 -0.2188
""",
    (0.1084, -0.0175, -0.0011),
)
_SD3 = _from_signed(
    """
    -0.0922 -0.0175  0.0749
     0.0311  0.0633  0.0954
     0.1994  0.0927  0.0458
     0.0856  0.0339  0.0902
     0.0587  0.0272 -0.0496
    -0.0006  0.1104  0.0309
     0.0978  0.0306  0.0427
    -0.0042  0.1038  0.1358
    -0.0194  0.0020  0.0669
    -0.0488  0.0130 -0.0268
     0.0922  0.0988  0.0951
    -0.0278  0.0524 -0.0542
     0.0332  0.0456  0.0895
    -0.0069 -0.0030 -0.0810
    -0.0596 -0.0465 -0.0293
    -0.1448 -0.1463 -0.1189
""",
    (0.2394, 0.2135, 0.1925),
)
_FLUX = _from_signed(
    """
    -0.0346  0.0244  0.0681
     0.0034  0.0210  0.0687
     0.0275 -0.0668 -0.0433
    -0.0174  0.0160  0.0617
     0.0859  0.0721  0.0329
     0.0004  0.0383  0.0115
     0.0405  0.0861  0.0915
    -0.0236 -0.0185 -0.0259
    -0.0245  0.0250  0.1180
     0.1008  0.0755 -0.0421
    -0.0515  0.0201  0.0011
     0.0428 -0.0012 -0.0036
     0.0817  0.0765  0.0749
    -0.1264 -0.0522 -0.1103
    -0.0280 -0.0881 -0.0499
    -0.1262 -0.0982 -0.0778
""",
    (-0.0329, -0.0718, -0.0851),
)

# By the name of the pipeline class; the longest name that it starts with counts.
_BY_PIPELINE: dict[str, LatentColours] = {
    "StableDiffusion": _SD1,
    "StableDiffusionXL": _SDXL,
    "StableDiffusion3": _SD3,
    "Flux": _FLUX,
    "ZImage": _FLUX,
    "Chroma": _FLUX,
}
_PACKED = ("Flux", "Chroma")
# Flux 2 has another latent space; its name starts with "Flux" too.
_UNKNOWN = ("Flux2",)


class LatentPreview:
    """Turns one pipeline's latents into small pictures; built once a loaded model."""

    def __init__(self, pipeline: Any, folder: Path | None) -> None:
        """``folder``: where an ``atelier.json`` may lie, or None for a single file."""
        name = type(pipeline).__name__
        self._packed = name.startswith(_PACKED)
        self._scale = int(getattr(pipeline, "vae_scale_factor", 8))
        self._colours = _colours_of_folder(folder) or _colours_of_pipeline(name)

    def picture(self, latents: torch.Tensor, width: int, height: int) -> Image.Image | None:
        """Return the latents as a picture of one pixel a latent, or None for an unknown layout.

        Args:
            latents: (1, channels, rows, columns), or (1, patches, 4 x channels) when packed.
            width: of the finished picture in pixels, as ``height``; only packed latents need them.
        """
        import torch

        if self._colours is None:
            return None
        with torch.no_grad():
            planes = self._planes(latents, width, height)
            if planes is None or planes.shape[0] != len(self._colours.factors):
                return None
            return _to_picture(planes, self._colours)

    def _planes(self, latents: torch.Tensor, width: int, height: int) -> torch.Tensor | None:
        """Return (channels, rows, columns) of the first picture."""
        if self._packed and latents.ndim == 3:
            # Patches of 2 x 2: undone as in FluxPipeline._unpack_latents.
            rows, columns = height // (self._scale * 2), width // (self._scale * 2)
            if rows * columns != latents.shape[1] or latents.shape[2] % 4:
                return None
            channels = latents.shape[2] // 4
            patches = latents[0].view(rows, columns, channels, 2, 2)
            return patches.permute(2, 0, 3, 1, 4).reshape(channels, rows * 2, columns * 2)
        return latents[0] if latents.ndim == 4 else None


def _to_picture(planes: torch.Tensor, colours: LatentColours) -> Image.Image:
    import torch
    from PIL import Image

    values = planes.to("cpu", torch.float32)
    factors = torch.tensor(colours.factors, dtype=torch.float32)
    rgb = torch.einsum("chw,ck->hwk", values, factors) + torch.tensor(colours.bias)
    pixels = rgb.nan_to_num_(0.5).clamp_(0, 1).mul_(255).round_().to(torch.uint8)
    return Image.fromarray(pixels.numpy(), "RGB")


def _colours_of_pipeline(name: str) -> LatentColours | None:
    if name.startswith(_UNKNOWN):
        return None
    fitting = [prefix for prefix in _BY_PIPELINE if name.startswith(prefix)]
    return _BY_PIPELINE[max(fitting, key=len)] if fitting else None


def _colours_of_folder(folder: Path | None) -> LatentColours | None:
    if folder is None or not (folder / "atelier.json").is_file():
        return None
    try:
        data = (folder / "atelier.json").read_bytes()
        return msgspec.json.decode(data, type=_ModelExtras).latent_rgb
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("%s cannot be read: %s; using the family's colours", folder, error)
        return None

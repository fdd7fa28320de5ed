"""Decoding that never loses a picture: it answers overflow and full memory from kept latents."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.core.errors import ModelProblem
from studio.engines.image.loading import is_out_of_memory

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)

Decode = Callable[..., Any]

# Side of a decoded tile in px, as the planner's figures assume it (studio.models.estimate).
# diffusers takes the size that the VAE was trained for: the whole picture for SDXL at 1024 px.
TILE_SIDE = 512

IN_TILES = "the picture was decoded in tiles, as memory ran out"


class DecodeGuard:
    """Stands before a VAE's ``decode`` and keeps the latents until a good picture is there.

    - Latents that are not numbers: the model is at fault, and a black picture would hide it.
    - Not enough memory: the same latents are decoded again after ``make_room``, then in tiles
      (whose seams may differ by a shade), so that a decode never costs the denoising.
    - Half precision overflowed: the same latents are decoded again in float32.

    An ordinary decode passes through unchanged.
    """

    def __init__(self, vae: Any, make_room: Callable[[], None]) -> None:
        self._vae = vae
        self._decode: Decode = vae.decode
        self._make_room = make_room
        self._dtype = vae.dtype
        self.on_decode: Callable[[], None] | None = None
        self.tiled = False
        self.remarks: list[str] = []
        vae.decode = self._guarded

    def set_tiled(self, tiled: bool) -> None:
        """Decode in tiles and one picture at a time, or whole; models without tiles stay whole."""
        if tiled == self.tiled:
            return
        self.tiled = tiled
        if tiled:
            self._limit_tiles()
        for what in ("tiling", "slicing"):
            switch = getattr(self._vae, f"{'enable' if tiled else 'disable'}_{what}", None)
            if switch is not None:
                switch()

    def _limit_tiles(self) -> None:
        side = getattr(self._vae, "tile_sample_min_size", None)
        latent_side = getattr(self._vae, "tile_latent_min_size", None)
        if isinstance(side, int) and isinstance(latent_side, int) and side > TILE_SIDE:
            self._vae.tile_latent_min_size = latent_side * TILE_SIDE // side
            self._vae.tile_sample_min_size = TILE_SIDE

    def restore(self) -> None:
        """Undo what an interrupted decode may have left: a VAE in the wrong data type."""
        if self._vae.dtype != self._dtype:
            self._vae.to(self._dtype)

    def _guarded(self, latents: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if self.on_decode is not None:
            self.on_decode()
        if not _is_finite(latents):
            raise ModelProblem(
                "The model's result is not a picture: its numbers ran out of range.",
                "Try a lower guidance or another precision; a LoRA or the file may be damaged.",
                code="not_a_number",
            )
        result = self._within_memory(latents, args, kwargs)
        if _is_finite(_sample(result)):
            return result
        return self._in_full_precision(latents, args, kwargs)

    def _within_memory(self, latents: torch.Tensor, args: Any, kwargs: Any) -> Any:
        for remedy in (self._make_room, lambda: self.set_tiled(True), None):
            try:
                return self._decode(latents, *args, **kwargs)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error) or remedy is None:
                    raise
                _log.warning("decoding ran out of memory: %s", error)
            # Outside the handler: the exception's traceback holds the decoder's activations.
            tiled = self.tiled
            remedy()
            if self.tiled and not tiled:
                self.remarks.append(IN_TILES)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _in_full_precision(self, latents: torch.Tensor, args: Any, kwargs: Any) -> Any:
        import torch

        before = self._vae.dtype
        if before != torch.float32:
            _log.warning("decoding overflowed in %s; decoding again in float32", before)
            try:
                self._vae.to(torch.float32)
                result = self._within_memory(latents.to(torch.float32), args, kwargs)
            finally:
                self._vae.to(before)
            if _is_finite(_sample(result)):
                self.remarks.append("decoded again in float32, as half precision overflowed")
                return result
        raise ModelProblem(
            "The decoder's result is not a picture: its numbers ran out of range.",
            "The model's VAE may be damaged; try another model.",
            code="not_a_number",
        )


def _sample(result: Any) -> torch.Tensor:
    sample = result[0] if isinstance(result, tuple) else result.sample
    return sample  # type: ignore[no-any-return]


def _is_finite(values: torch.Tensor) -> bool:
    import torch

    return bool(torch.isfinite(values).all())

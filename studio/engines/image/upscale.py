"""Makes pictures larger with any network that spandrel knows, from safetensors only."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.core.errors import DamagedModel, ModelProblem
from studio.engines.devices import (
    release_cached_memory,
)
from studio.engines.image.cancellation import CancelHooks, blocks
from studio.engines.image.tiles import Floats, tiled

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)

_PREFIXES = ("params_ema.", "params.")  # of files that were saved with their training's wrapping


class Upscaler:
    """A loaded network."""

    def __init__(self, network: Any, device: str) -> None:
        """``network`` is a spandrel ``ImageModelDescriptor``."""
        self._network = network
        self._device = device
        self._cancel = CancelHooks()
        for block in blocks(network.model):
            block.register_forward_pre_hook(self._cancel.check)

    @classmethod
    def load(cls, plan: LoadPlan, run: Run) -> Upscaler:
        """Read a safetensors file, whatever its name is, and build the network that it is of.

        Raises:
            DamagedModel: the file is broken, or its tensors do not fit together.
            ModelProblem: spandrel does not know the network, or it enlarges nothing.
        """
        import spandrel
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from studio.engines.image.loading import damaged, is_out_of_memory, torch_dtype

        run.loading(0.0, plan.title)
        try:
            # Never spandrel's own loader: by the file's name it would open pickles.
            tensors = _unwrapped(load_file(plan.path))
            network = spandrel.MAIN_REGISTRY.load(tensors)
        except spandrel.UnsupportedModelError as error:
            raise ModelProblem(
                f"The network of {plan.title} is not known.", "Choose another upscaler."
            ) from error
        except (SafetensorError, OSError) as error:
            raise damaged(plan.title, error) from error
        except Exception as error:
            if is_out_of_memory(error):
                raise
            # Every architecture reads its tensors' names and shapes in its own way.
            raise DamagedModel(
                f"{plan.title} cannot be loaded: {type(error).__name__}.",
                "Get the file again, or choose another upscaler.",
            ) from error
        if not isinstance(network, spandrel.ImageModelDescriptor) or network.scale < 2:
            raise ModelProblem(
                f"{plan.title} does not make pictures larger.", "Choose another upscaler."
            )
        half = {"float16": network.supports_half, "bfloat16": network.supports_bfloat16}
        name = plan.data_type if half.get(plan.data_type, True) else "float32"
        network.to(plan.device, torch_dtype(name)).eval()
        run.loading(1.0, plan.title)
        return cls(network, plan.device)

    def held_bytes(self) -> int:
        """Return the bytes of its weights."""
        model = self._network.model
        tensors = (*model.parameters(), *model.buffers())
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def release(self) -> None:
        """Drop the weights."""
        self._network = None
        release_cached_memory(self._device)

    def enlarged(self, source: Image.Image, scale: int, side: int, run: Run) -> Image.Image:
        """Return ``source`` (L, RGB or RGBA) ``scale`` times as wide and as high, RGB or RGBA."""
        alpha = source.getchannel("A") if source.mode == "RGBA" else None
        pixels = np.asarray(with_colour_everywhere(source), np.uint8)
        times, reached = _times(self._network.scale, scale)
        with self._cancel.watching(run):
            for turn in range(times):
                pixels = self._once(pixels, side, run, turn, times)
        size = (source.width * scale, source.height * scale)
        made = Image.fromarray(pixels)
        if reached != scale:
            made = made.resize(size, Image.Resampling.LANCZOS)
        if alpha is not None:
            made.putalpha(alpha.resize(size, Image.Resampling.LANCZOS))
        return made

    def _once(self, pixels: Any, side: int, run: Run, turn: int, times: int) -> Any:
        import spandrel

        network = self._network
        if network.tiling is spandrel.ModelTiling.INTERNAL:
            side = max(pixels.shape)  # it cuts by itself

        def report(done: int, of: int) -> None:
            run.check_cancelled()
            run.progress(turn * of + done, times * of, "Upscaling")

        picture = pixels.astype(np.float32) / 255
        multiple = network.size_requirements.multiple_of
        return tiled(picture, network.scale, side, self._tile, report, multiple=multiple)

    def _tile(self, tile: Floats) -> Floats:
        """Enlarge one tile (height x width x 3, 0 .. 1)."""
        import torch

        network = self._network
        planes = torch.from_numpy(np.ascontiguousarray(tile.transpose(2, 0, 1)))[None]
        if network.input_channels == 1:  # each channel alone
            made = torch.cat([self._called(planes[:, i : i + 1]) for i in range(3)], dim=1)
        elif network.input_channels == 4:
            made = self._called(torch.cat([planes, torch.ones_like(planes[:, :1])], dim=1))[:, :3]
        else:
            made = self._called(planes)
        result: Floats = made[0].float().cpu().numpy().transpose(1, 2, 0)
        if not np.isfinite(result).all():
            raise ModelProblem(
                "The upscaler returned no numbers.",
                "Choose another one; its file may be damaged.",
            )
        return result if result.shape[2] == 3 else np.repeat(result[..., :1], 3, axis=2)

    def _called(self, planes: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self._network(planes.to(self._network.device, self._network.dtype))
        return made


def with_colour_everywhere(picture: Image.Image) -> Image.Image:
    """Return a picture without alpha; what is transparent takes the colour of what is near.

    Method: push-pull (Gortler et al. 1996, "The Lumigraph"): colours weighted by alpha are averaged
    into ever smaller pictures, and holes are filled from the next smaller one. So nothing foreign
    bleeds into the soft edges, whatever a network does there.
    """
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    pixels = np.asarray(picture, np.float32)
    weights: Floats = (pixels[..., 3:] / 255).astype(np.float32)
    if float(weights.min()) == 1:
        return picture.convert("RGB")
    weighted: Floats = (pixels[..., :3] * weights).astype(np.float32)
    filled = _filled(weighted, weights)
    shown = np.where(weights > 0, pixels[..., :3], filled)
    return Image.fromarray(np.clip(np.rint(shown), 0, 255).astype(np.uint8))


def _filled(weighted: Floats, weights: Floats) -> Floats:
    """Return colours everywhere, from colours times weight and the weight."""
    height, width = weights.shape[:2]
    if max(height, width) == 1 or bool((weights > 0).all()):
        result: Floats = np.where(weights > 0, weighted / np.maximum(weights, 1e-6), 128)
        return result.astype(np.float32)
    below = _filled(_halved(weighted), _halved(weights))
    coarse = below.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    result = np.where(weights > 0, weighted / np.maximum(weights, 1e-6), coarse)
    return result.astype(np.float32)


def _halved(values: Floats) -> Floats:
    """Return the means of 2 x 2 px; beyond the edge there are zeros."""
    height, width, channels = values.shape
    padded = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)))
    blocks = padded.reshape(-(-height // 2), 2, -(-width // 2), 2, channels)
    result: Floats = blocks.mean(axis=(1, 3)).astype(np.float32)
    return result


def _times(own: int, wanted: int) -> tuple[int, int]:
    """Return how often a network is applied, and by how much that enlarges."""
    times, reached = 1, own
    while reached < wanted:
        times, reached = times + 1, reached * own
    return times, reached


def _unwrapped(tensors: dict[str, Any]) -> dict[str, Any]:
    for prefix in _PREFIXES:
        if tensors and all(key.startswith(prefix) for key in tensors):
            return {key.removeprefix(prefix): tensor for key, tensor in tensors.items()}
    return tensors

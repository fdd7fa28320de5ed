"""What one run takes: exact weight bytes, estimated working memory, and the peak of a placement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from studio.api.plans import DATA_TYPE_BYTES, DataType, Placement
from studio.models.installed import ComponentWeights, InstalledModel

# Side of a decoded tile in px; engines set their VAE to the same.
TILE_PIXELS = 512
# Rounding of the allocator and small tensors that the estimate does not see.
SAFETY_FACTOR = 1.05
FIXED_BYTES = 8 * 2**20

_ENCODERS = ("text_encoder", "image_encoder")
_DECODERS = ("vae", "vqvae", "movq")

Phase = Literal["encode", "denoise", "decode", "beside"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One component in its target precision: when it works, its bytes, and those of its largest
    layer. A part "beside" the others (LoRAs) is there all the time."""

    name: str
    phase: Phase
    weight_bytes: int
    layer_bytes: int = 0


class Activations(msgspec.Struct, frozen=True, kw_only=True):
    """Working memory of each phase in bytes."""

    encode: int
    denoise: int
    decode: int
    tiled_decode: int

    def of(self, phase: Phase, *, tiled: bool) -> int:
        """Working memory of one phase."""
        if phase == "decode":
            return self.tiled_decode if tiled else self.decode
        return self.encode if phase == "encode" else self.denoise

    def largest(self, *, tiled: bool) -> int:
        """Working memory of the hungriest phase."""
        return max(self.encode, self.denoise, self.of("decode", tiled=tiled))

    def scaled_to(self, measured: int) -> Activations:
        """Return the same proportions with ``measured`` bytes in the hungriest phase."""
        factor = measured / self.largest(tiled=False)
        return Activations(
            encode=int(self.encode * factor),
            denoise=int(self.denoise * factor),
            decode=int(self.decode * factor),
            tiled_decode=int(self.tiled_decode * factor),
        )


class RunShape(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request decides its memory; sizes in px."""

    width: int
    height: int
    guided: bool
    data_type: DataType


def weight_bytes(component: ComponentWeights, data_type: DataType) -> int:
    """Return the exact bytes of a component's weights in ``data_type``.

    Layers that stay in float32 in a float16 run, and integer buffers, keep their size.
    """
    kept = component.float32_parameters if data_type == "float16" else 0
    size = DATA_TYPE_BYTES[data_type]
    return (component.parameters - kept) * size + kept * 4 + component.integer_bytes


def model_weight_bytes(model: InstalledModel, data_type: DataType) -> int:
    """Return the exact bytes of all of a model's weights in ``data_type``."""
    return sum(weight_bytes(component, data_type) for component in model.components)


def parts_of(model: InstalledModel, data_type: DataType) -> list[Part]:
    """Return the model's components as parts of a run."""
    return [
        Part(
            name=component.name,
            phase=_phase(component.name),
            weight_bytes=weight_bytes(component, data_type),
            layer_bytes=component.largest_layer * DATA_TYPE_BYTES[data_type],
        )
        for component in model.components
    ]


def own_parts_of(
    companion: InstalledModel, model: InstalledModel, data_type: DataType
) -> list[Part]:
    """Return what a companion needs beside the components that it shares with ``model``: those of
    the same name, class and number of weights (the second text encoder and VAE of SDXL)."""
    held = {(c.name, c.class_name, c.parameters) for c in model.components}
    shared = {c.name for c in companion.components if (c.name, c.class_name, c.parameters) in held}
    return [part for part in parts_of(companion, data_type) if part.name not in shared]


def activations_of(models: Sequence[InstalledModel], shape: RunShape) -> Activations:
    """Return the working memory of each phase, the hungriest of ``models`` in each."""
    found = [_estimate(model, shape) for model in models]
    return Activations(
        encode=max(each.encode for each in found),
        denoise=max(each.denoise for each in found),
        decode=max(each.decode for each in found),
        tiled_decode=max(each.tiled_decode for each in found),
    )


def peak_of(
    placement: Placement, parts: Sequence[Part], activations: Activations, *, tiled: bool
) -> int:
    """Return the most bytes that the device holds at any moment under ``placement``.

    whole               all weights + the largest working memory of the phases
    component_offload   the largest of: a text encoder + encoding, the denoiser + denoising,
                        the VAE + decoding
    group_offload       two of the largest layers (one computes while the next arrives) + the
                        largest working memory
    """
    beside = sum(part.weight_bytes for part in parts if part.phase == "beside")
    placed = [part for part in parts if part.phase != "beside"]
    if placement == "whole":
        held = sum(part.weight_bytes for part in placed)
        return beside + held + activations.largest(tiled=tiled)
    if placement == "component_offload":
        return beside + max(
            part.weight_bytes + activations.of(part.phase, tiled=tiled) for part in placed
        )
    return beside + 2 * max(part.layer_bytes for part in placed) + activations.largest(tiled=tiled)


def _phase(name: str) -> Phase:
    if name.startswith(_ENCODERS):
        return "encode"
    return "decode" if name in _DECODERS else "denoise"


def _estimate(model: InstalledModel, shape: RunShape) -> Activations:
    memory, size = model.working_memory, DATA_TYPE_BYTES[shape.data_type]
    pixels = shape.width * shape.height
    side = memory.pixels_per_token
    tokens = -(-shape.width // side) * -(-shape.height // side) + memory.text_tokens
    batch = memory.batch if shape.guided else 1
    decode_size = 4 if memory.decodes_in_float32 and shape.data_type == "float16" else size
    per_pixel = memory.decode_values_per_pixel * decode_size
    # A VAE that is cast up for decoding grows by its own half-precision weights.
    vae = sum(c.parameters for c in model.components if c.name in _DECODERS)
    growth = vae * (decode_size - size)
    tile = min(shape.width, TILE_PIXELS) * min(shape.height, TILE_PIXELS)
    # Tiles of a row are kept, then the rows joined: three copies of the picture's 3 channels.
    tiled = tile * per_pixel + pixels * 3 * 3 * decode_size if tile < pixels else pixels * per_pixel
    return Activations(
        encode=_padded(memory.encode_values * size),
        denoise=_padded(tokens * batch * memory.values_per_token * size),
        decode=_padded(pixels * per_pixel) + growth,
        tiled_decode=_padded(tiled) + growth,
    )


def _padded(count: float) -> int:
    return int(count * SAFETY_FACTOR) + FIXED_BYTES

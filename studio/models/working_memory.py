"""How much room the intermediate values of a run take, by architecture.

Method: the published architectures were built on torch's meta device with diffusers 0.42 and run
forward once; the bytes of all tensors alive at the same time were added up after every operation,
attention counted as the fused kernels do it (its output, no matrix of scores). The peak, divided by
the number of tokens and the bytes of a value, is constant within 2 % from 512 px a side upwards:

====================================  =================================  ====================
architecture                          values per token                   as multiple of width
====================================  =================================  ====================
UNet, attention at full resolution    8,330 a latent pixel (SD 1.5, 2.1)  26.1 x 320
UNet, none at full resolution         5,060 (SDXL), 6,060 (refiner)       15.9 x 320, x 384
SD 3.5 medium / large                 20,600-21,100 / 30,200-31,000       13.8 x 1536, 12.7 x 2432
Flux                                  53,000-53,600                       17.4 x 3072
Z-Image                               61,000                              15.9 x 3840
Qwen-Image                            42,800-46,100                       15.0 x 3072
Sana 1.6B (32 px a token)             32,800-36,800                       16.4 x 2240
AutoencoderKL, decoding               768 a pixel                         3 x 256
AutoencoderKLQwenImage, decoding      1,730 a pixel
AutoencoderDC, decoding               833 a pixel
AutoencoderTiny, decoding             about 256 a pixel                   4 x 64
====================================  =================================  ====================

A decoder's peak lies in its last block, where input, normalised input and activation of the widest
layer are alive together: 3 x its channels a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.models.installed import WorkingMemory
from studio.models.safetensors_header import TensorInfo

UNET_WITH_TOP_ATTENTION = 26.2
UNET_WITHOUT_TOP_ATTENTION = 16.0

# Multiples of the transformer's width; the last is for what was not measured.
TRANSFORMER_FACTORS: dict[str, float] = {
    "sd3": 13.6,
    "flux": 17.6,
    "qwen_image": 15.1,
    "z_image": 16.0,
    "sana": 16.5,
}
UNMEASURED_FACTOR = 18.0

DECODE_VALUES = 768.0
DECODER_FACTOR = 3.0

# Decoders whose peak is not read off their shapes.
DECODE_VALUES_BY_CLASS: dict[str, float] = {
    "AutoencoderTiny": 256.0,
    "AutoencoderKLQwenImage": 1730.0,
    "AutoencoderKLWan": 1730.0,
    "AutoencoderDC": 835.0,
}


def unet_values(width: int, *, top_attention: bool) -> float:
    """Values a latent pixel needs in a UNet whose first level has ``width`` channels."""
    return width * (UNET_WITH_TOP_ATTENTION if top_attention else UNET_WITHOUT_TOP_ATTENTION)


def transformer_values(family: str, width: int) -> float:
    """Values a token needs in a diffusion transformer of ``width`` channels."""
    return width * TRANSFORMER_FACTORS.get(family, UNMEASURED_FACTOR)


def decode_values(vae: Mapping[str, TensorInfo], class_name: str = "AutoencoderKL") -> float:
    """Values a pixel needs while a VAE decodes, from the shape of its last block.

    Both spellings of AutoencoderKL are known: diffusers' and the original checkpoints'.
    """
    if class_name in DECODE_VALUES_BY_CLASS:
        return DECODE_VALUES_BY_CLASS[class_name]
    last = -1
    channels = 0
    for key, info in vae.items():
        if key == "decoder.up.0.block.0.conv1.weight" and len(info.shape) == 4:
            return DECODER_FACTOR * info.shape[1]
        parts = key.split(".")
        if key.startswith("decoder.up_blocks.") and key.endswith(".resnets.0.conv1.weight"):
            level = int(parts[2]) if parts[2].isdecimal() else -1
            if level > last and len(info.shape) == 4:
                last, channels = level, info.shape[1]
    return DECODER_FACTOR * channels if channels else DECODE_VALUES


def unet_working_memory(
    width: int, *, top_attention: bool, decode: float = DECODE_VALUES, in_float32: bool = False
) -> WorkingMemory:
    """Working memory of a UNet of the Stable Diffusion kinds with 8 px a latent pixel."""
    return WorkingMemory(
        pixels_per_token=8,
        values_per_token=unet_values(width, top_attention=top_attention),
        decode_values_per_pixel=decode,
        decodes_in_float32=in_float32,
    )

"""Widths and depths of the starter model's parts, and how they are built."""

from __future__ import annotations

import msgspec
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The size of every part; the default is what two CPU cores can train in two hours.

    The two finest levels of the autoencoder are equally wide, because the finest one is added to a
    decoder that already draws at half the size.
    """

    picture: int = 256
    vae_widths: tuple[int, ...] = (16, 16, 32, 64, 96)
    vae_layers: int = 1
    vae_groups: int = 4
    unet_widths: tuple[int, ...] = (64, 96, 160)
    unet_layers: int = 1
    unet_groups: int = 16
    head_width: int = 32
    text_width: int = 128
    text_layers: int = 2
    text_heads: int = 4
    vocabulary: int = 1024
    context: int = 77

    @property
    def latent(self) -> int:
        """Side of the latent in cells."""
        return self.picture // self.cell

    @property
    def cell(self) -> int:
        """Side of a latent cell in pixels; diffusers calls it the VAE's scale factor."""
        return 1 << (len(self.vae_widths) - 1)

    @property
    def half(self) -> Shape:
        """The same model for pictures of half the size: one autoencoder level less."""
        return msgspec.structs.replace(
            self, picture=self.picture // 2, vae_widths=self.vae_widths[1:]
        )


LATENT_CHANNELS = 4

TINY = Shape(
    picture=128,
    vae_widths=(8, 8, 8, 16, 16),
    unet_widths=(16, 32),
    unet_layers=1,
    unet_groups=8,
    head_width=8,
    text_width=32,
    text_layers=1,
    text_heads=2,
    vocabulary=600,
)
"""The shape that tests train in seconds; far too small to draw anything."""

SHAPES: dict[str, Shape] = {"tiny": TINY, "small": Shape()}


def build_autoencoder(shape: Shape) -> AutoencoderKL:
    """Return an untrained AutoencoderKL, float32."""
    levels = len(shape.vae_widths)
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=shape.vae_widths,
        layers_per_block=shape.vae_layers,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=shape.vae_groups,
        sample_size=shape.picture,
        mid_block_add_attention=False,
        force_upcast=False,
    )


def build_text_model(shape: Shape, vocabulary: int, start: int, end: int) -> CLIPTextModel:
    """Return an untrained CLIPTextModel; ``start`` and ``end`` are the tokenizer's special ids."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=shape.text_width,
            intermediate_size=4 * shape.text_width,
            projection_dim=shape.text_width,
            num_hidden_layers=shape.text_layers,
            num_attention_heads=shape.text_heads,
            max_position_embeddings=shape.context,
            hidden_act="gelu",
            bos_token_id=start,
            eos_token_id=end,
            pad_token_id=end,
        )
    )


def build_denoiser(shape: Shape) -> UNet2DConditionModel:
    """Return an untrained UNet; all but its finest level read the text."""
    levels = len(shape.unet_widths)
    return UNet2DConditionModel(
        sample_size=shape.latent,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        block_out_channels=shape.unet_widths,
        layers_per_block=shape.unet_layers,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * (levels - 1),
        up_block_types=("CrossAttnUpBlock2D",) * (levels - 1) + ("UpBlock2D",),
        cross_attention_dim=shape.text_width,
        attention_head_dim=tuple(width // shape.head_width for width in shape.unet_widths),
        norm_num_groups=shape.unet_groups,
    )

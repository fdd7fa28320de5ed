"""The families of models: each says "mine" or raises NotAMatch; the order is the order asked.

The idea is InvokeAI's (backend/model_manager): recognition by content, one module a family,
Unknown last.
"""

from __future__ import annotations

from studio.core.errors import NotAMatch
from studio.models.families.base import Checkpoint, Recognised, Recogniser
from studio.models.families.parts import (
    recognise_controlnet,
    recognise_lora,
    recognise_vae,
)
from studio.models.families.stable_diffusion import (
    recognise_sd1,
    recognise_sd2,
    recognise_sdxl,
    recognise_sdxl_refiner,
)
from studio.models.families.transformers import recognise_flux, recognise_sd3
from studio.models.families.unknown import recognise_unknown
from studio.models.families.upscalers import recognise_upscaler

# Parts first among what shares keys: a LoRA names the layers of its model.
CHECKPOINT_FAMILIES: tuple[Recogniser, ...] = (
    recognise_lora,
    recognise_controlnet,
    recognise_sd1,
    recognise_sd2,
    recognise_sdxl,
    recognise_sdxl_refiner,
    recognise_sd3,
    recognise_flux,
    recognise_vae,
    recognise_upscaler,
    recognise_unknown,
)


def recognise_checkpoint(
    checkpoint: Checkpoint, families: tuple[Recogniser, ...] = CHECKPOINT_FAMILIES
) -> Recognised:
    """Return the first family's answer.

    Raises:
        NotAMatch: no family of ``families`` knows the checkpoint (never with the built-in ones).
    """
    for recognise in families:
        try:
            return recognise(checkpoint)
        except NotAMatch:
            continue
    raise NotAMatch(f"{checkpoint.path.name} is of no known family.")

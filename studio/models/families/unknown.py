"""The last resort: a sound safetensors file that no family knows, said as unknown."""

from __future__ import annotations

from studio.models.component_weights import count_weights
from studio.models.families.base import Checkpoint, Recognised


def recognise_unknown(checkpoint: Checkpoint) -> Recognised:
    """Accept any checkpoint; it can do nothing here."""
    return Recognised(
        family="unknown",
        components=(count_weights("weights", "", checkpoint.tensors),),
        summary="A sound file, but of a kind that this version does not know.",
    )

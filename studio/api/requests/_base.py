"""What every request is made of: the base structs, and the references to models and pictures."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from studio.api.requests._fields import (
    MAX_PROMPT_CHARACTERS,
    Count,
    NegativePrompt,
    Precision,
    Prompt,
    Seed,
)

__all__ = [
    "MAX_PROMPT_CHARACTERS",
    "LoraUse",
    "ModelRef",
    "PictureRef",
    "PictureRequest",
    "Precision",
    "RefinerUse",
    "Request",
    "input_pictures",
    "request_kind",
]


class ModelRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names one model and the exact state of its files."""

    id: Annotated[str, Meta(max_length=1000)]
    revision: Annotated[str, Meta(max_length=200)] = ""


class PictureRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture that a request starts from, named by its content; sizes in px.

    The project keeps the file, a PNG, as long as a generation refers to it, so the request can be
    run again at any time. An engine gets the pixels from ``Run.input``.
    """

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    width: Annotated[int, Meta(ge=1, le=32768)]
    height: Annotated[int, Meta(ge=1, le=32768)]


class LoraUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One LoRA and how strongly it acts; ``path`` is the safetensors file."""

    path: Annotated[str, Meta(min_length=1, max_length=4096)]
    weight: Annotated[float, Meta(ge=-4, le=4)] = 1.0


class RefinerUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second model that takes the last part of the denoising (SDXL's ensemble of experts).

    ``switch_at`` is the fraction of the steps that the base model does (denoising_end).
    """

    model: ModelRef
    switch_at: Annotated[float, Meta(gt=0, lt=1)] = 0.8


class Request(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="task"
):
    """Base of every request; ``task`` names its kind on the wire and in the history."""

    def objection(self) -> tuple[str, str] | None:
        """Return what is wrong between fields that are each within their limits, and a hint."""
        return None


class PictureRequest(Request, frozen=True, kw_only=True):
    """Base of what makes pictures.

    Picture ``i`` of ``count`` is made from seed ``seed + i`` (modulo 2**32), each on its own, so
    that any one of them can be made again alone.
    """

    model: Annotated[ModelRef, Meta(title="Model", extra={"group": "main", "control": "model"})]
    prompt: Prompt = ""
    negative_prompt: NegativePrompt = ""
    seed: Seed = 0
    count: Count = 1
    precision: Annotated[
        Precision, Meta(title="Precision", extra={"group": "hidden", "control": "choice"})
    ] = "auto"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height (px) of what is made; (0, 0) where the kind leaves that open."""
        picture = getattr(self, "picture", None)
        return (picture.width, picture.height) if isinstance(picture, PictureRef) else (0, 0)


def request_kind(request: Request | type[Request]) -> str:
    """Return the task name of a request, such as ``"text_to_image"``."""
    return str(request.__struct_config__.tag)


def input_pictures(request: Request) -> tuple[PictureRef, ...]:
    """Return the pictures that a request starts from, each once, in the order of its fields."""
    values = (getattr(request, name) for name in request.__struct_fields__)
    return tuple(dict.fromkeys(value for value in values if isinstance(value, PictureRef)))

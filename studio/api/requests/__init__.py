"""Requests: one frozen struct a task, holding everything that affects its output.

Limits live on the fields, once: the form, the command line, the plugin check and the decoder all
read them from here; ``studio.api.requests._fields`` says what a form is told by them.
"""

from __future__ import annotations

from studio.api.requests._base import (
    MAX_PROMPT_CHARACTERS,
    LoraUse,
    ModelRef,
    PictureRef,
    PictureRequest,
    Precision,
    RefinerUse,
    Request,
    input_pictures,
    request_kind,
)
from studio.api.requests._checks import checked, choices, encode_request, field_meta, refused
from studio.api.requests._fields import SAMPLERS, Sampler
from studio.api.requests._language import MAX_MESSAGE_CHARACTERS, ChatMessage, ChatTurn, Role
from studio.api.requests._pictures import (
    Colorize,
    ImageToImage,
    Inpaint,
    TextToImage,
    Uncrop,
    Upscale,
)
from studio.api.requests._registry import BUILT_IN_REQUESTS, RequestRegistry

__all__ = [
    "BUILT_IN_REQUESTS",
    "MAX_MESSAGE_CHARACTERS",
    "MAX_PROMPT_CHARACTERS",
    "SAMPLERS",
    "ChatMessage",
    "ChatTurn",
    "Colorize",
    "ImageToImage",
    "Inpaint",
    "LoraUse",
    "ModelRef",
    "PictureRef",
    "PictureRequest",
    "Precision",
    "RefinerUse",
    "Request",
    "RequestRegistry",
    "Role",
    "Sampler",
    "TextToImage",
    "Uncrop",
    "Upscale",
    "checked",
    "choices",
    "encode_request",
    "field_meta",
    "input_pictures",
    "refused",
    "request_kind",
]

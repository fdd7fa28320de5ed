"""The request for an answer in words, and the turns of a conversation."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from studio.api.requests._base import ModelRef, Precision, Request

MAX_MESSAGE_CHARACTERS = 1_000_000
MAX_MESSAGES = 10_000

Role = Literal["system", "user", "assistant"]


class ChatMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One turn of a conversation."""

    role: Role
    text: Annotated[str, Meta(max_length=MAX_MESSAGE_CHARACTERS)]


class ChatTurn(Request, frozen=True, kw_only=True, tag="chat"):
    """Answer the last message of a conversation, or go on with it where it is an answer itself.

    The conversation begins with the system prompt, if there is one. Temperature 0 always takes
    the likeliest token; the settings that narrow the choice are off at top_p 1, top_k 0, min_p 0
    and repetition_penalty 1.
    """

    model: Annotated[ModelRef, Meta(title="Model", extra={"group": "main", "control": "model"})]
    messages: Annotated[
        tuple[ChatMessage, ...],
        Meta(min_length=1, max_length=MAX_MESSAGES, title="Conversation"),
    ]
    temperature: Annotated[
        float,
        Meta(
            ge=0,
            le=3,
            title="Temperature",
            description="0 always takes the likeliest word; higher is more surprising.",
            extra={"group": "main", "control": "slider", "step": 0.05},
        ),
    ] = 0.7
    max_tokens: Annotated[
        int,
        Meta(
            ge=1,
            le=32_768,
            title="Longest answer",
            description="Where an answer is cut; a word is one to two tokens.",
            extra={"group": "main", "control": "number", "unit": "tokens"},
        ),
    ] = 800
    top_p: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            title="Top p",
            description="Only the likeliest tokens that together have this probability.",
            extra={"group": "advanced", "control": "slider", "step": 0.01},
        ),
    ] = 0.95
    top_k: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            title="Top k",
            description="Only so many of the likeliest tokens; 0 is all.",
            extra={"group": "advanced", "control": "number"},
        ),
    ] = 0
    min_p: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Min p",
            description="Leaves out tokens below this share of the likeliest one's probability.",
            extra={"group": "advanced", "control": "slider", "step": 0.01},
        ),
    ] = 0.0
    repetition_penalty: Annotated[
        float,
        Meta(
            ge=0.5,
            le=2,
            title="Repetition penalty",
            description="Above 1, what was said already becomes less likely.",
            extra={"group": "advanced", "control": "slider", "step": 0.01},
        ),
    ] = 1.0
    seed: Annotated[
        int,
        Meta(
            ge=0,
            le=2**32 - 1,
            title="Seed",
            description="The same seed, settings and conversation give the same answer.",
            extra={"group": "advanced", "control": "seed"},
        ),
    ] = 0
    stop: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...],
        Meta(
            max_length=16,
            title="Stop at",
            description="The answer ends before any of these.",
            extra={"group": "hidden", "control": "list"},
        ),
    ] = ()
    alternatives: Annotated[
        int,
        Meta(ge=0, le=20, title="Alternatives", extra={"group": "hidden", "control": "number"}),
    ] = 0
    precision: Annotated[
        Precision, Meta(title="Precision", extra={"group": "hidden", "control": "choice"})
    ] = "auto"

    @property
    def continues(self) -> bool:
        """True where the last message is an answer that is to go on."""
        return self.messages[-1].role == "assistant"

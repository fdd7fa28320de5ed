"""Conversations as the project keeps them: threads, and turns that form a tree."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from studio.api.events import TextToken
from studio.api.requests import Role

# "waiting": asked for, not begun; "cut": the studio ended while it was written.
TurnStatus = Literal["done", "waiting", "writing", "stopped", "cut", "failed"]
TURN_STATUSES: tuple[str, ...] = get_args(TurnStatus)
UNFINISHED: tuple[TurnStatus, ...] = ("waiting", "writing")

MAX_TITLE = 200


class ThreadSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the answers of a thread are made. The limits are those of ``ChatTurn``.

    ``model`` is "" for the best that is installed; ``seed`` is None for a new one each time.
    """

    model: str = ""
    temperature: Annotated[float, Meta(ge=0, le=3)] = 0.7
    max_tokens: Annotated[int, Meta(ge=1, le=32_768)] = 800
    top_p: Annotated[float, Meta(gt=0, le=1)] = 0.95
    top_k: Annotated[int, Meta(ge=0, le=1000)] = 0
    min_p: Annotated[float, Meta(ge=0, le=1)] = 0.0
    repetition_penalty: Annotated[float, Meta(ge=0.5, le=2)] = 1.0
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    stop: tuple[str, ...] = ()


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation. ``current`` is the last turn of the branch that is shown, "" for none."""

    id: str
    created: float
    changed: float
    title: str = ""
    system: str = ""
    settings: ThreadSettings = ThreadSettings()
    current: str = ""


class TurnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer took, and what it was made with: everything that makes it again.

    ``request`` is the settings as ``ChatTurn`` has them, without the messages, which are the turns
    before it.
    """

    model_title: str = ""
    device: str = ""
    data_type: str = ""
    request: dict[str, object] = {}
    finish: str = ""
    prompt_tokens: int = 0
    reused_tokens: int = 0
    answer_tokens: int = 0
    context_tokens: int = 0
    first_token_seconds: float = 0.0
    tokens_per_second: float = 0.0
    problem: str = ""
    hint: str = ""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One message. ``parent`` is the turn before it, "" for the first of a branch.

    ``tokens`` are those of an answer with their probabilities, for as long as the project is open.
    """

    id: str
    thread: str
    parent: str
    created: float
    role: Role
    text: str
    status: TurnStatus = "done"
    facts: TurnFacts = TurnFacts()
    tokens: tuple[TextToken, ...] = ()

    @property
    def unfinished(self) -> bool:
        """True while the answer is still to come."""
        return self.status in UNFINISHED

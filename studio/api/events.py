"""Events: the one stream that comes back from a job, in the order they happen."""

from __future__ import annotations

from typing import Literal

import msgspec

from studio.api.artifacts import Artifact
from studio.api.plans import LoadPlan

PREVIEW_MAX_SIDE = 512  # px

AnswerEnd = Literal["end", "stop", "length"]


class JobEvent(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"
):
    """Base of everything that a job reports."""

    job_id: str


class Queued(JobEvent, frozen=True, kw_only=True, tag="queued"):
    """The job waits; ``position`` 0 is the next to run."""

    position: int


class Loading(JobEvent, frozen=True, kw_only=True, tag="loading"):
    """Weights are being brought in; ``fraction`` in 0 .. 1, ``what`` names the part."""

    fraction: float
    what: str


class Started(JobEvent, frozen=True, kw_only=True, tag="started"):
    """The engine has taken the job; ``plan`` is None for engines without weights."""

    plan: LoadPlan | None = None


class Progress(JobEvent, frozen=True, kw_only=True, tag="progress"):
    """``step`` of ``steps`` are done over the whole job; ``eta_seconds`` is what is left."""

    step: int
    steps: int
    eta_seconds: float
    phase: str = ""


class Preview(JobEvent, frozen=True, kw_only=True, tag="preview"):
    """A JPEG of picture ``index`` as it looks now, at most 512 px a side."""

    jpeg: bytes
    index: int = 0


class Remark(JobEvent, frozen=True, kw_only=True, tag="remark"):
    """One sentence to the artist about the running job, such as what was not understood."""

    text: str


class Alternative(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token that could have stood there, with the natural logarithm of its probability."""

    text: str
    logprob: float


class TextToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One token of an answer: its text, "" where it ends inside a character.

    ``logprob`` is the natural logarithm of the probability that the model itself gave it, before
    temperature and the other settings; ``alternatives`` are the likeliest tokens there, the best
    first.
    """

    text: str
    logprob: float
    alternatives: tuple[Alternative, ...] = ()


class Tokens(JobEvent, frozen=True, kw_only=True, tag="tokens"):
    """The next tokens of an answer, in order; several in one event, so that few events do."""

    tokens: tuple[TextToken, ...]


class Answer(JobEvent, frozen=True, kw_only=True, tag="answer"):
    """A finished answer: the whole text, why it ended, and what it took.

    ``finish`` is "end" (the model ended it), "stop" (a stop string came) or "length". Of the
    ``prompt_tokens``, ``reused_tokens`` were known from the turn before and not read again.
    ``tokens_per_second`` counts from the first token on, 0 where there was only one.
    """

    text: str
    finish: AnswerEnd
    prompt_tokens: int
    reused_tokens: int
    answer_tokens: int
    context_tokens: int
    first_token_seconds: float
    tokens_per_second: float


class Output(JobEvent, frozen=True, kw_only=True, tag="output"):
    """A finished artifact."""

    artifact: Artifact


class Done(JobEvent, frozen=True, kw_only=True, tag="done"):
    """The job is finished; ``plan`` is the one it ran with in the end."""

    seconds: float
    peak_bytes: int
    plan: LoadPlan | None = None


class Failed(JobEvent, frozen=True, kw_only=True, tag="failed"):
    """The job ended with an error; ``details`` is for the log, never for a dialog."""

    code: str
    message: str
    hint: str = ""
    details: str = ""


class Cancelled(JobEvent, frozen=True, kw_only=True, tag="cancelled"):
    """The job was stopped by the artist."""


AnyJobEvent = (
    Queued
    | Loading
    | Started
    | Progress
    | Preview
    | Remark
    | Tokens
    | Answer
    | Output
    | Done
    | Failed
    | Cancelled
)

# After one of these no further event of the job comes.
FINAL_EVENTS = (Done, Failed, Cancelled)

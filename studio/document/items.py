"""Rows of the history: one generation each, with its whole request and what came of it."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal, get_args

import msgspec

from studio.api.plans import LoadPlan
from studio.api.requests import Request, RequestRegistry
from studio.core.errors import InvalidRequest

HistoryStatus = Literal["queued", "running", "interrupted", "done", "failed", "cancelled"]
OutputState = Literal["candidate", "kept", "dropped"]
STATUSES: tuple[str, ...] = get_args(HistoryStatus)
OUTPUT_STATES: tuple[str, ...] = get_args(OutputState)

TITLE_CHARACTERS = 80
_KIND_TITLES = {"inpaint": "Fill", "image_to_image": "Restyle", "upscale": "Upscaled"}

_ITEM_NAMES = (
    *("id", "created", "kind", "request", "status", "starred", "title", "model_title", "seconds"),
    *("peak_bytes", "plan", "error_code", "error_message", "error_hint"),
)
_OUTPUT_NAMES = ("index", "sha256", "media_type", "width", "height", "size_bytes", "seed", "state")
ITEM_COLUMNS = ", ".join(_ITEM_NAMES)
OUTPUT_COLUMNS = ", ".join(("history_id", "output_index", *_OUTPUT_NAMES[1:]))


class HistoryOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One file that a generation made; its content is the project's blob of that ``sha256``."""

    index: int
    sha256: str
    media_type: str
    width: int
    height: int
    size_bytes: int
    seed: int
    state: OutputState = "candidate"


class HistoryItem(msgspec.Struct, frozen=True, kw_only=True):
    """One generation. ``request`` is None for a kind that this studio does not know."""

    id: str
    created: float
    kind: str
    request: Request | None
    status: HistoryStatus = "queued"
    starred: bool = False
    title: str = ""
    model_title: str = ""
    seconds: float = 0.0
    peak_bytes: int = 0
    plan: LoadPlan | None = None
    error_code: str = ""
    error_message: str = ""
    error_hint: str = ""
    outputs: tuple[HistoryOutput, ...] = ()


def title_of(request: Request) -> str:
    """Return the beginning of the prompt on one line; the kind for requests without one."""
    words = " ".join(str(getattr(request, "prompt", "")).split())
    kind = str(request.__struct_config__.tag)
    return words[:TITLE_CHARACTERS] or _KIND_TITLES.get(kind, kind.replace("_", " ").capitalize())


def item_from_row(row: tuple[Any, ...], registry: RequestRegistry) -> HistoryItem:
    """Make an item of a row in the order of ``ITEM_COLUMNS``, still without its outputs.

    A request or plan that this version cannot decode is None; its bytes stay in the file.

    Raises:
        msgspec.ValidationError: a column does not hold what it should.
    """
    fields = dict(zip(_ITEM_NAMES, row, strict=True))
    body, plan = fields["request"], fields.pop("plan")
    fields |= {"request": None, "starred": bool(fields["starred"])}
    plain = msgspec.convert(fields, HistoryItem)
    return msgspec.structs.replace(
        plain, request=_decoded_request(plain.kind, body, registry), plan=_decoded_plan(plan)
    )


def _decoded_request(kind: str, body: object, registry: RequestRegistry) -> Request | None:
    try:
        return registry.decode(kind, body) if isinstance(body, bytes) else None
    except (InvalidRequest, UnicodeDecodeError):
        return None


def _decoded_plan(body: object) -> LoadPlan | None:
    try:
        return msgspec.json.decode(body, type=LoadPlan) if isinstance(body, bytes) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def output_from_row(row: tuple[Any, ...]) -> HistoryOutput:
    """Make an output of a row in the order of ``OUTPUT_COLUMNS``.

    Raises:
        msgspec.ValidationError: a column does not hold what it should.
    """
    return msgspec.convert(dict(zip(_OUTPUT_NAMES, row[1:], strict=True)), HistoryOutput)


def folded(text: str) -> str:
    """Return text without case and diacritics, the form in which it is searched."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def search_text(item: HistoryItem) -> str:
    """Return what the words of a search are looked for in, folded."""
    request = item.request
    parts = [item.title, _model_text(item)]
    parts += [str(getattr(request, name, "")) for name in ("prompt", "negative_prompt", "sampler")]
    return folded("\n".join(parts))


def matches(item: HistoryItem, text: str, words: list[str]) -> bool:
    """Tell whether every folded word is found; ``seed:``, ``model:`` and ``size:`` narrow.

    Args:
        item: the item.
        text: its ``search_text``.
        words: the folded words of the search.
    """
    return all(_matches(item, text, word) for word in words)


def _matches(item: HistoryItem, text: str, word: str) -> bool:
    key, _, value = word.partition(":")
    if value:
        match key:
            case "seed":
                seeds = (getattr(item.request, "seed", ""), *(one.seed for one in item.outputs))
                return value in map(str, seeds)
            case "model":
                return value in folded(_model_text(item))
            case "size":
                return value.replace("\N{MULTIPLICATION SIGN}", "x") in _sizes(item)
    return word in text


def _model_text(item: HistoryItem) -> str:
    return f"{item.model_title} {getattr(getattr(item.request, 'model', None), 'id', '')}"


def _sizes(item: HistoryItem) -> set[str]:
    sized = [item.request, *item.outputs]
    return {f"{getattr(one, 'width', '')}x{getattr(one, 'height', '')}" for one in sized}


def plan_bytes(plan: LoadPlan | None) -> bytes | None:
    """Return the form in which a plan is kept."""
    return None if plan is None else msgspec.json.encode(plan)

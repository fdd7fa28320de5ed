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

ITEM_COLUMNS = (
    "id, created, kind, request, status, starred, title, model_title, seconds, peak_bytes, plan, "
    "error_code, error_message, error_hint"
)
OUTPUT_COLUMNS = (
    "history_id, output_index, sha256, media_type, width, height, size_bytes, seed, state"
)


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
    return words[:TITLE_CHARACTERS] or kind.replace("_", " ").capitalize()


def item_from_row(row: tuple[Any, ...], registry: RequestRegistry) -> HistoryItem:
    """Make an item of a row in the order of ``ITEM_COLUMNS``, still without its outputs.

    A request or plan that this version cannot decode is None; its bytes stay in the file.

    Raises:
        msgspec.ValidationError: a column does not hold what it should.
    """
    names = [name.strip() for name in ITEM_COLUMNS.split(",")]
    fields = dict(zip(names, row, strict=True))
    body, plan = fields.pop("request"), fields.pop("plan")
    fields["starred"] = bool(fields["starred"])
    plain = msgspec.convert(fields | {"request": None}, HistoryItem)
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
    names = ["index", *(name.strip() for name in OUTPUT_COLUMNS.split(",")[2:])]
    return msgspec.convert(dict(zip(names, row[1:], strict=True)), HistoryOutput)


def folded(text: str) -> str:
    """Return text without case and diacritics, the form in which it is searched."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


class SearchText(msgspec.Struct, frozen=True):
    """What a search looks at in one item, folded once."""

    words: str
    model: str
    seeds: frozenset[str]
    sizes: frozenset[str]

    @staticmethod
    def of(item: HistoryItem) -> SearchText:
        """Gather the searchable parts of an item."""
        request = item.request
        model = f"{item.model_title} {getattr(getattr(request, 'model', None), 'id', '')}"
        parts = [item.title, model]
        parts += [str(getattr(request, name, "")) for name in ("prompt", "negative_prompt")]
        parts.append(str(getattr(request, "sampler", "")))
        seeds = {str(getattr(request, "seed", ""))} | {str(one.seed) for one in item.outputs}
        sizes = {f"{one.width}x{one.height}" for one in item.outputs}
        sizes.add(f"{getattr(request, 'width', '')}x{getattr(request, 'height', '')}")
        return SearchText(
            folded("\n".join(parts)), folded(model), frozenset(seeds), frozenset(sizes)
        )

    def matches(self, words: list[str]) -> bool:
        """Tell whether every folded word is found; ``seed:``, ``model:`` and ``size:`` narrow."""
        return all(self._matches(word) for word in words)

    def _matches(self, word: str) -> bool:
        key, colon, value = word.partition(":")
        if colon and value:
            match key:
                case "seed":
                    return value in self.seeds
                case "model":
                    return value in self.model
                case "size":
                    return value.replace("\N{MULTIPLICATION SIGN}", "x") in self.sizes
        return word in self.words


def plan_bytes(plan: LoadPlan | None) -> bytes | None:
    """Return the form in which a plan is kept."""
    return None if plan is None else msgspec.json.encode(plan)

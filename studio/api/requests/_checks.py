"""Checking a request against the limits on its fields, and saying in words what is wrong."""

from __future__ import annotations

from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from studio.api.requests._base import Request
from studio.core.errors import InvalidRequest

_R = TypeVar("_R", bound=Request)


def encode_request(request: Request) -> bytes:
    """Return the request as JSON, the form in which history, queue and recipes keep it."""
    return msgspec.json.encode(request)


def refused(message: str, hint: str = "") -> InvalidRequest:
    """Return the error with which an engine refuses a request; ``raise`` it."""
    return InvalidRequest(message, hint)


def checked(request: _R) -> _R:
    """Return the request if every field is inside its limits.

    Raises:
        InvalidRequest: in words for a person, naming the field by its title and the limit.
    """
    fields: dict[str, Any] = msgspec.to_builtins(request)
    needs_words = "prompt" in fields and bool(field_meta(type(request))["prompt"].min_length)
    if needs_words and isinstance(fields["prompt"], str) and not fields["prompt"].strip():
        raise InvalidRequest(
            "The prompt is empty.", "Write what you would like to see.", code="empty_prompt"
        )
    try:
        encode_request(request)
        sound = msgspec.convert(fields, type(request))
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            "The settings hold half a character, which no file can keep.",
            "Type the text again instead of pasting it.",
        ) from error
    except msgspec.ValidationError as error:
        raise _explained(type(request), fields, str(error)) from error
    if (objection := sound.objection()) is not None:
        raise InvalidRequest(*objection)
    return sound


def _explained(kind: type[Request], fields: dict[str, Any], reason: str) -> InvalidRequest:
    """Turn msgspec's "Expected ... - at `$.width`" into a sentence about the field."""
    cause, _, place = reason.replace("`", "").partition(" - at $.")
    name = place.partition(".")[0].partition("[")[0]
    limits = field_meta(kind).get(name)
    if limits is None:
        return InvalidRequest(f"The settings are not valid: {reason}.")
    title, value = limits.title or name, fields[name]
    if isinstance(value, str) and limits.max_length and len(value) > limits.max_length:
        return InvalidRequest(
            f"{title} is too long: {len(value):,} characters, at most {limits.max_length:,}.",
            "Shorten it; models read only the first few hundred words anyway.",
        )
    if known := choices(kind, name):
        import difflib

        close = difflib.get_close_matches(str(value), known, n=3)
        hint = f"Did you mean {' or '.join(close)}?" if close else ""
        return InvalidRequest(
            f"{title} cannot be {value!r}.", hint or f"Choose one of {', '.join(known)}."
        )
    if limits.ge is not None and limits.le is not None:
        return InvalidRequest(f"{title} cannot be {value!r}.", _range_hint(limits, value))
    part = place.rpartition(".")[2]
    where = f"its {part} is wrong, " if part != place else ""
    return InvalidRequest(
        f"{title} is not valid: {where}{cause[:1].lower()}{cause[1:]}.",
        "Choose it again, or leave it out.",
    )


def _range_hint(limits: Meta, value: Any) -> str:
    """The range of a number; where it goes in steps, with the nearest value below."""
    low, high = limits.ge or 0, limits.le or 0
    unit = f" {(limits.extra or {}).get('unit', '')}".rstrip()
    hint = f"Choose a value from {low} to {high}{unit}"
    if limits.multiple_of is not None and isinstance(value, int):
        below = value // limits.multiple_of * limits.multiple_of
        hint += f" in steps of {limits.multiple_of}, such as {min(max(low, below), high)}"
    return f"{hint}."


def choices(kind: type[Request], name: str) -> tuple[str, ...]:
    """Return what a field with a fixed set of values can be; empty for every other field."""
    annotation = get_type_hints(kind).get(name)
    if get_origin(annotation) is not Literal:
        return ()
    return tuple(str(value) for value in get_args(annotation))


def field_meta(kind: type[Request]) -> dict[str, Meta]:
    """Return each field's ``Meta`` in the order of declaration, for forms and messages."""
    metas: dict[str, Meta] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        # The limits of an optional field stand inside its union with None.
        options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        found = [meta for one in options for meta in getattr(one, "__metadata__", ())]
        if limits := [meta for meta in found if isinstance(meta, Meta)]:
            metas[name] = limits[0]
    return metas

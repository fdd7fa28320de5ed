"""Requests: one frozen struct a task, holding everything that affects its output.

Limits live on the fields, once: the form, the command line, the plugin check and the decoder all
read them from here. ``Meta.extra`` tells a form how to show a field:

``group``    "main" (always visible), "advanced" (folded) or "hidden" (set by the studio)
``control``  "text", "slider", "number", "seed", "size", "choice", "list" or "model"
``step``     what one step of a slider or spin box changes
``unit``     what is counted, such as "px"
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from studio.core.errors import InvalidRequest

MAX_PROMPT_CHARACTERS = 20_000

Precision = Literal["auto", "float32", "float16", "bfloat16"]

# The names that artists know from other programs; studio.engines.image maps them to schedulers.
Sampler = Literal[
    "Model default",
    "Euler",
    "Euler a",
    "DPM++ 2M",
    "DPM++ 2M Karras",
    "DPM++ 2M SDE",
    "DPM++ 2M SDE Karras",
    "DPM++ SDE",
    "DPM++ SDE Karras",
    "DPM2",
    "DPM2 a",
    "UniPC",
    "DDIM",
    "DEIS",
    "Heun",
    "LMS",
    "PLMS",
    "LCM",
    "TCD",
]
SAMPLERS: tuple[str, ...] = get_args(Sampler)


class ModelRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names one model and the exact state of its files."""

    id: Annotated[str, Meta(max_length=1000)]
    revision: Annotated[str, Meta(max_length=200)] = ""


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


class TextToImage(Request, frozen=True, kw_only=True, tag="text_to_image"):
    """Make pictures from words.

    Picture ``i`` of ``count`` is made from seed ``seed + i`` (modulo 2**32), each on its own, so
    that any one of them can be made again alone.
    """

    model: Annotated[ModelRef, Meta(title="Model", extra={"group": "main", "control": "model"})]
    prompt: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_PROMPT_CHARACTERS,
            title="Prompt",
            description="What the picture shows. (word:1.3) gives a word more weight.",
            extra={"group": "main", "control": "text"},
        ),
    ]
    negative_prompt: Annotated[
        str,
        Meta(
            max_length=MAX_PROMPT_CHARACTERS,
            title="Avoid",
            description="What the picture must not show.",
            extra={"group": "advanced", "control": "text"},
        ),
    ] = ""
    width: Annotated[
        int,
        Meta(
            ge=64,
            le=4096,
            multiple_of=8,
            title="Width",
            extra={"group": "main", "control": "size", "step": 8, "unit": "px"},
        ),
    ] = 512
    height: Annotated[
        int,
        Meta(
            ge=64,
            le=4096,
            multiple_of=8,
            title="Height",
            extra={"group": "main", "control": "size", "step": 8, "unit": "px"},
        ),
    ] = 512
    steps: Annotated[
        int,
        Meta(
            ge=1,
            le=150,
            title="Steps",
            description="More steps take longer and settle details.",
            extra={"group": "main", "control": "slider", "step": 1},
        ),
    ] = 25
    guidance_scale: Annotated[
        float,
        Meta(
            ge=0,
            le=30,
            title="Guidance",
            description="How closely the picture follows the prompt.",
            extra={"group": "main", "control": "slider", "step": 0.5},
        ),
    ] = 6.5
    seed: Annotated[
        int,
        Meta(
            ge=0,
            le=2**32 - 1,
            title="Seed",
            description="The same seed and settings give the same picture.",
            extra={"group": "advanced", "control": "seed"},
        ),
    ] = 0
    sampler: Annotated[
        Sampler,
        Meta(
            title="Sampler",
            description="The method that removes the noise.",
            extra={"group": "advanced", "control": "choice"},
        ),
    ] = "Model default"
    count: Annotated[
        int,
        Meta(ge=1, le=16, title="Pictures", extra={"group": "advanced", "control": "number"}),
    ] = 1
    clip_skip: Annotated[
        int,
        Meta(
            ge=0,
            le=4,
            title="CLIP skip",
            description="How many of the text encoder's last layers are left out.",
            extra={"group": "advanced", "control": "number"},
        ),
    ] = 0
    loras: Annotated[
        tuple[LoraUse, ...],
        Meta(max_length=16, title="LoRA", extra={"group": "advanced", "control": "list"}),
    ] = ()
    refiner: Annotated[
        RefinerUse | None,
        Meta(title="Refiner", extra={"group": "advanced", "control": "model"}),
    ] = None
    precision: Annotated[
        Precision, Meta(title="Precision", extra={"group": "hidden", "control": "choice"})
    ] = "auto"


BUILT_IN_REQUESTS: tuple[type[Request], ...] = (TextToImage,)

_R = TypeVar("_R", bound=Request)


def request_kind(request: Request | type[Request]) -> str:
    """Return the task name of a request, such as ``"text_to_image"``."""
    return str(request.__struct_config__.tag)


class RequestRegistry:
    """Knows every kind of request, the built-in ones and those that plugins bring."""

    def __init__(self, kinds: tuple[type[Request], ...] = BUILT_IN_REQUESTS) -> None:
        self._kinds: dict[str, type[Request]] = {request_kind(kind): kind for kind in kinds}

    def register(self, kind: type[Request]) -> None:
        """Add a kind; the same kind twice is fine, another type under its name is refused."""
        name = request_kind(kind)
        if self._kinds.setdefault(name, kind) is not kind:
            raise InvalidRequest(f"Two different requests are called {name!r}.")

    def fields(self, kind: str) -> tuple[str, ...]:
        """Return the names of the fields of a kind.

        Raises:
            InvalidRequest: the kind is unknown.
        """
        return self._known(kind).__struct_fields__

    def _known(self, kind: str) -> type[Request]:
        if kind not in self._kinds:
            raise InvalidRequest(
                f"This Atelier cannot do {kind!r}.", "A plugin or a newer version may bring it."
            )
        return self._kinds[kind]

    def decode(self, kind: str, body: bytes | msgspec.Raw) -> Request:
        """Decode a JSON body of the named kind.

        Raises:
            InvalidRequest: the kind is unknown or a field is outside its limits.
        """
        known = self._known(kind)
        try:
            return msgspec.json.decode(body, type=known)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidRequest(f"The stored settings are not valid: {error}.") from error


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
    if isinstance(fields.get("prompt"), str) and not fields["prompt"].strip():
        raise InvalidRequest(
            "The prompt is empty.", "Write what you would like to see.", code="empty_prompt"
        )
    try:
        encode_request(request)
        return msgspec.convert(fields, type(request))
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            "The settings hold half a character, which no file can keep.",
            "Type the text again instead of pasting it.",
        ) from error
    except msgspec.ValidationError as error:
        raise _explained(type(request), fields, str(error)) from error


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
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def field_meta(kind: type[Request]) -> dict[str, Meta]:
    """Return each field's ``Meta`` in the order of declaration, for forms and messages."""
    metas: dict[str, Meta] = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        found = [extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Meta)]
        if found:
            metas[name] = found[0]
    return metas

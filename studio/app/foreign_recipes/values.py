"""Safe readings of values that came out of somebody else's file."""

from __future__ import annotations

import json
import math
from typing import Any

# A text larger than this is not looked at; the largest workflows seen in the wild are below it.
MAX_TEXT_BYTES = 4 * 2**20
MAX_SEED = 2**64 - 1
MAX_NAME_CHARACTERS = 1000


def decode_json(text: str) -> Any:
    """Return the decoded text, or None where it is not JSON that can be read.

    NaN and Infinity, which Python programs write though JSON has none, become None.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def decode_object(text: str) -> dict[str, Any]:
    """Return the decoded JSON object, or an empty one where the text is something else."""
    decoded = decode_json(text)
    return decoded if isinstance(decoded, dict) else {}


def as_object(value: Any) -> dict[str, Any]:
    """Return ``value`` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """Return ``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Return ``value`` if it is text, stripped and without NUL, else an empty text.

    Half a character (a lone surrogate, which JSON escapes can hold) becomes a question mark.
    """
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip()


def as_name(value: Any) -> str:
    """Return a text that is short enough to name a model or a sampler, else an empty one."""
    text = as_text(value)
    return text if len(text) <= MAX_NAME_CHARACTERS else ""


def as_float(value: Any) -> float | None:
    """Return a finite number from a number or its text, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 50:
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_int(value: Any, *, low: int = 0, high: int = 2**31) -> int | None:
    """Return a whole number between ``low`` and ``high`` from a number or its text, else None."""
    if isinstance(value, str):
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            return None
        value = int(text)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if low <= value <= high else None


def as_seed(value: Any) -> int | None:
    """Return a seed of at most 64 bits, else None; other programs write -1 for "random"."""
    return as_int(value, high=MAX_SEED)


def file_stem(value: Any) -> str:
    """Return the name of a model file without folders (of any system) and known suffix."""
    name = as_name(value).replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, _, suffix = name.rpartition(".")
    known = {"safetensors", "ckpt", "pt", "pth", "bin", "gguf", "sft"}
    return stem if stem and suffix.lower() in known else name

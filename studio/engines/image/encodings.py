"""Encoded prompts, kept: an unchanged prompt is not encoded again."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

_CAPACITY = 32


class EncodingCache:
    """Remembers what a pipeline's own ``encode_prompt`` returned, by everything that affects it.

    The pipeline calls its method as always and gets the very tensors that it would have computed,
    so pictures stay bit for bit those of the plain library call. ``encoded`` counts the real
    encodings.
    """

    def __init__(self) -> None:
        self.encoded = 0
        self.adapters: tuple[tuple[str, float], ...] = ()
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def install(self, pipeline: Any) -> None:
        """Put the cache before the pipeline's ``encode_prompt``, if it has one."""
        original = getattr(pipeline, "encode_prompt", None)
        if original is None:
            return
        signature = inspect.signature(original)
        name = f"{type(pipeline).__name__}:{id(pipeline)}"

        def encode_prompt(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return self.remember(
                (name, *bound.arguments.items()), lambda: original(*args, **kwargs)
            )

        pipeline.encode_prompt = encode_prompt

    def remember(self, parts: tuple[Any, ...], encode: Callable[[], Any]) -> Any:
        """Return the encoding for ``parts`` and the present adapters, made by ``encode`` if new."""
        if _holds_tensor(parts):
            return encode()
        key = _hashable((self.adapters, parts))
        if key not in self._kept:
            self.encoded += 1
            self._kept[key] = encode()
            while len(self._kept) > _CAPACITY:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def clear(self) -> None:
        """Forget everything; the count stays."""
        self._kept.clear()


def _holds_tensor(value: Any) -> bool:
    import torch

    if isinstance(value, (list, tuple)):
        return any(_holds_tensor(item) for item in value)
    return isinstance(value, torch.Tensor)


def _hashable(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return tuple(_hashable(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((str(key), _hashable(item)) for key, item in value.items()))
    if value is None or isinstance(value, (str, int, float, bool)):
        return (type(value).__name__, value)
    return (type(value).__name__, str(value))

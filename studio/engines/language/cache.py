"""What a model has read of the last conversation, so that its next turn need not begin anew."""

from __future__ import annotations

from typing import Any


class ConversationCache:
    """The keys and values of the tokens that were read last.

    A turn sends the whole conversation again; the tokens that it has in common with what was read
    before, from the start, are not read again. Edits and branches share what lies before them.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache: Any = None
        self._ids: list[int] = []

    def __len__(self) -> int:
        return len(self._ids)

    def begin(self, ids: list[int]) -> int:
        """Make room for a text and return how many of its first tokens are known already.

        At least one token is left to read, for its logits are needed.
        """
        common = 0
        most = min(len(self._ids), len(ids) - 1)
        while common < most and self._ids[common] == ids[common]:
            common += 1
        if common and (common == len(self._ids) or self._can_crop()):
            if common < len(self._ids):
                # Negative: how many tokens go. That is what old and new versions agree on.
                self._cache.crop(common - len(self._ids))
            self._ids = self._ids[:common]
        else:
            self.forget()
            common = 0
        if self._cache is None:
            from transformers import DynamicCache

            self._cache = DynamicCache(config=self._model.config)
        return common

    def forward(self, ids: list[int]) -> Any:
        """Read tokens and return the logits after the last one, shape (1, vocabulary).

        An interrupted reading leaves layers of different lengths behind: all is forgotten then.
        """
        import torch

        tokens = torch.tensor([ids], device=self._model.device)
        try:
            output = self._model(
                input_ids=tokens, past_key_values=self._cache, use_cache=True, logits_to_keep=1
            )
        except BaseException:
            self.forget()
            raise
        self._cache = output.past_key_values
        self._ids += ids
        return output.logits[:, -1, :]

    def forget(self) -> None:
        """Drop everything that was read."""
        self._cache = None
        self._ids = []

    def held_bytes(self) -> int:
        """Return the bytes of the keys and values."""
        total = 0
        for layer in getattr(self._cache, "layers", ()):
            for name in ("keys", "values"):
                tensor = getattr(layer, name, None)
                if tensor is not None:
                    total += tensor.numel() * tensor.element_size()
        return total

    def _can_crop(self) -> bool:
        """True where every layer keeps every token; a sliding window cannot be wound back."""
        from transformers.cache_utils import DynamicLayer

        layers = getattr(self._cache, "layers", ())
        return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)

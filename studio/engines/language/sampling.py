"""Choosing the next token, with transformers' own logits processors in generate()'s order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.api.requests import ChatTurn

if TYPE_CHECKING:
    import torch


class Sampler:
    """Chooses tokens for one answer; the same seed and logits give the same choices."""

    def __init__(self, request: ChatTurn, device: torch.device) -> None:
        import torch

        self._greedy = request.temperature == 0
        self._processors = _processors(request)
        self._needs_ids = request.repetition_penalty != 1
        self._generator = torch.Generator(device).manual_seed(request.seed)
        self._alternatives = request.alternatives

    def choose(
        self, logits: torch.Tensor, ids: list[int]
    ) -> tuple[int, float, list[tuple[int, float]]]:
        """Return the token, its log-probability, and the likeliest tokens with theirs.

        Log-probabilities are those of the model itself, before any setting.

        Args:
            logits: float32, shape (1, vocabulary).
            ids: every token so far.
        """
        import torch

        likelihoods = torch.log_softmax(logits, dim=-1)
        scores = logits
        if self._processors:
            seen = torch.tensor([ids], device=logits.device) if self._needs_ids else None
            for processor in self._processors:
                scores = processor(seen, scores)
        if self._greedy:
            token = int(scores.argmax(dim=-1))
        else:
            probabilities = torch.softmax(scores, dim=-1)
            token = int(torch.multinomial(probabilities, 1, generator=self._generator))
        best: list[tuple[int, float]] = []
        if self._alternatives:
            values, places = likelihoods[0].topk(min(self._alternatives, likelihoods.shape[-1]))
            best = list(zip(places.tolist(), values.tolist(), strict=True))
        return token, float(likelihoods[0, token]), best


def _processors(request: ChatTurn) -> list[Any]:
    """In the order of transformers' GenerationMixin._get_logits_processor."""
    from transformers.generation.logits_process import (
        MinPLogitsWarper,
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    found: list[Any] = []
    if request.repetition_penalty != 1:
        found.append(RepetitionPenaltyLogitsProcessor(penalty=request.repetition_penalty))
    if request.temperature == 0:
        return found
    if request.temperature != 1:
        found.append(TemperatureLogitsWarper(request.temperature))
    if request.top_k:
        found.append(TopKLogitsWarper(top_k=request.top_k))
    if request.top_p < 1:
        found.append(TopPLogitsWarper(top_p=request.top_p))
    if request.min_p:
        found.append(MinPLogitsWarper(min_p=request.min_p))
    return found

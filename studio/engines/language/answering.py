"""One answer: the conversation in, tokens out as they come, stopped at any token boundary."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from studio.api.engines import Run
from studio.api.events import Answer, AnswerEnd
from studio.api.requests import ChatMessage, ChatTurn
from studio.core.errors import InvalidRequest, ModelProblem
from studio.engines.language.loading import LoadedLanguageModel
from studio.engines.language.sampling import Sampler
from studio.engines.language.text_stream import TextStream

# Tokens that are read at once: few, so that the working memory is bounded and a stop is heard.
READ_AT_ONCE = 256
# Where a conversation fills the window, this share of it is kept free for the answer.
_ROOM_FOR_ANSWER = 4


class Answering:
    """Writes the answer to one request with a loaded model."""

    def __init__(self, loaded: LoadedLanguageModel, request: ChatTurn, run: Run) -> None:
        self._loaded = loaded
        self._request = request
        self._run = run

    def answer(self) -> Answer:
        """Write the answer, reporting every token, and return it.

        Raises:
            InvalidRequest: the last message alone is longer than the model's window.
            ModelProblem: the model's template refuses the conversation.
        """
        import torch

        began = time.monotonic()
        ids = self._prompt_ids()
        cache = self._loaded.cache
        with torch.inference_mode():
            reused = cache.begin(ids)
            logits = self._read(ids[reused:])
            stream = TextStream(self._loaded.tokenizer, ids, self._request.stop)
            first, count, finish = began, 0, self._decode(logits, ids, stream)
            for _ in finish:
                count += 1
                if count == 1:
                    first = time.monotonic()
        self._run.tokens(stream.finish())
        seconds = time.monotonic() - first
        return Answer(
            job_id=self._run.job_id,
            text=stream.text,
            finish=self._finish,
            prompt_tokens=len(ids),
            reused_tokens=reused,
            answer_tokens=count,
            context_tokens=self._loaded.context_tokens,
            first_token_seconds=first - began,
            tokens_per_second=(count - 1) / seconds if count > 1 and seconds > 0 else 0.0,
        )

    def _decode(self, logits: Any, prompt: list[int], stream: TextStream) -> Iterator[int]:
        """Choose and report tokens until the answer ends; yields each."""
        import torch

        loaded, request, run = self._loaded, self._request, self._run
        sampler = Sampler(request, loaded.device)
        ids = list(prompt)
        most = min(request.max_tokens, max(1, loaded.context_tokens - len(prompt)))
        self._finish: AnswerEnd = "length"
        for number in range(most):
            run.check_cancelled()
            token, logprob, others = sampler.choose(logits.to(torch.float32), ids)
            if token in loaded.end_ids:
                self._finish = "end"
                return
            ids.append(token)
            run.tokens(stream.add(token, logprob, others))
            yield token
            if stream.stopped:
                self._finish = "stop"
                return
            if number + 1 < most:
                logits = loaded.cache.forward([token])

    def _read(self, ids: list[int]) -> Any:
        """Read the part of the conversation that is not known yet, stopping between layers."""
        with _watched(self._loaded.model, self._run):
            logits = None
            for start in range(0, len(ids), READ_AT_ONCE):
                self._run.check_cancelled()
                self._run.progress(start, len(ids), "Reading")
                logits = self._loaded.cache.forward(ids[start : start + READ_AT_ONCE])
            return logits

    def _prompt_ids(self) -> list[int]:
        """Return the conversation as tokens; the oldest turns go where it fills the window."""
        messages, dropped = list(self._request.messages), 0
        while True:
            ids = self._encoded(messages)
            context = self._loaded.context_tokens
            room = min(self._request.max_tokens, context // _ROOM_FOR_ANSWER)
            if len(ids) + room <= context:
                break
            oldest = 1 if messages[0].role == "system" else 0
            if oldest >= len(messages) - 1:
                if len(ids) < context:
                    break
                raise InvalidRequest(
                    f"The message is too long: {len(ids):,} tokens, and this model's window has "
                    f"{context:,}.",
                    "Shorten it, or choose a model with a larger window.",
                    code="context_full",
                )
            # A question and its answer leave together, so that the turns still alternate.
            paired = oldest + 1 < len(messages) - 1 and messages[oldest + 1].role == "assistant"
            del messages[oldest : oldest + (2 if paired else 1)]
            dropped += 2 if paired else 1
        if dropped:
            self._run.remark(
                f"The conversation is longer than this model's window of {context:,} tokens: "
                f"its {dropped} oldest messages were left out."
            )
        return ids

    def _encoded(self, messages: list[ChatMessage]) -> list[int]:
        tokenizer = self._loaded.tokenizer
        plain = [{"role": message.role, "content": message.text} for message in messages]
        continues = self._request.continues
        try:
            text: str = tokenizer.apply_chat_template(
                plain,
                tokenize=False,
                add_generation_prompt=not continues,
                continue_final_message=continues,
            )
        except Exception as error:
            # Templates are programs of the model's makers and raise what they like.
            raise ModelProblem(
                f"{self._loaded.plan.title} does not take this conversation: "
                f"{(str(error).splitlines() or ['?'])[0][:200]}",
                "Some models take no system prompt, or want turns to alternate.",
            ) from error
        ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids


@contextmanager
def _watched(model: Any, run: Run) -> Iterator[None]:
    """Ask before every layer whether the run was stopped: slow machines read for seconds."""
    import torch

    def check(module: torch.nn.Module, inputs: Any) -> None:
        run.check_cancelled()

    layers = next((m for m in model.modules() if isinstance(m, torch.nn.ModuleList)), ())
    hooks = [layer.register_forward_pre_hook(check) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()

"""From tokens to text while they come: whole characters only, and nothing past a stop string."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from studio.api.events import Alternative, TextToken

# Tokens before the answer that are decoded with it: some tokenizers write the first word
# differently at the start of a text.
_CONTEXT = 6
_BROKEN = "\ufffd"


class TextStream:
    """Decodes an answer token by token.

    The joined texts of what ``add`` and ``finish`` return are the answer. A token that ends inside
    a character waits for the rest (the method of vllm's incremental detokenizer), and what may
    turn out to be the start of a stop string is held back.
    """

    def __init__(self, tokenizer: Any, prompt_ids: Sequence[int], stop: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._ids = list(prompt_ids[-_CONTEXT:])
        self._start, self._read = 0, len(self._ids)
        self._stop = tuple(stop)
        self._longest_stop = max((len(text) for text in stop), default=0)
        self._held: list[TextToken] = []
        self.text = ""
        self.stopped = False

    def add(
        self, token: int, logprob: float, alternatives: Sequence[tuple[int, float]] = ()
    ) -> list[TextToken]:
        """Take the next token and return those whose text is certain by now."""
        self._ids.append(token)
        others = tuple(Alternative(self.token_text(i), value) for i, value in alternatives)
        text = self._next_text()
        self._held.append(TextToken(text=text, logprob=logprob, alternatives=others))
        # Inside a character nothing is certain, not even this token's own text.
        return self._release(whole=not self._stop) if text else []

    def finish(self) -> list[TextToken]:
        """Return what was held back; the answer has ended."""
        if self.stopped:
            return []
        rest = self._decoded(self._start)[len(self._decoded(self._start, self._read)) :]
        if rest:
            last = self._held[-1]
            self._held[-1] = msgspec.structs.replace(last, text=last.text + rest)
        return self._release(whole=True)

    def token_text(self, token: int) -> str:
        """Return what one token alone looks like."""
        text: str = self._tokenizer.decode([token], skip_special_tokens=False)
        return text

    def _next_text(self) -> str:
        before = self._decoded(self._start, self._read)
        now = self._decoded(self._start)
        if len(now) <= len(before) or now.endswith(_BROKEN):
            return ""
        self._start, self._read = self._read, len(self._ids)
        return now[len(before) :]

    def _decoded(self, start: int, end: int | None = None) -> str:
        text: str = self._tokenizer.decode(
            self._ids[start:end], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return text

    def _release(self, *, whole: bool) -> list[TextToken]:
        """Hand out what no stop string can reach any more; cut at the first one that is there."""
        held = "".join(token.text for token in self._held)
        if self._stop and (cut := self._first_stop(held)) >= 0:
            self.stopped = True
            return self._hand_out(cut, exactly=True)
        return self._hand_out(len(held) if whole else len(held) - self._may_begin(held))

    def _first_stop(self, text: str) -> int:
        return min((at for stop in self._stop if (at := text.find(stop)) >= 0), default=-1)

    def _may_begin(self, text: str) -> int:
        """Return how many characters at the end may be the start of a stop string."""
        for length in range(min(len(text), self._longest_stop - 1), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stop):
                return length
        return 0

    def _hand_out(self, characters: int, *, exactly: bool = False) -> list[TextToken]:
        """Return the held tokens within ``characters``; ``exactly`` cuts the last one."""
        given: list[TextToken] = []
        while self._held:
            token = self._held[0]
            if len(token.text) > characters:
                if exactly and characters > 0:
                    given.append(msgspec.structs.replace(token, text=token.text[:characters]))
                break
            if exactly and characters == 0:
                break
            given.append(self._held.pop(0))
            characters -= len(token.text)
        self.text += "".join(token.text for token in given)
        return given

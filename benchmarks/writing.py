"""Speed of an answer over that of the bare generate(), and what the kept conversation saves.

The same greedy answer is written by transformers' generate() and by the engine as a worker drives
it, alternately and in changing order, with and without the ten likeliest alternatives of every
token; the texts must be equal. Then one more turn of a conversation of 4,000 tokens is asked for,
with and without what was read of it before. Wall and processor time are both told: on a machine
that does other things only the latter means something. Prints one JSON object.

    uv run python benchmarks/writing.py [--rounds 6] [--tokens 48] [--model FOLDER]

Without ``--model`` it takes the starter from the models folder, or else random weights in its
shape, which take the same time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from studio.engines.threads import configure_threads  # noqa: E402

configure_threads()

from benchmarks.machine import report  # noqa: E402
from studio.api.events import Answer  # noqa: E402
from studio.api.requests import ChatMessage, ChatTurn, ModelRef  # noqa: E402
from studio.core.paths import models_dir  # noqa: E402
from studio.engines.language.engine import ChatEngine  # noqa: E402
from studio.engines.language.loading import import_quietly  # noqa: E402
from studio.models.packaged import STARTER_LANGUAGE_MODEL  # noqa: E402
from tests.engines.recorder import Recorder, make_plan  # noqa: E402

QUESTION = "Write three sentences about the sea."


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--history", type=int, default=4000)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    import_quietly()
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or models_dir() / STARTER_LANGUAGE_MODEL
        if not model.is_dir():
            model = write_random(Path(folder) / "random")
        bench = Bench(model, options.tokens)
        answer = {
            "writing": bench.speeds(options.rounds),
            "long_conversation": bench.long_conversation(options.history),
            "model": "starter" if model.name == STARTER_LANGUAGE_MODEL else model.name,
            "tokens": options.tokens,
        }
    report("writing", answer)
    return 0


def write_random(folder: Path) -> Path:
    """Write random weights in the starter's shape."""
    from tests.support.language import save_tiny_llama

    return save_tiny_llama(
        folder,
        context=8192,
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        initializer_range=0.02,
    )


class Bench:
    """The engine with one model loaded, and the bare library on the same weights."""

    def __init__(self, folder: Path, tokens: int) -> None:
        self._engine = ChatEngine()
        self._plan = make_plan(folder, family="language", layout="transformers")
        self._tokens = tokens
        self.ask(1)
        (entry,) = self._engine.residency._entries.values()
        self._loaded: Any = entry.loaded
        # Neither side ends before the length is reached.
        self._loaded.end_ids = frozenset()

    def ask(self, tokens: int, *turns: str, alternatives: int = 0) -> Answer:
        """Let the engine answer, greedily."""
        messages = tuple(
            ChatMessage("assistant" if number % 2 else "user", text)
            for number, text in enumerate(turns or (QUESTION,))
        )
        request = ChatTurn(
            model=ModelRef(id="m"),
            messages=messages,
            temperature=0.0,
            max_tokens=tokens,
            alternatives=alternatives,
        )
        run = Recorder(Path())
        self._engine.run(request, self._plan, run)
        return run.answers[0]

    def bare(self) -> str:
        """Let generate() answer, greedily."""
        import torch

        ids = self._loaded.tokenizer.apply_chat_template(
            [{"role": "user", "content": QUESTION}],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )["input_ids"]
        with torch.inference_mode():
            # With its end switched off, generate() would take the ends of turns for padding.
            out = self._loaded.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=self._tokens,
                do_sample=False,
                eos_token_id=-1,
            )
        text: str = self._loaded.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        return text

    def ours(self, alternatives: int) -> str:
        """Let the engine answer as if it had read nothing yet."""
        self._loaded.cache.forget()
        return self.ask(self._tokens, alternatives=alternatives).text

    def speeds(self, rounds: int) -> dict[str, Any]:
        """Return tokens a second of each way, medians, and the ratios to the bare call."""
        ways: dict[str, Callable[[], str]] = {
            "generate": self.bare,
            "engine": lambda: self.ours(0),
            "engine_with_alternatives": lambda: self.ours(10),
        }
        wall: dict[str, list[float]] = {name: [] for name in ways}
        processor: dict[str, list[float]] = {name: [] for name in ways}
        texts = {name: way() for name, way in ways.items()}  # warm
        if len(set(texts.values())) != 1:
            raise SystemExit(f"the answers differ: {texts}")
        for number in range(rounds):
            order = list(ways) if number % 2 else list(ways)[::-1]
            for name in order:
                began, used = time.perf_counter(), time.process_time()
                ways[name]()
                wall[name].append(time.perf_counter() - began)
                processor[name].append(time.process_time() - used)
        result: dict[str, Any] = {"rounds": rounds}
        for name in ways:
            result[name] = {
                "tokens_per_second": self._tokens / statistics.median(wall[name]),
                "speed_over_generate": statistics.median(
                    bare / own for bare, own in zip(wall["generate"], wall[name], strict=True)
                ),
                "processor_speed_over_generate": statistics.median(
                    bare / own
                    for bare, own in zip(processor["generate"], processor[name], strict=True)
                ),
            }
        return result

    def long_conversation(self, tokens: int) -> dict[str, Any]:
        """Return the time to the first token of a further turn, read anew and gone on."""
        history = "the sea " * (tokens // 2 - 40)
        self._loaded.cache.forget()
        first = self.ask(1, history, "Go on.", "And then?")
        further = self.ask(1, history, "Go on.", "And then?", "It ended.", "Why?")
        return {
            "history_tokens": first.prompt_tokens,
            "read_anew_seconds": first.first_token_seconds,
            "gone_on_seconds": further.first_token_seconds,
            "tokens_read_when_gone_on": further.prompt_tokens - further.reused_tokens,
        }


if __name__ == "__main__":
    raise SystemExit(main())

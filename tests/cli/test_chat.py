"""``atelier chat`` as a script and a person use it, with the real worker and a tiny real model."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from studio.cli import main
from tests.support.language import save_tiny_llama
from tests.support.models import write_language_folder

COMMAND = [sys.executable, "-m", "studio.cli", "chat"]


@pytest.fixture
def tiny(atelier_home: Path) -> Path:
    return save_tiny_llama(atelier_home / "data" / "models" / "tiny")


def test_one_json_object_tells_every_token_and_the_same_seed_the_same_answer(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--model", "tiny", "--json", "--max-tokens", "12", "--seed", "7"]
    assert main(["chat", "hello world", *options, "--temperature", "1.2"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["model"] == "tiny"
    assert "".join(token["text"] for token in first["tokens"]) == first["text"]
    assert all(token["logprob"] < 0 for token in first["tokens"])
    assert [len(token["alternatives"]) for token in first["tokens"]] == [5] * len(first["tokens"])
    assert first["seconds"] > 0
    assert first["request"]["seed"] == 7

    monkeypatch.setattr(sys, "stdin", io.StringIO("hello world"))
    assert main(["chat", "-", *options, "--temperature", "1.2"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == first["text"]
    # One answer for a script leaves nothing behind in the project.
    from studio.cli.session import opened_project

    with opened_project(None) as project:
        assert project.chat.threads() == []
        assert project.jobs.load() == []


def test_a_conversation_in_a_terminal_remembers_and_is_kept(tiny: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--model", "tiny", "--max-tokens", "4", "--temperature", "0"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"TERM": "dumb"},
        text=True,
        errors="replace",
    )
    os.close(theirs)
    os.write(ours, b"hello world\n/again\n/nonsense\nlazy dog\n/quit\n")
    out, err = process.communicate(timeout=170)
    os.close(ours)
    assert process.returncode == 0, err
    assert "There is no command /nonsense" in err
    from studio.cli.session import opened_project

    with opened_project(None) as project:
        (thread,) = project.chat.threads()
        assert thread.title == "hello world"
        turns = list(project.chat.turns(thread.id).values())
        assert [turn.role for turn in turns] == ["user", *["assistant"] * 2, "user", "assistant"]
        assert turns[1].text == turns[2].text
        assert turns[1].text.strip("\n") in out
        assert turns[4].facts.reused_tokens > 0


def test_a_language_model_is_described_by_its_window(
    atelier_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_language_folder(atelier_home / "data" / "models" / "writer")
    assert main(["models", "writer"]) == 0
    told = capsys.readouterr().out
    assert "window    256 tokens" in told
    assert "guidance" not in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["hello", "--temperature", "9"], "Temperature cannot be 9.0"),
        (["hello", "--max-tokens", "0"], "Longest answer cannot be 0"),
        (["hello", "--seed", "-1"], "Seed cannot be -1"),
        (["hello", "--model", "nobody"], "No model called 'nobody'"),
        (["hello", "--model", "base"], "does not answer in words"),
        (["  "], "The message is empty"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(
    options: list[str],
    words: str,
    atelier_home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = atelier_home / "data" / "models"
    write_language_folder(models / "writer")
    write_language_folder(models / "base", template=False)
    assert main(["chat", "--json", "--model", "writer", *options]) in (1, 2)
    told = capsys.readouterr()
    assert words in told.err
    assert json.loads(told.out)["message"] in told.err

"""Conversations as an artist has them: streamed, stopped, edited, branched, and never lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.app.chat import new_thread, title_from
from studio.core.errors import InvalidRequest, OutOfMemory, UnknownModel
from studio.document import Project, ThreadSettings, Turn
from tests.support.bench import REPOSITORY, StudioBench
from tests.support.models import write_language_folder

ENGINES = "tests.workers.fake_chat_engine:engines"


class Talk:
    """A studio with one conversation, and short words for what tests do in it."""

    def __init__(self, bench: StudioBench) -> None:
        self.bench = bench
        self.chat = bench.studio.chat
        self.kept = bench.studio.project.chat
        self.thread = new_thread(self.chat, ThreadSettings(model="writer")).id

    def finish(self, turn: Turn) -> Turn:
        self.bench.until(lambda: not self.kept.turn(turn.id).unfinished)
        return self.kept.turn(turn.id)

    def say(self, text: str) -> Turn:
        return self.finish(self.chat.send(self.thread, text))

    def texts(self) -> list[str]:
        return [turn.text.strip() for turn in self.kept.path(self.thread)]


@pytest.fixture
def talk(make_bench: Callable[..., StudioBench], atelier_home: Path) -> Talk:
    write_language_folder(atelier_home / "data" / "models" / "writer")
    return Talk(make_bench(engines=ENGINES))


def test_a_message_gets_an_answer_and_the_conversation_a_name(talk: Talk) -> None:
    answer = talk.say("Tell me about the sea and its ships, please, in a few words or more")
    assert talk.texts()[1] == "1 messages at 0.7"
    assert answer.status == "done"
    assert (answer.facts.model_title, answer.facts.tokens_per_second) == ("writer", 31.0)
    assert answer.facts.request["top_p"] == 0.95
    assert "".join(token.text for token in answer.tokens) == answer.text
    assert (
        talk.kept.thread(talk.thread).title
        == "Tell me about the sea and its ships, please, in\u2026"
    )


def test_every_turn_before_and_the_system_prompt_are_told(talk: Talk) -> None:
    talk.kept.change(talk.thread, system="Be kind.")
    talk.say("one")
    assert talk.say("two").text.startswith("4 messages")


def test_settings_are_those_of_the_thread(talk: Talk) -> None:
    talk.kept.change(talk.thread, settings=ThreadSettings(model="writer", temperature=0.25, seed=5))
    answer = talk.say("one")
    assert answer.text.strip() == "1 messages at 0.25"
    assert answer.facts.request["seed"] == 5


def test_writing_again_and_editing_branch(talk: Talk) -> None:
    first = talk.say("one")
    again = talk.finish(talk.chat.regenerate(first.id))
    assert again.parent == first.parent
    assert len(talk.kept.siblings(again.id)) == 2
    talk.say("two")
    question = talk.kept.path(talk.thread)[2]
    talk.finish(talk.chat.edit(question.id, "zwei"))
    assert talk.texts() == ["one", "1 messages at 0.7", "zwei", "3 messages at 0.7"]
    talk.kept.show(question.id)
    assert talk.texts()[2] == "two"


def test_a_stopped_answer_keeps_what_was_written_and_can_go_on(talk: Talk) -> None:
    turn = talk.chat.send(talk.thread, "slow long")
    talk.bench.until(lambda: len(talk.kept.turn(turn.id).text) > 20)
    with pytest.raises(InvalidRequest, match="still being written"):
        talk.chat.send(talk.thread, "impatient")
    talk.chat.stop(talk.thread)
    stopped = talk.finish(turn)
    assert stopped.status == "stopped"
    assert stopped.text.startswith("w0 w1 w2 ")
    resumed = talk.finish(talk.chat.resume(turn.id))
    assert (resumed.id, resumed.text) == (turn.id, stopped.text + "and more")
    assert len(talk.texts()) == 2


def test_a_waiting_answer_goes_before_pictures(talk: Talk) -> None:
    from tests.support.bench import fake_request

    studio = talk.bench.studio
    studio.queue.pause(True)
    studio.generate(fake_request())
    turn = talk.chat.send(talk.thread, "hello")
    assert talk.chat.writing(talk.thread) == turn
    assert studio.queue.waiting()[0].request.messages[-1].text == "hello"
    assert talk.chat.live(turn.id).title == "hello"
    studio.queue.pause(False)
    assert talk.finish(turn).status == "done"
    assert talk.chat.live(turn.id) is None


def test_a_failure_is_told_in_its_turn_and_the_conversation_goes_on(talk: Talk) -> None:
    failed = talk.say("error")
    assert failed.status == "failed"
    assert "tripped" in failed.facts.problem
    assert any("tripped" in notice.message for notice in talk.bench.notices)
    crashed = talk.say("crash")
    assert crashed.status == "failed"
    assert crashed.facts.problem.startswith("The answer could not be finished")
    assert crashed.text.startswith("1 ")
    assert talk.say("well").text.startswith("3 messages")


def test_what_cannot_be_asked_leaves_no_message_behind(talk: Talk) -> None:
    for text in ("", "  \n"):
        with pytest.raises(InvalidRequest, match="empty"):
            talk.chat.send(talk.thread, text)
    talk.kept.change(talk.thread, settings=ThreadSettings(model="nobody"))
    with pytest.raises(UnknownModel):
        talk.chat.send(talk.thread, "hello")
    talk.kept.change(talk.thread, settings=ThreadSettings(model="paper"))
    with pytest.raises(InvalidRequest, match="does not answer in words"):
        talk.chat.send(talk.thread, "hello")
    talk.bench.studio.change_settings(memory_budget_fraction=1e-9)
    talk.kept.change(talk.thread, settings=ThreadSettings(model="writer"))
    with pytest.raises(OutOfMemory):
        talk.chat.send(talk.thread, "hello")
    assert talk.texts() == []


def test_the_starter_is_the_model_where_none_is_installed(
    make_bench: Callable[..., StudioBench],
) -> None:
    bench = make_bench(engines=ENGINES)
    plan = bench.studio.chat.plan(ThreadSettings())
    assert plan.model.id == "smollm2-135m-instruct"
    assert plan.convert_to.endswith("smollm2-135m-instruct")
    assert "unpacked once" in plan.reason


def test_closing_the_studio_keeps_what_was_written(
    make_bench: Callable[..., StudioBench], atelier_home: Path
) -> None:
    write_language_folder(atelier_home / "data" / "models" / "writer")
    bench = make_bench(engines=ENGINES)
    talk = Talk(bench)
    turn = talk.chat.send(talk.thread, "slow long")
    bench.until(lambda: len(talk.kept.turn(turn.id).text) > 60)
    shown = talk.kept.turn(turn.id).text
    path = bench.studio.project.path
    bench.close()
    with Project.open(path) as project:
        kept = project.chat.turns(talk.thread)[turn.id]
        assert (kept.text, kept.status) == (shown, "cut")
        assert project.jobs.load() == []


def test_titles_are_short_and_end_at_a_word() -> None:
    assert title_from("  hello\n\nthere ") == "hello there"
    assert len(title_from("word " * 40)) <= 49
    assert title_from("x" * 100) == "x" * 48 + "\u2026"


CHILD = """
import sys, time
from pathlib import Path
from tests.support.bench import StudioBench
from studio.app.chat import new_thread
from studio.document import ThreadSettings
bench = StudioBench(Path(sys.argv[1]), engines="tests.workers.fake_chat_engine:engines")
chat = bench.studio.chat
thread = new_thread(chat, ThreadSettings(model="writer"))
turn = chat.send(thread.id, "slow long")
def tell(name):
    text = bench.studio.project.chat.turn(name).text
    if text:
        print(time.time(), len(text), flush=True)
bench.studio.project.chat.turn_changed.connect(tell)
bench.until(lambda: False, timeout=60)
"""


def test_a_killed_studio_loses_at_most_the_last_second(
    atelier_home: Path, path_on_disk: Path
) -> None:
    write_language_folder(atelier_home / "data" / "models" / "writer")
    chance = random.Random(1)
    for round_number in range(3):
        path = path_on_disk.with_name(f"{round_number}.atelier")
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            text=True,
        )
        assert child.stdout is not None
        told: list[tuple[float, int]] = []
        enough = chance.randint(150, 500)
        for line in child.stdout:
            moment, length = line.split()
            told.append((float(moment), int(length)))
            if told[-1][1] > enough:
                break
        os.kill(child.pid, signal.SIGKILL)
        killed = time.time()
        child.wait()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            rows = connection.execute("SELECT text FROM turns WHERE role = 'assistant'")
            ((text,),) = rows.fetchall()
        before = max((length for moment, length in told if moment < killed - 1), default=0)
        assert len(text) >= before
        assert text == "".join(f"w{number} " for number in range(2000))[: len(text)]
        with Project.open(path) as project:
            (thread,) = project.chat.threads()
            assert [turn.status for turn in project.chat.path(thread.id)] == ["done", "cut"]


@pytest.fixture
def path_on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disk") / "x.atelier"

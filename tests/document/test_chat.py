"""Conversations in the project file: trees of turns that outlive the studio, whatever ends it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from studio.core.errors import DocumentProblem, StorageProblem
from studio.document import Project, ThreadSettings, TurnFacts


def texts(project: Project, thread: str) -> list[str]:
    return [turn.text for turn in project.chat.path(thread)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "talk.atelier"


def test_a_conversation_is_as_it_was_after_opening_the_project_again(path: Path) -> None:
    settings = ThreadSettings(model="m", temperature=0.2, seed=4, stop=("END",))
    facts = TurnFacts(model_title="M", answer_tokens=3, request={"seed": 4, "top_p": 0.9})
    with Project.create(path) as project:
        thread = project.chat.create(title="Primes", system="Be brief.", settings=settings)
        ask = project.chat.add(thread.id, "", "user", "Prove it. \u6f22\u5b57 \U0001f98a")
        project.chat.add(thread.id, ask.id, "assistant", "Assume not.", facts=facts)
        before = (project.chat.threads(), project.chat.turns(thread.id))
    with Project.open(path) as project:
        assert (project.chat.threads(), project.chat.turns(thread.id)) == before
        assert texts(project, thread.id) == ["Prove it. \u6f22\u5b57 \U0001f98a", "Assume not."]


def test_an_edit_branches_and_both_branches_can_be_shown(path: Path) -> None:
    with Project.create(path) as project:
        chat = project.chat
        thread = chat.create().id
        first = chat.add(thread, "", "user", "one")
        answer = chat.add(thread, first.id, "assistant", "two")
        chat.add(thread, answer.id, "user", "three")
        edited = chat.add(thread, answer.id, "user", "drei")
        again = chat.add(thread, first.id, "assistant", "zwei")
        assert texts(project, thread) == ["one", "zwei"]
        assert [turn.text for turn in chat.siblings(again.id)] == ["two", "zwei"]
        chat.show(answer.id)
        assert texts(project, thread) == ["one", "two", "drei"]
        assert [turn.text for turn in chat.siblings(edited.id)] == ["three", "drei"]
    with Project.open(path) as project:
        assert texts(project, thread) == ["one", "two", "drei"]


def test_the_conversation_that_changed_last_comes_first(path: Path) -> None:
    with Project.create(path) as project:
        one, two = project.chat.create(title="one"), project.chat.create(title="two")
        project.chat.add(one.id, "", "user", "hello")
        assert [thread.title for thread in project.chat.threads()] == ["one", "two"]
        project.chat.change(two.id, title="  renamed \n")
        assert project.chat.thread(two.id).title == "renamed"


def test_words_are_found_in_titles_and_turns_whatever_their_case(path: Path) -> None:
    with Project.create(path) as project:
        boats = project.chat.create(title="Boats")
        cafe = project.chat.create(title="Other")
        project.chat.add(cafe.id, "", "user", "The CAF\u00c9 by the sea")
    with Project.open(path) as project:
        assert project.chat.search("boat") == [project.chat.thread(boats.id)]
        assert project.chat.search("cafe SEA") == [project.chat.thread(cafe.id)]
        assert project.chat.search("cafe boat") == []
        assert len(project.chat.search(" ")) == 2
        new = project.chat.create(title="new")
        project.chat.add(new.id, "", "user", "boats too")
        assert {thread.title for thread in project.chat.search("boats")} == {"Boats", "new"}


def test_a_removed_conversation_leaves_no_turn_behind(path: Path) -> None:
    with Project.create(path) as project:
        thread = project.chat.create()
        turn = project.chat.add(thread.id, "", "user", "secret")
        project.chat.remove(thread.id)
        assert project.chat.threads() == []
        with pytest.raises(DocumentProblem):
            project.chat.turn(turn.id)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_what_was_being_written_is_cut_and_its_job_is_not_offered_again(path: Path) -> None:
    from studio.api.jobs import JobRecord
    from studio.api.requests import ChatMessage, ChatTurn, ModelRef

    request = ChatTurn(model=ModelRef(id="m"), messages=(ChatMessage("user", "hi"),))
    with Project.create(path) as project:
        thread = project.chat.create()
        turn = project.chat.add(thread.id, "", "assistant", "", status="waiting")
        project.chat.update(turn.id, text="So far", status="writing")
        project.jobs.save(JobRecord(id="j", request=request, state="running"))
    with Project.open(path) as project:
        (after,) = project.chat.turns(thread.id).values()
        assert (after.text, after.status) == ("So far", "cut")
        assert project.jobs.load() == []


def test_a_text_that_grows_in_memory_reaches_the_file_when_it_is_kept(path: Path) -> None:
    told: list[str] = []
    with Project.create(path) as project:
        thread = project.chat.create()
        turn = project.chat.add(thread.id, "", "assistant", "")
        project.chat.turn_changed.connect(told.append)
        project.chat.update(turn.id, text="a", keep=False)
        project.chat.update(turn.id, text="ab", keep=False)
        assert project.chat.turn(turn.id).text == "ab"
        project.flush()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT text FROM turns").fetchone() == ("",)
        project.chat.update(turn.id, text="abc")
        project.flush()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT text FROM turns").fetchone() == ("abc",)
    assert told == [turn.id] * 3


def test_half_a_character_is_replaced_not_fatal(path: Path) -> None:
    with Project.create(path) as project:
        thread = project.chat.create(title="\ud83d", system="\ud83d")
        project.chat.add(thread.id, "", "user", "x\ud83d")
        assert texts(project, thread.id) == ["x?"]


def test_damaged_rows_are_left_out_and_told(path: Path) -> None:
    with Project.create(path) as project:
        thread = project.chat.create(title="good").id
        bad = project.chat.create(title="bad").id
        first = project.chat.add(thread, "", "user", "one")
        lost = project.chat.add(thread, first.id, "assistant", "two")
        last = project.chat.add(thread, lost.id, "user", "three")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE threads SET settings = x'ff00' WHERE id = ?", (bad,))
        connection.execute("UPDATE turns SET role = 'king' WHERE id = ?", (lost.id,))
        connection.execute("UPDATE turns SET parent_id = ? WHERE id = ?", (last.id, first.id))
        connection.commit()
    with Project.open(path) as project:
        assert [one.title for one in project.chat.threads()] == ["good"]
        assert set(project.chat.turns(thread)) == {first.id, last.id}
        project.chat.show(first.id)  # a ring of parents is walked once
        assert texts(project, thread)
        assert any("conversations are damaged" in problem for problem in project.problems)
        assert any("messages are damaged" in problem for problem in project.problems)


def test_a_project_opened_for_reading_takes_no_conversation(path: Path) -> None:
    Project.create(path).close()
    with Project.open(path, read_only=True) as project, pytest.raises(StorageProblem):
        project.chat.create()

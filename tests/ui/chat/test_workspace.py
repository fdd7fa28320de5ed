"""Write with mouse and keys: ask, watch it stream, stop, branch, find, come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from studio.ui.chat.code_block import CodeBlock
from tests.ui.chat.conftest import Writer

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_a_first_message_begins_a_conversation(writer: Writer) -> None:
    page = writer.page
    assert page.empty.isVisible()
    answer = writer.say("hello there")
    assert writer.texts() == ["hello there", "1 messages at 0.7"]
    assert not page.empty.isVisible()
    assert page.composer.text() == ""
    assert page.title.full_text() == "hello there"
    assert answer.badge.text() == "31 tokens/s \u00b7 processor"
    assert page.window_pill.text() == "14 of 256 tokens"
    assert page.threads.list.count() == 1


def test_an_example_is_one_click(writer: Writer) -> None:
    writer.click(writer.page.examples[0])
    writer.answered()
    assert writer.texts()[0] == writer.page.examples[0].text()


def test_an_answer_streams_and_escape_stops_it(writer: Writer) -> None:
    writer.send("slow long")
    writer.until(lambda: writer.answers() and "w5" in writer.answers()[0].body.text())
    assert writer.page.panel.button.text() == "Stop"
    assert not writer.answers()[0].again.isVisible()
    writer.press(Qt.Key.Key_Escape)
    writer.answered()
    answer = writer.answers()[0]
    assert answer.state.text() == "Stopped."
    assert "w5" in answer.body.text()
    assert writer.page.panel.button.text() == "Send"
    writer.click(answer.more)
    writer.answered()
    assert writer.texts()[-1].endswith("and more")
    assert len(writer.views()) == 2


def test_the_button_sends_and_stops(writer: Writer) -> None:
    writer.type("slow long")
    writer.click(writer.page.panel.button)
    writer.until(lambda: writer.page.panel.button.text() == "Stop")
    writer.click(writer.page.panel.button)
    writer.answered()
    assert writer.answers()[0].turn.status == "stopped"


def test_writing_again_branches_and_the_pager_goes_back(writer: Writer) -> None:
    writer.say("one")
    writer.click(writer.answers()[0].again)
    writer.answered()
    pager = writer.answers()[0].pager
    assert pager.text() == "2 of 2"
    writer.click(pager.former)
    assert writer.answers()[0].pager.text() == "1 of 2"


def test_editing_a_message_begins_a_branch_and_keeps_the_draft(writer: Writer) -> None:
    writer.say("one")
    writer.say("two")
    writer.type("half a thought")
    writer.click(writer.questions()[1].edit)
    assert writer.page.composer.text() == "two"
    writer.press(Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(writer.page.composer.field, "zwei")
    writer.press(Qt.Key.Key_Return, CONTROL)
    writer.answered()
    assert writer.texts() == ["one", "1 messages at 0.7", "zwei", "3 messages at 0.7"]
    assert writer.page.composer.text() == "half a thought"
    assert writer.questions()[1].pager.text() == "2 of 2"
    writer.click(writer.questions()[0].edit)
    writer.press(Qt.Key.Key_Escape)
    assert writer.page.composer.text() == "half a thought"


def test_settings_belong_to_the_conversation(writer: Writer) -> None:
    page = writer.page
    page.panel.form.set_values({"temperature": 0.2})
    writer.say("one")
    assert writer.texts()[-1].endswith("at 0.2")
    page.begin()
    page.panel.form.set_values({"temperature": 1.5})
    writer.say("two")
    assert writer.texts()[-1].endswith("at 1.5")
    page.threads.list.setCurrentRow(1)
    assert page.panel.settings().temperature == 0.2
    page.panel.system.setFocus()
    QTest.keyClicks(page.panel.system, "Be kind.")
    assert writer.say("three").turn.text.startswith("4 messages")


def test_markdown_is_shown_and_code_can_be_copied(writer: Writer) -> None:
    answer = writer.say("markdown **Hi**\n\n```python\nx = 1\n```")
    parts = answer.body.parts()
    assert "<strong>Hi</strong>" in parts[0].text()
    assert isinstance(parts[1], CodeBlock)
    writer.click(parts[1].copy)
    assert QGuiApplication.clipboard().text() == "x = 1"
    writer.click(answer.copy)
    assert QGuiApplication.clipboard().text() == answer.turn.text


def test_a_failure_is_told_where_it_happened(writer: Writer) -> None:
    answer = writer.say("error")
    assert "tripped" in answer.state.text()
    assert answer.again.isVisible()
    assert not answer.more.isVisible()


def test_what_cannot_be_sent_is_told_and_stays_written(writer: Writer) -> None:
    writer.studio.change_settings(memory_budget_fraction=1e-9)
    writer.send("hello")
    assert "does not fit" in writer.page.panel.plan_line.text()
    assert writer.page.composer.text() == "hello"
    assert writer.views() == []


def test_conversations_are_found_renamed_and_removed(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = writer.page
    writer.say("about boats")
    writer.press(Qt.Key.Key_N, CONTROL, SHIFT)
    assert page.empty.isVisible()
    writer.say("about houses")
    writer.click(page.threads.search)
    QTest.keyClicks(page.threads.search, "BOAT")
    writer.until(lambda: page.threads.list.count() == 1)
    assert page.threads.list.item(0).text() == "about boats"
    page.threads.search.clear()
    writer.until(lambda: page.threads.list.count() == 2)
    page.threads.list.setFocus()
    page.threads.list.setCurrentRow(1)
    QTest.keyClick(page.threads.list, Qt.Key.Key_F2)
    editor = page.threads.list.findChild(QLineEdit)
    QTest.keyClicks(editor, "Ships")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    writer.until(lambda: page.title.full_text() == "Ships")
    monkeypatch.setattr(page.threads, "confirmed", lambda title: title == "Ships")
    QTest.keyClick(page.threads.list, Qt.Key.Key_Delete)
    writer.until(lambda: page.threads.list.count() == 1)
    assert [thread.title for thread in writer.studio.project.chat.threads()] == ["about houses"]


def test_everything_is_there_when_the_page_is_opened_again(
    make_writer: Callable[[], Writer],
) -> None:
    first = make_writer()
    first.say("one")
    first.say("two")
    texts = first.texts()
    first.studio.close()
    second = make_writer()
    assert second.texts() == texts
    assert second.page.title.full_text() == "one"


def test_the_view_follows_the_end_until_the_artist_scrolls_away(writer: Writer) -> None:
    bar = writer.page.conversation.verticalScrollBar()
    writer.send("slow long")
    writer.until(lambda: bar.maximum() > 100 and bar.value() == bar.maximum())
    bar.setValue(0)
    before = bar.maximum()
    writer.until(lambda: bar.maximum() > before)
    assert bar.value() == 0
    writer.press(Qt.Key.Key_Escape)
    writer.answered()


def test_every_control_has_a_name(writer: Writer) -> None:
    from PySide6.QtWidgets import QAbstractButton, QListWidget, QPlainTextEdit

    writer.say("markdown ```python\nx\n```")
    for kind in (QAbstractButton, QLineEdit, QPlainTextEdit, QListWidget):
        for widget in writer.page.findChildren(kind):
            if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                assert widget.accessibleName() or getattr(widget, "text", str)(), widget

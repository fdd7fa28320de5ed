"""Markdown on the screen: what it looks like, and that hostile text does nothing at all."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication, QTextDocument
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.ui.chat.answer_body import AnswerBody, TextBlock
from studio.ui.chat.blocks import Block, split_blocks
from studio.ui.chat.code_block import CodeBlock
from studio.ui.chat.highlight import spans_of
from studio.ui.chat.markdown import html_of
from studio.ui.theme import THEMES

DARK = THEMES["dark"]

pytestmark = pytest.mark.usefixtures("qapp")


class Watching(QTextDocument):
    """Rich text as labels lay it out, that notes what it is asked to load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.setHtml(html)
        self.size()

    def loadResource(self, kind: int, name: QUrl) -> object:
        self.asked.append(name.toString())
        return None


def plain(text: str) -> str:
    document = Watching(html_of(text, DARK))
    assert document.asked == []
    return document.toPlainText()


def test_a_text_becomes_what_it_stands_for() -> None:
    html = html_of("# Title\n\nsome **bold** and ~~gone~~ `code`", DARK)
    assert "<strong>bold</strong>" in html
    assert "<s>gone</s>" in html
    assert DARK.raised in html
    assert plain("a\nb").split("\n") == ["a", "b "]  # a line of verse stays a line
    assert "\u2611 done" in plain("- [x] done\n- [ ] open").replace("\ufffc", "")
    assert plain("| a | b |\n| - | - |\n| 1 | 2 |").split() == ["a", "b", "1", "2"]


def test_a_link_shows_where_it_would_lead_and_leads_nowhere() -> None:
    html = html_of("[press](https://evil.example/x) and <https://plain.example>", DARK)
    assert "href" not in html
    assert "press" in html
    assert "(https://evil.example/x)" in html
    assert html.count("plain.example") == 1


HOSTILE_PARTS = (
    "<script>alert(1)</script>",
    '<img src="file:///etc/passwd">',
    '<img src=x onerror="x">',
    "![a](file:///etc/passwd)",
    "![a](http://evil.example/a.png)",
    '![a](data:image/svg+xml;base64,PHN2Zz4="t")',
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>)",
    "<a href='file:///etc/shadow'>x</a>",
    "<iframe src='http://evil.example'></iframe>",
    '<table background="http://evil.example/x.png"><tr><td>x',
    '<p style="background-image: url(file:///etc/passwd)">x</p>',
    "<style>@import url(http://evil.example/x.css);</style>",
    '<body background="file:///etc/passwd">',
    "<object data='file:///etc/passwd'></object>",
    "[a]: file:///etc/passwd\n\n![a]",
    "<!-- <img src=x> -->",
    "&lt;img src=x&gt;",
    "\x00\x01\x1b[31m",
    "\u202etxet",
    "`<img src=x>`",
    "```\n<img src=x>\n```",
)


AROUND = (
    *("{}", "- {}", "> {}", "| {} |\n| - |\n| x |", "**{}**", "# {}", "[{}](x)"),
    "1. a\n\n   {}",
)


@pytest.mark.parametrize("part", HOSTILE_PARTS)
@pytest.mark.parametrize("around", AROUND)
def test_hostile_text_loads_nothing_and_stays_text(part: str, around: str) -> None:
    html = html_of(around.format(part), DARK)
    assert "<img" not in html
    assert "<a " not in html
    assert "<script" not in html
    assert Watching(html).asked == []


@pytest.mark.parametrize(
    "text",
    [
        ">" * 100_000,
        "[" * 50_000,
        "*" * 50_000 + "a",
        "- " * 20_000,
        "`" * 50_000,
        "![" * 20_000,
        "|" * 20_000 + "\n" + "|-" * 10_000,
        "a" * 1_000_000,
        "\n" * 100_000,
        "&#" * 30_000,
        "<" * 50_000,
    ],
)
def test_text_that_is_made_to_take_long_is_shown_all_the_same(text: str) -> None:
    for block in split_blocks(text)[:50]:
        html_of(block.text, DARK)


def test_random_pieces_of_markdown_never_break_it() -> None:
    chance = random.Random(5)
    pieces = (*HOSTILE_PARTS, "\n", "\n\n", "    ", "```", "~~~", "*", "_", "|", "- ", "1. ", "> ")
    for _ in range(300):
        text = "".join(chance.choice(pieces) for _ in range(chance.randint(1, 25)))
        for block in split_blocks(text):
            html = html_of(block.text, DARK)
            assert "<img" not in html
            assert "<a " not in html


# -- blocks


def test_fences_and_paragraphs_are_blocks_of_their_own() -> None:
    text = "One.\n\nTwo\nlines.\n```python\nx = 1\n\ny\n```\nAfter"
    assert split_blocks(text) == [
        Block("One."),
        Block("Two\nlines."),
        Block("x = 1\n\ny", True, "python"),
        Block("After"),
    ]


def test_a_list_with_indented_parts_stays_together_and_a_longer_fence_holds_a_shorter() -> None:
    assert len(split_blocks("1. a\n\n   more of a\n\n       code")) == 1
    (code,) = split_blocks("````md\n```\nx\n```\n````")
    assert code == Block("```\nx\n```", True, "md")
    assert split_blocks("```py\nx") == [Block("x", True, "py", closed=False)]


def test_while_an_answer_grows_only_its_last_block_changes() -> None:
    text = "One.\n\n- a\n- b\n\n```python\nx = 1\n```\n\n| a |\n| - |\n| 1 |\n\nEnd of it."
    former: list[Block] = []
    for length in range(1, len(text) + 1):
        blocks = split_blocks(text[:length])
        settled = former[:-1]
        assert blocks[: len(settled)] == settled
        former = blocks


# -- widgets


def test_blocks_that_are_done_are_not_laid_out_again(
    qtbot: QtBot, in_window: Callable[..., QWidget]
) -> None:
    body = AnswerBody()
    in_window(body, 600, 400)
    body.set_text("First.\n\nSecond")
    first, second = body.parts()
    body.set_text("First.\n\nSecond one.\n\n```python\nx = 1")
    assert body.parts()[:2] == [first, second]
    code = body.parts()[2]
    assert isinstance(code, CodeBlock)
    body.set_text("First.\n\nSecond one.\n\n```python\nx = 1\ny = 2\n```\n\nEnd")
    assert body.parts()[2] is code
    assert code.code() == "x = 1\ny = 2"
    assert isinstance(body.parts()[3], TextBlock)
    body.set_text("Other")
    assert len(body.parts()) == 1


def test_copy_takes_the_code_and_says_so(qtbot: QtBot, in_window: Callable[..., QWidget]) -> None:
    block = CodeBlock(Block("print(1)\n", True, "python"))
    in_window(block, 500, 200)
    block.copy.click()
    assert QGuiApplication.clipboard().text() == "print(1)\n"
    assert block.copy.text() == "Copied"
    qtbot.waitUntil(lambda: block.copy.text() == "Copy", timeout=10_000)


def test_code_has_colours_on_the_right_lines(
    qtbot: QtBot, in_window: Callable[..., QWidget]
) -> None:
    lines = spans_of("def f():\n    return 'x'  # why", "python")
    assert (0, 3, "info") in lines[0]
    assert {role for _, _, role in lines[1]} == {"info", "good", "text_faint"}
    assert spans_of("whatever", "no-such-language") == [[]]
    block = CodeBlock(Block("\n\ndef f(): pass", True, "python"))
    in_window(block, 500, 200)
    formats = [
        list(itertools.islice(block._text.document().findBlockByNumber(n).layout().formats(), 9))
        for n in range(3)
    ]
    assert (formats[0], formats[1]) == ([], [])
    assert formats[2][0].length == 3

"""Cuts an answer into blocks, so that while it grows only its last block is laid out again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$")


class Block(msgspec.Struct, frozen=True):
    """A piece of Markdown, or the content of a fenced code block (``code``) in a language.

    ``closed`` tells whether the fence has ended; text is always closed.
    """

    text: str
    code: bool = False
    language: str = ""
    closed: bool = True


def split_blocks(text: str) -> list[Block]:
    """Return the blocks of an answer that may still grow, in time linear in its length.

    Text is cut at blank lines, where the next line begins at the margin: such a line cannot belong
    to a list item or a code block before it.
    """
    blocks: list[Block] = []
    lines: list[str] = []
    after_blank = False

    def end_text() -> None:
        if any(line.strip() for line in lines):
            blocks.append(Block("\n".join(lines).strip("\n")))
        lines.clear()

    rows = iter(text.split("\n"))
    for row in rows:
        if (fence := _FENCE.match(row)) is not None:
            end_text()
            blocks.append(_code(rows, fence[1], fence[2].strip()))
            after_blank = False
            continue
        if after_blank and row.strip() and not row[0].isspace():
            end_text()
        after_blank = not row.strip()
        lines.append(row)
    end_text()
    return blocks


def _code(rows: Iterator[str], fence: str, language: str) -> Block:
    """Take the lines up to the closing fence off ``rows``."""
    taken: list[str] = []
    for row in rows:
        if re.match(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", row):
            return Block("\n".join(taken), True, language)
        taken.append(row)
    return Block("\n".join(taken), True, language, closed=False)

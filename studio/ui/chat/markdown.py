"""Markdown to the rich text of Qt: nothing is fetched, nothing runs, raw HTML is shown as text.

Parsed by markdown-it-py (CommonMark, tables, strikethrough). Images become their description and
links their text with the address beside it, so that no name in an answer is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from studio.ui.theme import TYPE, Tokens

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TASK = re.compile(r"^(\s*(?:[-*+]|\d+[.)])\s+)\[([ xX])\] ", re.MULTILINE)
# The parser takes time that grows faster than the text; a block beyond this is shown as it is.
MAX_PARSED = 60_000
_MAX_ADDRESS = 200


def html_of(text: str, tokens: Tokens) -> str:
    """Return one block of Markdown as rich text in the colours of a theme."""
    if len(text) > MAX_PARSED:
        return f'<p style="white-space: pre-wrap">{escape(text)}</p>'
    marked = _TASK.sub(lambda m: f"{m[1]}{'☐' if m[2] == ' ' else '☑'} ", text)
    rendered: str = _parser().render(marked, {"tokens": tokens})
    return rendered


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    parser.enable(["table", "strikethrough"])
    rules: dict[str, Any] = {
        "image": _image,
        "link_open": _link_open,
        "link_close": _link_close,
        "heading_open": _heading_open,
        "heading_close": lambda *_: "</b></p>",
        "code_inline": _code_inline,
        "code_block": _code_block,
        "fence": _code_block,
        "table_open": _table_open,
        "blockquote_open": _quote_open,
    }
    renderer: Any = parser.renderer
    renderer.rules.update(rules)
    return parser


def _image(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return f"<i>[{escape(tokens[index].content) or 'image'}]</i>"


def _link_open(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return f'<span style="color: {env["tokens"].accent_text}">'


def _link_close(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """End a link; where its text does not say the address, the address follows."""
    opening = index
    while opening > 0 and tokens[opening].type != "link_open":
        opening -= 1
    address = str(tokens[opening].attrGet("href") or "")
    said = "".join(token.content for token in tokens[opening:index])
    if not address or address in (said, f"mailto:{said}", f"http://{said}", f"https://{said}"):
        return "</span>"
    colour = env["tokens"].text_faint
    return f'</span> <span style="color: {colour}">({escape(address[:_MAX_ADDRESS])})</span>'


def _heading_open(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    large = tokens[index].tag in ("h1", "h2")
    return f'<p style="font-size: {TYPE[2] if large else TYPE[1]}px"><b>'


def _code_inline(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    theme: Tokens = env["tokens"]
    return (
        f'<code style="background-color: {theme.raised}; color: {theme.text}">'
        f"{escape(tokens[index].content)}</code>"
    )


def _code_block(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    theme: Tokens = env["tokens"]
    return (
        f'<pre style="background-color: {theme.raised}; white-space: pre-wrap">'
        f"{escape(tokens[index].content)}</pre>"
    )


def _table_open(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    colour = env["tokens"].line
    return (
        '<table border="1" cellspacing="0" cellpadding="5" '
        f'style="border-collapse: collapse; border-color: {colour}">'
    )


def _quote_open(tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    return f'<blockquote style="color: {env["tokens"].text_soft}; margin-left: 16px">'

"""Colours for code, found by Pygments and put on by Qt."""

from __future__ import annotations

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from studio.ui.theme import current_tokens

# Above this the colours would cost more time than a frame has; such code stays plain.
MAX_COLOURED = 40_000
MAX_WHILE_GROWING = 6_000

# Start of Pygments' token type -> colour token of the theme; the first that fits counts.
_ROLES = (
    ("Token.Comment", "text_faint"),
    ("Token.Keyword", "info"),
    ("Token.Literal.String", "good"),
    ("Token.Literal.Number", "accent_text"),
    ("Token.Name.Function", "warn"),
    ("Token.Name.Class", "warn"),
    ("Token.Name.Tag", "info"),
    ("Token.Name.Attribute", "accent_text"),
    ("Token.Name.Builtin", "info"),
    ("Token.Name.Decorator", "accent_text"),
    ("Token.Generic.Deleted", "bad"),
    ("Token.Generic.Inserted", "good"),
)

Span = tuple[int, int, str]  # start and length in characters, colour token


def prepare() -> None:
    """Import what the first code block needs; belongs on a background thread."""
    from pygments import lexers

    lexers.get_lexer_by_name("python")


def spans_of(code: str, language: str) -> list[list[Span]]:
    """Return the coloured spans of every line; none for an unknown language."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    lines: list[list[Span]] = [[]]
    try:
        lexer = get_lexer_by_name(language.split()[0].lower() if language.split() else "text")
    except ClassNotFound:
        return lines
    column = 0
    for kind, value in lexer.get_tokens(code):
        role = _role(str(kind))
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                column = 0
            if part and role:
                lines[-1].append((column, len(part), role))
            column += len(part)
    return lines


def _role(kind: str) -> str:
    return next((role for start, role in _ROLES if kind.startswith(start)), "")


class CodeHighlighter(QSyntaxHighlighter):
    """Puts the colours of a language on a document of code."""

    def __init__(self, document: QTextDocument, language: str) -> None:
        super().__init__(document)
        self._language = language
        self._spans: list[list[Span]] = []

    def recolour(self, code: str) -> None:
        """Find the colours anew."""
        # Pygments takes leading blank lines away, which would shift every line.
        blank = len(code) - len(code.lstrip("\n"))
        self._spans = [[] for _ in range(blank)] + spans_of(code[blank:], self._language)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        number = self.currentBlock().blockNumber()
        if number >= len(self._spans):
            return
        tokens = current_tokens()
        for start, length, role in self._spans[number]:
            look = QTextCharFormat()
            look.setForeground(QColor(getattr(tokens, role)))
            self.setFormat(start, length, look)

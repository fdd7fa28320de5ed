"""Raises and lowers the weight of words in a prompt: "(word:1.1)".

The notation and the keys (Ctrl+Up, Ctrl+Down) are those of AUTOMATIC1111's web UI.
"""

from __future__ import annotations

import re

_LOWEST, _HIGHEST = 0.1, 2.0
_BETWEEN_WORDS = " \t\n,.;:()[]"
_WEIGHT_BEHIND = re.compile(r":(\d+(?:\.\d+)?)\)")


def reweighted(text: str, start: int, end: int, change: float) -> tuple[str, int, int]:
    """Change the weight of the words at ``start`` .. ``end``, or of the word around the cursor.

    Args:
        text: the prompt.
        start: first character of the selection.
        end: one past its last character; equal to ``start`` for a cursor.
        change: what is added to the weight, such as 0.1. Weight 1 needs no notation.

    Returns:
        The new text and where the words are in it; unchanged where there is no word.
    """
    if start == end:
        while start > 0 and text[start - 1] not in _BETWEEN_WORDS:
            start -= 1
        while end < len(text) and text[end] not in _BETWEEN_WORDS:
            end += 1
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return text, start, end
    before, words, behind = text[:start], text[start:end], text[end:]
    weight, known = 1.0, _WEIGHT_BEHIND.match(behind)
    if before.endswith("(") and known is not None:
        weight, before, behind = float(known[1]), before[:-1], behind[known.end() :]
    weight = round(min(max(weight + change, _LOWEST), _HIGHEST), 2)
    if weight == 1:
        return before + words + behind, len(before), len(before) + len(words)
    new = f"{before}({words}:{weight:g}){behind}"
    return new, len(before) + 1, len(before) + 1 + len(words)

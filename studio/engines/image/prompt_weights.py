"""The weight syntax that artists know: (word), (word:1.3), [word], nested, \\( for a bracket."""

from __future__ import annotations

import re

import msgspec

# As in AUTOMATIC1111: round brackets strengthen by a tenth, square ones weaken by as much.
STEP = 1.1

_WEIGHT = re.compile(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*$")
_CLOSES = {")": "(", "]": "["}


class Fragment(msgspec.Struct, frozen=True):
    """A piece of a prompt and how strongly it counts; 1 is neutral."""

    text: str
    weight: float = 1.0


class _Open:
    """A bracket that is not closed yet: where it stands, and what came inside it so far."""

    def __init__(self, bracket: str) -> None:
        self.bracket = bracket
        self.parts: list[Fragment] = []


def parse_weights(prompt: str) -> list[Fragment]:
    """Split a prompt into fragments with weights.

    Weights of nested brackets multiply. A bracket without its partner is ordinary text, and so is
    one after a backslash.
    """
    stack = [_Open("")]
    position = 0
    while position < len(prompt):
        character = prompt[position]
        if character == "\\" and prompt[position + 1 : position + 2] in ("(", ")", "[", "]"):
            stack[-1].parts.append(Fragment(prompt[position + 1]))
            position += 2
            continue
        if character in "([":
            stack.append(_Open(character))
        elif character in _CLOSES and _has_partner(stack, character):
            _close(stack, character)
        else:
            stack[-1].parts.append(Fragment(character))
        position += 1
    while len(stack) > 1:
        _make_literal(stack)
    return _joined(stack[0].parts)


def is_weighted(prompt: str) -> bool:
    """Say whether any part of the prompt has a weight or an escaped bracket."""
    fragments = parse_weights(prompt)
    return any(part.weight != 1 for part in fragments) or plain_text(prompt) != prompt


def plain_text(prompt: str) -> str:
    """Return the prompt without its weight syntax."""
    return "".join(part.text for part in parse_weights(prompt))


def _has_partner(stack: list[_Open], closing: str) -> bool:
    return any(level.bracket == _CLOSES[closing] for level in stack)


def _close(stack: list[_Open], closing: str) -> None:
    while stack[-1].bracket != _CLOSES[closing]:
        # A bracket of the other kind was opened inside and never closed: "(a [b)".
        _make_literal(stack)
    parts = _joined(stack.pop().parts)
    factor = STEP if closing == ")" else 1 / STEP
    match = _WEIGHT.search(parts[-1].text) if parts and closing == ")" else None
    if match and parts[-1].weight == 1:
        factor = float(match.group(1))
        parts[-1] = Fragment(parts[-1].text[: match.start()])
    stack[-1].parts += [Fragment(part.text, part.weight * factor) for part in parts]


def _make_literal(stack: list[_Open]) -> None:
    level = stack.pop()
    stack[-1].parts += [Fragment(level.bracket), *level.parts]


def _joined(parts: list[Fragment]) -> list[Fragment]:
    """Merge neighbours of equal weight and drop empty ones."""
    joined: list[Fragment] = []
    for part in parts:
        if joined and joined[-1].weight == part.weight:
            joined[-1] = Fragment(joined[-1].text + part.text, part.weight)
        elif part.text:
            joined.append(part)
    return joined

"""The weight syntax reads as artists know it, and anything else is ordinary text."""

from __future__ import annotations

import pytest

from studio.engines.image.prompt_weights import Fragment, is_weighted, parse_weights, plain_text


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", [("a cat", 1)]),
        ("a (cat)", [("a ", 1), ("cat", 1.1)]),
        ("a ((cat))", [("a ", 1), ("cat", 1.21)]),
        ("a [cat]", [("a ", 1), ("cat", 1 / 1.1)]),
        ("(red:1.3) cat", [("red", 1.3), (" cat", 1)]),
        ("(red : 0.5)", [("red ", 0.5)]),
        ("((red:1.5) cat)", [("red", 1.65), (" cat", 1.1)]),
        ("[(red)]", [("red", 1)]),
        ("(a:b:1.2)", [("a:b", 1.2)]),
        ("ratio 16:9", [("ratio 16:9", 1)]),
        (r"a \(cat\)", [("a (cat)", 1)]),
        ("", []),
        ("()", []),
    ],
)
def test_weights_are_read(prompt: str, expected: list[tuple[str, float]]) -> None:
    fragments = parse_weights(prompt)
    assert [part.text for part in fragments] == [text for text, _ in expected]
    assert [part.weight for part in fragments] == pytest.approx([w for _, w in expected])


@pytest.mark.parametrize("prompt", ["a (cat", "a cat)", "a [cat", ":) and :(", "(a [b)", "]["])
def test_brackets_without_a_partner_are_text(prompt: str) -> None:
    literal = "".join(part.text for part in parse_weights(prompt))
    missing = set("()[]") & set(prompt) - set(literal)
    # Only "(a [b)" has a pair, and that pair weighs what is inside.
    assert missing == ({"(", ")"} if prompt == "(a [b)" else set())


def test_a_deep_nest_of_brackets_does_not_blow_the_stack() -> None:
    prompt = "(" * 5000 + "cat" + ")" * 5000
    assert plain_text(prompt) == "cat"
    assert plain_text("(" * 5000) == "(" * 5000


def test_only_weights_count_as_weighted() -> None:
    assert not is_weighted("a cat: red, 16:9")
    assert not is_weighted("a (cat")
    assert is_weighted("a (cat)")
    assert is_weighted(r"a \(cat\)")
    assert parse_weights("x") == [Fragment("x")]

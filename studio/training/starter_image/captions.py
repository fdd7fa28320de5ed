"""Captions that say exactly what a scene shows, in the varied ways people ask for pictures."""

from __future__ import annotations

import numpy as np

from studio.training.starter_image.places import LIGHTS, PLACE_NOUNS, PLACES
from studio.training.starter_image.scene import Scene, Thing
from studio.training.starter_image.subjects import SUBJECTS

SIZE_WORDS: dict[str, tuple[str, ...]] = {
    "small": ("small", "little", "tiny"),
    "large": ("large", "big", "huge"),
}
SIDE_PHRASES: dict[str, tuple[str, ...]] = {
    "left": ("on the left", "on the left side"),
    "right": ("on the right", "on the right side"),
    "centre": ("in the middle", "in the centre"),
}
PASTEL_PREFIXES = ("a pastel picture of ", "a pastel drawing of ")
PASTEL_SUFFIXES = (", pastel", " in pastel colours", ", pastel style")
PICTURE_PREFIXES = ("a picture of ", "a drawing of ", "an illustration of ", "a flat drawing of ")

_Random = np.random.Generator


def _choose(random: _Random, options: tuple[str, ...]) -> str:
    return options[int(random.integers(len(options)))]


def _words(random: _Random, thing: Thing, plural: bool) -> str:
    subject = SUBJECTS[thing.subject]
    if plural:
        noun = subject.plural
    elif subject.other_names and random.random() < 0.15:
        noun = _choose(random, subject.other_names)
    else:
        noun = subject.name
    words = [noun]
    if thing.colour != subject.natural or random.random() < 0.75:
        words.insert(0, thing.colour)
    if thing.size in SIZE_WORDS and random.random() < 0.9:
        words.insert(0, _choose(random, SIZE_WORDS[thing.size]))
    return " ".join(words)


def with_article(words: str) -> str:
    """Return ``words`` behind "a" or "an"."""
    return ("an " if words[0] in "aeiou" else "a ") + words


def _things(random: _Random, scene: Scene) -> str:
    first = scene.things[0]
    if scene.is_pair:
        return "two " + _words(random, first, plural=True)
    if len(scene.things) == 2:
        left = with_article(_words(random, first, plural=False))
        right = with_article(_words(random, scene.things[1], plural=False))
        link = _choose(
            random, (" and ", " and ", " next to ", " beside ", " left of ", " right of ")
        )
        if link == " right of ":
            return right + link + left
        if link != " left of " and random.random() < 0.3:
            left, right = right, left
        return left + link + right
    words = with_article(_words(random, first, plural=False))
    mention = 0.9 if first.position != "centre" else 0.12
    if random.random() < mention:
        words += " " + _choose(random, SIDE_PHRASES[first.position])
    return words


def _place(random: _Random, scene: Scene) -> str:
    return _choose(random, PLACES[scene.place]).format(colour=scene.plain_colour)


def _light(random: _Random, scene: Scene) -> str:
    if scene.place == "plain":
        return ""
    if random.random() < (0.25 if scene.light == "day" else 0.94):
        return _choose(random, LIGHTS[scene.light].phrases)
    return ""


def caption(scene: Scene, seed: int) -> str:
    """Return one of the captions of ``scene``; it never says what the picture does not show."""
    random = np.random.default_rng((scene.seed, seed))
    things, light = _things(random, scene), _light(random, scene)
    place = _place(random, scene) if random.random() < 0.93 else ""
    form = random.random()
    if form < 0.12 and scene.place in PLACE_NOUNS:
        text = " ".join(part for part in (PLACE_NOUNS[scene.place], light) if part)
        text = f"{text} with {things}"
    elif form < 0.3:
        text = ", ".join(part for part in (things, place, light) if part)
    elif form < 0.38 and light:
        text = f"{light}, {things} {place}".strip()
    else:
        text = " ".join(part for part in (things, place, light) if part)
    if scene.pastel:
        if random.random() < 0.5:
            return _choose(random, PASTEL_PREFIXES) + text
        return text + _choose(random, PASTEL_SUFFIXES)
    if random.random() < 0.12 and form >= 0.38:
        return _choose(random, PICTURE_PREFIXES) + text
    return text

"""Reads a prompt: who stands where, in which colour and number, in which place and light."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec import Struct

from plugins.storyboard.colours import COLOURS
from plugins.storyboard.drawings import Drawings, Noun, is_plural, singulars
from plugins.storyboard.vocabulary import (
    COLOURFUL,
    COUNTS,
    FILLERS,
    MANNERS,
    PLACES,
    RELATIONS,
    SIZES,
    STYLES,
    TIMES,
    WEATHERS,
)

Relation = Literal[
    "left of", "right of", "on", "behind", "in front of", "next to", "above", "under", "between",
    "in",
]  # fmt: skip
PLURAL_THINGS = frozenset((
    "grapes", "cherries", "glasses", "scissors", "trousers", "jeans", "pants", "shorts", "stairs",
    "headphones", "noodles", "goggles", "sunglasses", "binoculars", "tongs", "houses",
))  # fmt: skip
# Two names of much the same surroundings: the first is painted, and nothing is missing.
ALIKE = (
    {"beach", "sea"}, {"hills", "meadow"}, {"field", "meadow"}, {"garden", "meadow"},
    {"snowfall", "clouds"}, {"rain", "clouds"}, {"rain", "storm"}, {"snow", "mountains"},
    {"forest", "autumn"}, {"lake", "mountains"}, {"clouds", "overcast"},
)  # fmt: skip
MAX_COPIES = 12
MAX_SUBJECTS = 16
# Places that are also things which are drawn as such.
THINGS_FIRST = {"house": "in", "wood": "in", "ice": "on", "moon": "on"}


class Subject(Struct, frozen=True, kw_only=True):
    """One thing or a group of the same things; ``size`` is a factor, 1 for the usual one."""

    noun: Noun
    said: str
    count: int = 1
    colour: str = ""
    size: float = 1.0
    manner: str = ""


class Link(Struct, frozen=True, kw_only=True):
    """``first`` stands in a relation to ``second`` (and ``third`` for "between"), by index."""

    first: int
    relation: Relation
    second: int
    third: int = -1


class Scene(Struct, frozen=True, kw_only=True):
    """What a prompt asks for; empty strings where it does not say.

    What is not drawn as it was said: ``unknown`` words, ``stand_ins`` (word and what is drawn for
    it), ``dropped`` subjects beyond the limits, ``second`` places, times and weathers.
    """

    subjects: tuple[Subject, ...] = ()
    links: tuple[Link, ...] = ()
    place: str = ""
    time: str = ""
    weather: str = ""
    styles: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    stand_ins: tuple[tuple[str, str], ...] = ()
    dropped: tuple[str, ...] = ()
    second: tuple[str, ...] = ()


def read_prompt(text: str, drawings: Drawings) -> Scene:
    """Return the scene that a prompt in English describes; never fails, unknown words are named."""
    return _Reader(text, drawings).read()


def words_of(text: str) -> list[str]:
    """Return the words of a prompt in lower case, "," where a phrase ends."""
    text = re.sub(r"\(([^()]*?):[\d.]+\)", r"\1", text.lower())
    text = text.replace("'s ", " ").replace("\u2019s ", " ").replace("-", " ")
    return re.findall(r"[^\W_]+|[,.;:!?\n]", text.replace(".", ",").replace("\n", ","))


class _Reader:
    """Walks over the words once, longest known phrase first."""

    def __init__(self, text: str, drawings: Drawings) -> None:
        self._words = words_of(text)
        self._drawings = drawings
        self._subjects: list[Subject] = []
        self._links: list[Link] = []
        self._scene = {"place": "", "time": "", "weather": ""}
        self._styles: list[str] = []
        self._unknown: list[str] = []
        self._stand_ins: list[tuple[str, str]] = []
        self._dropped: list[str] = []
        self._second: list[str] = []
        self._reset()
        self._pending: tuple[int, Relation] | None = None
        self._half_between: tuple[int, int] | None = None
        # "a cake and two cups on a table": what a relation that follows is said of.
        self._list: list[int] = []
        self._firsts: list[int] = []
        self._list_is_joined = False
        self._joined = False

    def _reset(self) -> None:
        self._count, self._colour, self._size, self._manner = 0, "", 1.0, ""
        self._definite = False

    def read(self) -> Scene:
        at = 0
        while at < len(self._words):
            if not self._words[at].isalnum():
                self._end_phrase()
                at += 1
                continue
            for length in (4, 3, 2, 1):
                phrase = " ".join(self._words[at : at + length])
                if at + length <= len(self._words) and self._take(phrase, at + length):
                    at += length
                    break
            else:
                if not self._words[at].isdigit():
                    self._unknown.append(self._words[at])
                at += 1
        self._end_phrase()
        return Scene(
            subjects=tuple(self._subjects),
            links=tuple(self._links),
            styles=tuple(dict.fromkeys(self._styles)),
            unknown=tuple(dict.fromkeys(self._unknown)),
            stand_ins=tuple(dict.fromkeys(self._stand_ins)),
            dropped=tuple(dict.fromkeys(self._dropped)),
            second=tuple(dict.fromkeys(self._second)),
            **self._scene,
        )

    def _split_between(self) -> None:
        """ "between two trees" has one group on either side."""
        if self._half_between is None:
            return
        first, second = self._half_between
        self._half_between = None
        group = self._subjects[second]
        if group.count < 2 or len(self._subjects) >= MAX_SUBJECTS:
            return
        half = group.count // 2
        self._subjects[second] = msgspec.structs.replace(group, count=half)
        self._subjects.append(msgspec.structs.replace(group, count=group.count - half))
        third = len(self._subjects) - 1
        self._links.append(Link(first=first, relation="between", second=second, third=third))

    def _end_phrase(self) -> None:
        if self._colour and self._subjects and not self._subjects[-1].colour:
            self._change_last(colour=self._colour)
        self._split_between()
        self._reset()
        self._pending = None

    def _take(self, phrase: str, following: int) -> bool:
        """Use a phrase if it means something; ``following`` is the index of the word after it."""
        if phrase in RELATIONS:
            self._relation(RELATIONS[phrase])
        elif phrase in COUNTS:
            self._count = COUNTS[phrase]
            self._definite = False
        elif phrase.isdigit() and 0 < int(phrase) <= 99 and following < len(self._words):
            self._count = int(phrase)
        elif phrase in SIZES:
            self._size = SIZES[phrase]
        elif phrase in COLOURS and not self._is_noun_here(phrase, following):
            self._colour = phrase
        elif phrase in COLOURFUL:
            self._colour = "colourful"
        elif phrase in STYLES:
            self._styles.append(STYLES[phrase])
        elif phrase in TIMES and not (phrase == "day" and self._count):
            self._set("time", TIMES[phrase])
        elif phrase in WEATHERS:
            self._set("weather", WEATHERS[phrase])
        elif phrase in MANNERS:
            self._take_manner(MANNERS[phrase])
        elif phrase in PLACES and self._is_place_here(phrase):
            self._set("place", PLACES[phrase])
            self._pending = None
        elif phrase in FILLERS:
            self._joined = self._joined or phrase == "and"
            self._definite = self._definite or phrase == "the"
        elif (noun := self._noun(phrase)) is not None:
            self._add(phrase, noun)
        else:
            return False
        return True

    def _noun(self, phrase: str) -> Noun | None:
        """Return what a phrase names; "black cat" is a cat that is black."""
        first, _, rest = phrase.partition(" ")
        describes = first in COLOURS or first in SIZES or first in COUNTS or first in COLOURFUL
        if rest and describes and self._drawings.noun(rest) is not None:
            return None
        noun = self._drawings.noun(phrase)
        if rest and describes and noun is not None and noun.drawn_as:
            # "small white" is a butterfly in the dictionary, but here it describes what follows.
            return None
        return noun

    def _is_noun_here(self, word: str, following: int) -> bool:
        """ "an orange" and "two roses" are things where nothing that can be coloured follows."""
        if self._drawings.noun(word) is None or word not in ("orange", "rose", "peach", "olive"):
            return False
        rest = self._words[following : following + 1]
        return not rest or not rest[0].isalnum() or rest[0] in FILLERS or rest[0] in RELATIONS

    def _is_place_here(self, phrase: str) -> bool:
        """A house is a place only for what is inside it; a field is a place wherever it is said."""
        if phrase not in THINGS_FIRST:
            return True
        return (
            self._pending_relation == THINGS_FIRST[phrase]
            and not self._colour
            and not self._count > 1
        )

    @property
    def _pending_relation(self) -> str:
        return self._pending[1] if self._pending else ""

    def _set(self, what: str, value: str) -> None:
        if not self._scene[what]:
            self._scene[what] = value
        elif {self._scene[what], value} not in ALIKE and self._scene[what] != value:
            self._second.append(value)

    def _take_manner(self, manner: str) -> None:
        if self._subjects and self._pending is None and not self._colour and not self._count:
            self._change_last(manner=manner)
        else:
            self._manner = manner

    def _change_last(self, **changes: str) -> None:
        self._subjects[-1] = msgspec.structs.replace(self._subjects[-1], **changes)

    def _relation(self, relation: str) -> None:
        if self._colour and self._subjects:
            self._end_colour()
        if self._subjects:
            self._pending = (len(self._subjects) - 1, relation)  # type: ignore[assignment]
            self._firsts = list(self._list) if self._list_is_joined else []

    def _end_colour(self) -> None:
        if not self._subjects[-1].colour:
            self._change_last(colour=self._colour)
        self._colour = ""

    def _add(self, phrase: str, noun: Noun) -> None:
        count = self._count if self._count > 1 else (3 if self._is_many(phrase, noun) else 1)
        if len(self._subjects) >= MAX_SUBJECTS or count > MAX_COPIES:
            self._dropped.append(f"{self._count or ''} {phrase}".strip())
        if len(self._subjects) >= MAX_SUBJECTS:
            self._reset()
            return
        index = self._named_before(noun)
        if index is None:
            index = len(self._subjects)
            self._subjects.append(
                Subject(
                    noun=noun,
                    said=phrase,
                    count=min(count, MAX_COPIES),
                    colour=self._colour,
                    size=self._size,
                    manner=self._manner,
                )
            )
        if self._pending is None and self._half_between is None:
            self._list.append(index)
            self._list_is_joined = self._joined and len(self._list) > 1
        else:
            self._list, self._list_is_joined = [index], False
        self._joined = False
        if noun.drawn_as:
            self._stand_ins.append((phrase, noun.drawn_as))
        self._link(index)
        self._reset()

    def _named_before(self, noun: Noun) -> int | None:
        """Return which subject "the house" means, where a house was named before."""
        if not self._definite or self._colour:
            return None
        same = [n for n, one in enumerate(self._subjects) if one.noun.drawing == noun.drawing]
        return same[-1] if same else None

    def _is_many(self, phrase: str, noun: Noun) -> bool:
        """Tell a plural of a single thing from a word that names several, such as "grapes"."""
        if not is_plural(phrase) or phrase.rpartition(" ")[2] in PLURAL_THINGS:
            return False
        if noun.word != phrase:
            return True
        one = next((n for form in singulars(phrase) if form != phrase
                    and (n := self._drawings.noun(form))), None)  # fmt: skip
        return one is not None and one.drawing == noun.drawing

    def _link(self, index: int) -> None:
        if self._half_between is not None:
            first, second = self._half_between
            self._links.append(Link(first=first, relation="between", second=second, third=index))
            self._half_between = None
        elif self._pending is not None:
            first, relation = self._pending
            if relation == "between":
                self._half_between = (first, index)
            else:
                for one in self._firsts or [first]:
                    if one == index:
                        continue
                    self._links.append(Link(first=one, relation=relation, second=index))
            self._pending = None

"""The prompts that a starter model is measured on: combinations that training never showed it."""

from __future__ import annotations

import numpy as np

from studio.training.starter_image.captions import SIDE_PHRASES, with_article
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import PLACES
from studio.training.starter_image.scene import TAUGHT, Scene, Thing, is_held_out

PROMPT_SEED, PAIR_SEED = 606, 616
POSITIONS_ASKED = ("centre", "left", "right")
"""Where a prompt puts its subject, in turn; the centre is not said, as that is where things go."""


def held_out_scenes(count: int) -> list[Scene]:
    """Return ``count`` one-thing scenes whose (subject, colour, place) no training scene has."""
    combinations = _held_out_combinations()
    random = np.random.default_rng(PROMPT_SEED)
    chosen = random.permutation(len(combinations))[:count]
    scenes = []
    for order, number in enumerate(chosen):
        subject, colour, place = combinations[int(number)]
        position = POSITIONS_ASKED[order % len(POSITIONS_ASKED)]
        thing = Thing(subject=subject, colour=colour, size="medium", position=position)
        scenes.append(_scene((thing,), place, random))
    return scenes


def held_out_pairs(count: int) -> list[Scene]:
    """Return ``count`` scenes of two different things, both of them held out in that place."""
    at_place: dict[str, list[tuple[str, str]]] = {}
    for subject, colour, place in _held_out_combinations():
        at_place.setdefault(place, []).append((subject, colour))
    random = np.random.default_rng(PAIR_SEED)
    places = list(at_place)
    scenes: list[Scene] = []
    while len(scenes) < count:
        place = places[int(random.integers(len(places)))]
        options = at_place[place]
        one, other = (options[int(random.integers(len(options)))] for _ in range(2))
        if one[0] == other[0] or one[1] == other[1]:
            continue
        things = tuple(
            Thing(subject=subject, colour=colour, size="medium", position=side)
            for (subject, colour), side in ((one, "left"), (other, "right"))
        )
        scenes.append(_scene(things, place, random))
    return scenes


def _held_out_combinations() -> list[tuple[str, str, str]]:
    return [
        (subject, colour, place)
        for subject in TAUGHT
        for colour in COLOURS
        for place in PLACES
        if is_held_out(subject, colour, place)
    ]


def _scene(things: tuple[Thing, ...], place: str, random: np.random.Generator) -> Scene:
    """Return a scene by day; a plain background has a colour that none of the things has."""
    others = [name for name in COLOURS if name not in {thing.colour for thing in things}]
    return Scene(
        things=things,
        place=place,
        light="day",
        plain_colour=others[int(random.integers(len(others)))] if place == "plain" else "",
        pastel=False,
        seed=int(random.integers(2**31)),
    )


def prompt_of(scene: Scene) -> str:
    """Return the plain prompt of a held-out scene."""
    named = [with_article(f"{thing.colour} {thing.subject}") for thing in scene.things]
    words = " left of ".join(named)
    position = scene.things[0].position
    if len(named) == 1 and position != "centre":
        words += f" {SIDE_PHRASES[position][0]}"
    return f"{words} {PLACES[scene.place][0].format(colour=scene.plain_colour)}"

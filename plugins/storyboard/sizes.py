"""How big things look beside each other, and where they belong: ground, air, or water.

Sizes are the longer side as a share of the picture's height for a thing in the foreground of a
mixed scene; they are compressed, as picture books do, so that a mouse can stand beside a house.
"""

from __future__ import annotations

from typing import Literal

from plugins.storyboard.prompt import Subject

Habitat = Literal["ground", "air", "water", "sky"]

BY_KIND: dict[str, float] = {
    "building": 0.50, "structure": 0.46, "tree": 0.50, "vehicle": 0.34, "boat": 0.34,
    "person": 0.30, "large animal": 0.32, "animal": 0.22, "small animal": 0.15, "bird": 0.16,
    "insect": 0.11, "fish": 0.20, "furniture": 0.26, "plant": 0.22, "flower": 0.19,
    "fungus": 0.19, "food": 0.15, "clothing": 0.16, "aircraft": 0.26, "celestial": 0.16,
    "thing": 0.19,
}  # fmt: skip

BY_WORD: dict[str, float] = {
    "castle": 0.62, "lighthouse": 0.60, "tower": 0.58, "skyscraper": 0.66, "elephant": 0.42,
    "giraffe": 0.5, "whale": 0.42, "dinosaur": 0.46, "mouse": 0.1, "cat": 0.2, "dog": 0.23,
    "rocket": 0.46, "star": 0.07, "moon": 0.15, "sun": 0.17, "cloud": 0.2, "rainbow": 0.6,
    "car": 0.32, "bus": 0.38, "truck": 0.4, "train": 0.4, "bicycle": 0.26, "bench": 0.26,
    "fence": 0.3, "bridge": 0.5, "rock": 0.18, "mountain": 0.6, "volcano": 0.55, "tent": 0.32,
    "dragon": 0.4, "windmill": 0.54, "well": 0.26, "statue": 0.36, "balloon": 0.22,
    "hot air balloon": 0.3, "kite": 0.16, "planet": 0.24, "robot": 0.28, "snowman": 0.3,
    "bush": 0.22, "ladybug": 0.09, "bee": 0.1, "ant": 0.08, "egg": 0.1, "apple": 0.13,
    "book": 0.13, "cup": 0.12, "candle": 0.14, "key": 0.1, "ring": 0.09, "crown": 0.14,
    "tree": 0.5, "church": 0.54, "house": 0.46, "cottage": 0.44, "umbrella": 0.24, "hat": 0.14,
    "fountain": 0.32, "haystack": 0.26, "street lamp": 0.42, "grass": 0.12, "ball": 0.12,
}  # fmt: skip

SKY_WORDS = frozenset((
    "sun", "moon", "star", "cloud", "rainbow", "planet", "comet", "meteor", "balloon", "kite",
    "airplane", "plane", "helicopter", "ufo", "crescent", "satellite",
))  # fmt: skip
FLAT_TOP = {"table": 0.02, "bench": 0.38, "bed": 0.42, "chair": 0.5, "sofa": 0.45, "couch": 0.45,
            "box": 0.06, "rock": 0.16, "elephant": 0.1, "horse": 0.28}  # fmt: skip
GROUND_KINDS = frozenset({"building", "structure", "tree"})


def size_of(subject: Subject) -> float:
    """Return the longer side of one copy as a share of the picture's height."""
    noun = subject.noun
    usual = BY_WORD.get(noun.word) or BY_WORD.get(noun.drawn_as) or BY_KIND.get(noun.kind, 0.19)
    return usual * subject.size


def habitat_of(subject: Subject, place: str) -> Habitat:
    """Return where a subject belongs unless the prompt relates it to another."""
    word, kind = subject.noun.word, subject.noun.kind
    stand_in = subject.noun.drawn_as
    if place in ("space", "sky", "underwater") and kind != "building":
        return "air"
    if kind == "celestial" or word in SKY_WORDS or stand_in in SKY_WORDS or kind == "aircraft":
        return "sky"
    if subject.manner == "air" or (kind == "insect" and word in ("bee", "butterfly", "fly")):
        return "air"
    if kind in ("boat", "fish") or subject.manner == "water":
        return "water"
    return "ground"

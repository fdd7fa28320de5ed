"""What a training picture shows: drawn by lot from a seed, held out by hash, rendered exactly."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np
from PIL import Image, ImageDraw

from studio.training.starter_image.palette import COLOURS, mix, shades, shift_hue
from studio.training.starter_image.pen import Pen
from studio.training.starter_image.places import HORIZON, LIGHTS, PLACES, paint_background
from studio.training.starter_image.subjects import SUBJECTS

SUPERSAMPLING = 2
SCALES: dict[str, float] = {"small": 0.34, "medium": 0.55, "large": 0.76}
"""Height of a subject as a fraction of the picture."""

POSITIONS: dict[str, float] = {"left": 0.28, "centre": 0.5, "right": 0.72}
"""Middle of a subject as a fraction of the picture's width."""

TAUGHT: tuple[str, ...] = (
    "mushroom", "house", "tree", "pine", "flower", "cactus", "snowman", "car", "bus", "boat", "cat",
    "rabbit", "fish", "star", "heart", "balloon", "moon", "sun", "ball", "apple", "cup", "tent",
    "castle", "rocket", "robot", "umbrella",
)  # fmt: skip
"""The subjects of the training stream. A short run learns these well rather than all of them badly;
a longer one can take all of SUBJECTS."""

HELD_OUT_SHARE = 10
"""One in this many (subject, colour, place) combinations never reaches the training stream."""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """One drawn subject."""

    subject: str
    colour: str
    size: str
    position: str


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a caption can be asked about, plus the seed of the free details."""

    things: tuple[Thing, ...]
    place: str
    light: str
    plain_colour: str
    pastel: bool
    seed: int

    @property
    def is_pair(self) -> bool:
        """Whether the scene shows two of the same thing."""
        return len(self.things) == 2 and self.things[0].subject == self.things[1].subject


def is_held_out(subject: str, colour: str, place: str) -> bool:
    """Say whether a combination is kept back for measuring."""
    digest = hashlib.sha256(f"{subject}|{colour}|{place}".encode()).digest()
    return int.from_bytes(digest[:4]) % HELD_OUT_SHARE == 0


def _pick(random: np.random.Generator, names: list[str], weights: list[float]) -> str:
    shares = np.asarray(weights) / sum(weights)
    return names[int(random.choice(len(names), p=shares))]


def _pick_thing(random: np.random.Generator, place: str, position: str, size: str) -> Thing:
    while True:
        subject = TAUGHT[int(random.integers(len(TAUGHT)))]
        natural = random.random() < 0.12
        colour = (
            SUBJECTS[subject].natural
            if natural
            else list(COLOURS)[int(random.integers(len(COLOURS)))]
        )
        if not is_held_out(subject, colour, place):
            return Thing(subject=subject, colour=colour, size=size, position=position)


def random_scene(seed: int, number: int) -> Scene:
    """Return scene ``number`` of the training stream of ``seed``; the same two give the same."""
    random = np.random.default_rng((seed, number))
    place = _pick(random, list(PLACES), [1.0] * (len(PLACES) - 1) + [1.6])
    light = _pick(random, list(LIGHTS), [5, 2, 2, 1])
    kind = _pick(random, ["one", "pair", "two"], [0.78, 0.12, 0.1])
    pastel = bool(random.random() < 0.04)
    if kind == "one":
        position = _pick(random, ["centre", "left", "right"], [0.74, 0.13, 0.13])
        sizes = ["medium", "small", "large"] if position == "centre" else ["medium", "small"]
        size = _pick(random, sizes, [0.66, 0.12, 0.22][: len(sizes)])
        things: tuple[Thing, ...] = (_pick_thing(random, place, position, size),)
    else:
        size = _pick(random, ["medium", "small"], [0.8, 0.2])
        left = _pick_thing(random, place, "left", size)
        if kind == "pair":
            right = msgspec.structs.replace(left, position="right")
        else:
            right = _pick_thing(random, place, "right", size)
        things = (left, right)
    taken = {thing.colour for thing in things}
    free = [colour for colour in COLOURS if colour not in taken]
    return Scene(
        things=things,
        place=place,
        light="day" if place == "plain" else light,
        plain_colour=free[int(random.integers(len(free)))] if place == "plain" else "",
        pastel=pastel,
        seed=int(random.integers(2**31)),
    )


def thing_box(thing: Thing, size: int, crowded: bool) -> tuple[float, float, float]:
    """Return left, top and side in pixels of where ``thing`` is drawn before its small jitter."""
    height = SCALES[thing.size] * size * (0.86 if crowded and thing.size == "medium" else 1)
    middle = POSITIONS[thing.position] * size
    if SUBJECTS[thing.subject].floats:
        top = (0.42 if thing.size != "large" else 0.46) * size - height / 2
    else:
        ground_line = {"small": 0.84, "medium": 0.87, "large": 0.92}[thing.size]
        top = max(ground_line, HORIZON + 0.1) * size - height
    return middle - height / 2, top, height


def render(scene: Scene, size: int = 128) -> Image.Image:
    """Return the ``size`` x ``size`` RGB picture of ``scene``."""
    canvas = size * SUPERSAMPLING
    random = np.random.default_rng(scene.seed)
    image = paint_background(canvas, scene.place, scene.light, scene.plain_colour, random)
    draw = ImageDraw.Draw(image)
    crowded = len(scene.things) > 1
    for thing in scene.things:
        left, top, side = thing_box(thing, canvas, crowded)
        jitter = canvas * 0.025
        left += float(random.uniform(-jitter, jitter))
        top += float(random.uniform(-jitter, jitter))
        colour = shift_hue(
            COLOURS[thing.colour], random.uniform(-0.008, 0.008), random.uniform(0.96, 1.05)
        )
        light = LIGHTS[scene.light]
        tones = shades(mix(colour, light.tint, light.amount * 0.3))
        subject = SUBJECTS[thing.subject]
        subject.draw(Pen(draw=draw, left=left, top=top, size=side, tones=tones))
    if scene.pastel:
        image = Image.blend(image, Image.new("RGB", image.size, (255, 250, 252)), 0.5)
    return image.reduce(SUPERSAMPLING)

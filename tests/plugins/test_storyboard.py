"""Storyboard draws what the prompt says: measured on the layers of 200 prompts it has not seen."""

from __future__ import annotations

import hashlib
import itertools
import random

import numpy as np
import pytest

from plugins.storyboard.colours import BASIC, COLOURS, nearest_basic, to_oklab
from plugins.storyboard.drawings import Drawings
from plugins.storyboard.engine import remarks
from plugins.storyboard.picture import PictureLayer, draw_scene, flattened
from plugins.storyboard.prompt import Scene, read_prompt
from plugins.storyboard.scenery import PLACES

WIDTH, HEIGHT = 384, 288
NOUNS = [
    "mushroom",
    "house",
    "dog",
    "cat",
    "tree",
    "car",
    "boat",
    "bird",
    "fish",
    "flower",
    "apple",
    "chair",
    "umbrella",
    "hat",
    "balloon",
    "horse",
    "elephant",
    "rabbit",
    "fox",
    "bear",
    "cow",
    "sheep",
    "pig",
    "duck",
    "owl",
    "turtle",
    "frog",
    "butterfly",
    "snail",
    "bicycle",
    "bus",
    "truck",
    "train",
    "rocket",
    "castle",
    "church",
    "tent",
    "bench",
    "table",
    "barn",
    "windmill",
    "lighthouse",
    "guitar",
    "teapot",
    "cup",
    "book",
    "bag",
    "boot",
    "dress",
    "crown",
    "kite",
    "cactus",
    "pear",
    "pumpkin",
    "carrot",
    "cake",
    "robot",
    "dragon",
    "whale",
    "crab",
]
COLOUR_NAMES = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black")
COUNT_WORDS = {1: "a", 2: "two", 3: "three", 4: "four", 5: "five"}
SIDES = ("left of", "right of")
SETTINGS = (
    "", ", sunset", " in a meadow", " in the forest", " in the snow", " on the beach", ", sunrise",
    " in the desert", " in the mountains", ", rain", " in a city", " in a field",
)  # fmt: skip


def layers_of(prompt: str, drawings: Drawings, seed: int = 7) -> tuple[Scene, list[PictureLayer]]:
    scene = read_prompt(prompt, drawings)
    return scene, draw_scene(scene, drawings, WIDTH, HEIGHT, seed)


def layer_of(layers: list[PictureLayer], subject: int) -> PictureLayer:
    (found,) = [layer for layer in layers if layer.subject == subject]
    return found


def middle(layer: PictureLayer) -> float:
    return layer.x + layer.picture.width / 2


def share_of(layer: PictureLayer, colour: str) -> float:
    """The share of the layer's solid pixels that a person would call by that colour's name."""
    values = np.asarray(layer.picture)
    solid = values[values[..., 3] > 235][:, :3]
    if not len(solid):
        return 0.0
    names = nearest_basic(to_oklab(solid[:: max(1, len(solid) // 4000)]))
    return float((names == BASIC.index(colour)).mean())


def held_out_prompts(count: int) -> list[tuple[str, list[tuple[str, str, int]], str]]:
    """Combinations of two subjects with colours, counts, a relation and a setting."""
    chance = random.Random(20_26)
    prompts = []
    for _ in range(count):
        first, second = chance.sample(NOUNS, 2)
        one, two = chance.sample(COLOUR_NAMES, 2)
        number = chance.choice([1, 1, 2, 3])
        side = chance.choice(SIDES)
        plural = first if number == 1 else _plural(first)
        text = f"{COUNT_WORDS[number]} {one} {plural} {side} a {two} {second}"
        text += chance.choice(SETTINGS)
        prompts.append((text, [(first, one, number), (second, two, 1)], side))
    return prompts


def _plural(noun: str) -> str:
    irregular = {"sheep": "sheep", "fish": "fish", "cactus": "cacti"}
    if noun in irregular:
        return irregular[noun]
    if noun.endswith("y"):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("x", "ch", "s")) else "s")


def test_two_hundred_prompts_show_their_subjects_in_the_right_colour_on_the_right_side(
    drawings: Drawings,
) -> None:
    wrong_colour, wrong_place, missing, subjects = [], [], [], 0
    for prompt, wanted, side in held_out_prompts(200):
        scene, layers = layers_of(prompt, drawings)
        assert not scene.unknown, prompt
        assert [s.count for s in scene.subjects] == [count for _, _, count in wanted], prompt
        for index, (noun, colour, _) in enumerate(wanted):
            subjects += 1
            layer = layer_of(layers, index)
            if min(layer.picture.size) < 8 or scene.subjects[index].noun.drawn_as:
                missing.append((prompt, noun))
            if share_of(layer, colour) < 0.3:
                wrong_colour.append((prompt, noun, colour))
        first, second = layer_of(layers, 0), layer_of(layers, 1)
        if (middle(first) < middle(second)) != (side == "left of"):
            wrong_place.append(prompt)
    assert not missing
    assert not wrong_place
    assert len(wrong_colour) <= 0.05 * subjects, wrong_colour


def test_the_same_seed_gives_the_same_picture_and_another_seed_another(drawings: Drawings) -> None:
    def digest(seed: int, prompt: str = "two red foxes near a lake, sunset") -> str:
        _, layers = layers_of(prompt, drawings, seed)
        return hashlib.sha256(flattened(layers, WIDTH, HEIGHT).tobytes()).hexdigest()

    assert digest(1) == digest(1)
    assert len({digest(seed) for seed in range(5)}) == 5


@pytest.mark.parametrize("place", sorted(PLACES))
@pytest.mark.parametrize("light", ["", "sunset, rain", "night", "sunrise, snowing", "fog"])
def test_every_place_is_painted_in_every_light(drawings: Drawings, place: str, light: str) -> None:
    import msgspec

    scene = msgspec.structs.replace(read_prompt(light, drawings), place=place)
    picture = flattened(draw_scene(scene, drawings, 160, 120, 3), 160, 120)
    values = np.asarray(picture)
    assert values.std() > 4, "an empty picture"
    assert len(np.unique(values.reshape(-1, 3), axis=0)) > 200


@pytest.mark.parametrize("size", [(64, 64), (64, 2048), (2048, 64), (72, 512)])
def test_extreme_sizes_are_drawn(drawings: Drawings, size: tuple[int, int]) -> None:
    scene = read_prompt("a red house behind three dogs, rain", drawings)
    layers = draw_scene(scene, drawings, *size, 1)
    assert flattened(layers, *size).size == size
    assert len(layers) == 4


def test_layers_laid_over_each_other_are_the_picture(drawings: Drawings) -> None:
    _, layers = layers_of("a sailboat on a lake, a duck in front of a bench, snowing", drawings)
    names = [layer.name for layer in layers]
    assert names[0] == "Background"
    assert names[-1] == "Weather"
    assert {"Sailboat", "Duck", "Bench"} <= set(names)
    for layer in layers:
        assert layer.x >= 0
        assert layer.y >= 0
        assert layer.x + layer.picture.width <= WIDTH
        assert layer.y + layer.picture.height <= HEIGHT


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_as_many_as_were_asked_for_stand_apart(drawings: Drawings, number: int) -> None:
    noun = "ball" if number == 1 else "balls"
    scene, layers = layers_of(f"{COUNT_WORDS[number]} {noun} in a meadow", drawings)
    assert scene.subjects[0].count == number
    alpha = np.asarray(layer_of(layers, 0).picture.getchannel("A")) > 235
    # From five on they stand in rows, where those in front cover a little of the others.
    assert number >= _islands(alpha) >= min(number, 4) - (number > 4)


def _islands(mask: np.ndarray) -> int:
    """Count the connected parts of a mask that are not specks."""
    seen, count = np.zeros_like(mask), 0
    for start in zip(*np.nonzero(mask), strict=True):
        if seen[start]:
            continue
        stack, size = [start], 0
        seen[start] = True
        while stack:
            y, x = stack.pop()
            size += 1
            for ny, nx in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                inside = 0 <= ny < mask.shape[0] and 0 <= nx < mask.shape[1]
                if inside and mask[ny, nx] and not seen[ny, nx]:
                    seen[ny, nx] = True
                    stack.append((ny, nx))
        count += size > 20
    return count


@pytest.mark.parametrize(
    ("prompt", "holds"),
    [
        ("a cat on a table", lambda a, b: a.bottom < b.top + 0.35 * b.height and overlaps(a, b)),
        ("a moon above a house", lambda a, b: a.bottom <= b.top + 2 and overlaps(a, b)),
        ("a bird above a tree", lambda a, b: a.bottom <= b.top + 2 and overlaps(a, b)),
        ("a cat under a table", lambda a, b: a.middle_y > b.middle_y and overlaps(a, b)),
        ("a cat under the moon", lambda a, b: a.top >= b.bottom - 2),
        ("a dog in front of a barn", lambda a, b: a.bottom > b.bottom and a.order > b.order),
        ("a dragon behind a castle", lambda a, b: a.bottom < b.bottom and a.order < b.order),
        ("a dog next to a bench", lambda a, b: not overlaps(a, b)),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_relations_hold(drawings: Drawings, prompt: str, holds: object, seed: int) -> None:
    _, layers = layers_of(prompt, drawings, seed)
    order = [layer.subject for layer in layers]
    first, second = (Extent(layer_of(layers, i), order.index(i)) for i in (0, 1))
    assert holds(first, second)  # type: ignore[operator]


class Extent:
    """Where a layer's solid pixels are, and when it is drawn."""

    def __init__(self, layer: PictureLayer, order: int) -> None:
        alpha = np.asarray(layer.picture.getchannel("A")) > 200
        rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
        self.top, self.bottom = layer.y + int(rows[0]), layer.y + int(rows[-1])
        self.left, self.right = layer.x + int(columns[0]), layer.x + int(columns[-1])
        self.height, self.middle_y = self.bottom - self.top, (self.top + self.bottom) / 2
        self.order = order


def overlaps(a: Extent, b: Extent) -> bool:
    return min(a.right, b.right) > max(a.left, b.left)


def test_between_stands_between(drawings: Drawings) -> None:
    for prompt in ("a mouse between a house and a tree", "a mouse between two elephants"):
        _, layers = layers_of(prompt, drawings)
        left, right = sorted(middle(layer_of(layers, i)) for i in (1, 2))
        assert left < middle(layer_of(layers, 0)) < right


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a pair of red shoes", [("shoe", 2, "red")]),
        ("a lot of sheep", [("sheep", 8, "")]),
        ("a black cat and an orange", [("cat", 1, "black"), ("orange", 1, "")]),
        ("an orange cat", [("cat", 1, "orange")]),
        ("a small white house on a hill", [("house", 1, "white")]),
        ("the house is blue, the door is red", [("house", 1, "blue"), ("door", 1, "red")]),
        ("grapes", [("grapes", 1, "")]),
        (
            "a knight and a castle, a cat on the castle",
            [("knight", 1, ""), ("castle", 1, ""), ("cat", 1, "")],
        ),
        ("three mice, a goose", [("mouse", 3, ""), ("goose", 1, "")]),
        ("(red mushroom:1.3)", [("mushroom", 1, "red")]),
    ],
)
def test_words_are_read(
    drawings: Drawings, prompt: str, expected: list[tuple[str, int, str]]
) -> None:
    scene = read_prompt(prompt, drawings)
    assert [(s.noun.word, s.count, s.colour) for s in scene.subjects] == expected


def test_places_times_weather_and_styles_are_read(drawings: Drawings) -> None:
    scene = read_prompt("a house on the beach at night, foggy, watercolor", drawings)
    assert (scene.place, scene.time, scene.weather) == ("beach", "night", "fog")
    assert scene.styles == ("watercolor",)
    assert [s.noun.word for s in scene.subjects] == ["house"]


def test_what_is_not_understood_is_named(drawings: Drawings) -> None:
    scene = read_prompt("a melancholic dog and a blorf, quickly", drawings)
    assert scene.unknown == ("melancholic", "blorf", "quickly")
    (said,) = remarks(scene)
    assert "blorf" in said
    assert "melancholic" in said
    (said,) = remarks(read_prompt("a spaniel", drawings))
    assert "spaniel as dog" in said
    assert remarks(read_prompt("a red dog in the snow", drawings)) == []


@pytest.mark.parametrize(
    "text", ["", ",,,", "!?", "x" * 3000, "\u200b\U0001f600", "of of of", "12"]
)
def test_any_text_makes_a_picture(drawings: Drawings, text: str) -> None:
    scene = read_prompt(text, drawings)
    assert draw_scene(scene, drawings, 64, 64, 0)


def test_a_crowd_is_cut_down_and_told(drawings: Drawings) -> None:
    scene = read_prompt(" and ".join(f"two {noun}" for noun in NOUNS[:30]) + ", 99 dogs", drawings)
    assert len(scene.subjects) == 16
    assert any("Too many" in text for text in remarks(scene))


def test_thousands_of_nouns_are_known(drawings: Drawings) -> None:
    assert drawings.count() >= 3000
    everyday = [
        "oak",
        "spaniel",
        "sailboat",
        "violin",
        "kettle",
        "ladder",
        "owl",
        "bakery",
        "helicopter",
        "strawberry",
    ]
    assert [word for word in everyday if drawings.noun(word) is None] == []


@pytest.mark.parametrize("style", ["glossy", "ink", "watercolor", "pastel", "night"])
def test_a_style_changes_the_picture_and_keeps_its_layers(drawings: Drawings, style: str) -> None:
    _, plain = layers_of("a red house", drawings)
    _, styled = layers_of(f"a red house, {style}", drawings)
    assert [layer.name for layer in plain] == [layer.name for layer in styled]
    a, b = (np.asarray(layer_of(ls, 0).picture, np.int16)[..., :3] for ls in (plain, styled))
    if a.shape == b.shape:
        assert np.abs(a - b).mean() > 2


def test_every_colour_word_is_recognised_on_a_house(drawings: Drawings) -> None:
    for colour, seed in itertools.product(BASIC, (1,)):
        assert colour in COLOURS
        _, layers = layers_of(f"a {colour} house", drawings, seed)
        assert share_of(layer_of(layers, 0), colour) > 0.3, colour

"""The training pictures: repeatable, and captioned with what they show."""

from __future__ import annotations

import re

import numpy as np
import pytest

from studio.training.starter_image.captions import caption
from studio.training.starter_image.measure import region_shares
from studio.training.starter_image.palette import COLOURS
from studio.training.starter_image.places import PLACES
from studio.training.starter_image.prompts import held_out_pairs, held_out_scenes, prompt_of
from studio.training.starter_image.scene import (
    TAUGHT,
    Scene,
    Thing,
    is_held_out,
    random_scene,
    render,
)
from studio.training.starter_image.subjects import SUBJECTS


def single(subject: str, colour: str, place: str, position: str = "centre") -> Scene:
    """Return a daylight scene of one thing."""
    return Scene(
        things=(Thing(subject=subject, colour=colour, size="medium", position=position),),
        place=place,
        light="day",
        plain_colour="pink" if place == "plain" else "",
        pastel=False,
        seed=5,
    )


def test_the_same_seed_gives_the_same_caption_and_pixels() -> None:
    for number in range(20):
        first, second = random_scene(9, number), random_scene(9, number)
        assert caption(first, 0) == caption(second, 0)
        assert render(first).tobytes() == render(second).tobytes()


def test_other_numbers_give_other_pictures() -> None:
    assert len({render(random_scene(9, number)).tobytes() for number in range(40)}) == 40


def test_a_caption_names_the_subjects_that_are_drawn_and_no_other() -> None:
    names = {
        name: (subject.name, subject.plural, *subject.other_names)
        for name, subject in SUBJECTS.items()
    }
    for number in range(300):
        scene = random_scene(3, number)
        text = caption(scene, 0).replace("sunny", "").replace("pine tree", "pine")
        text = text.replace("fir tree", "pine")
        shown = {thing.subject for thing in scene.things}
        for name, words in names.items():
            said = any(re.search(rf"\b{word}\b", text) for word in words)
            assert said == (name in shown), (text, shown)


def test_a_caption_names_no_colour_that_is_not_there() -> None:
    for number in range(300):
        scene = random_scene(4, number)
        text = caption(scene, 0).replace("green meadow", "meadow").replace("blue sky", "sky")
        said = {colour for colour in COLOURS if re.search(rf"\b{colour}\b", text)}
        assert said <= {thing.colour for thing in scene.things} | {scene.plain_colour}, text


def test_two_of_a_kind_are_called_two() -> None:
    pairs = [scene for scene in (random_scene(6, n) for n in range(200)) if scene.is_pair]
    assert pairs
    for scene in pairs:
        assert "two " in caption(scene, 0)
        assert SUBJECTS[scene.things[0].subject].plural in caption(scene, 0)


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_every_subject_shows_its_colour_where_it_stands(subject: str) -> None:
    purple, red = single(subject, "purple", "desert"), single(subject, "red", "desert")
    as_asked = region_shares(np.asarray(render(purple)), purple)["purple"]
    otherwise = region_shares(np.asarray(render(red)), red)["purple"]
    assert as_asked > otherwise + 0.08


def test_left_and_right_are_the_viewers() -> None:
    middle = []
    for side in ("left", "right"):
        with_subject = np.asarray(render(single("heart", "red", "snow", side)), int)
        without = np.asarray(render(single("heart", "blue", "snow", side)), int)
        columns = np.abs(with_subject - without).sum(axis=(0, 2))
        middle.append(float((columns * np.arange(128)).sum() / columns.sum()))
    assert middle[0] < 50
    assert middle[1] > 78


def test_held_out_combinations_never_reach_the_training_stream() -> None:
    for number in range(1500):
        scene = random_scene(202, number)
        for thing in scene.things:
            assert not is_held_out(thing.subject, thing.colour, scene.place)


def test_measuring_asks_only_for_held_out_combinations() -> None:
    scenes, pairs = held_out_scenes(200), held_out_pairs(100)
    assert len({prompt_of(scene) for scene in scenes}) == 200
    assert {scene.things[0].position for scene in scenes} == {"left", "centre", "right"}
    for scene in scenes + pairs:
        assert scene.place in PLACES
        for thing in scene.things:
            assert thing.subject in TAUGHT
            assert is_held_out(thing.subject, thing.colour, scene.place)


def test_prompts_of_two_things_say_which_is_left() -> None:
    for scene in held_out_pairs(20):
        left, right = scene.things
        assert f"{left.colour} {left.subject} left of a" in prompt_of(scene)
        assert (left.position, right.position) == ("left", "right")
        assert left.subject != right.subject
        assert left.colour != right.colour

"""Prompts: encoded once, read to the end, weighted where the artist says so."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engines.conftest import Models, Studio

FAMILIES = ("sd", "sdxl")


def test_an_unchanged_prompt_is_not_encoded_again(studio: Studio, models: Models) -> None:
    studio.run(models.sd, count=3)
    studio.run(models.sd, seed=8, steps=2, sampler="Euler")
    assert studio.loaded(models.sd).encodings.encoded == 1
    studio.run(models.sd, prompt="a dog")
    studio.run(models.sd)
    assert studio.loaded(models.sd).encodings.encoded == 2
    assert [model.load_count for model in studio.engine.resident()] == [1]


def test_kept_encodings_give_the_same_pixels(studio: Studio, models: Models) -> None:
    first = studio.pixels(models.sdxl, negative_prompt="dog")
    assert np.array_equal(first, studio.pixels(models.sdxl, negative_prompt="dog"))
    assert studio.loaded(models.sdxl).encodings.encoded == 1


@pytest.mark.parametrize("family", FAMILIES)
def test_a_weight_changes_the_picture_by_degrees(
    studio: Studio, models: Models, family: str
) -> None:
    folder = getattr(models, family)
    plain = studio.pixels(folder, prompt="a red cat").astype(float)

    def distance(prompt: str) -> float:
        return float(np.abs(studio.pixels(folder, prompt=prompt) - plain).mean())

    assert 0 < distance("a (red:1.2) cat") < distance("a (red:2) cat")
    assert distance("a [red] cat") > 0
    assert distance("a (red:1.0) cat") < distance("a (red:1.2) cat")


@pytest.mark.parametrize("family", FAMILIES)
def test_words_beyond_the_77th_token_count(studio: Studio, models: Models, family: str) -> None:
    folder = getattr(models, family)
    long = "a red cat, " * 20
    first = studio.pixels(folder, prompt=long + "dog")
    assert not np.array_equal(first, studio.pixels(folder, prompt=long + "boat"))
    assert first.std() > 5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("prompt", "negative"),
    [("a cat, " * 60, "dog"), ("cat", "a dog, " * 60), ("a cat, " * 60, ""), ("(cat)", "[dog]")],
)
def test_prompts_of_different_length_go_together(
    studio: Studio, models: Models, family: str, prompt: str, negative: str
) -> None:
    folder = getattr(models, family)
    studio.run(folder, prompt=prompt, negative_prompt=negative, clip_skip=1)
    studio.run(folder, prompt=prompt, negative_prompt=negative, guidance_scale=1.0)


def test_a_very_long_prompt_is_read(studio: Studio, models: Models) -> None:
    run, _ = studio.run(models.sd, prompt="red cat " * 600, steps=1)
    assert len(run.pictures) == 1


def test_brackets_are_text_to_models_with_other_encoders(studio: Studio, models: Models) -> None:
    run, _ = studio.run(models.sd3, prompt="a (red:1.3) cat")
    assert len(run.pictures) == 1

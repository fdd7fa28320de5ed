"""Recipes: ours comes back whole, and other programs find what they look for."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import __version__
from studio.api.recipe import (
    RECIPE_MINOR_VERSION,
    RECIPE_VERSION,
    Recipe,
    decode_recipe,
    encode_recipe,
    png_text_chunks,
    to_parameters_text,
)
from studio.api.requests import LoraUse, ModelRef, Request, RequestRegistry, TextToImage
from studio.core.errors import InvalidRequest

SHA = "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa"


def recipe(**fields: object) -> Recipe:
    values = {"model": ModelRef(id="thumbnail"), "prompt": "a red mushroom"} | fields
    return Recipe(
        request=TextToImage(**values),  # type: ignore[arg-type]
        seed=77,
        index=2,
        model_title="Starter image",
        model_sha=SHA,
    )


# -- our own JSON ------------------------------------------------------------------------------


def test_a_recipe_comes_back_whole() -> None:
    full = recipe(
        negative_prompt="blurry, 赤",
        count=4,
        seed=75,
        loras=(LoraUse(path="/models/ink.safetensors", weight=0.8),),
    )
    assert decode_recipe(encode_recipe(full)) == full
    assert decode_recipe(encode_recipe(full).encode()) == full


def test_the_json_says_what_it_is() -> None:
    data = json.loads(encode_recipe(recipe()))
    assert data["program"] == "Atelier"
    assert data["program_version"] == __version__
    assert (data["version"], data["task"]) == (RECIPE_VERSION, "text_to_image")
    assert data["request"]["prompt"] == "a red mushroom"


def test_one_picture_of_a_run_can_be_made_alone() -> None:
    alone = recipe(count=4, seed=75, steps=9).picture_request()
    assert alone == TextToImage(
        model=ModelRef(id="thumbnail"), prompt="a red mushroom", count=1, seed=77, steps=9
    )


def test_a_newer_minor_version_is_read_without_what_is_new() -> None:
    data = json.loads(encode_recipe(recipe()))
    data |= {"minor_version": RECIPE_MINOR_VERSION + 1, "mood": "calm"}
    data["request"] |= {"film_stock": "grainy", "lens": 35}
    found = decode_recipe(json.dumps(data))
    assert found.request == recipe().request
    assert found.ignored == ("film_stock", "lens")


def test_a_newer_minor_version_must_still_be_within_the_limits() -> None:
    data = json.loads(encode_recipe(recipe()))
    data["minor_version"] = RECIPE_MINOR_VERSION + 1
    data["request"]["width"] = 100
    with pytest.raises(InvalidRequest):
        decode_recipe(json.dumps(data))


def test_a_newer_major_version_is_refused_as_such() -> None:
    data = json.loads(encode_recipe(recipe())) | {"version": RECIPE_VERSION + 1}
    with pytest.raises(InvalidRequest) as caught:
        decode_recipe(json.dumps(data))
    assert caught.value.code == "newer_recipe"
    assert "newer Atelier" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a red mushroom",
        "null",
        "[]",
        "{}",
        '{"version": 1}',
        '{"version": "1", "task": "text_to_image", "request": {}, "seed": 1}',
        '{"version": 1, "task": "text_to_image", "request": {}, "seed": 1}',
        '{"version": 1, "task": "text_to_image", "request": [1], "minor_version": 9, "seed": 1}',
        '{"version": 1, "task": "unknown", "request": {}, "seed": 1}',
        '{"version": 1, "task": "unknown", "request": {}, "minor_version": 9, "seed": 1}',
        '{"version": 1, "task": "text_to_image", "seed": 1, "request": ' + "[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_garbage_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidRequest):
        decode_recipe(text)


def test_an_unknown_field_of_this_version_is_garbage() -> None:
    data = json.loads(encode_recipe(recipe()))
    data["request"]["film_stock"] = "grainy"
    with pytest.raises(InvalidRequest, match="film_stock"):
        decode_recipe(json.dumps(data))


class Stylise(Request, frozen=True, kw_only=True, tag="stylise"):
    """A request as a plugin may bring it: without most of what a picture usually has."""

    style: str = "ink"


def test_the_request_of_a_plugin_needs_its_registry() -> None:
    own = Recipe(request=Stylise(style="oil"), seed=1)
    text = encode_recipe(own)
    registry = RequestRegistry()
    registry.register(Stylise)
    assert decode_recipe(text, registry) == own
    assert own.picture_request() == own.request
    with pytest.raises(InvalidRequest):
        decode_recipe(text)
    assert "Seed: 1" in to_parameters_text(own)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_a_recipe_or_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidRequest):
        decode_recipe(text)


# -- the "parameters" text ---------------------------------------------------------------------

# AUTOMATIC1111's own reader takes the last line apart with this shape: a key, then a JSON text in
# quotes or anything without a comma (modules/infotext_utils.py, parse_generation_parameters).
PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


def pairs(text: str) -> dict[str, str]:
    found = dict(PAIR.findall(text.split("\n")[-1]))
    return {key: json.loads(value) if value[:1] == '"' else value for key, value in found.items()}


def test_the_text_is_exactly_as_other_programs_write_it() -> None:
    full = recipe(
        prompt="a red mushroom, (moss:1.2)",
        negative_prompt="blurry",
        steps=20,
        guidance_scale=7.0,
        sampler="DPM++ 2M Karras",
        clip_skip=1,
        loras=(LoraUse(path="/models/ink wash.safetensors", weight=0.8),),
    )
    assert to_parameters_text(full) == (
        "a red mushroom, (moss:1.2) <lora:ink wash:0.8>\n"
        "Negative prompt: blurry\n"
        "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 77, Size: 512x512, "
        "Model hash: 6ce0161689, Model: Starter image, Clip skip: 2, "
        f"Version: Atelier {__version__}"
    )


def test_what_is_not_set_is_left_out() -> None:
    text = to_parameters_text(recipe())
    assert "Negative prompt" not in text
    assert "Sampler" not in text
    assert "Clip skip" not in text
    assert "lora" not in text
    assert len(pairs(text)) >= 3  # fewer are not taken for settings by other programs


def test_a_fingerprint_that_is_no_sha256_is_not_passed_off_as_one() -> None:
    short = msgspec.structs.replace(recipe(), model_sha="0123456789abcdef")
    assert "Model hash" not in to_parameters_text(short)


@pytest.mark.parametrize("title", ["A, B", "A: B", 'the "best": one', "A\nB", "plain", "", "Ä 赤"])
def test_the_model_is_quoted_where_it_must_be(title: str) -> None:
    text = to_parameters_text(msgspec.structs.replace(recipe(), model_title=title))
    assert pairs(text).get("Model", "") == title
    assert pairs(text)["Seed"] == "77"


def test_a_prompt_of_several_lines_stays_readable() -> None:
    lines = to_parameters_text(recipe(prompt="one\ntwo\n\nthree", negative_prompt="a\nb"))
    assert lines.startswith("one\ntwo\n\nthree\nNegative prompt: a\nb\nSteps: 25")


def test_a_png_carries_both() -> None:
    chunks = png_text_chunks(recipe())
    assert set(chunks) == {"atelier", "parameters"}
    assert decode_recipe(chunks["atelier"]) == recipe()
    assert chunks["parameters"] == to_parameters_text(recipe())


def test_the_worker_can_write_recipes_without_pillow_being_imported_for_it() -> None:
    program = "import sys, studio.api.recipe; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0

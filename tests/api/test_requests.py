"""Requests: every limit is checked once, and every refusal says which field, why and what next."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.api.requests import (
    MAX_PROMPT_CHARACTERS,
    SAMPLERS,
    LoraUse,
    ModelRef,
    RefinerUse,
    Request,
    RequestRegistry,
    TextToImage,
    checked,
    choices,
    encode_request,
    field_meta,
    request_kind,
)
from studio.core.errors import InvalidRequest

MODEL = ModelRef(id="thumbnail", revision="abc")


def request(**fields: Any) -> TextToImage:
    return TextToImage(**({"model": MODEL, "prompt": "a red mushroom"} | fields))


FULL = request(
    negative_prompt="blurry",
    width=640,
    height=448,
    steps=30,
    guidance_scale=7.25,
    seed=2**32 - 1,
    sampler="DPM++ 2M Karras",
    count=4,
    clip_skip=2,
    loras=(LoraUse(path="/models/ink.safetensors", weight=-0.5),),
    refiner=RefinerUse(model=ModelRef(id="refiner"), switch_at=0.7),
    precision="float16",
)


def refused(value: Request) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        checked(value)
    assert caught.value.message.endswith(".")
    assert caught.value.hint.endswith((".", "?"))
    assert "$." not in str(caught.value)
    return caught.value


# -- limits ------------------------------------------------------------------------------------


def test_a_good_request_passes_unchanged() -> None:
    assert checked(FULL) == FULL
    assert checked(request()) == request()


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t "])
def test_an_empty_prompt_is_told(prompt: str) -> None:
    problem = refused(request(prompt=prompt))
    assert problem.code == "empty_prompt"
    assert "prompt is empty" in problem.message
    assert "Write" in problem.hint


def test_a_prompt_of_a_million_characters_is_told_with_both_numbers() -> None:
    message = refused(request(prompt="x" * 1_000_000)).message
    assert message.startswith("Prompt is too long")
    assert "1,000,000" in message
    assert f"{MAX_PROMPT_CHARACTERS:,}" in message
    assert checked(request(prompt="x" * MAX_PROMPT_CHARACTERS))


def test_the_negative_prompt_is_called_as_in_the_form() -> None:
    assert refused(request(negative_prompt="x" * 20_001)).message.startswith("Avoid is too long")


@pytest.mark.parametrize(
    ("width", "suggestion"), [(100, "96"), (1001, "1000"), (1, "64"), (99_999, "4096"), (-8, "64")]
)
def test_a_size_that_is_not_possible_names_the_nearest_that_is(width: int, suggestion: str) -> None:
    for name, title in (("width", "Width"), ("height", "Height")):
        problem = refused(request(**{name: width}))
        assert problem.message == f"{title} cannot be {width}."
        assert "64 to 4096 px in steps of 8" in problem.hint
        assert f"such as {suggestion}" in problem.hint
        assert checked(request(**{name: int(suggestion)}))


@pytest.mark.parametrize(
    ("fields", "title", "limits"),
    [
        ({"steps": 0}, "Steps", "1 to 150"),
        ({"steps": 151}, "Steps", "1 to 150"),
        ({"guidance_scale": -0.1}, "Guidance", "0 to 30"),
        ({"guidance_scale": float("nan")}, "Guidance", "0 to 30"),
        ({"guidance_scale": float("inf")}, "Guidance", "0 to 30"),
        ({"seed": -1}, "Seed", "0 to 4294967295"),
        ({"seed": 2**32}, "Seed", "0 to 4294967295"),
        ({"count": 0}, "Pictures", "1 to 16"),
        ({"count": 17}, "Pictures", "1 to 16"),
        ({"clip_skip": 5}, "CLIP skip", "0 to 4"),
        ({"steps": "many"}, "Steps", "1 to 150"),
        ({"steps": True}, "Steps", "1 to 150"),
        ({"steps": None}, "Steps", "1 to 150"),
    ],
)
def test_numbers_out_of_their_limits(fields: dict[str, Any], title: str, limits: str) -> None:
    problem = refused(request(**fields))
    assert problem.message.startswith(f"{title} cannot be")
    assert limits in problem.hint


def test_an_unknown_sampler_names_those_that_are_meant() -> None:
    problem = refused(request(sampler="DPM++ 2m karas"))
    assert "'DPM++ 2m karas'" in problem.message
    assert "DPM++ 2M Karras" in problem.hint
    assert "Euler a" in refused(request(sampler="zzz")).hint


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"loras": (LoraUse(path="a", weight=5),)}, "LoRA"),
        ({"loras": (LoraUse(path=""),)}, "LoRA"),
        ({"loras": tuple(LoraUse(path="a") for _ in range(17))}, "LoRA"),
        ({"refiner": RefinerUse(model=MODEL, switch_at=1)}, "Refiner"),
        ({"model": ModelRef(id="x" * 1001)}, "Model"),
        ({"model": None}, "Model"),
    ],
)
def test_parts_that_are_not_valid_are_named(fields: dict[str, Any], title: str) -> None:
    problem = refused(request(**fields))
    assert problem.message.startswith(f"{title} is not valid")
    assert len(problem.message) < 300


def test_half_a_character_is_refused_before_it_reaches_a_file() -> None:
    for name in ("prompt", "negative_prompt"):
        assert "half a character" in refused(request(**{name: "a \ud83d"})).message


def test_text_of_any_script_passes() -> None:
    value = request(prompt="赤いキノコ 🍄 Fußgänger ‏עברית \0 \x7f")
    assert msgspec.json.decode(encode_request(checked(value)), type=TextToImage) == value


# -- form --------------------------------------------------------------------------------------


def test_every_field_has_what_a_form_needs() -> None:
    metas = field_meta(TextToImage)
    assert tuple(metas) == TextToImage.__struct_fields__
    for name, meta in metas.items():
        assert meta.title, name
        assert meta.extra is not None
        assert meta.extra["group"] in ("main", "advanced", "hidden"), name
        controls = ("text", "slider", "number", "seed", "size", "choice", "list", "model")
        assert meta.extra["control"] in controls, name
        if meta.extra["control"] in ("slider", "number", "seed", "size"):
            assert meta.ge is not None, name
            assert meta.le is not None, name


def test_defaults_are_within_their_own_limits() -> None:
    assert checked(request()).sampler in SAMPLERS


def test_choices_are_those_of_the_field() -> None:
    assert choices(TextToImage, "sampler") == SAMPLERS
    assert choices(TextToImage, "precision")[0] == "auto"
    assert choices(TextToImage, "prompt") == ()
    assert choices(TextToImage, "no such field") == ()


def test_requests_cannot_be_changed_behind_the_back_of_the_history() -> None:
    with pytest.raises(AttributeError):
        FULL.seed = 3  # type: ignore[misc]


# -- registry ----------------------------------------------------------------------------------


class Stylise(Request, frozen=True, kw_only=True, tag="stylise"):
    """A request as a plugin may bring it."""

    style: Annotated[str, msgspec.Meta(max_length=10, title="Style")] = "ink"


class OtherStylise(Request, frozen=True, kw_only=True, tag="stylise"):
    """Another plugin's request of the same name."""


def test_a_request_comes_back_as_it_was() -> None:
    registry = RequestRegistry()
    assert request_kind(FULL) == request_kind(TextToImage) == "text_to_image"
    assert registry.decode("text_to_image", encode_request(FULL)) == FULL


def test_a_request_of_an_older_version_gets_the_defaults() -> None:
    body = b'{"model": {"id": "m"}, "prompt": "p"}'
    assert RequestRegistry().decode("text_to_image", body) == TextToImage(
        model=ModelRef(id="m"), prompt="p"
    )


def test_an_unknown_kind_is_told() -> None:
    for ask in (
        lambda: RequestRegistry().decode("stylise", b"{}"),
        lambda: RequestRegistry().fields("stylise"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            ask()
        assert "'stylise'" in caught.value.message
        assert "plugin" in caught.value.hint


def test_a_plugin_can_bring_a_kind_but_not_take_one_over() -> None:
    registry = RequestRegistry()
    registry.register(Stylise)
    registry.register(Stylise)
    assert registry.decode("stylise", b'{"style": "oil"}') == Stylise(style="oil")
    assert registry.fields("stylise") == ("style",)
    with pytest.raises(InvalidRequest, match="stylise"):
        registry.register(OtherStylise)
    assert checked(Stylise()) == Stylise()
    assert "too long" in refused(Stylise(style="x" * 11)).message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff",
        b'{"model": {"id": "m"}}',
        b'{"model": {"id": "m"}, "prompt": "p", "unheard_of": 1}',
        b'{"model": {"id": "m"}, "prompt": "p", "width": 100}',
        b'{"model": {"id": "m"}, "prompt": "p", "task": "other"}',
        b'{"model": {"id": "m", "more": 1}, "prompt": "p"}',
        b'{"model": ' + b'{"id": ' * 100_000,
        b'{"loras": ' + b"[" * 100_000,
    ],
)
def test_a_stored_body_that_is_not_valid_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="stored settings are not valid"):
        RequestRegistry().decode("text_to_image", body)


ANYTHING = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.integers(), max_size=3)
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(TextToImage.__struct_fields__), ANYTHING))
def test_any_values_pass_or_are_refused_in_words(fields: dict[str, Any]) -> None:
    try:
        passed = checked(request(**fields))
    except InvalidRequest as error:
        str(error).encode("utf-8", "replace")
    else:
        again = RequestRegistry().decode("text_to_image", encode_request(passed))
        assert again == passed

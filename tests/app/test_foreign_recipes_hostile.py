"""Files made to break a reader of recipes: none crashes it, holds it up or fills the memory."""

from __future__ import annotations

import io
import json
import random
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.api.recipe import Recipe, png_text_chunks
from studio.api.requests import ModelRef, TextToImage
from studio.app.foreign_recipes import ForeignRecipe, read_recipe, recipe_from_texts
from studio.app.foreign_recipes.containers import read_texts
from studio.app.foreign_recipes.parameters import read_parameters
from tests.app.recipe_files import A1111, foreign, png, with_exif

SECONDS = 5.0  # of processor time; none of these takes 1, and a quadratic reader takes minutes


def quick(work: Callable[[], Any]) -> Any:
    start = time.process_time()
    result = work()
    assert time.process_time() - start < SECONDS
    return result


@cache
def bomb() -> bytes:
    """A hundred megabytes of nothing in 0.4 MB."""
    return zlib.compress(bytes(100_000_000), 1)


def text_chunk(kind: bytes, data: bytes) -> bytes:
    """A small PNG with one chunk of any content behind its header."""
    plain = png({})
    chunk = struct.pack(">I", len(data)) + kind + data
    return plain[:33] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + plain[33:]


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_text_bomb_is_not_inflated(kind: bytes) -> None:
    middle = b"\0\0" if kind == b"zTXt" else b"\0\1\0\0\0"
    data = text_chunk(kind, b"parameters" + middle + bomb())
    tracemalloc.start()
    try:
        assert quick(lambda: read_recipe(data)) is None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_beside_a_good_text_does_not_hide_it() -> None:
    bad = b"prompt\0\0" + bomb()
    chunk = struct.pack(">I", len(bad)) + b"zTXt" + bad
    data = png({"parameters": A1111})
    data = data[:33] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + data[33:]
    assert foreign(data).steps == 28


def test_hundreds_of_texts_are_not_all_kept() -> None:
    data = png({f"key{number}": "x" * 100 for number in range(500)})
    assert len(read_texts(io.BytesIO(data))) <= 64


@pytest.mark.parametrize(
    "key", ["prompt", "workflow", "parameters", "invokeai_metadata", "Comment"]
)
def test_deeply_nested_json(key: str) -> None:
    for opening in ("[", '{"a":', '{"prompt":', '{"nodes":[', '{"image":{"prompt":['):
        texts = {key: "{" + '"x":' + opening * 100_000, "Software": "NovelAI"}
        assert quick(lambda texts=texts: recipe_from_texts(texts)) is None
        texts[key] = opening * 100_000
        quick(lambda texts=texts: recipe_from_texts(texts))


HOSTILE_SETTINGS = {
    "keys without values": "a:" * 100_000,
    "open quotes": "Steps: " + 'a:"' * 100_000,
    "escaped quotes": "Steps: " + 'a:"\\",' * 100_000,
    "open lists": "Steps: 1," + "a:[1," * 100_000,
    "open objects": "Steps: 1," + 'a:{"b":' * 100_000,
    "one long word": "Steps: 1," + "a" * 500_000,
    "commas": "," * 500_000,
    "lines": "\n" * 500_000,
    "settings lines": "Steps: 1\n" * 100_000,
    "open tags": "<lora:" * 100_000,
    "tags": "<lora:a:1>" * 100_000,
    "blanks between commas": "a" + ", " * 500_000 + "<lora:x>",
    "negative prompts": "Negative prompt: a\n" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE_SETTINGS)
def test_settings_that_would_stall_a_regular_expression(name: str) -> None:
    quick(lambda: read_parameters(HOSTILE_SETTINGS[name]))


@pytest.mark.parametrize(
    "text", ["1e999", "9" * 5000, "-1", "NaN", "0x10", "١٢", "", "1_0", "True"]
)
def test_numbers_that_are_none(text: str) -> None:
    found = foreign(
        png({"parameters": f"a cat\nSteps: {text}, CFG scale: {text}, Seed: {text}, Size: 9x"})
    )
    assert found.prompt == "a cat"
    assert (found.steps, found.seed, found.width) == (None, None, None)
    assert found.guidance_scale in (None, -1.0, 12.0, 10.0)


def test_comfyui_cycles_end() -> None:
    graph = {
        "1": {"class_type": "KSampler", "inputs": {"steps": ["2", 0], "cfg": ["1", 0]}},
        "2": {"class_type": "PrimitiveInt", "inputs": {"value": ["2", 0]}},
        "3": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["3", 0]}},
        "4": {"class_type": "CLIPTextEncode", "inputs": {"text": ["5", 0], "clip": ["4", 0]}},
        "5": {"class_type": "StringConcatenate", "inputs": {"string_a": ["5", 0]}},
        "6": {"class_type": "LoraLoader", "inputs": {"lora_name": ["6", 0], "model": ["6", 0]}},
        "7": {"class_type": "VAEEncode", "inputs": {"samples": ["1", 0], "width": ["7", 0]}},
    }
    graph["5"]["inputs"]["string_b"] = ["4", 0]
    graph["3"]["inputs"]["conditioning_2"] = ["4", 0]
    graph["1"]["inputs"] |= {
        "seed": 5,
        "positive": ["3", 0],
        "negative": ["4", 0],
        "model": ["6", 0],
        "latent_image": ["7", 0],
    }
    found = quick(lambda: foreign(png({"prompt": json.dumps(graph)})))
    assert (found.seed, found.steps, found.prompt) == (5, None, "")


def test_comfyui_texts_that_double_at_every_node() -> None:
    graph = {
        str(number): {
            "class_type": "StringConcatenate",
            "inputs": {"string_a": [str(number + 1), 0], "string_b": [str(number + 1), 0]},
        }
        for number in range(45)
    }
    graph["45"] = {"class_type": "PrimitiveString", "inputs": {"value": "word" * 100}}
    graph["e"] = {"class_type": "CLIPTextEncode", "inputs": {"text": ["0", 0], "clip": 1}}
    graph["s"] = {"class_type": "KSampler", "inputs": {"positive": ["e", 0], "seed": 7}}
    found = quick(lambda: foreign(png({"prompt": json.dumps(graph)})))
    assert found.seed == 7
    assert len(found.prompt) <= 100_000


def test_comfyui_graph_as_large_as_a_text_may_be() -> None:
    graph = {
        str(number): {
            "class_type": "KSampler",
            "inputs": {f"a{each}": [str((number * 7 + each * 13) % 500), 0] for each in range(120)}
            | {"latent_image": [str((number + 1) % 500), 0], "seed": number},
        }
        for number in range(500)
    }
    found = quick(lambda: recipe_from_texts({"prompt": json.dumps(graph)}))
    assert isinstance(found, ForeignRecipe)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["KSampler", "CLIPTextEncode", "LoraLoader", "\ud800", "1", "512x512"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(st.sampled_from(["1", "2", 1, 0, -1]), min_size=2, max_size=2)
        | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
GRAPH_KEYS = (
    *("seed", "steps", "cfg", "sampler_name", "scheduler", "model", "positive", "negative"),
    *("latent_image", "text", "clip", "width", "height", "lora_name", "strength_model"),
    *("ckpt_name", "guider", "noise", "sigmas", "sampler", "conditioning", "guidance", "value"),
)
PROGRAM_KEYS = (
    *("prompt", "uc", "c", "seed", "steps", "scale", "sampler", "width", "height", "loras"),
    *("base_model", "resolution", "sui_image_params", "image", "images", "model", "v4_prompt"),
    *("positive_prompt", "scheduler", "lora", "num_inference_steps", "signed_hash", "size"),
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["1", "2", "3"]),
        st.fixed_dictionaries(
            {
                "class_type": st.sampled_from(
                    ["KSampler", "SamplerCustomAdvanced", "CLIPTextEncode", "LoraLoader", "X"]
                ),
                "inputs": st.dictionaries(st.sampled_from(GRAPH_KEYS), JSON_VALUES, max_size=8),
            }
        ),
    )
)
def test_any_types_in_a_comfyui_graph(graph: dict[str, Any]) -> None:
    usable(recipe_from_texts({"prompt": json.dumps(graph)}))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["parameters", "invokeai_metadata", "sd-metadata", "Comment", "workflow"]),
    st.dictionaries(st.sampled_from(PROGRAM_KEYS), JSON_VALUES, max_size=12),
)
def test_any_types_in_the_json_of_other_programs(key: str, data: dict[str, Any]) -> None:
    usable(recipe_from_texts({key: json.dumps(data), "Software": "NovelAI"}))


@settings(max_examples=100, deadline=None)
@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_any_types_in_a_comfyui_workflow(values: Any, inputs: Any, links: Any) -> None:
    for kind in ("KSampler", "CLIPTextEncode", "Other"):
        node = {"id": 1, "type": kind, "widgets_values": values, "inputs": inputs}
        workflow = {"nodes": [node, {**node, "id": 2, "type": "KSampler"}, values], "links": links}
        usable(recipe_from_texts({"workflow": json.dumps(workflow)}))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_as_parameters(text: str) -> None:
    usable(recipe_from_texts({"parameters": text}))
    usable(recipe_from_texts({"parameters": f"{text}\nSteps: 20, Seed: 1, Model: {text}"}))
    usable(recipe_from_texts({"Dream": text, "UserComment": text, "atelier": text}))


def usable(found: Recipe | ForeignRecipe | None) -> None:
    """What is found can be encoded, and what it offers is within the limits of a request."""
    if isinstance(found, ForeignRecipe):
        values = {"prompt": "x", "model": ModelRef(id="m")} | found.to_request_values()
        text_to_image(values)
        " ".join(found.left_out()).encode()


def text_to_image(values: dict[str, Any]) -> bytes:
    from studio.api.requests import checked, encode_request

    return encode_request(checked(TextToImage(**values)))


# -- broken files ------------------------------------------------------------------------------


def sample_files() -> list[bytes]:
    own = Recipe(request=TextToImage(model=ModelRef(id="m"), prompt="ours"), seed=1)
    graph = {"1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 2, "cfg": 3}}}
    comment = b"UNICODE\0" + A1111.encode("utf-16-be")
    return [
        png(png_text_chunks(own)),
        png({"parameters": A1111}, zipped=True),
        png({"parameters": A1111}, international=True, zipped=True),
        png({"prompt": json.dumps(graph)}),
        with_exif("JPEG", {0x0110: f"prompt:{json.dumps(graph)}"}, {0x9286: comment}),
        with_exif("WEBP", {}, {0x9286: comment}),
        with_exif("PNG", {}, {0x9286: comment}),
    ]


def break_and_read(rounds: int, seed: int) -> int:
    """Read broken files; return in how many of them a recipe was still found."""
    chance, found = random.Random(seed), 0
    for data in sample_files():
        for _ in range(rounds):
            broken = bytearray(data)
            for _ in range(chance.choice((1, 1, 3, 20))):
                broken[chance.randrange(len(broken))] = chance.choice((0, 255, 127, 34, 123, 58))
            if chance.random() < 0.3:
                del broken[chance.randrange(len(broken)) :]
            recipe = read_recipe(bytes(broken))
            usable(recipe)
            found += recipe is not None
    return found


def test_broken_files_never_crash() -> None:
    assert break_and_read(rounds=60, seed=16) > 50


@pytest.mark.nightly
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_broken_files_never_crash(seed: int) -> None:
    break_and_read(rounds=1000, seed=seed)


@pytest.mark.parametrize("head", [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF\0\0\0\0WEBP"])
def test_random_bytes_behind_every_signature(head: bytes) -> None:
    chance = random.Random(5)
    for _ in range(100):
        assert read_recipe(head + chance.randbytes(chance.randrange(400))) is None


def test_a_file_of_nothing_but_empty_chunks_ends() -> None:
    data = b"\x89PNG\r\n\x1a\n" + (b"\0\0\0\0junk\0\0\0\0" * 400_000)
    assert quick(lambda: read_recipe(data)) is None
    assert quick(lambda: read_recipe(b"\xff\xd8" + b"\xff" * 500_000)) is None
    assert quick(lambda: read_recipe(b"RIFF\0\0\0\0WEBP" + bytes(1500_000))) is None

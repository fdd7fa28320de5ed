"""The "parameters" text in every kind of file, and our own recipes beside it.

The samples are written by hand after the format; no file of anybody is copied.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from studio.api.recipe import Recipe, encode_recipe, png_text_chunks
from studio.api.requests import SAMPLERS, ModelRef, TextToImage
from studio.app.foreign_recipes import ForeignLora, read_recipe
from studio.app.foreign_recipes.exif import decode_user_comment
from studio.app.foreign_recipes.samplers import map_sampler
from studio.core.errors import StorageProblem
from tests.app.recipe_files import A1111, foreign, png, with_exif


def test_automatic1111_png() -> None:
    found = foreign(png({"parameters": A1111}))
    assert found.program == "AUTOMATIC1111"
    assert found.prompt == "portrait of an old sailor, (weathered skin:1.3)\nby the sea"
    assert found.negative_prompt == "blurry, lowres\nextra fingers"
    assert (found.seed, found.steps, found.guidance_scale) == (3141592653, 28, 6.5)
    assert (found.width, found.height, found.clip_skip) == (512, 768, 1)
    assert (found.sampler, found.sampler_raw) == ("DPM++ 2M Karras", "DPM++ 2M Karras")
    assert (found.model_name, found.model_hash) == ("v1-5-pruned-emaonly", "6ce0161689")
    assert found.loras == (ForeignLora(name="film_grain", weight=0.6),)
    assert found.raw == A1111


def test_use_these_settings_offers_only_what_can_be_used() -> None:
    values = foreign(png({"parameters": A1111})).to_request_values()
    assert values == {
        "prompt": "portrait of an old sailor, (weathered skin:1.3)\nby the sea",
        "negative_prompt": "blurry, lowres\nextra fingers",
        "seed": 3141592653,
        "steps": 28,
        "guidance_scale": 6.5,
        "sampler": "DPM++ 2M Karras",
        "width": 512,
        "height": 768,
        "clip_skip": 1,
    }


def test_what_cannot_be_used_is_said_in_words() -> None:
    text = (
        "a cat <lora:fur:1>\nSteps: 900, Sampler: Restart, CFG scale: 7, Seed: 99999999999, "
        "Size: 500x512, Model: x"
    )
    found = foreign(png({"parameters": text}))
    assert found.to_request_values() == {"prompt": "a cat", "guidance_scale": 7.0}
    notes = " ".join(found.left_out())
    for word in ("Steps", "900", "Restart", "99999999999", "Width", "500", "fur"):
        assert word in notes


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("international", [False, True])
def test_every_kind_of_png_text_is_read(zipped: bool, international: bool) -> None:
    data = png({"parameters": A1111}, zipped=zipped, international=international)
    assert foreign(data).seed == 3141592653


def test_prompts_in_any_script() -> None:
    text = "森の中の赤いキノコ\nNegative prompt: плохо\nSteps: 20, Seed: 1, Size: 512x512"
    found = foreign(png({"parameters": text}, international=True))
    assert (found.prompt, found.negative_prompt) == ("森の中の赤いキノコ", "плохо")


def test_no_negative_prompt() -> None:
    found = foreign(png({"parameters": "a cat\nSteps: 20, Sampler: Euler a, Seed: 5"}))
    assert (found.prompt, found.negative_prompt, found.sampler) == ("a cat", "", "Euler a")


def test_settings_alone_and_prompt_alone() -> None:
    only_settings = foreign(png({"parameters": "Steps: 20, Sampler: Euler, Seed: 5"}))
    assert (only_settings.prompt, only_settings.seed) == ("", 5)
    only_prompt = foreign(png({"parameters": "time: 12, place: 3, mood: blue, a cat"}))
    assert only_prompt.prompt == "time: 12, place: 3, mood: blue, a cat"
    assert only_prompt.steps is None


def test_quoted_values_with_commas_colons_and_line_breaks() -> None:
    text = (
        'a cat\nSteps: 20, Seed: 5, Size: 512x512, Model: "my, model: \\"final\\"", '
        'Hires prompt: "a dog,\\nSteps: 99", Sampler: Euler'
    )
    found = foreign(png({"parameters": text}))
    assert found.model_name == 'my, model: "final"'
    assert (found.steps, found.sampler) == (20, "Euler")


def test_hires_fields_do_not_replace_the_size() -> None:
    text = "a\nSteps: 20, Seed: 5, Size: 512x512, Hires resize: 1024x1024, Hires steps: 9"
    found = foreign(png({"parameters": text}))
    assert (found.width, found.height, found.steps) == (512, 512, 20)


def test_lines_after_the_settings_are_not_part_of_the_prompt() -> None:
    text = "a cat\nSteps: 20, Seed: 5, Size: 512x512\nTemplate: a {cat|dog}"
    assert foreign(png({"parameters": text})).prompt == "a cat"


def test_lora_tags_of_every_shape() -> None:
    prompt = "<lora:one>, a cat, <lora:two:0.5>, <lora:three:1:0.25:lbw=MIDD>, <lyco:four:-1>, sun"
    found = foreign(png({"parameters": f"{prompt}\nSteps: 20, Seed: 5, Size: 512x512"}))
    assert found.prompt == "a cat, sun"
    names = [(lora.name, lora.weight) for lora in found.loras]
    assert names == [("one", 1.0), ("two", 0.5), ("three", 1.0), ("four", -1.0)]


def test_forge_with_its_own_schedule_type() -> None:
    text = (
        "a cat\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 1, "
        "Distilled CFG Scale: 3.5, Seed: 5, Size: 896x1152, Model: flux1-dev-bnb-nf4-v2, "
        "Version: f2.0.1v1.10.1-previous-224-g900196889, Module 1: ae"
    )
    found = foreign(png({"parameters": text}))
    assert (found.program, found.sampler) == ("Forge", "DPM++ 2M Karras")
    assert found.sampler_raw == "DPM++ 2M Karras"


def test_a_schedule_that_is_not_known_here_is_told() -> None:
    text = "a\nSteps: 20, Sampler: DPM++ 2M SDE, Schedule type: Exponential, Seed: 5, Size: 64x64"
    found = foreign(png({"parameters": text}))
    assert (found.sampler, found.sampler_exact) == ("DPM++ 2M SDE", False)
    assert "stands in for DPM++ 2M SDE Exponential" in " ".join(found.left_out())


@pytest.mark.parametrize("format_name", ["JPEG", "WEBP", "PNG"])
@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le", "utf-16"])
def test_user_comment_in_both_byte_orders(format_name: str, encoding: str) -> None:
    comment = b"UNICODE\0" + A1111.encode(encoding)
    found = foreign(with_exif(format_name, {}, {0x9286: comment}))
    assert (found.seed, found.width) == (3141592653, 512)
    assert found.prompt.endswith("by the sea")


def test_user_comment_in_other_encodings() -> None:
    for comment in (b"ASCII\0\0\0" + A1111.encode(), bytes(8) + A1111.encode(), A1111.encode()):
        assert foreign(with_exif("JPEG", {}, {0x9286: comment})).seed == 3141592653


def test_user_comment_without_any_latin_letter() -> None:
    assert decode_user_comment(b"UNICODE\0" + "赤いキノコ".encode("utf-16-be")) == "赤いキノコ"
    little = b"UNICODE\0" + "赤いキノコ".encode("utf-16-le")
    assert decode_user_comment(little, "<") == "赤いキノコ"


@pytest.mark.parametrize(
    "comment", ["Taken at the beach", "Lens: 50mm, ISO: 100, Shutter: 1/60", "", "{}", "[1]"]
)
def test_a_camera_comment_is_not_a_recipe(comment: str) -> None:
    data = with_exif("JPEG", {}, {0x9286: b"ASCII\0\0\0" + comment.encode()})
    assert read_recipe(data) is None


def test_civitai_generator() -> None:
    resources = [
        {"type": "checkpoint", "modelVersionId": 290640, "modelName": "Some XL, v6"},
        {"type": "lora", "weight": 0.8, "modelVersionId": 1, "modelName": "Detail: more"},
    ]
    text = (
        "a cat\nNegative prompt: dog\nSteps: 25, Sampler: Euler a, CFG scale: 7, Seed: 9, "
        f"Size: 832x1216, Clip skip: 2, Civitai resources: {json.dumps(resources)}, "
        "Civitai metadata: {}"
    )
    data = with_exif("JPEG", {}, {0x9286: b"UNICODE\0" + text.encode("utf-16-le")})
    found = foreign(data)
    assert (found.program, found.model_name) == ("Civitai", "Some XL, v6")
    assert found.loras == (ForeignLora(name="Detail: more", weight=0.8),)


# -- our own -----------------------------------------------------------------------------------


def own_recipe() -> Recipe:
    request = TextToImage(model=ModelRef(id="m"), prompt="ours", count=4, seed=10)
    return Recipe(request=request, seed=12, index=2, model_title="M")


def test_our_own_recipe_goes_before_the_text_beside_it() -> None:
    assert read_recipe(png(png_text_chunks(own_recipe()))) == own_recipe()


def test_a_damaged_recipe_of_ours_falls_back_to_the_text() -> None:
    texts = png_text_chunks(own_recipe())
    texts["atelier"] = texts["atelier"][:-5]
    found = foreign(png(texts))
    assert (found.program, found.prompt, found.seed) == ("Atelier", "ours", 12)


def test_a_recipe_of_ours_from_a_newer_version_falls_back_to_the_text() -> None:
    texts = png_text_chunks(own_recipe())
    texts["atelier"] = encode_recipe(own_recipe()).replace('"version":1', '"version":2')
    assert foreign(png(texts)).prompt == "ours"


def test_a_picture_without_a_recipe(tmp_path: Path) -> None:
    for format_name in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        path = tmp_path / f"plain.{format_name.lower()}"
        Image.new("RGB", (4, 4)).save(path, format_name)
        assert read_recipe(path) is None
    assert read_recipe(b"") is None


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem, match="does not exist"):
        read_recipe(tmp_path / "gone.png")


def test_texts_behind_the_pixels_are_found() -> None:
    data = png({})
    end = data.rindex(b"IEND") - 4
    text = b"parameters\0" + A1111.encode("latin-1")
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    assert foreign(data[:end] + chunk + data[end:]).steps == 28


# -- samplers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [each for each in SAMPLERS if each != "Model default"])
def test_every_sampler_of_ours_is_recognised_by_its_own_name(name: str) -> None:
    assert map_sampler(name) == (name, True)


@pytest.mark.parametrize(
    ("name", "schedule", "expected"),
    [
        ("euler", "normal", ("Euler", True)),
        ("euler_ancestral", "", ("Euler a", True)),
        ("Euler A", "", ("Euler a", True)),
        ("dpmpp_sde_gpu", "karras", ("DPM++ SDE Karras", True)),
        ("dpmpp_2m_k", "", ("DPM++ 2M Karras", True)),
        ("k_dpmpp_2m", "", ("DPM++ 2M", True)),
        ("kdpm_2_a", "", ("DPM2 a", True)),
        ("uni_pc_bh2", "simple", ("UniPC", True)),
        ("pndm", "", ("PLMS", True)),
        ("ddim_v3", "", ("DDIM", True)),
        ("DPM++ 2M SDE Exponential", "", ("DPM++ 2M SDE", False)),
        ("euler", "karras", ("Euler", False)),
        ("dpmpp_3m_sde", "karras", ("", False)),
        ("DPM++ 2M SDE Heun", "", ("", False)),
        ("", "", ("", False)),
    ],
)
def test_names_of_other_programs(name: str, schedule: str, expected: tuple[str, bool]) -> None:
    assert map_sampler(name, schedule) == expected

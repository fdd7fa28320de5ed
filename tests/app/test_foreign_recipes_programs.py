"""InvokeAI, NovelAI, Fooocus, SwarmUI, Easy Diffusion and Draw Things.

The samples are written by hand after the formats; no file of anybody is copied.
"""

from __future__ import annotations

import json

from studio.app.foreign_recipes import ForeignLora
from tests.app.recipe_files import foreign, png, with_exif


def test_invokeai_since_4() -> None:
    metadata = {
        "app_version": "5.4.2",
        "generation_mode": "sdxl_txt2img",
        "positive_prompt": "a lighthouse",
        "negative_prompt": "fog",
        "width": 1216,
        "height": 832,
        "seed": 2718281828,
        "cfg_scale": 5.5,
        "steps": 30,
        "scheduler": "dpmpp_2m_sde_k",
        "clip_skip": 0,
        "model": {"key": "a1", "hash": "blake3:12", "name": "Juggernaut XL", "type": "main"},
        "loras": [{"model": {"name": "Add Detail", "type": "lora"}, "weight": 0.75}],
    }
    found = foreign(png({"invokeai_metadata": json.dumps(metadata), "invokeai_graph": "{}"}))
    assert (found.program, found.prompt, found.negative_prompt) == (
        "InvokeAI",
        "a lighthouse",
        "fog",
    )
    assert (found.sampler, found.model_name) == ("DPM++ 2M SDE Karras", "Juggernaut XL")
    assert found.loras == (ForeignLora(name="Add Detail", weight=0.75),)
    assert found.to_request_values()["clip_skip"] == 0


def test_invokeai_3() -> None:
    metadata = {
        "positive_prompt": "a boat",
        "seed": 5,
        "cfg_scale": 7,
        "steps": 10,
        "scheduler": "euler",
        "model": {"model_name": "stable-diffusion-v1-5", "base_model": "sd-1"},
        "loras": [{"lora": {"model_name": "inks", "base_model": "sd-1"}, "weight": 1}],
    }
    found = foreign(png({"invokeai_metadata": json.dumps(metadata)}))
    assert (found.model_name, found.loras[0].name) == ("stable-diffusion-v1-5", "inks")


def test_invokeai_2_and_its_command_line() -> None:
    metadata = {
        "model": "stable diffusion",
        "model_weights": "stable-diffusion-1.5",
        "model_hash": "cc6cb27103417325",
        "image": {
            "prompt": [{"prompt": "a castle [ugly, flat]", "weight": 1.0}],
            "steps": 50,
            "cfg_scale": 7.5,
            "width": 512,
            "height": 448,
            "seed": 77,
            "sampler": "k_dpm_2_a",
            "type": "txt2img",
        },
    }
    dream = '"a castle [ugly, flat]" -s 50 -S 77 -W 512 -H 448 -C 7.5 -A k_dpm_2_a'
    for texts in ({"sd-metadata": json.dumps(metadata), "Dream": dream}, {"Dream": dream}):
        found = foreign(png(texts))
        assert (found.prompt, found.negative_prompt) == ("a castle", "ugly, flat")
        assert (found.seed, found.steps, found.width, found.height) == (77, 50, 512, 448)
        assert (found.guidance_scale, found.sampler) == (7.5, "DPM2 a")


def test_invokeai_dream_without_spaces_in_its_flags() -> None:
    found = foreign(png({"Dream": '"a hill" -s50 -S8 -W512 -H512 -C7.5 -Aplms'}))
    assert (found.steps, found.seed, found.sampler) == (50, 8, "PLMS")


def test_novelai() -> None:
    comment = {
        "prompt": "1girl, cathedral",
        "steps": 28,
        "height": 1216,
        "width": 832,
        "scale": 5.0,
        "uc": "lowres",
        "seed": 1234567890,
        "sampler": "k_euler_ancestral",
        "noise_schedule": "native",
    }
    texts = {
        "Title": "AI generated image",
        "Description": "1girl, cathedral",
        "Software": "NovelAI",
        "Source": "Stable Diffusion XL C1E1DE52",
        "Comment": json.dumps(comment),
    }
    found = foreign(png(texts))
    assert (found.program, found.prompt, found.negative_prompt) == (
        "NovelAI",
        "1girl, cathedral",
        "lowres",
    )
    assert (found.sampler, found.guidance_scale, found.width) == ("Euler a", 5.0, 832)


FOOOCUS = {
    "adm_guidance": "(1.5, 0.8, 0.3)",
    "base_model": "juggernautXL_v8Rundiffusion",
    "base_model_hash": "aeb7e9e689",
    "full_prompt": ["cinematic still a cat", "photo"],
    "guidance_scale": 4,
    "loras": [["offset_example", 0.1, "4852686128"]],
    "negative_prompt": "blur",
    "prompt": "a cat",
    "resolution": "(1152, 896)",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "8439058209384",
    "steps": 30,
    "version": "Fooocus v2.5.5",
}


def test_fooocus_in_png_and_jpeg() -> None:
    text = json.dumps(FOOOCUS)
    for data in (
        png({"parameters": text, "fooocus_scheme": "fooocus"}),
        with_exif("JPEG", {0x9286: text, 0x0131: "Fooocus v2.5.5", 0x927C: "fooocus"}, {}),
    ):
        found = foreign(data)
        assert (found.program, found.prompt) == ("Fooocus", "a cat")
        assert (found.width, found.height, found.steps) == (1152, 896, 30)
        assert found.sampler == "DPM++ 2M SDE Karras"
        assert found.loras == (ForeignLora(name="offset_example", weight=0.1),)


def test_fooocus_in_the_text_format() -> None:
    text = (
        "a cat\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 5, Size: 1152x896, CFG scale: 4, "
        'Model: juggernautXL, Lora hashes: "offset: 48526", Lora weights: "offset: 0.1", '
        "Version: Fooocus v2.5.5"
    )
    found = foreign(png({"parameters": text, "fooocus_scheme": "a1111"}))
    assert (found.program, found.loras) == ("Fooocus", (ForeignLora(name="offset", weight=0.1),))


def test_swarmui() -> None:
    metadata = {
        "sui_image_params": {
            "prompt": "a tower",
            "negativeprompt": "people",
            "model": "OfficialStableDiffusion/sd_xl_base_1.0",
            "seed": 123,
            "steps": 20,
            "cfgscale": 7.0,
            "width": 1024,
            "height": 768,
            "sampler": "euler",
            "scheduler": "normal",
            "loras": ["pixel-art"],
            "loraweights": ["0.9"],
            "swarm_version": "0.9.5.0",
        }
    }
    found = foreign(png({"parameters": json.dumps(metadata, indent=2)}))
    assert (found.program, found.model_name) == ("SwarmUI", "sd_xl_base_1.0")
    assert found.loras == (ForeignLora(name="pixel-art", weight=0.9),)


def test_easy_diffusion() -> None:
    texts = {
        "prompt": "a garden",
        "negative_prompt": "snow",
        "seed": "41",
        "num_inference_steps": "25",
        "guidance_scale": "7.5",
        "width": "512",
        "height": "512",
        "sampler_name": "euler_a",
        "use_stable_diffusion_model": "C:\\models\\sd-v1-5.ckpt",
    }
    for data in (
        png(texts),
        with_exif("JPEG", {}, {0x9286: b"ASCII\0\0\0" + json.dumps(texts).encode()}),
    ):
        found = foreign(data)
        assert (found.program, found.sampler, found.steps) == ("Easy Diffusion", "Euler a", 25)
        assert (found.model_name, found.negative_prompt) == ("sd-v1-5", "snow")


def test_draw_things_in_xmp() -> None:
    comment = json.dumps(
        {
            "c": 'a "red" kite & sky',
            "uc": "rain",
            "model": "sd_v1.5_f16.ckpt",
            "sampler": "DPM++ 2M Karras",
            "scale": 7,
            "seed": 17,
            "size": "512x576",
            "steps": 24,
            "lora": [{"model": "kite_lora_f16.ckpt", "weight": 0.5}],
        }
    )
    escaped = comment.replace("&", "&amp;").replace('"', "&quot;")
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description>'
        f'<exif:UserComment><rdf:Alt><rdf:li xml:lang="x-default">{escaped}</rdf:li></rdf:Alt>'
        "</exif:UserComment></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    found = foreign(png({"XML:com.adobe.xmp": packet}, international=True))
    assert (found.program, found.prompt) == ("Draw Things", 'a "red" kite & sky')
    assert (found.height, found.sampler) == (576, "DPM++ 2M Karras")
    assert found.loras == (ForeignLora(name="kite_lora_f16", weight=0.5),)

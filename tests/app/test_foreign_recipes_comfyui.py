"""ComfyUI graphs, executed and drawn: the first sampler's settings and texts are found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from studio.app.foreign_recipes import ForeignRecipe
from tests.app.recipe_files import foreign, png, with_exif


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": kind}}


def basic_graph(**changes: Any) -> dict[str, Any]:
    return {
        "3": node(
            "KSampler",
            seed=156680208,
            steps=20,
            cfg=8.0,
            sampler_name="dpmpp_2m",
            scheduler="karras",
            denoise=1.0,
            model=["4", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["5", 0],
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="sd15\\dreamshaper_8.safetensors"),
        "5": node("EmptyLatentImage", width=512, height=768, batch_size=1),
        "6": node("CLIPTextEncode", text="a glass bottle with a galaxy", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="text, watermark", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
    } | changes


def comfy(graph: dict[str, Any]) -> ForeignRecipe:
    return foreign(png({"prompt": json.dumps(graph)}))


def test_comfyui_basic_graph() -> None:
    found = comfy(basic_graph())
    assert found.program == "ComfyUI"
    assert found.prompt == "a glass bottle with a galaxy"
    assert found.negative_prompt == "text, watermark"
    assert (found.seed, found.steps, found.guidance_scale) == (156680208, 20, 8.0)
    assert (found.width, found.height) == (512, 768)
    assert (found.sampler, found.sampler_raw) == ("DPM++ 2M Karras", "dpmpp_2m karras")
    assert found.model_name == "dreamshaper_8"


def test_comfyui_loras_stand_in_the_order_of_loading() -> None:
    graph = basic_graph(
        **{
            "10": node(
                "LoraLoader", lora_name="first.safetensors", strength_model=0.7, model=["4", 0]
            ),
            "11": node("LoraLoaderModelOnly", lora_name="b/second.safetensors", strength_model=1.2),
        }
    )
    graph["11"]["inputs"]["model"] = ["10", 0]
    graph["3"]["inputs"]["model"] = ["11", 0]
    found = comfy(graph)
    assert [(lora.name, lora.weight) for lora in found.loras] == [("first", 0.7), ("second", 1.2)]
    assert found.model_name == "dreamshaper_8"


def test_comfyui_texts_from_combined_joined_and_linked_nodes() -> None:
    graph = basic_graph(
        **{
            "20": node("PrimitiveStringMultiline", value="a fox"),
            "21": node("StringConcatenate", string_a=["20", 0], string_b="in snow", delimiter=", "),
            "22": node("CLIPTextEncode", text=["21", 0], clip=["4", 1]),
            "23": node("CLIPTextEncode", text="golden hour", clip=["4", 1]),
            "24": node("ConditioningCombine", conditioning_1=["22", 0], conditioning_2=["23", 0]),
            "25": node("ConditioningConcat", conditioning_to=["24", 0], conditioning_from=["6", 0]),
            "26": node(
                "ControlNetApplyAdvanced", positive=["25", 0], negative=["7", 0], strength=1.0
            ),
            "27": node("PrimitiveInt", value=31),
        }
    )
    graph["3"]["inputs"] |= {"positive": ["26", 0], "negative": ["26", 1], "steps": ["27", 0]}
    found = comfy(graph)
    assert found.prompt == "a fox, in snow, golden hour, a glass bottle with a galaxy"
    assert found.negative_prompt == "text, watermark"
    assert found.steps == 31


def test_comfyui_prompt_styler_gives_each_output_its_text() -> None:
    graph = basic_graph(
        **{"30": node("SDXLPromptStyler", text_positive="good", text_negative="bad", style="x")}
    )
    graph["6"]["inputs"]["text"] = ["30", 0]
    graph["7"]["inputs"]["text"] = ["30", 1]
    found = comfy(graph)
    assert (found.prompt, found.negative_prompt) == ("good", "bad")


def test_comfyui_sdxl_base_and_refiner_gives_the_base() -> None:
    graph = {
        "10": node(
            "KSamplerAdvanced",
            add_noise="enable",
            noise_seed=721897303308196,
            steps=25,
            cfg=8,
            sampler_name="euler",
            scheduler="normal",
            start_at_step=0,
            end_at_step=20,
            model=["4", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["5", 0],
        ),
        "2": node(
            "KSamplerAdvanced",
            add_noise="disable",
            noise_seed=0,
            steps=99,
            cfg=3,
            sampler_name="heun",
            scheduler="normal",
            model=["12", 0],
            positive=["15", 0],
            negative=["7", 0],
            latent_image=["10", 0],
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="sd_xl_base_1.0.safetensors"),
        "12": node("CheckpointLoaderSimple", ckpt_name="sd_xl_refiner_1.0.safetensors"),
        "5": node("EmptyLatentImage", width=1024, height=1024, batch_size=1),
        "6": node(
            "CLIPTextEncodeSDXL", text_g="sunset", text_l="sunset", clip=["4", 1], width=4096
        ),
        "7": node("CLIPTextEncode", text="ugly", clip=["4", 1]),
        "15": node("CLIPTextEncodeSDXLRefiner", text="other", clip=["12", 1], ascore=6.0),
        "17": node("VAEDecode", samples=["2", 0], vae=["12", 2]),
        "19": node("SaveImage", images=["17", 0]),
    }
    found = comfy(graph)
    assert (found.model_name, found.prompt, found.steps) == ("sd_xl_base_1.0", "sunset", 25)
    assert (found.seed, found.sampler, found.width) == (721897303308196, "Euler", 1024)
    assert "seed" not in found.to_request_values()


def test_comfyui_second_pass_does_not_hide_the_first() -> None:
    graph = basic_graph(
        **{
            "30": node("LatentUpscale", width=1024, height=1536, samples=["3", 0]),
            "31": node(
                "KSampler", seed=1, steps=14, cfg=8, sampler_name="heun", scheduler="simple"
            ),
        }
    )
    graph["31"]["inputs"] |= {
        "model": ["4", 0],
        "positive": ["6", 0],
        "negative": ["7", 0],
        "latent_image": ["30", 0],
    }
    graph["8"]["inputs"]["samples"] = ["31", 0]
    found = comfy(graph)
    assert (found.steps, found.width, found.height) == (20, 512, 768)


def test_comfyui_flux_with_a_custom_sampler() -> None:
    graph = {
        "13": node(
            "SamplerCustomAdvanced",
            noise=["25", 0],
            guider=["22", 0],
            sampler=["16", 0],
            sigmas=["17", 0],
            latent_image=["27", 0],
        ),
        "25": node("RandomNoise", noise_seed=219670278),
        "22": node("BasicGuider", model=["30", 0], conditioning=["26", 0]),
        "26": node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
        "6": node("CLIPTextEncode", text="anime girl holding a sign", clip=["11", 0]),
        "11": node("DualCLIPLoader", clip_name1="t5xxl.safetensors", clip_name2="clip_l"),
        "16": node("KSamplerSelect", sampler_name="euler"),
        "17": node("BasicScheduler", scheduler="simple", steps=20, denoise=1.0, model=["30", 0]),
        "27": node("EmptySD3LatentImage", width=["34", 0], height=["35", 0], batch_size=1),
        "30": node("ModelSamplingFlux", max_shift=1.15, width=64, height=64, model=["12", 0]),
        "12": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "34": node("PrimitiveInt", value=1152),
        "35": node("PrimitiveInt", value=896),
        "8": node("VAEDecode", samples=["13", 0]),
        "9": node("SaveImage", images=["8", 0]),
    }
    found = comfy(graph)
    assert found.prompt == "anime girl holding a sign"
    assert found.negative_prompt == ""
    assert (found.seed, found.steps, found.guidance_scale) == (219670278, 20, 3.5)
    assert (found.width, found.height, found.model_name) == (1152, 896, "flux1-dev")
    assert (found.sampler, found.sampler_raw) == ("Euler", "euler simple")


def test_comfyui_zeroed_negative_is_empty() -> None:
    graph = basic_graph(**{"40": node("ConditioningZeroOut", conditioning=["6", 0])})
    graph["3"]["inputs"]["negative"] = ["40", 0]
    assert comfy(graph).negative_prompt == ""


def test_comfyui_cfg_guider_and_sampler_nodes_named_after_samplers() -> None:
    graph = basic_graph(
        **{
            "3": node(
                "SamplerCustomAdvanced",
                noise=["50", 0],
                guider=["51", 0],
                sampler=["52", 0],
                sigmas=["53", 0],
                latent_image=["5", 0],
            ),
            "50": node("RandomNoise", noise_seed=11),
            "51": node("CFGGuider", cfg=5.5, model=["4", 0], positive=["6", 0], negative=["7", 0]),
            "52": node("SamplerDPMPP_2M_SDE", solver_type="midpoint", eta=1.0),
            "53": node("SplitSigmas", step=4, sigmas=["54", 0]),
            "54": node("KarrasScheduler", steps=18, sigma_max=14.6),
        }
    )
    found = comfy(graph)
    assert (found.seed, found.steps, found.guidance_scale) == (11, 18, 5.5)
    assert (found.sampler, found.prompt) == ("DPM++ 2M SDE", "a glass bottle with a galaxy")


def test_comfyui_nan_in_the_json_is_no_obstacle() -> None:
    text = json.dumps(basic_graph(**{"60": node("Note", is_changed=float("nan"))}))
    assert "NaN" in text
    assert foreign(png({"prompt": text})).steps == 20


WORKFLOW = {
    "last_node_id": 12,
    "nodes": [
        {
            "id": 3,
            "type": "KSampler",
            "mode": 0,
            "inputs": [
                {"name": "model", "type": "MODEL", "link": 1},
                {"name": "positive", "type": "CONDITIONING", "link": 4},
                {"name": "negative", "type": "CONDITIONING", "link": 6},
                {"name": "latent_image", "type": "LATENT", "link": 2},
                {"name": "seed", "type": "INT", "widget": {"name": "seed"}, "link": 20},
            ],
            "widgets_values": [1, "randomize", 22, 7.5, "euler_ancestral", "normal", 1],
        },
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["epicrealism.safetensors"]},
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [640, 384, 1]},
        {
            "id": 6,
            "type": "CLIPTextEncode",
            "inputs": [{"name": "clip", "type": "CLIP", "link": 5}],
            "widgets_values": ["a misty valley"],
        },
        {"id": 7, "type": "CLIPTextEncode", "inputs": [], "widgets_values": ["people"]},
        {"id": 11, "type": "Reroute", "inputs": [{"name": "", "type": "*", "link": 8}]},
        {"id": 12, "type": "PrimitiveNode", "widgets_values": [4242, "fixed"]},
        {"id": 13, "type": "KSampler", "mode": 2, "inputs": [], "widgets_values": [9, "", 1, 1]},
    ],
    "links": [
        [1, 4, 0, 3, 0, "MODEL"],
        [2, 5, 0, 3, 3, "LATENT"],
        [4, 11, 0, 3, 1, "CONDITIONING"],
        [5, 4, 1, 6, 0, "CLIP"],
        [6, 7, 0, 3, 2, "CONDITIONING"],
        [8, 6, 0, 11, 0, "*"],
        {"id": 20, "origin_id": 12, "origin_slot": 0, "target_id": 3, "type": "INT"},
    ],
    "version": 0.4,
}


def test_comfyui_workflow_alone() -> None:
    found = foreign(png({"workflow": json.dumps(WORKFLOW)}))
    assert (found.prompt, found.negative_prompt) == ("a misty valley", "people")
    assert (found.seed, found.steps, found.guidance_scale) == (4242, 22, 7.5)
    assert (found.sampler, found.model_name) == ("Euler a", "epicrealism")
    assert (found.width, found.height) == (640, 384)


@pytest.mark.parametrize("format_name", ["WEBP", "JPEG"])
def test_comfyui_in_exif_tags(format_name: str) -> None:
    tags = {0x0110: f"prompt:{json.dumps(basic_graph())}", 0x010F: f"workflow:{json.dumps({})}"}
    assert foreign(with_exif(format_name, tags, {})).model_name == "dreamshaper_8"

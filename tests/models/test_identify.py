"""Models are recognised by what their files hold, and damage is named by the file it is in."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.core.errors import DamagedModel, NotAMatch, UntrustedModel
from studio.models.identify import identify
from studio.models.installed import InstalledModel

if TYPE_CHECKING:
    from conftest import ModelMaker

PICTURE_TASKS = ("text_to_image", "image_to_image", "inpaint", "uncrop", "colorize")

# Weights that a run loads, as published: number of values of each component.
CLIP_L, CLIP_H, CLIP_G, VAE_4, VAE_16 = (
    123_060_480,
    340_387_840,
    694_659_840,
    83_653_863,
    83_819_683,
)
T5 = 4_762_310_656
UNETS = {
    "sd1": 859_520_964,
    "sd2": 865_910_724,
    "sdxl": 2_567_463_684,
    "sdxl_refiner": 2_259_526_660,
}


def counts(model: InstalledModel) -> dict[str, int]:
    return {component.name: component.parameters for component in model.components}


# -- diffusers folders -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "expected", "size", "steps", "guidance"),
    [
        ("sd1", {"text_encoder": CLIP_L, "unet": UNETS["sd1"], "vae": VAE_4}, 512, 25, 7.5),
        ("sd2", {"text_encoder": CLIP_H, "unet": UNETS["sd2"], "vae": VAE_4}, 768, 25, 7.5),
        (
            "sdxl",
            {
                "text_encoder": CLIP_L,
                "text_encoder_2": CLIP_G,
                "unet": UNETS["sdxl"],
                "vae": VAE_4,
            },
            1024,
            30,
            6.0,
        ),
        (
            "sd3",
            {
                "text_encoder": 123_650_304,
                "text_encoder_2": CLIP_G,
                "text_encoder_3": T5,
                # 2.24 B weights and the table of positions that is stored with them.
                "transformer": 2_243_171_520 + 226_492_416,
                "vae": VAE_16,
            },
            1024,
            28,
            5.0,
        ),
        (
            "flux",
            {
                "text_encoder": CLIP_L,
                "text_encoder_2": T5,
                "transformer": 11_891_178_560,
                "vae": VAE_16,
            },
            1024,
            4,
            0.0,
        ),
    ],
)
def test_a_published_pipeline_is_recognised_with_its_exact_weights(
    published: dict[str, InstalledModel],
    family: str,
    expected: dict[str, int],
    size: int,
    steps: int,
    guidance: float,
) -> None:
    model = published[family]
    assert model.family == family
    assert model.layout == "diffusers"
    assert counts(model) == expected
    assert model.tasks == PICTURE_TASKS
    assert model.defaults.width == model.defaults.height == size
    assert (model.defaults.steps, model.defaults.guidance_scale) == (steps, guidance)
    assert {component.stored_data_type for component in model.components} == {"float16"}


def test_the_refiner_is_told_from_the_base_and_makes_no_picture_alone(
    published: dict[str, InstalledModel],
) -> None:
    refiner = published["sdxl_refiner"]
    assert refiner.family == "sdxl_refiner"
    assert refiner.tasks == ("image_to_image",)
    assert counts(refiner) == {
        "text_encoder_2": CLIP_G,
        "unet": UNETS["sdxl_refiner"],
        "vae": VAE_4,
    }


def test_a_missing_component_file_is_named(maker: ModelMaker, tmp_path: Path) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    for name in (
        "unet/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "vae/config.json",
        "scheduler/scheduler_config.json",
    ):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        with pytest.raises(DamagedModel, match=f"{name} is missing"):
            identify(folder)
        (folder / name).write_bytes(kept)
    assert identify(folder).family == "sd1"
    shutil.rmtree(folder / "tokenizer")
    with pytest.raises(DamagedModel, match=r"tokenizer/tokenizer\.json is missing"):
        identify(folder)


def test_a_truncated_component_is_named(maker: ModelMaker, tmp_path: Path) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    path = folder / "vae" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedModel, match=r"diffusion_pytorch_model\.safetensors.*100 bytes"):
        identify(folder)


def test_weights_that_are_only_there_as_a_pickle_are_refused_with_the_reason(
    maker: ModelMaker, tmp_path: Path
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(pickle.dumps([1]))
    with pytest.raises(UntrustedModel, match=r"unet only as diffusion_pytorch_model\.bin"):
        identify(folder)


def test_a_pickle_under_the_name_of_safetensors_inside_a_folder_is_refused(
    maker: ModelMaker, tmp_path: Path
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(pickle.dumps([1]))
    with pytest.raises(UntrustedModel, match="is a pickle"):
        identify(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"_class_name": ["my_pipeline", "MyPipeline"]},
        {"unet": ["../../evil", "UNet2DConditionModel"]},
        {"unet": ["os.path", "UNet2DConditionModel"]},
        {"unet": ["mine", "UNet2DConditionModel"]},
    ],
)
def test_a_model_that_brings_its_own_code_is_refused(
    maker: ModelMaker, tmp_path: Path, change: dict[str, object]
) -> None:
    folder = maker.small_pipeline(tmp_path / "model")
    (folder / "unet" / "mine.py").write_text("raise SystemExit('ran')")
    index = json.loads((folder / "model_index.json").read_text())
    maker.json(folder / "model_index.json", index | change)
    with pytest.raises(UntrustedModel, match="own program code"):
        identify(folder)


def test_half_precision_files_beside_the_full_ones_are_preferred_and_both_are_known(
    maker: ModelMaker, tmp_path: Path
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    full = identify(folder)
    assert (full.variant, full.variants) == ("", ("",))
    maker.checkpoint(
        folder / "unet" / "diffusion_pytorch_model.fp16.safetensors",
        {"conv_in.weight": [32, 4, 3, 3], "conv_in.bias": [32]},
    )
    both = identify(folder)
    assert (both.variant, both.variants) == ("fp16", ("fp16", ""))
    assert both.size_on_disk > full.size_on_disk
    assert both.revision != full.revision


def test_only_the_half_precision_files_suffice(maker: ModelMaker, tmp_path: Path) -> None:
    model = identify(maker.pipeline(tmp_path / "xl", "sdxl", variant="fp16"))
    assert (model.variant, model.variants) == ("fp16", ("fp16",))


def test_half_a_download_of_each_variant_is_said(maker: ModelMaker, tmp_path: Path) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    unet = folder / "unet" / "diffusion_pytorch_model.safetensors"
    unet.rename(unet.with_name("diffusion_pytorch_model.fp16.safetensors"))
    vae = folder / "vae" / "diffusion_pytorch_model.safetensors"
    vae.rename(vae.with_name("diffusion_pytorch_model.bf16.safetensors"))
    with pytest.raises(DamagedModel, match="unet is only there as fp16"):
        identify(folder)


def test_a_cut_up_component_is_counted_over_all_its_files(
    maker: ModelMaker, tmp_path: Path
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    whole = identify(folder)
    unet = folder / "unet"
    (unet / "diffusion_pytorch_model.safetensors").unlink()
    names = [f"diffusion_pytorch_model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    maker.checkpoint(unet / names[0], {"conv_in.weight": [32, 4, 3, 3]})
    maker.checkpoint(unet / names[1], {"conv_in.bias": [32]})
    index = {"weight_map": {"conv_in.weight": names[0], "conv_in.bias": names[1]}}
    maker.json(unet / "diffusion_pytorch_model.safetensors.index.json", index)
    assert counts(identify(folder)) == counts(whole)

    (unet / names[1]).unlink()
    with pytest.raises(DamagedModel, match=f"{names[1]} is missing"):
        identify(folder)
    maker.checkpoint(unet / names[1], {"other": [32]})
    with pytest.raises(DamagedModel, match=r"'conv_in\.bias'"):
        identify(folder)


@pytest.mark.parametrize(
    "name", ["../../outside.safetensors", "/etc/passwd", "..\\x", "C:x", "a/../../../b", "\0", ""]
)
def test_an_index_cannot_lead_out_of_the_folder(
    maker: ModelMaker, tmp_path: Path, name: str
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    maker.checkpoint(tmp_path / "outside.safetensors", {"conv_in.weight": [32, 4, 3, 3]})
    unet = folder / "unet"
    (unet / "diffusion_pytorch_model.safetensors").unlink()
    maker.json(
        unet / "diffusion_pytorch_model.safetensors.index.json",
        {"weight_map": {"conv_in.weight": name}},
    )
    with pytest.raises((UntrustedModel, DamagedModel)):
        identify(folder)


def test_a_link_out_of_the_folder_is_refused(maker: ModelMaker, tmp_path: Path) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    unet = folder / "unet" / "diffusion_pytorch_model.safetensors"
    outside = unet.rename(tmp_path / "elsewhere.safetensors")
    unet.symlink_to(outside)
    with pytest.raises(UntrustedModel, match="outside its own folder"):
        identify(folder)


def test_links_of_the_hugging_face_cache_into_its_blobs_are_followed(
    maker: ModelMaker, tmp_path: Path
) -> None:
    repository = tmp_path / "models--somebody--small"
    snapshot = maker.small_pipeline(repository / "snapshots" / "abc123")
    blobs = repository / "blobs"
    blobs.mkdir()
    for number, path in enumerate(p for p in snapshot.rglob("*") if p.is_file()):
        path.rename(blobs / str(number))
        path.symlink_to(
            f"../../../blobs/{number}" if path.parent != snapshot else f"../../blobs/{number}"
        )
    assert identify(snapshot).family == "sd1"
    (snapshot / "unet" / "diffusion_pytorch_model.safetensors").resolve().unlink()
    with pytest.raises(DamagedModel, match=r"diffusion_pytorch_model\.safetensors is missing"):
        identify(snapshot)


def test_what_the_makers_say_of_a_model_is_shown(maker: ModelMaker, tmp_path: Path) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    (folder / "README.md").write_text("---\nlicense: apache-2.0\ntags: [x]\n---\n# Mine\n")
    maker.json(
        folder / "atelier.json",
        {"title": "Meadow", "summary": "Draws meadows.", "default": {"width": 128, "steps": 20}},
    )
    model = identify(folder)
    assert (model.title, model.summary) == ("Meadow", "Draws meadows.")
    assert model.licence == "Apache 2.0; commercial use allowed"
    assert (model.defaults.width, model.defaults.height, model.defaults.steps) == (128, 128, 20)


@pytest.mark.parametrize("default", [{"width": 100}, {"steps": 0}, {"heigth": 64, "steps": "x"}])
def test_a_wrong_default_is_said_and_not_taken(
    maker: ModelMaker, tmp_path: Path, default: dict[str, object]
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    maker.json(folder / "atelier.json", {"default": default})
    with pytest.raises(DamagedModel, match="wrong default"):
        identify(folder)


def test_the_native_size_comes_from_the_configuration(maker: ModelMaker, tmp_path: Path) -> None:
    # 16 latent pixels a side, 4 levels in the VAE: 16 x 8 px.
    model = identify(maker.small_pipeline(tmp_path / "mine"))
    assert (model.defaults.width, model.defaults.height) == (128, 128)


def test_the_safety_checker_is_neither_needed_nor_counted(
    maker: ModelMaker, tmp_path: Path
) -> None:
    folder = maker.small_pipeline(tmp_path / "mine")
    index = json.loads((folder / "model_index.json").read_text())
    index["safety_checker"] = ["stable_diffusion", "StableDiffusionSafetyChecker"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    maker.json(folder / "model_index.json", index)
    assert set(counts(identify(folder))) == {"text_encoder", "unet", "vae"}


def test_the_revision_follows_the_content_and_not_the_place(
    maker: ModelMaker, tmp_path: Path
) -> None:
    folder = maker.small_pipeline(tmp_path / "one")
    first = identify(folder)
    moved = Path(shutil.copytree(folder, tmp_path / "two"))
    assert identify(moved).revision == first.revision
    maker.json(moved / "scheduler" / "scheduler_config.json", {"beta_start": 0.1})
    assert identify(moved).revision != first.revision


def test_a_folder_that_is_no_model_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(NotAMatch, match="not a model folder"):
        identify(tmp_path)


@pytest.mark.parametrize(
    ("class_name", "family", "tasks"),
    [
        ("QwenImagePipeline", "qwen_image", PICTURE_TASKS),
        ("ZImagePipeline", "z_image", PICTURE_TASKS),
        ("SanaPipeline", "sana", ("text_to_image",)),
        ("Flux2Pipeline", "other_diffusers", ("text_to_image",)),
        ("StableDiffusionXLInpaintPipeline", "sdxl", PICTURE_TASKS),
        ("StableVideoDiffusionPipeline", "other_diffusers", ("image_to_video",)),
        ("StableDiffusionXLPAGImg2ImgPipeline", "sdxl", PICTURE_TASKS),
        # Words alone do not suffice for these.
        ("StableDiffusionControlNetPipeline", "sd1", ()),
        ("StableDiffusionImageVariationPipeline", "sd1", ()),
        ("QwenImageEditPipeline", "qwen_image", ()),
        ("SomethingNewPipeline", "other_diffusers", ()),
    ],
)
def test_other_pipelines_are_labelled(
    maker: ModelMaker, tmp_path: Path, class_name: str, family: str, tasks: tuple[str, ...]
) -> None:
    folder = tmp_path / "model"
    maker.json(folder / "scheduler" / "scheduler_config.json", {})
    maker.json(folder / "transformer" / "config.json", {"in_channels": 16})
    maker.checkpoint(
        folder / "transformer" / "diffusion_pytorch_model.safetensors", {"proj_out.weight": [4, 4]}
    )
    maker.json(
        folder / "model_index.json",
        {
            "_class_name": class_name,
            "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
            "transformer": ["diffusers", "SomeTransformer2DModel"],
        },
    )
    model = identify(folder)
    assert (model.family, model.pipeline_class) == (family, class_name)
    assert model.tasks == tasks


# -- single files ----------------------------------------------------------------------------------


SINGLE_FILES = {
    "sd1": {
        "original_unet_sd1": "",
        "original_vae_4": "",
        "clip_l": "cond_stage_model.transformer.",
    },
    "sd2": {
        "original_unet_sd2": "",
        "original_vae_4": "",
        "open_clip_h": "cond_stage_model.model.",
    },
    "sdxl": {
        "original_unet_sdxl": "",
        "original_vae_4": "",
        "clip_l": "conditioner.embedders.0.transformer.",
        "open_clip_g": "conditioner.embedders.1.model.",
    },
    "sdxl_refiner": {
        "original_unet_sdxl_refiner": "",
        "original_vae_4": "",
        "open_clip_g": "conditioner.embedders.0.model.",
    },
    "flux": {
        "original_flux_schnell": "model.diffusion_model.",
        "clip_l": "text_encoders.clip_l.transformer.",
        "t5_xxl": "text_encoders.t5xxl.transformer.",
        "vae_16": "vae.",
    },
}


@pytest.mark.parametrize("family", SINGLE_FILES)
def test_a_single_checkpoint_loads_the_same_weights_as_the_folder(
    maker: ModelMaker, published: dict[str, InstalledModel], tmp_path: Path, family: str
) -> None:
    layout = maker.layout(**SINGLE_FILES[family])
    # What trainers leave in checkpoints is not loaded, so not counted.
    layout |= {"model_ema.diffusion_modelinput_blocks00weight": [320, 4, 3, 3], "betas": [1000]}
    model = identify(maker.checkpoint(tmp_path / "a" / "some_name.safetensors", layout))
    assert (model.family, model.layout) == (family, "single_file")
    assert counts(model) == counts(published[family])
    assert model.tasks == published[family].tasks
    assert model.working_memory.values_per_token == pytest.approx(
        published[family].working_memory.values_per_token
    )
    assert (
        model.working_memory.decode_values_per_pixel
        == published[family].working_memory.decode_values_per_pixel
        == 768
    )
    assert model.defaults == published[family].defaults


def test_an_unnamed_ending_does_not_matter(maker: ModelMaker, tmp_path: Path) -> None:
    layout = maker.layout(**SINGLE_FILES["sdxl"])
    assert identify(maker.checkpoint(tmp_path / "weights.ckpt", layout)).family == "sdxl"


def test_an_inpainting_checkpoint_is_told_by_its_nine_channels(
    maker: ModelMaker, tmp_path: Path
) -> None:
    layout = maker.layout(**SINGLE_FILES["sd1"])
    layout["model.diffusion_model.input_blocks.0.0.weight"] = [320, 9, 3, 3]
    model = identify(maker.checkpoint(tmp_path / "x.safetensors", layout))
    assert (model.family, model.kind, model.tasks) == ("sd1", "inpaint", ("inpaint", "uncrop"))


@pytest.mark.parametrize("family", ["sd1", "sdxl", "flux"])
def test_a_denoiser_alone_is_recognised_but_makes_no_picture(
    maker: ModelMaker, tmp_path: Path, family: str
) -> None:
    name = next(iter(SINGLE_FILES[family]))
    path = maker.checkpoint(tmp_path / "x.safetensors", maker.layouts[name])
    model = identify(path)
    assert (model.family, model.tasks, model.kind) == (family, (), "denoiser")
    assert "without" in model.summary


@pytest.mark.parametrize(
    ("name", "steps", "guidance"),
    [
        ("sd_xl_turbo_1.0", 4, 0.0),
        ("sdxl_lightning_8step", 8, 0.0),
        ("dreamshaperXL_lightning", 4, 0.0),
        ("LCM_Dreamshaper", 6, 1.0),
        ("turbofan_photos", 30, 6.0),
        ("juggernautXL", 30, 6.0),
    ],
)
def test_distilled_models_are_told_by_name(
    maker: ModelMaker, tmp_path: Path, name: str, steps: int, guidance: float
) -> None:
    layout = maker.layout(**SINGLE_FILES["sdxl"])
    model = identify(maker.checkpoint(tmp_path / f"{name}.safetensors", layout))
    assert (model.defaults.steps, model.defaults.guidance_scale) == (steps, guidance)


def test_flux_dev_is_told_from_schnell_by_its_guidance_layers(
    maker: ModelMaker, tmp_path: Path
) -> None:
    dev = identify(maker.checkpoint(tmp_path / "a.safetensors", maker.layouts["original_flux_dev"]))
    schnell = identify(
        maker.checkpoint(tmp_path / "b.safetensors", maker.layouts["original_flux_schnell"])
    )
    assert (dev.defaults.steps, dev.defaults.guidance_scale) == (28, 3.5)
    assert (schnell.defaults.steps, schnell.defaults.guidance_scale) == (4, 0.0)


def test_stable_diffusion_3_in_one_file_is_recognised(maker: ModelMaker, tmp_path: Path) -> None:
    denoiser = {
        "x_embedder.proj.weight": [1536, 16, 2, 2],
        "joint_blocks.0.context_block.adaLN_modulation.1.bias": [9216],
        "joint_blocks.0.context_block.attn.qkv.weight": [4608, 1536],
    }
    wrapped = {f"model.diffusion_model.{key}": shape for key, shape in denoiser.items()}
    alone = identify(maker.checkpoint(tmp_path / "a.safetensors", wrapped))
    assert (alone.family, alone.tasks, alone.kind) == ("sd3", (), "denoiser")
    bundle = wrapped | maker.layout(
        clip_l_projection="text_encoders.clip_l.transformer.",
        clip_g="text_encoders.clip_g.transformer.",
        vae_16="first_stage_model.",
    )
    model = identify(maker.checkpoint(tmp_path / "b.safetensors", bundle))
    assert (model.family, model.tasks) == ("sd3", PICTURE_TASKS)
    assert model.working_memory.pixels_per_token == 16


ATTENTION = "down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"


@pytest.mark.parametrize(
    ("layout", "kind", "family"),
    [
        (
            {
                f"lora_unet_{ATTENTION}.lora_down.weight": [16, 768],
                f"lora_unet_{ATTENTION}.lora_up.weight": [640, 16],
                f"lora_unet_{ATTENTION}.alpha": [],
            },
            "kohya LoRA",
            "sd1",
        ),
        (
            {
                "lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": [8, 1280],
                f"lora_unet_{ATTENTION}.lora_down.weight": [8, 2048],
            },
            "kohya LoRA",
            "sdxl",
        ),
        (
            {
                "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.lora_A.weight": [
                    4,
                    1024,
                ]
            },
            "PEFT LoRA",
            "sd2",
        ),
        (
            {
                "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k.lora.down.weight": [
                    4,
                    768,
                ]
            },
            "diffusers LoRA",
            "sd1",
        ),
        (
            {"transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight": [16, 3072]},
            "PEFT LoRA",
            "flux",
        ),
        (
            {"transformer.transformer_blocks.0.attn.add_k_proj.lora_A.weight": [16, 1536]},
            "PEFT LoRA",
            "sd3",
        ),
        ({f"lora_unet_{ATTENTION}.hada_w1_a": [640, 8]}, "LoHa", ""),
        ({f"lora_unet_{ATTENTION}.lokr_w1": [8, 8]}, "LoKr", ""),
    ],
)
def test_loras_are_told_by_kind_and_family(
    maker: ModelMaker, tmp_path: Path, layout: dict[str, list[int]], kind: str, family: str
) -> None:
    model = identify(maker.checkpoint(tmp_path / "style.safetensors", layout))
    assert (model.family, model.kind, model.for_family) == ("lora", kind, family)
    assert model.tasks == ()


@pytest.mark.parametrize(
    ("layout", "prefix", "channels"),
    [("vae_4", "", 4), ("vae_16", "", 16), ("original_vae_4", "", 4)],
)
def test_a_vae_alone_is_recognised(
    maker: ModelMaker, tmp_path: Path, layout: str, prefix: str, channels: int
) -> None:
    model = identify(maker.checkpoint(tmp_path / "x.safetensors", maker.layouts[layout]))
    assert (model.family, model.kind) == ("vae", f"{channels} latent channels")


@pytest.mark.parametrize(
    ("layout", "family"),
    [
        (
            {
                "control_model.input_hint_block.0.weight": [16, 3, 3, 3],
                "control_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight": [640, 768],
            },
            "sd1",
        ),
        (
            {
                "controlnet_cond_embedding.conv_in.weight": [16, 3, 3, 3],
                "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": [640, 2048],
            },
            "sdxl",
        ),
    ],
)
def test_a_controlnet_is_recognised(
    maker: ModelMaker, tmp_path: Path, layout: dict[str, list[int]], family: str
) -> None:
    model = identify(maker.checkpoint(tmp_path / "x.safetensors", layout))
    assert (model.family, model.for_family) == ("controlnet", family)


def test_a_sound_file_of_no_known_kind_is_said_to_be_unknown(
    maker: ModelMaker, tmp_path: Path
) -> None:
    model = identify(maker.checkpoint(tmp_path / "x.safetensors", {"layer.weight": [3, 3]}))
    assert (model.family, model.tasks, model.parameters) == ("unknown", (), 9)


def test_the_title_written_into_a_file_is_shown(maker: ModelMaker, tmp_path: Path) -> None:
    metadata = {"modelspec.title": "Paper  Cut\nStyle", "modelspec.license": "MIT"}
    path = maker.checkpoint(tmp_path / "pc_v2.safetensors", {"a": [1]}, metadata=metadata)
    model = identify(path)
    assert (model.title, model.licence) == ("Paper Cut Style", "MIT; commercial use allowed")
    plain = identify(maker.checkpoint(tmp_path / "pc_v1.safetensors", {"a": [1]}))
    assert plain.title == "pc_v1"

"""Damaged, incomplete and unsafe models are refused with the file's name, before memory is used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from studio.api.requests import ModelRef, RefinerUse
from studio.core.errors import DamagedModel, InvalidRequest, ModelProblem, UntrustedModel
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import make_plan

UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def copy(models: Models, tmp_path: Path) -> Path:
    return Path(shutil.copytree(models.sd, tmp_path / "copy"))


@pytest.mark.parametrize(
    "name",
    [
        "model_index.json",
        UNET,
        "unet/config.json",
        "vae/diffusion_pytorch_model.safetensors",
        "text_encoder/model.safetensors",
        "tokenizer",
        "scheduler",
    ],
)
def test_a_missing_file_is_named(studio: Studio, copy: Path, name: str) -> None:
    path = copy / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    with pytest.raises(DamagedModel) as error:
        studio.run(copy)
    assert Path(name).name in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("keep", [0, 5, 200, -100])
def test_a_truncated_file_is_named(studio: Studio, copy: Path, keep: int) -> None:
    path = copy / UNET
    path.write_bytes(path.read_bytes()[: keep or None] if keep else b"")
    with pytest.raises(DamagedModel) as error:
        studio.run(copy)
    assert path.name in error.value.message


def test_bytes_that_are_no_safetensors(studio: Studio, copy: Path) -> None:
    (copy / UNET).write_bytes(b"\x10\0\0\0\0\0\0\0" + b"not json at all!" * 100)
    with pytest.raises(DamagedModel):
        studio.run(copy)


def test_a_tensor_that_is_missing_is_not_made_up(studio: Studio, copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    for name in (UNET, "text_encoder/model.safetensors"):
        path = copy / name
        tensors = load_file(path)
        whole = path.read_bytes()
        gone = sorted(tensors)[3]
        del tensors[gone]
        save_file(tensors, path, metadata={"format": "pt"})
        with pytest.raises(DamagedModel) as error:
            studio.run(copy)
        assert path.parent.name in error.value.message
        path.write_bytes(whole)


def test_a_tensor_of_the_wrong_shape(studio: Studio, copy: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(copy / UNET)
    tensors["conv_in.weight"] = tensors["conv_in.weight"][:, :2].contiguous()
    save_file(tensors, copy / UNET, metadata={"format": "pt"})
    with pytest.raises(DamagedModel) as error:
        studio.run(copy)
    assert "unet" in error.value.message


def test_pickles_are_not_opened(studio: Studio, copy: Path) -> None:
    (copy / UNET).rename(copy / "unet/diffusion_pytorch_model.bin")
    with pytest.raises(UntrustedModel) as error:
        studio.run(copy)
    assert "diffusion_pytorch_model.bin" in error.value.message


def test_a_single_file_that_is_a_pickle_is_not_opened(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    path.write_bytes(b"\x80\x04")
    with pytest.raises(UntrustedModel):
        studio.run(make_plan(path))


def test_a_truncated_single_file(studio: Studio, models: Models, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(models.single_file.read_bytes()[:-1000])
    shutil.copytree(models.single_file.with_suffix(""), path.with_suffix(""))
    with pytest.raises(DamagedModel) as error:
        studio.run(path)
    assert "truncated" in error.value.message


def test_a_single_file_of_something_else(studio: Studio, models: Models) -> None:
    with pytest.raises(ModelProblem) as error:
        studio.run(make_plan(models.lora))
    assert models.lora.name in error.value.message


def test_a_single_file_without_its_decoder(studio: Studio, models: Models, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(models.single_file)
    path = tmp_path / "model.safetensors"
    save_file({n: t for n, t in tensors.items() if "first_stage" not in n}, path)
    shutil.copytree(models.single_file.with_suffix(""), path.with_suffix(""))
    with pytest.raises(DamagedModel) as error:
        studio.run(path)
    assert "vae" in error.value.message


def test_code_that_comes_with_a_model_is_not_run(studio: Studio, copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    index["unet"] = ["my_unet", "MyUNet"]
    (copy / "model_index.json").write_text(json.dumps(index))
    (copy / "unet/my_unet.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ModelProblem) as error:
        studio.run(copy)
    assert "MyUNet" in error.value.message


def test_a_pipeline_for_another_task_says_so(studio: Studio, copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    for name in ("StableVideoDiffusionPipeline", "NoSuchPipeline", ""):
        index["_class_name"] = name
        (copy / "model_index.json").write_text(json.dumps(index))
        with pytest.raises(ModelProblem):
            studio.run(copy)


def test_an_image_to_image_folder_makes_pictures_from_words(studio: Studio, copy: Path) -> None:
    index = json.loads((copy / "model_index.json").read_text())
    index["_class_name"] = "StableDiffusionImg2ImgPipeline"
    (copy / "model_index.json").write_text(json.dumps(index))
    assert studio.pixels(copy).std() > 5


def test_a_refiner_for_a_model_without_one(studio: Studio, models: Models) -> None:
    use = RefinerUse(model=ModelRef(id="refiner"))
    with pytest.raises(InvalidRequest):
        studio.run(make_plan(models.sd), refiner=use)
    with pytest.raises(ModelProblem):
        studio.run(make_plan(models.sdxl, companions=(make_plan(models.sd),)), refiner=use)


def test_variants_are_found_by_their_name(studio: Studio, copy: Path) -> None:
    expected = studio.pixels(copy)
    studio.engine.free()
    for path in list(copy.rglob("*.safetensors")):
        path.rename(path.with_name(path.name.replace(".safetensors", ".fp16.safetensors")))
    import numpy as np

    assert np.array_equal(studio.pixels(make_plan(copy, variant="fp16")), expected)

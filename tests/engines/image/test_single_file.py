"""Checkpoints as one file: the family is read from the header, the configs ship with Atelier."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.core.errors import ModelProblem
from studio.engines.image.files import read_pipeline_configs
from studio.engines.image.loading import component_class
from studio.engines.image.single_file import _CONFIGS, _config_folder, _light_component
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import make_plan

FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"
MARKS = {
    "sd1": ["cond_stage_model.transformer.text_model.embeddings.token_embedding.weight"],
    "sd2": ["cond_stage_model.model.token_embedding.weight"],
    "sdxl": [
        "conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight",
        "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias",
    ],
    "sdxl_refiner": ["conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias"],
}

# Published sizes of the models, in weights.
SIZES = {
    "sd1": {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480},
    "sd2": {"unet": 865_910_724, "vae": 83_653_863, "text_encoder": 340_387_840},
    "sdxl": {
        "unet": 2_567_463_684,
        "vae": 83_653_863,
        "text_encoder": 123_060_480,
        "text_encoder_2": 694_659_840,
    },
}


def header(family: str, channels: int = 4) -> dict[str, Any]:
    names = {name: {"shape": [1]} for name in MARKS[family]}
    return names | {FIRST_LAYER: {"shape": [320, channels, 3, 3]}}


@pytest.mark.parametrize("family", MARKS)
def test_the_family_is_read_from_the_header(family: str, tmp_path: Path) -> None:
    folder = _config_folder(tmp_path / "model.safetensors", header(family))
    assert folder.name == family
    assert (folder / "model_index.json").is_file()


def test_files_that_are_not_whole_text_to_image_models_are_explained(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    assert _config_folder(path, header("sd1", channels=9)).name == "sd1", "an inpainting model"
    with pytest.raises(ModelProblem, match="5 channels"):
        _config_folder(path, header("sd1", channels=5))
    with pytest.raises(ModelProblem, match=r"model\.safetensors"):
        _config_folder(path, {FIRST_LAYER: {"shape": [320, 4, 3, 3]}})


@pytest.mark.parametrize("family", SIZES)
def test_the_shipped_configs_have_the_published_sizes(family: str) -> None:
    files = read_pipeline_configs(_CONFIGS / family)
    counts = {}
    for component in files.components:
        if component.is_light():
            continue
        kind = component_class(component, family)
        config = json.loads((component.folder / "config.json").read_text())
        with torch.device("meta"):
            if component.library == "transformers":
                model = kind(kind.config_class(**config))
            else:
                model = kind.from_config(config)
        counts[component.name] = sum(p.numel() for p in model.parameters())
    assert counts == SIZES[family]


def test_the_tokenizer_is_openais() -> None:
    files = read_pipeline_configs(_CONFIGS / "sdxl")
    plan = make_plan(_CONFIGS / "sdxl")
    parts = {part.name: _light_component(part, plan, {}) for part in files.components
             if part.name.startswith("tokenizer")}  # fmt: skip
    for part in parts.values():
        ids = part("a photo of a cat")["input_ids"]
        assert ids == [49406, 320, 1125, 539, 320, 2368, 49407]
    assert parts["tokenizer"].pad_token_id == 49407
    assert parts["tokenizer_2"].pad_token_id == 0


@pytest.mark.parametrize(
    ("markers", "prediction", "spacing"),
    [
        ([], "epsilon", "leading"),
        (["v_pred"], "v_prediction", "leading"),
        (["v_pred", "ztsnr"], "v_prediction", "trailing"),
    ],
)
def test_markers_for_v_prediction_are_heeded(
    markers: list[str], prediction: str, spacing: str
) -> None:
    files = read_pipeline_configs(_CONFIGS / "sdxl")
    [part] = [part for part in files.components if part.name == "scheduler"]
    scheduler = _light_component(part, make_plan(_CONFIGS / "sdxl"), {name: {} for name in markers})
    assert scheduler.config.prediction_type == prediction
    assert scheduler.config.timestep_spacing == spacing


def test_no_socket_is_opened_for_a_single_file(
    studio: Studio, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = models.single_file
    opened = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: opened.append(address))
    studio.run(file)
    assert opened == []

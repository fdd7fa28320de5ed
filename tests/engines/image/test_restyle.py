"""Pictures from pictures are those of the plain diffusers call; sizes and alpha stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.api.requests import ImageToImage
from studio.core.errors import InvalidRequest
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import Recorder


def a_scene(width: int = 64, height: int = 64, *, alpha: bool = False) -> Image.Image:
    """A gradient with a disc, so that every channel varies."""
    y, x = np.mgrid[0:height, 0:width]
    disc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 4) ** 2
    pixels = np.stack([x * 255 // width, y * 255 // height, disc * 200], axis=-1).astype(np.uint8)
    picture = Image.fromarray(pixels, "RGB")
    if alpha:
        picture.putalpha(Image.fromarray((disc * 255).astype(np.uint8), "L"))
    return picture


def bare(folder: Path, image: Image.Image, **arguments: Any) -> np.ndarray:
    import torch
    from diffusers import AutoPipelineForImage2Image

    index = json.loads((folder / "model_index.json").read_text())
    absent = {name: None for name, entry in index.items() if entry == [None, None]}
    pipeline = AutoPipelineForImage2Image.from_pretrained(folder, local_files_only=True, **absent)
    pipeline.set_progress_bar_config(disable=True)
    options: dict[str, Any] = {
        "prompt": "a red cat",
        "image": image,
        "strength": 0.6,
        "num_inference_steps": 4,
        "guidance_scale": 5.0,
        "generator": torch.Generator("cpu").manual_seed(7),
    }
    return np.array(pipeline(**(options | arguments)).images[0])


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux", "sd_flow"])
def test_a_picture_is_that_of_the_plain_call(
    studio: Studio, models: Models, tmp_path: Path, family: str
) -> None:
    folder: Path = getattr(models, family)
    run = Recorder(tmp_path)
    studio.run_from(ImageToImage, folder, run, picture=run.give(a_scene()))
    sized = {"width": 64, "height": 64} if family in ("sd3", "flux") else {}
    assert np.array_equal(np.array(run.pictures[0]), bare(folder, a_scene(), **sized))


def test_strength_decides_how_much_stays(studio: Studio, models: Models, tmp_path: Path) -> None:
    run = Recorder(tmp_path)
    picture = run.give(a_scene())
    for strength in (0.3, 1.0):
        studio.run_from(ImageToImage, models.sd, run, picture=picture, strength=strength)
    little, much = (np.array(made).astype(int) for made in run.pictures)
    assert np.array_equal(little, bare(models.sd, a_scene(), strength=0.3))
    assert not np.array_equal(little, much)


@pytest.mark.parametrize("size", [(200, 120), (61, 67), (9, 300)])
def test_a_picture_of_any_size_comes_back_in_its_size(
    studio: Studio, models: Models, tmp_path: Path, size: tuple[int, int]
) -> None:
    run = Recorder(tmp_path)
    studio.run_from(ImageToImage, models.sd, run, picture=run.give(a_scene(*size)))
    assert run.pictures[0].size == size


def test_alpha_stays(studio: Studio, models: Models, tmp_path: Path) -> None:
    run = Recorder(tmp_path)
    scene = a_scene(alpha=True)
    studio.run_from(ImageToImage, models.sd, run, picture=run.give(scene))
    assert run.pictures[0].getchannel("A").tobytes() == scene.getchannel("A").tobytes()


def test_one_set_of_weights_serves_both_tasks(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    first, _ = studio.run(models.sd)
    run = Recorder(tmp_path)
    studio.run_from(ImageToImage, models.sd, run, picture=run.give(a_scene()))
    again, _ = studio.run(models.sd)
    assert studio.engine.residency.load_count(str(models.sd)) == 1
    assert first.pictures[0].tobytes() == again.pictures[0].tobytes()


def test_too_few_steps_for_the_strength_are_explained(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    run = Recorder(tmp_path)
    with pytest.raises(InvalidRequest, match="too few"):
        studio.run_from(
            ImageToImage, models.sd, run, picture=run.give(a_scene()), strength=0.1, steps=2
        )

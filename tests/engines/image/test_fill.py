"""Filling and continuing: the model's part is the plain call's, the stitch is ours in any case."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.api import stitching
from studio.api.requests import Inpaint, Uncrop
from studio.core.errors import InvalidRequest, JobCancelled, ModelProblem
from tests.engines.conftest import Models, Studio
from tests.engines.image.test_restyle import a_scene
from tests.engines.original_layout import save_single_file
from tests.engines.recorder import Recorder

FAMILIES = ("sd", "inpainting", "sdxl", "sd3", "flux", "flux_fill")


def a_mask(width: int = 64, height: int = 64) -> Image.Image:
    """White in a square off the middle."""
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 2, width // 4 : width // 2] = 255
    return Image.fromarray(mask)


def bare(folder: Path, image: Image.Image, mask: Image.Image, **arguments: Any) -> np.ndarray:
    import torch
    from diffusers import AutoPipelineForInpainting, FluxFillPipeline

    kind = FluxFillPipeline if folder.name == "flux_fill" else AutoPipelineForInpainting
    index = json.loads((folder / "model_index.json").read_text())
    absent = {name: None for name, entry in index.items() if entry == [None, None]}
    pipeline = kind.from_pretrained(folder, local_files_only=True, **absent)
    pipeline.set_progress_bar_config(disable=True)
    options: dict[str, Any] = {
        "prompt": "a red cat",
        "image": image,
        "mask_image": mask,
        "width": image.width,
        "height": image.height,
        "num_inference_steps": 4,
        "guidance_scale": 5.0,
        "generator": torch.Generator("cpu").manual_seed(7),
    }
    if kind is not FluxFillPipeline:
        options["strength"] = 1.0
    return np.array(pipeline(**(options | arguments)).images[0])


def fill(
    studio: Studio, folder: Path, run: Recorder, scene: Image.Image, mask: Image.Image, **more: Any
) -> np.ndarray:
    studio.run_from(Inpaint, folder, run, picture=run.give(scene), mask=run.give(mask), **more)
    return np.array(run.pictures[-1])


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_laid_in_is_what_the_plain_call_paints(
    studio: Studio, models: Models, tmp_path: Path, family: str
) -> None:
    folder: Path = getattr(models, family)
    scene, mask = a_scene(), a_mask()
    original = np.array(scene)
    covered = stitching.coverage(np.array(mask), stitching.seam_for(np.array(mask)))
    hole = Image.fromarray((covered > 0).astype(np.uint8) * 255)
    expected = stitching.stitched(original, bare(folder, scene, hole), covered).whole
    assert np.array_equal(fill(studio, folder, Recorder(tmp_path), scene, mask), expected)


def test_a_single_file_of_an_inpainting_model_is_used_for_what_it_is(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    path = save_single_file(models.inpainting, tmp_path / "inpainting.safetensors")
    config = path.with_suffix("") / "unet" / "config.json"
    config.write_text(config.read_text().replace('"in_channels": 9', '"in_channels": 4'))
    scene, mask = a_scene(), a_mask()
    one, two = (
        fill(studio, source, Recorder(tmp_path), scene, mask)
        for source in (path, models.inpainting)
    )
    assert np.array_equal(one, two)


@pytest.mark.parametrize("size", [(64, 64), (301, 143), (40, 500)])
@pytest.mark.parametrize("prompt", ["a red cat", ""])
def test_outside_nothing_changes_and_the_patch_gives_the_whole(
    studio: Studio, models: Models, tmp_path: Path, size: tuple[int, int], prompt: str
) -> None:
    scene, mask = a_scene(*size), a_mask(*size)
    run = Recorder(tmp_path)
    whole = fill(studio, models.sd, run, scene, mask, prompt=prompt, grow=2, feather=3)
    covered = stitching.coverage(np.array(mask), stitching.Seam(2, 3, 64)) > 0
    assert np.array_equal(whole[~covered], np.array(scene)[~covered])
    assert (whole != np.array(scene))[covered].any()
    ((patch,),) = run.layers
    laid = scene.convert("RGBA")
    laid.alpha_composite(patch.picture, (patch.x, patch.y))
    assert np.array_equal(np.array(laid)[..., :3], whole)


def test_the_hole_of_a_large_picture_is_painted_at_the_size_of_the_model(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    seen: list[tuple[int, int]] = []
    run = Recorder(tmp_path)
    scene, mask = a_scene(700, 500), a_mask(700, 500)
    fill(studio, models.sd, run, scene, mask)
    pipeline = studio.loaded(models.sd).for_task("inpaint")
    original = type(pipeline).__call__

    @functools.wraps(original)
    def watch(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append((kwargs["width"], kwargs["height"]))
        return original(self, *args, **kwargs)

    type(pipeline).__call__ = watch
    try:
        fill(studio, models.sd, run, scene, mask)
    finally:
        type(pipeline).__call__ = original
    ((width, height),) = seen
    assert 0.5 * 64**2 <= width * height <= 2 * 64**2


def test_alpha_stays_and_empty_places_are_filled_first(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    scene, mask = a_scene(alpha=True), a_mask()
    whole = fill(studio, models.sd, Recorder(tmp_path), scene, mask)
    assert np.array_equal(whole[..., 3], np.array(scene)[..., 3])


def test_nothing_selected_is_refused(studio: Studio, models: Models, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="Nothing is selected"):
        fill(studio, models.sd, Recorder(tmp_path), a_scene(), Image.new("L", (64, 64)))


def test_one_set_of_weights_serves_words_and_holes(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    first, _ = studio.run(models.sd)
    fill(studio, models.sd, Recorder(tmp_path), a_scene(), a_mask())
    again, _ = studio.run(models.sd)
    assert studio.engine.residency.load_count(str(models.sd)) == 1
    assert first.pictures[0].tobytes() == again.pictures[0].tobytes()


@pytest.mark.parametrize("family", ["sd", "flux_fill"])
def test_uncrop_keeps_the_picture_and_gives_a_layer_for_beneath(
    studio: Studio, models: Models, tmp_path: Path, family: str
) -> None:
    run, scene = Recorder(tmp_path), a_scene(70, 50)
    studio.run_from(
        Uncrop, getattr(models, family), run, picture=run.give(scene), left=20, right=3, bottom=90
    )
    whole = np.array(run.pictures[0])
    assert whole.shape == (140, 93, 3)
    assert np.array_equal(whole[:50, 20:90], np.array(scene))
    ((layer,),) = run.layers
    assert (layer.x, layer.y, layer.picture.size) == (0, 0, (93, 140))
    laid = layer.picture.copy()
    laid.alpha_composite(scene.convert("RGBA"), (20, 0))
    assert np.array_equal(np.array(laid)[..., :3], whole)
    assert run.steps[-1][0] == run.steps[-1][1] == 4, "both outward steps share the steps"


def test_cancel_while_a_margin_is_painted(studio: Studio, models: Models, tmp_path: Path) -> None:
    run = Recorder(tmp_path, cancel_when=lambda run: len(run.steps) > 3)
    with pytest.raises(JobCancelled):
        studio.run_from(Uncrop, models.sd, run, picture=run.give(a_scene()), left=64)
    assert run.pictures == []


@pytest.mark.parametrize("answer", [(40, 24), (1, 1), (129, 200)])
def test_a_model_that_answers_in_another_size_harms_nothing(
    studio: Studio,
    models: Models,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[int, int],
) -> None:
    scene, mask = a_scene(), a_mask()
    wrong = Image.new("RGB", answer, (250, 0, 0))
    monkeypatch.setattr(
        "studio.engines.image.making.PictureMaker.called",
        lambda self, pipeline, arguments: SimpleNamespace(images=[wrong]),
    )
    whole = fill(studio, models.sd, Recorder(tmp_path), scene, mask, grow=0, feather=0)
    outside = np.array(mask) == 0
    assert np.array_equal(whole[outside], np.array(scene)[outside])
    assert (whole[~outside] != np.array(scene)[~outside]).any()


def test_numbers_out_of_range_are_told_and_change_nothing(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    import torch

    run = Recorder(tmp_path)
    fill(studio, models.sd, run, a_scene(), a_mask())
    vae = studio.loaded(models.sd).pipeline.vae
    with torch.no_grad():
        vae.decoder.conv_out.bias.fill_(torch.nan)
    with pytest.raises(ModelProblem, match="out of range"):
        fill(studio, models.sd, run, a_scene(), a_mask())
    assert len(run.pictures) == 1

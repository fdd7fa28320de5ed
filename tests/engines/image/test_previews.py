"""Previews resemble the picture, cost nothing but a glance, and never fail a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.engines.image.latent_rgb import LatentPreview
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import Recorder


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux"])
def test_every_step_can_be_seen(studio: Studio, models: Models, family: str) -> None:
    run, _ = studio.run(getattr(models, family), width=96, height=64, sampler="Euler")
    assert [picture.size for picture in run.previews] == [(12, 8)] * 3
    assert {picture.mode for picture in run.previews} == {"RGB"}


def test_no_preview_is_made_when_none_is_wanted(studio: Studio, models: Models) -> None:
    class Busy(Recorder):
        def wants_preview(self) -> bool:
            return False

    run, _ = studio.run(models.sd, Busy(studio.scratch))
    assert run.previews == []


def test_previews_change_no_pixel(studio: Studio, models: Models) -> None:
    class Blind(Recorder):
        def wants_preview(self) -> bool:
            return False

    blind, _ = studio.run(models.sd, Blind(studio.scratch))
    assert np.array_equal(np.array(blind.pictures[0]), studio.pixels(models.sd))


def folder_with(models: Models, tmp_path: Path, text: str) -> Path:
    folder = Path(shutil.copytree(models.sd, tmp_path / "model"))
    (folder / "atelier.json").write_text(text)
    return folder


def test_a_model_may_bring_its_own_colours(studio: Studio, models: Models, tmp_path: Path) -> None:
    colours = {"factors": [[0, 0, 0]] * 4, "bias": [1.0, 0.5, 0.0]}
    folder = folder_with(models, tmp_path, json.dumps({"latent_rgb": colours, "more": 1}))
    run, _ = studio.run(folder)
    assert run.previews[0].getpixel((0, 0)) == (255, 128, 0)


@pytest.mark.parametrize("text", ["", "[]", '{"latent_rgb": {"factors": 3}}', "\0"])
def test_colours_that_cannot_be_read_are_left_aside(
    studio: Studio, models: Models, tmp_path: Path, text: str
) -> None:
    run, _ = studio.run(folder_with(models, tmp_path, text))
    assert len(run.previews) >= 3


def test_an_unknown_latent_layout_gives_no_preview(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    colours = {"factors": [[1, 1, 1]] * 7}
    run, _ = studio.run(folder_with(models, tmp_path, json.dumps({"latent_rgb": colours})))
    assert run.previews == []
    assert len(run.pictures) == 1


def test_numbers_out_of_range_are_shown_as_grey() -> None:
    class StableDiffusionPipeline:
        vae_scale_factor = 8

    preview = LatentPreview(StableDiffusionPipeline(), None)
    picture = preview.picture(torch.full((1, 4, 2, 2), torch.nan), 16, 16)
    assert picture is not None
    assert picture.getpixel((0, 0)) == (128, 128, 128)
    assert preview.picture(torch.zeros(1, 4, 2, 2, 2), 16, 16) is None


def test_packed_latents_are_unpacked_as_the_pipeline_does() -> None:
    from diffusers import FluxPipeline

    class Pipeline:
        vae_scale_factor = 8

    Pipeline.__name__ = "FluxPipeline"
    preview = LatentPreview(Pipeline(), None)
    latents = torch.randn(1, 16, 6, 4, generator=torch.Generator().manual_seed(0))
    packed = FluxPipeline._pack_latents(latents, 1, 16, 6, 4)
    planes = preview._planes(packed, 32, 48)
    assert planes is not None
    assert torch.equal(planes, latents[0])
    assert preview.picture(packed[:, :-1], 32, 48) is None

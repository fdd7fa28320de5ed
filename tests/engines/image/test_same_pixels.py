"""Pictures are bit for bit those of the plain diffusers call with the same seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.api.requests import ModelRef, RefinerUse
from tests.engines.conftest import Models, Studio, bare_call
from tests.engines.recorder import make_plan

FAMILIES = ("sd", "sdxl", "sd3", "flux", "sd_flow")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_picture_is_that_of_the_plain_call(studio: Studio, models: Models, family: str) -> None:
    folder: Path = getattr(models, family)
    ours = studio.pixels(folder)
    assert np.array_equal(ours, bare_call(folder))
    assert ours.std() > 5


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3"])
def test_negative_prompt_and_guidance_arrive(studio: Studio, models: Models, family: str) -> None:
    folder: Path = getattr(models, family)
    ours = studio.pixels(folder, negative_prompt="dog", guidance_scale=3.0)
    assert np.array_equal(ours, bare_call(folder, negative_prompt="dog", guidance_scale=3.0))
    assert not np.array_equal(ours, studio.pixels(folder, guidance_scale=3.0))


def test_flux_reads_guidance_as_its_distilled_number(studio: Studio, models: Models) -> None:
    assert np.array_equal(
        studio.pixels(models.flux, guidance_scale=2.0), bare_call(models.flux, guidance_scale=2.0)
    )


def test_flux_takes_a_negative_prompt_through_real_guidance(studio: Studio, models: Models) -> None:
    ours = studio.pixels(models.flux, guidance_scale=3.0, negative_prompt="dog")
    plain = bare_call(models.flux, guidance_scale=1.0, true_cfg_scale=3.0, negative_prompt="dog")
    assert np.array_equal(ours, plain)


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_clip_skip_leaves_layers_out(studio: Studio, models: Models, family: str) -> None:
    folder: Path = getattr(models, family)
    plain, skipped = studio.pixels(folder), studio.pixels(folder, clip_skip=1)
    assert not np.array_equal(plain, skipped)


def test_base_and_refiner_share_the_steps_and_their_parts(studio: Studio, models: Models) -> None:
    plan = make_plan(models.sdxl, companions=(make_plan(models.refiner),))
    use = RefinerUse(model=ModelRef(id="refiner"), switch_at=0.5)
    run, _ = studio.run(plan, steps=4, refiner=use)
    assert np.array_equal(np.array(run.pictures[0]), _bare_ensemble(models, 4, 0.5))
    assert {phase for _, _, phase in run.steps} == {"denoising", "refining", "decoding"}
    loaded = studio.loaded(models.sdxl)
    assert loaded.refiner.vae is loaded.pipeline.vae
    assert loaded.refiner.text_encoder_2 is loaded.pipeline.text_encoder_2


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps_with_a_refiner(studio: Studio, models: Models, steps: int) -> None:
    plan = make_plan(models.sdxl, companions=(make_plan(models.refiner),))
    use = RefinerUse(model=ModelRef(id="refiner"), switch_at=0.8)
    run, _ = studio.run(plan, steps=steps, refiner=use)
    assert np.array(run.pictures[0]).std() > 5


def _bare_ensemble(models: Models, steps: int, switch: float) -> Any:
    import torch
    from diffusers import StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline

    base = StableDiffusionXLPipeline.from_pretrained(models.sdxl)
    refiner = StableDiffusionXLImg2ImgPipeline.from_pretrained(
        models.refiner, text_encoder_2=base.text_encoder_2, vae=base.vae
    )
    for pipeline in (base, refiner):
        pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator("cpu").manual_seed(7)
    shared = {
        "prompt": "a red cat",
        "num_inference_steps": steps,
        "guidance_scale": 5.0,
        "generator": generator,
    }
    latents = base(width=64, height=64, denoising_end=switch, output_type="latent", **shared).images
    return np.array(refiner(image=latents, denoising_start=switch, **shared).images[0])


def test_picture_i_can_be_made_again_alone(studio: Studio, models: Models) -> None:
    run, _ = studio.run(models.sd, count=3, seed=2**32 - 2)
    assert run.seeds == [2**32 - 2, 2**32 - 1, 0]
    alone, _ = studio.run(models.sd, seed=0)
    assert np.array_equal(np.array(run.pictures[2]), np.array(alone.pictures[0]))


def test_the_same_request_gives_the_same_pixels_again(studio: Studio, models: Models) -> None:
    first = studio.pixels(models.sd, sampler="DPM++ 2M SDE Karras")
    studio.pixels(models.sd, sampler="Euler a", seed=99)
    assert np.array_equal(first, studio.pixels(models.sd, sampler="DPM++ 2M SDE Karras"))


def test_a_single_file_gives_the_pictures_of_its_folder(studio: Studio, models: Models) -> None:
    assert np.array_equal(studio.pixels(models.single_file), studio.pixels(models.sd))

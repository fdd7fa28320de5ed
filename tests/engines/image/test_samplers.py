"""Every sampler that artists can choose runs, and models say which they take."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from studio.api.requests import SAMPLERS
from studio.core.errors import InvalidRequest
from studio.core.paths import resources_dir
from studio.engines.image.samplers import FLOW_IN_NOISE_PIPELINES, FLOW_SAMPLERS, NOISE_SAMPLERS
from tests.engines.conftest import Models, Studio
from tests.engines.tiny_models import save_stable_diffusion, save_stable_diffusion_3


def test_every_name_of_the_form_is_known() -> None:
    assert set(NOISE_SAMPLERS) == set(SAMPLERS) - {"Model default"}
    assert set(FLOW_SAMPLERS) | set(FLOW_IN_NOISE_PIPELINES) <= set(SAMPLERS)


@pytest.mark.parametrize("sampler", NOISE_SAMPLERS)
def test_samplers_of_stable_diffusion(studio: Studio, models: Models, sampler: str) -> None:
    run, _ = studio.run(models.sd, sampler=sampler, steps=4)
    assert np.array(run.pictures[0]).std() > 5
    assert run.steps[-1] == (4, 4, "decoding")
    assert [step for step, _, _ in run.steps] == sorted(step for step, _, _ in run.steps)


@pytest.mark.parametrize("family", ["sd3", "flux"])
@pytest.mark.parametrize("sampler", FLOW_SAMPLERS)
def test_samplers_of_flow_models(studio: Studio, models: Models, family: str, sampler: str) -> None:
    run, _ = studio.run(getattr(models, family), sampler=sampler, steps=4)
    assert np.array(run.pictures[0]).std() > 5


@pytest.mark.parametrize("sampler", FLOW_IN_NOISE_PIPELINES)
def test_samplers_of_flow_prediction_in_a_noise_pipeline(
    studio: Studio, models: Models, sampler: str
) -> None:
    run, _ = studio.run(models.sd_flow, sampler=sampler, steps=4)
    assert np.array(run.pictures[0]).std() > 5


@pytest.mark.parametrize("family", ["sd3", "sd_flow"])
def test_a_sampler_that_a_model_does_not_take_is_explained(
    studio: Studio, models: Models, family: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        studio.run(getattr(models, family), sampler="DDIM")
    assert "DDIM" in error.value.message
    assert "UniPC" in error.value.hint


def test_a_flow_scheduler_in_a_noise_pipeline_is_replaced_by_one_that_works(
    studio: Studio, tmp_path: Path
) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler

    scheduler = FlowMatchEulerDiscreteScheduler(shift=2.0)
    folder = save_stable_diffusion(tmp_path / "flow", scheduler=scheduler)
    default = studio.pixels(folder)
    assert default.std() > 5
    assert np.array_equal(default, studio.pixels(folder, sampler="DPM++ 2M"))
    with pytest.raises(InvalidRequest):
        studio.run(folder, sampler="Euler")


def test_a_size_that_a_model_cannot_make_is_explained(studio: Studio, tmp_path: Path) -> None:
    folder = save_stable_diffusion_3(tmp_path / "sd3", patch_size=2)
    with pytest.raises(InvalidRequest) as error:
        studio.run(folder, width=72)
    assert "72 x 64" in error.value.message


def test_samplers_differ(studio: Studio, models: Models) -> None:
    euler = studio.pixels(models.sd, sampler="Euler", steps=6)
    assert not np.array_equal(euler, studio.pixels(models.sd, sampler="DPM++ 2M Karras", steps=6))
    assert not np.array_equal(euler, studio.pixels(models.sd, sampler="LMS", steps=6))


def test_lms_is_exact_for_a_field_that_is_linear_in_the_noise_level() -> None:
    from studio.engines.image.linear_multistep import coefficient

    levels = np.array([10.0, 7.0, 5.0, 2.0, 1.0, 0.0])
    for order in (2, 3, 4):
        index = 3
        weights = [coefficient(levels, index, order, position) for position in range(order)]
        past = [3.0 + 2.0 * levels[index - position] for position in range(order)]
        estimate = sum(w * value for w, value in zip(weights, past, strict=True))
        low, high = levels[index + 1], levels[index]
        exact = (3.0 * low + low**2) - (3.0 * high + high**2)
        assert estimate == pytest.approx(exact)


def test_lms_agrees_with_euler_where_euler_is_exact() -> None:
    from diffusers import EulerDiscreteScheduler

    from studio.engines.image.linear_multistep import LinearMultistepScheduler

    results = []
    for kind in (EulerDiscreteScheduler, LinearMultistepScheduler):
        scheduler = kind()
        scheduler.set_timesteps(8)
        noise = torch.ones(1, 4, 2, 2)
        sample = torch.full((1, 4, 2, 2), 3.0)
        for time in scheduler.timesteps:
            scheduler.scale_model_input(sample, time)
            sample = scheduler.step(noise, time, sample, return_dict=False)[0]
        results.append(sample)
    # The predicted noise is constant, so one straight line leads from start to end.
    assert torch.allclose(results[0], results[1], atol=1e-4)


STARTER = resources_dir() / "starter" / "thumbnail"
# Different roads to the same picture; the others add noise on their way.
SAME_PICTURE = ("Euler", "DPM++ 2M", "DPM++ 2M Karras", "UniPC", "DDIM", "DEIS", "Heun", "LMS",
                "PLMS", "DPM2")  # fmt: skip


@pytest.mark.timeout(400)  # a score of samplers at 256 px
@pytest.mark.skipif(not (STARTER / "model_index.json").is_file(), reason="no starter model here")
def test_samplers_lead_a_trained_model_to_the_same_picture(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    options = {"prompt": "a red mushroom in a green meadow", "width": 128, "height": 128}
    reference = studio.pixels(STARTER, steps=20, **options).astype(float)
    for sampler in SAME_PICTURE:
        picture = studio.pixels(STARTER, steps=12, sampler=sampler, **options).astype(float)
        likeness = np.corrcoef(picture.ravel(), reference.ravel())[0, 1]
        assert likeness > 0.85, f"{sampler}: {likeness:.2f}"

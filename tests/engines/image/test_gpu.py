"""On a graphics device: half precision, and a model kept in parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from studio.api.requests import LoraUse
from studio.core.errors import JobCancelled
from studio.engines.devices import device_info
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import Recorder, make_plan

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_precision(studio: Studio, models: Models, family: str, precision: str) -> None:
    folder = getattr(models, family)
    plan = make_plan(folder, device="cuda:0", data_type=precision)
    run, report = studio.run(plan)
    reference = studio.pixels(make_plan(folder))
    difference = np.abs(np.array(run.pictures[0]).astype(int) - reference)
    assert difference.mean() < 12
    assert report.peak_bytes > plan.weight_bytes // 4


@pytest.mark.parametrize("placement", ["component_offload", "group_offload"])
def test_in_parts_the_picture_is_the_same(studio: Studio, models: Models, placement: str) -> None:
    whole = studio.pixels(make_plan(models.sd, device="cuda:0", data_type="float16"))
    plan = make_plan(models.sd, device="cuda:0", data_type="float16", placement=placement)
    first, second = studio.pixels(plan), studio.pixels(plan)
    assert np.array_equal(first, second)
    assert np.abs(first.astype(int) - whole).max() <= 2


@pytest.mark.parametrize("placement", ["whole", "component_offload", "group_offload"])
def test_cancel_leaves_the_placement_in_order(
    studio: Studio, models: Models, placement: str
) -> None:
    plan = make_plan(models.sd, device="cuda:0", data_type="float16", placement=placement)
    expected = studio.pixels(plan)

    def in_second_step(run: Recorder) -> bool:
        return bool(run.steps) and run.steps[-1][0] == 1

    with pytest.raises(JobCancelled):
        studio.run(plan, Recorder(studio.scratch, in_second_step))
    assert np.array_equal(studio.pixels(plan), expected)


@pytest.mark.parametrize("placement", ["whole", "component_offload"])
def test_loras_under_each_placement(studio: Studio, models: Models, placement: str) -> None:
    plan = make_plan(models.sd, device="cuda:0", data_type="float16", placement=placement)
    plain = studio.pixels(plan)
    changed = studio.pixels(plan, loras=(LoraUse(path=str(models.lora)),))
    assert not np.array_equal(plain, changed)
    assert np.array_equal(plain, studio.pixels(plan))


def test_the_device_says_what_it_computes_well() -> None:
    device = device_info()
    assert device.kind == "cuda"
    assert device.data_type in ("float16", "bfloat16")

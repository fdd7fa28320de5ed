"""Cancelling works in every phase, within a block, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.api.requests import LoraUse
from studio.core.errors import JobCancelled
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import Recorder, make_plan


def phase_of(run: Recorder) -> str:
    return run.steps[-1][2] if run.steps else "loading"


PHASES: dict[str, Callable[[Recorder], bool]] = {
    "loading": lambda run: len(run.loadings) >= 2,
    "encoding": lambda run: phase_of(run) == "denoising" and run.checks > 8,
    "first step": lambda run: bool(run.steps) and run.steps[-1][0] == 0 and run.checks > 60,
    "second step": lambda run: bool(run.steps) and run.steps[-1][0] == 1,
    "decoding": lambda run: phase_of(run) == "decoding" and len(run.previews) > 0,
}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("placement", ["whole", "component_offload"])
def test_a_cancelled_run_stops_and_the_next_is_as_new(
    studio: Studio, models: Models, phase: str, placement: str
) -> None:
    plan = make_plan(models.sd, placement=placement)
    expected = Studio(studio.scratch).pixels(plan)
    cancelled = Recorder(studio.scratch, PHASES[phase])
    with pytest.raises(JobCancelled):
        studio.run(plan, cancelled)
    assert not cancelled.pictures
    assert np.array_equal(studio.pixels(plan), expected)


def test_cancel_is_asked_for_within_a_step_and_within_the_decoder(
    studio: Studio, models: Models
) -> None:
    asked: dict[tuple[int, str], int] = {}

    def note(run: Recorder) -> bool:
        key = (run.steps[-1][0], phase_of(run)) if run.steps else (-1, "loading")
        asked[key] = asked.get(key, 0) + 1
        return False

    studio.run(models.sd, Recorder(studio.scratch, note), steps=3, sampler="Euler")
    assert asked[0, "denoising"] > 20
    assert asked[1, "denoising"] > 20
    assert asked[3, "decoding"] > 20


def test_cancel_during_an_upcast_decode_leaves_the_decoder_in_half_precision(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    import torch

    from tests.engines import tiny_models

    folder = tiny_models.save_sdxl(tmp_path / "xl", dtype=torch.float16)
    plan = make_plan(folder, data_type="float16")
    expected = studio.pixels(plan)

    def in_float32(run: Recorder) -> bool:
        return studio.loaded(folder).pipeline.vae.dtype == torch.float32

    with pytest.raises(JobCancelled):
        studio.run(plan, Recorder(tmp_path, in_float32))
    assert studio.loaded(folder).pipeline.vae.dtype == torch.float16
    assert np.array_equal(studio.pixels(plan), expected)


def test_cancel_with_a_lora_leaves_the_model_usable(studio: Studio, models: Models) -> None:
    plain = studio.pixels(models.sd)
    use = (LoraUse(path=str(models.lora)),)
    with pytest.raises(JobCancelled):
        studio.run(models.sd, Recorder(studio.scratch, PHASES["second step"]), loras=use)
    assert np.array_equal(studio.pixels(models.sd), plain)


def test_pictures_made_before_the_cancel_are_kept(studio: Studio, models: Models) -> None:
    run = Recorder(studio.scratch, lambda run: len(run.pictures) == 2)
    with pytest.raises(JobCancelled):
        studio.run(models.sd, run, count=4)
    assert len(run.pictures) == 2

"""Running out of memory and overflowing numbers cost no picture, and are said in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.api.plans import ComponentPlan
from studio.core.errors import ModelProblem, OutOfMemory
from studio.engines.image.placement import weight_bytes
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import Recorder, make_plan

REPOSITORY = Path(__file__).resolve().parents[3]


class FailingRun(Recorder):
    """Simulates a device that runs out when the denoiser starts, under some placements."""

    def __init__(self, studio: Studio, placements: tuple[str, ...]) -> None:
        super().__init__(studio.scratch)
        self.studio = studio
        self.placements = placements
        self.failures = 0

    def check_cancelled(self) -> None:
        super().check_cancelled()
        if not self.steps or self.steps[-1][2] != "denoising":
            return
        held = self.studio.engine.resident()
        if held and held[0].placement in self.placements and self.steps[-1][0] == 1:
            self.failures += 1
            raise torch.OutOfMemoryError("simulated: out of memory")


def test_out_of_memory_goes_one_rung_down_and_says_so(studio: Studio, models: Models) -> None:
    expected = studio.pixels(models.sd)
    run = FailingRun(studio, ("whole",))
    _, report = studio.run(models.sd, run, count=2)
    assert run.failures == 1
    assert len(run.pictures) == 2
    assert np.array_equal(np.array(run.pictures[0]), expected)
    assert report.plan is not None
    assert report.plan.placement == "component_offload"
    assert "emory" in report.plan.reason


def test_the_end_of_the_ladder_is_an_error_with_a_hint(studio: Studio, models: Models) -> None:
    run = FailingRun(studio, ("whole", "component_offload"))
    with pytest.raises(OutOfMemory) as error:
        studio.run(models.sd, run)
    assert run.failures == 2
    assert "smaller" in error.value.hint
    assert studio.engine.resident() == []
    assert studio.pixels(models.sd).std() > 5


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"),
    ],
)
def test_other_ways_to_run_out_are_recognised(
    studio: Studio, models: Models, error: Exception
) -> None:
    studio.run(models.sd)
    pipeline = studio.loaded(models.sd).pipeline
    forward, calls = pipeline.unet.forward, []

    def failing(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise error
        return forward(*args, **kwargs)

    pipeline.unet.forward = failing
    run, report = studio.run(models.sd)
    assert len(run.pictures) == 1
    assert report.plan is not None
    assert report.plan.placement == "component_offload"


def test_other_errors_are_not_taken_for_memory(studio: Studio, models: Models) -> None:
    studio.run(models.sd)

    def failing(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a bug")

    studio.loaded(models.sd).pipeline.unet.forward = failing
    with pytest.raises(RuntimeError, match="a bug"):
        studio.run(models.sd)


def patched_decoder(studio: Studio, model: Any, fail: Any) -> None:
    """Make the decoder of a loaded model call ``fail`` with its input first."""
    decoder = studio.loaded(model).pipeline.vae.decoder
    forward = decoder.forward

    def patched(sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        return fail(forward(sample, *args, **kwargs))

    decoder.forward = patched


def test_a_decode_that_runs_out_costs_no_denoising(studio: Studio, models: Models) -> None:
    expected = studio.pixels(models.sd)
    calls = []

    def fail_twice(result: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        if len(calls) <= 2:
            raise torch.OutOfMemoryError("simulated: out of memory")
        return result

    patched_decoder(studio, models.sd, fail_twice)
    run, report = studio.run(models.sd)
    denoised = [step for step, _, phase in run.steps if phase == "denoising"]
    assert denoised == sorted(denoised)
    assert np.abs(np.array(run.pictures[0]).astype(int) - expected).mean() < 3
    assert report.plan is not None
    assert report.plan.tiled_decode
    assert "tiles" in report.plan.reason
    assert not studio.loaded(models.sd).pipeline.vae.use_tiling or report.plan.tiled_decode


def test_tiles_of_one_run_are_not_used_in_the_next(studio: Studio, models: Models) -> None:
    expected = studio.pixels(models.sd, width=128)
    tiled = studio.pixels(make_plan(models.sd, tiled_decode=True), width=128)
    assert not np.array_equal(tiled, expected)
    assert np.array_equal(studio.pixels(models.sd, width=128), expected)
    assert not studio.loaded(models.sd).pipeline.vae.use_tiling


def test_a_decoder_that_overflows_is_run_again_in_full_precision(
    studio: Studio, models: Models
) -> None:
    plan = make_plan(models.sd_half, data_type="float16")
    expected = studio.pixels(plan).astype(int)

    def overflow(result: torch.Tensor) -> torch.Tensor:
        return result * torch.inf if result.dtype == torch.float16 else result

    patched_decoder(studio, models.sd_half, overflow)
    run, report = studio.run(plan)
    assert np.abs(np.array(run.pictures[0]) - expected).max() <= 3
    assert report.plan is not None
    assert "float32" in report.plan.reason
    assert studio.loaded(models.sd_half).pipeline.vae.dtype == torch.float16


def test_a_model_that_yields_no_numbers_is_named_not_shown_black(
    studio: Studio, models: Models
) -> None:
    studio.run(models.sd)
    unet = studio.loaded(models.sd).pipeline.unet
    unet.conv_out.weight.data.fill_(torch.nan)
    with pytest.raises(ModelProblem) as error:
        studio.run(models.sd)
    assert error.value.code == "not_a_number"


def test_a_decoder_that_is_broken_in_every_precision_is_named(
    studio: Studio, models: Models
) -> None:
    studio.run(models.sd)
    patched_decoder(studio, models.sd, lambda result: result * torch.nan)
    with pytest.raises(ModelProblem):
        studio.run(models.sd)


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux", "single_file"])
def test_in_parts_only_one_component_is_in_memory(
    studio: Studio, models: Models, family: str
) -> None:
    folder = getattr(models, family)
    studio.run(folder)
    pipeline = studio.loaded(folder).pipeline
    sizes = {
        name: weight_bytes(part)
        for name, part in pipeline.components.items()
        if isinstance(part, torch.nn.Module)
    }
    expected = studio.pixels(folder)
    plan = make_plan(
        folder,
        placement="component_offload",
        peak_bytes=max(sizes.values()),
        weight_bytes=sum(sizes.values()),
        components=tuple(
            ComponentPlan(name=name, weight_bytes=size, data_type="float32")
            for name, size in sizes.items()
        ),
    )
    assert np.array_equal(studio.pixels(plan), expected)
    loaded = studio.loaded(folder)
    assert loaded.sequence.peak_bytes <= plan.peak_bytes
    assert loaded.held_bytes() == 0


PEAKS = """
import sys
from pathlib import Path
from tests.engines.conftest import Studio
studio, folder = Studio(Path(sys.argv[2])), Path(sys.argv[1])
studio.engine.preload()
_, small = studio.run(folder)
_, large = studio.run(folder, width=768, height=768, steps=1)
print(small.peak_bytes, large.peak_bytes)
"""


def test_the_peak_of_a_run_is_reported(models: Models, tmp_path: Path) -> None:
    # In a process of its own: the kernel takes pages of a large old one away while it measures.
    done = subprocess.run(
        [sys.executable, "-c", PEAKS, str(models.sd), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        timeout=120,
    )
    small, large = map(int, done.stdout.split()[-2:])
    assert large > small + 10_000_000


def test_tiles_are_never_larger_than_the_plan_assumes() -> None:
    from diffusers import AutoencoderKL

    from studio.engines.image.decoding import TILE_SIDE, DecodeGuard

    vae = AutoencoderKL(
        block_out_channels=(4, 4, 4, 4),
        norm_num_groups=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        sample_size=1024,
    )
    DecodeGuard(vae, lambda: None).set_tiled(True)
    assert vae.use_tiling
    assert (vae.tile_sample_min_size, vae.tile_latent_min_size) == (TILE_SIDE, TILE_SIDE // 8)

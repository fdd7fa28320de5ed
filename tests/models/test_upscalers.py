"""Upscalers are recognised by their tensors, and planned in tiles that fit the memory."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from studio.api.plans import DeviceInfo
from studio.api.requests import ModelRef, PictureRef, Upscale, checked
from studio.core.errors import InvalidRequest
from studio.models.identify import identify
from studio.models.memory import plan_load
from tests.support.upscalers import save_compact, save_esrgan, save_swinir

GIB = 2**30
GPU = DeviceInfo(
    id="cuda:0",
    kind="cuda",
    name="card",
    total_bytes=8 * GIB,
    free_bytes=8 * GIB,
    data_type="float16",
)


def request(width: int, height: int, scale: int = 4) -> Upscale:
    picture = PictureRef(sha256="0" * 64, width=width, height=height)
    return Upscale(model=ModelRef(id="x"), picture=picture, scale=scale)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("save", "kind"),
    [(save_compact, "Compact"), (save_esrgan, "ESRGAN"), (save_swinir, "SwinIR")],
)
def test_an_upscaler_is_told_by_its_tensors(tmp_path: Path, save: object, kind: str) -> None:
    model = identify(save(tmp_path / "anything.bin", scale=4))  # type: ignore[operator]
    assert (model.family, model.kind, model.tasks) == ("upscaler", kind, ("upscale",))
    assert model.parameters > 100


def test_tiles_become_smaller_with_the_memory_until_none_fits(tmp_path: Path) -> None:
    model = identify(save_esrgan(tmp_path / "up.safetensors", scale=4))
    # As wide as the published networks of this kind.
    memory = msgspec.structs.replace(model.working_memory, values_per_token=4000.0)
    model = msgspec.structs.replace(model, working_memory=memory)
    sides = []
    for budget in (64 * GIB, 4 * GIB, GIB, GIB // 2):
        plan = plan_load(model, request(2000, 1500), GPU, budget_bytes=budget)
        assert plan.fits
        assert plan.peak_bytes <= budget
        sides.append(plan.native_side)
    assert sides == sorted(sides, reverse=True)
    assert sides[0] > sides[-1]
    assert f"{sides[-1]} px" in plan.reason
    plan = plan_load(model, request(2000, 1500), GPU, budget_bytes=GIB // 64)
    assert not plan.fits
    assert "does not fit" in plan.reason


@pytest.mark.parametrize(("kind", "measured"), [("ESRGAN", 3523), ("Compact", 257)])
def test_the_estimate_covers_what_was_measured(tmp_path: Path, kind: str, measured: int) -> None:
    save = save_esrgan if kind == "ESRGAN" else save_compact
    model = identify(save(tmp_path / "up.safetensors", scale=4, width=64))
    assert measured <= model.working_memory.values_per_token <= 1.2 * measured


def test_a_result_that_no_project_can_keep_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="36000 x 400"):
        checked(request(9000, 100))
    with pytest.raises(InvalidRequest, match="Scale"):
        checked(request(100, 100, 3))

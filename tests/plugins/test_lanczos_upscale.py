"""Lanczos: exact size, no seams between bands, alpha kept, and nothing foreign in the edges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from plugins.lanczos_upscale import resampling
from plugins.lanczos_upscale.engine import SHARP, LanczosEngine
from plugins.lanczos_upscale.resampling import BAND, enlarged
from studio.api.requests import ModelRef, Upscale
from studio.core.errors import JobCancelled
from tests.engines.recorder import Recorder


def a_picture(mode: str, width: int = 90, height: int = BAND + 77) -> Image.Image:
    chance = np.random.default_rng(1)
    bands = {"L": 0, "RGB": 3, "RGBA": 4}[mode]
    shape = (height, width, bands) if bands else (height, width)
    return Image.fromarray(chance.integers(0, 256, shape).astype(np.uint8))


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_bands_join_without_a_seam(mode: str, scale: int, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, reports = a_picture(mode), []
    made = enlarged(picture, scale, lambda done, of: reports.append(done))
    assert (made.mode, made.size) == (mode, (picture.width * scale, picture.height * scale))
    assert len(reports) > 2
    monkeypatch.setattr(resampling, "BAND", 10**6)
    assert np.array_equal(np.asarray(made), np.asarray(enlarged(picture, scale, _ignore)))


def test_it_is_lanczos_across_and_then_along() -> None:
    picture = a_picture("RGB")
    across = picture.resize((180, picture.height), Image.Resampling.LANCZOS)
    whole = across.resize((180, 2 * picture.height), Image.Resampling.LANCZOS)
    assert np.array_equal(np.asarray(enlarged(picture, 2, _ignore)), np.asarray(whole))


def _ignore(done: int, of: int) -> None:
    pass


@pytest.mark.parametrize("model", ["lanczos", SHARP])
def test_what_is_transparent_does_not_bleed_into_the_edges(tmp_path: Path, model: str) -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = (200, 100, 50, 255)
    run = Recorder(tmp_path)
    ref = run.give(Image.fromarray(pixels))
    LanczosEngine().run(Upscale(model=ModelRef(id=model), picture=ref, scale=4), None, run)
    made = np.asarray(run.pictures[0]).astype(int)
    assert made.shape == (160, 160, 4)
    seen = made[..., 3] > 60
    assert np.abs(made[seen][:, :3] - (200, 100, 50)).max() <= 6, "neither a dark nor a bright rim"


def test_sharpening_raises_edges_and_leaves_flat_parts(tmp_path: Path) -> None:
    pixels = np.full((40, 40, 3), 90, np.uint8)
    pixels[:, 20:] = 160
    run = Recorder(tmp_path)
    ref = run.give(Image.fromarray(pixels))
    for model in ("lanczos", SHARP):
        LanczosEngine().run(Upscale(model=ModelRef(id=model), picture=ref), None, run)
    plain, sharp = (np.asarray(made).astype(int) for made in run.pictures)
    assert (sharp[:, 0] == 90).all()
    assert (sharp[:, -1] == 160).all()
    assert np.ptp(sharp[40]) > np.ptp(plain[40])


def test_a_cancel_is_heard_between_bands(tmp_path: Path) -> None:
    run = Recorder(tmp_path, lambda run: len(run.steps) >= 1)
    ref = run.give(a_picture("RGB", 30, 3 * BAND))
    with pytest.raises(JobCancelled):
        LanczosEngine().run(Upscale(model=ModelRef(id="lanczos"), picture=ref), None, run)
    assert not run.pictures

"""Upscaled pictures are those of the bare network, tile by tile; only safetensors are read."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.api.requests import ModelRef, Upscale
from studio.core.errors import DamagedModel, JobCancelled, ModelProblem, OutOfMemory
from studio.engines.image.tiles import spans, tiled
from studio.engines.image.upscale import Upscaler
from studio.engines.image.upscale_engine import UpscaleEngine
from tests.engines.recorder import Recorder, make_plan
from tests.support.upscalers import save_compact, save_esrgan


def a_picture(width: int, height: int, *, alpha: bool = False) -> Image.Image:
    """Colours that vary everywhere; with alpha, a soft disc."""
    y, x = np.mgrid[0:height, 0:width]
    chance = np.random.default_rng(5).integers(0, 60, (height, width))
    pixels = np.stack([x % 200 + chance % 50, y % 190 + chance, (x + y) % 180], -1)
    picture = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if alpha:
        far = np.hypot(x - width / 2, y - height / 2)
        soft = (min(width, height) / 2 - far).clip(0, 8) / 8 * 255
        picture.putalpha(Image.fromarray(soft.astype(np.uint8)))
    return picture


def bare(path: Path, picture: Image.Image) -> np.ndarray:
    """The picture of the plain call of the library, in one piece."""
    import spandrel
    import torch

    network = spandrel.ModelLoader().load_from_file(path)
    planes = torch.from_numpy(np.asarray(picture, np.float32) / 255).permute(2, 0, 1)[None]
    made = network(planes)[0].permute(1, 2, 0).numpy()
    return np.rint(made * 255).clip(0, 255).astype(np.uint8)


def upscaled(path: Path, picture: Image.Image, run: Recorder, **options: Any) -> Image.Image:
    scale, side = options.get("scale", 2), options.get("side", 512)
    engine = UpscaleEngine()
    request = Upscale(model=ModelRef(id="x"), picture=run.give(picture), scale=scale)
    engine.run(request, make_plan(path, family="upscaler", native_side=side), run)
    return run.pictures[-1]


@pytest.mark.parametrize(("save", "scale"), [(save_compact, 2), (save_esrgan, 4)])
def test_one_tile_is_the_bare_call_bit_for_bit(tmp_path: Path, save: Any, scale: int) -> None:
    path = save(tmp_path / "up.safetensors", scale=scale)
    picture = a_picture(60, 44)
    made = np.asarray(upscaled(path, picture, Recorder(tmp_path), scale=scale))
    assert np.array_equal(made, bare(path, picture))
    assert made.std() > 2, "a flat picture would prove nothing"


@pytest.mark.parametrize(("save", "scale"), [(save_compact, 2), (save_esrgan, 4)])
def test_tiles_leave_no_seam(tmp_path: Path, save: Any, scale: int) -> None:
    path = save(tmp_path / "up.safetensors", scale=scale)
    picture = a_picture(333, 275)
    run = Recorder(tmp_path)
    made = np.asarray(upscaled(path, picture, run, scale=scale, side=160)).astype(int)
    assert run.steps[-1][1] >= 6, "more than one tile in both directions"
    assert np.abs(made - bare(path, picture)).max() <= 1


@pytest.mark.parametrize("length", [1, 159, 160, 161, 400, 1001, 4096])
@pytest.mark.parametrize("multiple", [1, 8, 16])
def test_the_tiles_of_a_row_add_up_to_one(length: int, multiple: int) -> None:
    total = np.zeros(length * 2)
    for span in spans(length, 160, multiple):
        assert span.start % multiple == 0
        assert span.stop - span.start < 160 + 2 * multiple
        first, last = span.used
        total[first * 2 : last * 2] += span.weights(2)
    assert np.abs(total - 1).max() < 1e-6


def test_tiles_of_nearest_neighbours_are_the_whole() -> None:
    picture = np.random.default_rng(2).random((401, 290, 3), np.float32)

    def enlarge(tile: np.ndarray) -> np.ndarray:
        return tile.repeat(3, axis=0).repeat(3, axis=1)

    made = tiled(picture, 3, 160, enlarge, lambda done, of: None)
    whole = np.rint(enlarge(picture) * 255)
    assert np.abs(made.astype(int) - whole).max() <= 1


def test_a_network_of_another_scale_is_brought_to_the_size(tmp_path: Path) -> None:
    run = Recorder(tmp_path)
    two = save_compact(tmp_path / "two.safetensors", scale=2)
    four = save_esrgan(tmp_path / "four.safetensors", scale=4)
    picture = a_picture(40, 30)
    twice = upscaled(two, picture, run, scale=4)
    assert np.array_equal(np.asarray(twice), bare(two, Image.fromarray(bare(two, picture))))
    halved = upscaled(four, picture, run, scale=2)
    expected = Image.fromarray(bare(four, picture)).resize((80, 60), Image.Resampling.LANCZOS)
    assert np.array_equal(np.asarray(halved), np.asarray(expected))


def test_alpha_is_kept_and_nothing_dark_bleeds_in(tmp_path: Path) -> None:
    path = save_compact(tmp_path / "up.safetensors", scale=2)
    picture = a_picture(64, 64, alpha=True)
    hidden = np.array(picture)
    hidden[hidden[..., 3] == 0] = (0, 0, 0, 0)
    other = hidden.copy()
    other[hidden[..., 3] == 0] = (255, 0, 255, 0)
    run = Recorder(tmp_path)
    made = upscaled(path, Image.fromarray(hidden), run)
    assert made.mode == "RGBA"
    alpha = picture.getchannel("A").resize((128, 128), Image.Resampling.LANCZOS)
    assert np.array_equal(np.asarray(made.getchannel("A")), np.asarray(alpha))
    same = upscaled(path, Image.fromarray(other), run)
    assert np.array_equal(np.asarray(made), np.asarray(same)), "hidden colours play no part"


def test_a_cancel_is_heard_between_tiles_and_within_one(tmp_path: Path) -> None:
    path = save_compact(tmp_path / "up.safetensors", scale=2)
    between = Recorder(tmp_path, lambda run: len(run.steps) >= 3)
    with pytest.raises(JobCancelled):
        upscaled(path, a_picture(400, 400), between, side=160)
    assert not between.pictures
    within = Recorder(tmp_path, lambda run: run.checks > 3)
    with pytest.raises(JobCancelled):
        upscaled(path, a_picture(40, 40), within)
    assert len(within.steps) == 1, "the first tile was not finished"


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return opened.touch, ()

    for name in ("up.pth", "up.ckpt", "up.pt", "up.safetensors"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps({"state_dict": Trap()}))
        with pytest.raises(DamagedModel):
            upscaled(path, a_picture(20, 20), Recorder(tmp_path))
    assert not opened.exists()


def test_what_is_no_upscaler_says_so(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(2, 2)}, path)
    with pytest.raises(ModelProblem):
        upscaled(path, a_picture(20, 20), Recorder(tmp_path))
    save_compact(path, scale=1)
    with pytest.raises(ModelProblem, match="larger"):
        upscaled(path, a_picture(20, 20), Recorder(tmp_path))


def test_a_network_that_returns_no_numbers_says_so(tmp_path: Path) -> None:
    path = save_compact(tmp_path / "up.safetensors", scale=2, value=float("nan"))
    with pytest.raises(ModelProblem, match="no numbers"):
        upscaled(path, a_picture(20, 20), Recorder(tmp_path))


def test_memory_that_runs_out_is_answered_with_smaller_tiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_compact(tmp_path / "up.safetensors", scale=2)
    real, sides = Upscaler._tile, []

    def limited(self: Upscaler, tile: np.ndarray) -> np.ndarray:
        sides.append(tile.shape[0])
        if max(tile.shape[:2]) > most[0]:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(self, tile)

    monkeypatch.setattr(Upscaler, "_tile", limited)
    most = [260]
    picture = a_picture(300, 300)
    made = upscaled(path, picture, Recorder(tmp_path), side=512)
    assert np.abs(np.asarray(made).astype(int) - bare(path, picture)).max() <= 1
    assert sides[0] == 300
    most[0] = 10
    with pytest.raises(OutOfMemory):
        upscaled(path, picture, Recorder(tmp_path), side=512)

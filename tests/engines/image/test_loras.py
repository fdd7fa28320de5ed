"""LoRAs act with their weight, and leave no trace once they are not asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.api.requests import LoraUse
from studio.core.errors import DamagedModel, InvalidRequest, ModelProblem, UntrustedModel
from tests.engines import tiny_models
from tests.engines.conftest import Models, Studio
from tests.engines.recorder import make_plan


def use(path: Path, weight: float = 1.0) -> LoraUse:
    return LoraUse(path=str(path), weight=weight)


@pytest.mark.parametrize("placement", ["whole", "component_offload"])
def test_a_lora_changes_the_picture_and_is_gone_afterwards(
    studio: Studio, models: Models, placement: str
) -> None:
    plan = make_plan(models.sd, placement=placement)
    plain = studio.pixels(plan)
    with_lora = studio.pixels(plan, loras=(use(models.lora),))
    assert not np.array_equal(plain, with_lora)
    assert np.array_equal(plain, studio.pixels(plan))
    assert np.array_equal(with_lora, studio.pixels(plan, loras=(use(models.lora),)))


def test_an_sdxl_lora_leaves_no_rounding_behind(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    lora = tiny_models.save_lora(tmp_path, models.sdxl, targets=("to_q", "proj_in"))
    plain = studio.pixels(models.sdxl)
    assert not np.array_equal(plain, studio.pixels(models.sdxl, loras=(use(lora),)))
    assert np.array_equal(plain, studio.pixels(models.sdxl))


def test_a_lora_acts_as_in_the_plain_call(studio: Studio, models: Models) -> None:
    import torch
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(models.sd)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(models.lora.parent, weight_name=models.lora.name, adapter_name="a")
    pipeline.set_adapters(["a"], [0.5])
    plain = pipeline(
        "a red cat",
        width=64,
        height=64,
        num_inference_steps=3,
        guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    ours = studio.pixels(models.sd, loras=(use(models.lora, 0.5),))
    assert np.array_equal(ours, np.array(plain))


def test_several_loras_come_and_go(studio: Studio, models: Models, tmp_path: Path) -> None:
    other = tiny_models.save_lora(tmp_path / "other", models.sd, strength=2.0)
    one = studio.pixels(models.sd, loras=(use(models.lora),))
    both = studio.pixels(models.sd, loras=(use(models.lora), use(other, 0.5)))
    assert not np.array_equal(one, both)
    assert np.array_equal(one, studio.pixels(models.sd, loras=(use(models.lora),)))


def test_a_lora_named_twice_acts_with_the_sum(studio: Studio, models: Models) -> None:
    twice = studio.pixels(models.sd, loras=(use(models.lora, 0.25), use(models.lora, 0.5)))
    assert np.array_equal(twice, studio.pixels(models.sd, loras=(use(models.lora, 0.75),)))


def test_a_lora_of_another_family_is_refused_and_leaves_no_trace(
    studio: Studio, models: Models, tmp_path: Path
) -> None:
    import torch
    from safetensors.torch import save_file

    plain = studio.pixels(models.sd)
    stranger = tmp_path / "stranger.safetensors"
    names = ("unet.nowhere.lora_A.weight", "unet.nowhere.lora_B.weight")
    save_file({names[0]: torch.zeros(2, 8), names[1]: torch.zeros(8, 2)}, stranger)
    with pytest.raises(ModelProblem) as error:
        studio.run(models.sd, loras=(use(stranger),))
    assert "stranger.safetensors" in error.value.message
    assert np.array_equal(plain, studio.pixels(models.sd))


def test_files_that_are_no_loras(studio: Studio, models: Models, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    with pytest.raises(DamagedModel):
        studio.run(models.sd, loras=(use(tmp_path / "missing.safetensors"),))
    pickle = tmp_path / "lora.pt"
    pickle.write_bytes(b"\x80\x04")
    with pytest.raises(UntrustedModel):
        studio.run(models.sd, loras=(use(pickle),))
    other = tmp_path / "other.safetensors"
    save_file({"weights": torch.zeros(3)}, other)
    with pytest.raises(ModelProblem):
        studio.run(models.sd, loras=(use(other),))
    assert studio.pixels(models.sd).std() > 5


def test_weight_zero_is_the_plain_picture(studio: Studio, models: Models) -> None:
    plain = studio.pixels(models.sd)
    assert np.array_equal(plain, studio.pixels(models.sd, loras=(use(models.lora, 0.0),)))


def test_models_without_loras_say_so(studio: Studio, models: Models) -> None:
    studio.run(models.sd)
    loaded = studio.loaded(models.sd)

    class Bare:
        pass

    loaded.loras._pipeline = Bare()
    with pytest.raises(InvalidRequest):
        studio.run(models.sd, loras=(use(models.lora),))

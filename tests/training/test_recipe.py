"""The recipe at its smallest: it runs, stops, goes on and exports what diffusers loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from diffusers import AutoPipelineForText2Image, StableDiffusionPipeline
from safetensors import safe_open
from transformers import CLIPTokenizer

from studio.core.errors import InvalidRequest
from studio.training.__main__ import main
from studio.training.progress import Budget, Checkpoint, Stateful, Stopped, load_state
from studio.training.starter_image.autoencoder import pictures_of
from studio.training.starter_image.captions import caption
from studio.training.starter_image.codec import SAMPLES, latents_of, picture_tensor
from studio.training.starter_image.enlarge import enlarged
from studio.training.starter_image.measure import measure
from studio.training.starter_image.recipe import Plan, run_recipe, shape_named
from studio.training.starter_image.scene import random_scene, render
from studio.training.starter_image.shape import TINY, build_autoencoder

CPU = torch.device("cpu")
STAGES = {"text": 3, "decoder": 4, "denoiser": 4, "enlarge": 4, "encoder": 2}
PLAN = Plan(size="tiny", steps=STAGES, batch=4)


class Unplugged(Exception):
    """Stands for the power cut in the middle of a stage."""


def same(first: Any, second: Any) -> bool:
    """Compare nested checkpoints exactly; seconds may differ."""
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            same(first[key], second[key]) for key in first if key != "seconds"
        )
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def test_a_run_that_was_cut_off_in_every_stage_ends_in_the_same_state(
    tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    left = list(STAGES)
    save = Checkpoint.save

    def save_and_unplug(self: Checkpoint, parts: Mapping[str, Stateful], samples: int) -> None:
        save(self, parts, samples)
        if left and self.path.stem == left[0] and not self.budget.spent:
            left.pop(0)
            raise Unplugged

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "is_due", lambda self: True)
        patch.setattr(Checkpoint, "save", save_and_unplug)
        for _ in STAGES:
            with pytest.raises(Unplugged):
                run_recipe(PLAN, run, CPU, resume=True)
        assert not left
    run_recipe(PLAN, run, CPU, resume=True)
    for stage, steps in STAGES.items():
        state = load_state(run / f"{stage}.pt")
        assert state["progress"]["steps"] == steps
        assert same(state, load_state(tiny_run / f"{stage}.pt")), stage


def test_the_export_loads_in_diffusers_and_draws(tiny_run: Path) -> None:
    folder = tiny_run / "thumbnail"
    for loader in (StableDiffusionPipeline, AutoPipelineForText2Image):
        pipeline = loader.from_pretrained(
            str(folder), torch_dtype=torch.float32, local_files_only=True
        )
        pipeline.set_progress_bar_config(disable=True)
        generator = torch.Generator().manual_seed(1)
        picture = pipeline("a red cup", num_inference_steps=2, generator=generator).images[0]
        assert picture.size == (128, 128)
        assert pipeline.vae_scale_factor == 16
    assert isinstance(pipeline.tokenizer, CLIPTokenizer)
    assert pipeline.tokenizer.model_max_length == 77


def test_the_export_is_half_precision(tiny_run: Path) -> None:
    files = sorted((tiny_run / "thumbnail").rglob("*.safetensors"))
    assert len(files) == 3
    for file in files:
        with safe_open(file, framework="pt") as tensors:
            kinds = {tensors.get_slice(key).get_dtype() for key in tensors.keys()}  # noqa: SIM118
        assert kinds <= {"F16", "I64"}, file


def test_losses_and_samples_are_kept(tiny_run: Path) -> None:
    rows = [json.loads(line) for line in (tiny_run / "loss.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows] == list(STAGES)
    assert all(np.isfinite(row["loss"]) for row in rows)
    assert (tiny_run / "samples.png").exists()
    assert (tiny_run / "decoder.png").exists()


def test_a_used_folder_is_not_trained_over(tiny_run: Path) -> None:
    with pytest.raises(InvalidRequest, match="already holds"):
        run_recipe(PLAN, tiny_run, CPU)


def test_a_run_of_another_size_is_refused(tiny_run: Path) -> None:
    with pytest.raises(InvalidRequest, match="another model size"):
        run_recipe(Plan(size="small", steps=STAGES), tiny_run, CPU, resume=True)


def test_an_unknown_size_names_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="tiny"):
        shape_named("colossal")


@pytest.mark.parametrize("lengths", [{}, {"steps": 3, "seconds": 1.0}])
def test_a_budget_has_exactly_one_length(lengths: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        Budget(**lengths)


def test_the_tokenizer_has_a_token_for_every_word_of_its_captions(tiny_run: Path) -> None:
    tokenizer = CLIPTokenizer.from_pretrained(str(tiny_run / "thumbnail" / "tokenizer"))
    for number in range(50):
        text = caption(random_scene(11, number), 0)
        ids = tokenizer(text).input_ids
        assert tokenizer.unk_token_id not in ids[1:-1]
        assert tokenizer.decode(ids, skip_special_tokens=True).replace(" ", "") == text.replace(
            " ", ""
        )


def test_latents_hold_the_mean_colours_of_their_cells() -> None:
    picture = np.asarray(render(random_scene(12, 0)))[None]
    latents = latents_of(picture, 8)
    assert latents.shape == (1, 4, 16, 16)
    flat = np.full((1, SAMPLES, SAMPLES, 3), 128, np.uint8)
    red = flat.copy()
    red[..., 0] = 255
    assert latents_of(red, 8)[0, 1, 0, 0] > latents_of(flat, 8)[0, 1, 0, 0] + 1


def test_a_picture_and_its_half_have_the_same_latents() -> None:
    large = np.stack([np.asarray(render(random_scene(12, n), 256)) for n in range(4)])
    half = large.astype(np.float32).reshape(4, 128, 2, 128, 2, 3).mean(axis=(2, 4))
    assert np.array_equal(latents_of(large, 16), latents_of(half, 8))
    ramp = np.broadcast_to(np.arange(16, dtype=np.float32)[:, None], (1, 16, 16))
    slope = latents_of(np.repeat(ramp[..., None], 3, axis=3), 16)[0, 3]
    assert slope > latents_of(np.zeros((1, 16, 16, 3), np.float32), 16)[0, 3]


def test_an_enlarged_autoencoder_begins_where_the_small_one_stopped() -> None:
    torch.manual_seed(3)
    small, pictures = build_autoencoder(TINY.half), picture_tensor(pictures_of(0, 2, 128, 77))
    large = enlarged(small, TINY)
    latents = torch.randn(2, 4, TINY.latent, TINY.latent)
    seen: dict[str, torch.Tensor] = {}
    for name, part in {
        "small": small.decoder.up_blocks[-1],
        "large": large.decoder.up_blocks[-1],
        "first": large.encoder.conv_in,
        "second": large.encoder.down_blocks[0],
    }.items():
        part.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
    with torch.no_grad():
        small.decode(latents)
        assert large.decode(latents).sample.shape == (2, 3, TINY.picture, TINY.picture)
        assert large.encode(pictures).latent_dist.mean.shape == latents.shape
    doubled = functional.interpolate(seen["small"], scale_factor=2, mode="bilinear")
    inner = (..., slice(2, -2), slice(2, -2))
    assert torch.allclose(seen["large"][inner], doubled[inner], atol=1e-5)
    assert torch.allclose(seen["second"], functional.avg_pool2d(seen["first"], 2), atol=1e-5)


def test_a_wish_to_stop_keeps_every_step(tmp_path: Path) -> None:
    seen: list[int] = []

    def tell(stage: str, budget: Budget, samples: int, loss: float) -> None:
        seen.append(samples)

    with pytest.raises(Stopped):
        run_recipe(PLAN, tmp_path, CPU, stop_wanted=lambda: len(seen) >= 2, tell=tell)
    assert len(seen) == 2
    assert load_state(tmp_path / "text.pt")["progress"]["samples"] == seen[-1]


def test_the_command_says_what_is_wrong(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["starter-image", "--minutes", "1", "--run-dir", str(tiny_run)]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(["measure-starter", "--model", str(tiny_run), "--report", str(tiny_run)]) == 1
    assert "model_index.json" in capsys.readouterr().err
    assert main(["starter-image", "--minutes", "1", "--run-dir", str(tiny_run), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "invalid_request"


def test_a_model_is_measured_and_drawn(tiny_run: Path, tmp_path: Path) -> None:
    figures = measure(tiny_run / "thumbnail", tmp_path, prompts=6, judge_pictures=128)
    kept = json.loads((tmp_path / "starter-figures.json").read_text())
    assert kept["prompts"] == 6
    assert kept["pairs"] == 3
    assert kept["model"]["subject"] == pytest.approx(figures.model.subject)
    assert set(kept["edits"]["recoloured"]) == {"0.3", "0.5", "0.7"}
    for name in ("grid", "held-out", "pairs", "edits"):
        assert (tmp_path / f"starter-{name}.png").stat().st_size > 1000
    assert "on the left" in figures.as_markdown()

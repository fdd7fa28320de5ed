"""The recipe at its smallest: it runs, stops, goes on and exports what diffusers loads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import AutoPipelineForText2Image, StableDiffusionPipeline
from safetensors import safe_open
from transformers import CLIPTokenizer

from studio.core.errors import InvalidRequest
from studio.training.__main__ import main
from studio.training.progress import Budget, Checkpoint, Stateful, load_state
from studio.training.starter_image.captions import caption
from studio.training.starter_image.codec import CELL, latents_of
from studio.training.starter_image.recipe import Plan, run_recipe, shape_named
from studio.training.starter_image.scene import random_scene, render

CPU = torch.device("cpu")
STAGES = {"text": 3, "decoder": 4, "encoder": 2, "denoiser": 4}
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
    folder = tiny_run / "starter-image"
    for loader in (StableDiffusionPipeline, AutoPipelineForText2Image):
        pipeline = loader.from_pretrained(
            str(folder), torch_dtype=torch.float32, local_files_only=True
        )
        pipeline.set_progress_bar_config(disable=True)
        generator = torch.Generator().manual_seed(1)
        picture = pipeline("a red cup", num_inference_steps=2, generator=generator).images[0]
        assert picture.size == (64, 64)
    assert isinstance(pipeline.tokenizer, CLIPTokenizer)
    assert pipeline.tokenizer.model_max_length == 77


def test_the_export_is_half_precision(tiny_run: Path) -> None:
    files = sorted((tiny_run / "starter-image").rglob("*.safetensors"))
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
    tokenizer = CLIPTokenizer.from_pretrained(str(tiny_run / "starter-image" / "tokenizer"))
    for number in range(50):
        text = caption(random_scene(11, number), 0)
        ids = tokenizer(text).input_ids
        assert tokenizer.unk_token_id not in ids[1:-1]
        assert tokenizer.decode(ids, skip_special_tokens=True).replace(" ", "") == text.replace(
            " ", ""
        )


def test_latents_hold_the_mean_colours_of_their_cells() -> None:
    picture = np.asarray(render(random_scene(12, 0)))[None]
    latents = latents_of(picture)
    assert latents.shape == (1, 4, 16, 16)
    flat = np.full((1, CELL, CELL, 3), 128, np.uint8)
    red = flat.copy()
    red[..., 0] = 255
    assert latents_of(red)[0, 1, 0, 0] > latents_of(flat)[0, 1, 0, 0] + 1


def test_the_command_says_what_is_wrong(tiny_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["starter-image", "--minutes", "1", "--run-dir", str(tiny_run)]) == 1
    assert "--resume" in capsys.readouterr().err
    assert main(["measure-starter", "--model", str(tiny_run), "--report", str(tiny_run)]) == 1
    assert "model_index.json" in capsys.readouterr().err

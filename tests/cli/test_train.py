"""``atelier train`` as a person and a script use it, at the recipe's smallest size."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.cli.train import RECIPES, SIZES, default_run_dir
from studio.training.starter_image.shape import SHAPES

TINY = ["--size", "tiny", "--threads", "1"]


def train(*arguments: str, timeout: float = 150) -> tuple[int, dict[str, Any], str]:
    """Run ``atelier train starter-image ... --json`` and return exit code, answer and errors."""
    done = subprocess.run(
        [sys.executable, "-m", "studio.cli", "train", "starter-image", *arguments, "--json"],
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert len(done.stdout.splitlines()) == 1, done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def test_one_command_trains_and_exports_a_model_that_the_studio_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    code, answer, errors = train("--minutes", "0.05", "--run-dir", str(run), *TINY)
    assert code == 0, errors
    assert answer == {"model": str(run / "thumbnail")}
    rows = [json.loads(line) for line in (run / "loss.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows if row["samples"]][-1] == "encoder"
    assert "encoder" in errors
    assert "loss" in errors
    assert (run / "samples.png").exists()
    assert list((run / "samples").glob("denoiser-*.png"))
    assert main(["models", answer["model"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Thumbnail"


def test_ctrl_c_saves_says_how_to_go_on_and_the_run_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "studio.cli", "train", "starter-image", "--minutes", "5"]
    process = subprocess.Popen(
        [*command, "--run-dir", str(run), *TINY, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    begun = ""
    while "text" not in begun:  # the name of the first stage, on the status line
        letter = process.stderr.read(1)
        assert letter, begun
        begun += letter
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert json.loads(output)["error"] == "cancelled"
    again = json.loads(output)["hint"]
    assert f"--run-dir {run}" in again
    assert "--resume" in again
    assert "Traceback" not in errors
    assert list(run.glob("*.pt")), "the state was saved"
    code, answer, errors = train("--minutes", "0.02", "--run-dir", str(run), "--resume", *TINY)
    assert code == 0, errors
    assert Path(answer["model"]).is_dir()


def test_a_used_folder_needs_resume(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"size": "tiny", "minutes": 1}')
    code, answer, errors = train("--minutes", "1", "--run-dir", str(tmp_path), *TINY)
    assert code == 2
    assert "already holds" in answer["message"]
    assert "--resume" in errors


@pytest.mark.parametrize(
    "arguments",
    [["--minutes", "0"], ["--minutes", "nan"], ["--minutes", "1", "--threads", "0"], []],
)
def test_a_length_and_threads_are_needed_that_make_sense(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "starter-image", *arguments]) == 2
    assert "atelier:" in capsys.readouterr().err


def test_an_unknown_recipe_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "poems", "--minutes", "1"]) == 2
    assert RECIPES[0] in capsys.readouterr().err


def test_the_sizes_are_those_of_the_recipe() -> None:
    assert set(SIZES) == set(SHAPES)


def test_without_a_folder_it_trains_beside_the_other_data(atelier_home: Path) -> None:
    assert default_run_dir("starter-image") == atelier_home / "data" / "training" / "starter-image"

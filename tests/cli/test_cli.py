"""The command line as a newcomer and a script use it, with the real worker and starter model."""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.cli import main
from tests.support.models import write_model_folder

MUSHROOM = "a red mushroom in a green meadow"


@pytest.fixture
def paper_model(atelier_home: Path) -> Path:
    """A model folder that is found but never loaded."""
    return write_model_folder(atelier_home / "data" / "models" / "paper")


def test_the_readme_command_makes_a_picture(tmp_path: Path) -> None:
    from PIL import Image

    target = tmp_path / "mushroom.png"
    command = [sys.executable, "-m", "studio.cli", "generate", MUSHROOM, "-o", str(target)]
    done = subprocess.run(
        [*command, "--json", "--seed", "5", "--steps", "4"],
        capture_output=True,
        text=True,
        timeout=150,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["files"] == [str(target)]
    assert answer["seeds"] == [5]
    with Image.open(target) as picture:
        assert picture.size == (answer["request"]["width"], answer["request"]["height"])
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50
        assert MUSHROOM in picture.info["parameters"]
        assert json.loads(picture.info["atelier"])["seed"] == 5
    listed = subprocess.run(
        [sys.executable, "-m", "studio.cli", "gallery", "mushroom", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (item,) = json.loads(listed.stdout)["items"]
    assert item["id"] == answer["id"]
    assert main(["export", answer["id"], "-o", str(tmp_path / "again.png")]) == 0
    assert (tmp_path / "again.png").read_bytes() == target.read_bytes()
    assert main(["export", answer["id"], "-o", str(tmp_path / "again.jpg")]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["", "-o", "out.png"], "empty"),
        (["x", "-o", "out.xyz"], "format"),
        (["x", "-o", "out.png", "--size", "100x64"], "Width"),
        (["x", "-o", "out.png", "--size", "big"], "WIDTHxHEIGHT"),
        (["x", "-o", "out.png", "--sampler", "Magic"], "Sampler"),
        (["x", "-o", "out.png", "--seed", "-1"], "Seed"),
        (["x", "-o", "out.png", "--count", "0"], "Pictures"),
        (["x", "-o", "out.png", "--lora", "a=b"], "not a number"),
        (["x" * 1_000_000, "-o", "out.png"], "too long"),
    ],
)
def test_bad_requests_end_with_2_and_words(
    arguments: list[str],
    words: str,
    paper_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["generate", *arguments, "--model", "paper"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
    assert not (tmp_path / "out.png").exists()


def test_a_missing_folder_is_told_before_any_work(
    paper_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "nowhere" / "out.png"
    assert main(["generate", "x", "-o", str(target), "--model", "paper", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["error"] == "not_found"
    assert answer["hint"]


def test_unknown_and_damaged_models(
    paper_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.png")
    assert main(["generate", "x", "-o", out, "--model", "papre"]) == 1
    assert "paper" in capsys.readouterr().err

    weights = paper_model / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert main(["generate", "x", "-o", out, "--model", str(paper_model)]) == 1
    assert "diffusion_pytorch_model.safetensors" in capsys.readouterr().err

    weights.unlink()
    assert main(["generate", "x", "-o", out, "--model", str(paper_model)]) == 1
    assert "unet" in capsys.readouterr().err


def test_a_pickle_is_refused_and_never_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marker = tmp_path / "ran"

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (os.mkdir, (str(marker),))

    for name in ("model.ckpt", "model.safetensors"):
        (tmp_path / name).write_bytes(pickle.dumps(Payload()))
        out = str(tmp_path / "out.png")
        assert main(["generate", "x", "-o", out, "--model", str(tmp_path / name)]) == 1
        assert "pickle" in capsys.readouterr().err.lower()
    assert not marker.exists()


def test_models_lists_and_describes(paper_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"thumbnail", "paper"} <= {model["id"] for model in found["models"]}
    assert main(["models", "paper"]) == 0
    assert "unet" in capsys.readouterr().out


def test_gallery_without_a_project_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery"]) == 1
    assert "Generate something first" in capsys.readouterr().err


def test_several_pictures_get_numbered_names() -> None:
    from studio.cli.follow import output_paths

    assert output_paths(Path("a/b.png"), 1) == [Path("a/b.png")]
    assert output_paths(Path("a/b.png"), 2) == [Path("a/b-1.png"), Path("a/b-2.png")]


def test_prompt_from_standard_input(
    paper_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("  \n"))
    out = str(tmp_path / "out.png")
    assert main(["generate", "-", "-o", out, "--model", "paper"]) == 2
    assert "empty" in capsys.readouterr().err


def test_ctrl_c_ends_with_130_and_leaves_no_worker(tmp_path: Path) -> None:
    import psutil

    target = tmp_path / "never.png"
    process = subprocess.Popen(
        [sys.executable, "-m", "studio.cli", "generate", "x", "-o", str(target)],
        stderr=subprocess.PIPE,
        text=True,
    )
    parent = psutil.Process(process.pid)
    end = time.monotonic() + 60
    while not (children := parent.children()) and time.monotonic() < end:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert not target.exists()


def test_doctor_names_versions_and_folders(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == (1 if report["problems"] else 0)
    assert report["packages"]["torch"] != "missing"
    assert report["device"]["ready_seconds"] > 0
    assert report["starter_models"] == ["thumbnail"]

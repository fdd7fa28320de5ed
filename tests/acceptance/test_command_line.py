"""The command line in scripts: exit codes, one JSON object, pipes, broken settings, no home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from studio.app.scratch import MAX_AGE_SECONDS
from studio.cli import main
from studio.core.paths import scratch_dir
from studio.core.settings import settings_file
from studio.document import Project
from tests.support.bench import StudioBench, fake_request
from tests.support.models import write_model_folder


def atelier(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a shell would."""
    return subprocess.run(
        [sys.executable, "-m", "studio.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "--json"], "required"),
        (["generate", "x", "-o", "o.png", "--seed", "many", "--json"], "--seed"),
        (["generate", "x", "-o", "a\0b.png", "--json"], "NUL"),
        (["paint", "--json"], "paint"),
        (["models", "--jso", "--json"], "--jso"),
        (["gallery", "--limit", "x", "--json"], "--limit"),
    ],
)
def test_a_wrong_command_line_is_one_json_object_and_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    error = json.loads(captured.out)
    assert error["error"] == "usage"
    assert words in error["message"]
    assert "--help" in error["hint"]
    assert len(captured.err.splitlines()) == 2


@pytest.mark.parametrize(
    "command",
    [
        "",
        "generate",
        "restyle",
        "fill",
        "uncrop",
        "colorize",
        "models",
        "gallery",
        "export",
        "worker",
        "doctor",
    ],
)
def test_help_explains_every_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert "usage: atelier" in text
    undescribed = [
        line for line in text.splitlines() if line.startswith("  --") and len(line.split()) == 1
    ]
    assert undescribed == []


@pytest.mark.parametrize("command", [["models"], ["gallery"], ["generate", "x", "-o", "out.png"]])
def test_a_home_that_cannot_be_made_is_one_clear_error(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    home = tmp_path / "file" / "home"
    done = atelier(*command, "--json", ATELIER_HOME=str(home))
    assert done.returncode == 1
    error = json.loads(done.stdout)
    assert str(home) in error["message"]
    assert "ATELIER_HOME" in error["hint"]
    assert len(done.stderr.splitlines()) == 2


def test_broken_settings_are_told_kept_and_the_defaults_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--json"]) == 0
    by_default = json.loads(capsys.readouterr().out)["models"]
    assert {"storyboard", "thumbnail"} <= {model["id"] for model in by_default}
    settings_file().write_bytes(b'{"theme": ')
    assert main(["models", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["models"] == by_default
    assert str(settings_file()) in captured.err
    out = str(tmp_path / "out.png")
    assert main(["generate", "x", "-o", out, "--size", "65x64", "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.err.count(str(settings_file())) == 1
    assert json.loads(captured.out)["error"] == "invalid_request"
    # The project of that run is found again although no settings say which was the last.
    assert main(["gallery", "--json"]) == 0
    assert settings_file().read_bytes() == b'{"theme": '


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    for number in range(40):
        write_model_folder(tmp_path / "home" / "data" / "models" / f"{number}" / ("n" * 200))
    done = subprocess.run(
        ["sh", "-c", '"$0" -m studio.cli models --json | true; exit 0', sys.executable],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"ATELIER_HOME": str(tmp_path / "home")},
    )
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_an_output_that_cannot_be_written_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "studio.cli", "models"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_killed_studio_left_in_the_scratch_folder_goes_away(tmp_path: Path) -> None:
    old, new = scratch_dir() / "old.png", scratch_dir() / "new.png"
    for path in (old, new):
        path.write_bytes(b"left")
    yesterday = time.time() - MAX_AGE_SECONDS - 60
    os.utime(old, (yesterday, yesterday))
    assert main(["generate", "", "-o", str(tmp_path / "out.png")]) == 2
    assert not old.exists()
    assert new.exists(), "it may belong to a studio that is open"


def test_gallery_and_export_read_a_project_that_a_window_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Project.create(tmp_path / "open.atelier") as project:
        before = (tmp_path / "open.atelier").read_bytes()
        named = ["--project", str(project.path), "--json"]
        assert main(["gallery", *named]) == 0
        assert json.loads(capsys.readouterr().out) == {"items": []}
        assert main(["export", "-o", str(tmp_path / "out.png"), *named]) == 1
        assert "empty" in json.loads(capsys.readouterr().out)["message"]
        generate = ["generate", "x", "-o", str(tmp_path / "out.png"), *named]
        assert main(generate) == 1
        error = json.loads(capsys.readouterr().out)
        assert error["error"] == "project_in_use"
        assert error["hint"]
        assert (tmp_path / "open.atelier").read_bytes() == before


def test_a_stopped_command_leaves_nothing_waiting_and_runs_nothing_of_others(
    atelier_home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "work.atelier"
    write_model_folder(atelier_home / "data" / "models" / "paper")
    bench = StudioBench(path)
    bench.studio.queue.pause(True)
    waiting = bench.studio.generate(fake_request("queued in the window"))
    bench.close()
    command = [sys.executable, "-m", "studio.cli", "generate", "x", "-o", str(tmp_path / "o.png")]
    child = subprocess.Popen([*command, "--steps", "150", "--project", str(path)])
    worker = psutil.Process(child.pid)
    end = time.monotonic() + 60
    while not worker.children() and time.monotonic() < end:
        assert child.poll() is None
    child.terminate()
    assert child.wait(timeout=30) == 130
    with Project.open(path) as project:
        assert [(job.id, job.state) for job in project.jobs.load()] == [(waiting, "queued")]
        statuses = {item.title: item.status for item in project.history.items()}
        assert statuses == {"queued in the window": "queued", "x": "cancelled"}

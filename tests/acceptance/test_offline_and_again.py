"""The starter model in processes that may not reach any network, and the same picture again.

One picture is made by the command line without a network, the same by another process while a
window holds the default project, and the same by a studio out of the history after a cancelled
run: three worker processes, one picture.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from studio.api.events import Cancelled, Done, Progress
from studio.api.requests import TextToImage
from studio.app.studio import BUILT_IN_ENGINES
from studio.core.settings import load_settings
from tests.support.bench import REPOSITORY, StudioBench, fake_request

# Python imports it at the start of every process: the window's side and the worker.
NO_NETWORK = """
import os, socket

def _refuse(what):
    with open(os.environ["ATTEMPTS"], "a") as file:
        file.write(f"{os.getpid()} {what}\\n")
    raise OSError("there is no network in this test")

def _connect(self, address, connect=socket.socket.connect):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _refuse(address)
    return connect(self, address)

socket.socket.connect = _connect
socket.getaddrinfo = lambda *arguments, **_: _refuse(arguments[0])
with open(os.environ["PROCESSES"], "a") as file:
    file.write(f"{os.getpid()}\\n")
"""

ARGUMENTS = ["a red mushroom in a green meadow", "--seed", "11", "--steps", "2", "--json"]
ARGUMENTS += ["--model", "thumbnail"]


def without_network() -> list[str]:
    """Return what to put before a command so that it has no network at all, where allowed."""
    unshare = shutil.which("unshare")
    if unshare and not subprocess.run([unshare, "-rn", "true"], capture_output=True).returncode:
        return [unshare, "-rn"]
    return []


def atelier_offline(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """Run a command offline; return its answer and what it wrote beside it."""
    (folder / "sitecustomize.py").write_text(NO_NETWORK)
    forbidden = {"PYTHONPATH": f"{folder}{os.pathsep}{REPOSITORY}", "TMPDIR": str(folder / "tmp")}
    (folder / "tmp").mkdir(exist_ok=True)
    records = {name.upper(): str(folder / name) for name in ("attempts", "processes")}
    proxies = {name: "" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    done = subprocess.run(
        [*without_network(), sys.executable, "-m", "studio.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        env=os.environ | forbidden | records | proxies,
    )
    assert done.returncode == 0, done.stderr
    processes = (folder / "processes").read_text().split()
    assert len(set(processes)) >= 2, "the window's side and its worker were both watched"
    assert not (folder / "attempts").exists(), (folder / "attempts").read_text()
    assert "\r" not in done.stderr, "no progress bar where there is no terminal"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer, done.stderr


def pixels(path: Path) -> bytes:
    from PIL import Image

    with Image.open(path) as picture:
        return picture.convert("RGB").tobytes()


@pytest.mark.timeout(240)
def test_one_request_is_one_picture_offline_and_after_a_cancel(
    make_bench: Callable[..., StudioBench], tmp_path: Path
) -> None:
    first, project = tmp_path / "first.png", tmp_path / "first.atelier"
    before = make_bench(project)
    before.studio.queue.pause(True)
    waiting = before.studio.generate(fake_request("queued in the window"))
    before.close()

    answer, _ = atelier_offline(
        tmp_path, "generate", *ARGUMENTS, "-o", str(first), "--project", str(project)
    )
    assert answer["files"] == [str(first)]

    bench = make_bench(engines=BUILT_IN_ENGINES)  # holds the project that was opened last
    assert bench.studio.project.path == project
    jobs = [(job.id, job.state) for job in bench.studio.queue.jobs()]
    assert jobs == [(waiting, "queued")], "the command ran its own job alone"
    bench.studio.cancel(waiting)
    recent = load_settings().recent_projects
    second = tmp_path / "second.png"
    _, said = atelier_offline(tmp_path, "generate", *ARGUMENTS, "-o", str(second))
    assert "already open" in said
    assert "Gallery will not list" in said
    assert pixels(second) == pixels(first), "another process gives another picture"
    listed = [item.id for item in bench.studio.project.history.items()]
    assert listed == [answer["id"], waiting], "the open project is left alone"
    assert load_settings().recent_projects == recent, "a temporary project is nobody's last one"
    assert list((tmp_path / "tmp").glob("atelier-*")) == [], "and it is gone"

    request = bench.studio.project.history.get(answer["id"]).request
    assert isinstance(request, TextToImage)
    cancelled = bench.studio.generate(msgspec.structs.replace(request, steps=150, seed=12))
    bench.until(
        lambda: any(isinstance(e, Progress) and e.job_id == cancelled for e in bench.events)
    )
    bench.studio.cancel(cancelled)
    assert isinstance(bench.finish(cancelled), Cancelled)
    again = bench.studio.run_again(answer["id"])
    assert isinstance(bench.finish(again), Done)
    third = tmp_path / "third.png"
    bench.studio.export_output(again, 0, third)
    assert pixels(third) == pixels(first), "the request of the history gives another picture"


def test_every_engine_without_weights_works_without_a_network(
    atelier_home: Path, tmp_path: Path
) -> None:
    photo, mask, out = tmp_path / "photo.png", tmp_path / "mask.png", str(tmp_path / "out.png")
    ramp = np.arange(72 * 48, dtype=np.uint32).reshape(48, 72)
    Image.fromarray((ramp % 251).astype(np.uint8)).save(photo)
    Image.fromarray(np.pad(np.full((12, 12), 255, np.uint8), ((18, 18), (30, 30)))).save(mask)
    made = {
        "patchmatch": ("fill", str(photo), "--mask", str(mask), "-o", out),
        "patchmatch ": ("uncrop", str(photo), "--right", "16", "-o", out),
        "scribble_colour": ("colorize", str(photo), "-o", out),
    }
    for model, arguments in made.items():
        answer, _ = atelier_offline(tmp_path, *arguments, "--seed", "1", "--json")
        assert answer["request"]["model"]["id"] == model.strip()
        assert answer["plan"]["components"] == [], "nothing was loaded"

"""Every bad input of the list "It must show", through the front door, beside work in progress.

Each gives an error with a hint, and the work is the same afterwards, on the disk too. Shown
completely elsewhere, and not repeated here:

- each bad value in a request, in words                 tests/app/test_studio.py, tests/api
- every kind of damaged model file, thousands of them   tests/models/test_hostile_files.py
- every kind of picture bomb                            tests/app/test_pictures.py
- every kind of damaged project                         tests/document/test_damage.py
- a project that became read-only while it was open     tests/document/test_storage.py
- a settings file that cannot be read, an ATELIER_HOME
  that cannot be made                                   tests/acceptance/test_command_line.py
"""

from __future__ import annotations

import json
import os
import pickle
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.core.errors import StudioError
from studio.document import Project
from tests.acceptance.conftest import content
from tests.support.bench import StudioBench, fake_request
from tests.support.models import write_model_folder

WEIGHTS = Path("unet") / "diffusion_pytorch_model.safetensors"


@pytest.fixture
def safe_work(work: StudioBench) -> Any:
    """The studio with work; afterwards all of it must be there still, also in the file."""
    project = work.studio.project
    before = content(project)
    yield work
    assert work.studio.project is project, "the project that was open stays open"
    assert content(project) == before
    assert work.studio.queue.jobs() == ()
    assert project.flush()
    work.studio.close()
    with Project.open(project.path) as again:
        assert again.problems == []
        assert content(again) == before


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """Run a command that must fail, and return its error."""
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code in (1, 2)
    assert "Traceback" not in captured.err
    answer: dict[str, str] = json.loads(captured.out)
    assert answer["message"]
    assert answer["hint"]
    assert len(captured.err) < 1000, "an error is read by a person"
    return answer


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([""], "empty_prompt"),
        ([" \n\t "], "empty_prompt"),
        (["x" * 1_000_000], "invalid_request"),
        (["x", "--negative", "x" * 1_000_000], "invalid_request"),
        (["x", "--size", "100x100"], "invalid_request"),
        (["x", "--size", "64x65"], "invalid_request"),
        (["x", "--size", "9" * 5000 + "x64"], "invalid_request"),
        (["x", "--count", "1000000000"], "invalid_request"),
        (["x", "--guidance", "nan"], "invalid_request"),
        (["half a character \udcff"], "invalid_request"),
        (["x", "--model", "papre"], "unknown_model"),
        (["x", "--model", "/dev/zero"], "damaged_model"),
        (["x", "--lora", "nowhere.safetensors"], "not_found"),
    ],
)
def test_bad_requests(
    safe_work: StudioBench,
    arguments: list[str],
    code: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "out.png"
    project = ["--project", str(tmp_path / "other.atelier")]
    error = refused(capsys, "generate", "--model", "paper", *arguments, "-o", str(target), *project)
    assert error["error"] == code
    assert not target.exists()


def break_missing(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def break_truncated(folder: Path) -> None:
    weights = folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-100])


def break_empty(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"")


def break_index(folder: Path) -> None:
    (folder / "model_index.json").write_bytes(b"\x00\xff{")


@pytest.mark.parametrize("damage", [break_missing, break_truncated, break_empty, break_index])
@pytest.mark.parametrize("when", ["before it was found", "after it was found"])
def test_damaged_models(
    safe_work: StudioBench, damage: Callable[[Path], None], when: str, atelier_home: Path
) -> None:
    folder = write_model_folder(atelier_home / "data" / "models" / "second", title="Second")
    studio = safe_work.studio
    if when == "after it was found":
        studio.library.refresh()
        assert studio.library.find("Second")
    damage(folder)
    with pytest.raises(StudioError) as caught:
        studio.generate(fake_request(model=str(folder)))
    assert caught.value.code in ("damaged_model", "not_a_match")
    assert caught.value.hint
    assert folder.name in str(caught.value) or WEIGHTS.name in str(caught.value)


class Payload:
    """What a malicious checkpoint would do when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, (str(self._marker),))


@pytest.mark.parametrize("name", ["model.ckpt", "model.pt", "model.bin", "model.safetensors"])
@pytest.mark.parametrize("inside_a_folder", [False, True])
def test_a_pickle_checkpoint_never_runs(
    safe_work: StudioBench, name: str, inside_a_folder: bool, tmp_path: Path
) -> None:
    marker = tmp_path / "ran"
    checkpoint = tmp_path / name
    chosen = checkpoint
    if inside_a_folder:
        chosen = write_model_folder(tmp_path / "folder")
        (chosen / WEIGHTS).unlink()
        checkpoint = (chosen / WEIGHTS).with_name(f"diffusion_pytorch_model{checkpoint.suffix}")
    checkpoint.write_bytes(pickle.dumps(Payload(marker)))
    with pytest.raises(StudioError) as caught:
        safe_work.studio.generate(fake_request(model=str(chosen)))
    assert caught.value.code in ("untrusted_model", "damaged_model", "not_a_match")
    assert caught.value.hint
    safe_work.studio.library.refresh()
    assert not marker.exists()
    pickle.loads(checkpoint.read_bytes())
    assert marker.exists(), "the payload would have run"


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it is ``width`` x ``height`` px."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(100_000, 100_000), (15_000, 15_000), (2**31 - 1, 1)])
def test_a_png_bomb_on_the_canvas(
    safe_work: StudioBench, size: tuple[int, int], tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_bomb(*size))
    safe_work.studio.place_pictures([bomb])
    safe_work.until(lambda: safe_work.notices)
    (notice,) = safe_work.notices
    assert notice.level == "error"
    assert "bomb.png" in notice.message
    assert notice.hint


@pytest.mark.parametrize("start", [b"", b"SQLite format 3\x00"])
def test_a_project_file_of_random_bytes(
    safe_work: StudioBench, start: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = start + random.Random(5).randbytes(50_000)
    path = tmp_path / "noise.atelier"
    path.write_bytes(noise)
    with pytest.raises(StudioError) as caught:
        safe_work.studio.open_project(path)
    assert caught.value.code == "not_a_project"
    assert caught.value.hint
    for command in (["gallery"], ["export", "-o", str(tmp_path / "out.png")]):
        assert refused(capsys, *command, "--project", str(path))["error"] == "not_a_project"
    out = str(tmp_path / "out.png")
    arguments = ("generate", "x", "--model", "paper", "-o", out, "--project", str(path))
    assert refused(capsys, *arguments)["error"] == "not_a_project"
    assert path.read_bytes() == noise


def test_a_folder_that_is_a_file(
    safe_work: StudioBench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    below = tmp_path / "file" / "below"
    for start in (
        lambda: safe_work.studio.new_project(below.with_suffix(".atelier")),
        lambda: safe_work.studio.export_output(
            safe_work.studio.project.history.items()[0].id, 0, below.with_suffix(".png")
        ),
    ):
        with pytest.raises(StudioError) as caught:
            start()
        assert caught.value.hint
    out = str(below.with_suffix(".png"))
    assert refused(capsys, "generate", "x", "--model", "paper", "-o", out)
    assert (tmp_path / "file").read_bytes() == b"content"


def test_a_read_only_disk(
    on_small_disk: Callable[..., dict[str, Any]],
    make_bench: Callable[..., StudioBench],
    work: StudioBench,
    tmp_path: Path,
) -> None:
    work.studio.save_copy(tmp_path / "work.atelier")
    work.until(lambda: work.notices)
    work.close()
    answer = on_small_disk(
        Path(__file__).with_name("read_only_child.py"),
        tmp_path,
        kilobytes=4096,
        before=f'cp "{tmp_path}/work.atelier" . && mount -o remount,ro none "$PWD"',
    )
    ((message, hint),) = answer["told"]
    assert "read-only" in message
    assert hint
    assert answer["opened_instead"] != "work.atelier"
    assert answer["works"] == "done"
    assert answer["new_project"][0] == "read_only"
    assert answer["new_project"][1]
    code, gallery = answer["gallery"]
    assert code == 0
    assert [item["title"] for item in gallery["items"]] == ["what was made before"]
    assert answer["export"][0] == 0
    assert (tmp_path / "out.png").read_bytes()[:4] == b"\x89PNG"
    for command in ("export_there", "generate_there"):
        code, error = answer[command]
        assert (code, error["error"]) == (1, "read_only")
        assert error["hint"]
    assert answer["left"] == ["work.atelier"]


@pytest.fixture(scope="module")
def full_disk(
    on_small_disk: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What a studio said and kept whose disk was full at each thing it writes."""
    folder = tmp_path_factory.mktemp("full")
    child = Path(__file__).with_name("full_disk_child.py")
    return on_small_disk(child, folder, kilobytes=6000)


def assert_told(told: list[list[str]]) -> None:
    assert len(told) == 1, told
    message, hint = told[0]
    assert "disk is full" in message
    assert "Free some space" in hint


def test_a_full_disk_under_the_scratch_folder(full_disk: dict[str, Any]) -> None:
    answer = full_disk["scratch_folder"]
    assert answer["first"][:2] == ["failed", "disk_full"]
    assert answer["first"][2]
    assert_told(answer["told"])
    assert answer["second"] == ["done", 1]
    assert answer["layers"] == 1


def test_a_full_disk_under_the_project(full_disk: dict[str, Any]) -> None:
    answer = full_disk["project_file"]
    assert answer["saved_before"]
    assert_told(answer["told"])
    assert answer["pending"] > 0
    assert (answer["switched"], answer["stayed"]) == ("disk_full", "work.atelier")
    assert answer["saved_after"]
    assert answer["same"]


def test_a_full_disk_when_the_studio_closes(full_disk: dict[str, Any]) -> None:
    answer = full_disk["closing"]
    code, message, hint = answer["problem"]
    assert code == "disk_full"
    assert answer["copy"] in message
    assert hint
    assert answer["same"], "the copy holds everything"
    assert answer["layers_of_old"] == 2, "the file on the full disk is whole, up to the last change"
    assert answer["opens_next"] == answer["copy"]


def test_a_full_disk_under_an_export(full_disk: dict[str, Any]) -> None:
    answer = full_disk["export"]
    assert_told(answer["told"])
    assert answer["former_kept"]
    assert "picture.png" in answer["left"]
    assert not [name for name in answer["left"] if name.startswith(".")], "no half file is left"
    assert answer["after"]

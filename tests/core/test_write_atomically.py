"""Atomic writing: the old file or the new one, never half of one, on full and read-only disks."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from studio.core.errors import StorageProblem
from studio.core.settings import write_atomically

# Runs in a mount namespace of its own, where it may mount a small disk.
_PROGRAM = """
import sys
from pathlib import Path
from studio.core.errors import StorageProblem
from studio.core.settings import write_atomically
path = Path(sys.argv[1])
try:
    write_atomically(path, b"new" * int(sys.argv[2]))
except StorageProblem as problem:
    print(problem.code)
    print(problem)
print(path.read_bytes()[:3].decode())
print(",".join(sorted(each.name for each in path.parent.iterdir())))
"""


def on_a_small_disk(tmp_path: Path, prepare: str, size: int) -> list[str]:
    """Write ``3 * size`` bytes over a file on a disk of 64 kB after the shell lines ``prepare``;
    return the code, the text, the first letters of the file and what lies in its folder."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare (util-linux) is not here: no disk can be mounted")
    disk = tmp_path / "disk"
    disk.mkdir()
    inside = [unshare, "-rm", "sh", "-c"]
    mount = f'mount -t tmpfs -o size=64k none "{disk}"'
    if subprocess.run([*inside, mount], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    script = f'{mount} && cd "{disk}" && printf old > file && {prepare} && exec "$0" -c "$@"'
    done = subprocess.run(
        [*inside, script, sys.executable, _PROGRAM, str(disk / "file"), str(size)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    code, text, content, names = on_a_small_disk(tmp_path, "true", 200_000)
    assert code == "disk_full"
    assert "disk is full" in text
    assert "Free some space" in text
    assert (content, names) == ("old", "file")


def test_a_read_only_disk_keeps_the_old_file(tmp_path: Path) -> None:
    remount = 'mount -o remount,ro none "$PWD"'
    code, text, content, names = on_a_small_disk(tmp_path, remount, 1)
    assert code == "read_only"
    assert "read-only" in text
    assert (content, names) == ("old", "file")


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"first")
    write_atomically(path, b"second, longer")
    write_atomically(path, b"")
    assert path.read_bytes() == b""
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_at_any_step_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(StorageProblem) as caught:
        write_atomically(path, b"new")
    assert caught.value.code == "disk_full"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem) as caught:
        write_atomically(tmp_path / "gone" / "file", b"new")
    assert caught.value.code == "not_found"
    assert str(tmp_path / "gone") in caught.value.message


def test_a_folder_of_that_name_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(StorageProblem, match="is a folder"):
        write_atomically(tmp_path / "file", b"new")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomically(tmp_path / "file", b"new")
    usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == usual


def test_a_name_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [bytes([number]) * 50_000 for number in range(8)]
    threads = [threading.Thread(target=write_atomically, args=(path, each)) for each in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]

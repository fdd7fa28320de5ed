"""The menu entry of a Linux desktop: written whole, points at the program, goes away again."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a Linux desktop's menu")


def install(checkout: Path, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(checkout / "installer/linux/install.sh"), *arguments],
        env=os.environ | {"XDG_DATA_HOME": str(data)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def checkout_at(folder: Path, *, synced: bool = True) -> Path:
    """A checkout as the script sees it; its path may hold anything."""
    linux = folder / "installer/linux"
    linux.mkdir(parents=True)
    for name in ("install.sh", "atelier.desktop.in", "atelier-mime.xml"):
        (linux / name).write_bytes((REPOSITORY / "installer/linux" / name).read_bytes())
    (folder / "resources/icons").mkdir(parents=True)
    (folder / "resources/icons/atelier.svg").write_text("<svg/>")
    if synced:
        program = folder / ".venv/bin/atelier-studio"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return folder


@pytest.mark.parametrize("name", ["plain", "my studio & more", "a|b", 'quote"d', "dollar$HOME"])
def test_the_entry_starts_the_program_of_this_checkout(tmp_path: Path, name: str) -> None:
    checkout, data = checkout_at(tmp_path / name), tmp_path / "data"
    assert install(checkout, data).returncode == 0
    entry = configparser.RawConfigParser()
    entry.read(data / "applications/atelier.desktop")
    # A desktop undoes the value's own escapes first, then the quoting of Exec.
    command = entry["Desktop Entry"]["Exec"].replace("\\\\", "\\")
    quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)" %f', command)
    assert quoted is not None
    assert re.sub(r"\\(.)", r"\1", quoted[1]) == str(checkout / ".venv/bin/atelier-studio")
    assert (data / "icons/hicolor/scalable/apps/atelier.svg").exists()
    assert (data / "mime/packages/atelier.xml").exists()


def test_remove_leaves_nothing_of_it(tmp_path: Path) -> None:
    checkout, data = checkout_at(tmp_path / "here"), tmp_path / "data"
    install(checkout, data)
    assert install(checkout, data, "--remove").returncode == 0
    assert not (data / "applications/atelier.desktop").exists()
    assert not (data / "mime/packages/atelier.xml").exists()


def test_without_the_libraries_it_says_what_to_do(tmp_path: Path) -> None:
    done = install(checkout_at(tmp_path / "here", synced=False), tmp_path / "data")
    assert done.returncode == 1
    assert "uv sync" in done.stderr

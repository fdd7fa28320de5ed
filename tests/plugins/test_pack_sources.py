"""What the pack of drawings is built from: only the very files that are declared."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path

import msgspec
import pytest

from plugins.storyboard.build_sources import PACKAGES, Package, unpack

DEB_MAGIC = b"!<arch>\n"


def tarred(name: str, text: str, mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        entry = tarfile.TarInfo(name)
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def member(name: str, data: bytes) -> bytes:
    header = f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return header + data + b"\n" * (len(data) % 2)


def package(data: bytes, root: str) -> Package:
    digest = hashlib.sha256(data).hexdigest()
    return msgspec.structs.replace(PACKAGES["noto"], sha256=digest, root=root)


def test_every_package_is_declared_with_version_licence_and_hash() -> None:
    for one in PACKAGES.values():
        assert re.fullmatch(r"[0-9a-f]{64}", one.sha256)
        assert one.version.rpartition(":")[2] in one.file
        assert one.licence


@pytest.mark.parametrize("kind", ["tgz", "deb"])
def test_a_declared_file_is_unpacked_whatever_it_is_called(kind: str, tmp_path: Path) -> None:
    if kind == "tgz":
        data = tarred("package/icons.json", "{}", "w:gz")
    else:
        inside = tarred("package/icons.json", "{}", "w:xz")
        data = DEB_MAGIC + member("debian-binary", b"2.0\n") + member("data.tar.xz", inside)
    (tmp_path / f"renamed.{kind}").write_bytes(data)
    root = unpack(package(data, "package"), tmp_path, tmp_path / "out")
    assert (root / "icons.json").read_text() == "{}"


def test_another_file_is_refused_and_the_right_one_named(tmp_path: Path) -> None:
    (tmp_path / PACKAGES["noto"].file).write_bytes(tarred("package/icons.json", "{}", "w:gz"))
    with pytest.raises(FileNotFoundError, match=re.escape(PACKAGES["noto"].url)):
        unpack(PACKAGES["noto"], tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()

"""Fixtures of the document tests: a project, and things to put into it."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import disk_usage

import pytest

from studio.api.artifacts import ImageArtifact
from studio.api.requests import ModelRef, TextToImage
from studio.document import Project

# document_model.py is shared by these tests and by the processes that they kill.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is room: hundreds of projects need not reach the disk.

    ``test_kill.py`` and the limits of ``test_speed.py`` use the disk.
    """
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and disk_usage(memory).free > 2**30
    folder = memory if roomy else tmp_path_factory.mktemp("document")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield Path(name)


@pytest.fixture
def path_on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disk") / "Meadow.atelier"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Meadow.atelier"


@pytest.fixture
def project(path: Path) -> Iterator[Project]:
    project = Project.create(path)
    yield project
    project.close()


@pytest.fixture
def make_request() -> Callable[..., TextToImage]:
    def make(prompt: str = "a red mushroom in a green meadow", **fields: object) -> TextToImage:
        fields.setdefault("model", ModelRef(id="thumbnail", revision="1"))
        return TextToImage(prompt=prompt, **fields)  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_artifact(tmp_path: Path) -> Callable[..., ImageArtifact]:
    def make(
        content: bytes = b"not really a PNG" * 1000, *, index: int = 0, seed: int = 7
    ) -> ImageArtifact:
        folder = tmp_path / "scratch"
        folder.mkdir(exist_ok=True)
        sha256 = hashlib.sha256(content).hexdigest()
        file = folder / f"{sha256[:12]}-{index}-{len(list(folder.iterdir()))}.png"
        file.write_bytes(content)
        return ImageArtifact(
            path=str(file),
            sha256=sha256,
            media_type="image/png",
            size_bytes=len(content),
            width=512,
            height=640,
            seed=seed,
            index=index,
            thumbnail=b"jpeg of " + sha256.encode(),
        )

    return make

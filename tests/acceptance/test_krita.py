"""Krita opens what is written here and the other way round; only where Krita is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from studio.app.flatten import flatten
from studio.app.landing import landing
from studio.app.layered.openraster_writing import write_openraster
from studio.app.placing import decoded
from studio.document import (
    TILE,
    AddLayer,
    Batch,
    BlendMode,
    ImageDocument,
    Layer,
    Project,
    ResizeCanvas,
    premultiply,
)

MODES = get_args(BlendMode)
# Krita weighs red, green and blue for these by other numbers, and rounds to 8 bits in between.
ROUNDED = {"hue": 3, "saturation": 3, "color": 3, "luminosity": 3}

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(
        not (shutil.which("krita") and shutil.which("xvfb-run")),
        reason="krita or xvfb-run is not installed",
    ),
]


def tile(seed: int, *, opaque: bool) -> bytes:
    """Squares of 16 px, each of one colour."""
    values = np.random.default_rng(seed).integers(0, 256, (16, 16, 4), np.uint8)
    if opaque:
        values[..., 3] = 255
    squares = values.repeat(16, 0).repeat(16, 1)
    return premultiply(np.ascontiguousarray(squares)).tobytes()


def fill(document: ImageDocument, layers: list[AddLayer], width: int, height: int) -> None:
    size = ResizeCanvas(width=width, height=height)
    document.apply(Batch(label="Fill", operations=(size, *layers)))


def shown(document: ImageDocument) -> np.ndarray:
    flat = np.frombuffer(flatten(document), np.uint8)
    return flat.reshape(document.height, document.width, 4).astype(int)


def krita(source: Path, target: Path) -> Path:
    """Let Krita open one file and write another."""
    home = target.parent / "home"
    home.mkdir(exist_ok=True, mode=0o700)
    command = ["xvfb-run", "-a", "krita", "--nosplash", source, "--export", "--export-filename"]
    environment = os.environ | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
    environment.pop("QT_QPA_PLATFORM", None)
    subprocess.run([*command, target], env=environment, capture_output=True, timeout=170)
    assert target.exists()
    return target


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "picture.atelier")
    yield made
    made.close()


def test_every_blend_mode_looks_the_same_in_krita(project: Project, tmp_path: Path) -> None:
    ground = {(column, 0): tile(column, opaque=True) for column in range(len(MODES))}
    layers = [AddLayer(layer=Layer(id="ground", name="Ground"), tiles=ground)]
    for column, mode in enumerate(MODES):
        layer = Layer(id=mode, name=mode, blend_mode=mode, x=column * TILE)
        layers.append(AddLayer(layer=layer, tiles={(0, 0): tile(100 + column, opaque=True)}))
    fill(project.image, layers, len(MODES) * TILE, TILE)
    write_openraster(project.image.snapshot(), tmp_path / "ours.ora")
    with Image.open(krita(tmp_path / "ours.ora", tmp_path / "theirs.png")) as image:
        theirs = np.asarray(image.convert("RGBA")).astype(int)
    apart = np.abs(theirs - shown(project.image)).reshape(TILE, len(MODES), TILE, 4).max((0, 2, 3))
    found = dict(zip(MODES, apart.tolist(), strict=True))
    assert {mode: far for mode, far in found.items() if far > ROUNDED.get(mode, 1)} == {}


@pytest.mark.parametrize("suffix", [".ora", ".psd"])
def test_layers_survive_a_visit_to_krita(suffix: str, project: Project, tmp_path: Path) -> None:
    ground = {(x, y): tile(x + 2 * y, opaque=True) for x in range(2) for y in range(2)}
    clear = {(0, 0): tile(9, opaque=False)}
    half = 128 / 255  # Krita keeps opacity in 8 bits
    layers = [
        AddLayer(layer=Layer(id="a", name="Ground"), tiles=ground),
        AddLayer(layer=Layer(id="b", name="Half", opacity=half, x=40, y=-20), tiles=clear),
        AddLayer(layer=Layer(id="c", name="In", parent="d", x=200, y=100), tiles=clear),
        AddLayer(layer=Layer(id="d", name="Gruppe é", kind="group", opacity=half)),
        AddLayer(layer=Layer(id="e", name="Mul", blend_mode="multiply", x=120), tiles=clear),
        AddLayer(layer=Layer(id="f", name="Hidden", visible=False), tiles=clear),
    ]
    fill(project.image, layers, 500, 300)
    write_openraster(project.image.snapshot(), tmp_path / "ours.ora")
    parts = decoded(krita(tmp_path / "ours.ora", tmp_path / f"theirs{suffix}"))
    other = Project.create(tmp_path / "other.atelier")
    operations = landing(other.image, parts, "theirs", None)
    other.image.apply(Batch(label="Place", operations=tuple(operations)))

    def described(document: ImageDocument) -> list[tuple[object, ...]]:
        names = {layer.id: layer.name for layer in document.layers}
        return [
            (
                *(one.name, one.kind, round(one.opacity, 3), one.visible, one.blend_mode),
                names.get(one.parent, ""),
            )
            for one in document.layers
        ]

    assert described(other.image) == described(project.image)
    assert np.abs(shown(other.image) - shown(project.image)).max() <= 1
    other.close()

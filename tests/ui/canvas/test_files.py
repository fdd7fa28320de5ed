"""Layered files through the window: dropped, opened, exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from studio.app.notices import Notice
from studio.app.studio import Studio
from studio.document import ImageDocument
from studio.ui.canvas.files import with_suffix
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.making import Maker
from tests.ui.canvas.test_workspace import drop


def photoshop(path: Path) -> Path:
    psd = PSDImage.new("RGB", (300, 200))
    group = psd.create_group(name="Boats")
    group.create_pixel_layer(Image.new("RGB", (90, 60), (10, 120, 200)), name="Boat", left=20)
    psd.create_pixel_layer(Image.new("RGB", (300, 20), "red"), name="Line", top=90, opacity=128)
    psd.save(path)
    return path


def offered(path: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return mime


def test_a_dropped_psd_keeps_its_layers_and_is_one_step(
    workspace: CanvasWorkspace, document: ImageDocument, tmp_path: Path, qtbot: QtBot
) -> None:
    assert drop(workspace.view, offered(photoshop(tmp_path / "lake.psd")))
    qtbot.waitUntil(lambda: len(document.layers) == 3)
    assert [layer.name for layer in document.layers] == ["Boat", "Boats", "Line"]
    assert (document.width, document.height) == (300, 200)
    workspace.undo()
    assert document.layers == ()


def test_exported_with_layers_and_dropped_again(
    workspace: CanvasWorkspace,
    document: ImageDocument,
    make: Maker,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels = np.full((40, 50, 4), (200, 30, 60, 255), np.uint8)
    make.layer(pixels, name="Stone", blend_mode="multiply", opacity=0.5)
    make.layer(pixels, name="Moss", x=30)
    offers: list[str] = []

    def answer(parent: object, title: str, name: str, filters: str) -> tuple[str, str]:
        offers.append(filters)
        return str(tmp_path / "out.png"), filters.split(";;")[1]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    workspace.export()
    target = tmp_path / "out.ora"
    qtbot.waitUntil(target.exists)
    assert "*.ora" in offers[0]
    assert drop(workspace.view, offered(target))
    qtbot.waitUntil(lambda: len(document.layers) == 5)
    names = [(layer.name, layer.blend_mode, layer.opacity) for layer in document.layers[2:]]
    assert names == [("Stone", "multiply", 0.5), ("Moss", "normal", 1.0), ("out", "normal", 1.0)]


def test_open_picture_leaves_the_present_project_as_it_is(
    workspace: CanvasWorkspace,
    studio: Studio,
    make: Maker,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = photoshop(tmp_path / "lake.psd")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    first = studio.project
    make.layer(np.full((4, 4, 4), 255, np.uint8), name="Mine")
    workspace.ask_picture()
    qtbot.waitUntil(lambda: len(workspace.document.layers) == 3)
    assert studio.project is not first
    assert workspace.document is studio.project.image
    studio.open_project(first.path)
    assert [layer.name for layer in workspace.document.layers] == ["Mine"]


def test_a_picture_that_cannot_be_opened_changes_nothing(
    workspace: CanvasWorkspace, studio: Studio, make: Maker, tmp_path: Path, qtbot: QtBot
) -> None:
    make.layer(np.full((4, 4, 4), 255, np.uint8), name="Mine")
    notices: list[Notice] = []
    studio.notice.connect(notices.append)
    first = studio.project
    bad = tmp_path / "bad.ora"
    bad.write_bytes(b"PK\x03\x04" + bytes(60))
    studio.open_picture(bad)
    qtbot.waitUntil(lambda: bool(notices))
    assert "bad.ora is damaged" in notices[0].message
    assert studio.project is first
    assert [layer.name for layer in first.image.layers] == ["Mine"]
    assert drop(workspace.view, offered(bad))
    qtbot.waitUntil(lambda: len(notices) == 2)
    assert [layer.name for layer in first.image.layers] == ["Mine"]


def test_what_is_shown_in_another_way_is_told(
    workspace: CanvasWorkspace, studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    from psd_tools.constants import BlendMode

    psd = PSDImage.new("RGB", (30, 20))
    image = Image.new("RGB", (30, 20), "red")
    psd.create_pixel_layer(image, name="Odd", blend_mode=BlendMode.VIVID_LIGHT)
    psd.save(tmp_path / "odd.psd")
    notices: list[Notice] = []
    studio.notice.connect(notices.append)
    assert drop(workspace.view, offered(tmp_path / "odd.psd"))
    qtbot.waitUntil(lambda: bool(notices))
    assert notices[0].message == "odd.psd: the blend mode Vivid light became Normal."


@pytest.mark.parametrize(
    ("name", "layered", "expected"),
    [
        ("a", False, "a.png"),
        ("a.jpg", False, "a.jpg"),
        ("a.ora", False, "a.ora"),
        ("a.v2", False, "a.v2.png"),
        ("a", True, "a.ora"),
        ("a.png", True, "a.ora"),
        ("a.v2", True, "a.v2.ora"),
        ("a.ORA", True, "a.ORA"),
    ],
)
def test_name_without_a_fitting_suffix_gets_one(name: str, layered: bool, expected: str) -> None:
    assert with_suffix(Path(name), layered=layered) == Path(expected)

"""Pictures of other programs: their recipe is shown, and its settings can be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.ui.gallery import GalleryWorkspace
from tests.app.recipe_files import A1111, png
from tests.app.test_foreign_recipes_comfyui import basic_graph
from tests.ui.conftest import installed

Show = Callable[[], GalleryWorkspace]


def look_at(gallery: GalleryWorkspace, path: Path, qtbot: QtBot) -> dict[str, str]:
    """Drop a file onto the Gallery and return the recipe that it then shows."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    place, copy, left = QPoint(100, 100), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(gallery, QDragEnterEvent(place, copy, data, left, none))
    QApplication.sendEvent(gallery, QDropEvent(QPointF(place), copy, data, left, none))
    qtbot.waitUntil(lambda: gallery.details.heading.full_text() == path.name)
    return {fact.title: fact.text for fact in gallery.details.facts}


def test_a_picture_of_automatic1111(shown: Show, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "sailor.png"
    path.write_bytes(png({"parameters": A1111}))
    gallery = shown()
    told = look_at(gallery, path, qtbot)
    assert gallery.details.state.text() == "Made with AUTOMATIC1111"
    assert told["Prompt"].startswith("portrait of an old sailor")
    assert told["Avoid"] == "blurry, lowres\nextra fingers"
    assert (told["Seed"], told["Steps"], told["Guidance"]) == ("3141592653", "28", "6.5")
    assert told["Sampler"] == "DPM++ 2M Karras"
    assert told["Model"] == "v1-5-pruned-emaonly"
    assert told["LoRA"] == "film_grain (0.6)"
    notes = gallery.details.hint.text()
    assert "v1-5-pruned-emaonly is not on this machine" in notes
    assert "film_grain must be chosen by hand" in notes
    with qtbot.waitSignal(gallery.use_settings) as given:
        QTest.mouseClick(gallery.details.use_foreign, Qt.MouseButton.LeftButton)
    assert given.args[0]["seed"] == 3141592653
    assert (given.args[0]["width"], given.args[0]["height"]) == (512, 768)
    assert "model" not in given.args[0]


def test_a_picture_of_comfyui_finds_its_model_on_this_machine(
    shown: Show, studio: Studio, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = installed("dreamshaper", title="Dreamshaper 8", path="/models/Dreamshaper_8.safetensors")
    monkeypatch.setattr(studio.library, "models", lambda task=None: [here])
    path = tmp_path / "bottle.png"
    path.write_bytes(png({"prompt": json.dumps(basic_graph())}))
    gallery = shown()
    told = look_at(gallery, path, qtbot)
    assert gallery.details.state.text() == "Made with ComfyUI"
    assert told["Prompt"] == "a glass bottle with a galaxy"
    assert told["Model"] == "dreamshaper_8 (here: Dreamshaper 8)"
    assert not gallery.details.hint.isVisible(), "nothing is left out"
    with qtbot.waitSignal(gallery.use_settings) as given:
        QTest.mouseClick(gallery.details.use_foreign, Qt.MouseButton.LeftButton)
    assert given.args[0]["model"].id == "dreamshaper"
    assert given.args[0]["sampler"] == "DPM++ 2M Karras"


def test_one_generation_can_be_asked_for_even_behind_filters(
    shown: Show, studio: Studio, make: Callable[..., object], qtbot: QtBot
) -> None:
    wanted = make.generation("a red boat", count=2)  # type: ignore[attr-defined]
    make.generation("a blue house")  # type: ignore[attr-defined]
    gallery = shown()
    gallery.show_item(wanted)
    assert {entry.item.id for entry in gallery.chosen()} == {wanted}
    gallery.toolbar.search.setText("blue")
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 1)
    gallery.show_item(wanted)
    assert {entry.item.id for entry in gallery.chosen()} == {wanted}
    assert gallery.toolbar.search.text() == ""

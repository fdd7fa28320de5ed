"""The workspace as a whole: shortcuts, drops, paste, tools, and another project."""

from __future__ import annotations

import gc
import io
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QPainter,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.document import ImageDocument, Project
from studio.ui.canvas.drops import CANDIDATE_MIME, candidate_mime, is_picture
from studio.ui.canvas.overlays import paint_hint
from studio.ui.canvas.workspace import CanvasWorkspace
from studio.ui.theme import current_tokens
from tests.ui.canvas.making import Maker, plain

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def drag(view: QWidget, start: QPoint, end: QPoint) -> None:
    """Drag with the left button."""
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(view, left, none, start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, left, none, end)


def drop(view: QWidget, mime: QMimeData) -> bool:
    """Drop what ``mime`` offers on a widget; return whether it was taken."""
    place = QPoint(100, 100)
    copy = Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place, copy, mime, left, none)
    QApplication.sendEvent(view, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(place), copy, mime, left, none)
    QApplication.sendEvent(view, event)
    return event.isAccepted()


def png(colour: tuple[int, int, int], size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def test_ctrl_z_and_ctrl_shift_z(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument
) -> None:
    make.layer(plain((9, 9, 9, 255)), name="Stone")
    assert workspace.bar.undo_button.toolTip() == "Undo: Add Stone (Ctrl+Z)"
    assert not workspace.bar.redo_button.isEnabled()
    QTest.keyClick(workspace.view, Qt.Key.Key_Z, CTRL)
    assert document.layers == ()
    QTest.keyClick(workspace.view, Qt.Key.Key_Z, CTRL | SHIFT)
    assert [layer.name for layer in document.layers] == ["Stone"]
    QTest.mouseClick(workspace.bar.undo_button, Qt.MouseButton.LeftButton)
    assert document.layers == ()
    assert workspace.bar.redo_button.isEnabled()


def test_a_dropped_png_becomes_a_layer(
    workspace: CanvasWorkspace, document: ImageDocument, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "lake.png"
    path.write_bytes(png((10, 120, 200), (300, 200)))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    assert drop(workspace.view, mime)
    qtbot.waitUntil(lambda: len(document.layers) == 1)
    assert document.layers[0].name == "lake"
    assert (document.width, document.height) == (300, 200)
    qtbot.waitUntil(lambda: not workspace.view.compositor.busy)
    middle = workspace.view.viewport.to_view(QPointF(150, 100)).toPoint()
    assert workspace.view.grab().toImage().pixelColor(middle) == QColor(10, 120, 200)


def test_dropped_image_data_becomes_a_layer(
    workspace: CanvasWorkspace, document: ImageDocument, qtbot: QtBot
) -> None:
    image = QImage(40, 30, QImage.Format.Format_ARGB32)
    image.fill(QColor(1, 2, 3, 255))
    mime = QMimeData()
    mime.setImageData(image)
    assert drop(workspace.view, mime)
    qtbot.waitUntil(lambda: len(document.layers) == 1)
    layer = document.layers[0]
    pixels = np.frombuffer(document.tile(layer.id, (0, 0)) or b"", np.uint8).reshape(256, 256, 4)
    assert tuple(pixels[10, 10]) == (1, 2, 3, 255)


def test_a_candidate_dropped_on_the_canvas_is_kept(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, qtbot: QtBot
) -> None:
    key = make.candidate()
    mime = QMimeData()
    mime.setData(CANDIDATE_MIME, candidate_mime(key))
    mime.setUrls([QUrl.fromLocalFile("/nowhere/picture.png")])
    assert drop(workspace.view, mime)
    qtbot.waitUntil(lambda: len(document.layers) == 1)
    assert document.layers[0].history_id == key[0]
    assert workspace.candidates.items == ()


@pytest.mark.parametrize("what", ["text", "a text file"])
def test_what_is_no_picture_is_not_taken(
    workspace: CanvasWorkspace, tmp_path: Path, what: str
) -> None:
    mime = QMimeData()
    if what == "text":
        mime.setText("not a picture")
    else:
        mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    assert not drop(workspace.view, mime)


def test_ctrl_v_pastes_a_picture(
    workspace: CanvasWorkspace, document: ImageDocument, qtbot: QtBot
) -> None:
    mime = QMimeData()
    mime.setData("image/png", png((10, 120, 200), (30, 20)))
    QGuiApplication.clipboard().setMimeData(mime)
    QTest.keyClick(workspace.view, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(document.layers) == 1)
    QGuiApplication.clipboard().clear()
    assert document.layers[0].name == "Pasted picture"
    QTest.keyClick(workspace.view, Qt.Key.Key_V, CTRL)
    assert len(document.layers) == 1


def test_v_and_h_choose_the_tool(workspace: CanvasWorkspace, make: Maker) -> None:
    make.layer(plain((9, 9, 9, 255)))
    offset = workspace.view.viewport.offset
    QTest.keyClick(workspace.view, Qt.Key.Key_H)
    assert workspace.bar.hand_button.isChecked()
    drag(workspace.view, QPoint(100, 100), QPoint(140, 110))
    assert workspace.view.viewport.offset - offset == QPointF(40, 10)
    QTest.keyClick(workspace.view, Qt.Key.Key_V)
    assert workspace.bar.move_button.isChecked()


def test_the_zoom_is_shown_and_chosen(workspace: CanvasWorkspace, qtbot: QtBot) -> None:
    QTest.keyClick(workspace.view, Qt.Key.Key_1)
    assert workspace.bar.zoom_button.text() == "100 %"
    workspace.bar.zoom_requested.emit(4.0)
    assert workspace.bar.zoom_button.text() == "400 %"
    QTest.keyClick(workspace.view, Qt.Key.Key_0, CTRL)
    assert workspace.view.viewport.fitted


def test_another_project_takes_the_place_of_the_first(
    workspace: CanvasWorkspace, make: Maker, studio: Studio, tmp_path: Path, qtbot: QtBot
) -> None:
    make.layer(plain((9, 9, 9, 255)))
    workspace.candidates.choose(make.candidate())
    first = studio.project.image
    studio.new_project(tmp_path / "other.atelier")
    assert workspace.document is studio.project.image
    assert workspace.document is not first
    assert workspace.candidates.items == ()
    assert not workspace.view.has_overlay
    assert workspace.layers_panel().model.rowCount() == 0
    assert workspace.size_pill.text().startswith("1024")
    make.layer(plain((9, 9, 9, 255)), name="New")
    assert workspace.layers_panel().model.rowCount() == 1
    qtbot.waitUntil(lambda: not workspace.view.compositor.busy)


def test_a_project_that_is_read_only_tells_why_and_stays_as_it_is(
    workspace: CanvasWorkspace,
    make: Maker,
    studio: Studio,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make.layer(plain((9, 9, 9, 255), 300, 300), name="Stone")
    make.candidate()
    assert studio.project.flush()
    path = studio.project.path
    studio.new_project(tmp_path / "other.atelier")
    project = Project.open(path, read_only=True)
    monkeypatch.setattr(studio, "project", project)
    workspace._on_project(project)
    told: list[str] = []
    studio.notice.connect(lambda notice: told.append(notice.message))
    panel, view = workspace.layers_panel(), workspace.view
    attempts: list[Callable[[], object]] = [
        lambda: panel.toggle_visible(project.image.layers[0].id),
        lambda: panel.model.setData(panel.model.index(0), "Other"),
        lambda: QTest.keyClick(view, Qt.Key.Key_Left, CTRL),
        lambda: drag(view, QPoint(200, 200), QPoint(240, 220)),
        lambda: workspace.undo(),
        lambda: (workspace.candidates.step(1), workspace.candidates.drop()),
    ]
    before = project.image.layers
    for number, attempt in enumerate(attempts, 1):
        attempt()
        assert len(told) == number
        assert project.image.layers == before
    monkeypatch.undo()
    workspace._on_project(studio.project)
    project.close()


def test_every_action_has_its_own_id_and_no_two_share_a_key(workspace: CanvasWorkspace) -> None:
    actions = workspace.all_actions()
    ids = [action.id for action in actions]
    keys = [key for action in actions for key in action.shortcuts]
    assert len(ids) == len(set(ids))
    assert len(keys) == len(set(keys))
    assert all(action.title for action in actions)


def test_every_control_has_an_accessible_name(workspace: CanvasWorkspace, make: Maker) -> None:
    make.candidate()
    make.live(step=1, steps=2)
    nameless = [
        button
        for button in workspace.window().findChildren(QAbstractButton)
        if not (button.accessibleName() or button.text())
    ]
    assert nameless == []


def test_a_closed_workspace_is_let_go_of(studio: Studio, qtbot: QtBot, make: Maker) -> None:
    """Neither the studio's signals nor its timers keep it, or are called without it."""
    workspace = CanvasWorkspace(studio)
    workspace.show()
    panel = workspace.layers_panel()
    qtbot.waitExposed(workspace)
    gone = weakref.ref(workspace)
    workspace.close_document()
    workspace.close()
    panel.deleteLater()
    workspace.deleteLater()
    del workspace, panel
    make.layer(plain((9, 9, 9, 255)))
    make.candidate()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert gone() is None


def test_an_empty_clipboard_offers_nothing(
    workspace: CanvasWorkspace, document: ImageDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nothing:
        def mimeData(self) -> None:
            return None

    monkeypatch.setattr(QGuiApplication, "clipboard", lambda: Nothing())
    assert not is_picture(None)
    assert not workspace.can_paste()
    workspace.trigger("edit.paste")
    assert document.layers == ()


@pytest.mark.parametrize("side", [180, 260, 500])
def test_the_hint_of_an_empty_canvas_lies_within_it(qapp: QApplication, side: int) -> None:
    ground, words = QColor("#0f1012"), set[int]()
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(ground)
    area = QRectF(10, 10, side - 20, side - 20)
    painter = QPainter(image)
    title, text = "Nothing on the canvas yet", "Describe a picture and press Generate, or drop one."
    paint_hint(painter, area, title, text, current_tokens())
    painter.end()
    for y in range(side):
        for x in range(side):
            if image.pixelColor(x, y) != ground:
                assert area.contains(QPointF(x, y)), "painted outside of the canvas"
                words.add(y)
    assert words, "the hint is there"

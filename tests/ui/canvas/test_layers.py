"""The layers panel: by mouse and by keyboard, each edit one undo step."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from studio.document import (
    AddLayer,
    Batch,
    ImageDocument,
    Layer,
    ResizeCanvas,
    split_into_tiles,
)
from studio.ui.canvas.compositor import Compositor
from studio.ui.canvas.layer_list import ROW_HEIGHT, eye_area, name_area
from studio.ui.canvas.layers_panel import LayersPanel
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.making import Maker, plain

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def panel(make: Maker, workspace: CanvasWorkspace) -> LayersPanel:
    """The panel of a document with the layers Red, Green and Blue, bottom first."""
    make.layer(plain((255, 0, 0, 255), 512, 384), name="Red")
    make.layer(plain((0, 255, 0, 255), 256, 256), name="Green", x=20)
    make.layer(plain((0, 0, 255, 128), 100, 100), name="Blue", x=30, y=40)
    QApplication.processEvents()
    return workspace.layers_panel()


def names(document: ImageDocument) -> list[str]:
    return [layer.name for layer in document.layers]


def by_name(document: ImageDocument, name: str) -> Layer:
    return next(layer for layer in document.layers if layer.name == name)


def row_centre(panel: LayersPanel, row: int, area: str = "name") -> QPoint:
    rect = panel.list.visualRect(panel.model.index(row))
    return (eye_area(rect) if area == "eye" else name_area(rect)).center()


def assert_one_step(document: ImageDocument, before: tuple[Layer, ...]) -> None:
    """The edit goes with one undo and comes back with one redo."""
    after = document.layers
    assert after != before
    document.undo()
    assert document.layers == before
    document.redo()
    assert document.layers == after


def test_the_newest_layer_is_on_top_of_the_list_and_active(
    panel: LayersPanel, workspace: CanvasWorkspace
) -> None:
    shown = [panel.model.index(row).data() for row in range(panel.model.rowCount())]
    assert shown == ["Blue", "Green", "Red"]
    layer = workspace.active.layer()
    assert layer is not None
    assert layer.name == "Blue"
    assert panel.list.currentIndex().row() == 0


def test_the_eye_hides_and_shows(panel: LayersPanel, document: ImageDocument, qtbot: QtBot) -> None:
    before = document.layers
    qtbot.mouseClick(panel.list.viewport(), LEFT, pos=row_centre(panel, 1, "eye"))
    assert not by_name(document, "Green").visible
    assert_one_step(document, before)
    qtbot.mouseDClick(panel.list.viewport(), LEFT, pos=row_centre(panel, 1, "eye"))
    assert not panel.list.findChildren(QLineEdit)


def test_a_click_makes_a_layer_the_active_one(
    panel: LayersPanel, workspace: CanvasWorkspace, qtbot: QtBot, document: ImageDocument
) -> None:
    qtbot.mouseClick(panel.list.viewport(), LEFT, pos=row_centre(panel, 2))
    assert workspace.active.layer() == by_name(document, "Red")
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    assert workspace.active.layer() == by_name(document, "Green")


@pytest.mark.parametrize("how", ["double click", "F2"])
def test_a_layer_is_renamed_in_place(
    panel: LayersPanel, document: ImageDocument, qtbot: QtBot, how: str
) -> None:
    before = document.layers
    qtbot.mouseClick(panel.list.viewport(), LEFT, pos=row_centre(panel, 1))
    if how == "F2":
        panel.list.setFocus()
        QTest.keyClick(panel.list, Qt.Key.Key_F2)
    else:
        qtbot.mouseDClick(panel.list.viewport(), LEFT, pos=row_centre(panel, 1))
    field = panel.list.findChildren(QLineEdit)[0]
    field.selectAll()
    QTest.keyClicks(field, "Meadow")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(document) == ["Red", "Meadow", "Blue"])
    assert_one_step(document, before)


def test_rows_are_reordered_by_dragging(panel: LayersPanel, document: ImageDocument) -> None:
    before = document.layers
    view = panel.list.viewport()
    start = row_centre(panel, 0)
    end = QPoint(start.x(), 3 * ROW_HEIGHT - 4)
    QTest.mousePress(view, LEFT, NO_KEY, start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    assert document.layers == before
    QTest.mouseRelease(view, LEFT, NO_KEY, end)
    assert names(document) == ["Blue", "Red", "Green"]
    assert_one_step(document, before)


def test_ctrl_brackets_reorder(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    before = document.layers
    workspace.active.choose(by_name(document, "Green").id)
    QTest.keyClick(workspace.view, Qt.Key.Key_BracketRight, CTRL)
    assert names(document) == ["Red", "Blue", "Green"]
    assert_one_step(document, before)
    for _ in range(3):
        QTest.keyClick(workspace.view, Qt.Key.Key_BracketLeft, CTRL)
    assert names(document) == ["Green", "Red", "Blue"]


def test_the_opacity_slider_shows_at_once_and_is_one_step(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    before, undo = document.layers, document.undo_label
    slider = panel.opacity.slider()
    y = slider.height() // 2
    QTest.mousePress(slider, LEFT, NO_KEY, QPoint(slider.width() - 8, y))
    for x in range(slider.width() - 8, slider.width() // 2, -9):
        QTest.mouseMove(slider, QPoint(x, y))
    assert document.undo_label == undo
    area = workspace.view.compositor.compose_area(workspace.view.rect()).pixelColor(60, 70)
    assert 0 < area.blue() < 110
    QTest.mouseRelease(slider, LEFT, NO_KEY, QPoint(slider.width() // 2, y))
    assert 0.4 < by_name(document, "Blue").opacity < 0.6
    assert_one_step(document, before)


def test_the_opacity_by_keyboard_settles_into_one_step(
    panel: LayersPanel, document: ImageDocument, qtbot: QtBot
) -> None:
    before = document.layers
    for _ in range(5):
        QTest.keyClick(panel.opacity.slider(), Qt.Key.Key_Left)
    assert document.layers == before
    qtbot.waitUntil(lambda: by_name(document, "Blue").opacity == 0.95)
    assert_one_step(document, before)


def test_the_blend_mode_is_chosen_by_keyboard(panel: LayersPanel, document: ImageDocument) -> None:
    before = document.layers
    QTest.keyClick(panel.blend_combo, Qt.Key.Key_Down)
    assert by_name(document, "Blue").blend_mode == "multiply"
    assert_one_step(document, before)


def test_every_blend_mode_has_a_name_and_is_one_the_document_knows(panel: LayersPanel) -> None:
    from typing import get_args

    from studio.document import BlendMode

    combo = panel.blend_combo
    modes = {combo.itemData(row) for row in range(combo.count())}
    assert modes == set(get_args(BlendMode))


def test_a_locked_layer_stays_where_it_is(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    before = document.layers
    qtbot.mouseClick(panel.lock_button, LEFT)
    assert by_name(document, "Blue").locked
    assert_one_step(document, before)
    locked = document.layers
    drag_on_canvas(workspace, QPoint(60, 70), QPoint(160, 170))
    panel.trigger("layer.delete")
    panel.trigger("layer.merge")
    assert document.layers == locked
    assert not panel.opacity.isEnabled()


def test_add_duplicate_and_delete(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    before = document.layers
    workspace.active.choose(by_name(document, "Green").id)
    qtbot.mouseClick(panel.add_button, LEFT)
    assert names(document) == ["Red", "Green", "Layer 4", "Blue"]
    assert workspace.active.layer() == by_name(document, "Layer 4")
    assert_one_step(document, before)
    document.undo()
    workspace.active.choose(by_name(document, "Green").id)
    QTest.keyClick(workspace.view, Qt.Key.Key_J, CTRL)
    assert names(document) == ["Red", "Green", "Green copy", "Blue"]
    copy, original = by_name(document, "Green copy"), by_name(document, "Green")
    assert document.tile(copy.id, (0, 0)) == document.tile(original.id, (0, 0))
    assert_one_step(document, before)
    before = document.layers
    workspace.active.choose(copy.id)
    panel.trigger("layer.delete")
    assert names(document) == ["Red", "Green", "Blue"]
    assert workspace.active.layer() == by_name(document, "Green")
    assert_one_step(document, before)


def test_merging_down_leaves_the_picture_as_it_was(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    def picture() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        compositor = Compositor(document)
        image = compositor.compose_area(workspace.view.rect())
        compositor.close()
        return np.frombuffer(image.constBits(), np.uint8).astype(np.int16)

    before, pixels = document.layers, picture()
    QTest.keyClick(workspace.view, Qt.Key.Key_E, CTRL)
    assert names(document) == ["Red", "Green"]
    assert np.abs(picture() - pixels).max() <= 1
    assert_one_step(document, before)
    document.undo()
    assert (picture() == pixels).all()


def drag_on_canvas(workspace: CanvasWorkspace, start: QPoint, end: QPoint) -> None:
    view = workspace.view
    points = [view.viewport.to_view(point.toPointF()).toPoint() for point in (start, end)]
    QTest.mousePress(view, LEFT, NO_KEY, points[0])
    QTest.mouseMove(view, (points[0] + points[1]) / 2)
    QTest.mouseMove(view, points[1])
    QTest.mouseRelease(view, LEFT, NO_KEY, points[1])


def test_the_move_tool_moves_the_active_layer_in_one_step(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    before = document.layers
    drag_on_canvas(workspace, QPoint(60, 70), QPoint(160, 120))
    moved = by_name(document, "Blue")
    assert abs(moved.x - 130) <= 2
    assert abs(moved.y - 90) <= 2
    assert_one_step(document, before)
    QTest.keyClick(workspace.view, Qt.Key.Key_Up, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert by_name(document, "Blue").y == moved.y - 10


def test_escape_takes_a_move_back(
    panel: LayersPanel, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    before, view = document.layers, workspace.view
    QTest.mousePress(view, LEFT, NO_KEY, QPoint(200, 200))
    QTest.mouseMove(view, QPoint(260, 200))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NO_KEY, QPoint(260, 200))
    assert document.layers == before


def test_thumbnails_follow_the_layers(
    panel: LayersPanel, document: ImageDocument, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: not panel.model.thumbnails.busy)
    picture = panel.model.thumbnails.image(by_name(document, "Green").id)
    assert picture is not None
    scale = picture.width() / document.width
    assert picture.pixelColor(int(100 * scale), int(100 * scale)).green() > 250
    assert picture.pixelColor(int(400 * scale), int(300 * scale)).alpha() == 0


def test_thumbnails_forget_a_layer_that_goes_with_the_size_of_the_canvas(
    qtbot: QtBot, document: ImageDocument, panel: LayersPanel
) -> None:
    thumbnails = panel.model.thumbnails
    qtbot.waitUntil(lambda: not thumbnails.busy)
    added = Layer(id="large", name="Large")
    tiles = split_into_tiles(plain((9, 9, 9, 255), 1024, 768).tobytes(), 1024, 768)
    steps = (ResizeCanvas(width=1024, height=768), AddLayer(layer=added, tiles=tiles))
    document.apply(Batch(label="Keep", operations=steps))
    assert thumbnails.busy
    document.undo()
    qtbot.waitUntil(lambda: not thumbnails.busy)
    assert thumbnails.image("large") is None

"""Selecting by mouse and keyboard, quick mask, the marching outline, and the clipboard."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.document import ImageDocument
from studio.ui import theme
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.hands import ALT, CTRL, LEFT, NO_KEY, SHIFT, Hand
from tests.ui.canvas.making import Maker, plain


@pytest.fixture
def paper(make: Maker, hand: Hand) -> Hand:
    """A hand at a canvas with a white layer and a blue square on it."""
    pixels = plain((255, 255, 255, 255), 512, 384)
    pixels[100:200, 100:200] = (0, 0, 255, 255)
    make.layer(pixels, name="Paper")
    hand.settle()
    return hand


def bounds(hand: Hand) -> tuple[int, int, int, int] | None:
    return hand.workspace.document.selection.bounds()


def test_a_rectangle_by_mouse_is_one_undo_step(paper: Hand, document: ImageDocument) -> None:
    paper.key(Qt.Key.Key_M)
    paper.drag([(50, 60), (120, 90), (150, 140)])
    assert bounds(paper) == (50, 60, 100, 80)
    assert document.undo_label == "Select rectangle"
    document.undo()
    assert document.selection.is_empty


def test_shift_adds_alt_subtracts_and_both_keep_the_overlap(paper: Hand) -> None:
    paper.key(Qt.Key.Key_M)
    paper.drag([(50, 50), (150, 150)])
    paper.drag([(300, 200), (350, 250)], SHIFT)
    assert bounds(paper) == (50, 50, 300, 200)
    paper.drag([(50, 50), (100, 160)], ALT)
    assert bounds(paper) == (100, 50, 250, 200)
    paper.drag([(90, 40), (120, 160)], SHIFT | ALT)
    assert bounds(paper) == (100, 50, 20, 100)


def test_shift_pressed_during_the_drag_makes_a_square(paper: Hand) -> None:
    paper.key(Qt.Key.Key_M)
    view, start, end = paper.view, paper.at((50, 50)), paper.at((150, 90))
    QTest.mousePress(view, LEFT, NO_KEY, start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, LEFT, SHIFT, end)
    paper.settle()
    assert bounds(paper) == (50, 50, 100, 100)


def test_m_with_shift_takes_the_ellipse(paper: Hand) -> None:
    paper.key(Qt.Key.Key_M)
    paper.key(Qt.Key.Key_M, SHIFT)
    assert paper.workspace.toolbox.current == "ellipse"
    paper.drag([(100, 100), (300, 200)])
    mask = paper.mask()
    assert mask[150, 200] == 255
    assert mask[102, 102] == 0
    assert mask.astype(float).sum() / 255 == pytest.approx(np.pi * 100 * 50, rel=0.01)


def test_a_click_beside_takes_the_selection_away(paper: Hand, document: ImageDocument) -> None:
    paper.key(Qt.Key.Key_M)
    paper.drag([(50, 50), (150, 150)])
    paper.click((400, 300))
    assert document.selection.is_empty


def test_the_lasso(paper: Hand) -> None:
    paper.key(Qt.Key.Key_L)
    paper.drag([(50, 50), (250, 50), (250, 250), (50, 250)])
    mask = paper.mask()
    assert mask[100:200, 100:200].min() == 255
    assert mask[:, 260:].max() == 0


def test_a_polygon_closes_by_enter_by_its_first_corner_and_by_a_double_click(
    paper: Hand, document: ImageDocument
) -> None:
    paper.key(Qt.Key.Key_L)
    paper.key(Qt.Key.Key_L, SHIFT)
    corners = [(50.0, 50.0), (250.0, 50.0), (250.0, 250.0)]
    for corner in corners:
        paper.click(corner)
    assert document.selection.is_empty
    paper.key(Qt.Key.Key_Return)
    assert paper.mask()[70, 200] == 255
    assert paper.mask()[200, 70] == 0
    document.undo()
    for corner in [*corners, (400.0, 300.0)]:
        paper.click(corner)
    paper.key(Qt.Key.Key_Backspace)
    paper.click((52, 52))
    assert paper.mask()[70, 200] == 255
    assert bounds(paper) == (50, 50, 200, 200)
    document.undo()
    for corner in corners:
        paper.click(corner)
    QTest.mouseDClick(paper.view, LEFT, NO_KEY, paper.at((250, 250)))
    paper.settle()
    assert bounds(paper) == (50, 50, 200, 200)
    document.undo()
    paper.click((50, 50))
    paper.key(Qt.Key.Key_Escape)
    paper.key(Qt.Key.Key_Return)
    assert document.selection.is_empty


def test_the_wand_takes_what_is_alike(paper: Hand, document: ImageDocument) -> None:
    paper.key(Qt.Key.Key_W)
    paper.click((150, 150))
    assert bounds(paper) == (100, 100, 100, 100)
    paper.click((10, 10), SHIFT)
    assert (paper.mask() == 255).all()
    paper.key(Qt.Key.Key_W, SHIFT)
    assert paper.workspace.toolbox.current == "colour_range"
    paper.click((150, 150))
    assert bounds(paper) == (100, 100, 100, 100)
    assert document.undo_label == "Colour range"


def test_feather_and_grow_of_the_options_bar(paper: Hand) -> None:
    paper.key(Qt.Key.Key_M)
    page = paper.workspace.options.pages["select"]
    field = page.grow.edit()  # type: ignore[attr-defined]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "10")
    QTest.keyClick(field, Qt.Key.Key_Return)
    paper.drag([(100, 100), (200, 200)])
    assert bounds(paper) == (90, 90, 120, 120)


def test_menu_and_keys_all_none_invert_grow_shrink_feather(
    paper: Hand, document: ImageDocument
) -> None:
    workspace = paper.workspace
    paper.key(Qt.Key.Key_A, CTRL)
    assert (paper.mask() == 255).all()
    paper.key(Qt.Key.Key_D, CTRL)
    assert document.selection.is_empty
    paper.key(Qt.Key.Key_M)
    paper.drag([(100, 100), (200, 200)])
    actions = {action.id: action for action in workspace.all_actions()}
    actions["select.grow"].callback()
    paper.settle()
    assert bounds(paper) == (96, 96, 108, 108)
    actions["select.shrink"].callback()
    paper.settle()
    x, y, width, height = bounds(paper) or (0, 0, 0, 0)
    assert (x, y, width, height) == (100, 100, 100, 100)
    actions["select.feather"].callback()
    paper.settle()
    assert 0 < paper.mask()[98, 150] < 128
    paper.key(Qt.Key.Key_I, CTRL | SHIFT)
    assert paper.mask()[150, 150] == 0
    assert paper.mask()[10, 10] == 255
    paper.key(Qt.Key.Key_A, CTRL | SHIFT)
    assert document.selection.is_empty


def test_quick_mask_paints_the_selection_live(paper: Hand, document: ImageDocument) -> None:
    paper.key(Qt.Key.Key_Q)
    assert paper.workspace.toolbox.current == "brush"
    paper.workspace.state.change_brush("quick_mask", size=40, hardness=1.0, smoothing=0)
    layers = document.layers
    paper.drag([(300, 200), (400, 200)], release=False)
    red, green, _ = paper.on_screen((350, 200))
    assert red > green + 50, "what is selected is tinted while it is painted"
    QTest.mouseRelease(paper.view, LEFT, NO_KEY, paper.at((400, 200)))
    paper.settle()
    assert paper.mask()[200, 350] == 255
    assert document.layers == layers
    assert (paper.seen()[200, 350] == 255).all(), "the picture is not painted on"
    paper.key(Qt.Key.Key_E)
    paper.drag([(350, 150), (350, 250)])
    assert paper.mask()[200, 350] == 0
    assert paper.mask()[200, 395] == 255
    paper.key(Qt.Key.Key_Q)
    assert paper.on_screen((310, 200))[:2] == (255, 255)


def test_the_outline_marches_unless_the_artist_wants_it_still(
    paper: Hand, qtbot: QtBot, qapp: QApplication
) -> None:
    paper.key(Qt.Key.Key_M)
    paper.drag([(250, 100), (350, 200)])
    overlay = paper.view.selection_overlay
    qtbot.waitUntil(lambda: overlay.marching)
    first = paper.view.grab().toImage()
    qtbot.waitUntil(lambda: paper.view.grab().toImage() != first)
    theme.apply_theme(qapp, "dark", reduced_motion=True)
    try:
        qtbot.waitUntil(lambda: not overlay.marching)
        still = paper.view.grab().toImage()
        edge = {paper.on_screen((x, 100)) for x in range(255, 345)}
        assert len(edge) == 2, "dark and light stripes"
        assert paper.view.grab().toImage() == still
    finally:
        theme.apply_theme(qapp, "dark")
    paper.key(Qt.Key.Key_D, CTRL)
    qtbot.waitUntil(lambda: not overlay.marching)


@pytest.mark.parametrize("zoom", [0.3, 1.0, 3.0])
def test_the_outline_is_where_the_selection_ends(paper: Hand, zoom: float) -> None:
    paper.key(Qt.Key.Key_M)
    paper.drag([(260, 100), (420, 300)])
    paper.view.set_zoom(zoom)
    paper.view.viewport.centre()
    paper.settle()
    with_outline = paper.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    place = paper.view.viewport.to_view
    from PySide6.QtCore import QPointF

    left, right = place(QPointF(260, 200)), place(QPointF(420, 200))
    y = round(left.y())
    width = with_outline.width()
    dark = {
        x
        for row in range(y - 12, y + 12)
        for x in range(round(left.x()) - 20, min(round(right.x()) + 20, width))
        if x >= 0 and with_outline.pixelColor(x, row).lightness() < 40
    }
    wanted = [x for x in (left.x(), right.x()) if 0 <= x < width]
    assert wanted
    for x in wanted:
        assert min(abs(x - one) for one in dark) <= 2


def test_copy_cut_and_paste_with_other_programs(
    paper: Hand, document: ImageDocument, qtbot: QtBot
) -> None:
    paper.key(Qt.Key.Key_M)
    paper.drag([(100, 100), (150, 160)])
    paper.key(Qt.Key.Key_C, CTRL)
    mime = QGuiApplication.clipboard().mimeData()
    image = QImage(mime.imageData())
    assert (image.width(), image.height()) == (50, 60)
    assert image.pixelColor(10, 10).name() == "#0000ff"
    assert mime.hasFormat("image/png")
    paper.key(Qt.Key.Key_X, CTRL)
    assert not paper.seen()[100:160, 100:150].any()
    assert tuple(paper.seen()[170, 120, :3]) == (0, 0, 255)
    assert document.undo_label == "Clear"
    paper.key(Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(document.layers) == 2)
    assert document.bounds(document.layers[1].id) is not None
    QGuiApplication.clipboard().clear()


def test_delete_clears_what_is_selected(paper: Hand, document: ImageDocument) -> None:
    paper.key(Qt.Key.Key_Delete)
    assert (paper.seen()[..., 3] == 255).all(), "without a selection it is about candidates"
    paper.key(Qt.Key.Key_W)
    paper.click((150, 150))
    paper.key(Qt.Key.Key_Delete)
    assert not paper.seen()[100:200, 100:200].any()
    assert (paper.seen()[:100] == 255).all()


def test_filling_what_is_selected(paper: Hand, document: ImageDocument) -> None:
    paper.workspace.state.set_foreground((9, 8, 7))
    paper.key(Qt.Key.Key_W)
    paper.click((150, 150))
    paper.key(Qt.Key.Key_Backspace, ALT)
    assert (paper.seen()[100:200, 100:200, :3] == (9, 8, 7)).all()
    assert (paper.seen()[:100, :, :3] == 255).all()


def test_a_selection_is_kept_as_a_mask_layer_and_taken_from_it(
    paper: Hand, workspace: CanvasWorkspace, document: ImageDocument
) -> None:
    paper.key(Qt.Key.Key_W)
    paper.click((150, 150))
    before = paper.mask()
    actions = {action.id: action for action in workspace.all_actions()}
    actions["select.save"].callback()
    paper.settle(lambda: len(document.layers) == 2)
    assert document.layers[1].kind == "mask"
    assert (paper.seen()[..., 3] == 255).all(), "a kept selection paints nothing"
    paper.key(Qt.Key.Key_D, CTRL)
    actions["select.layer"].callback()
    paper.settle()
    assert (paper.mask() == before).all()

"""Brush, eraser, fill, gradient, eyedropper, clone, smudge: by mouse, pen and keyboard."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from studio.app.studio import Studio
from studio.document import ChangeLayer, ImageDocument, Select, mask_tiles
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.hands import ALT, LEFT, SHIFT, Hand
from tests.ui.canvas.making import Maker, plain

RED = (220, 30, 10)


@pytest.fixture
def white(make: Maker, workspace: CanvasWorkspace, hand: Hand) -> Hand:
    """A hand at a canvas with one white layer."""
    make.layer(plain((255, 255, 255, 255), 512, 384), name="Paper")
    hand.settle()
    workspace.state.set_foreground(RED)
    workspace.state.change_brush("brush", smoothing=0.0)
    return hand


def test_the_first_stroke_on_an_empty_canvas_makes_a_layer(
    workspace: CanvasWorkspace, document: ImageDocument, hand: Hand
) -> None:
    workspace.state.set_foreground(RED)
    hand.key(Qt.Key.Key_B)
    assert workspace.bar.tool_buttons["brush"].isChecked()
    hand.drag([(100, 100), (150, 100), (200, 100)])
    assert [layer.name for layer in document.layers] == ["Layer 1"]
    assert tuple(hand.seen()[100, 150]) == (*RED, 255)
    assert document.undo_label == "Brush"


def test_a_stroke_is_one_undo_step_and_shows_while_it_is_painted(
    white: Hand, document: ImageDocument
) -> None:
    white.key(Qt.Key.Key_B)
    steps = document.revision
    white.drag([(100, 100), (160, 140), (220, 100)], release=False)
    assert document.revision == steps, "the document learns of it on release"
    assert white.on_screen((160, 140)) == RED
    QTest.mouseRelease(white.view, LEFT, Qt.KeyboardModifier.NoModifier, white.at((220, 100)))
    white.settle()
    assert document.revision == steps + 1
    assert white.on_screen((160, 140)) == RED
    document.undo()
    white.settle()
    assert white.on_screen((160, 140)) == (255, 255, 255)
    assert (white.seen() == 255).all()


def test_escape_takes_a_stroke_back(white: Hand, document: ImageDocument) -> None:
    white.key(Qt.Key.Key_B)
    label = document.undo_label
    white.drag([(100, 100), (200, 150)], release=False)
    white.key(Qt.Key.Key_Escape)
    assert document.undo_label == label
    assert white.on_screen((150, 125)) == (255, 255, 255)
    QTest.mouseRelease(white.view, LEFT, Qt.KeyboardModifier.NoModifier, white.at((200, 150)))
    white.settle()
    assert document.undo_label == label


def test_shift_draws_a_straight_line_from_the_last_end(white: Hand) -> None:
    white.key(Qt.Key.Key_B)
    white.click((50, 50))
    white.click((250, 200), SHIFT)
    pixels = white.seen()
    for share in (0.2, 0.5, 0.8):
        x, y = round(50 + 200 * share), round(50 + 150 * share)
        assert tuple(pixels[y, x, :3]) == RED


def test_a_pen_s_pressure_makes_the_line_thin_and_its_other_end_erases(white: Hand) -> None:
    white.key(Qt.Key.Key_B)
    white.workspace.state.change_brush("brush", size=40, hardness=1.0, smoothing=0.0)
    white.pen([(100, 100, 0.25), (200, 100, 0.25)])
    white.pen([(100, 250, 1.0), (200, 250, 1.0)])
    painted = white.seen()[..., 1] < 128
    assert painted[60:140, 150].sum() == pytest.approx(10, abs=2)
    assert painted[210:290, 150].sum() == pytest.approx(40, abs=2)
    white.pen([(150, 200, 1.0), (150, 300, 1.0)], eraser=True)
    assert not white.seen()[250, 150].any()


def test_tilt_flattens_the_tip(white: Hand) -> None:
    white.key(Qt.Key.Key_B)
    white.workspace.state.change_brush("brush", size=60, hardness=1.0)
    white.pen([(200, 200, 1.0)], tilt=(60, 0))
    painted = white.seen()[..., 1] < 128
    assert painted[200].sum() > 2 * painted[:, 200].sum()


def test_brackets_change_the_size_and_digits_the_opacity(white: Hand) -> None:
    state = white.workspace.state
    white.key(Qt.Key.Key_B)
    before = state.brush("brush").size
    white.key(Qt.Key.Key_BracketRight)
    assert state.brush("brush").size > before
    white.key(Qt.Key.Key_BracketLeft)
    white.key(Qt.Key.Key_BracketLeft)
    assert state.brush("brush").size < before
    white.key(Qt.Key.Key_5)
    assert state.brush("brush").opacity == 0.5
    white.drag([(100, 100), (200, 100), (100, 100)])
    assert white.seen()[100, 150, 1] == pytest.approx((255 + 30) / 2, abs=2)
    white.key(Qt.Key.Key_0)
    assert state.brush("brush").opacity == 1.0
    hardness = state.brush("brush").hardness
    QTest.keyClick(white.view, Qt.Key.Key_BraceLeft, SHIFT)
    assert state.brush("brush").hardness < hardness


def test_the_options_bar_shows_the_brush_and_changes_it(white: Hand) -> None:
    workspace = white.workspace
    white.key(Qt.Key.Key_B)
    page = workspace.options.pages["stroke"]
    field = page.size_field.edit()  # type: ignore[attr-defined]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "90")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert workspace.state.brush("brush").size == 90
    white.key(Qt.Key.Key_E)
    assert field.text() == "48 px", "the eraser has its own brush"
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert workspace.state.brush("eraser").size == 49
    assert workspace.state.brush("brush").size == 90


def test_the_eraser_takes_away(white: Hand, document: ImageDocument) -> None:
    white.key(Qt.Key.Key_E)
    white.drag([(100, 100), (200, 100)])
    assert not white.seen()[100, 150].any()
    assert document.undo_label == "Eraser"


def test_a_locked_layer_is_not_painted_on_and_says_why(
    white: Hand, document: ImageDocument, studio: Studio
) -> None:
    layer = document.layers[0]
    changed = msgspec.structs.replace(layer, locked=True)
    document.apply(ChangeLayer(layer_id=layer.id, changes=changed))
    told: list[str] = []
    studio.notice.connect(lambda notice: told.append(notice.message))
    white.key(Qt.Key.Key_B)
    white.drag([(100, 100), (200, 100)])
    white.click((10, 10))
    assert (white.seen() == 255).all()
    assert told == ["The layer Paper is locked."] * 2


def test_paint_stays_inside_the_selection(white: Hand, document: ImageDocument) -> None:
    chosen = mask_tiles(np.full((80, 60), 255, np.uint8), 120, 90)
    document.apply(Select(tiles=dict(chosen)))
    white.key(Qt.Key.Key_B)
    white.workspace.state.change_brush("brush", size=300)
    white.drag([(150, 130), (160, 130)])
    changed = (white.seen()[..., :3] != 255).any(-1)
    ys, xs = changed.nonzero()
    assert (xs.min(), ys.min(), xs.max(), ys.max()) == (120, 90, 179, 169)


def test_locked_alpha_keeps_the_shape(
    make: Maker, workspace: CanvasWorkspace, document: ImageDocument, hand: Hand
) -> None:
    shape = plain((0, 0, 0, 0), 512, 384)
    shape[100:200, 100:200] = (0, 0, 255, 255)
    make.layer(shape, alpha_locked=True)
    workspace.state.set_foreground(RED)
    hand.key(Qt.Key.Key_B)
    workspace.state.change_brush("brush", size=120)
    hand.drag([(90, 150), (300, 150)])
    after = hand.seen()
    assert (after[..., 3] == shape[..., 3]).all()
    assert tuple(after[150, 150]) == (*RED, 255)


def test_mirrored_strokes(white: Hand, qtbot: object) -> None:
    white.key(Qt.Key.Key_B)
    page = white.workspace.options.pages["stroke"]
    QTest.mouseClick(page.across, LEFT)  # type: ignore[attr-defined]
    white.drag([(100, 100), (140, 160)])
    pixels = white.seen()
    assert tuple(pixels[160, 140, :3]) == RED
    assert tuple(pixels[160, 511 - 140, :3]) == RED
    QTest.mouseClick(page.across, LEFT)  # type: ignore[attr-defined]
    white.workspace.state.change(turns=4)
    white.drag([(256, 40), (256, 60)])
    pixels = white.seen()
    for x, y in ((256, 50), (256, 384 - 50), (256 + 142, 192), (256 - 142, 192)):
        assert tuple(pixels[y, x, :3]) == RED


def test_alt_picks_a_colour_and_x_and_d_exchange_and_reset(white: Hand) -> None:
    state = white.workspace.state
    white.key(Qt.Key.Key_B)
    white.drag([(100, 100), (200, 100)])
    state.set_foreground((1, 2, 3))
    white.click((150, 100), ALT)
    assert state.foreground == RED
    white.key(Qt.Key.Key_X)
    assert state.background == RED
    white.key(Qt.Key.Key_D)
    assert (state.foreground, state.background) == ((0, 0, 0), (255, 255, 255))
    white.key(Qt.Key.Key_I)
    white.click((150, 100))
    assert state.foreground == RED
    white.click((150, 200), SHIFT)
    assert state.background == (255, 255, 255)
    assert state.recent == [RED], "colours that were painted with"


def test_fill_stays_inside_its_outline_and_tolerance(
    make: Maker, workspace: CanvasWorkspace, document: ImageDocument, hand: Hand
) -> None:
    pixels = plain((255, 255, 255, 255), 512, 384)
    pixels[100:105, :300] = pixels[:300, 300:305] = (0, 0, 0, 255)
    pixels[20:40, 20:40] = (240, 240, 240, 255)
    make.layer(pixels)
    workspace.state.set_foreground(RED)
    hand.key(Qt.Key.Key_G)
    hand.click((200, 50))
    seen = hand.seen()
    assert (seen[:100, :300, :3] == RED).all(), "what is nearly white is filled too"
    assert (seen[110:, :300, :3] == 255).all()
    assert document.undo_label == "Fill"
    document.undo()
    workspace.state.change(tolerance=5)
    hand.click((200, 50))
    assert (hand.seen()[20:40, 20:40, :3] == 240).all()
    document.undo()
    workspace.state.change(contiguous=False)
    hand.click((200, 50))
    assert (hand.seen()[200:, 350:, :3] == RED).all()


def test_fill_of_one_layer_or_of_what_is_seen(
    make: Maker, workspace: CanvasWorkspace, document: ImageDocument, hand: Hand
) -> None:
    lines = plain((0, 0, 0, 0), 512, 384)
    lines[150:155, :] = (0, 0, 0, 255)
    make.layer(plain((255, 255, 255, 255), 512, 384))
    make.layer(lines, name="Lines")
    colours = make.layer(plain((0, 0, 0, 0), 1, 1), name="Colours")
    workspace.active.choose(colours.id)
    workspace.state.set_foreground(RED)
    hand.key(Qt.Key.Key_G)
    hand.click((200, 50))
    assert (hand.layer()[:150, :, 3] == 255).all()
    assert not hand.layer()[150:].any(), "the lines of the other layer hold it"
    document.undo()
    workspace.state.change(sample_all=False)
    hand.click((200, 50))
    assert (hand.layer()[..., 3] == 255).all()


def test_a_gradient_goes_from_one_colour_to_the_other(white: Hand, document: ImageDocument) -> None:
    state = white.workspace.state
    state.set_foreground((0, 0, 0))
    state.set_background((200, 100, 0))
    white.key(Qt.Key.Key_G)
    white.key(Qt.Key.Key_G, SHIFT)
    assert white.workspace.toolbox.current == "gradient"
    white.drag([(100, 100), (250, 100), (400, 100)], release=False)
    assert white.on_screen((400, 300))[0] > 150, "shown while it is dragged"
    QTest.mouseRelease(white.view, LEFT, Qt.KeyboardModifier.NoModifier, white.at((400, 100)))
    white.settle(lambda: document.undo_label == "Gradient")
    row = white.seen()[300, :, 0].astype(int)
    assert (row[:100] == 0).all()
    assert (row[400:] == 200).all()
    assert row[250] == pytest.approx(100, abs=1)
    assert (np.diff(row) >= 0).all()


def test_clone_copies_from_where_alt_was_clicked(
    make: Maker, workspace: CanvasWorkspace, studio: Studio, hand: Hand
) -> None:
    pixels = plain((255, 255, 255, 255), 512, 384)
    pixels[80:120, 80:120] = (0, 0, 255, 255)
    make.layer(pixels)
    told: list[str] = []
    studio.notice.connect(lambda notice: told.append(notice.message))
    hand.key(Qt.Key.Key_S)
    hand.click((300, 300))
    assert told == ["There is nothing to clone from yet."]
    hand.click((100, 100), ALT)
    hand.drag([(300, 250), (302, 250)])
    assert tuple(hand.seen()[250, 300, :3]) == (0, 0, 255)
    assert tuple(hand.seen()[100, 100, :3]) == (0, 0, 255)
    hand.drag([(312, 262), (313, 262)])
    assert tuple(hand.seen()[262, 312, :3]) == (0, 0, 255), "the source goes along"


def test_smudge_draws_colour_along(
    make: Maker, workspace: CanvasWorkspace, document: ImageDocument, hand: Hand
) -> None:
    pixels = plain((255, 255, 255, 255), 512, 384)
    pixels[:, :200] = (0, 0, 0, 255)
    make.layer(pixels)
    hand.key(Qt.Key.Key_S)
    hand.key(Qt.Key.Key_S, SHIFT)
    assert workspace.toolbox.current == "smudge"
    hand.drag([(180, 200), (190, 200), (200, 200), (220, 200), (240, 200), (260, 200)])
    seen = hand.seen()
    assert 5 < seen[200, 215, 0] < 250
    assert (seen[100, 215, :3] == 255).all()
    assert (seen[..., 3] == 255).all()
    assert document.undo_label == "Smudge"


def test_a_stroke_on_a_moved_layer_lands_under_the_pen(
    make: Maker, workspace: CanvasWorkspace, document: ImageDocument, hand: Hand
) -> None:
    make.layer(plain((255, 255, 255, 255), 300, 300), x=-77, y=33)
    workspace.state.set_foreground(RED)
    hand.key(Qt.Key.Key_B)
    hand.drag([(100, 100), (120, 100)])
    assert tuple(hand.seen()[100, 110, :3]) == RED
    assert hand.on_screen((110, 100)) == RED


def test_colours_are_chosen_in_the_panel(white: Hand) -> None:
    state = white.workspace.state
    swatches = white.workspace.options.swatches
    assert swatches is not None
    panel = swatches.panel()
    panel.field.setText("#3366cc")
    panel.field.editingFinished.emit()
    assert state.foreground == (0x33, 0x66, 0xCC)
    panel.show()
    corner = QPoint(panel.square.width() - 1, 1)
    QTest.mouseClick(panel.square, LEFT, Qt.KeyboardModifier.NoModifier, corner)
    bright = QColor(*state.foreground)
    assert (bright.hsvSaturation(), bright.value()) == (255, 253)
    assert bright.hsvHue() == pytest.approx(220, abs=1)
    QTest.keyClick(panel.square, Qt.Key.Key_Down, SHIFT)
    assert QColor(*state.foreground).value() == pytest.approx(228, abs=2)
    state.note_used((9, 8, 7))
    QTest.mouseClick(panel.chips[0], LEFT)
    assert state.foreground == (9, 8, 7)
    panel.edit_background(True)
    panel.field.setText("00ff00")
    panel.field.editingFinished.emit()
    assert state.background == (0, 255, 0)
    panel.hide()


def test_the_stroke_goes_on_after_the_pointer_left_the_canvas(
    white: Hand, document: ImageDocument
) -> None:
    white.key(Qt.Key.Key_B)
    white.drag([(480, 200), (560, 200), (560, 260), (480, 260)])
    pixels = white.seen()
    assert tuple(pixels[200, 500, :3]) == RED
    assert tuple(pixels[260, 500, :3]) == RED
    assert document.bounds(document.layers[0].id) == (0, 0, 512, 512)

"""Transform, crop, canvas size and text, by mouse and by keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from studio.document import ImageDocument
from studio.ui.canvas.image_actions import frame_canvas, scale_picture
from studio.ui.canvas.image_dialogs import CanvasSizeDialog, PictureSizeDialog
from studio.ui.canvas.tools.crop import CropTool
from studio.ui.canvas.tools.text import TextTool
from studio.ui.canvas.tools.transform import TransformTool
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.hands import CTRL, LEFT, SHIFT, Hand
from tests.ui.canvas.making import Maker, plain


@pytest.fixture
def square(make: Maker, hand: Hand) -> Hand:
    """A hand at a canvas with a red square at (100, 100), 80 px wide and 60 px high."""
    pixels = plain((0, 0, 0, 0), 512, 384)
    pixels[100:160, 100:180] = (255, 0, 0, 255)
    pixels[100:130, 100:140] = (0, 0, 255, 255)
    make.layer(pixels, name="Square")
    hand.settle()
    return hand


def painted(hand: Hand) -> tuple[int, int, int, int]:
    """Return the box around everything that is seen."""
    ys, xs = (hand.seen()[..., 3] > 127).nonzero()
    return int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1


@pytest.fixture
def transform(square: Hand) -> TransformTool:
    square.key(Qt.Key.Key_T, CTRL)
    tool = square.workspace.toolbox.tool("transform")
    assert isinstance(tool, TransformTool)
    square.settle(lambda: tool.busy)
    return tool


def test_a_drag_inside_moves_and_enter_makes_it_one_step(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    before = document.revision
    square.drag([(140, 130), (150, 150), (190, 230)])
    assert document.revision == before, "only shown so far"
    assert square.on_screen((220, 250)) == (255, 0, 0)
    assert square.on_screen((110, 110)) != (0, 0, 255), "not at its old place any more"
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.revision == before + 1)
    assert painted(square) == (150, 200, 80, 60)
    assert document.undo_label == "Transform"
    assert square.workspace.toolbox.current == "move", "the former tool is back in the hand"
    document.undo()
    assert painted(square) == (100, 100, 80, 60)


def test_escape_leaves_everything_as_it_was(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    before = document.revision
    square.drag([(140, 130), (190, 230)])
    square.key(Qt.Key.Key_Escape)
    assert document.revision == before
    assert not transform.busy
    assert square.on_screen((110, 110)) == (0, 0, 255)


def test_a_corner_scales_and_shift_keeps_the_proportions(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    square.drag([(180, 160), (260, 220)])
    assert [(p.x(), p.y()) for p in transform.corners] == [
        (100, 100), (260, 100), (260, 220), (100, 220),
    ]  # fmt: skip
    square.drag([(260, 220), (340, 230)], SHIFT)
    wide = transform.corners[1].x() - transform.corners[0].x()
    high = transform.corners[3].y() - transform.corners[0].y()
    assert wide / high == pytest.approx(160 / 120)
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Transform")
    x, y, width, height = painted(square)
    assert (x, y) == (100, 100)
    assert abs(width - wide) <= 1
    assert abs(height - high) <= 1


def test_turning_by_dragging_outside_with_shift_in_steps(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    middle = QPointF(140, 130)
    square.drag([(240, 130), (235, 160), (142, 240)], SHIFT)
    first = transform.corners[0] - middle
    assert (first.x(), first.y()) == (pytest.approx(30, abs=0.01), pytest.approx(-40, abs=0.01))
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Transform")
    assert painted(square) == (110, 90, 60, 80)


def test_flips_and_quarter_turns_by_buttons_keep_the_pixels(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    before = square.seen()[100:160, 100:180]
    transform.flip_across()
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Transform")
    assert (square.seen()[100:160, 100:180] == before[:, ::-1]).all()
    document.undo()
    square.key(Qt.Key.Key_T, CTRL)
    square.settle(lambda: transform.busy)
    transform.turn_right()
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Transform")
    assert (square.seen()[90:170, 110:170] == np.rot90(before, -1)).all()


def test_perspective_moves_one_corner(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    page = square.workspace.options.pages["transform"]
    QTest.mouseClick(page.kind.button("perspective"), LEFT)  # type: ignore[attr-defined]
    square.drag([(180, 160), (240, 220)])
    assert transform.corners[2] == QPointF(240, 220)
    assert transform.corners[1] == QPointF(180, 100)
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Transform")
    x, y, width, height = painted(square)
    assert (x, y) == (100, 100)
    assert abs(width - 140) <= 2
    assert abs(height - 120) <= 2


def test_arrow_keys_move_what_is_transformed(
    square: Hand, transform: TransformTool, document: ImageDocument
) -> None:
    square.key(Qt.Key.Key_Right)
    square.key(Qt.Key.Key_Down, SHIFT)
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Transform")
    assert painted(square) == (101, 110, 80, 60)


def test_another_project_ends_a_transform(
    square: Hand, transform: TransformTool, tmp_path: object
) -> None:
    studio = square.workspace._studio
    studio.new_project(studio.project.path.with_name("other.atelier"))
    assert not transform.busy
    square.settle()


def test_cropping_by_dragging_a_frame(
    square: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    square.key(Qt.Key.Key_C)
    tool = workspace.toolbox.tool("crop")
    assert isinstance(tool, CropTool)
    square.drag([(90, 80), (200, 180)])
    square.drag([(200, 180), (220, 200)])
    assert tool.frame().getRect() == (90, 80, 130, 120)
    square.key(Qt.Key.Key_Right)
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Crop")
    assert (document.width, document.height) == (130, 120)
    assert painted(square) == (9, 20, 80, 60)
    document.undo()
    assert (document.width, document.height) == (512, 384)
    assert painted(square) == (100, 100, 80, 60)


def test_a_frame_beyond_the_canvas_extends_it(square: Hand, document: ImageDocument) -> None:
    square.key(Qt.Key.Key_C)
    square.drag([(512, 192), (560, 192)])
    square.key(Qt.Key.Key_Return)
    square.settle(lambda: document.undo_label == "Crop")
    assert (document.width, document.height) == (560, 384)


def test_a_ratio_holds_the_frame_and_escape_forgets_it(
    square: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    square.key(Qt.Key.Key_C)
    tool = workspace.toolbox.tool("crop")
    assert isinstance(tool, CropTool)
    tool.set_ratio(1.0)
    assert tool.frame().getRect() == (64, 0, 384, 384)
    square.drag([(64, 0), (164, 40)])
    assert tool.frame().width() == tool.frame().height()
    square.key(Qt.Key.Key_Escape)
    assert not tool.busy
    assert document.width == 512


def test_the_canvas_size_dialog_keeps_what_the_anchor_says(
    square: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    dialog = CanvasSizeDialog(512, 384, workspace)
    dialog.width_box.setValue(600)
    dialog.height_box.setValue(400)
    assert dialog.frame() == (-44, -8, 600, 400)
    dialog.anchors.button(8).click()
    assert dialog.frame() == (-88, -16, 600, 400)
    frame_canvas(workspace, *dialog.frame())
    square.settle(lambda: document.width == 600)
    assert painted(square) == (188, 116, 80, 60)
    dialog.deleteLater()


def test_the_picture_size_dialog_keeps_the_proportions(
    square: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    dialog = PictureSizeDialog(512, 384, workspace)
    dialog.width_box.setValue(1024)
    assert dialog.new_size() == (1024, 768)
    scale_picture(workspace, *dialog.new_size())
    square.settle(lambda: document.width == 1024)
    x, y, width, height = painted(square)
    assert (x, y, width, height) == (200, 200, 160, 120)
    dialog.deleteLater()


def write(hand: Hand, words: str, place: tuple[float, float]) -> TextTool:
    hand.key(Qt.Key.Key_T)
    hand.click(place)
    tool = hand.workspace.toolbox.tool("text")
    assert isinstance(tool, TextTool)
    assert tool.editor is not None
    QTest.keyClicks(tool.editor, words)
    return tool


def test_text_becomes_a_layer_and_can_be_written_anew(
    square: Hand, document: ImageDocument, workspace: CanvasWorkspace
) -> None:
    workspace.state.set_foreground((0, 128, 0))
    tool = write(square, "Paper boat", (200, 250))
    QTest.keyClick(tool.editor, Qt.Key.Key_Return, CTRL)
    square.settle()
    layer = document.layers[-1]
    assert layer.name == "Paper boat"
    assert layer.text is not None
    assert (layer.text.content, layer.text.colour) == ("Paper boat", "#008000")
    assert document.undo_label == "Add Paper boat"
    ink = square.layer()
    assert (ink[..., 3] > 200).sum() > 300
    assert tuple(ink[ink[..., 3] == 255][0, :3]) == (0, 128, 0)
    wide = int(np.ptp(ink[..., 3].nonzero()[1]))
    square.click((240, 280))
    assert tool.editor is not None
    assert tool.editor.toPlainText() == "Paper boat"
    QTest.keyClicks(tool.editor, "Boat")
    square.click((20, 20))
    assert len(document.layers) == 2, "the same layer, not another one"
    assert document.layers[-1].name == "Boat"
    assert int(np.ptp(square.layer()[..., 3].nonzero()[1])) < 0.7 * wide
    document.undo()
    assert document.layers[-1].text == layer.text
    assert (square.layer() == ink).all()


def test_escape_forgets_a_text_and_an_empty_one_makes_no_layer(
    square: Hand, document: ImageDocument
) -> None:
    tool = write(square, "Not this", (200, 250))
    QTest.keyClick(tool.editor, Qt.Key.Key_Escape)
    assert len(document.layers) == 1
    square.click((200, 250))
    square.click((20, 20))
    assert len(document.layers) == 1


def test_another_tool_keeps_what_was_written(square: Hand, document: ImageDocument) -> None:
    write(square, "Kept", (200, 250))
    square.workspace.choose_tool("brush")
    square.settle()
    assert document.layers[-1].name == "Kept"

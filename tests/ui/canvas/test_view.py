"""The view: zoom, pan and turn with real events, and what is painted on the screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.document import ImageDocument
from studio.ui import theme
from studio.ui.canvas.pictures import ShownPicture
from studio.ui.canvas.view import CanvasView
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.making import Maker, plain

NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(make: Maker, workspace: CanvasWorkspace, qtbot: QtBot) -> CanvasView:
    """A view of a picture with a red left and a green right half."""
    pixels = plain((255, 0, 0, 255), 512, 384)
    pixels[:, 256:] = (0, 255, 0, 255)
    make.layer(pixels)
    settle(workspace.view, qtbot)
    return workspace.view


def settle(view: CanvasView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not view.compositor.busy)
    QApplication.processEvents()


def wheel(
    view: CanvasView,
    place: QPointF,
    notches: int = 1,
    modifiers: Qt.KeyboardModifier = NO_KEY,
    pixels: QPoint | None = None,
) -> None:
    event = QWheelEvent(
        place,
        view.mapToGlobal(place),
        pixels or QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def picture(view: CanvasView) -> QImage:
    return view.grab().toImage()


def colour_at(view: CanvasView, document_point: tuple[float, float]) -> QColor:
    place = view.viewport.to_view(QPointF(*document_point))
    ratio = view.devicePixelRatioF()
    return picture(view).pixelColor(int(place.x() * ratio), int(place.y() * ratio))


def test_the_wheel_zooms_at_the_cursor(view: CanvasView) -> None:
    place = QPointF(300, 220)
    under = view.viewport.to_document(place)
    before = view.viewport.zoom
    for _ in range(7):
        wheel(view, place)
    assert view.viewport.zoom > 3 * before
    moved = view.viewport.to_view(under) - place
    assert moved.manhattanLength() <= 7
    wheel(view, place, notches=-7)
    assert view.viewport.zoom == pytest.approx(before)


@pytest.mark.parametrize(
    ("modifiers", "pixels"),
    [
        (Qt.KeyboardModifier.ShiftModifier, None),
        (Qt.KeyboardModifier.AltModifier, None),
        (NO_KEY, QPoint(13, 21)),
    ],
)
def test_shift_alt_and_trackpads_pan(
    view: CanvasView, modifiers: Qt.KeyboardModifier, pixels: QPoint | None
) -> None:
    zoom, offset = view.viewport.zoom, view.viewport.offset
    wheel(view, QPointF(300, 200), modifiers=modifiers, pixels=pixels)
    assert view.viewport.zoom == zoom
    moved = view.viewport.offset - offset
    if pixels is not None:
        assert moved == QPointF(pixels)
    else:
        assert moved.manhattanLength() > 0


def test_two_fingers_on_a_trackpad_zoom_around_themselves(view: CanvasView) -> None:
    place = QPointF(300, 220)
    under, zoom = view.viewport.to_document(place), view.viewport.zoom
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        view.mapToGlobal(place),
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(view, event)
    assert view.viewport.zoom == pytest.approx(1.5 * zoom)
    assert (view.viewport.to_view(under) - place).manhattanLength() <= 2


def drag(view: CanvasView, button: Qt.MouseButton, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view, button, NO_KEY, start)
    QTest.mouseMove(view, (start + end) / 2)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, button, NO_KEY, end)


def test_the_middle_button_pans(view: CanvasView) -> None:
    offset = view.viewport.offset
    drag(view, Qt.MouseButton.MiddleButton, QPoint(200, 200), QPoint(230, 190))
    assert view.viewport.offset - offset == QPointF(30, -10)


def test_space_with_a_drag_pans_and_does_not_move_the_layer(
    view: CanvasView, document: ImageDocument
) -> None:
    offset, layer = view.viewport.offset, document.layers[0]
    QTest.keyPress(view, Qt.Key.Key_Space)
    drag(view, Qt.MouseButton.LeftButton, QPoint(200, 200), QPoint(180, 260))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert view.viewport.offset - offset == QPointF(-20, 60)
    assert document.layers[0] == layer


@pytest.mark.parametrize("key", [Qt.Key.Key_Plus, Qt.Key.Key_Equal])
def test_keys_zoom_turn_and_fit(view: CanvasView, key: Qt.Key) -> None:
    fitted = view.viewport.zoom
    QTest.keyClick(view, key)
    assert view.viewport.zoom == pytest.approx(fitted * 1.25)
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert view.viewport.zoom == pytest.approx(fitted)
    QTest.keyClick(view, Qt.Key.Key_1)
    assert view.viewport.zoom == 1.0
    QTest.keyClick(view, Qt.Key.Key_6)
    assert view.viewport.angle == 15
    QTest.keyClick(view, Qt.Key.Key_4)
    QTest.keyClick(view, Qt.Key.Key_4)
    assert view.viewport.angle == 345
    QTest.keyClick(view, Qt.Key.Key_5)
    QTest.keyClick(view, Qt.Key.Key_0)
    assert (view.viewport.angle, view.viewport.zoom) == (0, fitted)


def test_the_picture_is_where_the_map_says(view: CanvasView, qtbot: QtBot) -> None:
    for zoom in (0.2, 0.7, 1.0, 3.0):
        view.set_zoom(zoom)
        view.viewport.centre()
        settle(view, qtbot)
        assert colour_at(view, (250, 200)) == QColor(255, 0, 0)
        assert colour_at(view, (262, 200)) == QColor(0, 255, 0)
    view.viewport.rotate_at(QPointF(view.rect().center()), 90)
    view.fit()
    settle(view, qtbot)
    assert colour_at(view, (60, 200)) == QColor(255, 0, 0)
    assert colour_at(view, (450, 200)) == QColor(0, 255, 0)


def test_single_pixels_are_squares_above_200_percent(
    make: Maker, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    pixels = plain((0, 0, 0, 255), 512, 384)
    pixels[::2, ::2] = (255, 255, 255, 255)
    make.layer(pixels)
    workspace.view.set_zoom(8.0)
    settle(workspace.view, qtbot)
    image = picture(workspace.view).convertToFormat(QImage.Format.Format_RGB32)
    grey = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    # Away from the pills in the corner.
    assert set(np.unique(grey[: image.height() - 80, :, :3])) == {0, 255}


def test_panning_paints_the_same_as_painting_anew(view: CanvasView, qtbot: QtBot) -> None:
    view.set_zoom(0.83)
    settle(view, qtbot)
    for step in ((13, 0), (0, -29), (-40, 17), (5, 5)):
        view.viewport.pan_by(QPointF(*step))
        view.navigator.moved.emit()
        settle(view, qtbot)
        panned = picture(view)
        view._frame.invalidate()
        assert picture(view) == panned


def test_no_seams_between_tiles_of_a_half_transparent_layer(
    make: Maker, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 255, 255), 512, 384))
    make.layer(plain((255, 255, 255, 128), 512, 384))
    view = workspace.view
    for zoom in (0.31, 0.77, 1.37, 2.9):
        view.set_zoom(zoom)
        settle(view, qtbot)
        colours = set()
        for y in (200.0, 255.5, 256.0, 259.0):
            colours |= {colour_at(view, (x, y)).name() for x in (200.0, 255.0, 255.9, 256.1, 300)}
        assert len(colours) == 1


def test_transparent_parts_show_the_checkerboard(
    make: Maker, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 0, 0), 512, 384))
    settle(workspace.view, qtbot)
    tokens = theme.current_tokens()
    seen = {colour_at(workspace.view, (x, 100)).name() for x in range(40, 120, 3)}
    assert seen == {QColor(tokens.checker_light).name(), QColor(tokens.checker_dark).name()}


def test_guides_are_drawn_where_they_belong_and_can_be_switched_off(
    view: CanvasView, workspace: CanvasWorkspace, qtbot: QtBot
) -> None:
    without = picture(view)
    qtbot.mouseClick(workspace.options.thirds_button, Qt.MouseButton.LeftButton)
    with_guides = picture(view)
    x = int(view.viewport.to_view(QPointF(512 / 3, 0)).x())
    columns = [
        column
        for column in range(without.width())
        if without.pixel(column, 200) != with_guides.pixel(column, 200)
    ]
    assert x in columns
    assert len(columns) <= 6
    qtbot.mouseClick(workspace.options.thirds_button, Qt.MouseButton.LeftButton)
    assert picture(view) == without


def test_an_empty_canvas_says_what_to_do_first(workspace: CanvasWorkspace, make: Maker) -> None:
    view = workspace.view
    middle = view.rect().center()
    panel = QColor(theme.current_tokens().panel)
    card = [picture(view).pixelColor(middle + QPoint(dx, -24)) for dx in (-150, 150)]
    assert card == [panel, panel]


def test_an_overlay_on_an_empty_canvas_shows_the_size_it_will_get(
    workspace: CanvasWorkspace, document: ImageDocument
) -> None:
    image = QImage(300, 600, QImage.Format.Format_RGB32)
    image.fill(QColor(9, 99, 199))
    workspace.view.set_overlay(ShownPicture(image), QRectF(0, 0, 300, 600))
    assert workspace.size_pill.text().startswith("300")
    assert colour_at(workspace.view, (150, 590)) == QColor(9, 99, 199)
    assert (document.width, document.height, document.layers) == (512, 384, ())


def test_the_theme_can_change_while_the_canvas_is_shown(
    view: CanvasView, qapp: QApplication
) -> None:
    corner: Callable[[], QColor] = lambda: picture(view).pixelColor(2, 2)  # noqa: E731
    dark = corner()
    theme.apply_theme(qapp, "light")
    try:
        assert corner() == QColor(theme.THEMES["light"].canvas)
        assert corner() != dark
    finally:
        theme.apply_theme(qapp, "dark")

"""What a hand does on the canvas, with real events: clicks, drags, pen strokes, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.painting.tile_canvas import Box
from studio.ui.canvas.merged import MergedPixels
from studio.ui.canvas.workspace import CanvasWorkspace

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier

Place = tuple[float, float]


class Hand:
    """Works on one workspace in document px; whole px of the view are hit at 100 %."""

    def __init__(self, workspace: CanvasWorkspace, qtbot: QtBot) -> None:
        self.workspace = workspace
        self.view = workspace.view
        self._qtbot = qtbot
        self.view.set_zoom(1.0)
        self.view.viewport.centre()
        offset = self.view.viewport.offset
        self.view.viewport.offset = QPointF(round(offset.x()), round(offset.y()))
        self.view.navigator.moved.emit()

    def at(self, place: Place) -> QPoint:
        return self.view.viewport.to_view(QPointF(*place)).toPoint()

    def click(self, place: Place, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mouseMove(self.view, self.at(place))
        QTest.mouseClick(self.view, LEFT, keys, self.at(place))
        self.settle()

    def drag(
        self,
        places: Sequence[Place],
        keys: Qt.KeyboardModifier = NO_KEY,
        *,
        release: bool = True,
    ) -> None:
        QTest.mousePress(self.view, LEFT, keys, self.at(places[0]))
        for place in places[1:]:
            QTest.mouseMove(self.view, self.at(place))
        if release:
            QTest.mouseRelease(self.view, LEFT, keys, self.at(places[-1]))
            self.settle()

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.keyClick(self.view, key, keys)
        self.settle()

    def pen(
        self,
        samples: Sequence[tuple[float, float, float]],
        *,
        tilt: tuple[float, float] = (0, 0),
        eraser: bool = False,
    ) -> None:
        """Draw with a pen: (x, y, pressure) each."""
        kind = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
        device = QPointingDevice(
            "pen",
            1,
            QInputDevice.DeviceType.Stylus,
            kind,
            QInputDevice.Capability.Pressure,
            1,
            1,
            "",
            QPointingDeviceUniqueId.fromNumericId(1),
        )
        last = len(samples) - 1
        for number, (x, y, pressure) in enumerate(samples):
            place = QPointF(self.at((x, y)))
            kinds = [QEvent.Type.TabletMove]
            if number == 0:
                kinds = [QEvent.Type.TabletPress]
            if number == last:
                kinds.append(QEvent.Type.TabletRelease)
            for event_type in kinds:
                button = Qt.MouseButton.NoButton
                if event_type != QEvent.Type.TabletMove:
                    button = LEFT
                event = QTabletEvent(
                    event_type,
                    device,
                    place,
                    QPointF(self.view.mapToGlobal(place)),
                    pressure,
                    tilt[0],
                    tilt[1],
                    0.0,
                    0.0,
                    0.0,
                    NO_KEY,
                    button,
                    LEFT,
                )
                QApplication.sendEvent(self.view, event)
        self.settle()

    def settle(self, until: Callable[[], bool] = lambda: True) -> None:
        """Wait until what happens in the background has happened."""
        studio, view = self.workspace._studio, self.view

        def done() -> bool:
            return not studio.busy_in_background and not view.compositor.busy and until()

        self._qtbot.waitUntil(done, timeout=20_000)
        QApplication.processEvents()

    def seen(self) -> np.ndarray:
        """Return the canvas as it is seen: height x width x 4, premultiplied."""
        document = self.workspace.document
        return MergedPixels(document).region(Box(0, 0, document.width, document.height))

    def layer(self) -> np.ndarray:
        """Return the active layer's pixels on the canvas."""
        from studio.ui.canvas.tools.reading import canvas_pixels

        return canvas_pixels(self.workspace.document.snapshot(), self.workspace.active.layer_id)

    def mask(self) -> np.ndarray:
        """Return the selection; nothing selected is all zero."""
        document = self.workspace.document
        return document.selection.region(0, 0, document.width, document.height)

    def on_screen(self, place: Place) -> tuple[int, int, int]:
        """Return the colour of a place on the screen."""
        ratio = self.view.devicePixelRatioF()
        point = self.view.viewport.to_view(QPointF(*place)) * ratio
        colour = self.view.grab().toImage().pixelColor(int(point.x()), int(point.y()))
        return colour.red(), colour.green(), colour.blue()

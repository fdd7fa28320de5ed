"""The two colours and the panel in which they are chosen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from studio.ui.canvas.paint_state import MOST_RECENT, Colour, PaintState
from studio.ui.theme import RADIUS, SPACING, current_tokens
from studio.ui.widgets import set_role

SIDE = 208  # px of the square
STRIP = 16  # px
CHIP = 20  # px


class _Dragged(QWidget):
    """A field on which a point is chosen by mouse or arrow keys; shares in 0 .. 1."""

    moved = Signal(float, float)
    settled = Signal()

    def __init__(self, name: str, size: QSize) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFixedSize(size)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.at = QPointF(0.0, 0.0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = min(max(event.position().x() / max(self.width() - 1, 1), 0.0), 1.0)
        y = min(max(event.position().y() / max(self.height() - 1, 1), 0.0), 1.0)
        self._take(x, y)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.settled.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        far = 0.1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.01
        steps = {
            Qt.Key.Key_Left: (-far, 0.0),
            Qt.Key.Key_Right: (far, 0.0),
            Qt.Key.Key_Up: (0.0, -far),
            Qt.Key.Key_Down: (0.0, far),
        }
        if event.key() not in steps:
            super().keyPressEvent(event)
            return
        dx, dy = steps[Qt.Key(event.key())]
        self._take(min(max(self.at.x() + dx, 0.0), 1.0), min(max(self.at.y() + dy, 0.0), 1.0))
        self.settled.emit()

    def _take(self, x: float, y: float) -> None:
        self.at = QPointF(x, y)
        self.update()
        self.moved.emit(x, y)

    def paint_focus(self, painter: QPainter) -> None:
        """Show the keyboard's focus."""
        if self.hasFocus():
            painter.setPen(QPen(QColor(current_tokens().focus), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


class _Square(_Dragged):
    """Saturation to the right, brightness upwards, of one hue."""

    def __init__(self, name: str) -> None:
        super().__init__(name, QSize(SIDE, 140))
        self.hue = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        across = QLinearGradient(0, 0, self.width(), 0)
        across.setColorAt(0, QColor("#ffffff"))
        across.setColorAt(1, QColor.fromHsvF(self.hue, 1, 1))
        painter.fillRect(self.rect(), across)
        down = QLinearGradient(0, 0, 0, self.height())
        down.setColorAt(0, QColor(0, 0, 0, 0))
        down.setColorAt(1, QColor(0, 0, 0, 255))
        painter.fillRect(self.rect(), down)
        middle = QPointF(self.at.x() * (self.width() - 1), self.at.y() * (self.height() - 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, wide in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.5)):
            painter.setPen(QPen(colour, wide))
            painter.drawEllipse(middle, 6, 6)
        self.paint_focus(painter)
        painter.end()


class _Hues(_Dragged):
    """All hues in a row."""

    def __init__(self, name: str) -> None:
        super().__init__(name, QSize(SIDE, STRIP))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        across = QLinearGradient(0, 0, self.width(), 0)
        for step in range(7):
            across.setColorAt(step / 6, QColor.fromHsvF(min(step / 6, 0.9999), 1, 1))
        painter.fillRect(self.rect(), across)
        x = round(self.at.x() * (self.width() - 1))
        painter.setPen(QPen(QColor(0, 0, 0, 160), 3))
        painter.drawLine(x, 0, x, self.height())
        painter.setPen(QPen(QColor(255, 255, 255), 1))
        painter.drawLine(x, 0, x, self.height())
        self.paint_focus(painter)
        painter.end()


class Swatches(QAbstractButton):
    """Shows both colours; a click opens the panel for the one that was hit."""

    def __init__(self, state: PaintState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._panel: ColourPanel | None = None
        self._background_hit = False
        self.setFixedSize(44, 28)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(self.tr("Colours: X swaps them, D is black on white"))
        state.colours_changed.connect(self._show)
        self.clicked.connect(self.open_panel)
        self._show()

    def _show(self) -> None:
        front, back = hex_of(self._state.foreground), hex_of(self._state.background)
        self.setAccessibleName(self.tr("Colours: {0} on {1}").format(front, back))
        self.update()

    def panel(self) -> ColourPanel:
        """Return the panel, made when it is first asked for."""
        if self._panel is None:
            self._panel = ColourPanel(self._state, self)
        return self._panel

    def open_panel(self) -> None:
        """Show the panel below."""
        panel = self.panel()
        panel.edit_background(self._background_hit)
        panel.adjustSize()
        panel.move(self.mapToGlobal(QPoint(0, self.height() + 4)))
        panel.show()
        panel.square.setFocus()
        self._background_hit = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        self._background_hit = self._back().contains(place) and not self._front().contains(place)
        super().mouseReleaseEvent(event)

    def _front(self) -> QRect:
        return QRect(3, 3, 20, 16)

    def _back(self) -> QRect:
        return QRect(17, 9, 20, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = current_tokens()
        for area, colour in (
            (self._back(), self._state.background),
            (self._front(), self._state.foreground),
        ):
            painter.setPen(QPen(QColor(tokens.edge), 1))
            painter.setBrush(QColor(*colour))
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.focus), 1))
            painter.drawRoundedRect(
                QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS
            )
        painter.end()


class _Chip(QAbstractButton):
    """One of the colours that were used lately."""

    def __init__(self) -> None:
        super().__init__()
        self.colour: Colour | None = None
        self.setFixedSize(CHIP, CHIP)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_colour(self, colour: Colour | None) -> None:
        """Show a colour, or an empty place."""
        self.colour = colour
        self.setEnabled(colour is not None)
        name = hex_of(colour) if colour else self.tr("No colour yet")
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = current_tokens()
        edge = tokens.focus if self.hasFocus() else tokens.edge
        painter.setPen(QPen(QColor(edge), 1))
        painter.setBrush(QColor(*self.colour) if self.colour else QColor(tokens.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()


class ColourPanel(QFrame):
    """A square of saturation and brightness, a strip of hues, a field, and recent colours."""

    def __init__(self, state: PaintState, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._state = state
        self._background = False
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Colour"))
        self.square = _Square(self.tr("Saturation and brightness"))
        self.hues = _Hues(self.tr("Hue"))
        self.field = QLineEdit()
        self.field.setAccessibleName(self.tr("Colour as #rrggbb"))
        self.field.setMaxLength(7)
        self._title = QLabel()
        set_role(self._title, "caption")
        self.chips = [_Chip() for _ in range(MOST_RECENT)]
        self._lay_out()
        self.square.moved.connect(lambda x, y: self._choose())
        self.hues.moved.connect(lambda x, y: self._choose())
        self.field.editingFinished.connect(self._typed)
        for chip in self.chips:
            chip.clicked.connect(lambda _=False, chip=chip: self._take_chip(chip))
        state.colours_changed.connect(self._show)
        self._show()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING[2], SPACING[2], SPACING[2], SPACING[2])
        column.setSpacing(SPACING[1])
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        self.field.setFixedWidth(92)
        row.addWidget(self.field)
        recent = QGridLayout()
        recent.setSpacing(SPACING[0])
        per_row = MOST_RECENT // 2 if MOST_RECENT * (CHIP + SPACING[0]) > SIDE else MOST_RECENT
        for number, chip in enumerate(self.chips):
            recent.addWidget(chip, number // per_row, number % per_row)
        column.addLayout(row)
        column.addWidget(self.square)
        column.addWidget(self.hues)
        column.addLayout(recent)

    def edit_background(self, background: bool) -> None:
        """Choose which of the two colours is changed here."""
        self._background = background
        self._show()

    def _colour(self) -> Colour:
        return self._state.background if self._background else self._state.foreground

    def _set(self, colour: Colour) -> None:
        if self._background:
            self._state.set_background(colour)
        else:
            self._state.set_foreground(colour)

    def _choose(self) -> None:
        hue = min(self.hues.at.x(), 0.9999)
        chosen = QColor.fromHsvF(hue, self.square.at.x(), 1 - self.square.at.y())
        self.square.hue = hue
        self.square.update()
        self._set((chosen.red(), chosen.green(), chosen.blue()))

    def _typed(self) -> None:
        text = self.field.text().strip()
        chosen = QColor(text if text.startswith("#") else f"#{text}")
        if chosen.isValid():
            self._set((chosen.red(), chosen.green(), chosen.blue()))
        self._show()

    def _take_chip(self, chip: _Chip) -> None:
        if chip.colour is not None:
            self._set(chip.colour)

    def _show(self) -> None:
        self._title.setText(
            self.tr("Background colour") if self._background else self.tr("Foreground colour")
        )
        colour = self._colour()
        self.field.setText(hex_of(colour))
        now = QColor(*colour)
        shown = QColor.fromHsvF(
            min(self.hues.at.x(), 0.9999), self.square.at.x(), 1 - self.square.at.y()
        )
        if (shown.red(), shown.green(), shown.blue()) != colour:
            # Grey has no hue: the strip stays where it was.
            if now.hsvHueF() >= 0:
                self.hues.at = QPointF(now.hsvHueF(), 0)
            self.square.hue = min(self.hues.at.x(), 0.9999)
            self.square.at = QPointF(now.hsvSaturationF(), 1 - now.valueF())
        for field in (self.square, self.hues):
            field.update()
        for number, chip in enumerate(self.chips):
            known = number < len(self._state.recent)
            chip.show_colour(self._state.recent[number] if known else None)


def hex_of(colour: Colour) -> str:
    """Return a colour as people write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)

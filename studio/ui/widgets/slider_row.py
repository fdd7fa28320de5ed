"""A number with its name, its value and a slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QSizePolicy, QSlider, QWidget

from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import ElidedLabel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyle


class _Slider(QSlider):
    """A slider that jumps to a click and leaves the wheel to the panel unless it has the focus."""

    typed = Signal(str)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self._on_handle(event):
            self.setValue(self._value_at(event.position().toPoint()))
        super().mousePressEvent(event)

    def _on_handle(self, event: QMouseEvent) -> bool:
        from PySide6.QtWidgets import QStyle

        return self._part(QStyle.SubControl.SC_SliderHandle).contains(event.position().toPoint())

    def _part(self, part: QStyle.SubControl) -> QRect:
        # Here, not at the top: PySide6 makes QStyle's 566 constants when it is first named.
        from PySide6.QtWidgets import QStyle, QStyleOptionSlider

        option = QStyleOptionSlider()
        self.initStyleOption(option)
        return self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)

    def _value_at(self, point: QPoint) -> int:
        from PySide6.QtWidgets import QStyle

        groove = self._part(QStyle.SubControl.SC_SliderGroove)
        handle = self._part(QStyle.SubControl.SC_SliderHandle)
        span = max(1, groove.width() - handle.width())
        position = point.x() - groove.left() - handle.width() // 2
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), position, span)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() and event.text() in "0123456789.,-":
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)


class _ValueField(QLineEdit):
    """The value at the right: reads like a label, and is a field once it is double-clicked."""

    cancelled = Signal()

    def __init__(self, accessible_name: str) -> None:
        super().__init__()
        self.setProperty("role", "value")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(84)
        # QLineEdit keeps 2 px beside its text; the value ends where the slider ends.
        self.setTextMargins(0, 0, -2, 0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(accessible_name)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.selectAll()

    def event(self, event: QEvent) -> bool:
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.OtherFocusReason:
            self.selectAll()


class SliderRow(QWidget):
    """Name left, value right, slider below; the value can be typed.

    Double click on the value, or type digits while the slider has the focus; Enter takes the
    value, Esc leaves it as it was. ``valueChanged`` comes only for real changes.
    """

    valueChanged = Signal(float)

    def __init__(
        self,
        title: str,
        minimum: float,
        maximum: float,
        step: float,
        value: float,
        parent: QWidget | None = None,
        *,
        decimals: int | None = None,
        unit: str = "",
    ) -> None:
        super().__init__(parent)
        self._minimum, self._maximum, self._step = minimum, maximum, step
        self._decimals = _decimals_of(step) if decimals is None else decimals
        self._unit = f" {unit}" if unit else ""
        self._value = value
        self._slider = _Slider()
        self._slider.setRange(0, max(1, round((maximum - minimum) / step)))
        self._slider.setPageStep(max(1, self._slider.maximum() // 10))
        self._slider.setAccessibleName(title)
        self._field = _ValueField(title)
        label = ElidedLabel(title, "caption")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(8)
        layout.setVerticalSpacing(3)
        layout.addWidget(label, 0, 0)
        layout.addWidget(self._field, 0, 1)
        layout.addWidget(self._slider, 1, 0, 1, 2)
        self._slider.valueChanged.connect(self._slid)
        self._slider.typed.connect(self._type)
        self._field.editingFinished.connect(self._entered)
        self._field.returnPressed.connect(self._slider.setFocus)
        self._field.cancelled.connect(self._revert)
        self.setValue(value)
        self._show()

    def slider(self) -> QSlider:
        """Return the slider, which is what takes the focus."""
        return self._slider

    def field(self) -> QLineEdit:
        """Return the field that shows the value."""
        return self._field

    def value(self) -> float:
        """Return the value; it need not lie on a step if it was typed or set."""
        return self._value

    def setValue(self, value: float) -> None:
        """Set the value, brought into the limits."""
        value = round(min(max(value, self._minimum), self._maximum), 6)
        changed = value != self._value
        self._value = value
        with QSignalBlocker(self._slider):
            self._slider.setValue(round((value - self._minimum) / self._step))
        self._show()
        if changed:
            self.valueChanged.emit(value)

    def setToolTip(self, text: str) -> None:
        """Explain the setting on the whole row."""
        super().setToolTip(text)
        self._slider.setAccessibleDescription(text)

    def _show(self) -> None:
        self._field.setText(f"{self._value:.{self._decimals}f}{self._unit}")
        self._field.setCursorPosition(0)

    def _slid(self, position: int) -> None:
        self.setValue(min(self._minimum + position * self._step, self._maximum))

    def _type(self, text: str) -> None:
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.setText(text)
        self._field.setCursorPosition(len(text))

    def _entered(self) -> None:
        text = self._field.text().removesuffix(self._unit).strip().replace(",", ".")
        try:
            value = float(text)
        except ValueError:
            self._show()
            return
        shown = f"{self._value:.{self._decimals}f}"
        if text != shown:
            self.setValue(round(value, self._decimals))
        self._show()

    def _revert(self) -> None:
        self._show()
        self._slider.setFocus()


def _decimals_of(step: float) -> int:
    text = f"{step:.6f}".rstrip("0")
    return len(text.partition(".")[2])

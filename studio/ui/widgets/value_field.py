"""A number with its name in one small field, for a bar: dragged, turned, stepped or typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from studio.ui.widgets.keys import claims_escape
from studio.ui.widgets.labels import set_role

_DRAG = 2.0  # px a step


class _Name(QLabel):
    """The name; dragging it sideways changes the value."""

    dragged = Signal(float)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        set_role(self, "caption")
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self._grip: QPointF | None = None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.globalPosition()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            steps = int((event.globalPosition().x() - self._grip.x()) / _DRAG)
            if steps:
                self._grip = self._grip + QPointF(steps * _DRAG, 0)
                self.dragged.emit(float(steps))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None


class _Value(QLineEdit):
    stepped = Signal(int)
    done = Signal()
    cancelled = Signal()

    def event(self, event: QEvent) -> bool:
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }
        if event.key() in steps:
            self.stepped.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
            self.done.emit()
        else:
            super().keyPressEvent(event)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.accept()
                self.done.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.selectAll()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            self.stepped.emit(1 if event.angleDelta().y() > 0 else -1)
        else:
            event.ignore()


class ValueField(QFrame):
    """Shows "Feather 12 px"; ``valueChanged`` comes for the artist's changes only.

    ``done`` says that the artist has finished typing (Enter or Esc).
    """

    valueChanged = Signal(float)
    done = Signal()

    def __init__(
        self,
        title: str,
        minimum: float,
        maximum: float,
        value: float,
        parent: QWidget | None = None,
        *,
        step: float = 1.0,
        unit: str = "",
        digits: int = 4,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self._minimum, self._maximum, self._step = minimum, maximum, step
        self._unit = f" {unit}" if unit else ""
        self._value = value
        self._name, self._edit = _Name(title), _Value()
        self._edit.setProperty("role", "value")
        self._edit.setAccessibleName(title)
        width = self._edit.fontMetrics().horizontalAdvance("0" * digits + self._unit) + 10
        self._edit.setFixedWidth(width)
        self._edit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 4, 2)
        row.setSpacing(4)
        row.addWidget(self._name)
        row.addWidget(self._edit)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(28)
        self._name.dragged.connect(self._change_by)
        self._edit.stepped.connect(self._change_by)
        self._edit.editingFinished.connect(self._entered)
        self._edit.cancelled.connect(self._show)
        self._edit.done.connect(self.done)
        self._show()

    def edit(self) -> QLineEdit:
        """Return the field itself, which takes the focus."""
        return self._edit

    def value(self) -> float:
        """Return the value."""
        return self._value

    def setValue(self, value: float) -> None:
        """Show a value; nothing is emitted."""
        self._value = min(max(value, self._minimum), self._maximum)
        self._show()

    def _change_by(self, steps: float) -> None:
        self._take(self._value + steps * self._step)

    def _take(self, value: float) -> None:
        value = min(max(value, self._minimum), self._maximum)
        changed = value != self._value
        self._value = value
        self._show()
        if changed:
            self.valueChanged.emit(value)

    def _entered(self) -> None:
        text = self._edit.text().removesuffix(self._unit).strip().rstrip("%px ").replace(",", ".")
        try:
            self._take(float(text))
        except ValueError:
            self._show()

    def _show(self) -> None:
        shown = f"{self._value:.0f}" if self._step >= 1 else f"{self._value:g}"
        self._edit.setText(shown + self._unit)
        self._edit.setCursorPosition(0)

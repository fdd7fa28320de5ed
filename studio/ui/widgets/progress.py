"""The thin orange line that tells how far something is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimerEvent
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from studio.ui.theme import current_tokens, reduced_motion

_STEPS = 1000
_FRAME = 40  # milliseconds


class ProgressLine(QProgressBar):
    """A progress bar of 4 px: a fraction, or "busy" while the length of the work is unknown.

    Busy moves only while it is visible, and stands still where the artist wants no motion.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._phase = 0.0
        self._timer = 0
        self.setTextVisible(False)
        self.setRange(0, _STEPS)
        self.setValue(0)
        self.setFixedHeight(4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Progress"))

    def setFraction(self, fraction: float) -> None:
        """Show 0 .. 1; ends busy."""
        self.setBusy(False)
        self.setValue(round(min(max(fraction, 0.0), 1.0) * _STEPS))
        self.update()

    def fraction(self) -> float:
        """Return what is shown, 0 .. 1."""
        return self.value() / _STEPS

    def setBusy(self, busy: bool) -> None:
        """Show that something happens without saying how far it is."""
        self._busy = busy
        self._run()
        self.update()

    def is_busy(self) -> bool:
        """Whether busy is shown."""
        return self._busy

    def _run(self) -> None:
        moving = self._busy and self.isVisible() and not reduced_motion()
        if moving and not self._timer:
            self._timer = self.startTimer(_FRAME)
        elif not moving and self._timer:
            self.killTimer(self._timer)
            self._timer = 0

    def timerEvent(self, event: QTimerEvent) -> None:
        self._phase = (self._phase + 0.02) % 1.0
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._run()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._run()

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole = QRectF(self.rect())
        radius = whole.height() / 2
        painter.setBrush(QColor(tokens.track))
        painter.drawRoundedRect(whole, radius, radius)
        painter.setBrush(QColor(tokens.accent))
        if self._busy:
            width = whole.width() * 0.3
            left = -width + (whole.width() + width) * (self._phase or 0.5)
            part = QRectF(left, 0, width, whole.height()).intersected(whole)
        else:
            part = QRectF(0, 0, whole.width() * self.fraction(), whole.height())
        if part.width() > 0:
            painter.drawRoundedRect(part, radius, radius)
        painter.end()

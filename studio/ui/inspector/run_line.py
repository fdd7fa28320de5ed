"""What the running job is doing: how far it is, how long it takes, and the way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, IconButton, ProgressLine
from studio.ui.widgets.words import duration


class RunLine(QWidget):
    """One line of text, a progress line and a stop button, as high as the plan line."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = ElidedLabel("", "caption")
        self.progress = ProgressLine()
        self.stop = IconButton("stop", self.tr("Cancel (Esc)"), size=28)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(SPACING[1])
        layout.setVerticalSpacing(SPACING[0])
        layout.addWidget(self.label, 0, 0)
        layout.addWidget(self.progress, 1, 0)
        layout.addWidget(self.stop, 0, 1, 2, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.stop.clicked.connect(self.cancelled)

    def show_progress(
        self, *, phase: str, fraction: float, step: int, steps: int, eta_seconds: float
    ) -> None:
        """Show how far the job is; without steps yet only its phase, such as "Loading"."""
        if steps <= 0:
            self.label.setText(f"{phase}…" if phase else self.tr("Starting…"))
            self.progress.setBusy(True)
            return
        words = [self.tr("Step {step} of {steps}").format(step=step, steps=steps)]
        if eta_seconds >= 0:
            words.append(self.tr("{time} left").format(time=duration(eta_seconds)))
        self.label.setText(" · ".join(words))
        self.progress.setFraction(fraction)

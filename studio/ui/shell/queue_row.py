"""One job of the queue panel."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
)

from studio.api.jobs import JobRecord
from studio.api.requests import ChatTurn, Request
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, IconButton, ProgressLine
from studio.ui.widgets.words import duration


class LiveState(Protocol):
    """What a row shows of a job that waits or runs."""

    @property
    def title(self) -> str: ...
    @property
    def phase(self) -> str: ...
    @property
    def fraction(self) -> float: ...
    @property
    def step(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def eta_seconds(self) -> float: ...


class QueueRow(QFrame):
    """Title, state, progress, and the buttons that fit the job's state.

    ``moved`` carries -1 or 1; ``dragged`` and ``dropped`` a height in the parent, in px.
    """

    cancelled = Signal()
    run_again = Signal()
    discarded = Signal()
    moved = Signal(int)
    dragged = Signal(int)
    dropped = Signal(int)

    def __init__(self, job_id: str) -> None:
        super().__init__()
        self.job_id = job_id
        self._movable = False
        self._dragging = False
        self._pressed_at: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("role", "row")
        self._title = ElidedLabel("")
        self._state = ElidedLabel("", "faint")
        self._progress = ProgressLine()
        self.up = IconButton("up", self.tr("Sooner (Alt+Up)"), size=26)
        self.down = IconButton("down", self.tr("Later (Alt+Down)"), size=26)
        self.cancel = IconButton("close", self.tr("Cancel"), size=26)
        self.again = QPushButton(self.tr("Run again"))
        self.discard = QPushButton(self.tr("Discard"))
        self.discard.setProperty("role", "quiet")
        self._arrange()
        self.up.clicked.connect(lambda: self.moved.emit(-1))
        self.down.clicked.connect(lambda: self.moved.emit(1))
        self.cancel.clicked.connect(self.cancelled)
        self.again.clicked.connect(self.run_again)
        self.discard.clicked.connect(self.discarded)

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(3)
        words.addWidget(self._title)
        words.addWidget(self._state)
        words.addWidget(self._progress)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING[1], 7, SPACING[0], 7)
        layout.setSpacing(2)
        layout.addLayout(words, 1)
        layout.addSpacing(SPACING[0])
        for button in (self.up, self.down, self.cancel, self.again, self.discard):
            layout.addWidget(button)

    def show_job(self, job: JobRecord, live: LiveState | None, place: int, waiting: int) -> None:
        """Show a job.

        Args:
            job: the job.
            live: what it is doing, where that is known.
            place: its place among the waiting jobs, -1 for others.
            waiting: how many wait.
        """
        prompt = " ".join(_words(job.request).split())
        title = (live.title if live else prompt[:80]) or self.tr("Untitled")
        self._title.setText(title)
        self._movable = job.state == "queued" and waiting > 1
        self._progress.setVisible(job.state == "running")
        self.up.setVisible(self._movable)
        self.down.setVisible(self._movable)
        self.up.setEnabled(place > 0)
        self.down.setEnabled(place < waiting - 1)
        interrupted = job.state == "interrupted"
        self.cancel.setVisible(not interrupted)
        self.again.setVisible(interrupted)
        self.discard.setVisible(interrupted)
        self.setCursor(
            Qt.CursorShape.OpenHandCursor if self._movable else Qt.CursorShape.ArrowCursor
        )
        if interrupted:
            self._state.setText(self.tr("Was interrupted"))
        elif job.state == "running" and live is not None:
            self.show_live(live)
        elif place >= 0:
            self._state.setText(self.tr("Next") if place == 0 else self.tr("Waiting"))
        self._name(title)

    def show_live(self, live: LiveState) -> None:
        """Show how far the running job is."""
        if self._progress.isHidden():
            return
        if live.steps <= 0:
            self._state.setText(f"{live.phase}…")
            self._progress.setBusy(True)
            return
        words = [self.tr("Step {step} of {steps}").format(step=live.step, steps=live.steps)]
        if live.eta_seconds >= 0:
            words.append(self.tr("{time} left").format(time=duration(live.eta_seconds)))
        self._state.setText(" · ".join(words))
        self._progress.setFraction(live.fraction)
        self._name(self._title.full_text())

    def title(self) -> str:
        """Return the job's title."""
        return self._title.full_text()

    def state(self) -> str:
        """Return the words below the title."""
        return self._state.full_text()

    def fraction(self) -> float:
        """Return how far the job is, 0 .. 1."""
        return self._progress.fraction()

    def _name(self, title: str) -> None:
        self.setAccessibleName(f"{title}, {self._state.full_text()}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if alt and event.key() in steps and self._movable:
            self.moved.emit(steps[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Delete and not self.cancel.isHidden():
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._movable:
            self._pressed_at = event.position().toPoint().y()
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        distance = abs(event.position().toPoint().y() - self._pressed_at)
        if self._dragging or distance >= QApplication.startDragDistance():
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.dragged.emit(self.mapToParent(event.position().toPoint()).y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragging, self._dragging, self._pressed_at = self._dragging, False, None
        if dragging:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.dropped.emit(self.mapToParent(event.position().toPoint()).y())


def _words(request: Request) -> str:
    """Return what a request was asked in: its prompt, or the last message of a conversation."""
    if isinstance(request, ChatTurn):
        return request.messages[-1].text[:500]
    return str(getattr(request, "prompt", ""))

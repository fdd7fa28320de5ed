"""The line at the foot of the window: device, memory, queue, network and whether all is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from studio.core.units import format_bytes, format_share
from studio.ui.shell.device_meter import DeviceMeter, Segment
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, connect_while_alive, set_role


class StatusBar(QFrame):
    """Tells the state of the studio in one quiet line.

    ``queue_requested`` asks for the queue panel; its sender's place is ``queue_button``.
    """

    queue_requested = Signal()
    offline_requested = Signal()
    device_requested = Signal()

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._failed = False
        self._ends: list[Callable[[], None]] = []
        self.setProperty("role", "status-bar")
        self.setFixedHeight(max(30, self.fontMetrics().height() + 14))
        self._build()
        connect_while_alive(studio.device_changed, self, self.show_device)
        connect_while_alive(studio.worker_changed, self, self.show_device)
        connect_while_alive(studio.project_changed, self, self._follow_project)
        self._follow_project()
        self.show_device()

    def sizeHint(self) -> QSize:
        return QSize(800, self.height())

    def _build(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING[2] + 2, 0, SPACING[1] + 2, 0)
        row.setSpacing(SPACING[1])
        self.device_button = self._button(self.tr("Models in memory"), self.device_requested)
        self.meter = DeviceMeter()
        self.memory_label = ElidedLabel("", "caption")
        self.resident_label = ElidedLabel("", "caption")
        self.queue_button = self._button(self.tr("Queue"), self.queue_requested)
        self.offline_button = self._button(self.tr("Offline"), self.offline_requested)
        self.offline_button.setToolTip(
            self.tr("Atelier does not use the network. Click to read what that means.")
        )
        set_role(self.offline_button, "status", tone="good")
        self.saved_label = ElidedLabel("", "caption")
        self.memory_label.setSizePolicy(
            self.queue_button.sizePolicy().horizontalPolicy(),
            self.memory_label.sizePolicy().verticalPolicy(),
        )
        self.saved_label.setSizePolicy(self.memory_label.sizePolicy())
        self.saved_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        words = (self.tr("Saved"), self.tr("Saving…"), self.tr("Not saved"))
        widest = max(self.fontMetrics().horizontalAdvance(word) for word in words)
        self.saved_label.setFixedWidth(widest)
        row.addWidget(self.device_button)
        row.addWidget(self.meter)
        row.addWidget(self.memory_label)
        row.addSpacing(SPACING[1])
        row.addWidget(self.resident_label, 1)
        row.addWidget(self.queue_button)
        row.addWidget(self.offline_button)
        row.addSpacing(2)
        row.addWidget(self.saved_label)
        row.addSpacing(SPACING[0])

    def _button(self, text: str, clicked: Any) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "status")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(clicked)
        return button

    # -- device --------------------------------------------------------------------------------

    def show_device(self) -> None:
        """Show what the device's memory holds now."""
        studio = self._studio
        device = studio.device
        number = device.id.rpartition(":")[2]
        names = {
            "cuda": self.tr("GPU {number}").format(number=number if number.isdigit() else "0"),
            "cpu": self.tr("CPU"),
            "mps": self.tr("GPU"),
        }
        self.device_button.setText(names[device.kind])
        self.device_button.setToolTip(device.name)
        self.device_button.setAccessibleName(f"{names[device.kind]}, {device.name}")
        parts = [
            Segment(model.title, model.weight_bytes, position)
            for position, model in enumerate(studio.resident)
        ]
        other = studio.used_bytes - sum(part.size_bytes for part in parts)
        parts.append(Segment(self.tr("Working memory"), max(0, other), -1))
        budget = studio.budget_bytes
        self.meter.set_memory(parts, budget)
        used = sum(part.size_bytes for part in parts)
        memory = format_share(used, budget)
        self.memory_label.setText(memory)
        listed = "\n".join(
            f"{part.title}: {format_bytes(part.size_bytes)}" for part in self.meter.segments()
        )
        self.meter.setToolTip(f"{device.name}\n{memory}\n{listed}".strip())
        self.resident_label.setText(self._resident_words())

    def _resident_words(self) -> str:
        states = {
            "starting": self.tr("Getting ready…"),
            "restarting": self.tr("Restarting…"),
            "stopped": "",
        }
        state = states.get(self._studio.worker_state)
        if state is not None:
            return state
        titles = [model.title for model in self._studio.resident]
        if not titles:
            return self.tr("No model in memory")
        return self.tr("{models} resident").format(models=" · ".join(titles))

    # -- project -------------------------------------------------------------------------------

    def _follow_project(self) -> None:
        """Listen to the open project and its queue, and no longer to the former ones."""
        studio = self._studio
        for end in self._ends:
            end()
        self._failed = False
        self._ends = [
            connect_while_alive(studio.project.pending_changed, self, self._show_saved),
            connect_while_alive(studio.project.failed, self, self._not_saved),
            connect_while_alive(studio.queue.changed, self, self._show_queue),
        ]
        self._show_saved()
        self._show_queue()
        self.show_device()

    def _show_saved(self) -> None:
        if self._studio.project.pending == 0:
            self._failed = False
            self.saved_label.setText(self.tr("Saved"))
            self.saved_label.set_role("caption")
        elif not self._failed:
            self.saved_label.setText(self.tr("Saving…"))
            self.saved_label.set_role("faint")

    def _not_saved(self) -> None:
        self._failed = True
        self.saved_label.setText(self.tr("Not saved"))
        self.saved_label.set_role("bad")

    def _show_queue(self) -> None:
        queue = self._studio.queue
        jobs = queue.jobs()
        count = len(jobs)
        text = self.tr("Queue {count}").format(count=count) if count else self.tr("Queue")
        if queue.paused and count:
            text = self.tr("Queue {count} · paused").format(count=count)
        self.queue_button.setText(text)
        self.queue_button.setAccessibleName(text)
        interrupted = any(job.state == "interrupted" for job in jobs)
        tone = "warn" if interrupted or queue.paused else ""
        set_role(self.queue_button, "status", tone=tone)

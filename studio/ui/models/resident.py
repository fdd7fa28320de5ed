"""What is in memory now: every model that the worker holds, and why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.api.plans import ResidentModel
from studio.core.units import format_bytes, format_share
from studio.ui.models.words import placement_in_words, resident_in_words, why_in_words
from studio.ui.theme import SPACING, current_tokens, events
from studio.ui.widgets import Dot, ElidedLabel, separator

PANE_WIDTH = 340  # px, the inspector's place
SMALLEST_PANE = 240  # px, in a narrow window


class ResidentRow(QWidget):
    """One model in memory."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = 0
        self.dot = Dot(side=10)
        self.title = ElidedLabel("")
        self.details = ElidedLabel("", role="faint")
        self.size_label = QLabel()
        self.size_label.setProperty("role", "soft")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.details)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACING[0], 0, SPACING[0])
        row.setSpacing(SPACING[1] + 2)
        row.addWidget(self.dot)
        row.addLayout(words, 1)
        row.addWidget(self.size_label)
        events.changed.connect(self._recolour)

    def show_model(self, model: ResidentModel, place: int, *, detailed: bool) -> None:
        """Show another model; ``place`` gives its colour, the same as in the status bar."""
        self._place = place
        self.title.setText(model.title)
        details = resident_in_words(model)
        if detailed:
            loads = self.tr("loaded {0} times").format(model.load_count)
            if model.load_count == 1:
                loads = self.tr("loaded once")
            details = (
                f"{details} · {placement_in_words(model.placement)} · {model.device} · {loads}"
            )
        self.details.setText(details)
        self.size_label.setText(format_bytes(model.weight_bytes))
        self._recolour()

    def _recolour(self) -> None:
        series = current_tokens().series
        self.dot.set_colour(series[self._place % len(series)])


class ResidentList(QFrame):
    """The models in memory with "Free all", and why they are there.

    The pane beside the cards and the tab "In memory" are both one; the tab is ``detailed``.
    """

    free_clicked = Signal()

    def __init__(self, parent: QWidget | None = None, *, detailed: bool = False) -> None:
        super().__init__(parent)
        self._detailed = detailed
        self.setProperty("role", "window" if detailed else "panel")
        if not detailed:
            self.setMinimumWidth(SMALLEST_PANE)
            self.setMaximumWidth(PANE_WIDTH)
        self._rows: list[ResidentRow] = []
        self.heading = QLabel(self.tr("In memory now"))
        self.heading.setProperty("role", "heading" if detailed else "soft")
        self.free = QPushButton(self.tr("Free all"))
        self.free.setProperty("role", "quiet")
        self.free.clicked.connect(self.free_clicked)
        self.used = QLabel()
        self.used.setProperty("role", "caption")
        self.nothing = QLabel(self.tr("Nothing"))
        self.nothing.setProperty("role", "faint")
        self.why = QLabel()
        self.why.setProperty("role", "caption")
        self.why.setWordWrap(True)
        self.why.setTextFormat(Qt.TextFormat.PlainText)
        self._lay_out()

    def show_models(
        self, resident: Sequence[ResidentModel], used_bytes: int, budget_bytes: int
    ) -> None:
        """Show what is in memory."""
        while len(self._rows) < len(resident):
            row = ResidentRow()
            self._list.addWidget(row)
            self._rows.append(row)
        for place, (row, model) in enumerate(zip(self._rows, resident, strict=False)):
            row.show_model(model, place, detailed=self._detailed)
            row.show()
        for row in self._rows[len(resident) :]:
            row.hide()
        held = sum(model.weight_bytes for model in resident)
        self.used.setText(
            self.tr("Models: {0}").format(format_share(held, budget_bytes))
            + (self.tr(" · in use: {0}").format(format_bytes(used_bytes)) if used_bytes else "")
        )
        self.nothing.setVisible(not resident)
        self.free.setEnabled(bool(resident))
        self.why.setText(why_in_words(resident))

    def sizeHint(self) -> QSize:
        """The pane's width where there is room."""
        return QSize(PANE_WIDTH, super().sizeHint().height())

    def _lay_out(self) -> None:
        body = QWidget()
        body.setProperty("role", "plain")
        column = QVBoxLayout(body)
        column.setContentsMargins(SPACING[3], SPACING[1], SPACING[3], SPACING[3])
        column.setSpacing(SPACING[1])
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.free)
        column.addLayout(head)
        column.addWidget(self.used)
        column.addWidget(self.nothing)
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACING[0])
        column.addLayout(self._list)
        column.addSpacing(SPACING[1])
        column.addWidget(separator())
        title = QLabel(self.tr("Why"))
        title.setProperty("role", "soft")
        column.addWidget(title)
        column.addWidget(self.why)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

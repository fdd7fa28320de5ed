"""The queue: what runs, what waits, what was interrupted - and the order of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QStyle,
    QStyleOption,
    QVBoxLayout,
    QWidget,
)

from studio.ui.shell.queue_row import QueueRow
from studio.ui.theme import SPACING, current_tokens
from studio.ui.widgets import ElidedLabel, EmptyState, IconButton, connect_while_alive, separator

_WIDTH = 380  # px
_HEIGHT, _LOWEST = 420, 200  # px


class _Rows(QWidget):
    """The rows below each other, and the line that shows where a dragged one would go."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "plain")
        self.marker: int | None = None
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(SPACING[1], SPACING[1], SPACING[1], SPACING[1])
        self.column.setSpacing(2)
        self.column.addStretch(1)

    def set_marker(self, y: int | None) -> None:
        """Show the insertion line at ``y`` px, or hide it."""
        self.marker = y
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.marker is not None:
            painter = QPainter(self)
            area = self.rect().adjusted(SPACING[1], 0, -SPACING[1], 0)
            painter.fillRect(
                area.left(), self.marker - 1, area.width(), 2, QColor(current_tokens().accent)
            )
            painter.end()


class QueuePanel(QFrame):
    """Lists the jobs; can stand in a layout, or open above a button with ``show_above``.

    Waiting jobs move by their arrows, by Alt+Up/Down and by dragging. A job that was running when
    the studio ended is offered again.
    """

    closed = Signal()

    def __init__(self, studio: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._anchor: QWidget | None = None
        self._end_queue: Callable[[], None] | None = None
        self._rows: dict[str, QueueRow] = {}
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Queue"))
        self._build()
        connect_while_alive(studio.live_changed, self, self._show_live)
        connect_while_alive(studio.project_changed, self, self._follow_queue)
        self._follow_queue()

    def sizeHint(self) -> QSize:
        rows = self._list.sizeHint().height() if self._rows else self._empty.sizeHint().height()
        head = self._head.sizeHint().height() + 3
        return QSize(_WIDTH, max(_LOWEST, min(_HEIGHT, head + rows)))

    def show_above(self, anchor: QWidget) -> None:
        """Open as a popup whose lower right corner lies above ``anchor``."""
        # The corners outside the rounded border show what is below.
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setWindowFlags(Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self._anchor = anchor
        self._fit()
        self.show()

    def _fit(self) -> None:
        """Be as high as the rows need, with the lower edge where it is."""
        anchor = self._anchor
        if anchor is None:
            return
        self.resize(self.sizeHint())
        corner = anchor.mapToGlobal(QPoint(anchor.width(), -SPACING[0]))
        place = corner - QPoint(self.width(), self.height())
        screen = anchor.screen().availableGeometry()
        place.setX(max(screen.left(), min(place.x(), screen.right() - self.width())))
        place.setY(max(screen.top(), place.y()))
        self.move(place)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card: Qt leaves the background of a translucent window out."""
        option = QStyleOption()
        option.initFrom(self)
        painter = QPainter(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        painter.end()

    def rows(self) -> list[QueueRow]:
        """Return the rows in the order that they are shown in."""
        return [self._rows[job.id] for job in self._studio.queue.jobs() if job.id in self._rows]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    # -- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.pause_button = IconButton("pause", self.tr("Pause the queue"), size=28)
        self._title = ElidedLabel(self.tr("Queue"), "strong")
        self._head = head = QHBoxLayout()
        head.setContentsMargins(SPACING[3], SPACING[1], SPACING[1], SPACING[1])
        head.addWidget(self._title, 1)
        head.addWidget(self.pause_button)
        self._list = _Rows()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(self._list)
        self._empty = EmptyState(
            "queue",
            self.tr("Nothing waits"),
            self.tr("Pictures that you ask for while another one is made line up here."),
        )
        self._pages = QStackedWidget()
        self._pages.addWidget(area)
        self._pages.addWidget(self._empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(separator())
        layout.addWidget(self._pages, 1)
        self.pause_button.clicked.connect(
            lambda: self._studio.queue.pause(not self._studio.queue.paused)
        )

    def _follow_queue(self) -> None:
        if self._end_queue is not None:
            self._end_queue()
        self._end_queue = connect_while_alive(self._studio.queue.changed, self, self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the queue as it is now; rows that stay keep their widgets."""
        jobs = self._studio.queue.jobs()
        wanted = {job.id for job in jobs}
        for job_id in [known for known in self._rows if known not in wanted]:
            row = self._rows.pop(job_id)
            self._list.column.removeWidget(row)
            row.hide()
            row.deleteLater()
        waiting = [job.id for job in jobs if job.state == "queued"]
        for position, job in enumerate(jobs):
            row = self._rows.get(job.id) or self._new_row(job.id)
            if self._list.column.indexOf(row) != position:
                self._list.column.removeWidget(row)
                self._list.column.insertWidget(position, row)
                row.show()  # now, so that its height counts
            place = waiting.index(job.id) if job.id in waiting else -1
            row.show_job(job, self._studio.live.get(job.id), place, len(waiting))
        self._pages.setCurrentIndex(0 if jobs else 1)
        self._show_pause(len(jobs))
        self._fit()

    def _new_row(self, job_id: str) -> QueueRow:
        row = QueueRow(job_id)
        self._rows[job_id] = row
        row.cancelled.connect(lambda: self._studio.cancel(job_id))
        row.run_again.connect(lambda: self._studio.queue.run_interrupted(job_id))
        row.discarded.connect(lambda: self._studio.queue.discard(job_id))
        row.moved.connect(lambda step: self._move_by(job_id, step))
        row.dragged.connect(lambda y: self._drag(row, y))
        row.dropped.connect(lambda y: self._drop(row, y))
        return row

    def _show_pause(self, count: int) -> None:
        paused = self._studio.queue.paused
        self.pause_button.set_icon("play" if paused else "pause")
        self.pause_button.setToolTip(
            self.tr("Let the queue go on") if paused else self.tr("Pause the queue")
        )
        title = self.tr("Queue · paused") if paused else self.tr("Queue")
        self._title.setText(f"{title} · {count}" if count else title)

    def _show_live(self, job_id: str) -> None:
        row, live = self._rows.get(job_id), self._studio.live.get(job_id)
        if row is not None and live is not None:
            row.show_live(live)

    # -- order ---------------------------------------------------------------------------------

    def _waiting_ids(self) -> list[str]:
        return [job.id for job in self._studio.queue.jobs() if job.state == "queued"]

    def _move_by(self, job_id: str, step: int) -> None:
        waiting = self._waiting_ids()
        if job_id in waiting:
            target = waiting.index(job_id) + step
            if 0 <= target < len(waiting):
                self._studio.queue.move(job_id, target)

    def _place_at(self, row: QueueRow, y: int) -> tuple[int, int]:
        """Return the place among the waiting jobs at ``y`` (px in the list), and its line's y."""
        others = [self._rows[known] for known in self._waiting_ids() if known != row.job_id]
        above = [other for other in others if other.geometry().center().y() < y]
        if above:
            return len(above), above[-1].geometry().bottom() + 2
        return 0, others[0].geometry().top() - 1 if others else y

    def _drag(self, row: QueueRow, y: int) -> None:
        self._list.set_marker(self._place_at(row, y)[1])

    def _drop(self, row: QueueRow, y: int) -> None:
        self._list.set_marker(None)
        place, _ = self._place_at(row, y)
        if row.job_id in self._waiting_ids() and self._waiting_ids().index(row.job_id) != place:
            self._studio.queue.move(row.job_id, place)

"""One message of a conversation: what was asked in a bubble, what was answered below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.live import LiveJob
from studio.document import Turn
from studio.ui.chat.answer_body import AnswerBody
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, IconButton, ProgressLine, set_role

_BUBBLE_MARGIN = SPACING[2] + 2
_BUBBLE_SHARE = 0.8  # of the width
_TOLD_MS = 1500


class BranchPager(QWidget):
    """Says "2 of 3" between two arrows: the messages that stand in one place."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turns: list[str] = []
        self._place = 0
        self.former = IconButton("chevron-left", self.tr("The branch before"), size=24)
        self.following = IconButton("chevron-right", self.tr("The next branch"), size=24)
        self._label = QLabel()
        self._label.setProperty("role", "faint")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.former, self._label, self.following):
            layout.addWidget(part)
        self.former.clicked.connect(lambda: self._go(-1))
        self.following.clicked.connect(lambda: self._go(1))

    def text(self) -> str:
        """Return what is shown, such as "2 of 3"."""
        return self._label.text()

    def show_turns(self, turns: Sequence[Turn], current: str) -> None:
        """Show the place of one turn among those that stand there; hidden for a single one."""
        self._turns = [turn.id for turn in turns]
        self._place = self._turns.index(current) if current in self._turns else 0
        count = len(self._turns)
        self._label.setText(self.tr("{0} of {1}").format(self._place + 1, count))
        self.former.setEnabled(self._place > 0)
        self.following.setEnabled(self._place + 1 < count)
        self.setVisible(count > 1 and self.parentWidget() is not None)

    def _go(self, step: int) -> None:
        self.chosen.emit(self._turns[self._place + step])


class MessageView(QWidget):
    """Base of both kinds of messages. The signals carry the id of the turn."""

    edit_requested = Signal(str)
    again_requested = Signal(str)
    more_requested = Signal(str)
    branch_chosen = Signal(str)

    def __init__(self, turn: Turn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.turn = turn
        self.setProperty("role", "plain")
        self.pager = BranchPager()
        self.pager.chosen.connect(self.branch_chosen)
        self.copy = IconButton("copy", self.tr("Copy the text"), size=24)
        self.copy.clicked.connect(self._copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_TOLD_MS)
        self._copied.timeout.connect(lambda: self.copy.set_icon("copy"))

    def show_turn(self, turn: Turn, siblings: Sequence[Turn], live: LiveJob | None) -> None:
        """Show a turn as it is now, what stands beside it, and what its job is doing."""
        self.turn = turn
        self.pager.show_turns(siblings, turn.id)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.turn.text)
        self.copy.set_icon("check")
        self._copied.start()


class QuestionView(MessageView):
    """What the artist asked, at the right."""

    def __init__(self, turn: Turn, parent: QWidget | None = None) -> None:
        super().__init__(turn, parent)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._bubble = QFrame()
        self._bubble.setProperty("role", "bubble")
        inside = QVBoxLayout(self._bubble)
        inside.setContentsMargins(_BUBBLE_MARGIN, SPACING[1], _BUBBLE_MARGIN, SPACING[1])
        inside.addWidget(self._text)
        self.edit = IconButton("canvas", self.tr("Edit: a new branch begins here"), size=24)
        self.edit.clicked.connect(lambda: self.edit_requested.emit(self.turn.id))
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addStretch(1)
        for part in (self.pager, self.edit, self.copy):
            row.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._bubble, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(row)

    def show_turn(self, turn: Turn, siblings: Sequence[Turn], live: LiveJob | None) -> None:
        super().show_turn(turn, siblings, live)
        if self._text.text() != turn.text:
            self._text.setText(turn.text)
            self._text.setAccessibleName(turn.text[:2000])
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def _fit(self) -> None:
        """Make the bubble as wide as its text, up to a share of the width, and as high."""
        room = int(self.width() * _BUBBLE_SHARE) - 2 * _BUBBLE_MARGIN
        flags = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextExpandTabs
        metrics = self._text.fontMetrics()
        needed = metrics.boundingRect(0, 0, max(room, 40), 1 << 20, flags, self._text.text())
        width = min(max(room, 40), needed.width() + 2)
        self._text.setFixedSize(width, max(self._text.heightForWidth(width), metrics.height()))


class AnswerView(MessageView):
    """What a model answered: its name and speed, the text, and what can be done with it."""

    def __init__(self, turn: Turn, parent: QWidget | None = None) -> None:
        super().__init__(turn, parent)
        self._model = ElidedLabel("", "strong")
        self.badge = QLabel()
        self.badge.setProperty("role", "faint")
        heading = QHBoxLayout()
        heading.addWidget(self._model, 1)
        heading.addWidget(self.badge)
        self.body = AnswerBody()
        self.state = QLabel()
        self.state.setProperty("role", "caption")
        self.state.setWordWrap(True)
        self.progress = ProgressLine()
        self.again = QPushButton(self.tr("Write again"))
        self.more = QPushButton(self.tr("Go on"))
        for button in (self.again, self.more):
            button.setProperty("role", "quiet")
        self.again.clicked.connect(lambda: self.again_requested.emit(self.turn.id))
        self.more.clicked.connect(lambda: self.more_requested.emit(self.turn.id))
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING[0])
        for part in (self.pager, self.copy, self.again, self.more):
            row.addWidget(part)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(heading)
        layout.addWidget(self.body)
        layout.addWidget(self.state)
        layout.addWidget(self.progress)
        layout.addWidget(self._row)

    def show_turn(self, turn: Turn, siblings: Sequence[Turn], live: LiveJob | None) -> None:
        super().show_turn(turn, siblings, live)
        self._model.setText(turn.facts.model_title)
        self.body.set_text(turn.text)
        self.body.setHidden(not turn.text)
        self.badge.setText(self._speed(turn))
        self.badge.setToolTip(turn.facts.data_type)
        self._show_state(turn, live)
        self._row.setHidden(turn.unfinished)
        unended = turn.status in ("stopped", "cut", "failed") or turn.facts.finish == "length"
        self.more.setHidden(not (unended and turn.text))

    def _speed(self, turn: Turn) -> str:
        facts = turn.facts
        if turn.unfinished or not facts.answer_tokens:
            return ""
        place = self.tr("processor") if facts.device in ("", "cpu") else self.tr("GPU")
        if facts.tokens_per_second <= 0:
            return place
        return self.tr("{0} tokens/s · {1}").format(f"{facts.tokens_per_second:.0f}", place)

    def _show_state(self, turn: Turn, live: LiveJob | None) -> None:
        words, role = "", "caption"
        loading = False
        match turn.status:
            case "waiting" | "writing" if not turn.text:
                words = live.phase if live is not None else self.tr("Waiting")
                loading = turn.status == "writing"
            case "stopped":
                words = self.tr("Stopped.")
            case "cut":
                words = self.tr("The studio ended while this was written.")
            case "failed":
                words, role = f"{turn.facts.problem} {turn.facts.hint}".strip(), "bad"
            case "done" if turn.facts.finish == "length":
                words = self.tr("This is the longest answer that the settings allow.")
        self.state.setText(words)
        set_role(self.state, role)
        self.state.setHidden(not words)
        self.progress.setHidden(not loading)
        if loading and live is not None:
            if live.fraction > 0:
                self.progress.setFraction(live.fraction)
            else:
                self.progress.setBusy(True)
        elif not loading:
            self.progress.setBusy(False)


def message_view(turn: Turn) -> MessageView:
    """Return a view for a turn, by who said it."""
    return QuestionView(turn) if turn.role == "user" else AnswerView(turn)

"""The conversation: messages one below the other, following the answer while it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from studio.app.live import LiveJob
from studio.document import Turn
from studio.ui.chat.message import MessageView, message_view
from studio.ui.theme import SPACING

_WIDEST = 860  # px; longer lines are hard to read
_NEAR_END = 32  # px from the end within which the view goes along with what is written


class ConversationView(QScrollArea):
    """Shows one branch. It follows the end of an answer until the artist scrolls away from it."""

    edit_requested = Signal(str)
    again_requested = Signal(str)
    more_requested = Signal(str)
    branch_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._views: list[MessageView] = []
        self._follows = True
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))
        inside = QWidget()
        inside.setProperty("role", "plain")
        column = QWidget()
        column.setProperty("role", "plain")
        column.setMaximumWidth(_WIDEST)
        self._layout = QVBoxLayout(column)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(SPACING[4])
        outer = QVBoxLayout(inside)
        outer.setContentsMargins(SPACING[3], SPACING[3], SPACING[3], SPACING[3])
        outer.addWidget(column)
        outer.addStretch(1)
        self.setWidget(inside)
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._grown)

    def views(self) -> list[MessageView]:
        """Return the messages that are shown, in order."""
        return list(self._views)

    def view_of(self, turn_id: str) -> MessageView | None:
        """Return the view of a turn, None when it is not shown."""
        return next((view for view in self._views if view.turn.id == turn_id), None)

    def show_path(
        self,
        path: Sequence[Turn],
        siblings: Callable[[str], Sequence[Turn]],
        live: Callable[[str], LiveJob | None],
    ) -> None:
        """Show a branch; messages that are shown already are kept."""
        for number, turn in enumerate(path):
            if number >= len(self._views) or self._views[number].turn.id != turn.id:
                self._cut(number)
                self._append(turn)
            self._views[number].show_turn(turn, siblings(turn.id), live(turn.id))
        self._cut(len(path))

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._follows = True
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def _append(self, turn: Turn) -> None:
        view = message_view(turn)
        view.edit_requested.connect(self.edit_requested)
        view.again_requested.connect(self.again_requested)
        view.more_requested.connect(self.more_requested)
        view.branch_chosen.connect(self.branch_chosen)
        self._views.append(view)
        self._layout.addWidget(view)

    def _cut(self, length: int) -> None:
        for view in self._views[length:]:
            self._layout.removeWidget(view)
            view.hide()
            view.deleteLater()
        del self._views[length:]

    def _scrolled(self, value: int) -> None:
        self._follows = value >= self.verticalScrollBar().maximum() - _NEAR_END

    def _grown(self, _lowest: int, highest: int) -> None:
        if self._follows:
            self.verticalScrollBar().setValue(highest)

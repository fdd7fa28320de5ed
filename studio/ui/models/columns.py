"""Cards in as many equal columns as the width allows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.ui.theme import SPACING

SMALLEST_CARD = 292  # px


class CardColumns(QWidget):
    """Lays cards out in rows of equal width and reflows them when the page gets another width."""

    def __init__(self, parent: QWidget | None = None, *, smallest: int = SMALLEST_CARD) -> None:
        super().__init__(parent)
        self._smallest = smallest
        self._cards: list[QWidget] = []
        self._shown: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACING[2] + 2)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Narrower than its cards' wishes, or the page could never get back to fewer columns.
        self.setMinimumWidth(smallest)

    @property
    def columns(self) -> int:
        """How many columns there are now."""
        return self._columns

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Show these cards; those of before that are not among them are deleted."""
        for card in self._cards:
            self._grid.removeWidget(card)
            if card not in cards:
                card.hide()
                card.deleteLater()
        self._cards = list(cards)
        for card in cards:
            card.setParent(self)
        self.show_only(cards)

    def show_only(self, shown: Sequence[QWidget]) -> None:
        """Hide the cards that are not among ``shown``, and close the gaps."""
        self._shown = [card for card in self._cards if card in shown]
        for card in self._cards:
            card.setVisible(card in shown)
        self._columns = 0
        self._reflow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Reflow."""
        super().resizeEvent(event)
        self._reflow()

    def _reflow(self) -> None:
        gap = self._grid.horizontalSpacing()
        columns = max(1, (self.width() + gap) // (self._smallest + gap))
        if columns == self._columns:
            return
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        for card in self._cards:
            self._grid.removeWidget(card)
        for place, card in enumerate(self._shown):
            self._grid.addWidget(card, place // columns, place % columns)
        self._grid.activate()

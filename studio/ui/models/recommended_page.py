"""The tab "Recommended": the catalogue as cards, those first that this machine can run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.api.plans import DeviceInfo
from studio.models.catalogue import CatalogueEntry
from studio.models.installed import InstalledModel
from studio.ui.models.cards import RecommendedCard
from studio.ui.models.columns import CardColumns
from studio.ui.theme import SPACING
from studio.ui.widgets import EmptyState


class RecommendedPage(QWidget):
    """Models worth having, in the catalogue's order."""

    use_model = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "plain")
        self.cards: list[RecommendedCard] = []
        self.columns = CardColumns()
        self.empty = EmptyState(
            "search",
            self.tr("Nothing matches"),
            self.tr("No recommended model has all of these words."),
        )
        self.empty.setMinimumHeight(220)
        self.empty.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING[3], SPACING[3], SPACING[3], SPACING[3])
        column.addWidget(self.columns)
        column.addWidget(self.empty)
        column.addStretch(1)

    def show_entries(self, entries: Sequence[CatalogueEntry], models_folder: Path) -> None:
        """Show the catalogue."""
        self.cards = [RecommendedCard(entry, models_folder) for entry in entries]
        for card in self.cards:
            card.use_clicked.connect(self.use_model)
        self.columns.set_cards(self.cards)

    def mark_installed(self, models: Sequence[InstalledModel]) -> None:
        """Say on each card whether its model is on this machine."""
        for card in self.cards:
            card.set_installed(installed_as(card.entry, models))

    def update_fit(self, device: DeviceInfo, budget_bytes: int) -> None:
        """Compare every model with what this machine may use now."""
        for card in self.cards:
            card.update_fit(device, budget_bytes)

    def search(self, words: Sequence[str]) -> None:
        """Show only the models in which every word occurs."""
        found = [card for card in self.cards if card.matches(words)]
        self.columns.show_only(found)
        self.columns.setVisible(bool(found))
        self.empty.setVisible(bool(self.cards) and not found)


def installed_as(entry: CatalogueEntry, models: Sequence[InstalledModel]) -> InstalledModel | None:
    """Return the installed model that a catalogue entry stands for, or None.

    It goes by the entry's own id, by its name in the Hugging Face cache, or by a folder called as
    the repository is, if it is of the entry's family.
    """
    last = entry.repository.rpartition("/")[2].casefold()
    for model in models:
        if model.id in (entry.id, f"hub:{entry.repository}"):
            return model
        if last and model.family == entry.family and Path(model.path).name.casefold() == last:
            return model
    return None

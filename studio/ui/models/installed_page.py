"""The tab "On this machine": installed models, what could not be read and why, and the folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.api.plans import DeviceInfo
from studio.core.errors import StudioError
from studio.models.installed import InstalledModel
from studio.ui.gallery.reveal import reveal
from studio.ui.models.cards import InstalledCard
from studio.ui.models.columns import CardColumns
from studio.ui.theme import SPACING, icon
from studio.ui.widgets import Card, ElidedLabel, EmptyState, IconButton, separator

Problem = tuple[Path, StudioError]


class InstalledPage(QWidget):
    """Lists what the library found; a card is made anew only when its model changed."""

    use_model = Signal(str)
    add_clicked = Signal()
    forget_folder = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "plain")
        self.cards: dict[str, InstalledCard] = {}
        self._words: Sequence[str] = ()
        self.columns = CardColumns()
        self.empty = EmptyState(
            "models",
            self.tr("No model here"),
            self.tr(
                "Drop a .safetensors file or a model folder onto this page, or see what is "
                "recommended."
            ),
            self.tr("Add a folder"),
        )
        self.empty.activated.connect(self.add_clicked)
        self.empty.setMinimumHeight(220)
        self.problems = _Section(self.tr("Could not be read"))
        self.folders = _Section(self.tr("Folders that are looked into"))
        add = QPushButton(self.tr("Add a folder"))
        add.clicked.connect(self.add_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING[3], SPACING[3], SPACING[3], SPACING[3])
        column.setSpacing(SPACING[3])
        for part in (self.empty, self.columns, self.problems, self.folders):
            column.addWidget(part)
        column.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def show_models(self, models: Sequence[InstalledModel]) -> None:
        """Show these models, in this order."""
        former, self.cards = self.cards, {}
        for model in models:
            card = former.get(model.id)
            if card is None or card.model != model:
                card = InstalledCard(model)
                card.use_clicked.connect(self.use_model)
            self.cards[model.id] = card
        self.columns.set_cards(list(self.cards.values()))
        self.search(self._words)

    def update_fit(self, device: DeviceInfo, budget_bytes: int) -> None:
        """Compare every model with what this machine may use now."""
        for card in self.cards.values():
            card.update_fit(device, budget_bytes)

    def search(self, words: Sequence[str]) -> None:
        """Show only the models in which every word occurs."""
        self._words = words
        found = [card for card in self.cards.values() if card.matches(words)]
        self.columns.show_only(found)
        self.columns.setVisible(bool(found))
        self.empty.setVisible(not found)
        if self.cards and not found:
            self.empty.set_text(
                self.tr("Nothing matches"), self.tr("No model here has all of these words.")
            )
        else:
            self.empty.set_text(
                self.tr("No model here"),
                self.tr("Drop a .safetensors file or a model folder onto this page."),
            )

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show what looks like a model and is not usable, with the reason."""
        self.problems.show_rows([_problem_row(path, error) for path, error in problems])

    def show_folders(self, own: Path, added: Sequence[str]) -> None:
        """Show the folders that are looked into; those that were added can be taken out."""
        rows: list[QWidget] = [self._folder_row(str(own), removable=False)]
        rows += [self._folder_row(folder, removable=True) for folder in added]
        self.folders.show_rows(rows)

    def _folder_row(self, folder: str, *, removable: bool) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        label = ElidedLabel(folder, role="caption", mode=Qt.TextElideMode.ElideMiddle)
        show = IconButton("folder", self.tr("Show {0} in the file manager").format(folder), size=28)
        show.clicked.connect(lambda: reveal(Path(folder)))
        line.addWidget(label, 1)
        line.addWidget(show)
        if removable:
            words = self.tr("No longer look into {0}; its files stay").format(folder)
            forget = IconButton("close", words, size=28)
            forget.clicked.connect(lambda: self.forget_folder.emit(folder))
            line.addWidget(forget)
        return row


class _Section(QWidget):
    """A heading with rows below; hidden while there are none."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel(title)
        heading.setProperty("role", "strong")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING[1])
        column.addWidget(separator())
        column.addWidget(heading)
        self._list = QVBoxLayout()
        self._list.setSpacing(SPACING[1])
        column.addLayout(self._list)
        self.rows: list[QWidget] = []
        self.hide()

    def show_rows(self, rows: Sequence[QWidget]) -> None:
        """Show these rows in place of those of before."""
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = list(rows)
        for row in rows:
            self._list.addWidget(row)
        self.setVisible(bool(rows))


def _problem_row(path: Path, error: StudioError) -> QWidget:
    card = Card(margin=SPACING[2])
    card.setAccessibleName(f"{path.name}: {error}")
    row = QHBoxLayout()
    row.setSpacing(SPACING[2])
    mark = QLabel()
    mark.setPixmap(icon("warning", role="warn").pixmap(QSize(20, 20)))
    words = QVBoxLayout()
    words.setSpacing(SPACING[0])
    name = ElidedLabel(path.name, role="strong", mode=Qt.TextElideMode.ElideMiddle)
    name.setToolTip(str(path))
    words.addWidget(name)
    for text, role in ((error.message, "caption"), (error.hint, "faint")):
        if text:
            label = QLabel(text)
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(label)
    show = IconButton("folder", card.tr("Show in the file manager"), size=28)
    show.clicked.connect(lambda: reveal(path))
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    row.addWidget(show, 0, Qt.AlignmentFlag.AlignTop)
    card.body_layout.addLayout(row)
    return card

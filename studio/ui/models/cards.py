"""The cards of the Models page: one that is worth having, one that is on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.api.plans import DeviceInfo
from studio.core.units import format_bytes
from studio.models.catalogue import CatalogueEntry
from studio.models.installed import InstalledModel
from studio.ui.gallery.reveal import reveal
from studio.ui.models.bars import MemoryBars
from studio.ui.models.fit import MemoryNeeds, Verdict, as_installed, needs_of, verdict_of
from studio.ui.models.words import family_in_words, tasks_in_words
from studio.ui.theme import SPACING
from studio.ui.widgets import Card, Dot, ElidedLabel, IconButton, set_role

_SUMMARY_LINES = 2


class ModelCard(Card):
    """What both kinds of card have: title, size, a line of facts, summary, memory, verdict."""

    def __init__(self, title: str, size: str, facts: str, summary: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.title = ElidedLabel(title, role="heading")
        self.size_label = QLabel(size)
        self.size_label.setProperty("role", "faint")
        self.facts = ElidedLabel(facts, role="caption")
        self.summary = QLabel(summary)
        self.summary.setProperty("role", "caption")
        self.summary.setWordWrap(True)
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.summary.setToolTip(summary)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        lines = self.summary.fontMetrics().lineSpacing() * _SUMMARY_LINES
        self.summary.setMinimumHeight(lines)
        self.bars = MemoryBars()
        self.dot = Dot()
        self.verdict_label = ElidedLabel("", role="faint")
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(SPACING[0])
        self._lay_out()

    def set_memory(self, needs: MemoryNeeds, verdict: Verdict, budget_bytes: int) -> None:
        """Show what it needs and whether that fits."""
        self.bars.set_needs(needs, budget_bytes)
        self.dot.set_colour(verdict.tone)
        self.verdict_label.setText(verdict.words)
        self.verdict_label.setToolTip(verdict.reason)
        role = "faint" if verdict.tone == "text_faint" else verdict.tone
        set_role(self.verdict_label, role)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACING[1])
        head.addWidget(self.title, 1)
        head.addWidget(self.size_label)
        foot = QHBoxLayout()
        foot.setSpacing(SPACING[1])
        foot.addWidget(self.dot)
        foot.addWidget(self.verdict_label, 1)
        foot.addLayout(self.buttons)
        self.body_layout.addLayout(head)
        self.body_layout.addWidget(self.facts)
        self.body_layout.addWidget(self.summary, 1)
        self.body_layout.addWidget(self.bars)
        self.body_layout.addLayout(foot)


class RecommendedCard(ModelCard):
    """A model of the catalogue: what it does, what it needs, and where to get it."""

    use_clicked = Signal(str)

    def __init__(self, entry: CatalogueEntry, models_folder: Path) -> None:
        size = format_bytes(entry.download_bytes) if entry.download_bytes else ""
        kind = tasks_in_words(entry.tasks, entry.family)
        super().__init__(entry.title, size, f"{kind} · {entry.licence}", entry.summary)
        self.facts.setToolTip(f"{entry.licence}: {entry.commercial_use}")
        self.entry = entry
        self._as_model = as_installed(entry)
        self._folder = models_folder
        self._installed: InstalledModel | None = None
        self.button = QPushButton()
        self.button.clicked.connect(self._clicked)
        self.buttons.addWidget(self.button)
        self.set_installed(None)

    def update_fit(self, device: DeviceInfo, budget_bytes: int) -> None:
        """Compare with what this machine may use now; the files tell more than the catalogue."""
        model = self._installed or self._as_model
        verdict = verdict_of(model, device, budget_bytes)
        if self._installed is None and not self.entry.repository:
            verdict = Verdict(self.tr("Missing from this copy of the studio"), "warn")
        self.set_memory(needs_of(model.parameters), verdict, budget_bytes)

    def set_installed(self, model: InstalledModel | None) -> None:
        """Say whether it is on this machine; ``update_fit`` is to follow."""
        self._installed = model
        self.button.setText(self.tr("How to get it") if model is None else self.tr("Use"))
        self.button.setAccessibleName(f"{self.button.text()}: {self.entry.title}")
        self.button.setVisible(model.tasks != () if model else bool(self.entry.repository))
        here = self.tr("on this machine")
        size = format_bytes(self.entry.download_bytes) if self.entry.download_bytes else ""
        self.size_label.setText(size if model is None else here)
        set_role(self.size_label, "faint" if model is None else "good")

    def matches(self, words: Sequence[str]) -> bool:
        """Tell whether every word occurs in what the card says."""
        entry = self.entry
        text = " ".join(
            (
                entry.title,
                entry.summary,
                entry.licence,
                entry.repository,
                entry.family,
                *entry.tasks,
            )
        ).casefold()
        return all(word in text for word in words)

    def _clicked(self) -> None:
        if self._installed is not None:
            self.use_clicked.emit(self._installed.id)
            return
        guide = HowToGet(self.entry, self._folder, self)
        guide.show_below(self.button)


class InstalledCard(ModelCard):
    """A model on this machine."""

    use_clicked = Signal(str)

    def __init__(self, model: InstalledModel) -> None:
        kind = family_in_words(model.family)
        if model.tasks:
            kind = f"{kind} · {tasks_in_words(model.tasks)}"
        facts = f"{kind} · {model.licence}" if model.licence else kind
        # Without a summary of its own a model is summed up by its family, which is told above.
        summary = "" if model.summary == family_in_words(model.family) else model.summary
        super().__init__(model.title, format_bytes(model.size_on_disk), facts, summary)
        self.summary.setVisible(bool(summary))
        self.model = model
        self.path = ElidedLabel(model.path, role="faint", mode=Qt.TextElideMode.ElideMiddle)
        self.path.setToolTip(model.path)
        self.body_layout.insertWidget(self.body_layout.count() - 1, self.path)
        show = IconButton("folder", self.tr("Show in the file manager"), size=28)
        show.clicked.connect(lambda: reveal(Path(model.path)))
        self.buttons.addWidget(show)
        self.use = QPushButton(self.tr("Use"))
        self.use.setAccessibleName(self.tr("Use {0}").format(model.title))
        self.use.clicked.connect(lambda: self.use_clicked.emit(model.id))
        self.buttons.addWidget(self.use)
        self.use.setVisible(bool(model.tasks))

    def update_fit(self, device: DeviceInfo, budget_bytes: int) -> None:
        """Compare with what this machine may use now."""
        verdict = verdict_of(self.model, device, budget_bytes)
        self.set_memory(needs_of(self.model.parameters), verdict, budget_bytes)

    def matches(self, words: Sequence[str]) -> bool:
        """Tell whether every word occurs in what the card says."""
        model = self.model
        text = " ".join(
            (model.title, model.id, model.path, model.licence, model.family, *model.tasks)
        ).casefold()
        return all(word in text for word in words)


class HowToGet(QFrame):
    """Says where a model comes from and where it goes: the studio itself stays offline."""

    def __init__(self, entry: CatalogueEntry, folder: Path, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("How to get {0}").format(entry.title))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACING[3], SPACING[3], SPACING[3], SPACING[3])
        self._column.setSpacing(SPACING[1])
        self.setFixedWidth(380)
        self._line(self.tr("1. Download this repository from huggingface.co"))
        self.copy_name = self._copyable(entry.repository, self.tr("Copy the repository's name"))
        if entry.gated:
            self._line(self.tr("It asks you to sign in and to accept its licence first."), "warn")
        name = entry.repository.rpartition("/")[2]
        self._line(self.tr("2. Put its files into a folder of their own in"))
        self.copy_folder = self._copyable(str(folder / name), self.tr("Copy the folder's path"))
        self._line(self.tr("3. Come back: it is then listed under “On this machine”."))
        self._line(f"{entry.licence}: {entry.commercial_use}", "faint")
        opens = QPushButton(self.tr("Open the models folder"))
        opens.clicked.connect(lambda: reveal(folder))
        self._column.addWidget(opens, 0, Qt.AlignmentFlag.AlignLeft)

    def show_below(self, button: QWidget) -> None:
        """Open near a button, on the screen."""
        self.adjustSize()
        place = button.mapToGlobal(QPoint(button.width() - self.width(), button.height() + 4))
        screen = button.screen().availableGeometry()
        place.setX(max(screen.left(), min(place.x(), screen.right() - self.width())))
        if place.y() + self.height() > screen.bottom():
            place.setY(button.mapToGlobal(QPoint(0, 0)).y() - self.height() - 4)
        self.move(place)
        self.show()

    def _line(self, text: str, role: str = "caption") -> None:
        label = QLabel(text)
        label.setProperty("role", role)
        label.setWordWrap(True)
        self._column.addWidget(label)

    def _copyable(self, text: str, tooltip: str) -> IconButton:
        row = QHBoxLayout()
        row.setContentsMargins(SPACING[2], 0, 0, 0)
        label = ElidedLabel(text, role="value", mode=Qt.TextElideMode.ElideMiddle)
        button = IconButton("copy", tooltip, size=28)
        button.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        row.addWidget(label, 1)
        row.addWidget(button)
        self._column.addLayout(row)
        return button

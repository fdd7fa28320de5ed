"""The Gallery's context bar: search, starred only, status, and opening foreign pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QWidget,
)

from studio.ui.gallery.entries import Shown
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton, SearchBox

# Typing pauses at least this long between words; searching after every letter would stutter.
SEARCH_PAUSE_MS = 150


class GalleryToolbar(QFrame):
    """What is listed; every control tells at once."""

    search_changed = Signal(str)
    starred_changed = Signal(bool)
    shown_changed = Signal(str)
    open_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedHeight(40)
        title = QLabel(self.tr("Gallery"))
        title.setProperty("role", "strong")
        self.search = self._search_box()
        self.starred = IconButton("star", self.tr("Only starred pictures"), checkable=True)
        self.starred.toggled.connect(self.starred_changed)
        self.status = self._status_box()
        self.count = QLabel()
        self.count.setProperty("role", "pill")
        self.count.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.open = IconButton("open", self.tr("Open a picture to see its recipe"))
        self.open.clicked.connect(self.open_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING[2], 0, SPACING[2], 0)
        row.setSpacing(SPACING[1])
        for widget in (title, self.search, self.starred, self.status):
            row.addWidget(widget, 3 if widget is self.search else 0)
        row.addStretch(1)
        row.addWidget(self.count)
        row.addWidget(self.open)

    def set_count(self, generations: int, cards: int) -> None:
        """Say how much is listed."""
        self.count.setText(self.tr("{0} pictures").format(f"{cards:,}"))
        self.count.setVisible(cards > 0)
        self.count.setToolTip(self.tr("from {0} generations").format(f"{generations:,}"))

    def clear_filters(self) -> None:
        """List everything again."""
        self.search.clear()
        self.starred.setChecked(False)
        self.status.setCurrentIndex(0)

    def _search_box(self) -> QLineEdit:
        box = SearchBox(
            self.tr("Search the Gallery"),
            self.tr("Search words, seed:123, model:name, size:512x512"),
        )
        box.setMinimumWidth(120)
        box.setMaximumWidth(420)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.search_changed.emit(box.text()))
        box.textChanged.connect(self._pause.start)
        return box

    def _status_box(self) -> QComboBox:
        box = QComboBox()
        box.setProperty("size", "small")
        box.setAccessibleName(self.tr("Which generations are listed"))
        box.setMinimumWidth(96)
        choices: list[tuple[Shown, str]] = [
            ("undropped", self.tr("Without dropped")),
            ("all", self.tr("Everything")),
            ("kept", self.tr("On the canvas")),
            ("waiting", self.tr("Waiting or running")),
            ("failed", self.tr("Failed")),
            ("cancelled", self.tr("Cancelled")),
            ("dropped", self.tr("Dropped")),
        ]
        for key, text in choices:
            box.addItem(text, key)
        box.currentIndexChanged.connect(
            lambda index: self.shown_changed.emit(box.itemData(index, Qt.ItemDataRole.UserRole))
        )
        return box

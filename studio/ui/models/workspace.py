"""The Models page: what is worth having, what is on this machine, and what is in memory."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import storage_problem
from studio.core.paths import models_dir, resources_dir
from studio.core.units import format_bytes
from studio.models.catalogue import CatalogueEntry, load_catalogue
from studio.ui.models.adding import folder_to_add, with_folder
from studio.ui.models.installed_page import InstalledPage
from studio.ui.models.recommended_page import RecommendedPage
from studio.ui.models.resident import ResidentList
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton, SearchBox, Segmented, connect_while_alive, separator

if TYPE_CHECKING:
    from studio.app.studio import Studio

# A budget follows the free memory and never rests; smaller changes are not worth a repaint.
_BUDGET_STEP = 2**27  # bytes


class ModelsWorkspace(QWidget):
    """The page that the window shows for "Models"; built when it is first shown.

    ``use_model`` carries the id of the model to make pictures with.
    """

    use_model = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._built = False
        self._active = False
        self._budget_told = -1
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Models"))

    # Building

    def build(self) -> None:
        """Build the page, once; showing it does so by itself."""
        if self._built:
            return
        self._built = True
        self.tabs = Segmented(
            [
                ("recommended", self.tr("Recommended")),
                ("installed", self.tr("On this machine")),
                ("memory", self.tr("In memory")),
            ],
            accessible_name=self.tr("Which models are shown"),
        )
        self.search = self._search_box()
        self.disk = QLabel()
        self.disk.setProperty("role", "pill")
        self.disk.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.recommended = RecommendedPage()
        self.installed = InstalledPage()
        self.memory = ResidentList(detailed=True)
        self.pane = ResidentList()
        self._lay_out()
        self._connect()
        self._studio.background(
            lambda: load_catalogue(resources_dir() / "catalogue"), self._show_catalogue
        )
        self._show_library()
        self._show_folders()
        self._refresh()

    def _search_box(self) -> QLineEdit:
        box = SearchBox(self.tr("Search models"), self.tr("Search, or drop a file here"))
        box.setMinimumWidth(96)
        box.setMaximumWidth(260)
        # The page takes what is dropped, wherever on it.
        box.setAcceptDrops(False)
        return box

    def _lay_out(self) -> None:
        bar = QFrame()
        bar.setProperty("role", "panel")
        bar.setFixedHeight(40)
        title = QLabel(self.tr("Models"))
        title.setProperty("role", "strong")
        again = IconButton("refresh", self.tr("Look again"))
        again.clicked.connect(self._refresh)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SPACING[2], 0, SPACING[2], 0)
        row.setSpacing(SPACING[1])
        row.addWidget(title)
        row.addWidget(self.tabs)
        row.addWidget(self.search, 2)
        row.addStretch(1)
        row.addWidget(again)
        row.addWidget(self.disk)
        self.pages = QStackedWidget()
        self.pages.addWidget(_scrolled(self.recommended, self.tr("Recommended models")))
        self.pages.addWidget(_scrolled(self.installed, self.tr("Models on this machine")))
        self.pages.addWidget(self.memory)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(bar)
        left.addWidget(separator())
        left.addWidget(self.pages, 1)
        self._pane_line = separator(vertical=True)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(left, 1)
        whole.addWidget(self._pane_line)
        whole.addWidget(self.pane)

    def _connect(self) -> None:
        self._library_soon = self._soon(self._show_library)
        self._device_soon = self._soon(self._show_device)
        self.tabs.currentChanged.connect(self._show_tab)
        self.search.textChanged.connect(self._search)
        for page in (self.recommended, self.installed):
            page.use_model.connect(self.use_model)
        self.installed.add_clicked.connect(self._ask_for_folder)
        self.installed.forget_folder.connect(self._forget_folder)
        for listing in (self.memory, self.pane):
            listing.free_clicked.connect(self._studio.free_memory)
        studio = self._studio
        connect_while_alive(studio.library.changed, self, self._on_library)
        connect_while_alive(studio.device_changed, self, self._on_device)
        connect_while_alive(studio.settings_changed, self, self._show_folders)

    def _soon(self, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(call)
        return timer

    # Showing

    def showEvent(self, event: QShowEvent) -> None:
        """Build on first sight; take in what happened while the page was away."""
        self.build()
        self._active = True
        self._library_soon.start()
        self._device_soon.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Changes are taken in when the page is shown again."""
        super().hideEvent(event)
        self._active = False

    def show_tab(self, key: str) -> None:
        """Open "recommended", "installed" or "memory"."""
        self.build()
        self.tabs.setCurrent(key)

    def _show_tab(self, key: str) -> None:
        self.pages.setCurrentIndex(("recommended", "installed", "memory").index(key))
        self.pane.setVisible(key != "memory")
        self._pane_line.setVisible(key != "memory")
        self.search.setEnabled(key != "memory")

    def _search(self, text: str) -> None:
        words = text.casefold().split()
        self.recommended.search(words)
        self.installed.search(words)

    def _on_library(self) -> None:
        if self._active:
            self._library_soon.start()

    def _on_device(self) -> None:
        if self._active:
            self._device_soon.start()

    def _show_catalogue(self, entries: tuple[CatalogueEntry, ...]) -> None:
        self.recommended.show_entries(entries, models_dir())
        self._budget_told = -1
        self._show_library()
        self._show_device()
        self._search(self.search.text())

    def _show_library(self) -> None:
        models = self._studio.library.models()
        self.recommended.mark_installed(models)
        self.installed.show_models(models)
        self.installed.show_problems(self._studio.library.problems())
        self._budget_told = -1
        self._show_device()

    def _show_device(self) -> None:
        studio = self._studio
        budget = studio.budget_bytes
        for listing in (self.memory, self.pane):
            listing.show_models(studio.resident, studio.used_bytes, budget)
        if abs(budget - self._budget_told) >= _BUDGET_STEP or self._budget_told < 0:
            self._budget_told = budget
            self.recommended.update_fit(studio.device, budget)
            self.installed.update_fit(studio.device, budget)

    def _show_folders(self) -> None:
        self.installed.show_folders(models_dir(), self._studio.settings.model_folders)

    # Finding and adding

    def _refresh(self) -> None:
        """Look for models again and ask how much disk is left, off the event loop."""
        self._studio.refresh_models()
        self._studio.background(_free_disk, self._show_disk)

    def _show_disk(self, free: int) -> None:
        self.disk.setText(self.tr("{0} free").format(format_bytes(free)))
        self.disk.setToolTip(self.tr("On the disk of {0}").format(str(models_dir())))

    def _ask_for_folder(self) -> None:
        answer = QFileDialog.getExistingDirectory(self, self.tr("Folder with models"))
        if answer:
            self.add_models(Path(answer))

    def add_models(self, path: Path) -> None:
        """Look for models in a folder, or in the folder of a file, from now on.

        Wrong files are told with the reason.
        """
        self.build()
        self._studio.background(lambda: folder_to_add(path), self._add_folder)

    def _add_folder(self, folder: Path) -> None:
        before = self._studio.settings.model_folders
        after = with_folder(before, folder)
        if after == before:
            self._refresh()
            self._studio.tell(self.tr("{0} is looked into already.").format(folder.name))
        else:
            self._studio.change_settings(model_folders=after)
            self._studio.tell(self.tr("Added the models in {0}.").format(folder.name))
        self.tabs.setCurrent("installed")

    def _forget_folder(self, folder: str) -> None:
        kept = [known for known in self._studio.settings.model_folders if known != folder]
        self._studio.change_settings(model_folders=tuple(kept))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add the models that were dropped; the files stay where they are."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                self.add_models(Path(url.toLocalFile()))
        event.acceptProposedAction()


def _scrolled(page: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area


def _free_disk() -> int:
    folder = models_dir()
    try:
        return shutil.disk_usage(folder).free
    except OSError as error:
        raise storage_problem(error, folder) from error

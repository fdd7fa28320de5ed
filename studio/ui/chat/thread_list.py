"""The list of conversations: begin one, find one, name it, throw it away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from studio.document import Thread
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton, SearchBox

_WIDTH = 220  # px
_PAUSE_MS = 150  # between two letters; searching after every one would stutter
_ID = Qt.ItemDataRole.UserRole


class _List(QListWidget):
    """A list in which Delete asks to remove the chosen entry."""

    delete_pressed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


class ThreadList(QWidget):
    """Lists the conversations of the project; F2 renames, Delete removes after a question."""

    chosen = Signal(str)
    new_requested = Signal()
    renamed = Signal(str, str)
    remove_requested = Signal(str)
    searched = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self._filling = False
        self.search = SearchBox(self.tr("Search conversations"), self.tr("Search conversations"))
        self.new = IconButton("plus", self.tr("New conversation (Ctrl+Shift+N)"))
        self.list = _List()
        self.list.setAccessibleName(self.tr("Conversations"))
        self.list.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        top = QHBoxLayout()
        top.setSpacing(SPACING[0])
        top.addWidget(self.search, 1)
        top.addWidget(self.new)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING[1], SPACING[1], SPACING[1], SPACING[1])
        layout.setSpacing(SPACING[1])
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        self._connect()

    def _connect(self) -> None:
        self.new.clicked.connect(self.new_requested)
        self.search.textChanged.connect(self._pause.start)
        self._pause.timeout.connect(lambda: self.searched.emit(self.search.text()))
        self.list.currentItemChanged.connect(self._changed)
        self.list.itemChanged.connect(self._edited)
        self.list.delete_pressed.connect(self._ask_to_remove)
        self.list.customContextMenuRequested.connect(self._menu)

    def show_threads(self, threads: Sequence[Thread], current: str) -> None:
        """List these conversations with one chosen; no signal comes."""
        self._filling = True
        if [self._id(row) for row in range(self.list.count())] != [t.id for t in threads]:
            self.list.clear()
            for thread in threads:
                item = QListWidgetItem()
                item.setData(_ID, thread.id)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
                self.list.addItem(item)
        for row, thread in enumerate(threads):
            item = self.list.item(row)
            title = thread.title or self.tr("New conversation")
            if item.text() != title:
                item.setText(title)
                item.setToolTip(title)
            if thread.id == current:
                self.list.setCurrentItem(item)
        if current not in {thread.id for thread in threads}:
            self.list.setCurrentRow(-1)
        self._filling = False

    def rename_current(self) -> None:
        """Let the artist type another name for the chosen conversation."""
        if (item := self.list.currentItem()) is not None:
            self.list.editItem(item)

    def confirmed(self, title: str) -> bool:
        """Ask whether a conversation is to go; there is no way back."""
        answer = QMessageBox.question(
            self,
            self.tr("Remove conversation"),
            self.tr("Remove “{0}” with all its branches?").format(title),
        )
        return answer == QMessageBox.StandardButton.Yes

    def _id(self, row: int) -> str:
        return str(self.list.item(row).data(_ID))

    def _changed(self, item: QListWidgetItem | None) -> None:
        if item is not None and not self._filling:
            self.chosen.emit(str(item.data(_ID)))

    def _edited(self, item: QListWidgetItem) -> None:
        if not self._filling:
            self.renamed.emit(str(item.data(_ID)), item.text())

    def _ask_to_remove(self) -> None:
        item = self.list.currentItem()
        if item is not None and self.confirmed(item.text()):
            self.remove_requested.emit(str(item.data(_ID)))

    def _menu(self, place: QPoint) -> None:
        if self.list.itemAt(place) is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Rename"), self.rename_current)
        menu.addAction(self.tr("Remove..."), self._ask_to_remove)
        menu.popup(self.list.viewport().mapToGlobal(place))

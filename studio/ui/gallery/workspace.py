"""The Gallery: everything that was generated, to find, look at, compare and use again."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import StudioError
from studio.ui.gallery.actions import GalleryActions, commands
from studio.ui.gallery.delegate import CardDelegate
from studio.ui.gallery.details import DetailPane
from studio.ui.gallery.entries import GalleryEntry
from studio.ui.gallery.foreign import PREVIEW_EDGE, dropped_picture, read_preview, tell_recipe
from studio.ui.gallery.grid import GalleryGrid
from studio.ui.gallery.keys import Chosen, CommandKeys
from studio.ui.gallery.list_model import GalleryModel
from studio.ui.gallery.listing import Listing
from studio.ui.gallery.removing import Removing
from studio.ui.gallery.thumbnails import ThumbnailCache, decode_scaled
from studio.ui.gallery.toolbar import GalleryToolbar
from studio.ui.gallery.viewer import BigView, ComparePage
from studio.ui.widgets import EmptyState, NoticeBar, connect_while_alive, separator

if TYPE_CHECKING:
    from studio.api.recipe import Recipe
    from studio.app.foreign_recipes import ForeignRecipe
    from studio.app.studio import Studio
    from studio.document import Project


class GalleryWorkspace(QWidget):
    """The page that the window shows for "Gallery"; built when it is first shown.

    ``use_settings`` carries the Request of "Use these settings"; ``create_requested`` is the
    empty page's button, which leads to the Canvas.
    """

    use_settings = Signal(object)
    create_requested = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._built = False
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Gallery"))

    # Building

    def build(self) -> None:
        """Build the page, once; showing it does so by itself."""
        if self._built:
            return
        self._built = True
        self._shown_large: tuple[GalleryEntry, ...] = ()
        self.model = GalleryModel(self)
        self.listing = Listing(self.model, self)
        self.picture_actions = GalleryActions(self._studio, self)
        self.picture_actions.use_settings.connect(self.use_settings)
        self.thumbnails = ThumbnailCache(self._thumbnail, self)
        self.grid = GalleryGrid(self.model, self.thumbnails, self.picture_actions.files_of)
        self.grid.setItemDelegate(CardDelegate(self.model, self.thumbnails, self.grid))
        self.viewer = BigView(self._studio.background)
        self.compare = ComparePage(self._studio.background)
        self.toolbar = GalleryToolbar()
        self.notice = NoticeBar()
        self.removing = Removing(self._studio, self.listing, self.notice, self)
        self.details = DetailPane()
        self.commands = commands(
            self.picture_actions,
            open_large=self._open_large,
            compare=self._compare,
            remove=self._remove,
        )
        self.keys = CommandKeys(self.commands, self.chosen, self)
        self._lay_out()
        self._connect()
        # In a turn of its own: a history of ten thousand takes as long as building the page.
        self._attach_soon.start()
        connect_while_alive(self._studio.project_changed, self, self._attach)

    def _lay_out(self) -> None:
        self.nothing_yet = EmptyState(
            "gallery",
            self.tr("Nothing here yet"),
            self.tr(
                "Every picture you make is kept here with its full recipe. Or drop a picture "
                "from elsewhere to see how it was made."
            ),
            self.tr("Make the first picture"),
        )
        self.nothing_found = EmptyState(
            "search",
            self.tr("Nothing matches"),
            self.tr("No generation has all of these words and filters."),
            self.tr("Show everything"),
        )
        self.pages = QStackedWidget()
        for page in (self.grid, self.nothing_yet, self.nothing_found, self.viewer, self.compare):
            self.pages.addWidget(page)
        line = separator()

        def show_toolbar() -> None:
            large = self.pages.currentWidget() in (self.viewer, self.compare)
            self.toolbar.setVisible(not large)
            line.setVisible(not large)

        self.pages.currentChanged.connect(show_toolbar)
        left = QVBoxLayout()
        left.setSpacing(0)
        for widget in (self.toolbar, line, self.notice):
            left.addWidget(widget)
        left.addWidget(self.pages, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(left, 1)
        row.addWidget(separator(vertical=True))
        row.addWidget(self.details)

    def _connect(self) -> None:
        self._soon = self._timer(self._show_details)
        self._attach_soon = self._timer(lambda: self._attach(self._studio.project))
        self._focus_soon = self._timer(self._take_focus)
        self.removing.undone.connect(self._after_undo)
        self.toolbar.search_changed.connect(lambda text: self.listing.set_filter(text=text))
        self.toolbar.starred_changed.connect(lambda on: self.listing.set_filter(starred_only=on))
        self.toolbar.shown_changed.connect(lambda shown: self.listing.set_filter(shown=shown))
        self.toolbar.open_clicked.connect(self._ask_for_picture)
        self.listing.changed.connect(self._after_listing)
        self.model.dataChanged.connect(lambda *_: self._soon.start())
        self.grid.chosen_changed.connect(self._soon.start)
        self.grid.opened.connect(lambda row: self._open_large([self.model.entry(row)]))
        self.grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.grid.customContextMenuRequested.connect(self._menu)
        self.viewer.closed.connect(self._back_to_grid)
        self.viewer.stepped.connect(self._step)
        self.compare.closed.connect(self._back_to_grid)
        self.nothing_yet.activated.connect(self.create_requested)
        self.nothing_found.activated.connect(self.toolbar.clear_filters)
        self.details.keep_clicked.connect(lambda: self.picture_actions.keep(self.chosen()))
        self.details.use_clicked.connect(lambda: self.picture_actions.use(self.chosen()))
        self.details.run_clicked.connect(lambda: self.picture_actions.run_again(self.chosen()))
        self.details.save_clicked.connect(lambda: self.picture_actions.save(self.chosen()))
        self.details.foreign_use_clicked.connect(self.use_settings)
        self.details.foreign_closed.connect(self._show_details)
        for widget in (
            self.grid,
            self.viewer.picture,
            self.compare.pair.left,
            self.compare.pair.right,
        ):
            self.keys.watch(widget)
            widget.installEventFilter(self)

    def _timer(self, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(0)
        timer.timeout.connect(call)
        return timer

    def _attach(self, project: Project) -> None:
        self._attach_soon.stop()
        self.removing.forget()
        self.thumbnails.clear()
        self.viewer.forget()
        self.compare.forget()
        self.pages.setCurrentWidget(self.grid)
        self.listing.attach(project.history)

    # Showing

    def showEvent(self, event: QShowEvent) -> None:
        """Build on first sight; take in what happened while the page was away."""
        self.build()
        self.listing.set_active(True)
        super().showEvent(event)
        self._focus_soon.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Undo is offered as long as the page is in sight."""
        super().hideEvent(event)
        if self._built and not event.spontaneous():
            self.removing.commit()
            self.listing.set_active(False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The page has the focus for its content."""
        super().focusInEvent(event)
        if self._built:
            self._focus_soon.start()

    def _take_focus(self) -> None:
        """Let the arrow keys work at once."""
        page = self.pages.currentWidget()
        if page is not None:
            page.setFocus()

    def chosen(self) -> list[GalleryEntry]:
        """Return what commands act on: the selection, or the pictures that are shown large."""
        return list(self._large) if self._large else self.grid.chosen()

    @property
    def _large(self) -> Sequence[GalleryEntry]:
        page = self.pages.currentWidget()
        return self._shown_large if page in (self.viewer, self.compare) else ()

    def _after_listing(self) -> None:
        entries = self.model.entries
        self.toolbar.set_count(len({entry.item.id for entry in entries}), len(entries))
        if self.pages.currentWidget() in (self.viewer, self.compare):
            self._renew_large()
        elif entries:
            self.pages.setCurrentWidget(self.grid)
        elif self.listing.nothing_yet:
            self.pages.setCurrentWidget(self.nothing_yet)
        else:
            self.pages.setCurrentWidget(self.nothing_found)
        self._soon.start()

    def _renew_large(self) -> None:
        """Take over what changed, such as the star, in the pictures that are shown large."""
        rows = [self.model.row_of(entry.key) for entry in self._shown_large]
        if all(row is not None for row in rows):
            self._shown_large = tuple(self.model.entry(row) for row in rows if row is not None)

    def _show_details(self) -> None:
        chosen = self.chosen()
        if not chosen:
            self.details.show_nothing()
            return
        current = self.grid.current_entry()
        entry = current if current in chosen and not self._large else chosen[0]
        assert entry is not None
        self.details.show_entry(entry, self._preview(entry), chosen=len(chosen))

    def _thumbnail(self, sha256: str) -> bytes | None:
        """One that cannot be read is painted as missing; opening the picture tells why."""
        try:
            return self._studio.project.history.thumbnail(sha256)
        except StudioError:
            return None

    def _preview(self, entry: GalleryEntry) -> QImage:
        if entry.output is None:
            return QImage()
        data = self._thumbnail(entry.output.sha256)
        return decode_scaled(data, PREVIEW_EDGE) if data else QImage()

    def _menu(self, place: QPoint) -> None:
        menu = self.keys.menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.grid.viewport().mapToGlobal(place))

    # Large

    def _open_large(self, chosen: Chosen) -> None:
        entry = chosen[0]
        if entry.output is None:
            return
        self.picture_actions.guarded(lambda: self._show_large(entry))

    def _show_large(self, entry: GalleryEntry) -> None:
        assert entry.output is not None
        blob = self._studio.project.history.blob(entry.output.sha256)
        self._shown_large = (entry,)
        self.pages.setCurrentWidget(self.viewer)
        self.viewer.show_entry(entry, blob, self._preview(entry))
        self.viewer.setFocus()
        self._soon.start()

    def _compare(self, chosen: Chosen) -> None:
        def show() -> None:
            left, right = chosen
            assert left.output is not None
            assert right.output is not None
            history = self._studio.project.history
            blobs = history.blob(left.output.sha256), history.blob(right.output.sha256)
            self._shown_large = (left, right)
            self.pages.setCurrentWidget(self.compare)
            self.compare.show_entries(left, right, blobs)
            self.compare.setFocus()
            self._soon.start()

        self.picture_actions.guarded(show)

    def _step(self, step: int) -> None:
        row = self.model.row_of(self._shown_large[0].key) if self._shown_large else None
        if row is None:
            self._back_to_grid()
            return
        row += step
        while 0 <= row < self.model.rowCount():
            entry = self.model.entry(row)
            if entry.output is not None:
                self.grid.choose_row(row)
                self._open_large([entry])
                return
            row += step

    def _back_to_grid(self) -> None:
        self.viewer.forget()
        self.compare.forget()
        self._shown_large = ()
        self.pages.setCurrentWidget(self.grid)
        self.grid.setFocus()
        self._after_listing()

    # Removing

    def _remove(self, chosen: Chosen) -> None:
        row = self.model.row_of(chosen[0].key)
        was_large = bool(self._large)
        if not self.removing.remove(chosen):
            return
        if was_large:
            self._back_to_grid()
        row = min(row or 0, self.model.rowCount() - 1)
        if row >= 0:
            self.grid.choose_row(row)

    def _after_undo(self, item_ids: frozenset[str]) -> None:
        self._choose_item(item_ids)

    def show_item(self, item_id: str) -> None:
        """Choose the pictures of one generation; filters that hide it are taken away."""
        self.build()
        if self._attach_soon.isActive():
            self._attach(self._studio.project)
        if self._large:
            self._back_to_grid()
        if not self._choose_item({item_id}):
            self.toolbar.clear_filters()
            self.listing.set_filter(text="", starred_only=False, shown="all")
            self._choose_item({item_id})

    def _choose_item(self, item_ids: Container[str]) -> bool:
        for row, entry in enumerate(self.model.entries):
            if entry.item.id in item_ids:
                self.grid.choose_row(row)
                return True
        return False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ctrl+Z brings back what was just removed; Ctrl+F goes to the search box."""
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return False
        undo = event.matches(QKeySequence.StandardKey.Undo) and self.removing.offers_undo
        find = event.matches(QKeySequence.StandardKey.Find)
        if not (undo or find):
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            if undo:
                self.removing.undo()
            else:
                self.toolbar.search.setFocus()
        return True

    # Pictures from elsewhere

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take picture files, but not those that are dragged out of here."""
        own = self._built and event.source() is self.grid
        if not own and dropped_picture(event) is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show the recipe of the dropped picture."""
        path = dropped_picture(event)
        if path is not None:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.open_picture(path)

    def open_picture(self, path: Path) -> None:
        """Show what recipe a picture file carries, read off the event loop."""
        self.build()
        self._studio.background(
            lambda: (self._studio.recipe_of(path), read_preview(path)),
            lambda found: self._show_foreign(path, *found),
        )

    def _show_foreign(
        self, path: Path, recipe: Recipe | ForeignRecipe | None, image: QImage
    ) -> None:
        self._soon.stop()
        told = tell_recipe(recipe, self._studio.library) if recipe is not None else None
        self.details.show_foreign(path, told, image)

    def _ask_for_picture(self) -> None:
        answer, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Open a picture to see its recipe"),
            "",
            self.tr("Pictures (*.png *.jpg *.jpeg *.webp)"),
        )
        if answer:
            self.open_picture(Path(answer))

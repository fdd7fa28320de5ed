"""The grid of cards: day headings, selection by mouse and keyboard, dragging pictures out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QLocale,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDrag,
    QHoverEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem, QWidget

from studio.ui.gallery.entries import GalleryEntry
from studio.ui.gallery.layout import HEADING, MARGIN, CardLayout
from studio.ui.theme import current_tokens
from studio.ui.theme.tokens import TYPE

if TYPE_CHECKING:
    from studio.ui.gallery.list_model import GalleryModel
    from studio.ui.gallery.thumbnails import ThumbnailCache

AnyIndex = QModelIndex | QPersistentModelIndex
Move = QAbstractItemView.CursorAction
Selection = QItemSelectionModel.SelectionFlag


class GalleryGrid(QAbstractItemView):
    """Shows the model's entries as cards grouped by day.

    Only the cards on screen are ever touched, so ten thousand scroll like ten. ``files_of`` gives
    the files that stand for entries when they are dragged to another program.
    """

    opened = Signal(int)
    chosen_changed = Signal()

    def __init__(
        self,
        model: GalleryModel,
        thumbnails: ThumbnailCache,
        files_of: Callable[[Sequence[GalleryEntry]], list[Path]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._gallery = model
        self._thumbnails = thumbnails
        self._files_of = files_of
        self._layout = CardLayout([], 1)
        self._anchor = QPersistentModelIndex()
        self._hovered = -1
        self.setModel(model)
        self.setAccessibleName(self.tr("Gallery"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        bar = self.verticalScrollBar()  # keeps its room; without a use it shows nothing
        bar.rangeChanged.connect(lambda _, highest: bar.setEnabled(highest > 0))
        bar.setEnabled(False)
        self.setMouseTracking(True)
        # The current card shows the focus; a frame around the whole page would only be loud.
        self.setStyleSheet("QAbstractItemView:focus { border: none; }")
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.activated.connect(lambda index: self.opened.emit(index.row()))
        thumbnails.ready.connect(self._repaint_pictures)
        model.modelReset.connect(self.scheduleDelayedItemsLayout)
        for change in (model.rowsInserted, model.rowsRemoved):
            change.connect(self.scheduleDelayedItemsLayout)

    # What is chosen

    def chosen(self) -> list[GalleryEntry]:
        """Return the selected entries, newest first; the current one when none is selected."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        if not rows and self.currentIndex().isValid():
            rows = [self.currentIndex().row()]
        return [self._gallery.entry(row) for row in rows]

    def current_entry(self) -> GalleryEntry | None:
        """Return the entry that the keyboard is on, if any."""
        index = self.currentIndex()
        return self._gallery.entry(index.row()) if index.isValid() else None

    def choose_row(self, row: int) -> None:
        """Select one card alone and bring it into view."""
        index = self._gallery.index(row)
        self._anchor = QPersistentModelIndex(index)
        self.selectionModel().setCurrentIndex(index, Selection.ClearAndSelect)
        self.scrollTo(index)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Repaint, and tell what is chosen now."""
        super().selectionChanged(selected, deselected)
        self.viewport().update()
        self.chosen_changed.emit()

    def currentChanged(self, current: AnyIndex, previous: AnyIndex) -> None:
        """Tell that another card is current."""
        super().currentChanged(current, previous)
        self.chosen_changed.emit()

    # Where the cards are

    def doItemsLayout(self) -> None:
        """Place all cards for the present width."""
        days = [entry.day for entry in self._gallery.entries]
        self._layout = CardLayout(days, self.viewport().width())
        edge = round(self._layout.card_width * self.devicePixelRatioF())
        self._thumbnails.set_edge(edge)
        super().doItemsLayout()

    def updateGeometries(self) -> None:
        """Tell the scroll bar how much there is."""
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(max(24, self._layout.card_height // 3))
        bar.setRange(0, max(0, self._layout.height - self.viewport().height()))
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Reflow, keeping the card at the top in its place."""
        top = self._layout.rows_between(self.verticalOffset(), self.verticalOffset() + 1)
        super().resizeEvent(event)
        self.doItemsLayout()
        if top and self.verticalOffset() > 0:
            self.verticalScrollBar().setValue(self._layout.rect(top[0])[1] - HEADING)

    def visualRect(self, index: AnyIndex) -> QRect:
        """Return where a card is in the viewport."""
        if not index.isValid() or not 0 <= index.row() < self._placed_rows():
            return QRect()
        left, top, width, height = self._layout.rect(index.row())
        return QRect(left, top - self.verticalOffset(), width, height)

    def indexAt(self, point: QPoint) -> QModelIndex:
        """Return the card at a place of the viewport."""
        self.executeDelayedItemsLayout()
        row = self._layout.row_at(point.x(), point.y() + self.verticalOffset())
        return QModelIndex() if row is None else self._gallery.index(row)

    def scrollTo(
        self,
        index: AnyIndex,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        """Scroll as little as brings a card, with the heading above a first line, into view."""
        if not index.isValid():
            return
        self.executeDelayedItemsLayout()
        _, top, _, height = self._layout.rect(index.row())
        bar, page = self.verticalScrollBar(), self.viewport().height()
        if hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(top + height // 2 - page // 2)
        elif top - HEADING < bar.value():
            bar.setValue(top - HEADING)
        elif top + height + MARGIN > bar.value() + page:
            bar.setValue(top + height + MARGIN - page)

    def horizontalOffset(self) -> int:
        """Cards never run out to the side."""
        return 0

    def verticalOffset(self) -> int:
        """Return how far down the content is scrolled, in px."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: AnyIndex) -> bool:
        """No card is ever hidden."""
        return False

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is painted already and paint only what comes into view."""
        self.viewport().scroll(0, dy)

    # Selection

    def moveCursor(self, action: Move, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Return where an arrow, page, home or end key leads."""
        self.executeDelayedItemsLayout()
        count = self._gallery.rowCount()
        if count == 0:
            return QModelIndex()
        if not self.currentIndex().isValid():
            return self._gallery.index(0)
        row = self.currentIndex().row()
        page = max(1, self.viewport().height() // self._layout.card_height)
        if action in (Move.MoveLeft, Move.MovePrevious):
            row -= 1
        elif action in (Move.MoveRight, Move.MoveNext):
            row += 1
        elif action == Move.MoveHome:
            row = 0
        elif action == Move.MoveEnd:
            row = count - 1
        else:
            lines = {Move.MoveUp: -1, Move.MoveDown: 1, Move.MovePageUp: -page}.get(action, page)
            row = self._layout.row_beside(row, lines)
        return self._gallery.index(min(max(row, 0), count - 1))

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        """Select the cards that a rectangle of the viewport touches."""
        area = rect.normalized()
        top = area.top() + self.verticalOffset()
        selection = QItemSelection()
        for row in self._layout.rows_between(top, top + area.height() + 1):
            index = self._gallery.index(row)
            if self.visualRect(index).intersects(area):
                selection.select(index, index)
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        """Return the area that a selection covers on screen."""
        top = self.verticalOffset()
        region = QRegion()
        for row in self._layout.rows_between(top, top + self.viewport().height()):
            index = self._gallery.index(row)
            if selection.contains(index):
                region += self.visualRect(index).adjusted(-3, -3, 3, 3)
        return region

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Shift extends the selection along the order of the cards, as in a file manager."""
        index = self.indexAt(event.position().toPoint())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            if shift:
                self._extend_to(index)
                return
            self._anchor = QPersistentModelIndex(index)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Keep the selection band painted while it is drawn."""
        super().mouseMoveEvent(event)
        if self.state() == QAbstractItemView.State.DragSelectingState:
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Shift with a moving key extends the selection; the rest is as everywhere."""
        moves = {
            Qt.Key.Key_Left: Move.MoveLeft,
            Qt.Key.Key_Right: Move.MoveRight,
            Qt.Key.Key_Up: Move.MoveUp,
            Qt.Key.Key_Down: Move.MoveDown,
            Qt.Key.Key_Home: Move.MoveHome,
            Qt.Key.Key_End: Move.MoveEnd,
            Qt.Key.Key_PageUp: Move.MovePageUp,
            Qt.Key.Key_PageDown: Move.MovePageDown,
        }
        key = Qt.Key(event.key())
        if key in moves and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._extend_to(self.moveCursor(moves[key], event.modifiers()))
            return
        super().keyPressEvent(event)
        if key in moves:
            self._anchor = QPersistentModelIndex(self.currentIndex())

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands here; the search box finds."""

    def _extend_to(self, index: QModelIndex) -> None:
        anchor = self._anchor if self._anchor.isValid() else QPersistentModelIndex(index)
        self._anchor = anchor
        first, last = sorted((anchor.row(), index.row()))
        selection = QItemSelection(self._gallery.index(first), self._gallery.index(last))
        self.selectionModel().select(selection, Selection.ClearAndSelect)
        self.selectionModel().setCurrentIndex(index, Selection.NoUpdate)
        self.scrollTo(index)

    # Dragging out

    def drag_data(self) -> QMimeData | None:
        """Return the chosen pictures as files, or None when nothing chosen has a picture."""
        files = self._files_of([entry for entry in self.chosen() if entry.output is not None])
        if not files:
            return None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in files])
        return data

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Let another program, or another page of the window, have the chosen pictures."""
        data = self.drag_data()
        if data is None:
            return
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self._drag_picture())
        drag.exec(Qt.DropAction.CopyAction)

    def _drag_picture(self) -> QPixmap:
        entry = self.current_entry()
        image = entry and entry.output and self._thumbnails.get(entry.output.sha256)
        if not isinstance(image, QImage) or image.isNull():
            return QPixmap()
        return QPixmap.fromImage(image.scaled(QSize(96, 96), Qt.AspectRatioMode.KeepAspectRatio))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the headings and cards that the exposed area touches."""
        self.executeDelayedItemsLayout()
        area, offset = event.rect(), self.verticalOffset()
        top, bottom = area.top() + offset, area.bottom() + 1 + offset
        painter = QPainter(self.viewport())
        self._paint_headings(painter, top, bottom)
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        base = option.state & ~(
            QStyle.StateFlag.State_MouseOver
            | QStyle.StateFlag.State_HasFocus
            | QStyle.StateFlag.State_Selected
        )
        chosen, delegate = self.selectionModel(), self.itemDelegate()
        for row in self._layout.rows_between(top, bottom):
            index = self._gallery.index(row)
            option.rect = self.visualRect(index)
            option.state = base
            if chosen.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if self.hasFocus() and index == self.currentIndex():
                option.state |= QStyle.StateFlag.State_HasFocus
            if row == self._hovered:
                option.state |= QStyle.StateFlag.State_MouseOver
            delegate.paint(painter, option, index)
        painter.end()

    def viewportEvent(self, event: QEvent) -> bool:
        """Follow the pointer with the hover frame."""
        if isinstance(event, QHoverEvent):
            left = event.type() == QEvent.Type.HoverLeave
            index = QModelIndex() if left else self.indexAt(event.position().toPoint())
            self._hover(index.row())
        return super().viewportEvent(event)

    def _hover(self, row: int) -> None:
        if row == self._hovered:
            return
        for changed in (self._hovered, row):
            index = self._gallery.index(changed)
            self.viewport().update(self.visualRect(index).adjusted(-3, -3, 3, 3))
        self._hovered = row

    def _paint_headings(self, painter: QPainter, top: int, bottom: int) -> None:
        tokens = current_tokens()
        font = self.font()
        font.setPixelSize(TYPE[1])
        painter.setFont(font)
        for section in self._layout.sections:
            if section.top + HEADING <= top or section.top >= bottom:
                continue
            line = QRect(
                MARGIN, section.top - self.verticalOffset(), self.viewport().width(), HEADING
            )
            flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.setPen(QColor(tokens.text_soft))
            used = painter.drawText(line, flags, self._day_in_words(section.day))
            painter.setPen(QColor(tokens.text_faint))
            rest = line.adjusted(used.width() + 8, 0, 0, 0)
            painter.drawText(rest, flags, str(section.last - section.first))

    def _day_in_words(self, day: date) -> str:
        today = date.today()
        if day == today:
            return self.tr("Today")
        if day == today - timedelta(days=1):
            return self.tr("Yesterday")
        return f"{day.day} {QLocale().monthName(day.month)} {day.year}"

    def _repaint_pictures(self, decoded: set[str]) -> None:
        top = self.verticalOffset()
        for row in self._layout.rows_between(top, top + self.viewport().height()):
            if row >= self._gallery.rowCount():
                break
            output = self._gallery.entry(row).output
            if output is not None and output.sha256 in decoded:
                self.viewport().update(self.visualRect(self._gallery.index(row)))

    def _placed_rows(self) -> int:
        return self._layout.sections[-1].last if self._layout.sections else 0

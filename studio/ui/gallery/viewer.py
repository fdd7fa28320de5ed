"""The big view and the comparison: one or two pictures in place of the grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.ui.gallery.facts import Fact, item_facts, request_facts, title_of
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel, IconButton, Segmented
from studio.ui.widgets.compare import ComparePair
from studio.ui.widgets.picture_view import ZOOM_STEP, PictureView, decode_with_halves

if TYPE_CHECKING:
    from studio.ui.gallery.entries import GalleryEntry

_CONTROL, _ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier

Levels = list[QImage]
# Calls work on a thread and hands its result to the second function on the main thread.
InBackground = Callable[[Callable[[], list[Levels]], Callable[[list[Levels]], None]], None]


class _PageBar(QFrame):
    """The bar above a large picture: back, title, zoom, and buttons of the page."""

    def __init__(self, back_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setFixedHeight(40)
        self.back = QPushButton(back_text)
        self.back.setProperty("role", "quiet")
        self.title = ElidedLabel("")
        self.percent = QLabel()
        self.percent.setProperty("role", "pill")
        self.percent.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.zoom = Segmented(
            [("fit", self.tr("Fit")), ("actual", "100 %")], accessible_name=self.tr("Zoom")
        )
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(SPACING[1], 0, SPACING[2], 0)
        self.row.setSpacing(SPACING[1])
        self.row.addWidget(self.back)
        self.row.addWidget(self.title, 1)
        self.row.addWidget(self.percent)
        self.row.addWidget(self.zoom)


class _LargePage(QWidget):
    """What both pages share: loading off the event loop, zoom keys, Esc back to the grid.

    A picture that is asked for while another is being decoded wins: late answers are dropped.
    """

    closed = Signal()

    def __init__(self, in_background: InBackground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._in_background = in_background
        self._asked = 0
        self.bar = _PageBar(self.tr("Back"))
        self.bar.back.clicked.connect(self.closed)
        self.bar.zoom.currentChanged.connect(self._zoom_chosen)

    def views(self) -> Sequence[PictureView]:
        """The picture views of the page; the first one speaks for all."""
        raise NotImplementedError

    def _watch(self) -> None:
        for view in self.views():
            view.moved.connect(self._tell_zoom)
            view.installEventFilter(self)

    def _load(self, blobs: Sequence[bytes], show: Callable[[list[Levels]], None]) -> None:
        self._asked += 1
        self._in_background(
            lambda: [decode_with_halves(blob) for blob in blobs],
            partial(self._loaded, self._asked, show),
        )

    def _loaded(
        self, asked: int, show: Callable[[list[Levels]], None], pictures: list[Levels]
    ) -> None:
        if asked == self._asked:
            show(pictures)

    def forget(self) -> None:
        """Let go of the pictures, decoded or under way."""
        self._asked += 1
        for view in self.views():
            view.set_levels([])

    def _zoom_chosen(self, key: str) -> None:
        view = self.views()[0]
        if key == "fit":
            view.fit()
        else:
            view.actual_size()

    def _tell_zoom(self) -> None:
        view = self.views()[0]
        self.bar.percent.setText(f"{view.percent} %")
        self.bar.zoom.blockSignals(True)
        self.bar.zoom.setCurrent(
            "fit" if view.view.fitted else "actual" if view.percent == 100 else ""
        )
        self.bar.zoom.blockSignals(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim the page's keys before shortcuts of the window do."""
        kinds = (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if event.type() not in kinds or not isinstance(event, QKeyEvent):
            return False
        action = self._key_action(event)
        if action is None:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            action()
        return True

    def _key_action(self, event: QKeyEvent) -> Callable[[], None] | None:
        if (
            event.modifiers()
            & ~Qt.KeyboardModifier.KeypadModifier
            & ~Qt.KeyboardModifier.ShiftModifier
        ):
            return None
        view = self.views()[0]
        actions: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Escape: self.closed.emit,
            Qt.Key.Key_Return: self.closed.emit,
            Qt.Key.Key_Enter: self.closed.emit,
            Qt.Key.Key_0: view.fit,
            Qt.Key.Key_F: view.fit,
            Qt.Key.Key_1: view.actual_size,
            Qt.Key.Key_Plus: partial(view.zoom_by, ZOOM_STEP),
            Qt.Key.Key_Minus: partial(view.zoom_by, 1 / ZOOM_STEP),
        }
        return actions.get(event.key())


class BigView(_LargePage):
    """One picture as large as the page; left and right go through the list."""

    stepped = Signal(int)

    def __init__(self, in_background: InBackground, parent: QWidget | None = None) -> None:
        super().__init__(in_background, parent)
        self.picture = PictureView()
        self.previous = IconButton("chevron-left", self.tr("Newer picture"))
        self.next = IconButton("chevron-right", self.tr("Older picture"))
        self.previous.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        for button in (self.previous, self.next):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.bar.row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.picture, 1)
        self.setFocusProxy(self.picture)
        self._watch()

    def views(self) -> Sequence[PictureView]:
        """The one view."""
        return (self.picture,)

    def show_entry(self, entry: GalleryEntry, blob: bytes, stand_in: QImage) -> None:
        """Show a picture; until it is decoded its thumbnail stands in, at the same place."""
        output = entry.output
        assert output is not None
        self.bar.title.setText(title_of(entry.item))
        self.picture.setAccessibleName(title_of(entry.item))
        self.picture.view.document_size.setWidth(output.width)
        self.picture.view.document_size.setHeight(output.height)
        self.picture.set_levels([] if stand_in.isNull() else [stand_in])
        self.picture.fit()
        self._load([blob], lambda pictures: self.picture.set_levels(pictures[0]))

    def _key_action(self, event: QKeyEvent) -> Callable[[], None] | None:
        if not event.modifiers() & (_CONTROL | _ALT):
            if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
                return partial(self.stepped.emit, -1)
            if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
                return partial(self.stepped.emit, 1)
        return super()._key_action(event)


class ComparePage(_LargePage):
    """Two pictures side by side, with the settings in which they differ."""

    def __init__(self, in_background: InBackground, parent: QWidget | None = None) -> None:
        super().__init__(in_background, parent)
        self.pair = ComparePair()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.pair, 1)
        self.setFocusProxy(self.pair.left)
        self._watch()

    def views(self) -> Sequence[PictureView]:
        """The left and the right view."""
        return (self.pair.left, self.pair.right)

    def show_entries(
        self, left: GalleryEntry, right: GalleryEntry, blobs: tuple[bytes, bytes]
    ) -> None:
        """Compare two pictures."""
        names = title_of(left.item), title_of(right.item)
        same = names[0] == names[1]
        self.bar.title.setText(names[0] if same else f"{names[0]}  |  {names[1]}")
        ours, theirs = differences(_settings_of(left), _settings_of(right))
        nothing = self.tr("Same settings")
        self.pair.set_captions(ours or nothing, theirs or nothing)
        self.forget()
        self._load(blobs, lambda pictures: self.pair.set_pictures(pictures[0], pictures[1]))


def _settings_of(entry: GalleryEntry) -> list[Fact]:
    item, output = entry.item, entry.output
    if item.request is None or output is None:
        return item_facts(item, output)
    return request_facts(item.request, model_title=item.model_title, seed=output.seed)


def differences(left: Sequence[Fact], right: Sequence[Fact]) -> tuple[str, str]:
    """Return, for each side, the facts in which it differs from the other, in words."""
    sides = {fact.title: fact.text for fact in left}, {fact.title: fact.text for fact in right}
    titles = [fact.title for fact in left]
    titles += [fact.title for fact in right if fact.title not in sides[0]]
    differing = [title for title in titles if sides[0].get(title) != sides[1].get(title)]

    def told(facts: dict[str, str]) -> str:
        return "  ·  ".join(f"{title}: {facts.get(title, '-')}" for title in differing)

    return told(sides[0]), told(sides[1])

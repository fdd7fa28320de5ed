"""The strip under the canvas: pictures that wait for a decision, and the one in the making."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QFocusEvent,
    QKeyEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.core.errors import StudioError
from studio.ui.actions import Action
from studio.ui.canvas.candidate_list import Candidate, CandidateKey, CandidateList
from studio.ui.canvas.candidate_tiles import TILE_SIDE, CandidateThumbnail, LiveTile
from studio.ui.canvas.drops import CANDIDATE_MIME, candidate_mime
from studio.ui.canvas.files import ask_picture_path
from studio.ui.canvas.key_button import KeyButton
from studio.ui.canvas.menus import fill_menu
from studio.ui.theme import SPACING
from studio.ui.widgets import ElidedLabel

if TYPE_CHECKING:
    from studio.app.studio import Studio


NARROW = 760  # px of the strip under which its buttons stand in two rows
TILES_A_TURN = 12  # made in one turn of the event loop: about 10 ms


class _Row(QScrollArea):
    """A row that an ordinary mouse wheel scrolls sideways."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn up and down into left and right."""
        turned = event.angleDelta()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - (turned.x() or turned.y()))
        event.accept()


class CandidatesStrip(QFrame):
    """Shows the candidates; everything in it works by mouse, by keyboard and from its menu.

    Signals: ``compare_requested``; ``settings_requested(Request)`` asks the inspector to take the
    settings of a picture; ``gallery_requested(str)`` asks to show an item in the Gallery;
    ``keeping(CandidateKey)`` says that a candidate is about to become a layer.
    """

    compare_requested = Signal()
    settings_requested = Signal(object)
    gallery_requested = Signal(str)
    keeping = Signal(object)

    def __init__(
        self, studio: Studio, candidates: CandidateList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._candidates = candidates
        self._tiles: dict[CandidateKey, CandidateThumbnail] = {}
        self._columns = 0
        self.setProperty("role", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Candidates"))
        self.live_tile = LiveTile()
        self.live_tile.clicked.connect(lambda: candidates.choose(None))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACING[2], SPACING[2], SPACING[2], SPACING[1])
        layout.setSpacing(SPACING[3])
        layout.addWidget(self._make_row(), 1)
        layout.addWidget(self._make_buttons())
        self.setFixedHeight(TILE_SIDE + SPACING[2] + SPACING[1] + 12)
        self._go_on = QTimer(self)
        self._go_on.setSingleShot(True)
        self._go_on.timeout.connect(self._show_candidates)
        candidates.changed.connect(self._show_candidates)
        candidates.chosen_changed.connect(self._show_choice)
        candidates.live_changed.connect(self._show_live)
        self._show_candidates()
        self._show_live()

    # -- construction --------------------------------------------------------------------------

    def _make_row(self) -> QScrollArea:
        self._row = QWidget()
        self._row.setProperty("role", "plain")
        self._row_layout = QHBoxLayout(self._row)
        self._row_layout.setContentsMargins(0, 0, 0, 0)
        self._row_layout.setSpacing(14)
        self._hint = QLabel(
            self.tr("Pictures you generate wait here until you keep them or drop them.")
        )
        self._hint.setProperty("role", "faint")
        self._hint.setWordWrap(True)
        self._row_layout.addWidget(self._hint, 20)
        self._row_layout.addWidget(self.live_tile, 0, Qt.AlignmentFlag.AlignTop)
        self._row_layout.addStretch(1)
        self._scroll = _Row()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._row)
        return self._scroll

    def _make_buttons(self) -> QWidget:
        box = QWidget()
        box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.keep_button = KeyButton(self.tr("Keep"), self.tr("Enter"))
        self.keep_button.setToolTip(self.tr("Put the picture on the canvas as a new layer (Enter)"))
        self.keep_button.clicked.connect(lambda: self.keep())
        self.compare_button = self._quiet(self.tr("Compare"), self.compare_requested.emit)
        self.compare_button.setToolTip(self.tr("Look at two candidates side by side"))
        self.settings_button = self._quiet(self.tr("Use settings"), self._use_settings)
        self.settings_button.setToolTip(self.tr("Take over the prompt and settings"))
        self.drop_button = self._quiet(self.tr("Drop"), self._candidates.drop)
        self.drop_button.setToolTip(
            self.tr("Take the picture out of the strip (Delete); it stays in the Gallery")
        )
        self._buttons = QGridLayout()
        self._buttons.setSpacing(SPACING[0])
        self._place_buttons(4)
        self.caption = ElidedLabel(role="faint")
        self.caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        layout.addStretch(1)
        layout.addLayout(self._buttons)
        layout.addWidget(self.caption)
        layout.addStretch(1)
        return box

    def _place_buttons(self, columns: int) -> None:
        """Put the buttons into one row, or into two where the strip is narrow."""
        if columns == self._columns:
            return
        self._columns = columns
        buttons = (self.keep_button, self.compare_button, self.settings_button, self.drop_button)
        for button in buttons:
            self._buttons.removeWidget(button)
        for place, button in enumerate(buttons):
            self._buttons.addWidget(button, place // columns, place % columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the room of a narrow strip to the pictures."""
        super().resizeEvent(event)
        self._place_buttons(2 if self.width() < NARROW else 4)

    def _quiet(self, text: str, callback: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "quiet")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: callback())
        return button

    # -- showing -------------------------------------------------------------------------------

    def _show_candidates(self) -> None:
        wanted = {item.key: item for item in self._candidates.items}
        for key in [key for key in self._tiles if key not in wanted]:
            tile = self._tiles.pop(key)
            self._row_layout.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        made = 0
        for place, (key, item) in enumerate(wanted.items()):
            if key in self._tiles:
                continue
            if made == TILES_A_TURN:
                self._go_on.start()
                break
            made += 1
            self._tiles[key] = self._make_tile(item)
            self._row_layout.insertWidget(place, self._tiles[key], 0, Qt.AlignmentFlag.AlignTop)
            self._tiles[key].show()
        self._widen_row()
        self._show_choice()

    def _widen_row(self) -> None:
        """Give the row the width of its tiles now, so that they never overlap for a moment."""
        self._row_layout.activate()
        self._row.setMinimumWidth(self._row_layout.minimumSize().width())

    def _make_tile(self, item: Candidate) -> CandidateThumbnail:
        tile = CandidateThumbnail(item.key, item.item.title)
        thumbnail = self._studio.project.history.thumbnail(item.output.sha256)
        if thumbnail:
            tile.setJpeg(thumbnail)
        tile.clicked.connect(lambda: self._candidates.choose(item.key))
        tile.menuRequested.connect(lambda place: self._open_menu(item.key, place))
        tile.drag_started.connect(self._drag_out)
        return tile

    def _show_choice(self) -> None:
        chosen = self._candidates.chosen
        for key, tile in self._tiles.items():
            tile.setSelected(chosen is not None and key == chosen.key)
        for button in (self.keep_button, self.settings_button, self.drop_button):
            button.setEnabled(chosen is not None)
        self.settings_button.setEnabled(chosen is not None and chosen.item.request is not None)
        self.compare_button.setEnabled(len(self._candidates.items) > 1)
        self.caption.setText(self._describe(chosen) if chosen is not None else "")
        self.setAccessibleDescription(self.caption.full_text())
        if chosen is not None and chosen.key in self._tiles:
            self._widen_row()
            self._scroll.ensureWidgetVisible(self._tiles[chosen.key], 24, 0)
        self._show_live()

    def _show_live(self) -> None:
        live = self._candidates.live
        if self.live_tile.isHidden() != (live is None):
            self.live_tile.setVisible(live is not None)
            self._widen_row()
        self._hint.setVisible(live is None and not self._tiles)
        if live is not None:
            self.live_tile.show_job(live)

    def _describe(self, candidate: Candidate) -> str:
        parts = [self.tr("seed {0}").format(candidate.output.seed)]
        plan = candidate.item.plan
        steps = getattr(candidate.item.request, "steps", None)
        if steps is not None and not (plan and plan.layout == "engine"):
            parts.append(self.tr("%n steps", "", steps))
        if candidate.item.seconds > 0:
            parts.append(self.tr("{0} s").format(f"{candidate.item.seconds:.1f}"))
        return " · ".join(parts)

    # -- doing ---------------------------------------------------------------------------------

    def keep(self, key: CandidateKey | None = None) -> None:
        """Keep a candidate, the chosen one by default."""
        chosen = self._candidates.chosen
        key = key or (chosen.key if chosen is not None else None)
        if key is not None:
            self.keeping.emit(key)
            self._candidates.keep(key)

    def actions_for(self, key: CandidateKey) -> list[Action]:
        """Return what can be done with a candidate, for its menu."""
        candidate = next(item for item in self._candidates.items if item.key == key)
        known = candidate.item.request is not None
        return [
            Action(id="candidate.keep", title=self.tr("Keep"), callback=lambda: self.keep(key)),
            Action(
                id="candidate.drop",
                title=self.tr("Drop"),
                callback=lambda: self._candidates.drop(key),
            ),
            Action(
                id="candidate.settings",
                title=self.tr("Use settings"),
                callback=lambda: self.settings_requested.emit(candidate.item.request),
                enabled=lambda: known,
            ),
            Action(
                id="candidate.again",
                title=self.tr("Run again"),
                callback=lambda: self._guarded(lambda: self._studio.run_again(key[0])),
                enabled=lambda: known,
            ),
            Action(
                id="candidate.save",
                title=self.tr("Save picture as..."),
                callback=lambda: self._save_as(candidate),
            ),
            Action(
                id="candidate.gallery",
                title=self.tr("Show in the Gallery"),
                callback=lambda: self.gallery_requested.emit(key[0]),
            ),
        ]

    def _use_settings(self) -> None:
        chosen = self._candidates.chosen
        if chosen is not None and chosen.item.request is not None:
            self.settings_requested.emit(chosen.item.request)

    def _save_as(self, candidate: Candidate) -> None:
        path = ask_picture_path(self, self.tr("Save picture"), candidate.item.title)
        if path is not None:
            self._guarded(lambda: self._studio.save_output(*candidate.key, path))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StudioError as error:
            self._studio.report(error)

    def _open_menu(self, key: CandidateKey, place: QPoint) -> None:
        self._candidates.choose(key)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_menu(menu, self.actions_for(key))
        menu.popup(place)

    def _drag_out(self, key: CandidateKey) -> None:
        self._guarded(lambda: self._start_drag(key))

    def _start_drag(self, key: CandidateKey) -> None:
        drag = QDrag(self)
        drag.setMimeData(self.mime_for(key))
        drag.setPixmap(self._tiles[key].grab().scaledToWidth(TILE_SIDE // 2))
        drag.exec(Qt.DropAction.CopyAction)

    def mime_for(self, key: CandidateKey) -> QMimeData:
        """Return what a drag offers: a file to other programs, the candidate to the canvas."""
        from PySide6.QtCore import QUrl

        path = self._studio.copy_output_to_temp(*key)
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        mime.setData(CANDIDATE_MIME, candidate_mime(key))
        return mime

    # -- Qt's events ---------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right choose, Enter keeps, Delete drops."""
        match event.key():
            case Qt.Key.Key_Left:
                self._candidates.step(-1)
            case Qt.Key.Key_Right:
                self._candidates.step(1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.keep()
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self._candidates.drop()
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the chosen candidate's menu from the keyboard."""
        chosen = self._candidates.chosen
        if event.reason() == QContextMenuEvent.Reason.Keyboard and chosen is not None:
            tile = self._tiles.get(chosen.key, self)
            self._open_menu(chosen.key, tile.mapToGlobal(tile.rect().center()))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is: on the chosen picture, the newest one if none is chosen."""
        super().focusInEvent(event)
        by_keyboard = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if event.reason() in by_keyboard and self._candidates.chosen is None:
            self._candidates.step(-1)

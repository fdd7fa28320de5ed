"""Two candidates against each other: side by side, or one over the other with a divider."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.ui.canvas.candidate_list import Candidate, CandidateList
from studio.ui.theme import SPACING, current_tokens
from studio.ui.widgets import ElidedLabel, IconButton, Segmented, claims_escape
from studio.ui.widgets.compare import ComparePair
from studio.ui.widgets.picture_view import ZOOM_STEP, PictureView, decode_with_halves

if TYPE_CHECKING:
    from studio.app.studio import Studio

GRIP = 12  # logical px around the divider in which it can be taken
KEY_STEP = 0.05  # of the width


class WipeView(PictureView):
    """One picture over another, uncovered up to a divider that can be dragged.

    Ctrl+Left and Ctrl+Right move the divider by keyboard.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.divider = 0.5  # of the widget's width
        self._over: list[QImage] = []
        self._dragging = False
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Two pictures with a divider"))

    def set_pictures(self, left: list[QImage], right: list[QImage]) -> None:
        """Show ``left`` left of the divider and ``right`` on the other side of it."""
        self.set_levels(right)
        self._over = left
        if right:
            self.view.document_size = right[0].size()
        self.fit()

    def set_divider(self, fraction: float) -> None:
        """Move the divider to a fraction of the widget's width."""
        self.divider = min(max(fraction, 0.0), 1.0)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the divider, or pan."""
        self._dragging = self._near(event)
        if not self._dragging:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the divider, or pan."""
        if self._dragging:
            self.set_divider(event.position().x() / max(self.width(), 1))
            return
        if not event.buttons():
            near = self._near(event)
            self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging = False
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the divider by keyboard."""
        ways = {Qt.Key.Key_Left: -KEY_STEP, Qt.Key.Key_Right: KEY_STEP}
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if held and event.key() in ways:
            self.set_divider(self.divider + ways[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the right picture, the left one over it up to the divider, and the divider."""
        super().paintEvent(event)
        if not self._over:
            return
        tokens = current_tokens()
        x = self.divider * self.width()
        painter = QPainter(self)
        painter.setClipRect(QRectF(0, 0, x, self.height()))
        target = self.view.transform().mapRect(QRectF(QPointF(), self.view.document_size))
        painter.fillRect(target, QColor(tokens.checker_dark))
        self.paint_levels(painter, self._over, target)
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 120), 3))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setPen(QPen(QColor(tokens.knob), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setBrush(QColor(tokens.knob))
        painter.drawEllipse(QPointF(x, self.height() / 2), 6, 6)
        painter.end()

    def _near(self, event: QMouseEvent) -> bool:
        return abs(event.position().x() - self.divider * self.width()) <= GRIP


class CompareView(QFrame):
    """Covers the canvas while two candidates are compared.

    Left and Right show another candidate beside the first, Enter keeps the right one, Delete drops
    it, Esc closes. Zoom and pan, by mouse or with + - 0 1, are common to both.
    """

    closed = Signal()
    keep_requested = Signal(object)  # CandidateKey
    drop_requested = Signal(object)

    def __init__(
        self, studio: Studio, candidates: CandidateList, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._candidates = candidates
        self._first: Candidate | None = None
        self._second: Candidate | None = None
        self._levels: dict[str, list[QImage]] = {}
        self.setProperty("role", "canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The canvas below must not take what is meant for the comparison.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAccessibleName(self.tr("Comparison"))
        self.pair, self.wipe = ComparePair(), WipeView()
        self.mode = Segmented(
            [("side", self.tr("Side by side")), ("wipe", self.tr("Divider"))],
            accessible_name=self.tr("How to compare"),
        )
        self.mode.currentChanged.connect(lambda _: self._show())
        self._names = ElidedLabel(role="caption")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.pair)
        self._stack.addWidget(self.wipe)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._make_bar())
        layout.addWidget(self._stack, 1)
        candidates.changed.connect(self._on_candidates)
        self.hide()

    def _make_bar(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "panel")
        swap = IconButton("swap", self.tr("Swap the two pictures"))
        swap.clicked.connect(self._swap)
        close = IconButton("close", self.tr("Close the comparison (Esc)"))
        close.clicked.connect(self.close_view)
        keys = ElidedLabel(
            self.tr("Enter keeps the right one, Delete drops it, arrows show others"),
            "faint",
        )
        keys.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SPACING[2], 4, SPACING[1], 4)
        row.setSpacing(SPACING[1])
        row.addWidget(self.mode)
        row.addWidget(swap)
        row.addWidget(self._names, 1)
        row.addWidget(keys, 1)
        row.addWidget(close)
        return bar

    @property
    def pictures(self) -> tuple[Candidate | None, Candidate | None]:
        """The candidates on the left and on the right."""
        return self._first, self._second

    def open_view(self) -> bool:
        """Compare the chosen candidate with its neighbour; False where there are not two."""
        items = self._candidates.items
        if len(items) < 2:
            return False
        first = self._candidates.chosen or items[0]
        place = [item.key for item in items].index(first.key)
        self._first, self._second = first, items[place + 1 if place + 1 < len(items) else place - 1]
        self.show()
        self.raise_()
        self.setFocus()
        self._load()
        return True

    def close_view(self) -> None:
        """Give the canvas back."""
        self._first = self._second = None
        self._levels.clear()
        self.hide()
        self.closed.emit()

    def step(self, by: int) -> None:
        """Show another candidate on the right."""
        others = [item for item in self._candidates.items if item != self._first]
        if self._second not in others:
            return
        self._second = others[(others.index(self._second) + by) % len(others)]
        self._load()

    def _swap(self) -> None:
        self._first, self._second = self._second, self._first
        self._show()

    def _on_candidates(self) -> None:
        if self._first is None or self._second is None:
            return
        items = {item.key: item for item in self._candidates.items}
        if self._first.key not in items or len(items) < 2:
            self.close_view()
            return
        self._first = items[self._first.key]
        if self._second.key in items:
            self._second = items[self._second.key]
            return
        self._second = next(item for item in items.values() if item != self._first)
        self._load()

    def _load(self) -> None:
        """Decode what is not decoded yet, off the event loop; show what is there."""
        wanted = [item for item in (self._first, self._second) if item is not None]
        names = {item.output.sha256 for item in wanted}
        self._levels = {name: self._levels[name] for name in names & self._levels.keys()}
        try:
            for name in names - self._levels.keys():
                data = self._studio.project.history.blob(name)
                self._studio.background(
                    partial(decode_with_halves, data), partial(self._take, name)
                )
        except StudioError as error:
            self._studio.report(error)
        self._show()

    def _take(self, name: str, levels: list[QImage]) -> None:
        wanted = {item.output.sha256 for item in (self._first, self._second) if item is not None}
        if name in wanted:
            self._levels[name] = levels
            self._show()

    def _show(self) -> None:
        if self._first is None or self._second is None:
            return
        left = self._levels.get(self._first.output.sha256)
        right = self._levels.get(self._second.output.sha256)
        captions = [self._caption(item) for item in (self._first, self._second)]
        wipe = self.mode.current() == "wipe"
        self._names.setText(" | ".join(captions) if wipe else "")
        self._stack.setCurrentIndex(1 if wipe else 0)
        if left is None or right is None:
            return
        if wipe:
            self.wipe.set_pictures(left, right)
        else:
            self.pair.set_pictures(left, right)
            self.pair.set_captions(*captions)

    def _caption(self, item: Candidate) -> str:
        seed = self.tr("seed {0}").format(item.output.seed)
        return f"{item.item.title} · {seed}"

    def event(self, event: QEvent) -> bool:
        """Esc closes the comparison; the running job goes on."""
        return claims_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose, keep, drop and close by keyboard."""
        second = self._second
        match event.key():
            case Qt.Key.Key_Escape:
                self.close_view()
            case Qt.Key.Key_Left:
                self.step(-1)
            case Qt.Key.Key_Right:
                self.step(1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if second is not None:
                self.keep_requested.emit(second.key)
            case Qt.Key.Key_Delete if second is not None:
                self.drop_requested.emit(second.key)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._picture().zoom_by(ZOOM_STEP)
            case Qt.Key.Key_Minus:
                self._picture().zoom_by(1 / ZOOM_STEP)
            case Qt.Key.Key_0:
                self._picture().fit()
            case Qt.Key.Key_1:
                self._picture().actual_size()
            case _ if event.modifiers():
                super().keyPressEvent(event)

    def _picture(self) -> PictureView:
        return self.wipe if self.mode.current() == "wipe" else self.pair.left

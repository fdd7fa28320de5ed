"""The detail pane: the full recipe of what is chosen, each line to copy, and what to do with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.ui.gallery.facts import (
    Fact,
    item_facts,
    reason_in_words,
    status_in_words,
    title_of,
)
from studio.ui.theme import RADIUS, SPACING
from studio.ui.widgets import ElidedLabel, IconButton, set_role

if TYPE_CHECKING:
    from pathlib import Path

    from studio.ui.gallery.entries import GalleryEntry
    from studio.ui.gallery.foreign import ToldRecipe

PANE_WIDTH = 340  # px, the inspector's place
SMALLEST_PANE = 280  # px, in a narrow window
_TITLE_WIDTH = 92  # px


class Preview(QWidget):
    """The picture at the top of the pane, as large as the pane is wide."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName(self.tr("Preview"))

    def set_image(self, image: QImage) -> None:
        """Show a picture; a null one leaves no gap."""
        self._image = image
        self.setVisible(not image.isNull())
        self._fit_height()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the shape of the picture."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        if not self._image.isNull():
            height = round(self.width() * self._image.height() / self._image.width())
            self.setFixedHeight(max(48, min(self.width(), height)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture with round corners."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        target = self.rect()
        target.setSize(size)
        target.moveCenter(self.rect().center())
        path = QPainterPath()
        path.addRoundedRect(target, RADIUS, RADIUS)
        painter.setClipPath(path)
        painter.drawImage(target, self._image)


class FactRow(QWidget):
    """One line of the recipe with a button that copies it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fact = Fact("", "")
        self.title = QLabel()
        self.title.setProperty("role", "faint")
        self.title.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.title.setWordWrap(True)
        self.text = QLabel()
        self.text.setProperty("role", "value")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.copy = IconButton("copy", "", size=22, role="text_faint")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._fact.text))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING[1])
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self._long: bool | None = None

    def show_fact(self, fact: Fact) -> None:
        """Show another fact in this row."""
        self._fact = fact
        self.title.setText(fact.title)
        self.text.setText(_breakable(fact.text))
        self.text.setAccessibleName(f"{fact.title}: {fact.text}")
        words = self.tr("Copy: {0}").format(fact.title)
        self.copy.setToolTip(words)
        if fact.long != self._long:
            self._place(fact.long)

    def _place(self, long: bool) -> None:
        self._long = long
        self._grid.setContentsMargins(0, 0, 0, SPACING[1] if long else 0)
        top = Qt.AlignmentFlag.AlignTop
        for widget in (self.title, self.text, self.copy):
            self._grid.removeWidget(widget)
        if long:
            self.title.setMinimumWidth(0)
            self.title.setMaximumWidth(16_777_215)
            self._grid.addWidget(self.title, 0, 0, 1, 2, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(self.copy, 0, 2, top)
            self._grid.addWidget(self.text, 1, 0, 1, 3)
        else:
            self.title.setFixedWidth(_TITLE_WIDTH)
            self._grid.addWidget(self.title, 0, 0, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(self.text, 0, 1, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(self.copy, 0, 2, top)


class DetailPane(QFrame):
    """Tells everything about one picture: of the Gallery, or of a file from elsewhere."""

    keep_clicked = Signal()
    use_clicked = Signal()
    run_clicked = Signal()
    save_clicked = Signal()
    foreign_use_clicked = Signal(object)
    foreign_closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setMinimumWidth(SMALLEST_PANE)
        self.setMaximumWidth(PANE_WIDTH)
        self._rows: list[FactRow] = []
        self._foreign: object = None
        self.heading = ElidedLabel("")
        self.heading.setProperty("role", "heading")
        self.state = QLabel()
        self.close_foreign = IconButton("close", self.tr("Back to the Gallery's own picture"))
        self.close_foreign.clicked.connect(self.foreign_closed)
        self.preview = Preview()
        self.hint = self._wrapping("soft")
        self.problem = self._wrapping("bad")
        self.buttons = self._own_buttons()
        self.use_foreign = QPushButton(self.tr("Use these settings"))
        self.use_foreign.setProperty("role", "primary")
        self.use_foreign.clicked.connect(lambda: self.foreign_use_clicked.emit(self._foreign))
        self.copy_all = QPushButton(self.tr("Copy all"))
        self.copy_all.setProperty("role", "link")
        self.copy_all.clicked.connect(self._copy_all)
        self._facts: Sequence[Fact] = ()
        self._lay_out()
        self.show_nothing()

    def sizeHint(self) -> QSize:
        """The pane's width where there is room."""
        return QSize(PANE_WIDTH, super().sizeHint().height())

    def show_nothing(self, message: str = "") -> None:
        """Say what choosing a card would show."""
        self._foreign = None
        self.heading.setText(self.tr("Recipe"))
        self.preview.set_image(QImage())
        self._show_state("", "faint")
        self._show_texts(
            hint=message or self.tr("Choose a picture to see how it was made."), problem=""
        )
        self.close_foreign.hide()
        self.buttons.hide()
        self.use_foreign.hide()
        self._show_facts(())

    def show_entry(self, entry: GalleryEntry, image: QImage, *, chosen: int = 1) -> None:
        """Show the recipe of a card; ``chosen`` is how many cards are selected."""
        self._foreign = None
        item, output = entry.item, entry.output
        self.heading.setText(title_of(item))
        self.preview.set_image(image)
        roles = {"failed": "bad", "cancelled": "faint", "done": "good"}
        words = status_in_words(item)
        if chosen > 1:
            words = self.tr("{0} · {1} chosen").format(words, chosen)
        self._show_state(words, roles.get(item.status, "warn"))
        problem, hint = "", ""
        if item.status == "failed":
            problem, hint = reason_in_words(item), item.error_hint
        elif output is None:
            hint = reason_in_words(item)
        self._show_texts(hint=hint, problem=problem)
        self.close_foreign.hide()
        self.use_foreign.hide()
        self.buttons.show()
        self.keep.setEnabled(output is not None)
        self.save.setEnabled(output is not None)
        self.use.setEnabled(item.request is not None)
        self.run_again.setEnabled(item.request is not None)
        self._show_facts(item_facts(item, output))

    def show_foreign(self, path: Path, told: ToldRecipe | None, image: QImage) -> None:
        """Show the recipe that a file from elsewhere carries, or that it carries none."""
        self.heading.setText(path.name)
        self.preview.set_image(image)
        self.close_foreign.show()
        self.buttons.hide()
        self._foreign = told.settings if told is not None else None
        self.use_foreign.setVisible(bool(self._foreign))
        if told is None:
            self._show_state(self.tr("No recipe"), "warn")
            self._show_texts(
                hint=self.tr(
                    "This picture does not say how it was made. Pictures from Atelier, "
                    "AUTOMATIC1111, ComfyUI and InvokeAI do, unless another program removed it."
                ),
                problem="",
            )
            self._show_facts(())
            return
        self._show_state(self.tr("Made with {0}").format(told.program), "good")
        self._show_texts(hint="\n".join(told.notes), problem="")
        self._show_facts(told.facts)

    # Building

    def _own_buttons(self) -> QWidget:
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(SPACING[1])
        self.keep = self._button(self.tr("Keep on canvas"), self.keep_clicked, "K")
        self.keep.setProperty("role", "primary")
        self.use = self._button(self.tr("Use settings"), self.use_clicked, "U")
        self.run_again = self._button(self.tr("Run again"), self.run_clicked, "R")
        self.save = self._button(self.tr("Save"), self.save_clicked, "Ctrl+S")
        for place, button in enumerate((self.keep, self.use, self.run_again, self.save)):
            grid.addWidget(button, place // 2, place % 2)
        return holder

    def _button(self, text: str, signal: object, key: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(f"{text} ({key})")
        button.setAccessibleName(text)
        button.clicked.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        return button

    def _wrapping(self, role: str) -> QLabel:
        label = QLabel()
        label.setProperty("role", role)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _lay_out(self) -> None:
        body = QWidget()
        body.setProperty("role", "plain")
        column = QVBoxLayout(body)
        scroll = _steady_scroll_area()
        bar = scroll.verticalScrollBar().sizeHint().width()
        column.setContentsMargins(SPACING[3], SPACING[2], max(0, SPACING[3] - bar), SPACING[3])
        column.setSpacing(SPACING[2])
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.close_foreign)
        column.addLayout(head)
        column.addWidget(self.state)
        column.addWidget(self.preview)
        column.addWidget(self.problem)
        column.addWidget(self.hint)
        column.addWidget(self.buttons)
        column.addWidget(self.use_foreign)
        self._fact_column = QVBoxLayout()
        self._fact_column.setSpacing(SPACING[0])
        column.addLayout(self._fact_column)
        column.addWidget(self.copy_all, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        scroll.setWidget(body)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    # Showing

    def _show_state(self, words: str, role: str) -> None:
        self.state.setText(words)
        self.state.setVisible(bool(words))
        set_role(self.state, role)

    def _show_texts(self, *, hint: str, problem: str) -> None:
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def _show_facts(self, facts: Sequence[Fact]) -> None:
        self._facts = facts
        while len(self._rows) < len(facts):
            row = FactRow()
            self._rows.append(row)
            self._fact_column.addWidget(row)
        for row, fact in zip(self._rows, facts, strict=False):
            row.show_fact(fact)
            row.show()
        for row in self._rows[len(facts) :]:
            row.hide()
        self.copy_all.setVisible(bool(facts))

    @property
    def facts(self) -> Sequence[Fact]:
        """The recipe that is shown."""
        return self._facts

    def _copy_all(self) -> None:
        lines = [f"{fact.title}: {fact.text}" for fact in self._facts]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _steady_scroll_area() -> QScrollArea:
    """Return a scroll area whose bar always keeps its room.

    A picture is as high as it is wide: a bar that comes and goes would make it fit without the
    bar's room and not fit with it, for ever.
    """
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    bar = scroll.verticalScrollBar()
    bar.rangeChanged.connect(lambda _, highest: bar.setEnabled(highest > 0))
    bar.setEnabled(False)
    return scroll


def _breakable(text: str) -> str:
    """Let words longer than a line, such as paths, break; what is copied stays as it was."""
    return re.sub(r"(\S{24})(?=\S)", "\\1\u200b", text)

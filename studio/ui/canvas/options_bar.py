"""The second bar: what the tool in the hand can be set to, and the guides."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from studio.ui.canvas.colour_panel import Swatches
from studio.ui.canvas.option_page import Page
from studio.ui.canvas.option_pages import PAGES, page_for
from studio.ui.canvas.toolbox import Toolbox
from studio.ui.theme import SPACING
from studio.ui.widgets import ValueField


class OptionsBar(QFrame):
    """Shows one page a kind of tool, made when it is first needed.

    Signals: ``guides_changed(set)``, ``finished`` when the artist has typed a value, and
    ``action_requested(str)`` with an action's id.
    """

    guides_changed = Signal(object)
    finished = Signal()
    action_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName(self.tr("Tool options"))
        self.setFixedHeight(38)
        self._toolbox: Toolbox | None = None
        self.pages: dict[str, Page] = {}
        self._areas: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self.swatches: Swatches | None = None
        self.thirds_button = self._pill(self.tr("Rule of thirds"))
        self.golden_button = self._pill(self.tr("Golden ratio"))
        self._guides = QWidget()
        guides = QHBoxLayout(self._guides)
        guides.setContentsMargins(0, 0, 0, 0)
        guides.setSpacing(SPACING[1])
        guides.addWidget(self.thirds_button)
        guides.addWidget(self.golden_button)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACING[2], 0, SPACING[2], 0)
        self._row.setSpacing(SPACING[1])
        self._row.addWidget(self._stack, 1)
        self._row.addWidget(self._guides)

    def set_toolbox(self, toolbox: Toolbox) -> None:
        """Follow the tool in the hand."""
        self._toolbox = toolbox
        self.swatches = Swatches(toolbox.context.state)
        self._row.insertWidget(0, self.swatches)
        toolbox.changed.connect(self._show_tool)
        if toolbox.current:
            self._show_tool(toolbox.current)

    def _show_tool(self, name: str) -> None:
        if self._toolbox is None:
            return
        kind = page_for(name)
        page = self.pages.get(kind)
        if page is None:
            page = PAGES[kind](self._toolbox, self)
            self.pages[kind] = page
            area = _Strip(page)
            self._areas[kind] = area
            self._stack.addWidget(area)
            for field in page.findChildren(ValueField):
                field.done.connect(self.finished)
        show: Callable[[str], None] | None = getattr(page, "show_tool", None)
        if show is not None:
            show(name)
        self._stack.setCurrentWidget(self._areas[kind])
        self._make_room(page)

    def toggle_guide(self, name: str) -> None:
        """Switch a guide: "thirds" or "golden"."""
        (self.thirds_button if name == "thirds" else self.golden_button).toggle()

    def guides(self) -> set[str]:
        """Return the guides that are on."""
        buttons = {"thirds": self.thirds_button, "golden": self.golden_button}
        return {name for name, button in buttons.items() if button.isChecked()}

    def _pill(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "pill")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.toggled.connect(lambda: self.guides_changed.emit(self.guides()))
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow the guides are in the menu only."""
        super().resizeEvent(event)
        if self._toolbox is not None and self._toolbox.current:
            self._make_room(self.pages[page_for(self._toolbox.current)])

    def _make_room(self, page: Page) -> None:
        needed = page.sizeHint().width() + self._guides.sizeHint().width() + 90
        self._guides.setVisible(needed <= self.width())


class _Strip(QScrollArea):
    """Holds a page that may be wider than the window: the wheel and Tab bring the rest."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        # A viewport of our own: to wrap Qt's, PySide6 would make every class of QtWidgets.
        ground = QWidget()
        ground.setAutoFillBackground(False)
        self.setViewport(ground)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.setAutoFillBackground(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Move sideways."""
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - event.angleDelta().y() // 2)

"""The second bar: what the tool in the hand can be set to, and the guides."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QWidget

from studio.ui.canvas.colour_panel import Swatches
from studio.ui.canvas.option_pages import PAGES, page_for
from studio.ui.canvas.toolbox import Toolbox
from studio.ui.theme import SPACING
from studio.ui.widgets import ValueField, set_role


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
        self.pages: dict[str, QWidget] = {}
        self._stack = QStackedWidget()
        self._hint = QLabel()
        set_role(self._hint, "faint")
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
            self._stack.addWidget(page)
            for field in page.findChildren(ValueField):
                field.done.connect(self.finished)
        show: Callable[[str], None] | None = getattr(page, "show_tool", None)
        if show is not None:
            show(name)
        self._stack.setCurrentWidget(page)
        self._make_room()

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
        self._make_room()

    def _make_room(self) -> None:
        page = self._stack.currentWidget()
        if page is None:
            return
        needed = page.sizeHint().width() + self._guides.sizeHint().width() + 90
        self._guides.setVisible(needed <= self.width())

    def minimumSizeHint(self):  # type: ignore[no-untyped-def]
        """A narrow window cuts the page; it never grows for it."""
        size = super().minimumSizeHint()
        size.setWidth(200)
        return size

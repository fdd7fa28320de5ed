"""The bar above the canvas: undo and redo, tools, zoom and export."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QPushButton, QWidget

from studio.document import ImageDocument
from studio.ui.canvas.toolbox import Toolbox, ToolSpec
from studio.ui.theme import SPACING, icon
from studio.ui.widgets import IconButton, separator

ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
BUTTON = 30  # px


class ContextBar(QFrame):
    """Shows what the canvas can do now; it does nothing itself but ask.

    A tool's button stands for its group; a right click or the menu key shows all of them.
    Signals: ``action_requested(str)`` with an action's id, ``zoom_requested(float)`` where 0
    means fit.
    """

    action_requested = Signal(str)
    zoom_requested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName(self.tr("Canvas tools"))
        self.undo_button = self._ask("undo", "edit.undo", self.tr("Undo (Ctrl+Z)"))
        self.redo_button = self._ask("redo", "edit.redo", self.tr("Redo (Ctrl+Shift+Z)"))
        self.tool_buttons: dict[str, IconButton] = {}
        self._tools = QButtonGroup(self)
        self._toolbox: Toolbox | None = None
        self.zoom_button = QPushButton("100 %")
        self.zoom_button.setFixedWidth(72)
        self.zoom_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.zoom_button.setToolTip(self.tr("Zoom (+ and -; 1 is 100 %, 0 fits)"))
        self.zoom_button.clicked.connect(self._open_zooms)
        self.export_button = self._ask("export", "canvas.export", self.tr("Export the picture"))
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING[1], 4, SPACING[1], 4)
        row.setSpacing(2)
        row.addWidget(self.undo_button)
        row.addWidget(self.redo_button)
        row.addLayout(self._row)
        row.addStretch(1)
        row.addWidget(self.zoom_button)
        row.addWidget(self.export_button)
        self.setFixedHeight(40)

    def set_toolbox(self, toolbox: Toolbox) -> None:
        """Show the buttons of the tools."""
        self._toolbox = toolbox
        toolbox.changed.connect(self._show_tool)
        line_before = {"move", "fill", "select", "crop"}
        for spec in toolbox.specs.values():
            if spec.group in self.tool_buttons:
                continue
            if spec.group in line_before:
                self._add_line()
            button = IconButton(spec.icon, "", checkable=True, size=BUTTON)
            button.clicked.connect(lambda _=False, group=spec.group: toolbox.choose_group(group))
            button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            button.customContextMenuRequested.connect(
                lambda place, group=spec.group: self._open_group(group, place)
            )
            self._tools.addButton(button)
            self._row.addWidget(button)
            self.tool_buttons[spec.group] = button
            self._dress(toolbox.last_of(spec.group))
        if toolbox.current:
            self._show_tool(toolbox.current)

    def _add_line(self) -> None:
        line = separator(vertical=True)
        line.setFixedHeight(20)
        self._row.addSpacing(SPACING[0])
        self._row.addWidget(line)
        self._row.addSpacing(SPACING[0])

    def _dress(self, spec: ToolSpec) -> None:
        button = self.tool_buttons[spec.group]
        button.set_icon(spec.icon)
        button.setToolTip(f"{spec.title} ({spec.key or 'Ctrl+T'})")

    def _show_tool(self, name: str) -> None:
        if self._toolbox is None:
            return
        spec = self._toolbox.specs[name]
        if spec.group in self.tool_buttons:
            self._dress(spec)
            self.tool_buttons[spec.group].setChecked(True)

    def _open_group(self, group: str, place: QPoint) -> None:
        if self._toolbox is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for spec in self._toolbox.group(group):
            entry = menu.addAction(icon(spec.icon), spec.title)
            choose = partial(self._toolbox.choose, spec.name)
            entry.triggered.connect(lambda _=False, choose=choose: choose())
        menu.popup(self.tool_buttons[group].mapToGlobal(place))

    @property
    def move_button(self) -> IconButton:
        """The button of the move tool."""
        return self.tool_buttons["move"]

    @property
    def hand_button(self) -> IconButton:
        """The button of the hand."""
        return self.tool_buttons["hand"]

    def show_document(self, document: ImageDocument) -> None:
        """Enable what can be done with the document now, and say what undo would take back."""
        self.undo_button.setEnabled(document.can_undo)
        self.redo_button.setEnabled(document.can_redo)
        undo, redo = self.tr("Undo (Ctrl+Z)"), self.tr("Redo (Ctrl+Shift+Z)")
        if document.can_undo:
            undo = self.tr("Undo: {0} (Ctrl+Z)").format(document.undo_label)
        if document.can_redo:
            redo = self.tr("Redo: {0} (Ctrl+Shift+Z)").format(document.redo_label)
        self.undo_button.setToolTip(undo)
        self.redo_button.setToolTip(redo)
        self.export_button.setEnabled(bool(document.layers))

    def show_zoom(self, zoom: float) -> None:
        """Show the zoom as a percentage."""
        percent = zoom * 100
        self.zoom_button.setText(f"{percent:.0f} %" if percent >= 9.5 else f"{percent:.1f} %")
        self.zoom_button.setAccessibleName(self.tr("Zoom {0}").format(self.zoom_button.text()))

    def _ask(self, icon_name: str, action: str, tooltip: str) -> IconButton:
        button = IconButton(icon_name, tooltip)
        button.clicked.connect(lambda: self.action_requested.emit(action))
        return button

    def _open_zooms(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        choices = [
            (self.tr("Fit"), 0.0),
            *((f"{zoom:.0%}".replace("%", " %"), zoom) for zoom in ZOOMS),
        ]
        for title, zoom in choices:
            chosen = menu.addAction(title)
            chosen.triggered.connect(lambda _=False, zoom=zoom: self.zoom_requested.emit(zoom))
        menu.popup(self.zoom_button.mapToGlobal(QPoint(0, self.zoom_button.height())))

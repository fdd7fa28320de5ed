"""The bar above the canvas: undo and redo, tools, guides, zoom and export."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QPushButton, QWidget

from studio.document import ImageDocument
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton, separator

ZOOMS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class ContextBar(QFrame):
    """Shows what the canvas can do now; it does nothing itself but ask.

    Signals: ``action_requested(str)`` with an action's id, ``tool_chosen(str)`` ("hand" or
    "move"), ``guides_changed(set)``, ``zoom_requested(float)`` where 0 means fit.
    """

    action_requested = Signal(str)
    tool_chosen = Signal(str)
    guides_changed = Signal(object)
    zoom_requested = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAccessibleName(self.tr("Canvas tools"))
        self.undo_button = self._ask("undo", "edit.undo", self.tr("Undo (Ctrl+Z)"))
        self.redo_button = self._ask("redo", "edit.redo", self.tr("Redo (Ctrl+Shift+Z)"))
        self.move_button = IconButton("move", self.tr("Move the active layer (V)"), checkable=True)
        self.hand_button = IconButton(
            "hand", self.tr("Move the view (H, or hold Space)"), checkable=True
        )
        self._tools = QButtonGroup(self)
        for button, name in ((self.move_button, "move"), (self.hand_button, "hand")):
            self._tools.addButton(button)
            button.clicked.connect(lambda _=False, name=name: self.tool_chosen.emit(name))
        self.thirds_button = self._pill(self.tr("Rule of thirds"))
        self.golden_button = self._pill(self.tr("Golden ratio"))
        self.zoom_button = QPushButton("100 %")
        self.zoom_button.setFixedWidth(72)
        self.zoom_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.zoom_button.setToolTip(self.tr("Zoom (+ and -; 1 is 100 %, 0 fits)"))
        self.zoom_button.clicked.connect(self._open_zooms)
        self.export_button = self._ask("export", "canvas.export", self.tr("Export the picture"))
        self._lay_out()
        self.move_button.setChecked(True)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING[1], 4, SPACING[1], 4)
        row.setSpacing(SPACING[0])
        groups: tuple[tuple[QWidget, ...], ...] = (
            (self.undo_button, self.redo_button),
            (self.move_button, self.hand_button),
            (self.thirds_button, self.golden_button),
        )
        for place, group in enumerate(groups):
            if place:
                line = separator(vertical=True)
                line.setFixedHeight(20)
                row.addSpacing(SPACING[0])
                row.addWidget(line)
                row.addSpacing(SPACING[0])
            for widget in group:
                row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.zoom_button)
        row.addWidget(self.export_button)
        self.setFixedHeight(40)

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

    def show_tool(self, name: str) -> None:
        """Show which tool is active."""
        (self.move_button if name == "move" else self.hand_button).setChecked(True)

    def toggle_guide(self, name: str) -> None:
        """Switch a guide: "thirds" or "golden"."""
        (self.thirds_button if name == "thirds" else self.golden_button).toggle()

    def guides(self) -> set[str]:
        """Return the guides that are on."""
        buttons = {"thirds": self.thirds_button, "golden": self.golden_button}
        return {name for name, button in buttons.items() if button.isChecked()}

    def _ask(self, icon_name: str, action: str, tooltip: str) -> IconButton:
        button = IconButton(icon_name, tooltip)
        button.clicked.connect(lambda: self.action_requested.emit(action))
        return button

    def _pill(self, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "pill")
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.toggled.connect(lambda: self.guides_changed.emit(self.guides()))
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

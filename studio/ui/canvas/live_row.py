"""The Live switch in the inspector: off until somebody turns it on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QVBoxLayout, QWidget

from studio.ui.canvas.live_restyle import LiveRestyle
from studio.ui.theme import SPACING
from studio.ui.widgets import set_role


class LiveRow(QWidget):
    """A box to check and one line that says what happens."""

    def __init__(self, live: LiveRestyle) -> None:
        super().__init__()
        self.setObjectName("live-row")
        self._live = live
        self.box = QCheckBox(self.tr("Live"))
        self.box.setToolTip(self.tr("Make the picture anew after every stroke"))
        self.text = QLabel()
        self.text.setWordWrap(True)
        set_role(self.text, "caption")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[0])
        layout.addWidget(self.box, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.text)
        self.box.toggled.connect(live.set_on)
        live.on_changed.connect(self._show)
        live.working.connect(self._show_work)
        self._show(live.on)

    def _show(self, on: bool) -> None:
        self.box.setChecked(on)
        self._show_work(False)

    def _show_work(self, working: bool) -> None:
        if working:
            self.text.setText(self.tr("Making it anew… Esc ends Live."))
        elif self._live.on:
            self.text.setText(self.tr("Paint: every stroke makes it anew. Esc ends Live."))
        else:
            self.text.setText(
                self.tr("Follows your brush with a result over the canvas. Best with few steps.")
            )

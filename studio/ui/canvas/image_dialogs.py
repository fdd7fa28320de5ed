"""The dialogs for the size of the canvas and of the picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from studio.document import MAX_CANVAS_SIDE
from studio.ui.theme import SPACING
from studio.ui.widgets import NumberBox, set_role

ANCHORS = ("↖", "↑", "↗", "←", "•", "→", "↙", "↓", "↘")


class _SizeDialog(QDialog):
    """Width and height, and what they were."""

    def __init__(self, title: str, width: int, height: int, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._before = (width, height)
        self.width_box = NumberBox(self.tr("Width"), 1, MAX_CANVAS_SIDE, unit="px")
        self.height_box = NumberBox(self.tr("Height"), 1, MAX_CANVAS_SIDE, unit="px")
        self.width_box.setValue(width)
        self.height_box.setValue(height)
        self.keep = QCheckBox(self.tr("Keep the proportions"))
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(SPACING[2])
        self.form.setVerticalSpacing(SPACING[1])
        self.form.addRow(self.tr("Width"), self.width_box)
        self.form.addRow(self.tr("Height"), self.height_box)
        self.form.addRow("", self.keep)
        self.note = QLabel()
        set_role(self.note, "faint")
        self.note.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(SPACING[3], SPACING[3], SPACING[3], SPACING[3])
        self.body.setSpacing(SPACING[2])
        self.body.addLayout(self.form)
        self.body.addWidget(self.note)
        self.body.addWidget(buttons)
        self.width_box.valueChanged.connect(self._on_width)
        self.height_box.valueChanged.connect(self._on_height)

    def _on_width(self, value: int) -> None:
        if self.keep.isChecked():
            width, height = self._before
            self._show(self.height_box, round(value * height / width))

    def _on_height(self, value: int) -> None:
        if self.keep.isChecked():
            width, height = self._before
            self._show(self.width_box, round(value * width / height))

    def _show(self, box: NumberBox, value: int) -> None:
        box.blockSignals(True)
        box.setValue(max(value, 1))
        box.blockSignals(False)

    def new_size(self) -> tuple[int, int]:
        """Return the width and height that were chosen, in px."""
        return self.width_box.value(), self.height_box.value()


class CanvasSizeDialog(_SizeDialog):
    """Makes the canvas larger or smaller around an anchor; the layers keep their pixels."""

    def __init__(self, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__("", width, height, parent)
        self.setWindowTitle(self.tr("Canvas size"))
        self.note.setText(self.tr("What lies beyond the canvas stays in its layers."))
        names = (
            self.tr("upper left"),
            self.tr("above"),
            self.tr("upper right"),
            self.tr("left"),
            self.tr("middle"),
            self.tr("right"),
            self.tr("lower left"),
            self.tr("below"),
            self.tr("lower right"),
        )
        self.anchors = QButtonGroup(self)
        grid = QGridLayout()
        grid.setSpacing(2)
        for place, (sign, name) in enumerate(zip(ANCHORS, names, strict=True)):
            button = QPushButton(sign)
            button.setCheckable(True)
            button.setFixedSize(30, 28)
            button.setAccessibleName(self.tr("Keep in place: {0}").format(name))
            self.anchors.addButton(button, place)
            grid.addWidget(button, place // 3, place % 3)
        grid.setColumnStretch(3, 1)
        self.anchors.button(4).setChecked(True)
        self.form.addRow(self.tr("Anchor"), grid)

    def frame(self) -> tuple[int, int, int, int]:
        """Return the new canvas within the old one: x, y, width, height in px."""
        width, height = self.new_size()
        old_width, old_height = self._before
        row, column = divmod(self.anchors.checkedId(), 3)
        x = (old_width - width) * column // 2
        y = (old_height - height) * row // 2
        return x, y, width, height


class PictureSizeDialog(_SizeDialog):
    """Scales the picture with all its layers."""

    def __init__(self, width: int, height: int, parent: QWidget | None = None) -> None:
        super().__init__("", width, height, parent)
        self.setWindowTitle(self.tr("Picture size"))
        self.keep.setChecked(True)
        self.note.setText(self.tr("Every layer is scaled along; undo takes it back."))
        self.setWindowModality(Qt.WindowModality.WindowModal)

"""Two pictures side by side that zoom and pan together."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from studio.ui.canvas.viewport import Viewport
from studio.ui.theme import SPACING
from studio.ui.widgets.picture_view import PictureView


class ComparePair(QWidget):
    """Compares two pictures: both views share one viewport, so the same place is seen in both.

    A picture of another size is stretched to the first one's place, as a variation at another
    resolution would be.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        shared = Viewport()
        self.left, self.right = PictureView(shared), PictureView(shared)
        self.left.setAccessibleName(self.tr("Left picture"))
        self.right.setAccessibleName(self.tr("Right picture"))
        self.left.moved.connect(self.right.update)
        self.right.moved.connect(self.left.update)
        self._captions = (self._caption(), self._caption())
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2)
        grid.setVerticalSpacing(0)
        for column, view in enumerate((self.left, self.right)):
            grid.addWidget(view, 0, column)
            grid.addWidget(self._captions[column], 1, column)
            grid.setColumnStretch(column, 1)
        grid.setRowStretch(0, 1)

    def set_pictures(self, left: list[QImage], right: list[QImage]) -> None:
        """Show two pictures as ``decode_with_halves`` returned them, both fitted."""
        self.left.set_levels(left)
        self.right.set_levels(right)
        if left:
            self.left.view.document_size = left[0].size()
        self.left.fit()

    def set_captions(self, left: str, right: str) -> None:
        """Say below each picture what sets it apart."""
        for label, text in zip(self._captions, (left, right), strict=True):
            label.setText(text)
            label.setVisible(bool(left or right))

    def _caption(self) -> QLabel:
        label = QLabel()
        label.setProperty("role", "value")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setMaximumHeight(120)
        label.setContentsMargins(SPACING[2], SPACING[1], SPACING[2], SPACING[1])
        return label

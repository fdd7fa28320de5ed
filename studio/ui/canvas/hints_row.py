"""Colour hints in the inspector: says what they are, and makes the layer to paint them on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.core.ids import new_id
from studio.document import AddLayer, Layer
from studio.ui.theme import SPACING
from studio.ui.widgets import set_role

if TYPE_CHECKING:
    from studio.app.studio import Studio


class HintsRow(QWidget):
    """One sentence and one button. ``paint`` is called with the id of the layer to paint on."""

    def __init__(self, studio: Studio, paint: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("hints-row")
        self._studio = studio
        self._paint = paint
        self.text = QLabel()
        self.text.setWordWrap(True)
        set_role(self.text, "caption")
        self.button = QPushButton()
        self.button.clicked.connect(self._pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        layout.addWidget(self.text)
        layout.addWidget(self.button)
        self.refresh()

    def layer(self) -> Layer | None:
        """Return the topmost visible layer of hints."""
        layers = reversed(self._studio.project.image.layers)
        return next((one for one in layers if one.purpose == "colour_hints" and one.visible), None)

    def refresh(self) -> None:
        """Say what there is now."""
        layer = self.layer()
        if layer is None:
            self.text.setText(
                self.tr("Paint strokes of colour on a hint layer: they spread over the picture.")
            )
            self.button.setText(self.tr("Add a hint layer"))
        else:
            self.text.setText(self.tr("Colours are taken from the layer {0}.").format(layer.name))
            self.button.setText(self.tr("Paint on it"))

    def _pressed(self) -> None:
        layer = self.layer()
        if layer is None:
            layer = Layer(id=new_id(), name=self.tr("Colour hints"), purpose="colour_hints")
            try:
                self._studio.project.image.apply(AddLayer(layer=layer))
            except StudioError as error:
                self._studio.report(error)
                return
        self.refresh()
        self._paint(layer.id)

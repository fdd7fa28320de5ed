"""The layers panel of the inspector: the list, and what can be done with the active layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSignalBlocker,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from studio.core.errors import StudioError
from studio.document import ChangeSet, ImageDocument, Layer
from studio.ui.actions import Action
from studio.ui.canvas import layer_edits
from studio.ui.canvas.active_layer import ActiveLayer
from studio.ui.canvas.blending import NON_SEPARABLE_MODES, PAINTER_MODES
from studio.ui.canvas.layer_history import LayerHistory
from studio.ui.canvas.layer_list import ROW_HEIGHT, LayerList
from studio.ui.canvas.layer_model import LayerModel
from studio.ui.canvas.menus import fill_menu
from studio.ui.theme import SPACING
from studio.ui.widgets import IconButton, SliderRow

if TYPE_CHECKING:
    from studio.app.studio import Studio

SETTLE = 300  # ms after the last move of the opacity slider until it becomes an undo step
SHOWN_ROWS = 6


class LayersPanel(QWidget):
    """Shows and edits the layers of the canvas; each edit is one undo step.

    ``previewed(Layer | None)`` shows the active layer with other properties while a slider moves;
    ``mask_requested(str)`` asks for a mask layer of the selection that cuts a layer;
    ``settings_requested(Request)`` asks the inspector to take over what a layer was made from.
    """

    previewed = Signal(object)
    mask_requested = Signal(str)
    settings_requested = Signal(object)

    def __init__(self, studio: Studio, active: ActiveLayer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._active = active
        self._document = studio.project.image
        self.model = LayerModel(self._document, self)
        self.list = LayerList(self.model)
        self.history = LayerHistory(studio, self._layer, self.settings_requested.emit)
        self._adjusted = ""  # id of the layer whose opacity is being changed
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self._take_opacity)
        self.setAccessibleName(self.tr("Layers"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        layout.addLayout(self._make_header())
        layout.addWidget(self.list)
        self._hint = QLabel(self.tr("Kept and dropped pictures become layers."))
        self._hint.setProperty("role", "faint")
        self._hint.setWordWrap(True)
        layout.addWidget(self._hint)
        layout.addWidget(self._make_controls())
        self._connect()
        self._show_layers()

    # -- construction --------------------------------------------------------------------------

    def _make_header(self) -> QHBoxLayout:
        title = QLabel(self.tr("Layers"))
        title.setProperty("role", "caption")
        self.add_button = IconButton("plus", self.tr("Add an empty layer"), size=24)
        self.add_button.clicked.connect(lambda: self.trigger("layer.add"))
        self.more_button = IconButton("more", self.tr("More for the active layer"), size=24)
        self.more_button.clicked.connect(self._open_menu_below)
        row = QHBoxLayout()
        row.setSpacing(SPACING[0])
        row.addWidget(title, 1)
        row.addWidget(self.add_button)
        row.addWidget(self.more_button)
        return row

    def _make_controls(self) -> QWidget:
        self.blend_combo = QComboBox()
        self.blend_combo.setProperty("size", "small")
        self.blend_combo.setAccessibleName(self.tr("Blend mode"))
        self.blend_combo.setToolTip(self.tr("How the layer mixes with what lies below it"))
        for mode in (*PAINTER_MODES, *NON_SEPARABLE_MODES):
            self.blend_combo.addItem(self.mode_title(mode), mode)
        self.lock_button = IconButton(
            "lock", self.tr("Lock the layer against changes"), checkable=True, size=28
        )
        self.alpha_button = IconButton(
            "alpha-lock",
            self.tr("Lock alpha: paint changes colours only"),
            checkable=True,
            size=28,
        )
        self.opacity = SliderRow(self.tr("Opacity"), 0, 100, 1, 100, unit="%")
        row = QHBoxLayout()
        row.setSpacing(SPACING[1])
        row.addWidget(self.blend_combo, 1)
        row.addWidget(self.alpha_button)
        row.addWidget(self.lock_button)
        self._controls = QWidget()
        layout = QVBoxLayout(self._controls)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        layout.addLayout(row)
        layout.addWidget(self.opacity)
        return self._controls

    def _connect(self) -> None:
        self._document.changed.connect(self._on_document_changed)
        self._active.changed.connect(self._show_active)
        self.model.modelReset.connect(self._show_layers)
        self.model.rename_requested.connect(self._take_name)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.eye_clicked.connect(self.toggle_visible)
        self.list.reordered.connect(self._on_reordered)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(
            lambda place: self.open_menu(self.list.viewport().mapToGlobal(place))
        )
        self.blend_combo.activated.connect(self._take_blend_mode)
        self.lock_button.clicked.connect(lambda: self.trigger("layer.lock"))
        self.alpha_button.clicked.connect(lambda: self.trigger("layer.lock_alpha"))
        self.opacity.valueChanged.connect(self._preview_opacity)
        self.opacity.slider().sliderReleased.connect(self._take_opacity)

    def set_document(self, document: ImageDocument) -> None:
        """Show another document's layers."""
        self._settle.stop()
        self._adjusted = ""
        self._document.changed.disconnect(self._on_document_changed)
        self._document = document
        document.changed.connect(self._on_document_changed)
        self.model.set_document(document)
        self._show_layers()

    def close_document(self) -> None:
        """Let go of the document."""
        self._settle.stop()
        self._document.changed.disconnect(self._on_document_changed)
        self.model.close()

    # -- showing -------------------------------------------------------------------------------

    def _on_document_changed(self, change: ChangeSet) -> None:
        if change.layers:
            self._show_controls()

    def _show_layers(self) -> None:
        rows = self.model.rowCount()
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(min(max(rows, 1), SHOWN_ROWS) * ROW_HEIGHT + 2)
        self._hint.setVisible(rows == 0)
        self._show_active()

    def _show_active(self) -> None:
        row = self.model.row_of(self._active.layer_id)
        if row >= 0 and self.list.currentIndex().row() != row:
            self.list.setCurrentIndex(self.model.index(row))
        elif row >= 0:
            self.list.selectionModel().select(
                self.model.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )
        self._show_controls()

    def _show_controls(self) -> None:
        layer = self._layer()
        self._controls.setVisible(layer is not None)
        if layer is None:
            return
        with QSignalBlocker(self.opacity):
            if not self._adjusted:
                self.opacity.setValue(round(layer.opacity * 100))
        self.blend_combo.setCurrentIndex(self.blend_combo.findData(layer.blend_mode))
        self.lock_button.setChecked(layer.locked)
        self.alpha_button.setChecked(layer.alpha_locked)
        self.alpha_button.setEnabled(layer.kind == "pixels" and not layer.locked)
        for control in (self.opacity, self.blend_combo):
            control.setEnabled(not layer.locked)

    def mode_title(self, mode: str) -> str:
        """Return a blend mode's name in words."""
        names = {
            "normal": self.tr("Normal"),
            "multiply": self.tr("Multiply"),
            "screen": self.tr("Screen"),
            "overlay": self.tr("Overlay"),
            "darken": self.tr("Darken"),
            "lighten": self.tr("Lighten"),
            "color_dodge": self.tr("Colour dodge"),
            "color_burn": self.tr("Colour burn"),
            "hard_light": self.tr("Hard light"),
            "soft_light": self.tr("Soft light"),
            "difference": self.tr("Difference"),
            "exclusion": self.tr("Exclusion"),
            "plus": self.tr("Addition"),
            "hue": self.tr("Hue"),
            "saturation": self.tr("Saturation"),
            "color": self.tr("Colour"),
            "luminosity": self.tr("Luminosity"),
        }
        return names[mode]

    # -- doing ---------------------------------------------------------------------------------

    def _layer(self) -> Layer | None:
        return self._active.layer()

    def layer_actions(self) -> list[Action]:
        """Return what can be done with layers, for menus, shortcuts and the command list."""

        def action(
            name: str,
            title: str,
            work: Callable[[Layer], object],
            *shortcuts: str,
            enabled: Callable[[], bool] = self._has_layer,
        ) -> Action:
            return Action(
                id=f"layer.{name}",
                title=title,
                callback=lambda: self._with_layer(work),
                shortcuts=shortcuts,
                menu="layer",
                enabled=enabled,
            )

        return [
            Action(
                id="layer.add",
                title=self.tr("Add an empty layer"),
                callback=lambda: self._guarded(
                    lambda: layer_edits.add_empty(self._document, self._layer())
                ),
                shortcuts=("Ctrl+Shift+N",),
                menu="layer",
                icon="plus",
            ),
            action("duplicate", self.tr("Duplicate layer"), self._duplicate, "Ctrl+J"),
            action(
                "merge",
                self.tr("Merge down"),
                lambda layer: layer_edits.merge_down(self._document, layer),
                "Ctrl+E",
                enabled=lambda: layer_edits.can_merge_down(self._document, self._layer()),
            ),
            action("up", self.tr("Raise layer"), lambda layer: self._shift(layer, 1), "Ctrl+]"),
            action("down", self.tr("Lower layer"), lambda layer: self._shift(layer, -1), "Ctrl+["),
            action("visible", self.tr("Show or hide layer"), self._toggle, "Ctrl+,"),
            action("lock", self.tr("Lock or unlock layer"), self._lock, "Ctrl+/"),
            action("lock_alpha", self.tr("Lock or unlock alpha"), self._lock_alpha, "/"),
            action(
                "group",
                self.tr("Group layer"),
                lambda layer: layer_edits.group(self._document, layer),
                "Ctrl+G",
                enabled=lambda: self._is_kind("pixels", "group"),
            ),
            action(
                "ungroup",
                self.tr("Ungroup"),
                lambda layer: layer_edits.ungroup(self._document, layer),
                "Ctrl+Shift+G",
                enabled=lambda: self._is_kind("group"),
            ),
            action(
                "mask",
                self.tr("Add a mask from the selection"),
                lambda layer: self.mask_requested.emit(layer.id),
                enabled=lambda: (
                    self._is_kind("pixels", "group") and not self._document.selection.is_empty
                ),
            ),
            action("rename", self.tr("Rename layer"), self._rename),
            action(
                "delete",
                self.tr("Delete layer"),
                lambda layer: layer_edits.remove(self._document, layer),
                enabled=lambda: self._has_layer() and not self._layer_locked(),
            ),
            *self.history.actions(),
        ]

    def trigger(self, action_id: str) -> None:
        """Do one of ``layer_actions`` if it can be done now."""
        for action in self.layer_actions():
            if action.id == action_id and action.enabled():
                action.callback()

    def toggle_visible(self, layer_id: str) -> None:
        """Show or hide a layer."""
        self._guarded(lambda: self._toggle(self._document.layer(layer_id)))

    def _has_layer(self) -> bool:
        return self._layer() is not None

    def _layer_locked(self) -> bool:
        layer = self._layer()
        return layer is not None and layer.locked

    def _with_layer(self, work: Callable[[Layer], object]) -> None:
        layer = self._layer()
        if layer is not None:
            self._guarded(lambda: work(layer))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StudioError as error:
            self._studio.report(error)

    def _duplicate(self, layer: Layer) -> None:
        layer_edits.duplicate(self._document, layer)

    def _toggle(self, layer: Layer) -> None:
        layer_edits.change(self._document, layer, visible=not layer.visible)

    def _lock(self, layer: Layer) -> None:
        layer_edits.change(self._document, layer, locked=not layer.locked)

    def _is_kind(self, *kinds: str) -> bool:
        layer = self._layer()
        return layer is not None and layer.kind in kinds

    def _lock_alpha(self, layer: Layer) -> None:
        if layer.kind == "pixels":
            layer_edits.change(self._document, layer, alpha_locked=not layer.alpha_locked)

    def _shift(self, layer: Layer, by: int) -> None:
        layer_edits.shift(self._document, layer.id, by)

    def _rename(self, layer: Layer) -> None:
        self.list.edit(self.model.index(self.model.row_of(layer.id)))

    def _take_name(self, layer_id: str, name: str) -> None:
        layer = self._document.layer(layer_id)
        self._guarded(lambda: layer_edits.change(self._document, layer, name=name))

    def _on_reordered(self, layer_id: str, row: int) -> None:
        # The row is counted without the layer's own one.
        gap = row + 1 if row > self.model.row_of(layer_id) else row
        self._guarded(lambda: layer_edits.drop(self._document, layer_id, gap))

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            if self._adjusted:
                self._take_opacity()
            self._active.choose(self.model.layer_at(current.row()).id)

    def _take_blend_mode(self) -> None:
        mode = self.blend_combo.currentData()
        self._with_layer(lambda layer: layer_edits.change(self._document, layer, blend_mode=mode))

    def _preview_opacity(self, percent: float) -> None:
        layer = self._layer()
        if layer is not None:
            self._adjusted = layer.id
            self.previewed.emit(msgspec.structs.replace(layer, opacity=percent / 100))
            self._settle.start()

    def _take_opacity(self) -> None:
        """Make what the slider shows one undo step, once the artist has let go of it."""
        if self.opacity.slider().isSliderDown():
            self._settle.start()
            return
        self._settle.stop()
        adjusted, self._adjusted = self._adjusted, ""
        if self.model.row_of(adjusted) >= 0:
            layer, opacity = self._document.layer(adjusted), self.opacity.value() / 100
            self._guarded(lambda: layer_edits.change(self._document, layer, opacity=opacity))
        self.previewed.emit(None)

    def _open_menu_below(self) -> None:
        corner = self.more_button.rect().bottomLeft()
        self.open_menu(self.more_button.mapToGlobal(corner))

    def open_menu(self, place: QPoint) -> None:
        """Show what can be done with the active layer at a place of the screen."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        recipe = self.history.actions()
        if self.history.request() is not None:
            fill_menu(menu, recipe)
            menu.addSeparator()
        ids = {action.id for action in recipe}
        fill_menu(menu, [action for action in self.layer_actions() if action.id not in ids])
        menu.popup(place)

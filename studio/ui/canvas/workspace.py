"""The Canvas workspace: context bar, view, candidates strip, and the layers for the inspector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.api.requests import PictureRequest
from studio.core.errors import StudioError
from studio.document import ChangeSet, ImageDocument, Layer, Project
from studio.ui.actions import Action
from studio.ui.canvas.actions import canvas_actions
from studio.ui.canvas.active_layer import ActiveLayer
from studio.ui.canvas.candidate_list import CandidateKey, CandidateList
from studio.ui.canvas.candidates import CandidatesStrip
from studio.ui.canvas.context_bar import ContextBar
from studio.ui.canvas.context_mode import ContextMode
from studio.ui.canvas.drops import Dropped, is_picture
from studio.ui.canvas.files import ask_picture_files, ask_picture_path
from studio.ui.canvas.image_actions import image_actions
from studio.ui.canvas.layer_edits import layer_at
from studio.ui.canvas.margins import Margins
from studio.ui.canvas.options_bar import OptionsBar
from studio.ui.canvas.overlay import OverlayPresenter
from studio.ui.canvas.paint_state import PaintState
from studio.ui.canvas.pictures import encode_png
from studio.ui.canvas.selection_actions import SelectionEdits, selection_actions
from studio.ui.canvas.toolbox import Toolbox
from studio.ui.canvas.tools.base import ToolContext
from studio.ui.canvas.tools.move import moving
from studio.ui.canvas.view import CanvasView
from studio.ui.theme import SPACING
from studio.ui.widgets import connect_while_alive, separator, set_role

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.ui.canvas.compare import CompareView
    from studio.ui.canvas.layers_panel import LayersPanel
    from studio.ui.canvas.live_colours import LiveColours
    from studio.ui.canvas.live_restyle import LiveRestyle


class CanvasWorkspace(QWidget):
    """Puts the parts of the canvas together and follows the studio's open project.

    ``all_actions()`` and ``inspector_sections()`` are for the window. Signals to it:
    ``settings_requested(Request)`` and ``gallery_requested(str)``, see ``CandidatesStrip``;
    ``document_changed`` after every change of the picture or the selection; ``mode_suggested``
    with the mode that fits what is on the canvas; ``generate_requested`` with a request of the
    canvas's own, whose picture is still to be filled in.
    """

    settings_requested = Signal(object)
    document_changed = Signal()
    mode_suggested = Signal(str)
    generate_requested = Signal(object)
    gallery_requested = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._layers_panel: LayersPanel | None = None
        self._looked = False
        self._context_mode: ContextMode | None = None
        self._live_colours: LiveColours | None = None
        self.live: LiveRestyle | None = None
        self.candidates = CandidateList(studio, self)
        self.active = ActiveLayer(studio.project.image, self)
        self.state = PaintState(self)
        self.bar = ContextBar()
        self.options = OptionsBar()
        self.view = CanvasView(studio.project.image)
        self.context = ToolContext(studio, self.view, self.active, self.state)
        self.toolbox = Toolbox(self.context)
        self.context.done = lambda: self.toolbox.choose(self.toolbox.former)
        self.selection_edits = SelectionEdits(self.context)
        self.strip = CandidatesStrip(studio, self.candidates)
        self.overlay = OverlayPresenter(studio, self.candidates, self.view)
        self._comparison: CompareView | None = None
        self._pills = self._make_pills()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (
            self.bar,
            self.options,
            separator(),
            self.view,
            separator(),
            self.strip,
        ):
            layout.addWidget(widget, 1 if widget is self.view else 0)
        self.setAccessibleName(self.tr("Canvas"))
        self.setFocusProxy(self.view)
        self._connect()
        self.document.changed.connect(self._on_document_changed)
        self.document.selection.changed.connect(self._on_selection_changed)
        self.choose_tool("move")
        self._show_state()

    def _make_pills(self) -> QWidget:
        box = QWidget(self.view)
        box.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.size_pill, self.state_pill = QLabel(), QLabel()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING[1])
        for pill in (self.size_pill, self.state_pill):
            set_role(pill, "pill")
            row.addWidget(pill)
        return box

    def _connect(self) -> None:
        view, strip = self.view, self.strip
        view.zoom_changed.connect(self.bar.show_zoom)
        view.before_shown.connect(lambda _: self._show_state())
        view.keep_requested.connect(strip.keep)
        view.drop_requested.connect(self._drop_or_clear)
        view.step_requested.connect(self.candidates.step)
        view.nudge_requested.connect(self._nudge)
        view.dropped.connect(self.place)
        view.menu_requested.connect(self._open_menu)
        view.overlay_changed.connect(self._show_state)
        view.installEventFilter(self)
        self.bar.action_requested.connect(self.trigger)
        self.bar.set_toolbox(self.toolbox)
        self.options.set_toolbox(self.toolbox)
        self.options.action_requested.connect(self.trigger)
        self.options.guides_changed.connect(view.set_guides)
        self.options.finished.connect(view.setFocus)
        self.state.quick_mask_changed.connect(view.selection_overlay.set_quick_mask)
        self.state.quick_mask_changed.connect(lambda _: self._show_state())
        self.state.choices_changed.connect(self._show_symmetry)
        self.bar.zoom_requested.connect(lambda zoom: view.set_zoom(zoom) if zoom else view.fit())
        self.bar.show_zoom(view.viewport.zoom)
        strip.compare_requested.connect(self.compare)
        strip.settings_requested.connect(self.settings_requested)
        strip.gallery_requested.connect(self.gallery_requested)
        strip.keeping.connect(self.overlay.expect_landing)
        connect_while_alive(self._studio.project_changed, self, self._on_project)

    @property
    def comparison(self) -> CompareView:
        """The comparison that covers the view; made when it is first asked for."""
        if self._comparison is None:
            from studio.ui.canvas.compare import CompareView

            comparison = CompareView(self._studio, self.candidates, self.view)
            comparison.keep_requested.connect(self.strip.keep)
            comparison.drop_requested.connect(self.candidates.drop)
            comparison.closed.connect(self.view.setFocus)
            self._comparison = comparison
        return self._comparison

    # -- the project ---------------------------------------------------------------------------

    @property
    def document(self) -> ImageDocument:
        """The picture that is worked on."""
        return self.view.document

    def _on_project(self, project: Project) -> None:
        self.document.changed.disconnect(self._on_document_changed)
        self.document.selection.changed.disconnect(self._on_selection_changed)
        if self._context_mode is not None:
            self._context_mode.set_project(project)
        if self._live_colours is not None:
            self._live_colours.set_project(project)
        if self.live is not None:
            self.live.set_project(project)
        if self._comparison is not None and self._comparison.isVisible():
            self._comparison.close_view()
        self.active.set_document(project.image)
        self.candidates.set_project(project)
        self.view.set_document(project.image)
        self.overlay.set_document(project.image)
        if self._layers_panel is not None:
            self._layers_panel.set_document(project.image)
        project.image.changed.connect(self._on_document_changed)
        project.image.selection.changed.connect(self._on_selection_changed)
        self.state.set_quick_mask(False)
        self.choose_tool(self.toolbox.current)
        self._show_state()

    def follow_mode(self, current: Callable[[], str]) -> None:
        """Suggest modes from now on; ``current`` returns the one that is chosen."""
        self._context_mode = ContextMode(self._studio, current, self)
        self._context_mode.suggested.connect(self.mode_suggested)
        self.toolbox.changed.connect(self._suggest_for_tool)

    def _suggest_for_tool(self, name: str) -> None:
        if name == "uncrop":
            self.mode_suggested.emit("uncrop")

    def show_mode(self, name: str) -> None:
        """Take the tool that a mode needs; leaving the mode gives the former one back."""
        if name == "colorize" and self._live_colours is None:
            from studio.ui.canvas.live_colours import LiveColours

            self._live_colours = LiveColours(self._studio, self.overlay.propose, self)
        if self._live_colours is not None:
            self._live_colours.set_on(name == "colorize")
        if self.live is not None and name != "restyle":
            self.live.set_on(False)
        if name == "uncrop" and self.toolbox.current != "uncrop":
            self.choose_tool("uncrop")
        elif name != "uncrop" and self.toolbox.current == "uncrop":
            self.choose_tool(self.toolbox.former)

    def live_restyle(self, request: Callable[[], PictureRequest]) -> LiveRestyle:
        """Return what makes the canvas anew while it is painted on, made at the first call."""
        if self.live is None:
            from studio.ui.canvas.live_restyle import LiveRestyle

            self.live = LiveRestyle(
                self._studio, request, self.overlay.propose, lambda: self.view.input.held, self
            )
        return self.live

    def paint_on(self, layer_id: str) -> None:
        """Make a layer the active one and take the brush."""
        self.active.choose(layer_id)
        self.choose_tool("brush")
        self.view.setFocus()

    def close_document(self) -> None:
        """Let go of the studio's signals; the workspace cannot be used after that."""
        if self._context_mode is not None:
            self._context_mode.close()
        if self._live_colours is not None:
            self._live_colours.close()
        if self.live is not None:
            self.live.close()
        self.document.selection.changed.disconnect(self._on_selection_changed)
        self.document.changed.disconnect(self._on_document_changed)
        self.candidates.close()
        self.active.close()
        self.overlay.close()
        if self._layers_panel is not None:
            self._layers_panel.close_document()
        self.view.close_document()

    def _on_document_changed(self, change: ChangeSet) -> None:
        self._show_state()
        if change.size:
            self.context.margins.set(Margins())
        self.document_changed.emit()

    def _on_selection_changed(self) -> None:
        self.document_changed.emit()

    def _show_state(self) -> None:
        self.bar.show_document(self.document)
        size = self.view.canvas_size()
        self.size_pill.setText(f"{size.width()} × {size.height()}")  # noqa: RUF001 - a times sign
        chosen = self.candidates.chosen is not None
        if self.view.shows_before:
            state = self.tr("Before")
        elif self.state.quick_mask:
            state = self.tr("Quick mask: paint what is selected (Q ends)")
        elif self.view.has_overlay:
            state = self.tr("Candidate, not kept yet") if chosen else self.tr("Live preview")
        else:
            state = ""
        self.state_pill.setText(state)
        self.state_pill.setVisible(bool(state))
        self._place_pills()

    def _place_pills(self) -> None:
        self._pills.adjustSize()
        self._pills.move(SPACING[3], self.view.height() - self._pills.height() - SPACING[3])

    # -- the window's part ---------------------------------------------------------------------

    def all_actions(self) -> list[Action]:
        """Return everything that the canvas can do, for menus, shortcuts and the command list."""
        return [
            *canvas_actions(self),
            *image_actions(self),
            *selection_actions(self),
            *self.layers_panel().layer_actions(),
        ]

    def layers_panel(self) -> LayersPanel:
        """Return the layers panel, made when it is first asked for."""
        if self._layers_panel is None:
            from studio.ui.canvas.layers_panel import LayersPanel

            panel = LayersPanel(self._studio, self.active)
            panel.previewed.connect(self._preview_layer)
            panel.settings_requested.connect(self.settings_requested)
            panel.mask_requested.connect(
                lambda layer: self.selection_edits.save_as_mask(self.tr("Mask"), layer)
            )
            panel.model.thumbnails.wait_while = lambda: self.view.compositor.busy
            self._layers_panel = panel
        return self._layers_panel

    def _open_menu(self, place: QPointF | None, on_screen: QPoint) -> None:
        """Open the menu of the layer that is seen at a place, of the active one where none is."""
        if place is not None and (found := layer_at(self.document, place.x(), place.y())):
            self.active.choose(found.id)
        if self.active.layer() is not None:
            self.layers_panel().open_menu(on_screen)

    def inspector_sections(self) -> list[QWidget]:
        """Return the panels that belong into the inspector while the canvas is shown."""
        return [self.layers_panel()]

    def preferred_model(self, task: str) -> str:
        """Return the id of the model that does a task here, "" for none."""
        return self._studio.preferred_model(task)

    def trigger(self, action_id: str) -> None:
        """Do one of the canvas's own actions, if it can be done now."""
        for action in canvas_actions(self):
            if action.id == action_id and action.enabled():
                action.callback()

    # -- what can be done ----------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back."""
        self._guarded(self.document.undo)

    def redo(self) -> None:
        """Do the step again that was taken back last."""
        self._guarded(self.document.redo)

    def choose_tool(self, name: str) -> None:
        """Take a tool into the hand: "move", "hand", "brush" ..., see ``Toolbox``."""
        self.toolbox.choose(name)

    def _show_symmetry(self) -> None:
        choices = self.state.choices
        self.view.set_symmetry(choices.mirror_across, choices.mirror_along)

    def compare(self) -> None:
        """Compare the chosen candidate with another."""
        self.comparison.setGeometry(self.view.rect())
        self.comparison.open_view()

    def can_paste(self) -> bool:
        """Whether the clipboard holds a picture."""
        return is_picture(QGuiApplication.clipboard().mimeData())

    def paste(self) -> None:
        """Put the clipboard's picture on the canvas."""
        self.place(Dropped.from_mime(QGuiApplication.clipboard().mimeData()))

    def place(self, dropped: Dropped) -> None:
        """Put pictures from elsewhere on the canvas, each on its own layer."""
        name = self.tr("Pasted picture")
        image = dropped.image
        if dropped.candidate is not None:
            self._keep_dragged(dropped.candidate)
        elif dropped.files:
            self._studio.place_pictures(list(dropped.files))
        elif dropped.data:
            self._studio.place_data(dropped.data, name)
        elif image is not None:
            self._studio.background(
                lambda: encode_png(image), lambda data: self._studio.place_data(data, name)
            )

    def _keep_dragged(self, key: CandidateKey) -> None:
        if key in {item.key for item in self.candidates.items}:
            self.strip.keep(key)

    def ask_pictures(self) -> None:
        """Ask for picture files and place them."""
        paths = ask_picture_files(self, self.tr("Place pictures"))
        if paths:
            self._studio.place_pictures(paths)

    def ask_picture(self) -> None:
        """Ask for a picture file and open it, layers included, as a project of its own."""
        paths = ask_picture_files(self, self.tr("Open picture"), several=False)
        if paths:
            self._studio.open_picture(paths[0])

    def export(self) -> None:
        """Ask for a file and write the picture to it."""
        name = self._studio.project.path.stem
        path = ask_picture_path(self, self.tr("Export picture"), name, with_layers=True)
        if path is not None:
            self._guarded(lambda: self._studio.export_canvas(path))

    def _drop_or_clear(self) -> None:
        """Delete drops the chosen candidate; without one it clears what is selected."""
        if self.candidates.chosen is None and self.selection_edits.has_selection:
            self.selection_edits.clear()
        else:
            self.candidates.drop()

    def _nudge(self, dx: int, dy: int) -> None:
        layer = self.active.layer()
        if layer is not None and not layer.locked:
            self._guarded(lambda: self.document.apply(moving(self.document, layer, dx, dy)))

    def _preview_layer(self, layer: Layer | None) -> None:
        if layer is None:
            self.view.compositor.stop_showing_instead()
        else:
            self.view.compositor.show_instead(layer)

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except StudioError as error:
            self._studio.report(error)

    # -- Qt's events ---------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters choose a tool, as in other programs; Shift takes the next of its kind."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        shift = modifiers == Qt.KeyboardModifier.ShiftModifier
        if modifiers and not shift:
            super().keyPressEvent(event)
            return
        plain = {
            Qt.Key.Key_X: self.state.swap_colours,
            Qt.Key.Key_D: self.state.default_colours,
            Qt.Key.Key_Q: self.toggle_quick_mask,
        }
        key = event.key()
        if not shift and key in plain:
            plain[Qt.Key(key)]()
        elif not (
            Qt.Key.Key_A <= key <= Qt.Key.Key_Z and self.toolbox.by_key(chr(key), shift=shift)
        ):
            super().keyPressEvent(event)

    def select_layer(self) -> None:
        """Select what the active layer covers."""
        layer = self.active.layer()
        if layer is not None:
            self.selection_edits.from_layer(layer.id)

    def toggle_quick_mask(self) -> None:
        """Let the brush paint the selection, or the layer again."""
        self.state.set_quick_mask(not self.state.quick_mask)
        if self.state.quick_mask and self.toolbox.current not in ("brush", "eraser"):
            self.choose_tool("brush")

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Keep what lies over the view in its place; read the history after the first frame."""
        if watched is self.view and event.type() == QEvent.Type.Paint and not self._looked:
            self._looked = True
            QTimer.singleShot(0, self.candidates, self.candidates.look)
        if watched is self.view and isinstance(event, QResizeEvent):
            self._place_pills()
            self._fit_comparison()
        return False

    def _fit_comparison(self) -> None:
        if self._comparison is not None:
            self._comparison.setGeometry(self.view.rect())

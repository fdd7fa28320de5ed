"""What can be done with the selection, as data for menus and shortcuts, and its clipboard."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QImage

from studio.core.ids import new_id
from studio.document import AddLayer, ImageSnapshot, Layer, Operation, Select
from studio.ui.actions import Action
from studio.ui.canvas.pictures import encode_png
from studio.ui.canvas.tools.base import ToolContext

if TYPE_CHECKING:
    import numpy
    import numpy.typing as npt

    from studio.ui.canvas.workspace import CanvasWorkspace

    Mask = npt.NDArray[numpy.uint8]

STEP = 4  # px that one press of grow or shrink takes
SOFT = 8  # px of one press of feather


class SelectionEdits:
    """Does to the selection what the menu offers; what takes time happens in the background."""

    def __init__(self, context: ToolContext) -> None:
        self._context = context

    @property
    def has_selection(self) -> bool:
        """Whether anything is selected."""
        return not self._context.document.selection.is_empty

    def all(self) -> None:
        """Select the whole canvas."""

        def work(picture: ImageSnapshot) -> Operation:
            import numpy

            from studio.app.selecting.choosing import tiles_of_mask
            from studio.app.selecting.masks import Placed

            mask = numpy.full((picture.height, picture.width), 255, numpy.uint8)
            return Select(tiles=tiles_of_mask(Placed(0, 0, mask)), label="Select all")

        self._context.in_background(work)

    def nothing(self) -> None:
        """Select nothing."""
        self._context.apply(Select(tiles={}, label="Select nothing"))

    def invert(self) -> None:
        """Select what is not selected."""

        def work(picture: ImageSnapshot) -> Operation:
            from studio.app.selecting.choosing import inverted

            return inverted(picture, "Invert selection")

        self._context.in_background(work)

    def grow(self, radius: int) -> None:
        """Make the selection larger by ``radius`` px, smaller where it is negative."""

        def change(mask: Mask) -> Mask:
            from studio.app.selecting.masks import grown

            return grown(mask, radius)

        self._change(change, "Grow selection" if radius > 0 else "Shrink selection")

    def feather(self, radius: int) -> None:
        """Soften the selection's edge over ``radius`` px."""

        def change(mask: Mask) -> Mask:
            from studio.app.selecting.masks import feathered

            return feathered(mask, radius)

        self._change(change, "Feather selection")

    def _change(self, change: Callable[[Mask], Mask], label: str) -> None:
        def work(picture: ImageSnapshot) -> Operation | None:
            from studio.app.selecting.choosing import changed_selection

            return changed_selection(picture, change, label)

        self._context.in_background(work)

    def save_as_mask(self, name: str, parent: str = "") -> None:
        """Keep the selection as a mask layer; with ``parent`` it cuts that layer."""

        def work(picture: ImageSnapshot) -> Operation | None:
            from studio.app.selecting.layers import mask_layer_tiles

            layer = Layer(id=new_id(), name=name, kind="mask", parent=parent, visible=bool(parent))
            index = None
            if parent:
                index = [one.id for one in picture.layers].index(parent) + 1
            return AddLayer(layer=layer, tiles=mask_layer_tiles(picture), index=index)

        self._context.in_background(work)

    def from_layer(self, layer_id: str) -> None:
        """Select what a layer covers: the pixels of a mask layer, the alpha of any other."""

        def work(picture: ImageSnapshot) -> Operation:
            from studio.app.selecting.layers import layer_selection

            return layer_selection(picture, layer_id, "Select from layer")

        self._context.in_background(work)

    # -- pixels under the selection ------------------------------------------------------------

    def clear(self) -> None:
        """Delete what is selected of the active layer."""
        layer = self._context.paintable()
        if layer is None:
            return
        layer_id = layer.id

        def work(picture: ImageSnapshot) -> Operation:
            from studio.app.painting.filling import fill, solid

            return fill(picture, layer_id, None, lambda _: solid(None), "Clear")

        self._context.in_background(work)

    def fill(self, *, background: bool = False) -> None:
        """Fill what is selected of the active layer with one of the two colours."""
        layer = self._context.paintable()
        if layer is None:
            return
        state = self._context.state
        colour = state.background if background else state.foreground
        layer_id, keep = layer.id, layer.alpha_locked

        def work(picture: ImageSnapshot) -> Operation:
            from studio.app.painting.filling import fill, solid

            paint = solid(colour, keep_alpha=keep)
            return fill(picture, layer_id, None, lambda _: paint, "Fill")

        state.note_used(colour)
        self._context.in_background(work)

    def copy(self, *, merged: bool = False, then: Callable[[], None] = lambda: None) -> None:
        """Bring what is selected to the clipboard: of the active layer, or as it is seen."""
        layer = self._context.active.layer()
        if layer is None:
            return
        source = None if merged or layer.kind == "group" else layer.id
        snapshot = self._context.document.snapshot()

        def work() -> tuple[QImage, bytes] | None:
            from studio.app.selecting.layers import cut_out
            from studio.ui.canvas.merged import image_of
            from studio.ui.canvas.tools.reading import canvas_pixels

            pixels = cut_out(snapshot, canvas_pixels(snapshot, source))
            if pixels is None:
                return None
            image = image_of(pixels).convertToFormat(QImage.Format.Format_ARGB32)
            return image, encode_png(image)

        def show(result: tuple[QImage, bytes] | None) -> None:
            if result is not None:
                mime = QMimeData()
                mime.setImageData(result[0])
                mime.setData("image/png", result[1])
                QGuiApplication.clipboard().setMimeData(mime)
                then()

        self._context.studio.background(work, show)

    def cut(self) -> None:
        """Copy, and delete what was copied."""
        if self._context.paintable() is not None:
            self.copy(then=self.clear)


def selection_actions(workspace: CanvasWorkspace) -> list[Action]:
    """Return what can be done with the selection."""
    tr, edits = workspace.tr, workspace.selection_edits

    def has_layer() -> bool:
        return workspace.active.layer() is not None

    def selected() -> bool:
        return edits.has_selection

    def action(
        name: str,
        title: str,
        work: Callable[[], object],
        *shortcuts: str,
        enabled: Callable[[], bool] = selected,
        menu: str = "select",
    ) -> Action:
        return Action(
            id=name, title=title, callback=work, shortcuts=shortcuts, menu=menu, enabled=enabled
        )

    def always() -> bool:
        return True

    return [
        action("select.all", tr("Select all"), edits.all, "Ctrl+A", enabled=always),
        action("select.none", tr("Select nothing"), edits.nothing, "Ctrl+Shift+A", "Ctrl+D"),
        action(
            "select.invert", tr("Invert selection"), edits.invert, "Ctrl+Shift+I", enabled=always
        ),
        action("select.grow", tr("Grow by {0} px").format(STEP), partial(edits.grow, STEP)),
        action("select.shrink", tr("Shrink by {0} px").format(STEP), partial(edits.grow, -STEP)),
        action(
            "select.feather", tr("Feather by {0} px").format(SOFT), partial(edits.feather, SOFT)
        ),
        action("select.quick_mask", tr("Quick mask"), workspace.toggle_quick_mask, enabled=always),
        action(
            "select.save",
            tr("Save as mask layer"),
            lambda: edits.save_as_mask(tr("Selection")),
        ),
        action("select.layer", tr("Select from layer"), workspace.select_layer, enabled=has_layer),
        action("edit.cut", tr("Cut"), edits.cut, "Ctrl+X", enabled=has_layer, menu="edit"),
        action("edit.copy", tr("Copy"), edits.copy, "Ctrl+C", enabled=has_layer, menu="edit"),
        action(
            "edit.copy_merged",
            tr("Copy what is seen"),
            partial(edits.copy, merged=True),
            "Ctrl+Shift+C",
            enabled=has_layer,
            menu="edit",
        ),
        action("edit.clear", tr("Clear"), edits.clear, "Shift+Del", enabled=has_layer, menu="edit"),
        action(
            "edit.fill",
            tr("Fill with the foreground colour"),
            edits.fill,
            "Alt+Backspace",
            enabled=has_layer,
            menu="edit",
        ),
        action(
            "edit.fill_background",
            tr("Fill with the background colour"),
            partial(edits.fill, background=True),
            "Ctrl+Backspace",
            enabled=has_layer,
            menu="edit",
        ),
    ]

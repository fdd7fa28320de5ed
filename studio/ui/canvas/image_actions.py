"""What can be done with the picture as a whole, as data for menus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog

from studio.document import Batch, ImageSnapshot, Operation
from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.ui.canvas.workspace import CanvasWorkspace


def image_actions(workspace: CanvasWorkspace) -> list[Action]:
    """Return the actions of the Image menu."""
    tr, document = workspace.tr, workspace.view

    def selected() -> bool:
        return not document.document.selection.is_empty

    return [
        Action(
            id="image.canvas_size",
            title=tr("Canvas size..."),
            callback=partial(ask_canvas_size, workspace),
            shortcuts=("Ctrl+Alt+C",),
            menu="image",
            icon="crop",
        ),
        Action(
            id="image.picture_size",
            title=tr("Picture size..."),
            callback=partial(ask_picture_size, workspace),
            shortcuts=("Ctrl+Alt+I",),
            menu="image",
        ),
        Action(
            id="image.crop_to_selection",
            title=tr("Crop to the selection"),
            callback=partial(crop_to_selection, workspace),
            menu="image",
            enabled=selected,
        ),
        *(
            Action(
                id=f"image.upscale_{scale}",
                title=tr("Upscale picture {0}x").format(scale),
                callback=partial(upscale_picture, workspace, scale),
                shortcuts=shortcuts,
                menu="image",
                enabled=lambda: bool(document.document.layers),
            )
            for scale, shortcuts in ((2, ("Ctrl+Alt+U",)), (4, ()))
        ),
        Action(
            id="image.symmetry_across",
            title=tr("Symmetry: left and right"),
            callback=partial(_toggle, workspace, "mirror_across"),
            menu="view",
        ),
        Action(
            id="image.symmetry_along",
            title=tr("Symmetry: above and below"),
            callback=partial(_toggle, workspace, "mirror_along"),
            menu="view",
        ),
    ]


def _toggle(workspace: CanvasWorkspace, name: str) -> None:
    choices = workspace.state.choices
    workspace.state.change(**{name: not getattr(choices, name)})


def ask_canvas_size(workspace: CanvasWorkspace) -> None:
    """Ask for another canvas and make it."""
    from studio.ui.canvas.image_dialogs import CanvasSizeDialog

    document = workspace.document
    dialog = CanvasSizeDialog(document.width, document.height, workspace)
    if dialog.exec() == QDialog.DialogCode.Accepted:
        frame_canvas(workspace, *dialog.frame())
    dialog.deleteLater()


def ask_picture_size(workspace: CanvasWorkspace) -> None:
    """Ask for another size of the picture and scale it."""
    from studio.ui.canvas.image_dialogs import PictureSizeDialog

    document = workspace.document
    dialog = PictureSizeDialog(document.width, document.height, workspace)
    if dialog.exec() == QDialog.DialogCode.Accepted:
        scale_picture(workspace, *dialog.new_size())
    dialog.deleteLater()


def frame_canvas(workspace: CanvasWorkspace, x: int, y: int, width: int, height: int) -> None:
    """Make a rectangle of the canvas, or around it, the canvas: one undo step."""

    def work(picture: ImageSnapshot) -> Operation:
        from studio.app.painting.canvas_size import framed

        return framed(picture, x, y, width, height, "Canvas size")

    workspace.context.in_background(work)


def scale_picture(workspace: CanvasWorkspace, width: int, height: int) -> None:
    """Scale the picture with all its layers: one undo step."""

    def work(picture: ImageSnapshot) -> Batch | None:
        from studio.app.painting.canvas_size import scaled

        if (picture.width, picture.height) == (width, height):
            return None
        return scaled(picture, width, height, "Picture size")

    workspace.context.in_background(work)


def upscale_picture(workspace: CanvasWorkspace, scale: int) -> None:
    """Ask for a larger picture of all that is visible; it comes as a candidate."""
    from studio.api.requests import ModelRef, PictureRef, Upscale

    document = workspace.document
    workspace.generate_requested.emit(
        Upscale(
            model=ModelRef(id=workspace.preferred_model("upscale")),
            # Stands for what supply() reads off the canvas.
            picture=PictureRef(sha256="0" * 64, width=document.width, height=document.height),
            scale=4 if scale == 4 else 2,
        )
    )


def crop_to_selection(workspace: CanvasWorkspace) -> None:
    """Make the box around the selection the canvas."""
    bounds = workspace.document.selection.bounds()
    if bounds is not None:
        frame_canvas(workspace, *bounds)

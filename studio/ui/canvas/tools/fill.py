"""The fill tool: one colour where the picture is like the pixel that was hit."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt

from studio.document import ImageSnapshot, Operation
from studio.ui.canvas import layer_edits
from studio.ui.canvas.paint_state import Choices, Colour
from studio.ui.canvas.tools.base import Pointer, Tool
from studio.ui.canvas.tools.eyedropper import pick


class FillTool(Tool):
    """Fills on a click with the foreground colour, with Shift the background; Alt picks."""

    def press(self, pointer: Pointer) -> bool:
        """Fill from the pixel under the pointer."""
        context, document = self.context, self.context.document
        if pointer.has(Qt.KeyboardModifier.AltModifier):
            pick(context, pointer.point)
            return True
        x, y = int(pointer.x // 1), int(pointer.y // 1)
        if not (0 <= x < document.width and 0 <= y < document.height):
            return False
        if context.active.layer() is None:
            layer_edits.add_empty(document, None)
        layer = context.paintable()
        if layer is None:
            return False
        state = context.state
        shift = pointer.has(Qt.KeyboardModifier.ShiftModifier)
        colour = state.background if shift else state.foreground
        state.note_used(colour)
        context.in_background(partial(fill_from, layer.id, (x, y), state.choices, colour))
        return True


def fill_from(
    layer_id: str, place: tuple[int, int], choices: Choices, colour: Colour, picture: ImageSnapshot
) -> Operation | None:
    """Return the operation that fills a layer from a pixel; None where that is not selected."""
    from studio.app.painting.filling import fill, solid
    from studio.app.selecting.choosing import colour_mask
    from studio.app.selecting.masks import Placed
    from studio.ui.canvas.tools.reading import canvas_pixels

    chosen = picture.selection
    if not chosen.is_empty and not chosen.region(*place, 1, 1).any():
        return None
    pixels = canvas_pixels(picture, None if choices.sample_all else layer_id)
    mask = colour_mask(pixels, *place, choices.tolerance, contiguous=choices.contiguous)
    paint = solid(colour, keep_alpha=picture.layer(layer_id).alpha_locked)
    return fill(picture, layer_id, Placed(0, 0, mask), lambda _: paint, "Fill")

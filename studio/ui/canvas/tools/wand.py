"""Tools that select by colour: the magic wand and the colour range."""

from __future__ import annotations

from functools import partial

from studio.document import ImageSnapshot, Operation
from studio.ui.canvas.paint_state import Choices, SelectionMode
from studio.ui.canvas.tools.base import Pointer, Tool
from studio.ui.canvas.tools.shapes import mode_of


class WandTool(Tool):
    """Selects what is like the pixel that was clicked; Shift adds, Alt subtracts."""

    label = "Magic wand"
    smooth = False

    def press(self, pointer: Pointer) -> bool:
        """Select from the pixel under the pointer, in the background."""
        context = self.context
        x, y = int(pointer.x // 1), int(pointer.y // 1)
        if not (0 <= x < context.document.width and 0 <= y < context.document.height):
            return False
        layer = context.active.layer()
        if layer is None:
            return False
        choices = context.state.choices
        source = None if choices.sample_all else layer.id
        mode = mode_of(context, pointer)
        work = partial(select_like, source, (x, y), choices, mode, self.smooth, self.label)
        context.in_background(work)
        return True


class ColourRangeTool(WandTool):
    """Selects a colour everywhere, fading over the tolerance."""

    label = "Colour range"
    smooth = True


def select_like(
    layer_id: str | None,
    place: tuple[int, int],
    choices: Choices,
    mode: SelectionMode,
    smooth: bool,
    label: str,
    picture: ImageSnapshot,
) -> Operation:
    """Return the operation that selects what is like a pixel of a layer, or of what is seen."""
    from studio.app.selecting.choosing import colour_mask, select_shape
    from studio.app.selecting.masks import Placed
    from studio.ui.canvas.tools.reading import canvas_pixels

    pixels = canvas_pixels(picture, layer_id)
    mask = colour_mask(
        pixels,
        *place,
        choices.tolerance,
        contiguous=choices.contiguous and not smooth,
        smooth=smooth,
    )
    shape = Placed(0, 0, mask)
    return select_shape(
        picture, shape, mode, feather=choices.feather, grow=choices.grow, label=label
    )

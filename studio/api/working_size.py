"""At which size a model works on a picture that is not of its making.

A model draws well near the size that it was trained at: far above it repeats itself, far below it
loses shapes. A picture of another size is therefore scaled for the model, and its work scaled back.
Planner and engines take the size from here, so that what is planned is what is done.
"""

from __future__ import annotations

import math

# The sides' geometric mean, in units of the native side, between which a picture is taken as it is.
LEAST, MOST = 0.75, 1.25


def working_size(width: int, height: int, native_side: int, multiple: int = 8) -> tuple[int, int]:
    """Return the width and height (px) at which a model should work on a picture.

    Args:
        width: of the picture, px.
        height: of the picture, px.
        native_side: side (px) of the square pictures that the model was trained on.
        multiple: both sides of the result are multiples of this.

    The aspect ratio is kept up to the rounding; a picture that is near the native area is only
    rounded.
    """
    side = math.sqrt(width * height)
    scale = 1.0 if LEAST * native_side <= side <= MOST * native_side else native_side / side
    return _rounded(width * scale, multiple), _rounded(height * scale, multiple)


def _rounded(length: float, multiple: int) -> int:
    return max(multiple, round(length / multiple) * multiple)

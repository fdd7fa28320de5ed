"""Continuing a picture beyond its edges: in which steps, and how far the new reaches under it."""

from __future__ import annotations

from studio.api.requests import Uncrop
from studio.api.stitching import Box

# An extension by more than this share of the picture's side is made in steps, each of which has
# what came before to go on from.
STEP_SHARE = 0.5


def growing(part: Box, width: int, height: int) -> list[Box]:
    """Return the boxes through which ``part`` grows to the whole canvas, the last one."""
    boxes = []
    left, top, right, bottom = part.left, part.top, part.left + part.width, part.top + part.height
    while (left, top, right, bottom) != (0, 0, width, height):
        across = max(64, round(STEP_SHARE * (right - left)))
        down = max(64, round(STEP_SHARE * (bottom - top)))
        left, right = max(0, left - across), min(width, right + across)
        top, bottom = max(0, top - down), min(height, bottom + down)
        boxes.append(Box(left, top, right - left, bottom - top))
    return boxes


def overlap_for(request: Uncrop) -> int:
    """Return how far (px) the new margin reaches under the picture, as asked for or by size.

    By size: a sixteenth of the largest margin from 4 to 32 px, at most a quarter of the picture.
    """
    if request.overlap is not None:
        return request.overlap
    margin = max(request.left, request.top, request.right, request.bottom)
    least = min(request.picture.width, request.picture.height)
    return min(max(4, min(32, margin // 16)), max(1, least // 4))

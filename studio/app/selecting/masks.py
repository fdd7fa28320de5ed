"""Masks: shapes, growing and shrinking, feathering, and joining two of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.uint8]

Mode = Literal["replace", "add", "subtract", "intersect"]
_FINER = 4  # samples a pixel and axis along an edge


class Placed(NamedTuple):
    """A mask (height x width, uint8) whose upper left pixel is (x, y) of the document."""

    x: int
    y: int
    mask: Mask


def rectangle(left: float, top: float, right: float, bottom: float) -> Placed:
    """Return a rectangle of whole px."""
    x, y = round(min(left, right)), round(min(top, bottom))
    width = max(round(max(left, right)) - x, 0)
    height = max(round(max(top, bottom)) - y, 0)
    return Placed(x, y, np.full((height, width), 255, np.uint8))


def ellipse(left: float, top: float, right: float, bottom: float) -> Placed:
    """Return an ellipse in a box, with a smooth edge."""
    left, right = sorted((left, right))
    top, bottom = sorted((top, bottom))
    x, y = math.floor(left), math.floor(top)
    width, height = max(math.ceil(right) - x, 1), max(math.ceil(bottom) - y, 1)
    rx, ry = max((right - left) / 2, 0.5), max((bottom - top) / 2, 0.5)
    dx = (np.arange(width, dtype=np.float32) + 0.5 + (x - (left + right) / 2)) / rx
    dy = (np.arange(height, dtype=np.float32) + 0.5 + (y - (top + bottom) / 2)) / ry
    value = dx[None, :] ** 2 + dy[:, None] ** 2
    # The gradient of the implicit form turns its value into a distance from the edge in px.
    slope = 2 * np.sqrt((dx[None, :] / rx) ** 2 + (dy[:, None] / ry) ** 2)
    inside = np.clip((1 - value) / np.maximum(slope, 1e-6) + 0.5, 0, 1)
    return Placed(x, y, (inside * 255 + 0.5).astype(np.uint8))


def polygon(points: Sequence[tuple[float, float]], *, antialias: bool = True) -> Placed:
    """Return the inside of a closed line through ``points`` (document px)."""
    from PIL import Image, ImageDraw

    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x, y = math.floor(min(xs)), math.floor(min(ys))
    width, height = max(math.ceil(max(xs)) - x, 1), max(math.ceil(max(ys)) - y, 1)
    # A polygon over the whole of a large canvas is drawn without the finer grid: 8 k x 8 k px
    # would take 1 GB with it.
    finer = _FINER if antialias and width * height <= 1 << 24 else 1
    image = Image.new("L", (width * finer, height * finer))
    # Pillow paints the pixels whose middles a line crosses: half a pixel less is its corner.
    scaled = [((px - x) * finer - 0.5, (py - y) * finer - 0.5) for px, py in points]
    if len(scaled) > 2:
        ImageDraw.Draw(image).polygon(scaled, fill=255)
    if finer > 1:
        image = image.reduce(finer)
    return Placed(x, y, np.asarray(image, np.uint8))


def clipped(placed: Placed, width: int, height: int) -> Placed:
    """Return the part of a mask that lies on a canvas of that size (px)."""
    rows, columns = placed.mask.shape
    left, top = max(placed.x, 0), max(placed.y, 0)
    right, bottom = min(placed.x + columns, width), min(placed.y + rows, height)
    if left >= right or top >= bottom:
        return Placed(0, 0, np.zeros((0, 0), np.uint8))
    part = placed.mask[top - placed.y : bottom - placed.y, left - placed.x : right - placed.x]
    return Placed(left, top, part)


def grown(mask: Mask, radius: int) -> Mask:
    """Return a mask made larger by ``radius`` px, smaller where it is negative.

    Every pixel takes the largest (smallest) value within a disc; the border of the picture is no
    edge. Rows are widened step by step, so that the work grows with the radius, not its square.
    """
    if radius == 0 or mask.size == 0:
        return mask
    if radius < 0:
        return ~grown(~mask, -radius)
    height, width = mask.shape
    reach = [(dy, int(math.sqrt(radius * radius - dy * dy) + 1e-9)) for dy in range(radius + 1)]
    result = np.zeros_like(mask)
    wide, wideness = mask.copy(), 0
    for dy, half in sorted(reach, key=lambda pair: pair[1]):
        while wideness < half:
            wideness += 1
            if wideness < width:
                np.maximum(wide[:, wideness:], mask[:, :-wideness], out=wide[:, wideness:])
                np.maximum(wide[:, :-wideness], mask[:, wideness:], out=wide[:, :-wideness])
        if dy == 0:
            np.maximum(result, wide, out=result)
        elif dy < height:
            np.maximum(result[dy:], wide[:-dy], out=result[dy:])
            np.maximum(result[:-dy], wide[dy:], out=result[:-dy])
    return result


def feathered(mask: Mask, radius: float) -> Mask:
    """Return a mask with soft edges: a Gaussian whose standard deviation is half of ``radius``.

    What is selected at the border of the picture stays selected there.
    """
    if radius <= 0 or mask.size == 0:
        return mask
    from PIL import Image, ImageFilter

    pad = math.ceil(2 * radius)
    edged = np.pad(mask, pad, mode="edge")
    blurred = Image.fromarray(edged).filter(ImageFilter.GaussianBlur(radius / 2))
    return np.asarray(blurred, np.uint8)[pad:-pad, pad:-pad].copy()


def joined(before: Mask | None, shape: Mask, mode: Mode) -> Mask:
    """Return what is selected after ``shape`` joined what was (None: nothing); equal sizes."""
    if before is None:
        return shape if mode in ("replace", "add") else np.zeros_like(shape)
    match mode:
        case "add":
            return np.maximum(before, shape)
        case "subtract":
            return np.minimum(before, ~shape)
        case "intersect":
            return np.minimum(before, shape)
    return shape

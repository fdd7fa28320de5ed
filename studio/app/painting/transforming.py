"""Transforms: pixels of a layer moved, scaled, turned, flipped or put into perspective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from studio.app.painting.tile_canvas import Box, TileCanvas, tiles_of
from studio.core.errors import DocumentProblem
from studio.document import TILE, ImageSnapshot, PaintTiles

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Matrix = npt.NDArray[np.float64]

Point = tuple[float, float]
MAX_PIXELS = 1 << 27  # of the result: twice 8192 x 8192


class Cut(NamedTuple):
    """Pixels that are to be transformed, and what stays behind; ``box`` is document px.

    ``pixels`` is height x width x 4, premultiplied; ``left`` holds the layer's tiles without them.
    """

    box: Box
    pixels: Pixels
    left: TileCanvas


def cut_for_transform(picture: ImageSnapshot, layer_id: str) -> Cut | None:
    """Take what is selected out of a layer, all of it where nothing is; None if it is empty."""
    layer = picture.layer(layer_id)
    canvas = TileCanvas(lambda key: picture.tile(layer_id, key))
    keys = picture.occupied(layer_id)
    if not keys:
        return None
    columns, rows = [key[0] for key in keys], [key[1] for key in keys]
    box = Box(
        min(columns) * TILE, min(rows) * TILE, (max(columns) + 1) * TILE, (max(rows) + 1) * TILE
    ).shifted(layer.x, layer.y)
    chosen = picture.selection
    bounds = chosen.bounds()
    if bounds is not None:
        x, y, width, height = bounds
        box = box.clipped(Box(x, y, x + width, y + height))
    if box.is_empty:
        return None
    inside = box.shifted(-layer.x, -layer.y)
    pixels = canvas.region(inside)
    if bounds is not None:
        mask = chosen.region(box.left, box.top, box.right - box.left, box.bottom - box.top)
        pixels = _through(pixels, mask)
    tight = _tight(pixels)
    if tight is None:
        return None
    for key, part, target in tiles_of(inside):
        tile = canvas.writable(key)[part.top : part.bottom, part.left : part.right]
        tile -= pixels[target.top : target.bottom, target.left : target.right]
    box = tight.shifted(box.left, box.top)
    return Cut(box, pixels[tight.top : tight.bottom, tight.left : tight.right], canvas)


def _through(pixels: Pixels, mask: Pixels) -> Pixels:
    product = pixels.astype(np.uint16) * mask[..., None]
    result: Pixels = ((product + 127) // 255).astype(np.uint8)
    return result


def _tight(pixels: Pixels) -> Box | None:
    """Return the box around what is not transparent."""
    alpha = pixels[..., 3]
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    if not rows.size:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def homography(source: Sequence[Point], target: Sequence[Point]) -> Matrix:
    """Return the 3 x 3 matrix that brings four points to four others.

    Solves the direct linear transform with h33 = 1 (Hartley and Zisserman, "Multiple View
    Geometry", 2nd ed., section 4.1).

    Raises:
        DocumentProblem: three of the points lie on a line.
    """
    rows: list[list[float]] = []
    values: list[float] = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    try:
        solved = np.linalg.solve(np.array(rows), np.array(values))
    except np.linalg.LinAlgError as error:
        raise DocumentProblem(
            "The picture cannot be pressed that flat.", "Pull the corners apart.", code="flat"
        ) from error
    return np.append(solved, 1.0).reshape(3, 3)


def mapped(matrix: Matrix, points: Sequence[Point]) -> list[Point]:
    """Return where points end up.

    Raises:
        DocumentProblem: one of them lies behind the horizon.
    """
    found: list[Point] = []
    for x, y in points:
        u, v, w = matrix @ np.array((x, y, 1.0))
        if w <= 1e-9:
            raise DocumentProblem(
                "That perspective turns the picture inside out.",
                "Keep the corners in their order.",
                code="flat",
            )
        found.append((float(u / w), float(v / w)))
    return found


def warped(cut: Cut, corners: Sequence[Point]) -> tuple[int, int, Pixels]:
    """Return the pixels with their four corners (clockwise from the upper left) at ``corners``.

    Whole moves, flips and quarter turns keep every pixel as it is; anything else is resampled
    with bicubic interpolation on premultiplied values, after halving where it becomes smaller.

    Returns:
        left and upper edge in document px, and the pixels, premultiplied.

    Raises:
        DocumentProblem: the corners are not possible, or the result would be too large.
    """
    exact = _exact(cut, corners)
    if exact is not None:
        return exact
    from PIL import Image

    pixels = _halved(cut, corners)
    height, width = pixels.shape[:2]
    source = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    forward = homography(source, corners)
    mapped(forward, source)
    left, top = math.floor(min(x for x, _ in corners)), math.floor(min(y for _, y in corners))
    right, bottom = math.ceil(max(x for x, _ in corners)), math.ceil(max(y for _, y in corners))
    size = max(right - left, 1), max(bottom - top, 1)
    if size[0] * size[1] > MAX_PIXELS:
        raise DocumentProblem("That would be too large.", "Make it smaller.", code="too_large")
    shift = np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]])
    back = np.linalg.inv(forward) @ shift
    back /= back[2, 2]
    # A clear border, so that edges fade over one pixel in place of being cut.
    padded = np.pad(pixels, ((2, 2), (2, 2), (0, 0)))
    back = np.array([[1.0, 0, 2], [0, 1, 2], [0, 0, 1]]) @ back
    back /= back[2, 2]
    image = Image.frombuffer("RGBa", (width + 4, height + 4), padded.tobytes(), "raw", "RGBa", 0, 1)
    result = image.transform(
        size,
        Image.Transform.PERSPECTIVE,
        tuple(back.reshape(-1)[:8]),
        Image.Resampling.BICUBIC,
    )
    warped_pixels = np.asarray(result, np.uint8).reshape(size[1], size[0], 4).copy()
    # Bicubic overshoots: a premultiplied colour above its alpha is none.
    np.minimum(warped_pixels[..., :3], warped_pixels[..., 3:], out=warped_pixels[..., :3])
    return left, top, warped_pixels


def _exact(cut: Cut, corners: Sequence[Point]) -> tuple[int, int, Pixels] | None:
    """Return the result of a transform that moves whole pixels only; None for any other."""
    whole = [(round(x), round(y)) for x, y in corners]
    near = all(
        abs(x - a) < 1e-3 and abs(y - b) < 1e-3
        for (x, y), (a, b) in zip(corners, whole, strict=True)
    )
    if not near:
        return None
    xs, ys = sorted({x for x, _ in whole}), sorted({y for _, y in whole})
    if len(xs) != 2 or len(ys) != 2:
        return None
    height, width = cut.pixels.shape[:2]
    size = (xs[1] - xs[0], ys[1] - ys[0])
    box = [(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1])]
    for flip in (False, True):
        pixels = cut.pixels[:, ::-1] if flip else cut.pixels
        order = [whole[1], whole[0], whole[3], whole[2]] if flip else whole
        for turns in range(4):
            # A quarter turn to the left brings what was the upper right corner to the upper left.
            fits = size == ((width, height) if turns % 2 == 0 else (height, width))
            if fits and [order[(n + turns) % 4] for n in range(4)] == box:
                return xs[0], ys[0], np.ascontiguousarray(np.rot90(pixels, turns))
    return None


def _halved(cut: Cut, corners: Sequence[Point]) -> Pixels:
    """Return the pixels halved as often as the transform makes them at least twice smaller."""
    height, width = cut.pixels.shape[:2]
    across = max(math.dist(corners[0], corners[1]), math.dist(corners[3], corners[2]))
    down = max(math.dist(corners[0], corners[3]), math.dist(corners[1], corners[2]))
    ratio = max(across / width, down / height)
    pixels = cut.pixels
    while ratio <= 0.5 and min(pixels.shape[:2]) >= 4:
        rows, columns = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
        even = pixels[:rows, :columns].astype(np.uint16)
        mean = even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]
        pixels = ((mean + 2) // 4).astype(np.uint8)
        ratio *= 2
    return pixels


def transformed(
    picture: ImageSnapshot, layer_id: str, corners: Sequence[Point], label: str = "Transform"
) -> PaintTiles | None:
    """Return the operation that transforms a layer, or what is selected of it.

    Args:
        picture: the document as it is.
        layer_id: the layer.
        corners: where the corners of the box around its pixels end up, clockwise from the upper
            left, in document px; see ``cut_for_transform``.
        label: for the Edit menu.

    Raises:
        DocumentProblem: the corners are not possible.
    """
    cut = cut_for_transform(picture, layer_id)
    if cut is None:
        return None
    layer = picture.layer(layer_id)
    left, top, pixels = warped(cut, corners)
    lay_over(cut.left, left - layer.x, top - layer.y, pixels)
    return PaintTiles(layer_id=layer_id, tiles=cut.left.results(), label=label)


def lay_over(canvas: TileCanvas, x: int, y: int, pixels: Pixels) -> None:
    """Paint premultiplied pixels over a layer's tiles at (x, y), px from the layer's origin."""
    height, width = pixels.shape[:2]
    for key, part, target in tiles_of(Box(x, y, x + width, y + height)):
        over = pixels[target.top : target.bottom, target.left : target.right]
        if not over.any():
            continue
        tile = canvas.writable(key)[part.top : part.bottom, part.left : part.right]
        below = tile.astype(np.uint16) * (255 - over[..., 3:].astype(np.uint16))
        mixed = over + (below + 127) // 255
        tile[...] = np.minimum(mixed, 255).astype(np.uint8)

"""Cropping, extending and scaling the whole picture, each one undo step; usable on any thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.app.painting.transforming import MAX_PIXELS, lay_over
from studio.app.selecting.choosing import tiles_of_mask
from studio.app.selecting.masks import Placed, clipped
from studio.core.errors import DocumentProblem
from studio.document import (
    TILE,
    Batch,
    ChangeLayer,
    ImageSnapshot,
    Layer,
    Operation,
    PaintTiles,
    ResizeCanvas,
    Select,
)
from studio.document.state import checked_size

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


def framed(picture: ImageSnapshot, x: int, y: int, width: int, height: int, label: str) -> Batch:
    """Return the operation that makes the rectangle at (x, y) of the canvas the new canvas.

    It may be smaller, larger or both. No pixel is lost: what lies beyond stays in its layer.

    Raises:
        DocumentProblem: a canvas cannot have that size.
    """
    checked_size(width, height)
    operations: list[Operation] = [ResizeCanvas(width=width, height=height)]
    if x or y:
        operations += [
            ChangeLayer(layer_id=layer.id, changes=_shifted(layer, -x, -y))
            for layer in picture.layers
        ]
    if not picture.selection.is_empty:
        mask = picture.selection.region(x, y, width, height)
        operations.append(Select(tiles=tiles_of_mask(Placed(0, 0, mask))))
    return Batch(label=label, operations=tuple(operations))


def _shifted(layer: Layer, dx: int, dy: int) -> Layer:
    return msgspec.structs.replace(layer, x=layer.x + dx, y=layer.y + dy)


def scaled(picture: ImageSnapshot, width: int, height: int, label: str) -> Batch:
    """Return the operation that scales canvas, layers and selection (Lanczos, premultiplied).

    Raises:
        DocumentProblem: a canvas cannot have that size, or a layer would become too large.
    """
    checked_size(width, height)
    across, down = width / picture.width, height / picture.height
    for layer in picture.layers:
        _check_scaled(picture, layer, across, down)
    operations: list[Operation] = [ResizeCanvas(width=width, height=height)]
    for layer in picture.layers:
        operations += _scaled_layer(picture, layer, across, down)
    if not picture.selection.is_empty:
        mask = picture.selection.region(0, 0, picture.width, picture.height)
        resized = _resized(mask, width, height)
        operations.append(
            Select(tiles=tiles_of_mask(clipped(Placed(0, 0, resized), width, height)))
        )
    return Batch(label=label, operations=tuple(operations))


def _check_scaled(picture: ImageSnapshot, layer: Layer, across: float, down: float) -> None:
    """Raise DocumentProblem where a layer, with what lies beyond the canvas, gets too large."""
    box = _box(picture, layer)
    if box is None:
        return
    width, height = round((box.right - box.left) * across), round((box.bottom - box.top) * down)
    if width * height > MAX_PIXELS:
        raise DocumentProblem(
            f"The layer {layer.name} would become {width:,} x {height:,} px, with what lies "
            "beyond the canvas.",
            "Choose a smaller size, or delete what lies beyond.",
            code="too_large",
        )


def _box(picture: ImageSnapshot, layer: Layer) -> Box | None:
    """Return the box around a layer's tiles in px from its origin; None for an empty layer."""
    keys = picture.occupied(layer.id)
    if not keys:
        return None
    columns, rows = [key[0] for key in keys], [key[1] for key in keys]
    return Box(
        min(columns) * TILE, min(rows) * TILE, (max(columns) + 1) * TILE, (max(rows) + 1) * TILE
    )


def _scaled_layer(
    picture: ImageSnapshot, layer: Layer, across: float, down: float
) -> list[Operation]:
    canvas = TileCanvas(lambda key: picture.tile(layer.id, key))
    keys = picture.occupied(layer.id)
    x, y = round(layer.x * across), round(layer.y * down)
    moved = msgspec.structs.replace(layer, x=x, y=y)
    changes: list[Operation] = []
    if moved != layer:
        changes.append(ChangeLayer(layer_id=layer.id, changes=moved))
    box = _box(picture, layer)
    if box is None:
        return changes
    pixels = canvas.region(box)
    left, top = round((layer.x + box.left) * across) - x, round((layer.y + box.top) * down) - y
    size = (
        max(round((box.right - box.left) * across), 1),
        max(round((box.bottom - box.top) * down), 1),
    )
    for key in keys:
        canvas.writable(key)[...] = 0
    lay_over(canvas, left, top, _resized(pixels, *size))
    return [PaintTiles(layer_id=layer.id, tiles=canvas.results()), *changes]


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Return pixels (height x width, or with 4 premultiplied channels) at another size."""
    from PIL import Image

    if pixels.ndim == 2:
        image = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS)
        return np.asarray(image, np.uint8)
    # Channel by channel: they are premultiplied already, which Pillow would do once more.
    planes = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(pixels[..., channel])).resize(
                (width, height), Image.Resampling.LANCZOS
            )
        )
        for channel in range(4)
    ]
    result = np.stack(planes, axis=-1)
    np.minimum(result[..., :3], result[..., 3:], out=result[..., :3])
    return result

"""From a shape or a colour to the operation that selects it; usable on any thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from studio.app.selecting.masks import Mode, Placed, clipped, feathered, grown, joined
from studio.app.selecting.similar import connected, similar
from studio.document import TILE, ImageSnapshot, Select, TileKey, mask_tiles
from studio.document.tiles import HashedTile

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.uint8]
    Pixels = npt.NDArray[np.uint8]


def select_shape(
    picture: ImageSnapshot,
    shape: Placed,
    mode: Mode,
    *,
    feather: int = 0,
    grow: int = 0,
    label: str = "Select",
) -> Select:
    """Return the operation that joins a shape, grown and feathered first, with the selection."""
    margin = max(grow, 0) + 2 * feather + 1
    if grow or feather:
        padded = Placed(shape.x - margin, shape.y - margin, np.pad(shape.mask, margin))
        # What goes beyond the canvas still counts, so that an edge there stays where it is.
        mask = feathered(grown(padded.mask, grow), feather)
        shape = padded._replace(mask=mask)
    part = clipped(shape, picture.width, picture.height)
    if mode == "add":
        return _added(picture, part, label)
    if mode == "subtract" and not picture.selection.is_empty:
        return _subtracted(picture, part, label)
    if mode == "intersect" and not picture.selection.is_empty:
        height, width = part.mask.shape
        before = picture.selection.region(part.x, part.y, width, height)
        part = part._replace(mask=joined(before, part.mask, mode))
    elif mode in ("subtract", "intersect"):
        part = part._replace(mask=joined(None, part.mask, mode))
    return Select(tiles=tiles_of_mask(part), label=label)


def _added(picture: ImageSnapshot, part: Placed, label: str) -> Select:
    height, width = part.mask.shape
    before = picture.selection.region(part.x, part.y, width, height)
    whole = _with_surroundings(picture, part._replace(mask=joined(before, part.mask, "add")))
    return Select(tiles=whole, keep_others=True, label=label)


def _subtracted(picture: ImageSnapshot, part: Placed, label: str) -> Select:
    height, width = part.mask.shape
    before = picture.selection.region(part.x, part.y, width, height)
    left = part._replace(mask=joined(before, part.mask, "subtract"))
    return Select(tiles=_with_surroundings(picture, left), keep_others=True, label=label)


def _with_surroundings(picture: ImageSnapshot, part: Placed) -> dict[TileKey, bytes | None]:
    """Return whole tiles of the selection in which ``part`` replaces what was there."""
    height, width = part.mask.shape
    if not height or not width:
        return {}
    left, top = part.x // TILE * TILE, part.y // TILE * TILE
    right = -(-(part.x + width) // TILE) * TILE
    bottom = -(-(part.y + height) // TILE) * TILE
    around = picture.selection.region(left, top, right - left, bottom - top)
    around[part.y - top : part.y - top + height, part.x - left : part.x - left + width] = part.mask
    keys = [
        (column, row)
        for row in range(top // TILE, bottom // TILE)
        for column in range(left // TILE, right // TILE)
    ]
    return dict.fromkeys(keys) | tiles_of_mask(Placed(left, top, around))


def tiles_of_mask(part: Placed) -> dict[TileKey, bytes | None]:
    """Return a mask as ``Select`` takes it, equal tiles hashed once."""
    if part.mask.size == 0:
        return {}
    known: dict[bytes, HashedTile] = {}
    return {
        key: known.setdefault(raw, HashedTile(raw))
        for key, raw in mask_tiles(part.mask, part.x, part.y).items()
    }


def changed_selection(
    picture: ImageSnapshot, change: Callable[[Mask], Mask], label: str
) -> Select | None:
    """Return the operation that puts ``change`` of the selection in its place.

    None where nothing is selected, or where nothing would change.
    """
    if picture.selection.is_empty:
        return None
    mask = picture.selection.region(0, 0, picture.width, picture.height)
    return Select(tiles=tiles_of_mask(Placed(0, 0, change(mask))), label=label)


def inverted(picture: ImageSnapshot, label: str) -> Select:
    """Return the operation that selects what is not selected; everything where nothing is."""
    mask = ~picture.selection.region(0, 0, picture.width, picture.height)
    return Select(tiles=tiles_of_mask(Placed(0, 0, mask)), label=label)


def colour_mask(
    pixels: Pixels, x: int, y: int, tolerance: int, *, contiguous: bool, smooth: bool = False
) -> Mask:
    """Return a mask of the pixels that are like pixel (x, y).

    Args:
        pixels: height x width x 4, premultiplied.
        x: column of the pixel.
        y: its row.
        tolerance: the largest difference of a channel, 0 .. 255.
        contiguous: only what hangs together with it.
        smooth: fade from the tolerance to 1.5 times it in place of a hard edge (colour range).
    """
    colour = pixels[y, x]
    if smooth:
        far = np.abs(pixels.astype(np.int16) - colour.astype(np.int16)).max(-1)
        share = np.clip(1.5 - far / max(tolerance, 1), 0, 0.5) * 2
        faded: Mask = (share * 255 + 0.5).astype(np.uint8)
        return faded
    inside = similar(pixels, colour, tolerance)
    if contiguous:
        inside = connected(inside, x, y)
    return inside.astype(np.uint8) * np.uint8(255)

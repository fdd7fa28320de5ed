"""Stitching: cutting out what lies around a mask, and laying what was painted there back in.

Whatever an engine paints, the same holds: outside the widened mask every pixel stays bit for bit as
it was, the colours meet at the seam, and the patch, laid over the untouched picture, gives exactly
the whole. Pictures are height x width x 3 (or x 4 with straight alpha), uint8; masks and coverages
height x width, uint8, 255 where everything is painted anew. All lengths are in px. numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from studio.api._blending import blended
from studio.api._spreading import distance_to, membrane, reduced
from studio.core.errors import InvalidRequest

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

RING = 1  # px around the seam over which colours are compared
DEEP = 24.0  # levels of 255: how far colours may be moved deep inside, where no seam shows
MATCHED = 1_500_000  # px; of a larger area the colour correction is worked out at a smaller scale
LED_ON = (1.0, 0.75, 0.5, 0.25)  # share of the seam's own difference, px by px away from it
SOFTENED = (0.5, 0.25)  # share of the edge's colour in a margin, px by px away from it
LEVELS = 8  # steps in which a soft mask is widened


class Seam(NamedTuple):
    """How a mask is widened: ``grow`` px hard, then ``feather`` px soft; ``padding`` px of context
    are looked at around it."""

    grow: int
    feather: int
    padding: int


class Box(NamedTuple):
    """A part of a picture, px."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns, to index an array with."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


class Stitched(NamedTuple):
    """A repainted picture, and the RGBA patch that was laid over it with its corner at ``box``."""

    whole: Picture
    patch: Picture
    box: Box


def check_mask(mask: Picture, height: int, width: int) -> None:
    """Refuse a mask that cannot be used on a picture of that size.

    Raises:
        InvalidRequest: it has another size, or nothing in it is selected.
    """
    if mask.shape != (height, width):
        raise InvalidRequest(
            f"The mask is {mask.shape[-1]} x {mask.shape[0]} px and the picture "
            f"{width} x {height} px.",
            "Select again on this picture.",
        )
    if not mask.any():
        raise InvalidRequest("Nothing is selected.", "Select something first.", code="empty_mask")


def seam_for(
    mask: Picture,
    grow: int | None = None,
    feather: int | None = None,
    padding: int | None = None,
) -> Seam:
    """Choose what is None by the mask's size.

    With s, the side of a square of the mask's area: grow is s / 50 from 2 to 12, feather s / 25
    from 3 to 24, padding three quarters of the longer side of the mask's box from 64 to 512.
    """
    side = math.sqrt(np.count_nonzero(mask))
    box = bounds(mask)
    return Seam(
        grow=round(min(12, max(2, side / 50))) if grow is None else grow,
        feather=round(min(24, max(3, side / 25))) if feather is None else feather,
        padding=(
            round(min(512, max(64, 0.75 * max(box.width, box.height))))
            if padding is None
            else padding
        ),
    )


def bounds(mask: npt.NDArray[np.generic]) -> Box:
    """Return the smallest box that holds everything that is not 0; 0 x 0 px when all is."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return Box(0, 0, 0, 0)
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def context_box(covered: npt.NDArray[np.generic], padding: int, least: int = 0) -> Box:
    """Return the box around what is not 0, ``padding`` px wider on every side.

    It is at least ``least`` px a side where the picture is, and never reaches beyond it.
    """
    height, width = covered.shape
    inner = bounds(covered)
    left, right = _widened(inner.left, inner.left + inner.width, padding, least, width)
    top, bottom = _widened(inner.top, inner.top + inner.height, padding, least, height)
    return Box(left, top, right - left, bottom - top)


def _widened(low: int, high: int, padding: int, least: int, limit: int) -> tuple[int, int]:
    more = max(0, least - (high - low + 2 * padding))
    low, high = low - padding - more // 2, high + padding + more - more // 2
    low, high = low - max(0, high - limit), high - min(0, low)
    return max(0, low), min(limit, high)


def coverage(mask: Picture, seam: Seam) -> Picture:
    """Return how much of every pixel is painted anew (0 .. 255): the mask, grown and feathered.

    Everything within ``grow`` px of a masked pixel is covered as that is, then less and less over
    ``feather`` px. What is 0 here stays bit for bit. Soft parts of a mask stay soft.
    """
    reach = seam.grow + seam.feather
    result = mask.copy()
    if not reach or not mask.any():
        return result
    part = context_box(mask, reach).slices
    near = result[part]
    values = np.unique(near)
    values = values[values > 0]
    if len(values) > LEVELS:
        steps = np.linspace(0, len(values) - 1, LEVELS).round().astype(int)
        values = values[steps]
    for value in values:
        distance = distance_to(mask[part] >= value, reach)
        ramp = ((reach + 1 - distance) / (seam.feather + 1)).clip(0, 1) * (distance <= reach)
        widened = np.rint(ramp * ramp * (3 - 2 * ramp) * np.float32(value))
        np.maximum(near, widened.astype(np.uint8), out=near)
    return result


def _nothing() -> None:
    """Stands for a ``pulse`` that nobody gave."""


def matched(
    painted: Picture,
    original: Picture,
    covered: Picture,
    pulse: Callable[[], None] = _nothing,
) -> Picture:
    """Return ``painted`` with its colours moved so that they meet the original's at the seam.

    The difference on a ring of ``RING`` px outside the coverage is spread inwards as a membrane
    (Pérez, Gangnet and Blake, "Poisson Image Editing", 2003): smooth, exact at the seam. It may
    move colours by any amount near the seam and by at most ``DEEP`` levels far inside, so that a
    painting which fits nowhere is bent at its rim but not washed out.

    Args:
        painted: height x width x 3; also painted on the ring.
        original: height x width x 3.
        covered: height x width, what ``coverage`` gave.
        pulse: called often; what it raises stops the work.
    """
    inside = covered > 0
    if inside.all() or not inside.any():
        return painted
    box = context_box(inside, RING + 1)
    part, result = box.slices, painted.copy()
    inside = inside[part]
    factor = 1
    while inside.size / factor**2 > MATCHED:
        factor *= 2
    values, known = _ring_difference(original[part], painted[part], inside, factor)
    if np.abs(values).max(initial=0) <= 0.25:
        return result
    pulse()
    correction = membrane(values, known)
    pulse()
    correction = _led_on(correction, values, known)
    pulse()
    reach = max(8.0, math.sqrt(np.count_nonzero(inside)) / 8) / factor
    depth = distance_to(reduced(~inside, factor), math.ceil(4 * reach))[..., None]
    cap = np.float32(DEEP) + np.float32(255) * np.exp(-depth / np.float32(reach))
    correction = correction.clip(-cap, cap)
    bands = result[part]
    for top in range(0, box.height, 256):
        pulse()
        rows, columns = np.nonzero(inside[top : top + 256])
        rows += top
        moved = bands[rows, columns] + correction[rows // factor, columns // factor]
        bands[rows, columns] = np.rint(moved).clip(0, 255)
    return result


def _led_on(correction: Floats, values: Floats, known: Mask) -> Floats:
    """Lead the ring's own values a few px straight on, so that no step is left at the seam.

    A membrane halves fine detail within a pixel, and half of a step still shows.
    """
    reached, led = known.copy(), values.copy()
    for share in LED_ON:
        weight = np.pad(reached, 1).astype(np.float32)[..., None]
        value = np.pad(led * reached[..., None], ((1, 1), (1, 1), (0, 0)))
        count = _around(weight)
        edge = (count[..., 0] > 0) & ~reached
        led[edge] = _around(value)[edge] / count[edge]
        correction[edge] += share * (led[edge] - correction[edge])
        reached |= edge
    return correction


def _around(padded: Floats) -> Floats:
    """Return the sum of the four neighbours."""
    total: Floats = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    return total


def _ring_difference(
    original: Picture, painted: Picture, inside: Mask, factor: int
) -> tuple[Floats, Mask]:
    """Return original - painted on the ring: height x width x 3, and where it is known, in cells of
    ``factor`` px."""
    ring = ~inside & (distance_to(inside, RING) <= RING)
    y, x = np.nonzero(ring)
    height, width = (-(-side // factor) for side in ring.shape)
    cells = (y // factor) * width + x // factor
    difference = original[y, x].astype(np.float64) - painted[y, x]
    total = np.empty((height * width, 4), np.float32)
    for channel in range(3):
        total[:, channel] = np.bincount(cells, difference[:, channel], height * width)
    total[:, 3] = np.bincount(cells, minlength=height * width)
    values = total[:, :3] / total[:, 3:].clip(1)
    known: Mask = total[:, 3] > 0
    return values.reshape(height, width, 3), known.reshape(height, width)


def stitched(
    original: Picture,
    painted: Picture,
    covered: Picture,
    *,
    match: bool = True,
    pulse: Callable[[], None] = _nothing,
) -> Stitched:
    """Lay ``painted`` over ``original`` as far as it is covered.

    The whole keeps the original's alpha. Laid over the original, the patch gives the whole exactly
    wherever the original is opaque, with straight and with premultiplied colours of 8 bits. Where
    the original is partly transparent nothing that lies above it can keep its alpha; there the
    patch is as opaque as the original is.

    Args:
        original: height x width x 3 or 4.
        painted: height x width x 3.
        covered: height x width, what ``coverage`` gave.
        match: move the colours so that they meet (see ``matched``).
        pulse: called often; what it raises stops the work.
    """
    colours = original[..., :3]
    if match:
        painted = matched(painted, colours, covered, pulse)
    pulse()
    whole, box = original.copy(), bounds(covered)
    part = box.slices
    patch = np.zeros((box.height, box.width, 4), np.uint8)
    which = covered[part] > 0
    if original.shape[2] == 4:
        which &= original[part][..., 3] > 0
    under, over = colours[part][which], painted[part][which]
    colour, alpha, result = blended(under, over, covered[part][which])
    if original.shape[2] == 4:
        alpha = np.minimum(alpha, original[part][which][:, 3])
    patch[which] = np.column_stack([colour, alpha])
    whole[part][..., :3][which] = result
    return Stitched(whole, patch, box)


def continued(
    original: Picture,
    painted: Picture,
    left: int,
    top: int,
    overlap: int,
    *,
    match: bool = True,
    pulse: Callable[[], None] = _nothing,
) -> tuple[Picture, Picture]:
    """Return a picture that was continued beyond its edges, and the RGBA layer that lies beneath.

    The whole holds the original bit for bit at (``left``, ``top``). The layer has the whole's size:
    opaque in the margins, under the original's edge it holds the original's own colours, which
    fade over ``overlap`` px, so that the edge can be softened or moved. Laid beneath the original
    it gives the whole.

    Args:
        original: height x width x 3 or 4.
        painted: the whole canvas, rows x columns x 3, at least as large.
        overlap: how far the layer reaches under the original, 0 for not at all.
    """
    height, width = original.shape[:2]
    part = (slice(top, top + height), slice(left, left + width))
    margin = np.ones(painted.shape[:2], np.bool_)
    margin[part] = False
    colours = painted.copy()
    if match:
        expected = painted.copy()
        expected[part] = original[..., :3]
        covered = np.where(margin, np.uint8(255), np.uint8(0))
        colours = matched(painted, expected, covered, pulse)
        _soften(colours, original, left, top)
    colours[part] = original[..., :3]
    layer = np.dstack([colours, np.where(margin, np.uint8(255), np.uint8(0))])
    depth = _depth(height, width, _open_sides(painted.shape, part))
    fading = ((overlap + 1 - depth) / np.float32(overlap + 1)).clip(0, 1) * 255
    if original.shape[2] == 4:
        fading = np.where(original[..., 3] == 255, fading, 0)
    layer[part][..., 3] = np.rint(fading)
    layer[layer[..., 3] == 0] = 0
    whole = np.dstack([colours, np.full(margin.shape, 255, np.uint8)])
    if original.shape[2] == 4:
        whole[part] = original
        return whole, layer
    return np.ascontiguousarray(whole[..., :3]), layer


def _soften(colours: Picture, original: Picture, left: int, top: int) -> None:
    """Fade the first px of the margin into the original's edge; nothing inside it may change."""
    height, width = original.shape[:2]
    for outward, share in enumerate(SOFTENED, 1):
        frame = np.zeros(colours.shape[:2], np.bool_)
        for inset, value in ((outward, True), (outward - 1, False)):
            rows = slice(max(0, top - inset), top + height + inset)
            columns = slice(max(0, left - inset), left + width + inset)
            frame[rows, columns] = value
        y, x = np.nonzero(frame)
        edge = original[(y - top).clip(0, height - 1), (x - left).clip(0, width - 1)]
        weight = np.full((len(y), 1), share, np.float32)
        if original.shape[2] == 4:
            weight *= edge[:, 3:] == 255
        mixed = colours[y, x] * (1 - weight) + edge[:, :3] * weight
        colours[y, x] = np.rint(mixed).astype(np.uint8)


def _open_sides(shape: tuple[int, ...], part: tuple[slice, slice]) -> tuple[bool, ...]:
    rows, columns = part
    return (columns.start > 0, rows.start > 0, columns.stop < shape[1], rows.stop < shape[0])


def _depth(height: int, width: int, sides: tuple[bool, ...]) -> Floats:
    """Return how many px each pixel lies from the nearest side that is continued; 1 at it."""
    y = np.arange(1, height + 1, dtype=np.float32)[:, None]
    x = np.arange(1, width + 1, dtype=np.float32)[None, :]
    depth = np.full((height, width), np.inf, np.float32)
    for is_open, distance in zip(sides, (x, y, width + 1 - x, height + 1 - y), strict=True):
        if is_open:
            depth = np.minimum(depth, distance)
    return depth

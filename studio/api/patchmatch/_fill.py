"""The pyramid: from the coarsest scale to the finest, then into the picture at its full size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.api.patchmatch._grids import Floats, Mask, Places, box_sum, grown, halved, thickness
from studio.api.patchmatch._level import Level, Pulse, valid_centres
from studio.api.patchmatch._peel import peeled
from studio.core.errors import InvalidRequest

Picture = npt.NDArray[np.uint8]
# Called with the fraction done (0 .. 1) and a function that returns the picture as it is now.
Watch = Callable[[float, Callable[[], Picture]], None]

RADIUS = 3  # patches of 7 x 7 px
COMPONENTS = 24
FINE_RADIUS, FINE_COMPONENTS = 2, 12  # at the finest scale, where details are only put in place
SEARCHED = 300_000  # px; above it neighbours are only shifted a little, not searched anew
LARGEST = 1_200_000  # px; a larger picture is filled at a smaller scale and copied from in full
COARSEST = 16  # px; the coarsest scale has its hole about this thick at most
EXACT = 8_000_000  # comparisons; below it neighbours are found by comparing everything
TRIES = 4  # first guesses, of which the one that fits best is kept
TEXTURE, TEXTURE_REACH = 2.0, 8  # weight of the texture features, and over how many px they look
BAND_ROWS = 128  # rows of the full picture that are copied into at once
# How strongly patches prefer others of their own height in the picture, and in a margin beside it
# those near its edge.
HEIGHT, SIDE = 0.5, 0.25


@dataclass(frozen=True)
class _Scale:
    picture: Floats
    hole: Mask
    allowed: Mask


def fill(
    picture: Picture,
    hole: Mask,
    *,
    seed: int = 0,
    allowed: Mask | None = None,
    overlap: bool = False,
    watch: Watch | None = None,
) -> Picture:
    """Return ``picture`` with ``hole`` filled from what lies around it.

    The same arguments give the same pixels. Time and memory follow the size of the picture, so
    hand over the part around the hole (``studio.api.stitching``): 1024 x 768 px with a fifth of
    it missing takes some 3 s and 250 MB; what is larger than 1.2 megapixels is matched at a
    smaller scale and copied at full size, in bands.

    Args:
        picture: height x width x 3, uint8; the content of the hole does not matter.
        hole: height x width, True where it is to be filled.
        seed: other seeds give other fillings.
        allowed: height x width, True where it may be copied from; None for all outside the hole.
        overlap: also give the pixels next to the hole the values that the patches over the rim
            would have there, so that a colour difference can be seen and matched.
        watch: called several times a second; what it raises stops the work.

    Raises:
        InvalidRequest: the sizes differ, nothing is to be filled, or nothing may be copied.
    """
    hole, allowed = _checked(picture, hole, allowed)
    factor = 1
    while hole.size / factor**2 > LARGEST:
        factor *= 2
    pulse = _nothing if watch is None else lambda: watch(0.0, picture.copy)
    small = _shrunk(picture, hole, allowed, factor, pulse)
    filling = _Filling(small, seed, watch, keeps_field=factor > 1)
    filled = filling.run()
    if factor > 1:
        filled = _copied(picture, hole, filling.field, factor, filling.pulse)
    changed = grown(hole, FINE_RADIUS) if overlap else hole
    result = picture.copy()
    result[changed] = filled[changed]
    return result


def _checked(picture: Picture, hole: Mask, allowed: Mask | None) -> tuple[Mask, Mask]:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise InvalidRequest("PatchMatch fills pictures of three 8-bit channels only.")
    if hole.shape != picture.shape[:2] or (allowed is not None and allowed.shape != hole.shape):
        raise InvalidRequest(
            "The mask is not of the picture's size.", "Select again on this picture."
        )
    if not hole.any():
        raise InvalidRequest("Nothing is selected.", "Select something first.", code="empty_mask")
    allowed = ~hole if allowed is None else allowed & ~hole
    if not allowed.any():
        raise _nothing_left()
    return hole, allowed


def _nothing_left() -> InvalidRequest:
    return InvalidRequest(
        "Everything is selected, so there is nothing to copy from.",
        "Leave a part of the picture outside the selection.",
        code="full_mask",
    )


def _nothing() -> None:
    """Stands for a ``watch`` that nobody gave."""


def _shrunk(picture: Picture, hole: Mask, allowed: Mask, factor: int, pulse: Pulse) -> _Scale:
    """Return the picture with its texture features, ``factor`` (a power of two) times smaller.

    Halved in bands of rows, so that the floats of the whole picture never exist at once.
    """
    rows = max(factor, 256 // factor * factor) if factor > 1 else len(picture)
    parts = []
    for top in range(0, len(picture), rows):
        pulse()
        band: Floats = picture[top : top + rows].astype(np.float32) / np.float32(255)
        gap, source = hole[top : top + rows], allowed[top : top + rows]
        size = factor
        while size > 1:
            band, gap, source = _halved(band, gap, source)
            size //= 2
        parts.append((band, gap, source))
    colours, gap, source = (np.concatenate(part) for part in zip(*parts, strict=True))
    if not source.any():
        source = ~gap
    if not source.any():
        raise _nothing_left()
    pulse()
    return _Scale(np.concatenate([colours, _texture(colours, gap, pulse)], 2), gap, source)


def _halved(picture: Floats, hole: Mask, allowed: Mask) -> tuple[Floats, Mask, Mask]:
    small, known = halved(picture, ~hole)
    _, source = halved(picture[..., :1], allowed)
    return small, ~known, source & known


def _texture(colours: Floats, hole: Mask, pulse: Pulse) -> Floats:
    """Return how rough it is around each pixel, across and down (Newson et al. 2017, 2.3).

    Coarse scales look alike where the fine ones do not: without this a lawn is filled with a wall.
    """
    grey = colours.mean(2)
    known = ~grown(hole, 1)
    count = box_sum(known, TEXTURE_REACH).clip(1)
    features = []
    for axis in (1, 0):
        pulse()
        edge = np.take(grey, [-1], axis)
        steps = np.abs(np.diff(grey, axis=axis, append=edge)) * known
        features.append(box_sum(steps, TEXTURE_REACH) / count)
    return (np.stack(features, 2) * TEXTURE).astype(np.float32)


class _Filling:
    """One run through the scales."""

    def __init__(
        self, finest: _Scale, seed: int, watch: Watch | None, *, keeps_field: bool
    ) -> None:
        self._watch = watch
        self._done = 0.0
        self._keeps_field = keeps_field
        self._now: Callable[[], Picture] = lambda: _eight_bit(finest.picture)
        self._radius = _patch_radius(finest)
        self._rng = np.random.default_rng(seed)
        self._scales = self._pyramid(finest)
        self.field: tuple[Places, Places] = (np.zeros((1, 1), np.int64),) * 2
        self._coarser = finest.picture

    def pulse(self) -> None:
        """Report; raises what ``watch`` raises."""
        if self._watch is not None:
            self._watch(self._done, self._now)

    def _pyramid(self, finest: _Scale) -> list[_Scale]:
        scales, thick = [finest], thickness(finest.hole)
        while thick > COARSEST and min(scales[-1].hole.shape) >= 48:
            last = scales[-1]
            self.pulse()
            smaller = _Scale(*_halved(last.picture, last.hole, last.allowed))
            enough = valid_centres(smaller.hole, smaller.allowed, self._radius).sum() >= 64
            if not enough:
                break
            scales.append(smaller)
            thick //= 2
        return scales

    def run(self) -> Picture:
        """Fill every scale and return the finest; its field is kept where that was asked for."""
        for scale in reversed(self._scales[1:]):
            self._fill_scale(scale, fine=False)
        return _eight_bit(self._fill_scale(self._scales[0], fine=True))

    def _shifts_only(self, scale: _Scale) -> bool:
        """Tell whether a scale is too large to be searched anew: details are only put in place."""
        finest = scale is self._scales[0] and len(self._scales) > 1
        return finest and scale.hole.size > SEARCHED

    def _effort(self, scale: _Scale) -> float:
        """About how long a scale takes, in any unit."""
        share = 0.3 if self._shifts_only(scale) else 1.0
        return 3000 + share * float(np.count_nonzero(scale.hole))

    def _advance(self, scale: _Scale, share: float) -> None:
        """Note that ``share`` of a scale's work has been done."""
        self._done += share * self._effort(scale) / sum(map(self._effort, self._scales))

    def _fill_scale(self, scale: _Scale, *, fine: bool) -> Floats:
        shift_only = self._shifts_only(scale)
        coarsest = scale is self._scales[-1]
        level = self._begun(scale) if coarsest else self._refined(scale, shift_only=shift_only)
        self._now = lambda: _eight_bit(level.picture)
        self._advance(scale, 0.3)
        if shift_only:
            level.search((1,), 2, 2, near=3)
            self._advance(scale, 0.6)
        else:
            turns = _turns(level)
            for turn in range(turns):
                _improve(level, turn, last=turn == turns - 1)
                self._advance(scale, 0.6 / turns)
        voted = level.vote(0.2 if fine else 1.0)
        level.fill(voted)
        if not fine or self._keeps_field:
            self.field = level.dense()
        self._coarser = level.picture
        self._advance(scale, 0.1)
        return voted

    def _level(self, scale: _Scale, picture: Floats, radius: int, components: int) -> Level:
        position = _positions(scale) * np.float32(radius)
        return Level(
            picture,
            scale.hole,
            scale.allowed,
            radius,
            components,
            self._rng,
            position,
            self.pulse,
        )

    def _begun(self, scale: _Scale) -> Level:
        """The coarsest scale, from the best of some first guesses."""
        levels = []
        for _ in range(TRIES):
            picture = peeled(
                scale.picture, scale.hole, scale.allowed, self._radius, self._rng, self.pulse
            )
            level = self._level(scale, picture, self._radius, COMPONENTS)
            for _ in range(8):
                level.search_exactly()
                level.fill(level.vote(1.0))
            levels.append(level)
        return min(levels, key=lambda level: level.misfit())

    def _refined(self, scale: _Scale, *, shift_only: bool) -> Level:
        """A finer scale, begun with the field of the coarser one."""
        radius = min(self._radius, FINE_RADIUS) if shift_only else self._radius
        components = FINE_COMPONENTS if shift_only else COMPONENTS
        channels = 3 if shift_only else scale.picture.shape[2]
        picture = np.ascontiguousarray(scale.picture[..., :channels])
        if picture is scale.picture:
            picture = picture.copy()
        y, x = np.nonzero(scale.hole)
        picture[y, x] = self._coarser[y // 2, x // 2, :channels]
        level = self._level(scale, picture, radius, components)
        y, x = np.divmod(level.queries, level.width)
        sy, sx = (part[y // 2, x // 2] for part in self.field)
        # A patch without a coarse neighbour gets its own place, which is not valid.
        sy, sx = np.where(sy < 0, y, 2 * sy + y % 2), np.where(sx < 0, x, 2 * sx + x % 2)
        sy, sx = sy.clip(0, level.height - 1), sx.clip(0, level.width - 1)
        level.begin(sy * level.width + sx)
        level.fill(level.vote(1.0, min(level.radius, 1) if shift_only else None))
        return level


def _patch_radius(scale: _Scale) -> int:
    """The largest radius up to 3 px of which there is a patch to copy."""
    for radius in range(RADIUS, 0, -1):
        if (
            min(scale.hole.shape) > 2 * radius
            and valid_centres(scale.hole, scale.allowed, radius).any()
        ):
            return radius
    return 0


def _positions(scale: _Scale) -> Floats:
    """Return each pixel's weighted place in the picture, height x width x 2.

    A place outside the part that may be copied counts as the nearest one inside, so a margin is
    filled with what is near the picture's edge and at the same height. A hole within the picture
    may be filled from either side.
    """
    shape = scale.hole.shape
    result = np.empty((*shape, 2), np.float32)
    for axis, weight in enumerate((HEIGHT, SIDE)):
        usable = np.flatnonzero(scale.allowed.any(1 - axis))
        within = usable[0] == 0 and usable[-1] == shape[axis] - 1
        if axis == 1 and within:
            weight = 0.0
        places = np.arange(shape[axis]).clip(usable[0], usable[-1]) * (weight / max(shape))
        result[..., axis] = places[:, None] if axis == 0 else places
    return result


def _turns(level: Level) -> int:
    """How often to search and vote until little changes any more."""
    if _searched_exactly(level):
        return 7
    return 3 if level.hole.size > SEARCHED / 3 else 5


def _searched_exactly(level: Level) -> bool:
    return len(level.queries) * len(level.valid) < EXACT


def _improve(level: Level, turn: int, *, last: bool) -> None:
    """Search once, and vote unless it was the ``last`` turn."""
    if _searched_exactly(level):
        level.search_exactly()
    else:
        reach = max(level.hole.shape)
        level.search((1, 4) if turn == 0 else (1, 3), 3, reach if turn % 2 == 0 else 8)
    if not last:
        level.fill(level.vote(1.0, min(level.radius, FINE_RADIUS)))


def _copied(
    picture: Picture,
    hole: Mask,
    field: tuple[Places, Places],
    factor: int,
    pulse: Pulse,
) -> Picture:
    """Fill the hole of the full picture from a field that is ``factor`` times smaller.

    Each pixel is the mean of what the four cells around it would copy, weighted bilinearly.
    """
    result = picture.copy()
    for top in range(0, len(hole), BAND_ROWS):
        pulse()
        lower, upper = max(0, top - FINE_RADIUS), top + BAND_ROWS + FINE_RADIUS
        near = grown(hole[lower:upper], FINE_RADIUS)[top - lower :][:BAND_ROWS]
        y, x = np.nonzero(near)
        result[y + top, x] = _cell_copies(picture, hole, field, factor, y + top, x)
    return result


def _cell_copies(
    picture: Picture,
    hole: Mask,
    field: tuple[Places, Places],
    factor: int,
    y: Places,
    x: Places,
) -> Picture:
    height, width = hole.shape
    total = np.zeros((len(y), 4), np.float32)
    fy, fx = (y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5
    for ay in (0, 1):
        for ax in (0, 1):
            cy = (np.floor(fy).astype(np.int64) + ay).clip(0, field[0].shape[0] - 1)
            cx = (np.floor(fx).astype(np.int64) + ax).clip(0, field[0].shape[1] - 1)
            weight = (1 - np.abs(fy - cy)).clip(1e-3) * (1 - np.abs(fx - cx)).clip(1e-3)
            known = field[0][cy, cx] >= 0
            sy = ((field[0][cy, cx] - cy) * factor + y).clip(0, height - 1)
            sx = ((field[1][cy, cx] - cx) * factor + x).clip(0, width - 1)
            weight *= known & ~hole[sy, sx]
            total[:, :3] += picture[sy, sx] * weight[:, None].astype(np.float32)
            total[:, 3] += weight
    lost = total[:, 3] == 0
    total[lost, :3], total[lost, 3] = picture[y[lost], x[lost]], 1
    return (total[:, :3] / total[:, 3:] + np.float32(0.5)).astype(np.uint8)


def _eight_bit(picture: Floats) -> Picture:
    scaled: npt.NDArray[Any] = picture[..., :3] * np.float32(255) + np.float32(0.5)
    return scaled.clip(0, 255).astype(np.uint8)

"""Colours painted by hand, spread over a picture: at once for a job, in steps while painting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from studio.api.colouring.guide import flow_weights, seen_luma
from studio.api.colouring.line_art import FlatFill, is_line_art, multiplied
from studio.api.colouring.multigrid import Multigrid, averaged
from studio.api.luminance import Floats, chroma, coloured, eight_bit, luma, rgb_of, strips
from studio.core.errors import InvalidRequest

# How firmly a hint holds, against weights between neighbours of at most 1.
_FIRM = np.float32(100)
# How firmly a pixel holds the colour of a palette beside hints; a hint outweighs it over about
# 1 / sqrt(_LOOSE) px.
_LOOSE = np.float32(2e-4)
_FINEST = 2_000_000  # px of the largest grid that is solved; above it colour is scaled up
_BILINEAR = Image.Resampling.BILINEAR
_FIRST_LOOK = 60_000  # px of the grid that the first look is taken from, at most


class Step(NamedTuple):
    """One look at the result: the whole picture, ``done`` of 1, which is the final one."""

    picture: Image.Image
    done: float


class Propagator:
    """Spreads hints over one picture; keeps what it knows, so that the next stroke goes faster.

    ``set_picture`` once, then ``update`` after every stroke. One thread at a time may use it.
    Luminance and alpha of the result are the picture's. Line art gets flat colours instead, see
    ``studio.api.colouring.line_art``; ``line_art`` says so.
    """

    def __init__(self) -> None:
        self.line_art = False
        self._picture: Image.Image | None = None

    def set_picture(
        self,
        picture: Image.Image,
        line_art: bool | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Look at a picture of any mode; ``line_art`` None finds out whether it is such.

        ``check`` is called now and then and may raise, for a cancel; the propagator is then
        without a picture.
        """
        self._picture = None
        picture = eight_bit(picture)
        light = seen_luma(picture, check)
        self.line_art = is_line_art(light, rgb_of(picture)) if line_art is None else line_art
        self._scale = 0
        while light.size > _FINEST:
            check()
            light = averaged(light)
            self._scale += 1
        self._light = light
        self._chroma: Floats | None = None
        self._flats = FlatFill(light, check) if self.line_art else None
        self._grids = None if self.line_art else Multigrid(*flow_weights(light, check))
        self._picture = picture

    def update(
        self,
        hints: Image.Image,
        strength: float = 1.0,
        prior: Floats | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Image.Image:
        """Return the picture in the colours of ``hints``; see ``steps``."""
        for step in self.steps(hints, strength, prior, check, coarse=False):
            picture = step.picture
        return picture

    def steps(
        self,
        hints: Image.Image,
        strength: float = 1.0,
        prior: Floats | None = None,
        check: Callable[[], None] = lambda: None,
        coarse: bool = True,
    ) -> Iterator[Step]:
        """Yield the picture in the colours of ``hints``, first a coarse look, then the result.

        ``hints`` is as large as the picture; where its alpha is above 0 the artist painted. Its
        hue and chroma are taken at the picture's luminance; grey hints keep a place grey. An
        opaque hint's pixels get exactly this colour, as far as the gamut has it at that
        luminance. ``prior`` (2, H, W) is a chroma for what lies far from all hints; ``strength``
        0 .. 1 mixes with the picture's own colours.

        The result depends a little on the hints of the call before, from which the solution goes
        on: after ``set_picture`` it depends on the arguments alone.

        Raises:
            InvalidRequest: the hints have another size.
            ValueError: there is no picture.
        """
        if self._picture is None:
            raise ValueError("set_picture comes first")
        check_size(self._picture, hints)
        if self._flats is not None:
            flats = self._flats.fill(hints, check)
            yield Step(multiplied(self._picture, flats, strength, check), 1.0)
            return
        for colour, done in self._solutions(hints, prior, check):
            if done == 1.0 or coarse:
                yield Step(coloured(self._picture, colour, strength, check), done)

    def _solutions(
        self, hints: Image.Image, prior: Floats | None, check: Callable[[], None]
    ) -> Iterator[tuple[Floats, float]]:
        """Yield chroma (2, H, W) at the picture's size and how much of the work is done."""
        assert self._grids is not None
        assert self._picture is not None
        pull, firm = read_hints(hints, self._scale, check)
        if prior is not None:
            small = prior
            for _ in range(self._scale):
                small = averaged(small)
            pull, firm = pull + _LOOSE * small, firm + _LOOSE
        self._grids.set_confidence(firm)
        size, looked = (self._picture.height, self._picture.width), False
        for level, solution in self._grids.solve(pull, self._chroma, check):
            last = level == 0
            if last:
                self._chroma = solution
            enough = solution[0].size * 4 > min(_FIRST_LOOK, self._light.size)
            if last or (enough and not looked):
                looked = True
                colour = self._full_size(solution, level, size, check)
                _keep_hints(colour, hints, check)
                yield colour, 1.0 if last else 0.25

    def _full_size(
        self, solution: Floats, level: int, size: tuple[int, int], check: Callable[[], None]
    ) -> Floats:
        """Bring the solution of a grid to the picture's size (height, width).

        The result keeps to the picture's edges; a first look has no time for that.
        """
        assert self._picture is not None
        if level == 0 and self._scale == 0:
            return solution.copy()
        if level == 0:
            return upsampled(solution, self._light, self._picture, 1 << self._scale, check)
        height, width = size
        block = 1 << (level + self._scale)
        whole = (solution.shape[2] * block, solution.shape[1] * block)
        planes = [Image.fromarray(plane).resize(whole, _BILINEAR) for plane in solution]
        return np.stack([np.asarray(plane)[:height, :width] for plane in planes])


def upsampled(
    colour: Floats,
    small: Floats,
    picture: Image.Image,
    factor: int,
    check: Callable[[], None] = lambda: None,
) -> Floats:
    """Bring chroma (2, h, w) of a grid with the luma ``small`` to the size of ``picture``.

    Joint bilateral upsampling (Kopf, Cohen, Lischinski and Uyttendaele, SIGGRAPH 2007) from the
    four cells around a pixel: the nearer in place and in luma, the more a cell counts, so that
    colour does not blur over edges that the small grid is too coarse for.
    """
    rgb, (height, width) = rgb_of(picture), (picture.height, picture.width)
    result = np.empty((len(colour), height, width), np.float32)
    lefts = _cells(np.arange(width), factor, small.shape[1])
    for rows in strips(height, width):
        check()
        light = luma(rgb[rows])
        total = np.zeros_like(light)
        mixed = np.zeros((len(colour), *light.shape), np.float32)
        for row, tall in _cells(np.arange(rows.start, rows.stop), factor, small.shape[0]):
            across, values = small[row], colour[:, row]
            for column, wide in lefts:
                weight = np.exp(np.abs(light - across[:, column]) * np.float32(-0.1))
                weight += np.float32(1e-3)
                weight *= tall[:, None] * wide
                total += weight
                mixed += weight * values[:, :, column]
        result[:, rows] = mixed / total
    return result


def _cells(
    places: npt.NDArray[np.intp], factor: int, count: int
) -> list[tuple[npt.NDArray[np.intp], Floats]]:
    """The two cells beside each pixel along one axis, with their bilinear weights."""
    place = (places + 0.5) / factor - 0.5
    first = np.floor(place).astype(np.intp)
    part = (place - first).astype(np.float32)
    return [
        (np.clip(first, 0, count - 1), 1 - part),
        (np.clip(first + 1, 0, count - 1), part),
    ]


def read_hints(
    hints: Image.Image, scale: int = 0, check: Callable[[], None] = lambda: None
) -> tuple[Floats, Floats]:
    """Return the pull (2, h, w) of what is painted and its firmness (h, w), 0 .. 100.

    The pull is firmness times chroma, and the firmness grows with the square of the opacity: the
    thin rim of a soft brush hardly counts. Both are means over blocks of 2**scale px a side.
    """
    rgba = np.asarray(eight_bit(hints).convert("RGBA"))
    height, width = rgba.shape[:2]
    pulls, firmness = [], []
    for rows in strips(height, width, 1 << scale):
        check()
        opacity: Floats = np.divide(rgba[rows, :, 3], 255, dtype=np.float32)
        firm: Floats = _FIRM * opacity**2
        pull: Floats = firm * chroma(rgba[rows, :, :3])
        for _ in range(scale):
            pull, firm = averaged(pull), averaged(firm)
        pulls.append(pull)
        firmness.append(firm)
    return np.concatenate(pulls, 1), np.concatenate(firmness)


def _keep_hints(colour: Floats, hints: Image.Image, check: Callable[[], None]) -> None:
    """Give opaque hint pixels their very chroma, in place."""
    rgba = np.asarray(eight_bit(hints).convert("RGBA"))
    for rows in strips(*rgba.shape[:2]):
        check()
        opaque = rgba[rows, :, 3] == 255
        if opaque.any():
            colour[:, rows][:, opaque] = chroma(rgba[rows][opaque][None, :, :3])[:, 0]


def has_hints(hints: Image.Image) -> bool:
    """Return whether anything is painted."""
    return bool((np.asarray(eight_bit(hints).convert("RGBA"))[..., 3] > 0).any())


def check_size(picture: Image.Image, hints: Image.Image) -> None:
    """Refuse hints of another size than the picture.

    Raises:
        InvalidRequest: naming both sizes.
    """
    if picture.size != hints.size:
        raise InvalidRequest(
            f"The colour hints are {hints.width} x {hints.height} px, the picture is "
            f"{picture.width} x {picture.height} px.",
            "Paint the hints on a layer that is as large as the picture.",
        )

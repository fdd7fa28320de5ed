"""Line art: recognising it, and laying flat colours under its lines.

White paper has no luminance to spare for a colour, so line art is the one case in which luminance
is not kept: the colours are laid under the drawing as in a layer below one set to Multiply. Black
stays black, paper takes the colour, and what is not painted stays as it was.

Regions are found with trapped balls of falling size (Zhang, Chen, Zhang and Hu, "Vectorizing
Cartoon Animations", IEEE TVCG 2009), so that small gaps in a line do not let a colour out.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from studio.api.colouring.multigrid import Multigrid, averaged
from studio.api.colouring.regions import (
    Labels,
    Mask,
    borders,
    grown,
    regions,
    spread_labels,
)
from studio.api.luminance import Bytes, Floats, chroma, eight_bit, rgb_of, strips

MAX_COLOURS = 48  # flat colours in one picture; the rarest beyond go to their nearest
_ALIKE = 8  # largest difference of a channel at which two hints are one colour
_SPILL = 0.15  # share of a region's hints below which a colour is a stroke that slipped over

_GAP = 1.5  # line widths: a gap up to here is closed, a wider one is a passage
_SMALL = 40  # squared line widths: a region below that and open to another is its corner
_TINY = 4  # squared line widths: what is smaller is a speck between lines

_NONE = 0  # the label of what has no colour


def is_line_art(light: Floats, rgb: Bytes) -> bool:
    """Return True for thin dark lines on light paper, in greys.

    ``light`` (H, W) is the luma as seen, ``rgb`` (H, W, 3) the colours. Paper, within 30 grey
    levels of the paper's own, takes at least 60 % of it, mid-tones at most 12 %, ink 0.2 to 30 %;
    half of the ink is gone when a hundredth of the shorter side is taken off all around it.
    """
    height, width = light.shape
    if min(height, width) < 32:
        return False
    step = max(1, max(height, width) // 1024)
    light, rgb = light[::step, ::step], rgb[::step, ::step]
    paper = float(np.percentile(light, 90))
    if paper < 200 or float(np.mean(light >= paper - 30)) < 0.6:
        return False
    ink = light < paper / 2
    mid = (light > 60) & (light < paper - 55)
    if float(np.mean(mid)) > 0.12 or not 0.002 <= float(np.mean(ink)) <= 0.3:
        return False
    if float(np.percentile(np.abs(chroma(rgb)), 99)) > 25:
        return False
    thick = ~grown(~ink, max(2, min(light.shape) // 100))
    return float(thick.sum()) < 0.5 * float(ink.sum())


class FlatFill:
    """The regions of one piece of line art: found once, filled for any number of hints."""

    def __init__(self, light: Floats, check: Callable[[], None] = lambda: None) -> None:
        """Find the regions of line art with the luma ``light`` (H, W).

        ``light`` may be a reduced copy, 1/2, 1/4 ... of the drawing.
        """
        self._light = light
        paper = float(np.percentile(light[:: 1 + light.shape[0] // 1024], 90))
        ink = light < paper - max(40.0, 0.3 * paper)
        self._free: Mask = ~ink
        self._width = _line_width(ink)
        self._regions, self._count = self._trapped(check)
        self._borders = borders(self._regions, self._count)
        self._sizes = np.bincount(self._regions.ravel(), minlength=self._count + 1)

    def _trapped(self, check: Callable[[], None]) -> tuple[Labels, int]:
        """Regions by balls of falling radius: large ones first, narrow places last."""
        largest = int(min(8, max(2, round(1.5 * self._width))))
        labels, count = np.zeros(self._light.shape, np.int32), 0
        for radius in sorted({largest, largest // 2, 0}, reverse=True):
            check()
            open_space = self._free & (labels == _NONE)
            inner = ~grown(~open_space, radius) if radius else open_space
            found, new = regions(inner)
            check()
            labels = np.where(found > 0, found + count, labels)
            labels = spread_labels(labels, self._free, 2 * radius + 1, check)
            count += new
        return labels, count

    def fill(self, hints: Image.Image, check: Callable[[], None] = lambda: None) -> Bytes:
        """Return the flat colours, (H, W, 3) of ``light``'s size; white where nothing is painted.

        ``hints`` is as large as the drawing.
        """
        if hints.size != self._light.shape[::-1]:
            hints = hints.resize(self._light.shape[::-1], Image.Resampling.NEAREST)
        colours, painted = _flat_colours(hints)
        shares = self._votes(painted, len(colours))
        chosen = np.where(shares.any(1), shares.argmax(1) + 1, _NONE)
        chosen[0] = _NONE
        chosen = self._passed_on(chosen)
        labels: Labels = chosen[self._regions].astype(np.int32)
        divided = np.flatnonzero((shares > 0).sum(1) > 1)
        if divided.size:
            self._divide(labels, painted, shares, divided, check)
        check()
        labels = self._under_lines(labels, chosen, check)
        table = np.concatenate([np.full((1, 3), 255), colours]).astype(np.uint8)
        return table[labels]

    def _votes(self, painted: Labels, count: int) -> npt.NDArray[np.float64]:
        """Each colour's share of the hint pixels in each region, (regions + 1, colours)."""
        votes = np.zeros((self._count + 1, count))
        where = (painted > 0) & (self._regions > 0)
        np.add.at(votes, (self._regions[where], painted[where] - 1), 1)
        total = votes.sum(1, keepdims=True)
        shares = votes / np.maximum(total, 1)
        return np.where(shares >= _SPILL, shares, 0)

    def _passed_on(self, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Colour regions without a hint from those that they are open to, in place after place.

        A border has to be too wide for a gap in a line; for a corner any border will do. Where
        several colours could come in, the widest border decides.
        """
        one, other, length = self._borders
        corner = self._sizes < _SMALL * self._width**2
        while True:
            lengths = np.zeros((self._count + 1, int(chosen.max()) + 1))
            for here, there in ((one, other), (other, one)):
                wide = (length > _GAP * self._width) | corner[here]
                open_to = wide & (chosen[there] != _NONE)
                np.maximum.at(lengths, (here[open_to], chosen[there[open_to]]), length[open_to])
            reached = (chosen == _NONE) & lengths.any(1)
            if not reached.any():
                return chosen
            chosen = np.where(reached, lengths.argmax(1), chosen)

    def _divide(
        self,
        labels: Labels,
        painted: Labels,
        shares: npt.NDArray[np.float64],
        divided: npt.NDArray[np.intp],
        check: Callable[[], None],
    ) -> None:
        """Share regions with hints of several colours out among them, in place.

        Random walks that start at a pixel and cannot cross a line decide: the colour whose hints
        they most likely meet first gets the pixel (Grady, "Random Walks for Image Segmentation",
        IEEE PAMI 2006). Half resolution is enough for a border that follows no line.
        """
        inside = np.isin(self._regions, divided)
        numbers = np.flatnonzero((shares[divided] > 0).any(0)) + 1
        half = averaged(self._free.astype(np.float32))
        across = np.minimum(half[:, 1:], half[:, :-1]) ** 4 + np.float32(1e-5)
        down = np.minimum(half[1:], half[:-1]) ** 4 + np.float32(1e-5)
        seeds = np.stack([averaged(((painted == n) & inside).astype(np.float32)) for n in numbers])
        walks = Multigrid(across, down)
        walks.set_confidence(100 * seeds.sum(0))
        for level, solution in walks.solve(100 * seeds, check=check):
            if level == 0:
                likely = solution
        size = (labels.shape[1], labels.shape[0])
        planes = np.stack(
            [np.asarray(Image.fromarray(p).resize(size, Image.Resampling.BILINEAR)) for p in likely]
        )
        labels[inside] = numbers[planes.argmax(0)][inside]

    def _under_lines(
        self, labels: Labels, chosen: npt.NDArray[np.intp], check: Callable[[], None]
    ) -> Labels:
        """Let colours and bare paper alike grow under the lines, to meet in their middle.

        Specks between lines that have no hint of their own are filled from around, too.
        """
        specks = (self._sizes < _TINY * self._width**2) & (chosen == _NONE)
        settled = self._free & ~specks[self._regions]
        shown = np.where(settled, labels + 1, 0).astype(np.int32)
        everywhere = np.ones_like(self._free)
        shown = spread_labels(shown, everywhere, int(2 * self._width) + 4, check)
        return np.maximum(shown - 1, _NONE)


def multiplied(
    original: Image.Image,
    colours: Bytes,
    strength: float = 1.0,
    check: Callable[[], None] = lambda: None,
) -> Image.Image:
    """Return the drawing with flat colours under its lines; alpha stays.

    ``colours`` (h, w, 3) may be smaller than the drawing: its borders lie under lines.
    """
    original = eight_bit(original)
    rgb = rgb_of(original)
    result = np.empty_like(rgb)
    below = np.arange(rgb.shape[0]) * colours.shape[0] // rgb.shape[0]
    across = np.arange(rgb.shape[1]) * colours.shape[1] // rgb.shape[1]
    for rows in strips(*rgb.shape[:2]):
        check()
        flat = colours[below[rows, None], across].astype(np.float32)
        under = 255 + np.float32(strength) * (flat - 255)
        result[rows] = np.rint(rgb[rows] * (under / 255)).astype(np.uint8)
    picture = Image.fromarray(result)
    if original.mode == "RGBA":
        picture.putalpha(original.getchannel("A"))
    return picture


def _line_width(ink: Mask) -> float:
    """The mean width of the lines in px: twice their area over the length of their border."""
    border = int((ink[:, 1:] != ink[:, :-1]).sum() + (ink[1:] != ink[:-1]).sum())
    return float(np.clip(2 * ink.sum() / max(border, 1) * 1.2, 1, 12))


def _flat_colours(hints: Image.Image) -> tuple[npt.NDArray[np.int64], Labels]:
    """The hints' colours (n, 3), n >= 1, and for each pixel the number of its hint, 0 for none."""
    rgba = np.asarray(hints.convert("RGBA"))
    painted = np.zeros(rgba.shape[:2], np.int32)
    where = rgba[..., 3] > 127
    if not where.any():
        return np.full((1, 3), 255), painted
    values = rgba[where][:, :3].astype(np.int64)
    codes, inverse, counts = np.unique(
        values @ np.array([65536, 256, 1]), return_inverse=True, return_counts=True
    )
    found = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], 1)
    kept: list[npt.NDArray[np.int64]] = []
    for index in np.argsort(-counts, kind="stable"):
        if len(kept) == MAX_COLOURS:
            break
        if all(np.abs(found[index] - colour).max() > _ALIKE for colour in kept):
            kept.append(found[index])
    colours = np.stack(kept)
    nearest = np.abs(found[:, None] - colours[None]).sum(2).argmin(1)
    painted[where] = nearest[inverse] + 1
    return colours, painted

"""Fill and uncrop on pictures: cut out what matters, let PatchMatch fill it, stitch it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PIL import Image

from studio.api.engines import Run
from studio.api.margins import growing, overlap_for
from studio.api.patchmatch import fill
from studio.api.requests import Inpaint, Uncrop
from studio.api.stitching import (
    Box,
    Picture,
    check_mask,
    context_box,
    continued,
    coverage,
    seam_for,
    stitched,
)

LEAST_PADDING = 32  # px; with less there would be nothing to copy from
LEAST_CONTEXT = 256  # px a side that are looked at even around a small mask
PREVIEW_SIDE = 512  # px


class Layer(NamedTuple):
    """One layer of a result; see ``studio.api.engines.PictureLayer``."""

    name: str
    picture: Image.Image
    x: int
    y: int


class Filled(NamedTuple):
    """A result as ``Run.picture`` takes it."""

    whole: Image.Image
    layer: Layer


class Progress:
    """Passes on how far one picture of a run is, and that the artist stopped it."""

    def __init__(self, run: Run, index: int, count: int) -> None:
        self._run, self._index, self._count = run, index, count
        self._said = -1
        self.pulse = run.check_cancelled

    def told(
        self, canvas: Picture, box: Box, begin: float = 0.0, end: float = 1.0
    ) -> Callable[[float, Callable[[], Picture]], None]:
        """Return what ``fill`` calls while it fills ``box`` of ``canvas``."""
        scale = min(1.0, PREVIEW_SIDE / max(canvas.shape[:2]))
        size = tuple(max(1, round(side * scale)) for side in (box.width, box.height))
        place = (round(box.left * scale), round(box.top * scale))

        def watch(done: float, now: Callable[[], Picture]) -> None:
            self._run.check_cancelled()
            percent = int(100 * (self._index + begin + done * (end - begin)))
            if percent > self._said:
                self._said = percent
                self._run.progress(percent, 100 * self._count, "Filling")
            if self._run.wants_preview():
                shown = Image.fromarray(canvas)
                shown.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
                shown.paste(Image.fromarray(now()).resize(size), place)
                self._run.preview(shown, self._index)

        return watch


def _pixels(picture: Image.Image) -> Picture:
    """Return height x width x 3, or x 4 where anything is transparent."""
    transparent = "A" in picture.getbands() or "transparency" in picture.info
    rgba = np.array(picture.convert("RGBA" if transparent else "RGB"))
    return rgba if transparent and (rgba[..., 3] < 255).any() else rgba[..., :3].copy()


def fill_hole(
    picture: Image.Image, mask: Image.Image, request: Inpaint, seed: int, progress: Progress
) -> Filled:
    """Return the picture with its mask filled, and the patch that does it.

    Raises:
        InvalidRequest: nothing is selected, everything is, or the mask has another size.
    """
    original, masked = _pixels(picture), np.array(mask.convert("L"))
    check_mask(masked, *original.shape[:2])
    seam = seam_for(masked, request.grow, request.feather, request.padding)
    covered = coverage(masked, seam)
    visible = original[..., 3] > 0 if original.shape[2] == 4 else np.ones(masked.shape, np.bool_)
    box = context_box(covered, max(seam.padding, LEAST_PADDING), LEAST_CONTEXT)
    if not (visible & (covered == 0))[box.slices].any():
        box = Box(0, 0, picture.width, picture.height)
    colours = np.ascontiguousarray(original[..., :3])
    painted = colours.copy()
    painted[box.slices] = fill(
        colours[box.slices],
        covered[box.slices] > 0,
        seed=seed,
        allowed=visible[box.slices],
        overlap=True,
        watch=progress.told(colours, box),
    )
    whole, patch, place = stitched(original, painted, covered, pulse=progress.pulse)
    layer = Layer("Fill", Image.fromarray(patch), place.left, place.top)
    return Filled(Image.fromarray(whole), layer)


def continue_picture(
    picture: Image.Image, request: Uncrop, seed: int, progress: Progress
) -> Filled:
    """Return the picture continued beyond its edges, and the layer that lies beneath it."""
    original = _pixels(picture)
    width, height = request.size
    canvas = np.zeros((height, width, 3), np.uint8)
    part = Box(request.left, request.top, picture.width, picture.height)
    canvas[part.slices] = original[..., :3]
    visible = np.zeros((height, width), np.bool_)
    visible[part.slices] = original[..., 3] > 0 if original.shape[2] == 4 else True
    steps = growing(part, width, height)
    known = part
    for index, step in enumerate(steps):
        view = _looked_at(known, step)
        hole = np.ones((height, width), np.bool_)
        hole[known.slices] = False
        told = progress.told(canvas, view, index / len(steps), (index + 1) / len(steps))
        canvas[view.slices] = fill(
            canvas[view.slices],
            hole[view.slices],
            seed=seed,
            allowed=visible[view.slices],
            overlap=index == len(steps) - 1,
            watch=told,
        )
        known = step
    whole, layer = continued(
        original,
        canvas,
        request.left,
        request.top,
        overlap_for(request),
        pulse=progress.pulse,
    )
    return Filled(Image.fromarray(whole), Layer("Margin", Image.fromarray(layer), 0, 0))


def _looked_at(known: Box, step: Box) -> Box:
    """Return the part of the canvas that matters for a step: its margins and what is near them."""
    edges = []
    for low, high, before, after in (
        (known.left, known.left + known.width, step.left, step.left + step.width),
        (known.top, known.top + known.height, step.top, step.top + step.height),
    ):
        reach = max(512, 3 * max(low - before, after - high))
        first = before if before < low else max(before, high - reach)
        last = after if after > high else min(after, low + reach)
        if before == low and after == high:  # nothing is added along this axis
            first, last = before, after
        edges.append((first, last))
    (left, right), (top, bottom) = edges
    return Box(left, top, right - left, bottom - top)

"""Filling a hole in a picture, and continuing it beyond its edges, with any inpaint pipeline.

The model paints a crop around the hole at the size that it was made for; what it painted is laid
back by ``studio.api.stitching``, which keeps every pixel outside as it was whatever the model did.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from studio.api import stitching
from studio.api.margins import growing, overlap_for
from studio.api.patchmatch import fill as patchmatch_fill
from studio.api.requests import Inpaint, Uncrop
from studio.api.working_size import working_size
from studio.core.errors import InvalidRequest, ModelProblem
from studio.engines.image.making import Made, PictureMaker, first_picture
from studio.engines.image.restyle import check_steps, resized
from studio.engines.image.tasks import size_multiple

Pixels = npt.NDArray[np.uint8]


class Patch(NamedTuple):
    """A layer that was added to the picture a request started from; see ``PictureLayer``."""

    name: str
    picture: Image.Image
    x: int
    y: int


class _Repainting(PictureMaker):
    """What filling and continuing share: one call of an inpaint pipeline on a crop."""

    def painted(self, crop: Image.Image, mask: Image.Image, strength: float) -> Image.Image:
        """Return ``crop`` (RGB) with what is white in ``mask`` (L) painted anew, in its own size.

        Raises:
            ModelProblem: the model answered with a picture that is not one.
        """
        pipeline = self._loaded.for_task("inpaint")
        size = working_size(*crop.size, self._native_side, size_multiple(pipeline))
        self._steps.size = size
        arguments = self.arguments(
            pipeline,
            image=resized(crop, size),
            mask_image=mask.resize(size, Image.Resampling.NEAREST),
            strength=strength,
        )
        made = first_picture(self.called(pipeline, arguments)).convert("RGB")
        if min(made.size) < 1:
            raise ModelProblem("The model returned an empty picture.", "Choose another model.")
        return resized(made, crop.size)

    def _watched(self, *_: object) -> None:
        self._run.check_cancelled()


class Filled(_Repainting):
    """Makes the picture of an ``Inpaint``.

    Where the picture is transparent, and where no words say what to paint, the hole is first filled
    from its surroundings, so that the model has something to go on from.
    """

    _request: Inpaint

    def make(self) -> Made:
        """Return the whole picture, and the patch that was laid over the one it started from."""
        request = self._request
        check_steps(request.steps, request.strength)
        original = _pixels(self._run.input(request.picture))
        mask = np.asarray(self._run.input(request.mask).convert("L"))
        stitching.check_mask(mask, *original.shape[:2])
        seam = stitching.seam_for(mask, request.grow, request.feather, request.padding)
        covered = stitching.coverage(mask, seam)
        box = stitching.context_box(covered, seam.padding, self._native_side)
        part = box.slices
        crop = self._prefilled(original[part], covered[part] > 0)
        self._steps.part(0, request.steps, "denoising")
        hole = Image.fromarray((covered[part] > 0).astype(np.uint8) * 255)
        painted = original[..., :3].copy()
        painted[part] = np.asarray(self.painted(Image.fromarray(crop), hole, request.strength))
        laid = stitching.stitched(original, painted, covered)
        patch = Patch("Fill", Image.fromarray(laid.patch), laid.box.left, laid.box.top)
        return Made(Image.fromarray(laid.whole), (patch,))

    def _prefilled(self, crop: Pixels, hole: npt.NDArray[np.bool_]) -> Pixels:
        colours = np.ascontiguousarray(crop[..., :3])
        empty = crop[..., 3] == 0 if crop.shape[2] == 4 else np.zeros_like(hole)
        if self._request.prompt.strip():
            hole = hole & empty
        known = ~hole & ~empty
        if not hole.any() or not known.any():
            return colours
        return patchmatch_fill(colours, hole, seed=self._seed, allowed=known, watch=self._watched)


class Continued(_Repainting):
    """Makes the picture of an ``Uncrop``, in steps where the margins are large.

    Each step begins with what PatchMatch makes of the margin, so that the model goes on from
    colours and lines that lead outwards.
    """

    _request: Uncrop

    def make(self) -> Made:
        """Return the extended picture, and the layer that lies beneath the one it started from."""
        request = self._request
        original = _pixels(self._run.input(request.picture))
        width, height = request.size
        canvas = np.zeros((height, width, 3), np.uint8)
        known = stitching.Box(request.left, request.top, *reversed(original.shape[:2]))
        canvas[known.slices] = original[..., :3]
        unseen = original[..., 3] == 0 if original.shape[2] == 4 else None
        if unseen is not None and unseen.all():
            raise InvalidRequest("The picture is empty.", "Start from one that shows something.")
        boxes = growing(known, width, height)
        for number, box in enumerate(boxes):
            first = number * request.steps // len(boxes)
            share = (number + 1) * request.steps // len(boxes) - first
            self._steps.part(first, max(1, share), "denoising")
            hole = np.ones((height, width), np.bool_)
            hole[known.slices] = False
            if unseen is not None:
                hole[request.top :, request.left :][: unseen.shape[0], : unseen.shape[1]] |= unseen
            canvas[box.slices] = self._continued(canvas[box.slices], hole[box.slices])
            known, unseen = box, None
        whole, layer = stitching.continued(
            original, canvas, request.left, request.top, overlap_for(request)
        )
        return Made(Image.fromarray(whole), (Patch("Margin", Image.fromarray(layer), 0, 0),))

    def _continued(self, canvas: Pixels, hole: npt.NDArray[np.bool_]) -> Pixels:
        """Return one step's part of the canvas with its hole painted, the rest as it is."""
        filled = patchmatch_fill(
            np.ascontiguousarray(canvas), hole, seed=self._seed, watch=self._watched
        )
        mask = Image.fromarray(hole.astype(np.uint8) * 255)
        painted = np.asarray(self.painted(Image.fromarray(filled), mask, 1.0))
        covered = np.where(hole, np.uint8(255), np.uint8(0))
        return stitching.stitched(canvas, painted, covered).whole


def _pixels(picture: Image.Image) -> Pixels:
    """Return a picture as height x width x 3, or x 4 where it has an alpha."""
    return np.asarray(picture if picture.mode == "RGBA" else picture.convert("RGB"))

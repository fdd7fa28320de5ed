"""Pictures from pictures: the model goes on from a noised version of what it is given."""

from __future__ import annotations

import math

from PIL import Image

from studio.api.requests import ImageToImage
from studio.api.working_size import working_size
from studio.core.errors import InvalidRequest
from studio.engines.image.making import Made, PictureMaker, first_picture
from studio.engines.image.tasks import size_multiple

GREY = (128, 128, 128)


class Restyled(PictureMaker):
    """Makes the picture of an ``ImageToImage``: the size and the alpha of the picture it is given.

    The model works near the size that it was made for; its picture is scaled back with Lanczos
    resampling. At its own size the result is that of the bare pipeline call.
    """

    _request: ImageToImage

    def make(self) -> Made:
        """Return the finished picture."""
        source = self._run.input(self._request.picture)
        made = self.restyled(opaque(source), self._request.strength)
        return Made(with_alpha_of(made, source))

    def restyled(self, source: Image.Image, strength: float) -> Image.Image:
        """Return ``source`` (RGB) made anew, in its own size; ``strength`` in 0 .. 1."""
        check_steps(self._request.steps, strength)
        pipeline = self._loaded.for_task("image_to_image")
        size = working_size(*source.size, self._native_side, size_multiple(pipeline))
        self._steps.size = size
        arguments = self.arguments(pipeline, image=resized(source, size), strength=strength)
        self._steps.part(0, self._request.steps, "denoising")
        return resized(first_picture(self.called(pipeline, arguments)), source.size)


def check_steps(steps: int, strength: float) -> None:
    """Refuse a strength of which no step is left: pipelines do the last ``strength`` of them.

    Raises:
        InvalidRequest: less than one step would be done.
    """
    if int(steps * strength) < 1:
        raise InvalidRequest(
            f"{steps} steps are too few for a strength of {strength:g}.",
            f"Choose at least {math.ceil(1 / strength)} steps, or more strength.",
        )


def opaque(picture: Image.Image) -> Image.Image:
    """Return a picture without alpha; what was transparent lies over mid grey."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, GREY)
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def with_alpha_of(picture: Image.Image, source: Image.Image) -> Image.Image:
    """Return ``picture`` (RGB) with the alpha of ``source``, where that has one."""
    if source.mode != "RGBA":
        return picture
    result = picture.convert("RGB")
    result.putalpha(source.getchannel("A"))
    return result


def resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a picture in another size (px), untouched where it has that size."""
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)

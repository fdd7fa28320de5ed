"""``atelier restyle | fill | uncrop | colorize | upscale``: jobs that start from a picture file."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.api.requests import (
    Colorize,
    ImageToImage,
    Inpaint,
    ModelRef,
    PictureRef,
    PictureRequest,
    Uncrop,
    Upscale,
    checked,
    request_kind,
)
from studio.app.choosing import model_for
from studio.app.inputs import store_input, store_pixels
from studio.app.output_path import check_output_path
from studio.app.pictures import Picture, open_picture
from studio.app.studio import Studio
from studio.cli.follow import make_pictures
from studio.cli.generate import read_prompt, shared_values
from studio.cli.session import headless_studio
from studio.core.errors import InvalidRequest

if TYPE_CHECKING:
    from PIL import Image

SIDES = ("left", "top", "right", "bottom")


def run_restyle(options: argparse.Namespace) -> int:
    """Make a picture anew in other words."""
    return _run(options, ImageToImage, lambda picture: {"strength": options.strength})


def run_fill(options: argparse.Namespace) -> int:
    """Fill the white parts of a mask."""

    def values(picture: Picture) -> dict[str, Any]:
        return {
            "mask": store_input(mask_of(open_picture(options.mask))),
            "strength": options.strength,
            "grow": options.grow,
            "feather": options.feather,
            "padding": options.padding,
        }

    return _run(options, Inpaint, values)


def run_uncrop(options: argparse.Namespace) -> int:
    """Continue a picture beyond its edges."""

    def values(picture: Picture) -> dict[str, Any]:
        margins = {side: getattr(options, side) or 0 for side in SIDES}
        if options.aspect:
            if any(margins.values()):
                raise InvalidRequest("An aspect ratio leaves no margins to choose.", _EITHER)
            margins = margins_for(options.aspect, picture.width, picture.height)
        return margins | {"overlap": options.overlap}

    return _run(options, Uncrop, values)


def run_colorize(options: argparse.Namespace) -> int:
    """Give a picture colours."""

    def values(picture: Picture) -> dict[str, Any]:
        hints = open_picture(options.hints) if options.hints else None
        return {
            "hints": _stored(hints, with_alpha=True) if hints else None,
            "palette": _stored(open_picture(options.palette)) if options.palette else None,
            "strength": options.strength,
        }

    return _run(options, Colorize, values)


def run_upscale(options: argparse.Namespace) -> int:
    """Make a picture larger."""
    check_output_path(options.output)
    picture = open_picture(options.picture)
    with headless_studio(options.project) as (studio, loop):
        model = model_for(studio, "upscale", options.model)
        request = Upscale(
            model=ModelRef(id=model.id, revision=model.revision),
            picture=_stored(picture),
            scale=options.scale,
        )
        make_pictures(options, studio, loop, checked(request))
    return 0


_EITHER = "Give --aspect, or margins such as --left 200."


def _run(
    options: argparse.Namespace,
    kind: type[PictureRequest],
    values: Callable[[Picture], dict[str, Any]],
) -> int:
    check_output_path(options.output)
    read_prompt(options)
    picture = open_picture(options.picture)
    own = {"picture": _stored(picture)} | values(picture)
    with headless_studio(options.project) as (studio, loop):
        request = _request(options, studio, kind, own)
        make_pictures(options, studio, loop, request)
    return 0


def _request(
    options: argparse.Namespace, studio: Studio, kind: type[PictureRequest], own: dict[str, Any]
) -> PictureRequest:
    model = model_for(studio, request_kind(kind), options.model)
    return checked(kind(**(shared_values(options, model) | own)))


def _stored(picture: Picture, *, with_alpha: bool = False) -> PictureRef:
    if not with_alpha:
        return store_pixels(picture.straight(), picture.width, picture.height)
    return store_input(_image(picture))


def _image(picture: Picture) -> Image.Image:
    from PIL import Image as pillow

    size = (picture.width, picture.height)
    return pillow.frombuffer("RGBA", size, picture.straight(), "raw", "RGBA", 0, 1)


def mask_of(picture: Picture) -> Image.Image:
    """Return the mask (mode L) that a picture stands for.

    A picture with transparent parts masks what is opaque in it; any other masks what is white.
    """
    image = _image(picture)
    return image.convert("L") if picture.opaque else image.getchannel("A")


def margins_for(aspect: str, width: int, height: int) -> dict[str, int]:
    """Return the margins (px) that bring a picture to an aspect ratio such as "16:9", centred.

    Raises:
        InvalidRequest: the ratio cannot be read, or the picture has it already.
    """
    across, colon, down = aspect.replace("/", ":").partition(":")
    try:
        ratio = float(across) / float(down if colon else 1)
        if not 0.05 <= ratio <= 20:
            raise ValueError(aspect)
    except (ValueError, ZeroDivisionError):
        raise InvalidRequest(
            f"{aspect[:40]!r} is not an aspect ratio.", "Write it as 16:9 or 1.85."
        ) from None
    wanted_width = max(width, math.ceil(height * ratio - 0.5))
    wanted_height = max(height, math.ceil(width / ratio - 0.5))
    if wanted_width > width:
        wanted_height = height
    more, taller = wanted_width - width, wanted_height - height
    if not more and not taller:
        raise InvalidRequest(f"The picture has the aspect ratio {aspect} already.", _EITHER)
    return {
        "left": more // 2,
        "right": more - more // 2,
        "top": taller // 2,
        "bottom": taller - taller // 2,
    }

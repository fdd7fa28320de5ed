"""Any mode, depth, colour profile and orientation of a decoded picture to upright 8-bit sRGB."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image, ImageCms

log = logging.getLogger(__name__)


def to_rgba(image: Image.Image) -> Image.Image:
    """Bring a decoded picture of any mode to straight 8-bit RGBA in sRGB."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGBA")
    if image.mode == "LAB":
        return _lab_to_rgb(image).convert("RGBA")
    profile = _profile(image)
    if profile is None:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    colour, alpha = _colour_and_alpha(image)
    result = _to_srgb(colour, profile).convert("RGBA")
    if alpha is not None:
        result.putalpha(alpha)
    return result


def _colour_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Split a picture into L, RGB or CMYK colour, which a profile describes, and alpha."""
    mode = image.mode
    if "transparency" in image.info or mode in ("RGBA", "RGBa", "PA"):
        straight = image.convert("RGBA")
        return straight.convert("RGB"), straight.getchannel("A")
    if mode in ("LA", "La"):
        straight = image.convert("LA")
        return straight.getchannel("L"), straight.getchannel("A")
    if mode in ("L", "RGB", "CMYK"):
        return image, None
    return image.convert("L" if mode == "1" else "RGB"), None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale a grey picture of 16 or 32 bits, or of floating point numbers, to 8 bits.

    16 bits span 0 .. 65535. Numbers of 32 bits have no agreed white: theirs is the smallest of
    1 (floating point only), 255, 65535 and their own maximum that holds them all.
    """
    import numpy as np
    from PIL import Image as pillow

    values = np.nan_to_num(np.asarray(image).astype(np.float32), posinf=0, neginf=0)
    highest = float(values.max(initial=0))
    if image.mode.startswith("I;16"):
        white = 65535.0
    else:
        steps = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
        white = next((step for step in steps if highest <= step), highest)
    scaled = np.rint(values.clip(0, white) * np.float32(255 / white))
    return pillow.fromarray(scaled.astype(np.uint8))


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert converted is not None  # only the in-place form returns None
    return converted


def _profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """The embedded colour profile; None where there is none, it is sRGB, or it is broken (which
    the log tells)."""
    data = image.info.get("icc_profile")
    if not isinstance(data, bytes) or not data:
        return None
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("A colour profile could not be read: %s", error)
        return None
    is_srgb = "srgb" in (profile.profile.profile_description or "").lower()
    return None if is_srgb else profile


def _to_srgb(colour: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Convert by a profile; one that does not fit the picture is told in the log and not used."""
    from PIL import ImageCms

    try:
        converted = ImageCms.profileToProfile(
            colour,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        log.info("A colour profile could not be used: %s", error)
        return colour.convert("RGB")
    assert converted is not None  # only the in-place form returns None
    return converted


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 .. 8; 1 (upright) where there is none that can be read."""
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception as error:  # EXIF data of strangers, read by Pillow
        log.info("EXIF data could not be read: %s", error)
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def upright(image: Image.Image, orientation: int) -> Image.Image:
    from PIL import Image as pillow

    turn = pillow.Transpose
    method = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_270,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_90,
    }.get(orientation)
    return image if method is None else image.transpose(method)

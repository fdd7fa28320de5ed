"""Blend modes: QPainter's own where it has them, the W3C formulas in numpy for the other four."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QImage, QPainter

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

_Mode = QPainter.CompositionMode

PAINTER_MODES: dict[str, QPainter.CompositionMode] = {
    "normal": _Mode.CompositionMode_SourceOver,
    "multiply": _Mode.CompositionMode_Multiply,
    "screen": _Mode.CompositionMode_Screen,
    "overlay": _Mode.CompositionMode_Overlay,
    "darken": _Mode.CompositionMode_Darken,
    "lighten": _Mode.CompositionMode_Lighten,
    "color_dodge": _Mode.CompositionMode_ColorDodge,
    "color_burn": _Mode.CompositionMode_ColorBurn,
    "hard_light": _Mode.CompositionMode_HardLight,
    "soft_light": _Mode.CompositionMode_SoftLight,
    "difference": _Mode.CompositionMode_Difference,
    "exclusion": _Mode.CompositionMode_Exclusion,
    "plus": _Mode.CompositionMode_Plus,
}

NON_SEPARABLE_MODES = ("hue", "saturation", "color", "luminosity")

TILE_FORMAT = QImage.Format.Format_RGBA8888_Premultiplied


def blend_non_separable(below: QImage, above: QImage, mode: str, opacity: float) -> QImage:
    """Blend two images of one size whose result needs all three channels of a pixel at once.

    Method: "Compositing and Blending Level 1" (W3C), section 10.2; both images and the result are
    premultiplied RGBA8888, ``opacity`` in 0 .. 1 scales ``above``.
    """
    import numpy

    backdrop, source = _as_float(below), _as_float(above) * numpy.float32(opacity)
    alpha_b, alpha_s = backdrop[..., 3:], source[..., 3:]
    colour_b = backdrop[..., :3] / numpy.maximum(alpha_b, 1e-6)
    colour_s = source[..., :3] / numpy.maximum(alpha_s, 1e-6)
    if mode == "hue":
        saturated = _with_saturation(colour_s, _saturation(colour_b))
        mixed = _with_luminosity(saturated, _luminosity(colour_b))
    elif mode == "saturation":
        saturated = _with_saturation(colour_b, _saturation(colour_s))
        mixed = _with_luminosity(saturated, _luminosity(colour_b))
    elif mode == "color":
        mixed = _with_luminosity(colour_s, _luminosity(colour_b))
    else:
        mixed = _with_luminosity(colour_b, _luminosity(colour_s))
    result = numpy.empty_like(backdrop)
    result[..., :3] = (
        source[..., :3] * (1 - alpha_b)
        + backdrop[..., :3] * (1 - alpha_s)
        + alpha_s * alpha_b * mixed
    )
    result[..., 3:] = alpha_s + alpha_b - alpha_s * alpha_b
    pixels = (result * 255 + 0.5).clip(0, 255).astype(numpy.uint8)
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, width * 4, TILE_FORMAT).copy()


def _as_float(image: QImage) -> NDArray[numpy.float32]:
    import numpy

    pixels = numpy.frombuffer(image.constBits(), numpy.uint8)
    shaped = pixels.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width()]
    return shaped.astype(numpy.float32) / numpy.float32(255)


def _luminosity(colour: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
    import numpy

    weights = numpy.array([0.3, 0.59, 0.11], numpy.float32)
    return (colour @ weights)[..., None]


def _saturation(colour: NDArray[numpy.float32]) -> NDArray[numpy.float32]:
    result: NDArray[numpy.float32] = colour.max(-1, keepdims=True) - colour.min(-1, keepdims=True)
    return result


def _with_saturation(
    colour: NDArray[numpy.float32], saturation: NDArray[numpy.float32]
) -> NDArray[numpy.float32]:
    import numpy

    low = colour.min(-1, keepdims=True)
    spread = colour.max(-1, keepdims=True) - low
    scaled = (colour - low) * saturation / numpy.maximum(spread, 1e-6)
    return numpy.where(spread > 0, scaled, numpy.float32(0))


def _with_luminosity(
    colour: NDArray[numpy.float32], luminosity: NDArray[numpy.float32]
) -> NDArray[numpy.float32]:
    import numpy

    shifted = colour + (luminosity - _luminosity(colour))
    light = _luminosity(shifted)
    low, high = shifted.min(-1, keepdims=True), shifted.max(-1, keepdims=True)
    lifted = light + (shifted - light) * light / numpy.maximum(light - low, 1e-6)
    shifted = numpy.where(low < 0, lifted, shifted)
    lowered = light + (shifted - light) * (1 - light) / numpy.maximum(high - light, 1e-6)
    return numpy.where(high > 1, lowered, shifted)

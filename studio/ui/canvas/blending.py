"""Blend modes: QPainter's own where it has them, numpy for the four that it lacks."""

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
    """Blend two images of one size in a mode that QPainter lacks.

    Both images and the result are premultiplied RGBA8888; ``opacity`` in 0 .. 1 scales ``above``.
    The formula is that of the export (``studio.app.flatten``), from "Compositing and Blending
    Level 1" (W3C), so that both agree.
    """
    import numpy

    from studio.app.flatten import blend

    backdrop, source = _as_float(below), _as_float(above) * numpy.float32(opacity)
    alpha_b, alpha_s = backdrop[..., 3:], source[..., 3:]
    smallest = numpy.float32(1e-6)
    colour_b = backdrop[..., :3] / numpy.maximum(alpha_b, smallest)
    colour_s = source[..., :3] / numpy.maximum(alpha_s, smallest)
    mixed = blend(mode, colour_b.astype(numpy.float32), colour_s.astype(numpy.float32))
    result = backdrop * (1 - alpha_s) + source * (1 - alpha_b)
    result[..., :3] += alpha_s * alpha_b * mixed
    result[..., 3:] = alpha_s + alpha_b - alpha_s * alpha_b
    pixels = (result * 255 + 0.5).clip(0, 255).astype(numpy.uint8)
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, width * 4, TILE_FORMAT).copy()


def _as_float(image: QImage) -> NDArray[numpy.float32]:
    import numpy

    pixels = numpy.frombuffer(image.constBits(), numpy.uint8)
    shaped = pixels.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width()]
    scaled: NDArray[numpy.float32] = shaped.astype(numpy.float32) / numpy.float32(255)
    return scaled

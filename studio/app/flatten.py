"""Flattening: the document's layers composited into one picture, without a display.

Blend formulas: W3C Compositing and Blending Level 1, on 8-bit sRGB values as Krita and GIMP do by
default.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.document import TILE, Layer, LayeredPicture, Node, join_tiles, layer_tree, shows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Array = npt.NDArray[np.float32]

# Rows composited at once: keeps the working memory of an 8192 px wide picture near 100 MB.
BAND_ROWS = 256


def flatten(document: LayeredPicture) -> bytes:
    """Return the visible layers as straight RGBA8, row-major, ``width * height * 4`` bytes."""
    import numpy as np

    bands = []
    for top in range(0, document.height, BAND_ROWS):
        rows = min(BAND_ROWS, document.height - top)
        result = _painted(document, layer_tree(document.layers), top, rows)
        if result is None:
            result = np.zeros((rows, document.width, 4), np.float32)
        bands.append(_straight(result))
    return b"".join(bands)


def _painted(document: LayeredPicture, nodes: Sequence[Node], top: int, rows: int) -> Array | None:
    """One band of some nodes over each other, on nothing; None where none of them shows."""
    import numpy as np

    result: Array | None = None
    for layer, children, masks in nodes:
        if not shows(layer):
            continue
        if layer.kind == "group":
            found = _painted(document, children, top, rows)
            if found is None:
                continue
            source = found
        else:
            source = _pixels(document, layer, top, rows)
        for mask in masks:
            if mask.visible:
                alpha = _pixels(document, mask, top, rows)[..., 3:]
                source = source * (alpha * mask.opacity + (1 - mask.opacity))
        if result is None:
            result = np.zeros((rows, document.width, 4), np.float32)
        result = _over(result, source, layer)
    return result


def _pixels(document: LayeredPicture, layer: Layer, top: int, rows: int) -> Array:
    """One band of a layer as premultiplied floats in 0 .. 1, (rows, width, 4)."""
    import numpy as np

    left, upper = -layer.x, top - layer.y
    tiles = {
        key: tile
        for key in document.occupied(layer.id)
        if key[0] * TILE < left + document.width
        and (key[0] + 1) * TILE > left
        and key[1] * TILE < upper + rows
        and (key[1] + 1) * TILE > upper
        and (tile := document.tile(layer.id, key)) is not None
    }
    raw = join_tiles(tiles, left, upper, document.width, rows)
    band = np.frombuffer(raw, np.uint8).reshape(rows, document.width, 4)
    pixels: Array = band.astype(np.float32) / np.float32(255)
    return pixels


def _over(backdrop: Array, source: Array, layer: Layer) -> Array:
    """Composite ``source`` over ``backdrop``, both premultiplied, with the layer's mode."""
    source = source * layer.opacity
    source_alpha, backdrop_alpha = source[..., 3:], backdrop[..., 3:]
    if layer.blend_mode == "normal":
        return source + backdrop * (1 - source_alpha)
    if layer.blend_mode == "plus":
        return (source + backdrop).clip(0, 1)
    mixed = blend(layer.blend_mode, _colour(backdrop), _colour(source))
    result = backdrop * (1 - source_alpha) + source * (1 - backdrop_alpha)
    result[..., :3] += source_alpha * backdrop_alpha * mixed
    result[..., 3:] = source_alpha + backdrop_alpha * (1 - source_alpha)
    return result


def _colour(premultiplied: Array) -> Array:
    import numpy as np

    alpha = premultiplied[..., 3:]
    return np.divide(
        premultiplied[..., :3], alpha, out=np.zeros_like(premultiplied[..., :3]), where=alpha > 0
    )


def _straight(premultiplied: Array) -> bytes:
    import numpy as np

    result = premultiplied.copy()
    result[..., :3] = _colour(premultiplied)
    data: bytes = np.rint(result.clip(0, 1) * 255).astype(np.uint8).tobytes()
    return data


def blend(mode: str, backdrop: Array, source: Array) -> Array:
    """Return the blended colour B(backdrop, source) of straight RGB values in 0 .. 1."""
    import numpy as np

    multiply, screen = backdrop * source, backdrop + source - backdrop * source
    match mode:
        case "multiply":
            return multiply
        case "screen":
            return screen
        case "overlay":
            return _hard_light(source, backdrop)
        case "hard_light":
            return _hard_light(backdrop, source)
        case "darken":
            return np.minimum(backdrop, source)
        case "lighten":
            return np.maximum(backdrop, source)
        case "color_dodge":
            quotient = backdrop / np.maximum(1 - source, 1e-6)
            return np.where(backdrop <= 0, 0, np.minimum(1, quotient))
        case "color_burn":
            quotient = (1 - backdrop) / np.maximum(source, 1e-6)
            return np.where(backdrop >= 1, 1, 1 - np.minimum(1, quotient))
        case "soft_light":
            return _soft_light(backdrop, source)
        case "difference":
            difference: Array = np.abs(backdrop - source)
            return difference
        case "exclusion":
            exclusion: Array = backdrop + source - 2 * multiply
            return exclusion
        case "hue":
            return _set_luminosity(_set_saturation(source, _saturation(backdrop)), backdrop)
        case "saturation":
            return _set_luminosity(_set_saturation(backdrop, _saturation(source)), backdrop)
        case "color":
            return _set_luminosity(source, backdrop)
        case "luminosity":
            return _set_luminosity(backdrop, source)
    raise ValueError(f"unknown blend mode {mode!r}")


def _hard_light(backdrop: Array, source: Array) -> Array:
    import numpy as np

    doubled = 2 * source
    screen = backdrop + (doubled - 1) - backdrop * (doubled - 1)
    return np.where(source <= 0.5, backdrop * doubled, screen)


def _soft_light(backdrop: Array, source: Array) -> Array:
    import numpy as np

    bend = np.where(
        backdrop <= 0.25,
        ((16 * backdrop - 12) * backdrop + 4) * backdrop,
        np.sqrt(np.maximum(backdrop, 0)),
    )
    darker = backdrop - (1 - 2 * source) * backdrop * (1 - backdrop)
    lighter = backdrop + (2 * source - 1) * (bend - backdrop)
    return np.where(source <= 0.5, darker, lighter)


def _luminosity(colour: Array) -> Array:
    result: Array = (colour @ _luminosity_weights())[..., None]
    return result


def _luminosity_weights() -> Array:
    import numpy as np

    return np.array([0.3, 0.59, 0.11], np.float32)


def _saturation(colour: Array) -> Array:
    result: Array = colour.max(-1, keepdims=True) - colour.min(-1, keepdims=True)
    return result


def _set_saturation(colour: Array, saturation: Array) -> Array:
    import numpy as np

    low = colour.min(-1, keepdims=True)
    spread = colour.max(-1, keepdims=True) - low
    return np.where(spread > 0, (colour - low) * saturation / np.maximum(spread, 1e-6), 0)


def _set_luminosity(colour: Array, target: Array) -> Array:
    """Shift ``colour`` to the luminosity of ``target`` and clip back into gamut (W3C ClipColor)."""
    import numpy as np

    shifted = colour + (_luminosity(target) - _luminosity(colour))
    centre = _luminosity(shifted)
    low, high = shifted.min(-1, keepdims=True), shifted.max(-1, keepdims=True)
    raised = centre + (shifted - centre) * centre / np.maximum(centre - low, 1e-6)
    shifted = np.where(low < 0, raised, shifted)
    lowered = centre + (shifted - centre) * (1 - centre) / np.maximum(high - centre, 1e-6)
    return np.where(high > 1, lowered, shifted)

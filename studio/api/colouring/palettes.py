"""Colour where nothing is painted: suggested palettes, and the colours of another picture."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image

from studio.api.colouring.guide import flow_weights, seen_luma
from studio.api.colouring.multigrid import Multigrid, averaged
from studio.api.colouring.propagation import upsampled
from studio.api.luminance import Bytes, Floats, chroma, luma, recompose, rgb_of

_TONES = 5  # luminance regions that a palette has a colour for
_SAMPLE = 256  # px of the longer side at which a palette picture is read
_SWATCHES = 10  # colour groups looked for in a palette picture
_SHARPNESS = np.float32(0.4)  # how much nearer a group must be to be taken alone
_HOLD = np.float32(0.01)  # how firmly a pixel holds its match: smoothed over 1 / sqrt of it, px
_SPREAD_ON = 400_000  # px of the grid on which a palette's colours are smoothed


class Palette(msgspec.Struct, frozen=True, kw_only=True):
    """A named row of colours from dark to light, one for each luminance region of a picture."""

    name: str
    colours: tuple[tuple[int, int, int], ...]


class _Scheme(msgspec.Struct, frozen=True):
    """How a palette colours tones: (tone 0 .. 1, hue in degrees, saturation 0 .. 1)."""

    name: str
    stops: tuple[tuple[float, float, float], ...]
    tone: float  # the mean tone 0 .. 1 of the pictures that it suits best


_SCHEMES = (
    _Scheme("Warm light", ((0.0, 215, 0.3), (0.4, 24, 0.2), (0.75, 36, 0.3), (1.0, 46, 0.34)), 0.5),
    _Scheme("Sepia", ((0.0, 22, 0.34), (0.5, 30, 0.28), (1.0, 40, 0.24)), 0.62),
    _Scheme("Moonlight", ((0.0, 228, 0.36), (0.5, 212, 0.24), (1.0, 48, 0.2)), 0.22),
    _Scheme("Dusk", ((0.0, 250, 0.32), (0.4, 325, 0.18), (0.75, 18, 0.3), (1.0, 40, 0.32)), 0.38),
    _Scheme(
        "Meadow", ((0.0, 180, 0.28), (0.4, 110, 0.16), (0.75, 58, 0.28), (1.0, 205, 0.2)), 0.75
    ),
)


def suggest_palettes(picture: Image.Image) -> list[Palette]:
    """Return palettes for a picture, the one that suits its brightness best first.

    The tones of the picture are put into up to five groups (k-means on the histogram of the
    luma); every palette has one colour a group, of the group's mean luminance.
    """
    light = seen_luma(picture)
    tones = tone_groups(light)
    mean = float(light.mean()) / 255
    ordered = sorted(_SCHEMES, key=lambda scheme: abs(scheme.tone - mean))
    return [Palette(name=scheme.name, colours=_colours(scheme, tones)) for scheme in ordered]


def _colours(scheme: _Scheme, tones: Floats) -> tuple[tuple[int, int, int], ...]:
    rgb = np.array([_hue_at(scheme, float(tone) / 255) for tone in tones])
    fitted = recompose(tones[None], chroma(rgb[None]))[0]
    return tuple((int(red), int(green), int(blue)) for red, green, blue in fitted)


def _hue_at(scheme: _Scheme, tone: float) -> tuple[int, int, int]:
    """The scheme's colour at a tone; between two stops it is mixed, so that no third hue shows."""
    stops = [stop[0] for stop in scheme.stops]
    mixed = [
        np.interp(tone, stops, channel)
        for channel in zip(
            *(colorsys.hsv_to_rgb(hue / 360, full, 0.75) for _, hue, full in scheme.stops),
            strict=True,
        )
    ]
    red, green, blue = (round(255 * float(value)) for value in mixed)
    return red, green, blue


def tone_groups(light: Floats) -> Floats:
    """Return the centres, ascending, of at most five groups of luma values (H, W)."""
    counts = np.bincount(np.rint(light).astype(np.int64).ravel(), minlength=256).astype(np.float64)
    levels = np.arange(256)
    share = np.cumsum(counts) / counts.sum()
    places = (np.arange(_TONES) + 0.5) / _TONES
    centres = np.unique(np.searchsorted(share, places)).astype(np.float64)
    for _ in range(20):
        nearest = np.abs(levels[:, None] - centres).argmin(1)
        weight = np.bincount(nearest, counts, len(centres))
        total = np.bincount(nearest, counts * levels, len(centres))
        centres = (total / np.maximum(weight, 1e-9))[weight > 0]
    return np.unique(np.rint(centres)).astype(np.float32)


def palette_chroma(light: Floats, palette: Palette) -> Floats:
    """Return chroma (2, H, W) for a luma (H, W): the palette's colours, mixed by luminance."""
    colours = np.array(palette.colours, np.uint8)
    places, values = luma(colours), chroma(colours)
    order = np.argsort(places, kind="stable")
    mixed = [np.interp(light, places[order], plane[order]) for plane in values]
    return np.stack(mixed).astype(np.float32)


def chroma_like(
    picture: Image.Image, reference: Image.Image, check: Callable[[], None] = lambda: None
) -> Floats:
    """Return chroma (2, H, W) for a picture in the colours of another one.

    After Welsh, Ashikhmin and Mueller, "Transferring Color to Greyscale Images" (SIGGRAPH 2002):
    places are matched by luminance, brought to the reference's distribution, and by its standard
    deviation nearby. Where they match single pixels, we match the groups of like colour of the
    reference, and then smooth the chroma within the picture's edges.
    """
    small = rgb_of(reference)
    step = max(1, -(-max(small.shape[:2]) // _SAMPLE))
    tones, means = _groups(np.ascontiguousarray(small[::step, ::step]))
    check()
    light, scale = seen_luma(picture, check), 0
    while light.size > _SPREAD_ON:
        check()
        light, scale = averaged(light), scale + 1
    matched = _equalised(light, luma(small[::step, ::step]))
    check()
    features = np.stack([matched / 30, _deviation(light) / 15])
    distance = ((features[:, None] - tones[:, :, None, None]) ** 2).sum(0)
    weight = np.exp((distance.min(0) - distance) * _SHARPNESS)
    raw = np.einsum("kij,kc->cij", weight / weight.sum(0), means).astype(np.float32)
    check()
    firm = np.full(light.shape, _HOLD, np.float32)
    grids = Multigrid(*flow_weights(light, check))
    grids.set_confidence(firm)
    for level, solution in grids.solve(firm * raw, check=check):
        if level == 0:
            smooth = solution
    return smooth if scale == 0 else upsampled(smooth, light, picture, 1 << scale, check)


def _groups(rgb: Bytes) -> tuple[Floats, Floats]:
    """K-means of a reference's pixels: where its groups lie, (2, k), and their chroma, (k, 2)."""
    light, colour = luma(rgb), chroma(rgb)
    place = np.stack([light / 30, _deviation(light) / 15]).reshape(2, -1).T
    points = np.concatenate([place, colour.reshape(2, -1).T / 20], 1)
    order = np.argsort(light.ravel(), kind="stable")
    chosen = ((np.arange(_SWATCHES) + 0.5) / _SWATCHES * len(order)).astype(np.int64)
    centres = np.unique(points[order[chosen]], axis=0)
    for _ in range(12):
        nearest = ((points[:, None] - centres[None]) ** 2).sum(2).argmin(1)
        counts = np.bincount(nearest, minlength=len(centres))
        sums = [np.bincount(nearest, column, len(centres)) for column in points.T]
        centres = (np.stack(sums, 1) / np.maximum(counts, 1)[:, None])[counts > 0]
    return centres[:, :2].T.astype(np.float32), (centres[:, 2:] * 20).astype(np.float32)


def _equalised(light: Floats, reference: Floats) -> Floats:
    """Bring a luma to the distribution of another one, by their quantiles."""
    ranks = np.linspace(0, 100, 33)
    own = np.maximum.accumulate(np.percentile(light, ranks) + np.arange(33) * 1e-4)
    matched: npt.NDArray[np.float64] = np.interp(light, own, np.percentile(reference, ranks))
    return matched.astype(np.float32)


def _deviation(light: Floats) -> Floats:
    """The standard deviation in the 5 x 5 px around each pixel."""

    def mean(values: Floats) -> Floats:
        for axis in (0, 1):
            padding = [(0, 0), (0, 0)]
            padding[axis] = (2, 2)
            padded = np.pad(values, padding, mode="edge")
            length = values.shape[axis]
            values = sum(
                (padded.take(range(i, i + length), axis) for i in range(1, 5)),
                padded.take(range(length), axis),
            ) / np.float32(5)
        return values

    variance = np.maximum(mean(light**2) - mean(light) ** 2, 0)
    deviation: Floats = np.sqrt(variance)
    return deviation

"""A float canvas with what landscapes are made of: gradients, ridges, glows, clouds, sprites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from plugins.storyboard.light import Colour

Floats = NDArray[Any]
Sprite = Callable[[str, int], NDArray[np.uint8]]


class Canvas:
    """RGB in 0 .. 1, shape (height, width, 3); everything is painted over what is there."""

    def __init__(self, width: int, height: int, chance: np.random.Generator) -> None:
        self.width, self.height, self.chance = width, height, chance
        self.pixels: Floats = np.zeros((height, width, 3), np.float32)
        self._y = np.arange(height, dtype=np.float32)[:, None]
        self._x = np.arange(width, dtype=np.float32)[None]

    def gradient(self, stops: Sequence[tuple[float, Colour]], top: int, bottom: int) -> None:
        """Fill rows ``top`` .. ``bottom`` with a vertical gradient; stops in 0 .. 1."""
        bottom, top = min(self.height, bottom), max(0, top)
        if bottom <= top:
            return
        at = np.linspace(0, 1, bottom - top)
        for channel in range(3):
            values = np.interp(at, [s for s, _ in stops], [c[channel] for _, c in stops])
            self.pixels[top:bottom, :, channel] = values[:, None].astype(np.float32)

    def over(self, alpha: Floats, colour: Floats | Colour, top: int = 0) -> None:
        """Blend a colour (or rows of colours) in by ``alpha``, beginning at row ``top``."""
        rows = self.pixels[top : top + alpha.shape[0]]
        rows += (np.asarray(colour, np.float32) - rows) * alpha[..., None]

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Add light around a point (px), fading to nothing at ``radius``."""
        distance = np.hypot(self._x - x, self._y - y) / radius
        fade = np.clip(1 - distance, 0, 1) ** 2 * strength
        self.pixels += (1 - self.pixels) * np.asarray(colour, np.float32) * fade[..., None]

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Paint a smooth disc (px)."""
        alpha = np.clip(radius - np.hypot(self._x - x, self._y - y) + 0.5, 0, 1)
        self.over(alpha, colour)

    def ridge(self, base: float, swing: float, waves: float, roughness: float = 0.45) -> Floats:
        """Return a line of heights (px from the top), one a column: ``base`` +- ``swing``."""
        total, size, weight = np.zeros(self.width, np.float32), waves, 1.0
        amount = 0.0
        for _ in range(6):
            count = max(3, int(size) + 3)
            points = self.chance.uniform(-1, 1, count)
            at = np.linspace(0, count - 1.001, self.width)
            low = at.astype(int)
            share = at - low
            share = share * share * (3 - 2 * share)
            nearby = points[np.minimum(low + 1, count - 1)]
            total += weight * (points[low] * (1 - share) + nearby * share).astype(np.float32)
            amount += weight
            size, weight = size * 2, weight * roughness
        return (base + swing * total / amount * 1.6).astype(np.float32)

    def land(self, line: Floats, top: Colour, bottom: Colour, depth: float) -> None:
        """Fill everything below ``line`` with a gradient that follows it for ``depth`` px."""
        first = max(0, int(line.min()) - 1)
        if first >= self.height:
            return
        below = self._y[first:] - line[None]
        alpha = np.clip(below + 0.5, 0, 1)
        share = np.clip(below / max(1.0, depth), 0, 1)[..., None]
        start, end = np.asarray(top, np.float32), np.asarray(bottom, np.float32)
        self.over(alpha, start + (end - start) * share, first)

    def clouds(self, count: int, area: tuple[float, float], light: Colour, shade: Colour) -> None:
        """Paint flat-footed clouds into rows area[0] .. area[1] (px), small ones lower down."""
        for number in range(count):
            share = (number + self.chance.random()) / max(1, count)
            y = area[0] + (area[1] - area[0]) * share
            long = self.width * (0.3 - 0.17 * share) * self.chance.uniform(0.7, 1.15)
            x = self.chance.uniform(-0.05, 1.0) * self.width
            self._cloud(int(x), int(y), int(long), light, shade, 0.92 - 0.3 * share)

    def _cloud(
        self, x: int, y: int, long: int, light: Colour, shade: Colour, strength: float
    ) -> None:
        tall = max(6, int(long * 0.42))
        big = Image.new("L", (long * 2, tall * 2), 0)
        pen = ImageDraw.Draw(big)
        puffs = int(self.chance.integers(4, 7))
        for puff in range(puffs):
            at = (puff + 0.5) / puffs
            radius = tall * 2 * (0.24 + 0.24 * np.sin(np.pi * at)) * self.chance.uniform(0.85, 1.1)
            middle = long * 2 * (0.12 + 0.76 * at)
            pen.ellipse(
                (middle - radius * 1.15, tall * 2 * 0.97 - radius * 1.7, middle + radius * 1.15,
                 tall * 2 * 0.97 + radius * 0.3), fill=255,
            )  # fmt: skip
        pen.rectangle((0, int(tall * 2 * 0.9), long * 2, tall * 2), fill=0)
        small = big.resize((long, tall), Image.Resampling.BOX)
        alpha = np.asarray(small, np.float32) / 255 * strength
        rows = np.linspace(0, 1, tall, dtype=np.float32)[:, None, None] ** 1.6
        colour = np.asarray(light, np.float32) * (1 - rows) + np.asarray(shade, np.float32) * rows
        self.paste(alpha, np.broadcast_to(colour, (tall, long, 3)), x, y)

    def paste(self, alpha: Floats, colour: Floats, x: int, y: int) -> None:
        """Blend a small picture in with its top left corner at x, y; outside is cut off."""
        tall, long = alpha.shape
        x0, y0, x1, y1 = max(0, x), max(0, y), min(self.width, x + long), min(self.height, y + tall)
        if x1 <= x0 or y1 <= y0:
            return
        inside = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
        rows = self.pixels[y0:y1, x0:x1]
        rows += (colour[inside] - rows) * alpha[inside][..., None]

    def sprite(
        self, rgba: NDArray[np.uint8], x: float, foot: float, tint: Colour, fade: float, to: Colour
    ) -> None:
        """Stand a drawing on ``foot`` (px), its light multiplied by ``tint``, faded ``to``."""
        values = rgba.astype(np.float32) / 255
        colour = values[..., :3] * np.asarray(tint, np.float32)
        colour = colour + (np.asarray(to, np.float32) - colour) * fade
        left, top = int(x - rgba.shape[1] / 2), int(foot - rgba.shape[0])
        self.paste(values[..., 3], colour, left, top)

    def noise(self, cells: int, octaves: int = 4) -> Floats:
        """Return smooth noise in 0 .. 1 over the whole canvas; ``cells`` across at the coarsest."""
        total = np.zeros((self.height, self.width), np.float32)
        weight, amount = 1.0, 0.0
        for _ in range(octaves):
            rows = max(2, round(cells * self.height / self.width))
            grid = self.chance.random((rows, cells)).astype(np.float32)
            picture = Image.fromarray(grid).resize(
                (self.width, self.height), Image.Resampling.BICUBIC
            )
            total += weight * np.asarray(picture)
            amount += weight
            cells, weight = cells * 2, weight * 0.5
        return np.asarray(np.clip(total / amount, 0, 1))

    def stars(self, count: int, bottom: float, colour: Colour = (1, 1, 0.95)) -> None:
        """Sprinkle stars over the rows above ``bottom`` (px), a few of them bright."""
        for _ in range(count):
            x = float(self.chance.random() * self.width)
            y = float(self.chance.random() ** 1.2 * bottom)
            size = float(self.chance.random() ** 4 * 1.7 + 0.5) * self.width / 1024
            strength = float(self.chance.uniform(0.35, 1))
            self._dot(x, y, max(0.6, size), colour, strength)

    def _dot(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        reach = int(radius * 2) + 2
        x0, y0 = max(0, int(x) - reach), max(0, int(y) - reach)
        area = self.pixels[y0 : int(y) + reach + 1, x0 : int(x) + reach + 1]
        if not area.size:
            return
        ys, xs = np.mgrid[y0 : y0 + area.shape[0], x0 : x0 + area.shape[1]]
        alpha = np.clip(radius - np.hypot(xs - x, ys - y) + 0.5, 0, 1) * strength
        area += (np.asarray(colour, np.float32) - area) * alpha[..., None].astype(np.float32)

    def mirror(self, line: int, bottom: int, strength: float, ripple: float) -> None:
        """Blend what stands above row ``line`` into the rows below, upside down and rippled."""
        for y in range(line, min(bottom, self.height)):
            source = line - 1 - int((y - line) * 0.9)
            if source < 0:
                break
            shift = int(ripple * np.sin((y - line) * 0.35 + 0.004 * (y - line) ** 2))
            share = strength * (1 - (y - line) / max(1, bottom - line)) ** 0.6
            row = np.roll(self.pixels[source], shift, axis=0)
            self.pixels[y] += (row - self.pixels[y]) * share

    def draw(self, mark: Callable[[ImageDraw.ImageDraw], None], colour: Colour) -> None:
        """Fill shapes that ``mark`` draws in white, with smooth edges (drawn twice as large)."""
        mask = Image.new("L", (self.width * 2, self.height * 2), 0)
        mark(ImageDraw.Draw(mask))
        small = mask.resize((self.width, self.height), Image.Resampling.BOX)
        if (box := small.getbbox()) is not None:
            alpha = np.asarray(small.crop(box), np.float32) / 255
            rows = self.pixels[box[1] : box[3], box[0] : box[2]]
            rows += (np.asarray(colour, np.float32) - rows) * alpha[..., None]

    def picture(self) -> Image.Image:
        """Return the canvas as an RGB picture, dithered by less than a step against banding."""
        dither = self.chance.random((self.height, self.width, 1), np.float32) - 0.5
        return Image.fromarray(np.clip(self.pixels * 255 + dither + 0.5, 0, 255).astype(np.uint8))


def softened(mask: Image.Image, radius: float) -> Image.Image:
    """Return a blurred copy of a mask."""
    return mask.filter(ImageFilter.GaussianBlur(radius))

"""The stage: sky, hills, trees, grass and water, the parts that every place is painted from."""

from __future__ import annotations

import numpy as np

from plugins.storyboard.light import Colour, Light, mix, rgb, times
from plugins.storyboard.paint import Canvas, Sprite


class Stage:
    """What a place needs to paint itself: canvas, light, drawings, and whether it shows the sun."""

    def __init__(
        self, canvas: Canvas, light: Light, sprite: Sprite, weather: str, *, disc: bool
    ) -> None:
        self.canvas, self.light, self.sprite = canvas, light, sprite
        self.weather, self.disc = weather, disc
        self.chance = canvas.chance
        self.width, self.height = canvas.width, canvas.height

    def lit(self, code: str, distance: float = 0.0) -> Colour:
        """Return a ground colour under this light, faded by ``distance`` (0 near .. 1 far)."""
        colour = rgb(code)
        if self.weather == "snowfall" and colour[1] > 0.95 * colour[0] and colour[1] > colour[2]:
            colour = mix(colour, (0.95, 0.97, 1.0), 0.84)  # snow lies on the grass
        colour = times(colour, self.light.ground)
        share = min(0.97, distance * self.light.haze + 0.25 * distance * (self.weather == "fog"))
        return mix(colour, self.light.far, share)

    def sky(self, horizon: float) -> None:
        """Paint the sky down to ``horizon`` (share of the height), with sun, stars and clouds."""
        canvas, light, foot = self.canvas, self.light, int(horizon * self.height) + 2
        zenith, middle, low = light.sky
        canvas.gradient(((0, zenith), (0.55, middle), (1, low)), 0, foot)
        canvas.pixels[foot:] = low
        covered = light.sun_height < 0
        if light.night and not covered:
            canvas.stars(int(190 * self.width / self.height), foot * 0.95)
        x = float(self.chance.choice([0.2, 0.3, 0.7, 0.8])) * self.width
        y = foot * (1 - max(0.0, light.sun_height))
        if not covered:
            wide = self.height * (0.5 if light.night else 0.85)
            strength = 0.35 if light.night else 0.75 if light.sun_height < 0.5 else 0.45
            canvas.glow(x, y, wide, light.sun, strength)
        if self.disc and not covered:
            radius = self.height * (0.055 if light.night or light.sun_height < 0.5 else 0.045)
            canvas.disc(x, y, radius, light.sun)
            if light.night:
                for dx, dy, size in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.3), (0.3, -0.4, 0.14)):
                    crater = mix(light.sun, light.sky[1], 0.22)
                    canvas.disc(x + dx * radius, y + dy * radius, size * radius, crater)
        self.sun_x, self.sun_y = x, y
        canvas.clouds(light.clouds, (foot * 0.06, foot * 0.72), light.cloud, light.cloud_shade)

    def mountains(self, base: float, swing: float, distance: float, snow: bool = True) -> None:
        """Paint a chain with a lit and a shaded side and snow on the peaks."""
        canvas, height = self.canvas, self.height
        line = canvas.ridge(base * height, swing * height, 4.5, 0.5)
        rock, foot = self.lit("5E7398", distance), self.lit("8AA0B8", min(1.0, distance + 0.35))
        canvas.land(line, rock, foot, swing * height * 2.2)
        slope = np.gradient(line)
        slope = np.convolve(slope, np.ones(9) / 9, "same")
        side = np.clip(slope * 0.9, -1, 1)[None]
        first = max(0, int(line.min()))
        depth = np.arange(first, height, dtype=np.float32)[:, None] - line[None]
        wave = canvas.ridge(0, 0.05 * height, 26, 0.6)[None]
        reach = np.clip(1 - depth / (swing * height * 1.7), 0, 1) * (depth > 0)
        dark = np.clip(side, 0, 1) * reach * 0.35
        canvas.over(np.asarray(dark, np.float32), self.lit("31456B", distance), first)
        if snow:
            level = line.min() + swing * height * 0.55 + wave
            ys = np.arange(first, height, dtype=np.float32)[:, None]
            white = np.clip((level - ys) / 3, 0, 1) * np.clip(depth + 0.5, 0, 1)
            white *= 0.92 - 0.35 * np.clip(side, 0, 1)
            canvas.over(np.asarray(white, np.float32), self.lit("FFFFFF", distance * 0.6), first)

    def hill(
        self, base: float, swing: float, top: str, bottom: str, distance: float, waves: float = 2
    ) -> np.ndarray:
        """Paint one hill line and return it (px)."""
        line = self.canvas.ridge(base * self.height, swing * self.height, waves, 0.25)
        depth = 0.3 * self.height * (1.15 - 0.6 * distance)
        self.canvas.land(line, self.lit(top, distance), self.lit(bottom, distance), depth)
        return line

    def trees(
        self, line: np.ndarray, words: tuple[str, ...], count: int, size: float, distance: float,
        clusters: float = 0.0,
    ) -> None:  # fmt: skip
        """Stand trees on a line (px), in clumps where ``clusters`` (0 .. 1) says so."""
        centres = self.chance.uniform(0, 1, max(1, count // 6))
        spots = []
        for _ in range(count):
            x = float(self.chance.uniform(-0.02, 1.02))
            if self.chance.random() < clusters:
                x = float(self.chance.choice(centres) + self.chance.normal(0, 0.035))
            spots.append((x, float(self.chance.uniform(0.75, 1.25)), float(self.chance.random())))
        sizes = [max(6, round(size * self.height * f)) for f in (0.8, 1.0, 1.2)]
        for x, factor, down in sorted(spots, key=lambda spot: spot[2]):
            column = int(np.clip(x * self.width, 0, self.width - 1))
            word = words[int(self.chance.integers(len(words)))]
            raster = self.sprite(
                word, min(sizes, key=lambda s: abs(s - size * self.height * factor))
            )
            foot = line[column] + (0.1 + 0.25 * down) * size * self.height
            fade = min(0.95, distance * self.light.haze * 1.05)
            shade = float(self.chance.uniform(0.86, 1.05))
            tint = times(self.light.ground, (shade, shade, shade))
            snow = 0.35 * (self.weather == "snowfall")
            to = mix(self.light.far, times((1.0, 1.0, 1.0), self.light.ground), snow)
            self.canvas.sprite(raster, x * self.width, foot, tint, max(fade, snow), to)

    def tufts(self, line: np.ndarray, count: int, colours: tuple[str, ...], size: float) -> None:
        """Scatter blades of grass below a line, larger and sparser towards the viewer."""
        for colour in colours:
            strokes = [self._tuft(line, size) for _ in range(count // len(colours))]
            self.canvas.draw(
                lambda pen, strokes=strokes: [  # type: ignore[misc, arg-type]
                    pen.polygon(points, fill=255) for blades in strokes for points in blades
                ],
                self.lit(colour),
            )

    def _tuft(self, line: np.ndarray, size: float) -> list[list[tuple[float, float]]]:
        x = float(self.chance.uniform(0, self.width))
        top = float(line[min(self.width - 1, int(x))])
        y = top + float(self.chance.uniform(0.08, 1) ** 1.1) * (self.height - top)
        near = (y - top) / max(1.0, self.height - top)
        long = self.height * size * (0.35 + near)
        blades = []
        for lean in (-0.45, 0.0, 0.45):
            tip = x + lean * long + float(self.chance.uniform(-0.1, 0.1)) * long
            rise = long * (1 - 0.3 * abs(lean))
            thick = long * 0.13
            blades.append([(2 * (x - thick), 2 * y), (2 * tip, 2 * (y - rise)),
                           (2 * (x + thick), 2 * y)])  # fmt: skip
        return blades

    def flowers(self, line: np.ndarray, count: int, colours: tuple[str, ...]) -> None:
        """Scatter little round flowers below a line."""
        for colour in colours:
            dots = []
            for _ in range(count // len(colours)):
                x = float(self.chance.uniform(0, self.width))
                top = float(line[min(self.width - 1, int(x))])
                y = top + float(self.chance.uniform(0.12, 1)) * (self.height - top)
                near = (y - top) / max(1.0, self.height - top)
                dots.append((x, y, self.height * (0.0025 + 0.0055 * near)))
            self.canvas.draw(
                lambda pen, dots=dots: [  # type: ignore[misc, arg-type]
                    pen.ellipse((2 * (x - r), 2 * (y - r), 2 * (x + r), 2 * (y + r)), fill=255)
                    for x, y, r in dots
                ],
                self.lit(colour),
            )

    def water(self, top: float, bottom: float, mirror: float = 0.5) -> None:
        """Paint water between two heights (shares): reflected sky, glints, the sun's path."""
        canvas, h = self.canvas, self.height
        first, last = int(top * h), int(bottom * h)
        deep = times(rgb("2C7FB8"), self.light.ground)
        surface = mix(self.light.sky[2], deep, 0.35)
        canvas.gradient(((0, surface), (0.35, mix(deep, surface, 0.3)), (1, deep)), first, last)
        canvas.mirror(first, last, mirror, self.width * 0.0025)
        rows = np.arange(first, min(last, h))
        if rows.size == 0:
            return
        near = (rows - first) / max(1, last - first)
        for _ in range(int(90 * (bottom - top) / 0.4)):
            y = first + int((last - first) * self.chance.random() ** 0.8)
            share = (y - first) / max(1, last - first)
            long = self.width * (0.015 + 0.07 * share) * self.chance.uniform(0.5, 1.3)
            x = self.chance.uniform(0, self.width)
            self.glint(x, y, long, max(1.0, h * 0.0028 * (0.4 + share)), 0.16 + 0.12 * share)
        if (self.light.sun_height >= 0 and self.light.sun_height < 0.5) or self.light.night:
            for y, share in zip(rows[::3], near[::3], strict=True):
                spread = self.width * (0.012 + 0.05 * share)
                x = self.sun_x + float(self.chance.normal(0, spread * 0.5))
                self.glint(x, int(y), spread * 1.6, max(1.0, h * 0.002), 0.5 * (1 - 0.5 * share))

    def glint(self, x: float, y: int, long: float, thick: float, strength: float) -> None:
        canvas = self.canvas
        x0, x1 = max(0, int(x - long / 2)), min(self.width, int(x + long / 2))
        y0, y1 = max(0, y), min(self.height, y + max(1, round(thick)))
        if x1 - x0 < 2 or y1 <= y0:
            return
        fade = np.sin(np.linspace(0, np.pi, x1 - x0, dtype=np.float32))[None, :, None] * strength
        rows = canvas.pixels[y0:y1, x0:x1]
        rows += (np.asarray(mix(self.light.sun, self.light.sky[2], 0.3), np.float32) - rows) * fade

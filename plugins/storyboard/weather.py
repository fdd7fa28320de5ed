"""What falls or hangs in front of everything: rain, snow, fog, lightning."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from plugins.storyboard.light import Light


def weather_layer(
    weather: str, light: Light, width: int, height: int, chance: np.random.Generator
) -> Image.Image | None:
    """Return an RGBA layer of the picture's size, or None in fair weather."""
    match weather:
        case "rain" | "storm":
            return _rain(light, width, height, chance, heavy=weather == "storm")
        case "snowfall":
            return _flakes(width, height, chance)
        case "fog":
            return _fog(light, width, height, chance)
    return None


def _tinted(mask: Image.Image, colour: tuple[float, float, float]) -> Image.Image:
    red, green, blue = (round(255 * min(1.0, value)) for value in colour)
    picture = Image.new("RGBA", mask.size, (red, green, blue, 0))
    picture.putalpha(mask)
    return picture


def _rain(
    light: Light, width: int, height: int, chance: np.random.Generator, *, heavy: bool
) -> Image.Image:
    mask = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(mask)
    count = int((520 if heavy else 330) * width / height)
    lean = 0.28 if heavy else 0.14
    for x, y, near in chance.random((count, 3)):
        long = height * (0.018 + 0.045 * near)
        left, top = (x * 1.3 - 0.15) * width, (y * 1.1 - 0.1) * height
        strength = int(40 + 75 * near)
        thick = max(1, round(height * 0.0016 * (0.5 + near)))
        pen.line((left, top, left - lean * long, top + long), fill=strength, width=thick)
    colour = (0.72, 0.8, 0.95) if light.night else (0.9, 0.95, 1.0)
    return _tinted(mask.filter(ImageFilter.GaussianBlur(height / 2500)), colour)


def _flakes(width: int, height: int, chance: np.random.Generator) -> Image.Image:
    mask = Image.new("L", (width, height), 0)
    for share, blur, count in ((0.0035, 0.0008, 260), (0.006, 0.0015, 110), (0.011, 0.004, 34)):
        part = Image.new("L", (width, height), 0)
        pen = ImageDraw.Draw(part)
        for x, y, size in chance.random((int(count * width / height), 3)):
            r = height * share * (0.5 + 0.6 * size)
            pen.ellipse((x * width - r, y * height - r, x * width + r, y * height + r), fill=225)
        soft = part.filter(ImageFilter.GaussianBlur(height * blur))
        mask = Image.fromarray(np.maximum(np.asarray(mask), np.asarray(soft)))
    return _tinted(mask, (1.0, 1.0, 1.0))


def _fog(light: Light, width: int, height: int, chance: np.random.Generator) -> Image.Image:
    bands = chance.random((7, 5)).astype(np.float32)
    noise = np.asarray(Image.fromarray(bands).resize((width, height), Image.Resampling.BICUBIC))
    rise = np.interp(np.linspace(0, 1, height), [0, 0.45, 0.62, 1], [0.15, 0.4, 0.45, 0.12])
    alpha = np.clip(rise[:, None] * (0.55 + 0.75 * noise), 0, 0.62) * 255
    return _tinted(Image.fromarray(alpha.astype(np.uint8)), light.far)

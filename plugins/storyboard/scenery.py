"""Places: one function each, painted from far to near, all under the same light."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from plugins.storyboard.layout import Ground
from plugins.storyboard.light import Colour, mix, rgb, times
from plugins.storyboard.stage import Stage


def meadow(stage: Stage) -> Ground:
    """Rolling green with far trees and flowers."""
    stage.sky(0.56)
    stage.hill(0.5, 0.03, "7FBF9A", "9ACB8F", 0.75, 3)
    far = stage.hill(0.55, 0.03, "6DBB63", "8CCB68", 0.45, 2)
    stage.trees(far, ("deciduous tree", "deciduous tree", "bush"), 22, 0.075, 0.4, 0.75)
    line = stage.hill(0.62, 0.02, "79C957", "4FA345", 0.05, 1.5)
    stage.tufts(line, 170, ("5DB24A", "8FD567"), 0.022)
    stage.flowers(line, 110, ("FFFFFF", "FFD84A", "F58FB5"))
    return Ground(horizon=0.55, far=0.67)


def hills(stage: Stage) -> Ground:
    """Hills behind hills."""
    stage.sky(0.6)
    for base, top, bottom, distance in (
        (0.42, "7FA9B5", "9CC4B4", 0.9), (0.48, "74B08C", "8FC48E", 0.65),
        (0.55, "67B36A", "86C76B", 0.4),
    ):  # fmt: skip
        line = stage.hill(base, 0.055, top, bottom, distance, 2.5)
        stage.trees(line, ("evergreen tree", "deciduous tree"), 12, 0.05, distance, 0.8)
    line = stage.hill(0.65, 0.03, "79C957", "4FA345", 0.05, 1.2)
    stage.tufts(line, 150, ("5DB24A", "8FD567"), 0.022)
    stage.flowers(line, 50, ("FFFFFF", "FFD84A"))
    return Ground(horizon=0.5, far=0.71)


def garden(stage: Stage) -> Ground:
    """A lawn full of flowers, bushes behind."""
    stage.sky(0.55)
    far = stage.hill(0.5, 0.02, "6DBB63", "8CCB68", 0.5, 2)
    stage.trees(far, ("deciduous tree",), 16, 0.13, 0.4, 0.3)
    near = stage.hill(0.58, 0.012, "7CCB5B", "54A848", 0.1, 1.5)
    stage.trees(near - 0.01 * stage.height, ("bush",), 20, 0.075, 0.15, 0.2)
    stage.tufts(near, 150, ("5DB24A", "93DA6B"), 0.02)
    stage.flowers(near, 320, ("FFFFFF", "FFD84A", "F58FB5", "E8505B", "B58AE0"))
    return Ground(horizon=0.54, far=0.66)


def field(stage: Stage) -> Ground:
    """Farmland: strips of wheat and green under a wide sky."""
    stage.sky(0.52)
    stage.hill(0.47, 0.02, "7FB7A0", "9CC9A0", 0.8, 3)
    line = stage.hill(0.51, 0.012, "D9C765", "E5CF73", 0.45, 2)
    stage.trees(line, ("deciduous tree", "bush"), 14, 0.06, 0.45, 0.8)
    stage.hill(0.56, 0.012, "8CC85C", "79BD52", 0.25, 1.5)
    line = stage.hill(0.62, 0.012, "EBCB62", "CFA23E", 0.05, 1.2)
    stage.tufts(line, 380, ("F5DC86", "C79A3A", "E3BE55"), 0.026)
    return Ground(horizon=0.51, far=0.67)


def forest(stage: Stage, leaves: tuple[str, ...] = ("evergreen tree", "deciduous tree")) -> Ground:
    """Rows of trees fading into the haze, a clearing in front."""
    stage.sky(0.62)
    for base, size, count, distance in (
        (0.5, 0.2, 34, 0.95), (0.545, 0.28, 26, 0.68), (0.6, 0.36, 15, 0.36),
    ):  # fmt: skip
        line = stage.hill(base, 0.012, "4E8A58", "5C9A5C", distance, 3)
        stage.trees(line, leaves, count, size, distance)
    line = stage.hill(0.655, 0.015, "6DB458", "3F8A41", 0.05, 1.5)
    stage.tufts(line, 190, ("4C9A44", "7CC45C"), 0.025)
    stage.flowers(line, 40, ("FFFFFF", "F7E27B"))
    return Ground(horizon=0.5, far=0.7)


def autumn(stage: Stage) -> Ground:
    """The forest in orange and red."""
    plain = stage.sprite
    stage.sprite = lambda word, size: _turned_red(plain(word, size), stage.chance)
    stage.sky(0.62)
    for base, size, count, distance in (
        (0.5, 0.2, 34, 0.9), (0.545, 0.28, 24, 0.6), (0.6, 0.35, 13, 0.3),
    ):  # fmt: skip
        line = stage.hill(base, 0.012, "B98A4E", "C79A55", distance, 3)
        stage.trees(line, ("deciduous tree",), count, size, distance)
    line = stage.hill(0.655, 0.015, "C9A14E", "A0702F", 0.05, 1.5)
    stage.tufts(line, 120, ("B98A3E", "DDB75C"), 0.022)
    stage.flowers(line, 220, ("E0662A", "C93F2B", "F0B03A"))
    return Ground(horizon=0.5, far=0.7)


def _turned_red(rgba: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    from plugins.storyboard.colours import recolour

    return recolour(rgba, str(chance.choice(["orange", "red", "golden", "rust"])))


def mountains(stage: Stage) -> Ground:
    """Two snowy chains, evergreens, a meadow."""
    stage.sky(0.62)
    stage.mountains(0.34, 0.13, 0.75)
    stage.mountains(0.45, 0.09, 0.4, snow=False)
    far = stage.hill(0.57, 0.02, "5E9E74", "7DB87C", 0.4, 3)
    stage.trees(far, ("evergreen tree",), 44, 0.075, 0.35, 0.7)
    line = stage.hill(0.645, 0.02, "7CC65C", "4A9C48", 0.05, 1.4)
    stage.tufts(line, 150, ("5DB24A", "8FD567"), 0.022)
    stage.flowers(line, 60, ("FFFFFF", "8FA8F5", "FFD84A"))
    return Ground(horizon=0.46, far=0.7)


def snow(stage: Stage) -> Ground:
    """White hills with evergreens."""
    stage.sky(0.6)
    stage.mountains(0.4, 0.08, 0.85)
    far = stage.hill(0.52, 0.025, "DCE9F5", "EAF2FA", 0.55, 2.5)
    stage.trees(far, ("evergreen tree",), 30, 0.085, 0.5, 0.6)
    middle = stage.hill(0.58, 0.02, "E8F1FA", "F6FAFD", 0.25, 2)
    stage.trees(middle, ("evergreen tree",), 7, 0.16, 0.2, 0.4)
    line = stage.hill(0.65, 0.02, "FFFFFF", "CFE0F2", 0.0, 1.3)
    stage.flowers(line, 120, ("FFFFFF", "B9CFE8"))
    return Ground(horizon=0.5, far=0.7)


def desert(stage: Stage) -> Ground:
    """Dunes with a lit and a shaded side."""
    stage.sky(0.58)
    stage.hill(0.5, 0.03, "E8C79A", "F0D5A8", 0.7, 3)
    for base, top, bottom, distance in (
        (0.54, "EBC182", "F3D59B", 0.4), (0.6, "F0C478", "E2A95C", 0.15),
        (0.67, "F5CC82", "DB9E50", 0.0),
    ):  # fmt: skip
        line = stage.hill(base, 0.035, top, bottom, distance, 1.6)
        slope = np.convolve(np.gradient(line), np.ones(15) / 15, "same")
        first = max(0, int(line.min()))
        depth = np.arange(first, stage.height, dtype=np.float32)[:, None] - line[None]
        shade = np.clip(slope * 4, 0, 1)[None] * np.clip(1 - depth / (0.12 * stage.height), 0, 1)
        shade = shade * (depth > 0) * 0.35
        stage.canvas.over(np.asarray(shade, np.float32), stage.lit("A8662F", distance), first)
    return Ground(horizon=0.52, far=0.72)


def savanna(stage: Stage) -> Ground:
    """Dry grass and single trees."""
    stage.sky(0.56)
    stage.hill(0.5, 0.02, "C9B887", "D8C795", 0.75, 3)
    far = stage.hill(0.55, 0.012, "D9B85F", "E3C671", 0.4, 2)
    stage.trees(far, ("deciduous tree",), 7, 0.11, 0.35)
    line = stage.hill(0.62, 0.012, "E5BF5E", "C08F3A", 0.05, 1.3)
    stage.tufts(line, 330, ("F0D27C", "B98A35", "D8AF50"), 0.028)
    return Ground(horizon=0.54, far=0.67)


def sea(stage: Stage) -> Ground:
    """Open water to the horizon."""
    stage.sky(0.5)
    stage.water(0.5, 1.0, 0.45)
    return Ground(horizon=0.5, far=0.6, near=0.93, water=(0.56, 0.97))


def lake(stage: Stage) -> Ground:
    """Still water between a wooded far shore and a meadow."""
    stage.sky(0.5)
    stage.mountains(0.36, 0.07, 0.85)
    far = stage.hill(0.465, 0.02, "5FA272", "79B57B", 0.5, 3)
    stage.trees(far, ("evergreen tree", "deciduous tree"), 34, 0.06, 0.4, 0.6)
    stage.water(0.51, 1.0, 0.75)
    line = stage.canvas.ridge(0.82 * stage.height, 0.035 * stage.height, 1.6, 0.3)
    stage.canvas.land(line - 0.012 * stage.height, stage.lit("E6D3A3"), stage.lit("D5BE88"), 30)
    stage.canvas.land(line, stage.lit("79C957"), stage.lit("4FA345"), 0.2 * stage.height)
    stage.tufts(line, 110, ("5DB24A", "8FD567"), 0.024)
    return Ground(horizon=0.5, far=0.86, near=0.955, water=(0.55, 0.78))


def river(stage: Stage) -> Ground:
    """A river that winds through a meadow."""
    stage.sky(0.55)
    stage.hill(0.46, 0.05, "7FA9B5", "9CC4B4", 0.85, 2.5)
    far = stage.hill(0.54, 0.02, "67B36A", "86C76B", 0.4, 2.5)
    stage.trees(far, ("deciduous tree", "evergreen tree"), 22, 0.075, 0.35, 0.7)
    line = stage.hill(0.6, 0.012, "79C957", "4FA345", 0.05, 1.3)
    _winding_water(stage, float(line.mean()))
    stage.tufts(line, 0, ("5DB24A",), 0.02)
    return Ground(horizon=0.54, far=0.66, water=(0.72, 0.9))


def _winding_water(stage: Stage, top: float) -> None:
    h, w = stage.height, stage.width
    ys = np.arange(int(top), h, dtype=np.float32)
    share = np.clip((ys - top) / (h - top), 0, 1)[:, None]
    phase = float(stage.chance.uniform(0, 6.28))
    middle = w * (0.5 + 0.22 * np.sin(phase + 3.6 * share**0.7) * (0.35 + share * 0.65))
    half = w * (0.012 + 0.2 * share**1.5)
    x = np.arange(w, dtype=np.float32)[None]
    inside = np.clip(half - np.abs(x - middle) + 0.5, 0, 1)
    bank = np.clip(half * 1.06 + 3 - np.abs(x - middle), 0, 1)
    stage.canvas.over(np.asarray(bank, np.float32), stage.lit("DCC893"), int(top))
    deep = np.asarray(times(rgb("3A8FC8"), stage.light.ground), np.float32)
    light = np.asarray(mix(stage.light.sky[2], (0.3, 0.6, 0.85), 0.35), np.float32)
    colour = light + (deep - light) * share[..., None]
    stage.canvas.over(np.asarray(inside, np.float32), colour, int(top))
    for _ in range(60):
        y = int(top + (h - top) * stage.chance.random() ** 0.7)
        row = min(len(ys) - 1, max(0, y - int(top)))
        at = float(middle[row, 0] + stage.chance.uniform(-0.7, 0.7) * half[row, 0])
        long = float(half[row, 0]) * 0.5
        if abs(at - float(middle[row, 0])) + long / 2 < float(half[row, 0]):
            stage.glint(at, y, long, max(1.0, h * 0.002), 0.3)


def beach(stage: Stage) -> Ground:
    """Sea, foam, sand."""
    stage.sky(0.46)
    stage.water(0.46, 0.75, 0.4)
    line = stage.canvas.ridge(0.66 * stage.height, 0.03 * stage.height, 1.5, 0.3)
    px = stage.height / 1000
    for lift, code in ((16, "9FD8E0"), (7, "FFFFFF"), (0, "D8B981"), (-14, "F2DDAE")):
        bottom = stage.lit("E8C98E") if code == "F2DDAE" else stage.lit(code)
        stage.canvas.land(line - lift * px, stage.lit(code), bottom, 0.3 * stage.height)
    stage.flowers(line + 20 * px, 130, ("D9B878", "FBF0D0", "FFFFFF"))
    return Ground(horizon=0.46, far=0.74, near=0.95, water=(0.5, 0.6))


def city(stage: Stage) -> Ground:
    """Two rows of houses, lit windows at night, a street."""
    stage.sky(0.7)
    h, w = stage.height, stage.width
    street = 0.7 * h
    for distance, tall, wide, codes in (
        (0.85, (0.25, 0.52), (0.05, 0.09), ("8FA3BF", "9CB0C9", "8296B5")),
        (0.4, (0.18, 0.38), (0.07, 0.13), ("C98F7A", "D9B48F", "8FA9B8", "B7A6C9", "E0C9A6")),
    ):
        x = -0.03 * w
        while x < w:
            long = float(stage.chance.uniform(*wide)) * h
            rise = float(stage.chance.uniform(*tall)) * h
            _house(stage, x, street, long, rise, str(stage.chance.choice(codes)), distance)
            x += long * float(stage.chance.uniform(0.98, 1.12))
    canvas = stage.canvas
    rows = (
        (0.7, "B9B4B0", "A8A39F"), (0.735, "8E8A88", "77747A"), (0.745, "6F7078", "5B5C66"),
        (0.955, "B9B4B0", "A8A39F"),
    )  # fmt: skip
    for at, top, bottom in rows:
        level = np.full(w, at * h, np.float32)
        canvas.land(level, stage.lit(top), stage.lit(bottom), 0.25 * h)
    for x in np.arange(-0.05, w / h + 0.1, 0.22):
        dash = [((x) * h, 0.842 * h), ((x + 0.1) * h, 0.842 * h), ((x + 0.094) * h, 0.85 * h),
                ((x - 0.006) * h, 0.85 * h)]  # fmt: skip
        points = [(2 * px, 2 * py) for px, py in dash]
        canvas.draw(lambda pen, p=points: pen.polygon(p, fill=255), stage.lit("F2EBD8"))  # type: ignore[misc]
    return Ground(horizon=0.68, far=0.745, near=0.94)


def _house(
    stage: Stage, x: float, foot: float, long: float, rise: float, code: str, distance: float
) -> None:
    """One front of a street: a wall, windows in rows, a darker edge."""
    canvas, h = stage.canvas, stage.height
    x0, x1, y0, y1 = int(x), int(x + long), int(foot - rise), int(foot)
    area = canvas.pixels[max(0, y0) : y1, max(0, x0) : max(0, x1)]
    area[:] = stage.lit(code, distance)
    edge = canvas.pixels[max(0, y0) : y1, max(0, x1 - max(2, int(long * 0.14))) : max(0, x1)]
    edge *= 0.93
    size = h * 0.017
    lamp, pane = (1.0, 0.84, 0.46), mix(stage.lit("5B7FA3", distance), stage.light.sky[1], 0.35)
    dark = stage.light.night or stage.light.sun_height in (0.14,) or stage.weather == "storm"
    for row in range(1, int(rise / (size * 2.1))):
        for column in range(1, int(long / (size * 1.7))):
            left = int(x0 + column * size * 1.7 - size * 0.35)
            top = int(y0 + row * size * 2.1 - size * 0.8)
            lit = dark and stage.chance.random() < 0.5
            colour = mix(lamp, stage.light.far, distance * 0.4) if lit else pane
            if left + size < x1 - size * 0.3 and left > 0:
                canvas.pixels[max(0, top) : top + int(size * 1.25), left : left + int(size)] = (
                    colour
                )


def village(stage: Stage) -> Ground:
    """Houses on the hills."""
    stage.sky(0.6)
    stage.hill(0.46, 0.05, "7FA9B5", "9CC4B4", 0.85, 2.5)
    line = stage.hill(0.56, 0.03, "6DB76A", "8ACB6C", 0.35, 2)
    stage.trees(line, ("deciduous tree", "bush"), 16, 0.08, 0.35, 0.5)
    stage.trees(
        line + 0.02 * stage.height, ("house", "house", "house with garden", "hut"), 9, 0.11, 0.25
    )
    near = stage.hill(0.66, 0.02, "79C957", "4FA345", 0.05, 1.3)
    stage.tufts(near, 150, ("5DB24A", "8FD567"), 0.022)
    stage.flowers(near, 50, ("FFFFFF", "FFD84A"))
    return Ground(horizon=0.5, far=0.72)


def sky(stage: Stage) -> Ground:
    """Nothing but air."""
    stage.sky(1.0)
    stage.canvas.clouds(3, (stage.height * 0.75, stage.height * 0.95), stage.light.cloud,
                        stage.light.cloud_shade)  # fmt: skip
    return Ground(horizon=1.0, far=0.5, near=0.9)


def space(stage: Stage) -> Ground:
    """Stars and a soft nebula."""
    canvas = stage.canvas
    canvas.gradient(((0, rgb("070A22")), (0.6, rgb("141343")), (1, rgb("241A55"))), 0, stage.height)
    for code, strength in (("5B3FA8", 0.75), ("1E6FA8", 0.55), ("B0478F", 0.45)):
        cloud = np.clip(canvas.noise(4, 5) * 2.4 - 1.05, 0, 1) ** 1.5 * strength
        canvas.over(cloud, rgb(code))
    canvas.stars(int(420 * stage.width / stage.height), stage.height)
    return Ground(horizon=1.0, far=0.5, near=0.9)


def moon(stage: Stage) -> Ground:
    """Grey ground with craters under the stars."""
    space(stage)
    line = stage.canvas.ridge(0.68 * stage.height, 0.02 * stage.height, 2, 0.3)
    stage.canvas.land(line, rgb("C9CBD6"), rgb("8B8EA3"), 0.3 * stage.height)
    for _ in range(16):
        x = float(stage.chance.uniform(0, stage.width))
        y = float(stage.chance.uniform(0.72, 1.0)) * stage.height
        wide = stage.height * float(stage.chance.uniform(0.015, 0.05)) * (y / stage.height)
        for lift, code in ((0.0, "7E8198"), (0.18, "A9ABBD")):
            box = (2 * (x - wide), 2 * (y - wide * (0.3 - lift)), 2 * (x + wide),
                   2 * (y + wide * 0.3))  # fmt: skip
            stage.canvas.draw(lambda pen, b=box: pen.ellipse(b, fill=255), rgb(code))  # type: ignore[misc]
    return Ground(horizon=0.66, far=0.74)


def room(stage: Stage) -> Ground:
    """A wall, a window with the weather outside, a floor and a rug."""
    canvas, h, w = stage.canvas, stage.height, stage.width
    wall = str(stage.chance.choice(["EAD9C4", "CFE0DC", "E5D0D0", "D9DCEC", "E6E0C8"]))
    warm = times(mix(stage.light.ground, (1, 0.95, 0.88), 0.45), (1, 1, 1))

    def inside(code: str) -> Colour:
        return times(rgb(code), warm)

    stage.sky(0.55)
    outside = canvas.pixels.copy()
    canvas.gradient(((0, inside(wall)), (1, mix(inside(wall), (1, 1, 1), 0.15))), 0, h)
    left, right = (0.12, 0.42) if stage.chance.random() < 0.5 else (0.6, 0.9)
    x0, x1, y0, y1 = int(left * w), int(right * w), int(0.1 * h), int(0.46 * h)
    edge = max(3, int(0.012 * h))
    canvas.pixels[y0 - edge : y1 + edge, x0 - edge : x1 + edge] = inside("FBF7EF")
    canvas.pixels[y0:y1, x0:x1] = outside[y0:y1, x0:x1]
    canvas.pixels[y0:y1, (x0 + x1) // 2 - edge // 2 : (x0 + x1) // 2 + edge // 2] = inside("FBF7EF")
    middle = (y0 + y1) // 2
    canvas.pixels[middle - edge // 2 : middle + edge // 2, x0:x1] = inside("FBF7EF")
    canvas.pixels[y1 + edge : y1 + 3 * edge, x0 - 3 * edge : x1 + 3 * edge] = inside("EFE6D8")
    floor = int(0.64 * h)
    canvas.gradient(((0, inside("B98353")), (1, inside("D9A872"))), floor, h)
    canvas.pixels[floor - 2 * edge : floor] = inside("F7F1E6")
    for share in (0.08, 0.24, 0.46, 0.74):
        y = floor + int(share * (h - floor))
        canvas.pixels[y : y + max(1, edge // 5)] *= 0.9
    box = (2 * 0.18 * w, 2 * 0.74 * h, 2 * 0.82 * w, 2 * 0.97 * h)
    rug = str(stage.chance.choice(["9C4A4A", "3F6F8F", "5D7F5A", "8A5A8A"]))
    canvas.draw(lambda pen: pen.ellipse(box, fill=255), inside(rug))
    inner = (box[0] + 0.04 * w, box[1] + 0.03 * h, box[2] - 0.04 * w, box[3] - 0.03 * h)
    canvas.draw(lambda pen: pen.ellipse(inner, fill=255), mix(inside(rug), (1, 1, 1), 0.22))
    if not stage.light.night:
        shift = 0.16 if left < 0.5 else -0.16
        patch = [(left * w, floor), (right * w, floor), ((right + shift) * w, h * 0.86),
                 ((left + shift) * w, h * 0.86)]  # fmt: skip
        glow = canvas.pixels.copy()
        canvas.draw(
            lambda pen: pen.polygon([(2 * x, 2 * y) for x, y in patch], fill=255), stage.light.sun
        )
        canvas.pixels = glow + (canvas.pixels - glow) * 0.2
    return Ground(horizon=0.62, far=0.74, near=0.93)


def underwater(stage: Stage) -> Ground:
    """Blue depth, rays of light, sand and weed."""
    canvas, h, w = stage.canvas, stage.height, stage.width
    shade = mix(stage.light.ground, (1, 1, 1), 0.35)
    top, low = times(rgb("7FE0E6"), shade), times(rgb("0F5C96"), shade)
    canvas.gradient(((0, top), (0.35, times(rgb("2FA6CF"), shade)), (1, low)), 0, h)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    angle = np.arctan2(x - w * 0.4, y + h * 0.6)
    rays = np.sin(angle * 34) * 0.5 + np.sin(angle * 61 + 1) * 0.5
    fade = np.clip(rays, 0, 1) * np.clip(1 - y / (h * 0.85), 0, 1) * 0.3
    canvas.over(np.asarray(fade, np.float32), (0.92, 1.0, 0.98))
    line = canvas.ridge(0.84 * h, 0.03 * h, 2.2, 0.3)
    canvas.land(line - 0.05 * h, times(rgb("5FA6B5"), shade), low, 0.2 * h)
    canvas.land(line, times(rgb("E3D3A0"), shade), times(rgb("A8A583"), shade), 0.2 * h)
    for _ in range(26):
        column = int(stage.chance.integers(0, w))
        if 0.35 < column / w < 0.65 and stage.chance.random() < 0.7:
            continue
        _weed(stage, column, float(line[column]) + 0.02 * h, shade)
    for _ in range(34):
        size = h * float(stage.chance.uniform(0.003, 0.009))
        bx, by = float(stage.chance.uniform(0, w)), float(stage.chance.uniform(0.05, 0.85)) * h
        canvas.disc(bx, by, size, mix(top, (1, 1, 1), 0.55)) if size > 0 else None
    return Ground(horizon=1.0, far=0.8, near=0.92)


def _weed(stage: Stage, x: int, foot: float, shade: Colour) -> None:
    long = stage.height * float(stage.chance.uniform(0.08, 0.24))
    bend = float(stage.chance.uniform(0.4, 1.1)) * stage.height * 0.012
    phase = float(stage.chance.uniform(0, 6))
    steps = np.linspace(0, 1, 18)
    spine = [(x + bend * np.sin(phase + 7 * s), foot - long * s) for s in steps]
    thick = [stage.height * 0.008 * (1 - s) ** 0.6 for s in steps]
    left = [(2 * (px - t), 2 * py) for (px, py), t in zip(spine, thick, strict=True)]
    right = [(2 * (px + t), 2 * py) for (px, py), t in zip(spine, thick, strict=True)]
    colour = times(rgb(str(stage.chance.choice(["2E9C6A", "1F7F6A", "5BB56A"]))), shade)
    stage.canvas.draw(lambda pen: pen.polygon(left + right[::-1], fill=255), colour)


def studio(stage: Stage) -> Ground:
    """A plain soft backdrop for still lifes."""
    tones = (("F6EADB", "EBD3B8"), ("E3EEF2", "C2D9E3"), ("F2E3EA", "E2C3D2"), ("E9F0E2", "CADBBD"))
    top, low = tones[int(stage.chance.integers(len(tones)))]
    canvas, h = stage.canvas, stage.height
    light = mix(stage.light.ground, (1, 1, 1), 0.3)
    canvas.gradient(((0, times(rgb(top), light)), (1, times(rgb(low), light))), 0, h)
    canvas.glow(stage.width * 0.35, h * 0.3, h * 0.8, (1, 1, 1), 0.5)
    line = np.full(stage.width, 0.66 * h, np.float32)
    canvas.land(line, times(mix(rgb(low), (0.5, 0.4, 0.35), 0.12), light),
                times(mix(rgb(top), (1, 1, 1), 0.3), light), 0.34 * h)  # fmt: skip
    return Ground(horizon=0.64, far=0.74, near=0.9)


PLACES: dict[str, Callable[[Stage], Ground]] = {
    "meadow": meadow, "hills": hills, "garden": garden, "field": field, "forest": forest,
    "autumn": autumn, "mountains": mountains, "snow": snow, "desert": desert, "savanna": savanna,
    "sea": sea, "lake": lake, "river": river, "beach": beach, "city": city, "village": village,
    "sky": sky, "space": space, "moon": moon, "room": room, "underwater": underwater,
    "studio": studio,
}  # fmt: skip

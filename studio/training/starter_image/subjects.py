"""The subjects that the starter model learns, each drawn in a unit box by one function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from studio.training.starter_image.palette import Colour
from studio.training.starter_image.pen import Pen, arc, star_points

WHITE: Colour = (250, 248, 242)
INK: Colour = (40, 38, 48)
WOOD: Colour = (140, 92, 56)
CREAM: Colour = (246, 226, 190)
GLASS: Colour = (190, 226, 244)
LEAF: Colour = (74, 156, 72)
BEAK: Colour = (245, 160, 40)
STEEL: Colour = (150, 156, 168)


@dataclass(frozen=True)
class Subject:
    """What a caption can name: its words, how it is drawn, where it stands and its usual colour."""

    name: str
    plural: str
    natural: str
    draw: Callable[[Pen], None]
    floats: bool = False
    other_names: tuple[str, ...] = ()


def _mushroom(pen: Pen) -> None:
    pen.polygon([(0.4, 0.5), (0.6, 0.5), (0.66, 1.0), (0.34, 1.0)], CREAM)
    pen.half_disc(0.5, 0.56, 0.48, 0.5, pen.tones.base)
    for x, y, radius in ((0.5, 0.22, 0.075), (0.26, 0.4, 0.065), (0.74, 0.4, 0.065)):
        pen.spot(x, y, radius, WHITE)


def _house(pen: Pen) -> None:
    pen.box(0.14, 0.42, 0.86, 1.0, pen.tones.base)
    pen.polygon([(0.02, 0.44), (0.5, 0.02), (0.98, 0.44)], pen.tones.dark)
    pen.box(0.42, 0.66, 0.6, 1.0, WOOD)
    pen.box(0.22, 0.54, 0.36, 0.7, GLASS)
    pen.box(0.66, 0.54, 0.8, 0.7, GLASS)


def _tree(pen: Pen) -> None:
    pen.box(0.43, 0.55, 0.57, 1.0, WOOD, outline=WOOD)
    pen.ellipse(0.5, 0.35, 0.42, 0.35, pen.tones.base)
    pen.spot(0.38, 0.25, 0.09, pen.tones.light)


def _pine(pen: Pen) -> None:
    pen.box(0.44, 0.8, 0.56, 1.0, WOOD, outline=WOOD)
    for top, bottom, half in ((0.45, 0.86, 0.4), (0.22, 0.62, 0.32), (0.0, 0.38, 0.23)):
        pen.polygon([(0.5, top), (0.5 + half, bottom), (0.5 - half, bottom)], pen.tones.base)


def _flower(pen: Pen) -> None:
    pen.line([(0.5, 0.4), (0.5, 1.0)], LEAF, 0.06)
    pen.ellipse(0.64, 0.82, 0.13, 0.06, LEAF, LEAF)
    pen.ellipse(0.36, 0.88, 0.13, 0.06, LEAF, LEAF)
    for index in range(6):
        angle = math.tau * index / 6
        pen.ellipse(
            0.5 + 0.2 * math.cos(angle), 0.32 + 0.2 * math.sin(angle), 0.13, 0.13, pen.tones.base
        )
    pen.spot(0.5, 0.32, 0.12, (252, 214, 70))


def _cactus(pen: Pen) -> None:
    pen.box(0.12, 0.3, 0.26, 0.62, pen.tones.base, 0.07)
    pen.box(0.12, 0.5, 0.5, 0.64, pen.tones.base, 0.07)
    pen.box(0.74, 0.2, 0.88, 0.54, pen.tones.base, 0.07)
    pen.box(0.5, 0.42, 0.88, 0.56, pen.tones.base, 0.07)
    pen.box(0.36, 0.02, 0.64, 1.0, pen.tones.base, 0.14)
    pen.line([(0.5, 0.14), (0.5, 0.94)], pen.tones.dark, 0.025)


def _snowman(pen: Pen) -> None:
    pen.ellipse(0.5, 0.75, 0.3, 0.25, pen.tones.base)
    pen.ellipse(0.5, 0.36, 0.21, 0.2, pen.tones.base)
    pen.box(0.3, 0.14, 0.7, 0.2, INK)
    pen.box(0.36, 0.0, 0.64, 0.17, INK)
    pen.spot(0.43, 0.32, 0.025, INK)
    pen.spot(0.57, 0.32, 0.025, INK)
    pen.polygon([(0.5, 0.36), (0.68, 0.4), (0.5, 0.43)], BEAK, BEAK)
    for y in (0.66, 0.78):
        pen.spot(0.5, y, 0.028, INK)


def _lighthouse(pen: Pen) -> None:
    def wall(y: float) -> tuple[float, float]:
        return 0.38 - (y - 0.2) * 0.14, 0.62 + (y - 0.2) * 0.14

    for index in range(4):
        top, bottom = 0.26 + index * 0.185, 0.26 + (index + 1) * 0.185
        fill = pen.tones.base if index % 2 == 0 else WHITE
        pen.polygon(
            [
                (wall(top)[0], top),
                (wall(top)[1], top),
                (wall(bottom)[1], bottom),
                (wall(bottom)[0], bottom),
            ],
            fill,
        )
    pen.box(0.4, 0.12, 0.6, 0.24, (255, 236, 130))
    pen.box(0.34, 0.23, 0.66, 0.28, INK)
    pen.polygon([(0.36, 0.13), (0.5, 0.0), (0.64, 0.13)], pen.tones.dark)


def _car(pen: Pen) -> None:
    pen.polygon([(0.22, 0.56), (0.32, 0.34), (0.68, 0.34), (0.82, 0.56)], pen.tones.base)
    pen.polygon([(0.3, 0.55), (0.36, 0.4), (0.48, 0.4), (0.48, 0.55)], GLASS)
    pen.polygon([(0.53, 0.55), (0.53, 0.4), (0.65, 0.4), (0.73, 0.55)], GLASS)
    pen.box(0.02, 0.54, 0.98, 0.84, pen.tones.base, 0.1)
    for x in (0.25, 0.75):
        pen.ellipse(x, 0.85, 0.13, 0.13, INK, INK)
        pen.spot(x, 0.85, 0.055, STEEL)


def _bus(pen: Pen) -> None:
    pen.box(0.02, 0.26, 0.98, 0.88, pen.tones.base, 0.07)
    for x in (0.08, 0.31, 0.54, 0.77):
        pen.box(x, 0.36, x + 0.16, 0.56, GLASS)
    pen.line([(0.03, 0.68), (0.97, 0.68)], WHITE, 0.04)
    for x in (0.25, 0.75):
        pen.ellipse(x, 0.88, 0.11, 0.11, INK, INK)
        pen.spot(x, 0.88, 0.045, STEEL)


def _boat(pen: Pen) -> None:
    pen.line([(0.5, 0.06), (0.5, 0.72)], WOOD, 0.035)
    pen.polygon([(0.54, 0.08), (0.54, 0.64), (0.9, 0.64)], WHITE)
    pen.polygon([(0.46, 0.18), (0.46, 0.64), (0.16, 0.64)], WHITE)
    pen.polygon([(0.04, 0.7), (0.96, 0.7), (0.78, 0.96), (0.22, 0.96)], pen.tones.base)


def _cat(pen: Pen) -> None:
    pen.polygon([(0.12, 0.5), (0.1, 0.02), (0.45, 0.24)], pen.tones.base)
    pen.polygon([(0.88, 0.5), (0.9, 0.02), (0.55, 0.24)], pen.tones.base)
    pen.ellipse(0.5, 0.58, 0.45, 0.4, pen.tones.base)
    for x in (0.32, 0.68):
        pen.ellipse(x, 0.5, 0.075, 0.095, (236, 240, 120), INK)
        pen.spot(x, 0.51, 0.035, INK)
    pen.polygon([(0.44, 0.66), (0.56, 0.66), (0.5, 0.73)], (240, 130, 150))
    for side in (-1, 1):
        for y in (0.68, 0.76):
            pen.line([(0.5 + side * 0.16, y), (0.5 + side * 0.46, y + 0.02)], WHITE, 0.02)


def _rabbit(pen: Pen) -> None:
    for x in (0.36, 0.64):
        pen.ellipse(x, 0.26, 0.1, 0.26, pen.tones.base)
        pen.ellipse(x, 0.28, 0.045, 0.17, (246, 180, 190), (246, 180, 190))
    pen.ellipse(0.5, 0.68, 0.36, 0.31, pen.tones.base)
    for x in (0.37, 0.63):
        pen.spot(x, 0.62, 0.045, INK)
        pen.spot(x + 0.012, 0.608, 0.015, WHITE)
    pen.ellipse(0.5, 0.74, 0.045, 0.035, (240, 120, 140))
    pen.box(0.46, 0.8, 0.54, 0.89, WHITE)


def _duck(pen: Pen) -> None:
    pen.polygon([(0.08, 0.5), (0.2, 0.62), (0.2, 0.78)], pen.tones.base)
    pen.ellipse(0.46, 0.74, 0.36, 0.24, pen.tones.base)
    pen.ellipse(0.66, 0.36, 0.2, 0.2, pen.tones.base)
    pen.polygon([(0.82, 0.34), (1.0, 0.4), (0.82, 0.47)], BEAK)
    pen.spot(0.71, 0.31, 0.035, INK)
    pen.ellipse(0.4, 0.72, 0.18, 0.11, pen.tones.dark)


def _owl(pen: Pen) -> None:
    pen.polygon([(0.2, 0.3), (0.2, 0.02), (0.46, 0.16)], pen.tones.base)
    pen.polygon([(0.8, 0.3), (0.8, 0.02), (0.54, 0.16)], pen.tones.base)
    pen.ellipse(0.5, 0.55, 0.36, 0.44, pen.tones.base)
    pen.ellipse(0.5, 0.74, 0.2, 0.2, pen.tones.light)
    for x in (0.35, 0.65):
        pen.ellipse(x, 0.36, 0.14, 0.14, WHITE)
        pen.spot(x, 0.36, 0.06, INK)
    pen.polygon([(0.45, 0.46), (0.55, 0.46), (0.5, 0.58)], BEAK)


def _fish(pen: Pen) -> None:
    pen.polygon([(0.3, 0.5), (0.02, 0.24), (0.02, 0.76)], pen.tones.dark)
    pen.polygon([(0.42, 0.3), (0.56, 0.1), (0.7, 0.32)], pen.tones.dark)
    pen.ellipse(0.58, 0.5, 0.38, 0.27, pen.tones.base)
    pen.ellipse(0.78, 0.44, 0.06, 0.06, WHITE)
    pen.spot(0.79, 0.44, 0.03, INK)
    pen.line(arc(0.6, 0.5, 0.08, 0.16, -80, 80), pen.tones.dark, 0.03)


def _butterfly(pen: Pen) -> None:
    for side in (-1, 1):
        pen.ellipse(0.5 + side * 0.25, 0.34, 0.22, 0.26, pen.tones.base)
        pen.ellipse(0.5 + side * 0.2, 0.72, 0.17, 0.19, pen.tones.light)
        pen.spot(0.5 + side * 0.27, 0.33, 0.08, WHITE)
        pen.line([(0.5, 0.22), (0.5 + side * 0.12, 0.04)], INK, 0.025)
    pen.ellipse(0.5, 0.52, 0.045, 0.33, INK, INK)


def _star(pen: Pen) -> None:
    pen.polygon(star_points(0.5, 0.53, 0.5, 0.21, 5), pen.tones.base)


def _heart(pen: Pen) -> None:
    points = []
    for index in range(49):
        t = math.tau * index / 48
        x = 16 * math.sin(t) ** 3
        y = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((0.5 + x / 34, 0.44 - y / 33))
    pen.polygon(points, pen.tones.base)


def _balloon(pen: Pen) -> None:
    pen.line([(0.5, 0.66), (0.47, 0.8), (0.53, 0.9), (0.5, 1.0)], (90, 90, 100), 0.022)
    pen.polygon([(0.5, 0.62), (0.57, 0.72), (0.43, 0.72)], pen.tones.dark)
    pen.ellipse(0.5, 0.34, 0.28, 0.33, pen.tones.base)
    pen.ellipse(0.41, 0.22, 0.06, 0.1, pen.tones.light, pen.tones.light)


def _kite(pen: Pen) -> None:
    pen.line([(0.5, 0.72), (0.4, 0.82), (0.54, 0.9), (0.44, 1.0)], (90, 90, 100), 0.025)
    pen.polygon([(0.5, 0.0), (0.84, 0.3), (0.5, 0.74), (0.16, 0.3)], pen.tones.base)
    pen.polygon([(0.5, 0.0), (0.84, 0.3), (0.5, 0.3)], pen.tones.light)
    pen.polygon([(0.5, 0.3), (0.16, 0.3), (0.5, 0.74)], pen.tones.dark)


def _moon(pen: Pen) -> None:
    outer = arc(0.46, 0.5, 0.46, 0.46, 55, 305, 32)
    inner = arc(0.64, 0.5, 0.39, 0.39, 285, 75, 32)
    pen.polygon(outer + inner, pen.tones.base)


def _sun(pen: Pen) -> None:
    pen.polygon(star_points(0.5, 0.5, 0.5, 0.34, 12), pen.tones.light)
    pen.ellipse(0.5, 0.5, 0.3, 0.3, pen.tones.base)


def _cloud(pen: Pen) -> None:
    circles = ((0.24, 0.6, 0.2), (0.46, 0.44, 0.25), (0.72, 0.56, 0.22))
    for x, y, radius in circles:
        pen.ellipse(x, y, radius, radius, pen.tones.base)
    pen.box(0.22, 0.58, 0.76, 0.79, pen.tones.base, 0.1, outline=pen.tones.base)
    for x, y, radius in circles:
        pen.spot(x, y, radius * 0.86, pen.tones.base)


def _ball(pen: Pen) -> None:
    pen.ellipse(0.5, 0.54, 0.44, 0.44, pen.tones.base)
    pen.polygon(arc(0.5, 0.54, 0.43, 0.16, 180, 360) + arc(0.5, 0.6, 0.43, 0.16, 360, 180), WHITE)
    pen.spot(0.36, 0.3, 0.07, pen.tones.light)


def _apple(pen: Pen) -> None:
    pen.ellipse(0.37, 0.6, 0.31, 0.37, pen.tones.base)
    pen.ellipse(0.63, 0.6, 0.31, 0.37, pen.tones.base)
    pen.ellipse(0.5, 0.6, 0.3, 0.31, pen.tones.base, pen.tones.base)
    pen.line([(0.5, 0.32), (0.54, 0.1)], WOOD, 0.05)
    pen.ellipse(0.68, 0.15, 0.13, 0.065, LEAF, LEAF)
    pen.spot(0.28, 0.48, 0.06, pen.tones.light)


def _pear(pen: Pen) -> None:
    pen.line([(0.5, 0.2), (0.54, 0.0)], WOOD, 0.05)
    pen.ellipse(0.5, 0.34, 0.2, 0.24, pen.tones.base)
    pen.ellipse(0.5, 0.68, 0.34, 0.31, pen.tones.base)
    pen.polygon(
        [(0.34, 0.34), (0.66, 0.34), (0.76, 0.6), (0.24, 0.6)], pen.tones.base, pen.tones.base
    )
    pen.ellipse(0.67, 0.09, 0.12, 0.06, LEAF, LEAF)


def _cup(pen: Pen) -> None:
    pen.ellipse(0.78, 0.6, 0.18, 0.2, pen.tones.dark)
    pen.ellipse(0.78, 0.6, 0.1, 0.12, CREAM)
    pen.polygon([(0.08, 0.34), (0.76, 0.34), (0.68, 0.96), (0.16, 0.96)], pen.tones.base)
    pen.ellipse(0.42, 0.34, 0.34, 0.08, (110, 66, 40))
    for x in (0.3, 0.52):
        pen.line([(x, 0.22), (x + 0.05, 0.12), (x, 0.02)], (235, 235, 238), 0.035)


def _cake(pen: Pen) -> None:
    pen.box(0.08, 0.5, 0.92, 0.96, pen.tones.base, 0.04)
    pen.box(0.08, 0.42, 0.92, 0.58, WHITE, 0.06)
    for x in (0.3, 0.5, 0.7):
        pen.box(x - 0.03, 0.2, x + 0.03, 0.43, CREAM)
        pen.ellipse(x, 0.13, 0.035, 0.06, (255, 190, 50), BEAK)
    pen.line([(0.1, 0.76), (0.9, 0.76)], WHITE, 0.04)


def _tent(pen: Pen) -> None:
    pen.polygon([(0.5, 0.1), (1.0, 0.98), (0.0, 0.98)], pen.tones.base)
    pen.polygon([(0.5, 0.34), (0.7, 0.98), (0.3, 0.98)], INK)
    pen.polygon([(0.5, 0.34), (0.3, 0.98), (0.2, 0.98)], pen.tones.light)


def _castle(pen: Pen) -> None:
    pen.box(0.2, 0.46, 0.8, 1.0, pen.tones.base)
    for x in (0.04, 0.72):
        pen.box(x, 0.34, x + 0.24, 1.0, pen.tones.base)
        pen.polygon([(x - 0.04, 0.36), (x + 0.12, 0.04), (x + 0.28, 0.36)], pen.tones.dark)
        pen.box(x + 0.08, 0.48, x + 0.16, 0.6, INK)
    for x in (0.3, 0.45, 0.6):
        pen.box(x, 0.38, x + 0.1, 0.5, pen.tones.base)
    pen.polygon([(0.4, 1.0), *arc(0.5, 0.76, 0.1, 0.1, 180, 360), (0.6, 1.0)], WOOD)


def _rocket(pen: Pen) -> None:
    pen.polygon([(0.4, 0.82), (0.5, 1.0), (0.6, 0.82)], (255, 176, 46), BEAK)
    pen.polygon([(0.34, 0.56), (0.14, 0.88), (0.36, 0.82)], pen.tones.dark)
    pen.polygon([(0.66, 0.56), (0.86, 0.88), (0.64, 0.82)], pen.tones.dark)
    pen.polygon([(0.36, 0.84), *arc(0.5, 0.42, 0.19, 0.42, 180, 360), (0.64, 0.84)], pen.tones.base)
    pen.ellipse(0.5, 0.4, 0.09, 0.09, GLASS, WHITE)


def _robot(pen: Pen) -> None:
    pen.line([(0.5, 0.14), (0.5, 0.03)], STEEL, 0.03)
    pen.spot(0.5, 0.04, 0.045, (255, 90, 80))
    pen.box(0.06, 0.5, 0.2, 0.8, STEEL, 0.05)
    pen.box(0.8, 0.5, 0.94, 0.8, STEEL, 0.05)
    for x in (0.3, 0.56):
        pen.box(x, 0.84, x + 0.14, 1.0, STEEL)
    pen.box(0.2, 0.48, 0.8, 0.88, pen.tones.base, 0.05)
    pen.box(0.24, 0.12, 0.76, 0.46, pen.tones.base, 0.06)
    for x in (0.38, 0.62):
        pen.spot(x, 0.26, 0.07, WHITE)
        pen.spot(x, 0.26, 0.035, INK)
    pen.box(0.36, 0.36, 0.64, 0.41, INK)
    pen.box(0.36, 0.58, 0.64, 0.72, GLASS)


def _umbrella(pen: Pen) -> None:
    pen.line([(0.5, 0.1), (0.5, 0.88)], WOOD, 0.04)
    pen.line(arc(0.58, 0.88, 0.08, 0.09, 180, 0), WOOD, 0.04)
    pen.half_disc(0.5, 0.5, 0.48, 0.44, pen.tones.base)
    pen.polygon([*arc(0.5, 0.5, 0.17, 0.44, 180, 360)], pen.tones.light)


def _truck(pen: Pen) -> None:
    pen.box(0.02, 0.28, 0.62, 0.82, WHITE, 0.02)
    pen.box(0.02, 0.66, 0.98, 0.84, pen.tones.base, 0.02)
    pen.box(0.64, 0.42, 0.98, 0.84, pen.tones.base, 0.06)
    pen.box(0.74, 0.48, 0.94, 0.62, GLASS)
    pen.box(0.02, 0.28, 0.62, 0.72, pen.tones.light, 0.02)
    for x in (0.22, 0.78):
        pen.ellipse(x, 0.86, 0.12, 0.12, INK, INK)
        pen.spot(x, 0.86, 0.05, STEEL)


SUBJECTS: dict[str, Subject] = {
    subject.name: subject
    for subject in (
        Subject("mushroom", "mushrooms", "red", _mushroom, other_names=("toadstool",)),
        Subject("house", "houses", "red", _house, other_names=("cottage",)),
        Subject("tree", "trees", "green", _tree),
        Subject("pine", "pines", "green", _pine, other_names=("pine tree", "fir tree")),
        Subject("flower", "flowers", "pink", _flower),
        Subject("cactus", "cacti", "green", _cactus),
        Subject("snowman", "snowmen", "white", _snowman),
        Subject("lighthouse", "lighthouses", "red", _lighthouse),
        Subject("car", "cars", "red", _car),
        Subject("bus", "buses", "yellow", _bus),
        Subject("truck", "trucks", "blue", _truck),
        Subject("boat", "boats", "brown", _boat, other_names=("sailing boat",)),
        Subject("cat", "cats", "black", _cat, other_names=("kitten",)),
        Subject("rabbit", "rabbits", "white", _rabbit, other_names=("bunny",)),
        Subject("duck", "ducks", "yellow", _duck),
        Subject("owl", "owls", "brown", _owl),
        Subject("fish", "fish", "orange", _fish, floats=True),
        Subject("butterfly", "butterflies", "purple", _butterfly, floats=True),
        Subject("star", "stars", "yellow", _star, floats=True),
        Subject("heart", "hearts", "red", _heart, floats=True),
        Subject("balloon", "balloons", "red", _balloon, floats=True),
        Subject("kite", "kites", "blue", _kite, floats=True),
        Subject("moon", "moons", "yellow", _moon, floats=True),
        Subject("sun", "suns", "yellow", _sun, floats=True),
        Subject("cloud", "clouds", "white", _cloud, floats=True),
        Subject("ball", "balls", "blue", _ball),
        Subject("apple", "apples", "red", _apple),
        Subject("pear", "pears", "green", _pear),
        Subject("cup", "cups", "white", _cup, other_names=("mug",)),
        Subject("cake", "cakes", "pink", _cake),
        Subject("tent", "tents", "orange", _tent),
        Subject("castle", "castles", "purple", _castle),
        Subject("rocket", "rockets", "white", _rocket),
        Subject("robot", "robots", "blue", _robot),
        Subject("umbrella", "umbrellas", "purple", _umbrella),
    )
}
"""Every subject by its name."""

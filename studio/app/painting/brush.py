"""What a brush is: its tip, its size, and how it answers to the hand."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

MAX_SIZE = 1000.0  # px across
Tip = Literal["round", "chalk", "bristle"]
_Share = Annotated[float, Meta(ge=0, le=1)]


class Brush(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one stroke.

    ``size`` is the diameter in px; ``hardness`` the share of the radius that is full; ``flow``
    what one dab adds and ``opacity`` the most that a whole stroke can cover; ``spacing`` the way
    between two dabs as a share of the size; ``smoothing`` how far the line lags behind the hand.
    """

    tip: Tip = "round"
    size: Annotated[float, Meta(ge=1, le=MAX_SIZE)] = 24.0
    hardness: _Share = 0.8
    flow: Annotated[float, Meta(ge=0.01, le=1)] = 1.0
    opacity: Annotated[float, Meta(ge=0.01, le=1)] = 1.0
    spacing: Annotated[float, Meta(ge=0.02, le=4)] = 0.1
    smoothing: Annotated[float, Meta(ge=0, le=0.95)] = 0.2
    pressure_size: bool = True
    pressure_flow: bool = False
    tilt_shape: bool = True


class Sample(NamedTuple):
    """One position of the pen: document px, pressure in 0 .. 1, tilt from upright in degrees."""

    x: float
    y: float
    pressure: float = 1.0
    tilt_x: float = 0.0
    tilt_y: float = 0.0


class Dab(NamedTuple):
    """One print of the tip: its middle in px, diameter in px, flow, and the tip's shape.

    ``roundness`` is the shorter side over the longer one; ``angle`` that of the longer one in
    degrees, clockwise from the x axis.
    """

    x: float
    y: float
    size: float
    flow: float
    roundness: float = 1.0
    angle: float = 0.0

"""What a picture consists of: layers, tile positions, and the note of what a change touched."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

TILE = 256  # px a side
TILE_BYTES = TILE * TILE * 4
MASK_BYTES = TILE * TILE  # a tile of the selection: 8 bits a pixel
MAX_CANVAS_SIDE = 32768  # px
MAX_OFFSET = 1 << 24  # px
MAX_TILE_INDEX = MAX_OFFSET // TILE

# (column, row) in units of tiles from the layer's origin; negative to the left and above.
TileKey = tuple[int, int]

BlendMode = Literal[
    "normal",
    "multiply",
    "screen",
    "overlay",
    "darken",
    "lighten",
    "color_dodge",
    "color_burn",
    "hard_light",
    "soft_light",
    "difference",
    "exclusion",
    "hue",
    "saturation",
    "color",
    "luminosity",
    "plus",
]


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of one layer; its pixels are kept apart, as tiles.

    ``x`` and ``y`` are the document pixels of the layer's origin, the upper left corner of tile
    (0, 0). A layer with the ``purpose`` "colour_hints" leads a colorizer and is no part of the
    picture. ``history_id`` and ``output_index`` name the generation that the pixels came from.
    """

    id: Annotated[str, Meta(min_length=1, max_length=100)]
    name: Annotated[str, Meta(max_length=1000)]
    visible: bool = True
    opacity: Annotated[float, Meta(ge=0, le=1)] = 1.0
    blend_mode: BlendMode = "normal"
    locked: bool = False
    x: Annotated[int, Meta(ge=-MAX_OFFSET, le=MAX_OFFSET)] = 0
    y: Annotated[int, Meta(ge=-MAX_OFFSET, le=MAX_OFFSET)] = 0
    purpose: Literal["", "colour_hints"] = ""
    history_id: Annotated[str, Meta(max_length=100)] = ""
    output_index: Annotated[int, Meta(ge=0, le=1 << 31)] = 0


class ChangeSet(msgspec.Struct, frozen=True, kw_only=True):
    """What one change touched, so that panels refresh that and nothing else.

    ``structure``: layers were added, removed or reordered. ``size``: the canvas has another size.
    ``layers``: layers with other properties. ``tiles``: the tiles with other pixels, by layer.
    ``selection``: something else is selected.
    """

    structure: bool = False
    size: bool = False
    layers: frozenset[str] = frozenset()
    tiles: dict[str, frozenset[TileKey]] = {}
    selection: bool = False

    def __bool__(self) -> bool:
        return bool(self.structure or self.size or self.layers or self.tiles or self.selection)

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

# A group holds other layers and has no pixels of its own. A mask cuts the layer that is its parent
# by its alpha; without a parent it is a kept selection.
LayerKind = Literal["pixels", "group", "mask"]


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What a text layer says and how, so that it can be written anew; its pixels are kept too.

    ``size`` is the height of the type in px, ``colour`` is ``#rrggbb``.
    """

    content: Annotated[str, Meta(max_length=20_000)]
    family: Annotated[str, Meta(max_length=200)] = ""
    size: Annotated[float, Meta(ge=1, le=4000)] = 48.0
    bold: bool = False
    italic: bool = False
    align: Literal["left", "centre", "right"] = "left"
    colour: Annotated[str, Meta(pattern="^#[0-9a-f]{6}$")] = "#000000"


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of one layer; its pixels are kept apart, as tiles.

    ``x`` and ``y`` are the document pixels of the layer's origin, the upper left corner of tile
    (0, 0). ``parent`` is the id of the group that it lies in, or of the layer that a mask cuts.
    ``alpha_locked`` lets paint change colours only. A layer with the ``purpose`` "colour_hints"
    leads a colorizer and is no part of the picture. ``history_id`` and ``output_index`` name the
    generation that the pixels came from.
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
    kind: LayerKind = "pixels"
    parent: Annotated[str, Meta(max_length=100)] = ""
    alpha_locked: bool = False
    text: Text | None = None


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

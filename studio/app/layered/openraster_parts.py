"""What an OpenRaster file consists of (openraster.org, layer stack and file layout, 0.0.6)."""

from __future__ import annotations

from typing import Literal

import msgspec

from studio.document import Text

MIMETYPE = "image/openraster"
STACK = "stack.xml"
MERGED = "mergedimage.png"
THUMBNAIL = "Thumbnails/thumbnail.png"
THUMBNAIL_SIDE = 256  # px

# What OpenRaster has no words for lies in attributes and elements of a namespace of our own, which
# other programs ignore and drop when they write the file anew.
NAMESPACE = "urn:atelier:openraster:1"
KEPT = f"{{{NAMESPACE}}}kept"
MASK = f"{{{NAMESPACE}}}mask"


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The properties of a layer beyond OpenRaster's.

    ``x``, ``y`` are the origin of the layer's tiles. A layer that a mask cuts is written as it
    shows, for other programs; ``uncut`` names its pixels before that, and ``crc32`` tells whether
    what shows is still what was written beside it.
    """

    x: int = 0
    y: int = 0
    uncut: str = ""
    uncut_x: int = 0
    uncut_y: int = 0
    crc32: int = 0
    purpose: Literal["", "colour_hints"] = ""
    alpha_locked: bool = False
    text: Text | None = None

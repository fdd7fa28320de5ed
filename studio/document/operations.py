"""Operations: what can be done to a picture. Each one applied is one undo step."""

from __future__ import annotations

import msgspec

from studio.document.layers import Layer, TileKey


class Operation(msgspec.Struct, frozen=True, kw_only=True, tag_field="operation"):
    """Base of everything that ``ImageDocument.apply`` takes."""


class AddLayer(Operation, frozen=True, kw_only=True, tag="add_layer"):
    """Add a layer with its tiles at ``index`` (0 is the bottom), on top where it is None."""

    layer: Layer
    tiles: dict[TileKey, bytes] = {}
    index: int | None = None


class RemoveLayer(Operation, frozen=True, kw_only=True, tag="remove_layer"):
    """Take a layer with all its pixels away."""

    layer_id: str


class ChangeLayer(Operation, frozen=True, kw_only=True, tag="change_layer"):
    """Give a layer the properties in ``changes``, a whole ``Layer`` of the same id."""

    layer_id: str
    changes: Layer


class ReorderLayer(Operation, frozen=True, kw_only=True, tag="reorder_layer"):
    """Move a layer so that it ends up at ``index``, counted from the bottom."""

    layer_id: str
    index: int


class PaintTiles(Operation, frozen=True, kw_only=True, tag="paint_tiles"):
    """Replace tiles of a layer: premultiplied RGBA of 256 x 256 px each, None for empty."""

    layer_id: str
    tiles: dict[TileKey, bytes | None]
    label: str = "Paint"


class Select(Operation, frozen=True, kw_only=True, tag="select"):
    """Select what ``tiles`` say: 256 x 256 bytes each, 255 for wholly selected, None for nothing.

    Keys are those of the document. Tiles that are not named are emptied unless ``keep_others``.
    A selection without any tile means that nothing is selected, and that all may be painted on.
    """

    tiles: dict[TileKey, bytes | None]
    keep_others: bool = False
    label: str = "Select"


class ResizeCanvas(Operation, frozen=True, kw_only=True, tag="resize_canvas"):
    """Give the canvas another size in px; layers stay where they are."""

    width: int
    height: int


class Batch(Operation, frozen=True, kw_only=True, tag="batch"):
    """Several operations that are one undo step: all of them happen, or none."""

    label: str
    operations: tuple[Operation, ...]

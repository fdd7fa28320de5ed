"""What the layers panel does to the document: each function is one undo step."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from studio.core.ids import new_id
from studio.document import (
    TILE,
    AddLayer,
    Batch,
    ChangeLayer,
    ImageDocument,
    Layer,
    PaintTiles,
    RemoveLayer,
    ReorderLayer,
    TileKey,
    drawn,
)
from studio.ui.canvas.blending import TILE_FORMAT
from studio.ui.canvas.layer_stack import LayerStack


def change(document: ImageDocument, layer: Layer, **changes: Any) -> None:
    """Give a layer other properties; nothing happens if they are the same."""
    changed = msgspec.structs.replace(layer, **changes)
    if changed != layer:
        document.apply(ChangeLayer(layer_id=layer.id, changes=changed))


def add_empty(document: ImageDocument, above: Layer | None) -> None:
    """Add an empty layer above another, on top where there is none."""
    taken = {layer.name for layer in document.layers}
    number = len(document.layers) + 1
    while (name := _tr("Layer {0}").format(number)) in taken:
        number += 1
    index = None if above is None else index_of(document, above.id) + 1
    document.apply(AddLayer(layer=Layer(id=new_id(), name=name), tiles={}, index=index))


def duplicate(document: ImageDocument, layer: Layer) -> None:
    """Put a copy of a layer right above it."""
    copy = msgspec.structs.replace(
        layer, id=new_id(), name=_tr("{0} copy").format(layer.name), locked=False
    )
    tiles = {
        key: pixels
        for key in document.occupied(layer.id)
        if (pixels := document.tile(layer.id, key)) is not None
    }
    document.apply(AddLayer(layer=copy, tiles=tiles, index=index_of(document, layer.id) + 1))


def remove(document: ImageDocument, layer: Layer) -> None:
    """Take a layer away; a locked one stays."""
    if not layer.locked:
        document.apply(RemoveLayer(layer_id=layer.id))


def reorder(document: ImageDocument, layer_id: str, index: int) -> None:
    """Put a layer at ``index`` counted from the bottom, as near as there are places."""
    index = min(max(index, 0), len(document.layers) - 1)
    if index != index_of(document, layer_id):
        document.apply(ReorderLayer(layer_id=layer_id, index=index))


def can_merge_down(document: ImageDocument, layer: Layer | None) -> bool:
    """Whether a layer can become one with the one below: neither locked nor hidden."""
    if layer is None or layer.locked or not layer.visible:
        return False
    index = index_of(document, layer.id)
    return (
        index > 0 and not document.layers[index - 1].locked and document.layers[index - 1].visible
    )


def merge_down(document: ImageDocument, layer: Layer) -> None:
    """Paint a layer onto the one below it and take it away.

    The result keeps the lower layer's name and blend mode; its opacity becomes part of the pixels.
    """
    index = index_of(document, layer.id)
    below = document.layers[index - 1]
    stack = LayerStack(document)
    stack.set_layers([msgspec.structs.replace(below, blend_mode="normal"), layer])
    merged = msgspec.structs.replace(below, opacity=1.0, x=0, y=0, history_id="", output_index=0)
    tiles: dict[TileKey, bytes | None] = {}
    for key in sorted(stack.coverage(below) | stack.coverage(layer)):
        image = stack.compose(*key)
        tiles[key] = None if image is None else _tile_bytes(image)
    for key in document.occupied(below.id):
        tiles.setdefault(key, None)
    label = _tr("Merge {0} down").format(layer.name)
    operations = (
        PaintTiles(layer_id=below.id, tiles=tiles, label=label),
        ChangeLayer(layer_id=below.id, changes=merged),
        RemoveLayer(layer_id=layer.id),
    )
    document.apply(Batch(label=label, operations=operations))


def index_of(document: ImageDocument, layer_id: str) -> int:
    """Return a layer's place, counted from the bottom."""
    return [layer.id for layer in document.layers].index(layer_id)


def _tile_bytes(image: QImage) -> bytes:
    # The bits belong to the converted image: it must outlive the copy.
    converted = image.convertToFormat(TILE_FORMAT)
    return bytes(converted.constBits())


def _tr(text: str) -> str:
    return QCoreApplication.translate("layers", text)


def layer_at(document: ImageDocument, x: float, y: float) -> Layer | None:
    """Return the uppermost layer that shows something at a point of the document (px)."""
    for layer, _ in reversed(drawn(document.layers)):
        across, down = math.floor(x) - layer.x, math.floor(y) - layer.y
        tile = document.tile(layer.id, (across // TILE, down // TILE))
        if tile is not None and tile[(down % TILE * TILE + across % TILE) * 4 + 3]:
            return layer
    return None

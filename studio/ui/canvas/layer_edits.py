"""What the layers panel does to the document: each function is one undo step."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    Operation,
    PaintTiles,
    RemoveLayer,
    ReorderLayer,
    TileKey,
    descendants,
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
    # Above a group's own row is outside of it; above a mask is above what it cuts.
    parent = "" if above is None or above.kind == "mask" else above.parent
    document.apply(
        AddLayer(layer=Layer(id=new_id(), name=name, parent=parent), tiles={}, index=index)
    )


def duplicate(document: ImageDocument, layer: Layer) -> None:
    """Put a copy of a layer, with all that lies in it or cuts it, right above it."""
    block = _block(document, layer.id)
    names = {one.id: new_id() for one in block}
    top = index_of(document, block[-1].id) + 1
    operations: list[Operation] = []
    for place, one in enumerate(block):
        copy = msgspec.structs.replace(
            one, id=names[one.id], parent=names.get(one.parent, one.parent), locked=False
        )
        if one.id == layer.id:
            copy = msgspec.structs.replace(copy, name=_tr("{0} copy").format(layer.name))
        tiles = {
            key: pixels
            for key in document.occupied(one.id)
            if (pixels := document.tile(one.id, key)) is not None
        }
        operations.append(AddLayer(layer=copy, tiles=tiles, index=top + place))
    # The layer itself comes last, so that it becomes the active one.
    document.apply(
        Batch(label=_tr("Duplicate {0}").format(layer.name), operations=tuple(operations))
    )


def remove(document: ImageDocument, layer: Layer) -> None:
    """Take a layer away, with all that lies in it or cuts it; a locked one stays."""
    if layer.locked:
        return
    block = _block(document, layer.id)
    gone = tuple(RemoveLayer(layer_id=one.id) for one in reversed(block))
    label = _tr("Remove {0}").format(layer.name)
    document.apply(gone[0] if len(gone) == 1 else Batch(label=label, operations=gone))


def shift(document: ImageDocument, layer_id: str, by: int) -> None:
    """Move a layer past ``by`` others, upwards where it is positive; see ``drop``."""
    block = _block(document, layer_id)
    ids = {one.id for one in block}
    others = [one for one in document.layers if one.id not in ids]
    first = index_of(document, block[0].id)
    place = min(max(first + by, 0), len(others))
    _arrange(document, layer_id, block, others, place)


def drop(document: ImageDocument, layer_id: str, gap: int) -> None:
    """Put a layer into a gap of the list as it is shown: 0 is above the topmost row.

    All that lies in it or cuts it goes along. Where it lands decides whose group it is in.
    """
    block = _block(document, layer_id)
    ids = {one.id for one in block}
    others = [one for one in document.layers if one.id not in ids]
    rows = list(reversed(document.layers))
    place = sum(one.id not in ids for one in rows[gap:])
    _arrange(document, layer_id, block, others, place)


def _arrange(
    document: ImageDocument,
    layer_id: str,
    block: Sequence[Layer],
    others: Sequence[Layer],
    place: int,
) -> None:
    """Put a layer with its block at ``place`` among the others (bottom first): one undo step."""
    top = document.layer(layer_id)
    parent = _parent_at(top, others, place)
    target = [one.id for one in (*others[:place], *block, *others[place:])]
    operations: list[Operation] = []
    if parent != top.parent:
        changed = msgspec.structs.replace(top, parent=parent)
        operations.append(ChangeLayer(layer_id=top.id, changes=changed))
    order = [layer.id for layer in document.layers]
    for position, name in enumerate(target):
        if order[position] != name:
            order.insert(position, order.pop(order.index(name)))
            operations.append(ReorderLayer(layer_id=name, index=position))
    if operations:
        document.apply(Batch(label=_tr("Reorder layers"), operations=tuple(operations)))


def _parent_at(layer: Layer, others: Sequence[Layer], place: int) -> str:
    """Return whose group a layer is in between its new neighbours, or what a mask cuts."""
    below = others[place - 1] if place > 0 else None
    above = others[place] if place < len(others) else None
    if layer.kind == "mask":
        if below is None:
            return ""
        return below.id if below.kind != "mask" else below.parent
    if above is None:
        return ""
    if above.kind == "group":
        return above.id
    inside = _level(above, others)
    outside = "" if below is None else _level(below, others)
    # Under the lowest layer of a group: what was in the group stays, what was not stays out.
    return inside if inside == outside or layer.parent == inside else outside


def _level(layer: Layer, others: Sequence[Layer]) -> str:
    """Return the group in which a layer is, a mask with what it cuts."""
    if layer.kind != "mask":
        return layer.parent
    return next((one.parent for one in others if one.id == layer.parent), "")


def group(document: ImageDocument, layer: Layer) -> None:
    """Put a layer into a group of its own."""
    block = _block(document, layer.id)
    taken = {one.name for one in document.layers}
    number = 1
    while (name := _tr("Group {0}").format(number)) in taken:
        number += 1
    made = Layer(id=new_id(), name=name, kind="group", parent=layer.parent)
    operations = (
        AddLayer(layer=made, tiles={}, index=index_of(document, block[-1].id) + 1),
        ChangeLayer(layer_id=layer.id, changes=msgspec.structs.replace(layer, parent=made.id)),
    )
    document.apply(Batch(label=_tr("Group {0}").format(layer.name), operations=operations))


def ungroup(document: ImageDocument, layer: Layer) -> None:
    """Take a group away and leave what lies in it where it is."""
    inside = [one for one in document.layers if one.parent == layer.id]
    freed: list[Operation] = [
        RemoveLayer(layer_id=one.id)
        if one.kind == "mask"
        else ChangeLayer(layer_id=one.id, changes=msgspec.structs.replace(one, parent=layer.parent))
        for one in inside
    ]
    freed.append(RemoveLayer(layer_id=layer.id))
    document.apply(Batch(label=_tr("Ungroup {0}").format(layer.name), operations=tuple(freed)))


def _block(document: ImageDocument, layer_id: str) -> tuple[Layer, ...]:
    """Return a layer and all that lies in it or cuts it, bottom first."""
    along = {one.id for one in descendants(document.layers, layer_id)} | {layer_id}
    return tuple(one for one in document.layers if one.id in along)


def can_merge_down(document: ImageDocument, layer: Layer | None) -> bool:
    """Whether a layer or group can become one with the layer below: neither locked nor hidden."""
    if layer is None or layer.locked or not layer.visible or layer.kind == "mask":
        return False
    below = _below(document, layer)
    return below is not None and not below.locked and below.visible


def _below(document: ImageDocument, layer: Layer) -> Layer | None:
    """Return the layer with pixels right under another, in the same group."""
    first = index_of(document, _block(document, layer.id)[0].id)
    under = [one for one in document.layers[:first] if one.kind != "mask"]
    below = under[-1] if under else None
    fits = below is not None and below.kind == "pixels" and below.parent == layer.parent
    return below if fits else None


def merge_down(document: ImageDocument, layer: Layer) -> None:
    """Paint a layer onto the one below it and take it away, with its masks and those below.

    The result keeps the lower layer's name and blend mode; its opacity becomes part of the pixels.
    """
    below = _below(document, layer)
    if below is None:
        return
    upper, lower = _block(document, layer.id), _block(document, below.id)
    stack = LayerStack(document)
    alone = {layer.id: layer, below.id: msgspec.structs.replace(below, blend_mode="normal")}
    alone = {key: msgspec.structs.replace(one, parent="") for key, one in alone.items()}
    stack.set_layers([alone.get(one.id, one) for one in (*lower, *upper)])
    merged = msgspec.structs.replace(
        below, opacity=1.0, x=0, y=0, history_id="", output_index=0, text=None
    )
    tiles: dict[TileKey, bytes | None] = {}
    for key in sorted(stack.painted_tiles()):
        image = stack.compose(*key)
        tiles[key] = None if image is None else _tile_bytes(image)
    for key in document.occupied(below.id):
        tiles.setdefault(key, None)
    label = _tr("Merge {0} down").format(layer.name)
    gone = [one.id for one in (*reversed(upper), *reversed(lower)) if one.id != below.id]
    operations = (
        PaintTiles(layer_id=below.id, tiles=tiles, label=label),
        ChangeLayer(layer_id=below.id, changes=merged),
        *(RemoveLayer(layer_id=layer_id) for layer_id in gone),
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

"""Where a finished picture lands on the canvas: the operations that one Keep consists of."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from studio.api.requests import Inpaint, Request, Uncrop, Upscale
from studio.core.ids import new_id
from studio.document import (
    AddLayer,
    ChangeLayer,
    ImageDocument,
    ImageSnapshot,
    Layer,
    Operation,
    ResizeCanvas,
    TileKey,
    parents,
)

Tiles = dict[TileKey, bytes]


class Part(NamedTuple):
    """One layer to be: ``x``, ``y`` is its corner in the whole picture (px); "" is no name.

    ``look`` has its other properties where the file tells them; its ids are those of the picture.
    """

    name: str
    x: int
    y: int
    tiles: Tiles
    look: Layer | None = None


class Parts(NamedTuple):
    """A decoded picture: its size (px), its layers, bottom first, and its flat pixels.

    The layers of a filled or continued picture are what was added to the one that it started from.
    ``remarks`` say what of the file is shown in another way here.
    """

    width: int
    height: int
    layers: tuple[Part, ...]
    flat: Tiles
    remarks: tuple[str, ...] = ()


def landing(
    document: ImageDocument,
    parts: Parts,
    name: str,
    request: Request | None,
    *,
    history_id: str = "",
    index: int = 0,
) -> list[Operation]:
    """Return the operations that put a picture on the canvas; together they are one undo step.

    A patch goes over the picture that it was made for, a continued margin beneath it, with the
    canvas grown around them. Everything else, also what was made for a canvas of another size,
    lies centred on top; several layers of one file go into a group where others are there already.
    """
    canvas = (document.width, document.height)
    made_here = made_for(document, request)
    # The layers of a file stay together, blended as they are in the file.
    together = bool(document.layers) and len(parts.layers) > 1 and parts.layers[0].look is not None
    around = new_id() if together else ""

    def layer(part: Part, x: int, y: int) -> Layer:
        if part.look is not None:
            parent = part.look.parent or around
            loose = part.look.kind == "mask" and not part.look.parent
            return msgspec.structs.replace(
                part.look, x=x + part.x, y=y + part.y, parent="" if loose else parent
            )
        return Layer(
            id=new_id(),
            name=(part.name or name)[:80] or "Picture",
            x=x + part.x,
            y=y + part.y,
            history_id=history_id,
            output_index=index,
        )

    if isinstance(request, Uncrop) and made_here:
        shifts = [_moved(one, request.left, request.top) for one in document.layers]
        beneath = [
            AddLayer(layer=layer(part, 0, 0), tiles=part.tiles, index=place)
            for place, part in enumerate(parts.layers)
        ]
        return [ResizeCanvas(width=parts.width, height=parts.height), *shifts, *beneath]
    added = parts.layers
    if isinstance(request, (Inpaint, Uncrop)) and not made_here:
        added = (Part(name="", x=0, y=0, tiles=parts.flat),)
    operations: list[Operation] = []
    if not document.layers and canvas != (parts.width, parts.height):
        canvas = (parts.width, parts.height)
        operations.append(ResizeCanvas(width=canvas[0], height=canvas[1]))
    left, top = (canvas[0] - parts.width) // 2, (canvas[1] - parts.height) // 2
    operations += [
        AddLayer(layer=layer(part, left, top), tiles=part.tiles, index=None) for part in added
    ]
    if together:
        group = Layer(id=around, name=name[:80] or "Picture", kind="group")
        operations.append(AddLayer(layer=group))
    return operations


def enlarged_landing(
    picture: ImageSnapshot, parts: Parts, name: str, *, history_id: str, index: int
) -> list[Operation]:
    """Return the operations that an upscaled canvas consists of, worked out on any thread.

    The canvas becomes as large as the result, which is one layer on top. The layers that it was
    made of stay beneath it, scaled along (Lanczos) and hidden: what is seen is the result alone,
    also where it is transparent. Colour hints are scaled along and stay as they are.
    """
    from studio.app.painting.canvas_size import scaled

    operations = list(scaled(picture, parts.width, parts.height, "Keep").operations)
    moved = {one.layer_id: one.changes for one in operations if isinstance(one, ChangeLayer)}
    parent = parents(picture.layers)
    for layer in picture.layers:
        if not parent[layer.id] and layer.kind != "mask" and layer.purpose != "colour_hints":
            hidden = msgspec.structs.replace(moved.get(layer.id, layer), visible=False)
            operations.append(ChangeLayer(layer_id=layer.id, changes=hidden))
    top = Layer(
        id=new_id(), name=name[:80] or "Upscaled", history_id=history_id, output_index=index
    )
    return [*operations, AddLayer(layer=top, tiles=parts.flat)]


def made_for(document: ImageDocument, request: Request | None) -> bool:
    """Tell whether a request started from the whole canvas as large as it is now."""
    return bool(document.layers) and _size_before(request) == (document.width, document.height)


def _size_before(request: Request | None) -> tuple[int, int] | None:
    """Return the size (px) of the picture that a request started from."""
    if isinstance(request, (Inpaint, Uncrop, Upscale)):
        return request.picture.width, request.picture.height
    return None


def _moved(layer: Layer, dx: int, dy: int) -> ChangeLayer:
    moved = msgspec.structs.replace(layer, x=layer.x + dx, y=layer.y + dy)
    return ChangeLayer(layer_id=layer.id, changes=moved)

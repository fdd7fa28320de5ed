"""The layers as a tree: what lies in which group, and which masks cut what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from studio.document.layers import Layer


class Node(NamedTuple):
    """A layer with what lies in it, bottom first, and the mask layers that cut it."""

    layer: Layer
    children: tuple[Node, ...]
    masks: tuple[Layer, ...]


class Drawn(NamedTuple):
    """A layer with pixels that shows, and all that decides about how it does.

    Two equal ``look`` of a layer give the same picture from the same pixels.
    """

    layer: Layer
    look: tuple[object, ...]


def shows(layer: Layer) -> bool:
    """Whether a layer by itself lets anything through."""
    return layer.visible and layer.opacity > 0


def parents(layers: Sequence[Layer]) -> dict[str, str]:
    """Return the id of each layer's group, or of the layer that a mask cuts; "" for none.

    A parent that is gone, that cannot take this layer, or that leads back to it counts as none.
    """
    by_id = {layer.id: layer for layer in layers}
    found: dict[str, str] = {}
    for layer in layers:
        parent = by_id.get(layer.parent)
        takes = parent is not None and (
            parent.kind != "mask" if layer.kind == "mask" else parent.kind == "group"
        )
        found[layer.id] = layer.parent if takes and layer.parent != layer.id else ""
    for layer in layers:
        seen = {layer.id}
        above = found[layer.id]
        while above:
            if above in seen:
                found[layer.id] = ""
                break
            seen.add(above)
            above = found[above]
    return found


def layer_tree(layers: Sequence[Layer]) -> tuple[Node, ...]:
    """Return the nodes outside of any group, bottom first.

    A mask without a layer that it cuts is a kept selection and is in no node.
    """
    inside: dict[str, list[Layer]] = {}
    masks: dict[str, list[Layer]] = {}
    parent = parents(layers)
    for layer in layers:
        target = masks if layer.kind == "mask" else inside
        target.setdefault(parent[layer.id], []).append(layer)

    def node(layer: Layer) -> Node:
        children = tuple(node(child) for child in inside.get(layer.id, ()))
        return Node(layer, children, tuple(masks.get(layer.id, ())))

    return tuple(node(layer) for layer in inside.get("", ()))


def drawn(layers: Sequence[Layer]) -> list[Drawn]:
    """Return the layers with pixels that show, in the order in which they are painted."""
    found: list[Drawn] = []

    def visit(nodes: Iterable[Node], around: tuple[object, ...]) -> None:
        for layer, children, masks in nodes:
            if not shows(layer):
                continue
            cut = tuple((mask.id, mask.x, mask.y) for mask in masks if mask.visible)
            if layer.kind == "group":
                visit(children, (*around, (layer.id, layer.opacity, layer.blend_mode, cut)))
            else:
                own = (layer.x, layer.y, layer.opacity, layer.blend_mode, cut)
                found.append(Drawn(layer, (*around, own)))

    visit(layer_tree(layers), ())
    return found


def descendants(layers: Sequence[Layer], layer_id: str) -> tuple[Layer, ...]:
    """Return all that lies in a group or cuts a layer, in the order of ``layers``."""
    parent = parents(layers)

    def leads_there(layer: Layer) -> bool:
        above = parent[layer.id]
        while above and above != layer_id:
            above = parent[above]
        return above == layer_id

    return tuple(layer for layer in layers if leads_there(layer))

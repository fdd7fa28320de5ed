"""ComfyUI graphs as plain nodes with named inputs, from either of the two JSON forms it writes.

"prompt" is what was executed: ``{id: {"class_type": ..., "inputs": {name: value or [id, slot]}}}``.
"workflow" is the drawing: nodes with ``widgets_values`` by position and links by number (the
litegraph format). Every walk here is bounded: graphs of strangers may be cyclic or huge.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

import msgspec

from studio.app.foreign_recipes.values import as_float, as_list, as_object, as_text

MAX_NODES = 5_000
MAX_INPUTS = 200
MAX_STEPS = 20_000  # of all text and number look-ups of one graph together
MAX_DEPTH = 50
MAX_JOINED_CHARACTERS = 100_000

Link = tuple[str, int]

# Which named input each position of a node's widgets_values holds; "" is one that is not needed,
# such as the "control after generate" that follows every seed.
_WIDGETS: dict[str, tuple[str, ...]] = {
    "KSampler": ("seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"),
    "KSamplerAdvanced": ("", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler"),
    "SamplerCustom": ("", "noise_seed", "", "cfg"),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KarrasScheduler": ("steps",),
    "RandomNoise": ("noise_seed",),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSDXL": ("", "", "", "", "", "", "text_g", "text_l"),
    "CLIPTextEncodeSDXLRefiner": ("", "", "", "text"),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "LoraLoader": ("lora_name", "strength_model", "strength_clip"),
    "LoraLoaderModelOnly": ("lora_name", "strength_model"),
    "EmptyLatentImage": ("width", "height", "batch_size"),
    "EmptySD3LatentImage": ("width", "height", "batch_size"),
    "PrimitiveNode": ("value",),
}

_TEXT_INPUTS = ("populated_text", "text", "value", "string", "prompt", "result")
_JOINED_INPUT = re.compile(r"(?:string|text)_?[a-h0-9]")
_MUTED, _BYPASSED = 2, 4


class Node(msgspec.Struct, frozen=True):
    """One node: its class and its inputs, each a value or a link ``[node id, slot]``."""

    kind: str
    inputs: dict[str, Any]


class Graph:
    """The nodes of one graph, with look-ups that follow links and always end."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes
        self._steps_left = MAX_STEPS
        self._linked: dict[str, tuple[tuple[str, str], ...]] = {}

    def link(self, value: Any) -> Link | None:
        """Return the link that an input holds, if it leads to a node of this graph."""
        if not isinstance(value, list) or len(value) != 2:
            return None
        origin, slot = value
        if isinstance(origin, bool) or not isinstance(origin, str | int):
            return None
        if not isinstance(slot, int) or str(origin) not in self.nodes:
            return None
        return str(origin), slot

    def upstream(self, *node_ids: str, names: tuple[str, ...] | None = None) -> Iterator[str]:
        """Yield nodes and all that feed them, nearest first; only through ``names`` if given."""
        waiting, seen = deque(node_ids), set(node_ids)
        while waiting:
            current = waiting.popleft()
            yield current
            for name, origin in self._origins(current):
                if origin not in seen and (names is None or name in names):
                    seen.add(origin)
                    waiting.append(origin)

    def _origins(self, node_id: str) -> tuple[tuple[str, str], ...]:
        """The linked inputs of a node: their names and where they come from."""
        if node_id not in self._linked:
            inputs = self.nodes[node_id].inputs.items()
            links = ((name, self.link(value)) for name, value in inputs)
            self._linked[node_id] = tuple((name, link[0]) for name, link in links if link)
        return self._linked[node_id]

    def number(self, value: Any, name: str) -> Any:
        """Return a number, following links through nodes that only hold or pass one on."""
        for _ in range(MAX_DEPTH):
            link = self.link(value)
            if link is None:
                return value if as_float(value) is not None else None
            inputs = self.nodes[link[0]].inputs
            value = next((inputs[key] for key in (name, "value") if key in inputs), None)
            if value is None:
                numbers = [each for each in inputs.values() if as_float(each) is not None]
                value = numbers[0] if len(numbers) == 1 else None
        return None

    def text(self, value: Any, depth: int = 0) -> str:
        """Return a text, following links through nodes that hold, join or pass on texts."""
        self._steps_left -= 1
        link = self.link(value)
        if link is None or depth > MAX_DEPTH or self._steps_left < 0:
            return as_text(value)
        inputs = self.nodes[link[0]].inputs
        if "text_positive" in inputs:  # prompt stylers have an output for each
            value = inputs.get("text_negative" if link[1] else "text_positive")
            return self.text(value, depth + 1)
        parts = [key for key in inputs if _JOINED_INPUT.fullmatch(key)]
        if len(parts) > 1:
            delimiter = inputs.get("delimiter", inputs.get("separator"))
            texts = [self.text(inputs[key], depth + 1) for key in parts]
            glue = delimiter if isinstance(delimiter, str) else " "
            return glue.join(text for text in texts if text)[:MAX_JOINED_CHARACTERS]
        for key in _TEXT_INPUTS:
            if key in inputs and (found := self.text(inputs[key], depth + 1)):
                return found
        alone = [each for each in inputs.values() if isinstance(each, str)]
        return as_text(alone[0]) if len(alone) == 1 else ""


def graph_of_prompt(data: dict[str, Any]) -> Graph | None:
    """Read the executed form; None where no node can be found in it."""
    data = as_object(data.get("prompt")) or data
    nodes = {}
    for node_id, raw in list(data.items())[:MAX_NODES]:
        node = as_object(raw)
        if isinstance(node.get("class_type"), str):
            inputs = list(as_object(node.get("inputs")).items())[:MAX_INPUTS]
            nodes[node_id] = Node(node["class_type"], dict(inputs))
    return Graph(nodes) if nodes else None


def graph_of_workflow(data: dict[str, Any]) -> Graph | None:
    """Read the drawn form; None where no node can be found in it. Switched-off nodes are left out,
    bypassed ones stay, since they pass on what they are given."""
    links = _links(as_list(data.get("links")))
    nodes = {}
    for raw in map(as_object, as_list(data.get("nodes"))[:MAX_NODES]):
        kind, node_id = raw.get("type"), raw.get("id")
        if not isinstance(kind, str) or not isinstance(node_id, int | str):
            continue
        if raw.get("mode") == _MUTED:
            continue
        inputs = {} if raw.get("mode") == _BYPASSED else _widgets(kind, raw.get("widgets_values"))
        for index, entry in enumerate(map(as_object, as_list(raw.get("inputs"))[:MAX_INPUTS])):
            number = entry.get("link")
            if isinstance(number, int) and number in links:
                inputs[str(entry.get("name") or f"input_{index}")] = links[number]
        nodes[str(node_id)] = Node(kind, inputs)
    return Graph(nodes) if nodes else None


def _links(rows: list[Any]) -> dict[int, list[Any]]:
    """Link number to ``[origin node, slot]``, of rows or of the newer objects."""
    links = {}
    for row in rows[: 10 * MAX_NODES]:
        if isinstance(row, dict):
            row = [row.get("id"), row.get("origin_id"), row.get("origin_slot")]
        if isinstance(row, list) and len(row) >= 3 and isinstance(row[0], int):
            links[row[0]] = [row[1], row[2]]
    return links


def _widgets(kind: str, values: Any) -> dict[str, Any]:
    if isinstance(values, dict):
        return dict(values)
    values = as_list(values)
    if names := _WIDGETS.get(kind):
        return {name: value for name, value in zip(names, values, strict=False) if name}
    # Of a node that is not known: a single text, or else a single number, speaks for itself.
    for kinds in (str, int | float):
        found = [value for value in values if isinstance(value, kinds)]
        if len(found) == 1:
            return {"value": found[0]}
    return {}

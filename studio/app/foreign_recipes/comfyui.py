"""ComfyUI: from the sampler node back through the graph to prompts, model, size and settings."""

from __future__ import annotations

from typing import Any

from studio.app.foreign_recipes.comfy_graph import (
    Graph,
    Node,
    graph_of_prompt,
    graph_of_workflow,
)
from studio.app.foreign_recipes.recipe import ForeignRecipe, foreign_recipe
from studio.app.foreign_recipes.values import (
    as_float,
    as_int,
    as_name,
    as_object,
    as_seed,
    decode_object,
)

PROGRAM = "ComfyUI"

MAX_SAMPLERS = 20
MAX_LORAS = 64

_LATENT = ("latent_image", "latent", "samples")
_MODEL = ("model", "model1", "MODEL", "base_model")
_MODEL_NAMES = ("ckpt_name", "unet_name", "base_ckpt_name", "model_name", "gguf_name")
_ENCODED_TEXTS = ("text", "text_g", "text_l", "clip_l", "t5xxl", "clip_g", "llama", "prompt")
# Inputs that never lead to a conditioning.
_NOT_CONDITIONING = {"model", "clip", "vae", "image", "control_net", "mask", "latent", "samples"}


def read_comfyui(texts: dict[str, str]) -> ForeignRecipe | None:
    """Read the graph that was executed, or else the one that was drawn."""
    for key, read_graph in (("prompt", graph_of_prompt), ("workflow", graph_of_workflow)):
        raw = texts.get(key, "")
        graph = read_graph(decode_object(raw)) if raw.lstrip().startswith("{") else None
        if graph and (recipe := _read_graph(graph, raw)):
            return recipe
    return None


def _read_graph(graph: Graph, raw: str) -> ForeignRecipe | None:
    sampler = _first_sampler(graph)
    if sampler is None:
        return None
    settings = _settings(graph, sampler)
    positive = _Conditioning(graph, "positive")
    negative = _Conditioning(graph, "negative")
    prompt = positive.text(settings.get("positive", settings.get("conditioning")))
    model, loras = _model(graph, settings.get("model"))
    width, height = _size(graph, next((settings[key] for key in _LATENT if key in settings), None))
    guidance = graph.number(settings.get("cfg"), "cfg")
    if positive.guidance is not None and as_float(guidance) in (None, 1.0):
        guidance = positive.guidance
    return foreign_recipe(
        PROGRAM,
        raw,
        prompt=prompt,
        negative_prompt=negative.text(settings.get("negative")),
        seed=as_seed(_seed(graph, settings)),
        steps=as_int(graph.number(settings.get("steps"), "steps")),
        guidance_scale=guidance,
        sampler=as_name(graph.text(settings.get("sampler_name"))),
        schedule=as_name(graph.text(settings.get("scheduler"))),
        width=width,
        height=height,
        model=model,
        loras=loras,
    )


def _is_sampler(node: Node) -> bool:
    """KSampler and all that are built like it, and the two kinds of custom sampler."""
    inputs = node.inputs.keys()
    if node.kind in ("KSampler", "KSamplerAdvanced", "SamplerCustom", "SamplerCustomAdvanced"):
        return True
    return bool({"sampler_name", "steps", "cfg"} <= inputs and {"positive", "model"} & inputs)


def _first_sampler(graph: Graph) -> str | None:
    """The sampler that drew the picture from noise: the one with the fewest others before it.

    Later ones refine (a second pass at a larger size, a refiner, faces). Only what leads to a
    saved or shown picture counts, where there is such a node.
    """
    samplers = [node_id for node_id, node in graph.nodes.items() if _is_sampler(node)]
    outputs = [
        node_id
        for node_id, node in graph.nodes.items()
        if "Save" in node.kind or "Preview" in node.kind
    ]
    used = set(graph.upstream(*outputs))
    samplers = [node_id for node_id in samplers if node_id in used] or samplers
    kept = samplers[:MAX_SAMPLERS]
    if not kept:
        return None

    def others_before(node_id: str) -> int:
        node = graph.nodes[node_id]
        latent = next((link for key in _LATENT if (link := graph.link(node.inputs.get(key)))), None)
        return len(set(graph.upstream(latent[0])) & set(kept)) if latent else 0

    return min(kept, key=lambda node_id: (others_before(node_id), len(node_id), node_id))


def _settings(graph: Graph, sampler: str) -> dict[str, Any]:
    """The inputs of the sampler, with those of the nodes that a custom sampler is put together
    from: guider, noise, sampler and sigmas."""
    settings = dict(graph.nodes[sampler].inputs)
    for part in ("guider", "noise", "sampler", "sigmas"):
        link = graph.link(settings.get(part))
        if link is None:
            continue
        for node_id in graph.upstream(link[0], names=("sigmas", "sampler", "guider", "noise", "")):
            node = graph.nodes[node_id]
            if part == "sampler" and "sampler_name" not in node.inputs:
                # SamplerDPMPP_2M_SDE and the like carry the sampler in their name.
                settings.setdefault("sampler_name", node.kind.removeprefix("Sampler"))
            for name, value in node.inputs.items():
                settings.setdefault(name, value)
    if "cond1" in settings:
        settings.setdefault("positive", settings["cond1"])
    return settings


def _seed(graph: Graph, settings: dict[str, Any]) -> Any:
    name = "noise_seed" if "noise_seed" in settings else "seed"
    return graph.number(settings.get(name), name)


class _Conditioning:
    """Collects the texts that were encoded on the way to one input of the sampler."""

    def __init__(self, graph: Graph, polarity: str) -> None:
        self._graph = graph
        self._polarity = polarity
        self.guidance: float | None = None

    def text(self, value: Any) -> str:
        """Return the texts behind ``value``, joined in the order of the graph, each once."""
        texts: list[str] = []
        waiting, seen = [value], set()
        while waiting:
            link = self._graph.link(waiting.pop())
            if link is None or link[0] in seen:
                continue
            seen.add(link[0])
            node = self._graph.nodes[link[0]]
            found, following = self._visit(node)
            texts += [text for text in dict.fromkeys(found) if text and text not in texts]
            waiting += reversed(following)
        return ", ".join(texts)

    def _visit(self, node: Node) -> tuple[list[str], list[Any]]:
        """The texts of one node, and the inputs to go on with."""
        inputs = node.inputs
        if node.kind == "ConditioningZeroOut":
            return [], []
        if self.guidance is None and "guidance" in inputs:
            self.guidance = as_float(self._graph.number(inputs["guidance"], "guidance"))
        encoded = [key for key in _ENCODED_TEXTS if key in inputs]
        if encoded and ("clip" in inputs or "Encode" in node.kind):
            return [self._graph.text(inputs[key]) for key in encoded], []
        own = inputs.get(self._polarity)
        if isinstance(own, str):
            return [self._graph.text(own)], []
        if self._graph.link(own):
            return [], [own]
        return [], [value for key, value in inputs.items() if key not in _NOT_CONDITIONING]


def _model(graph: Graph, value: Any) -> tuple[Any, list[tuple[str, float]]]:
    """The file of the model, and the LoRAs between it and the sampler in the order of loading."""
    link = graph.link(value)
    loras: list[tuple[str, float]] = []
    if link is None:
        return "", loras
    for node_id in graph.upstream(link[0], names=(*_MODEL, "")):
        inputs = graph.nodes[node_id].inputs
        loras = [*_loras(graph, inputs), *loras][:MAX_LORAS]
        for key in _MODEL_NAMES:
            if key in inputs:
                return graph.text(inputs[key]), loras
    return "", loras


def _loras(graph: Graph, inputs: dict[str, Any]) -> list[tuple[str, float]]:
    found = []
    if name := as_name(graph.text(inputs.get("lora_name"))):
        strength = inputs.get("strength_model", inputs.get("strength"))
        weight = as_float(graph.number(strength, "strength_model"))
        found.append((name, 1.0 if weight is None else weight))
    for value in inputs.values():  # rgthree's Power Lora Loader: one object for each LoRA
        row = as_object(value)
        if row.get("on") and (name := as_name(row.get("lora"))):
            weight = as_float(row.get("strength"))
            found.append((name, 1.0 if weight is None else weight))
    return found


def _size(graph: Graph, value: Any) -> tuple[int | None, int | None]:
    link = graph.link(value)
    if link is None:
        return None, None
    for node_id in graph.upstream(link[0]):
        inputs = graph.nodes[node_id].inputs
        for prefix in ("", "empty_latent_"):
            names = f"{prefix}width", f"{prefix}height"
            if all(name in inputs for name in names):
                width, height = (as_int(graph.number(inputs[name], name)) for name in names)
                if width and height:
                    return width, height
    return None, None

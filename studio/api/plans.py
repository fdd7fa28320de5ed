"""Plans: what will be loaded, where, in which precision, and why - decided before the run."""

from __future__ import annotations

from typing import Literal

import msgspec

from studio.api.requests import ModelRef

DataType = Literal["float32", "float16", "bfloat16"]

DATA_TYPE_BYTES: dict[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2}

# The ladder, best first. A plan names one rung; an engine that runs out of memory takes the next.
Placement = Literal["whole", "component_offload", "group_offload"]
LADDER: tuple[Placement, ...] = ("whole", "component_offload", "group_offload")

# "engine": no weights at all; the engine that the plan names does the work.
# "transformers": a folder with config.json; "gguf": one packed file.
Layout = Literal["diffusers", "single_file", "engine", "transformers", "gguf"]


class DeviceInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device that a worker can compute on.

    ``data_type`` is what models are run in there: bfloat16 where the device computes it well,
    float16 otherwise, float32 on processors without either. ``total_bytes`` and ``free_bytes``
    are those of the memory that the device computes in; a ``simulated_budget_bytes`` above zero
    makes the device behave as a smaller one.
    """

    id: str
    kind: Literal["cpu", "cuda", "mps"]
    name: str
    total_bytes: int
    free_bytes: int
    data_type: DataType
    simulated_budget_bytes: int = 0


class ComponentPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of a model: its exact weight bytes in the target precision."""

    name: str
    weight_bytes: int
    data_type: DataType


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one model is loaded for one request.

    Byte counts: ``weight_bytes`` is the sum over the components in their target precision,
    ``activation_bytes`` the working memory of the run, ``peak_bytes`` what the device will hold
    at most under this placement, ``budget_bytes`` what it may hold. ``reason`` is the line that
    the artist reads before the run; ``expected_seconds`` is judged by former runs, 0 when unknown.
    ``engine`` is the id of a plugin's engine, "" for the built-in one of the request's kind.
    ``convert_to`` is the folder into which a packed model is unpacked once, "" for never.
    ``native_side`` is the side (px) of the pictures that the model was made for; of an upscaler,
    the side of the tiles that it works on.
    """

    model: ModelRef
    title: str
    family: str
    layout: Layout
    path: str
    device: str
    data_type: DataType
    placement: Placement
    components: tuple[ComponentPlan, ...]
    weight_bytes: int
    activation_bytes: int
    peak_bytes: int
    budget_bytes: int
    reason: str
    fits: bool = True
    variant: str = ""
    tiled_decode: bool = False
    sliced_decode: bool = False
    companions: tuple[LoadPlan, ...] = ()
    expected_seconds: float = 0.0
    engine: str = ""
    convert_to: str = ""
    native_side: int = 512

    def next_rung(self) -> Placement | None:
        """Return the placement to try after this one ran out of memory, or None at the end."""
        position = LADDER.index(self.placement) + 1
        return LADDER[position] if position < len(LADDER) else None


class ResidentModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model that a worker holds in memory now. ``idle_seconds`` is 0 while it runs."""

    model: ModelRef
    title: str
    weight_bytes: int
    data_type: DataType
    placement: Placement
    device: str
    idle_seconds: float = 0.0
    load_count: int = 1

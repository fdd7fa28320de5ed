"""Where a pipeline's weights live while it runs: whole, or one component at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from accelerate.hooks import ModelHook, add_hook_to_module

from studio.api.plans import LoadPlan
from studio.core.errors import ModelProblem

if TYPE_CHECKING:
    import torch

Reload = Callable[[], Any]


def place(pipeline: Any, plan: LoadPlan) -> None:
    """Put a pipeline on a graphics device under the plan's placement.

    On the CPU there is nothing to move: weights are there already, or come one component at a time
    through ``ComponentSequence``.

    Raises:
        ModelProblem: the pipeline cannot be placed that way.
    """
    if plan.device == "cpu":
        return
    if plan.placement == "whole":
        pipeline.to(plan.device)
        return
    try:
        if plan.placement == "component_offload":
            pipeline.enable_model_cpu_offload(device=plan.device)
        else:
            _offload_groups(pipeline, plan.device)
    except (ValueError, NotImplementedError) as error:
        raise ModelProblem(
            f"{plan.title} cannot run in parts on {plan.device}: {error}",
            "Choose a smaller size or a smaller model.",
        ) from error


def in_sequence(plan: LoadPlan) -> bool:
    """Say whether components are loaded when they are needed and dropped afterwards."""
    return plan.device == "cpu" and plan.placement != "whole"


def _offload_groups(pipeline: Any, device: str) -> None:
    import torch

    pipeline.enable_group_offload(
        onload_device=torch.device(device),
        offload_device=torch.device("cpu"),
        offload_type="leaf_level",
        use_stream=device.startswith("cuda"),
    )


class ComponentSequence:
    """Holds one component's weights at a time, read from disk again whenever it is called.

    This is component offload for a machine whose only memory is the one it computes in: instead of
    moving to the CPU, weights are dropped. The modules stay where they are, with parameters on the
    meta device between two uses, so hooks, adapters and pipelines notice nothing.
    """

    def __init__(self) -> None:
        self._reload: dict[int, Reload] = {}
        self._models: dict[int, torch.nn.Module] = {}
        self._names: dict[int, frozenset[str]] = {}
        self._loaded: int | None = None
        self.peak_bytes = 0

    def adopt(self, model: torch.nn.Module, reload: Reload) -> None:
        """Take a freshly loaded model over; its weights are dropped until they are needed.

        Args:
            model: any component with weights.
            reload: returns a new instance of it with its weights.
        """
        key = id(model)
        self._models[key] = model
        self._reload[key] = reload
        self._names[key] = frozenset(name for name, _ in model.named_parameters())
        self._note_peak(model)
        self._drop(key)
        add_hook_to_module(model, _BringHook(self))

    def bring(self, model: torch.nn.Module) -> None:
        """Load a model's weights, dropping those of the model before it."""
        key = id(model)
        if self._loaded == key:
            return
        self.drop_all()
        fresh = self._reload[key]()
        for name, parameter in fresh.named_parameters():
            _assign(model, name, parameter)
        for name, buffer in fresh.named_buffers():
            _assign(model, name, buffer)
        self._loaded = key
        self._note_peak(model)

    def drop_all(self) -> None:
        """Drop the weights that are held now."""
        if self._loaded is not None:
            self._drop(self._loaded)
            self._loaded = None

    def _drop(self, key: int) -> None:
        for name in self._names[key]:
            holder, leaf = _holder(self._models[key], name)
            holder._parameters[leaf] = _without_data(holder._parameters[leaf])

    def _note_peak(self, model: torch.nn.Module) -> None:
        self.peak_bytes = max(self.peak_bytes, weight_bytes(model))


class _BringHook(ModelHook):  # type: ignore[misc]  # accelerate is untyped
    """Calls ``bring`` before a component runs; pipelines read ``execution_device``."""

    no_grad = True

    def __init__(self, sequence: ComponentSequence) -> None:
        import torch

        self._sequence = sequence
        self.execution_device = torch.device("cpu")

    def pre_forward(self, module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
        self._sequence.bring(module)
        return args, kwargs


def weight_bytes(model: torch.nn.Module) -> int:
    """Return the bytes of a model's parameters that are in memory, on any device."""
    return sum(p.nbytes for p in model.parameters() if p.device.type != "meta")


def _holder(model: torch.nn.Module, name: str) -> tuple[torch.nn.Module, str]:
    """Find the module that holds a parameter; adapters may have wrapped it as ``base_layer``."""
    import torch

    path, _, leaf = name.rpartition(".")
    module = model
    for part in path.split(".") if path else ():
        module = _unwrapped(module).get_submodule(part)
    module = _unwrapped(module)
    assert isinstance(module, torch.nn.Module)
    return module, leaf


def _unwrapped(module: torch.nn.Module) -> torch.nn.Module:
    return getattr(module, "base_layer", module)


def _assign(model: torch.nn.Module, name: str, value: torch.Tensor) -> None:
    holder, leaf = _holder(model, name)
    table = holder._parameters if leaf in holder._parameters else holder._buffers
    table[leaf] = value  # type: ignore[assignment]


def _without_data(parameter: Any) -> Any:
    import torch

    return torch.nn.Parameter(parameter.detach().to("meta"), requires_grad=False)

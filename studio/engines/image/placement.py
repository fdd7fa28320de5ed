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
    moving to the CPU, weights are dropped. The modules stay where they are, with placeholders for
    parameters between two uses, so hooks, adapters and pipelines notice nothing.
    """

    def __init__(self) -> None:
        self._reload: dict[int, Reload] = {}
        self._models: dict[int, torch.nn.Module] = {}
        self._data_types: dict[int, dict[str, torch.dtype]] = {}
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
        # Tied parameters (T5's embedding) under each of their names.
        parameters = model.named_parameters(remove_duplicate=False)
        self._data_types[key] = {name: parameter.dtype for name, parameter in parameters}
        self._note_peak()
        self._drop(key)
        add_hook_to_module(model, _BringHook(self))

    def bring(self, model: torch.nn.Module) -> None:
        """Load a model's weights, dropping those of the model before it."""
        key = id(model)
        if self._loaded == key:
            return
        self.drop_all()
        import torch

        # A pipeline may have asked for another data type meanwhile (SDXL decodes in float32).
        wanted = {name: _parameter(model, name).dtype for name in self._data_types[key]}
        fresh = self._reload[key]()
        tied: dict[int, torch.nn.Parameter] = {}
        for name, parameter in fresh.named_parameters(remove_duplicate=False):
            if id(parameter) not in tied:
                # torch picks other kernels for frozen weights, which round differently.
                tied[id(parameter)] = torch.nn.Parameter(
                    parameter.detach().to(wanted[name]), requires_grad=parameter.requires_grad
                )
            _assign(model, name, tied[id(parameter)])
        for name, buffer in fresh.named_buffers():
            _assign(model, name, buffer)
        self._loaded = key
        self._note_peak()

    def drop_all(self) -> None:
        """Drop the weights that are held now."""
        if self._loaded is not None:
            self._drop(self._loaded)
            self._loaded = None

    def _drop(self, key: int) -> None:
        model = self._models[key]
        for name, dtype in self._data_types[key].items():
            _assign(model, name, _placeholder(_parameter(model, name), dtype))

    def _note_peak(self) -> None:
        held = sum(weight_bytes(model) for model in self._models.values())
        self.peak_bytes = max(self.peak_bytes, held)


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
    return sum(p.nbytes for p in model.parameters() if not _is_placeholder(p))


def _placeholder(parameter: torch.Tensor, dtype: torch.dtype) -> torch.nn.Parameter:
    """Return a parameter of the same shape that is one number long in memory.

    The number is NaN, so that a placeholder which is computed with cannot go unnoticed.
    """
    import torch

    values = torch.full((), torch.nan, dtype=dtype).expand(parameter.shape)
    return torch.nn.Parameter(values, requires_grad=False)


def _is_placeholder(parameter: torch.Tensor) -> bool:
    return parameter.numel() > 1 and not any(parameter.stride())


def _parameter(model: torch.nn.Module, name: str) -> torch.nn.Parameter:
    holder, leaf = _holder(model, name)
    parameter = holder._parameters[leaf]
    assert parameter is not None
    return parameter


def _holder(model: torch.nn.Module, name: str) -> tuple[torch.nn.Module, str]:
    """Find the module that holds a parameter; adapters may have wrapped it as ``base_layer``."""
    path, _, leaf = name.rpartition(".")
    module = model
    for part in path.split(".") if path else ():
        module = _unwrapped(module).get_submodule(part)
    return _unwrapped(module), leaf


def _unwrapped(module: torch.nn.Module) -> torch.nn.Module:
    base: torch.nn.Module = getattr(module, "base_layer", module)
    return base


def _assign(model: torch.nn.Module, name: str, value: torch.Tensor) -> None:
    holder, leaf = _holder(model, name)
    table: dict[str, Any] = holder._parameters if leaf in holder._parameters else holder._buffers
    table[leaf] = value

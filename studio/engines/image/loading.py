"""Loading a text-to-image pipeline, one component after another, from safetensors only."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.core.errors import DamagedModel, ModelProblem, StudioError
from studio.engines.image.files import Component, PipelineFiles, read_pipeline_files

if TYPE_CHECKING:
    import torch

    from studio.engines.image.placement import ComponentSequence

_log = logging.getLogger(__name__)

# Loaded only where the plan names them: they judge or condition pictures, and take no part in
# making one from words.
_OPTIONAL = ("safety_checker", "image_encoder")
_FROM_PICTURES = ("FillPipeline", "InpaintPipeline", "Img2ImgPipeline")


def import_quietly() -> None:
    """Import diffusers and transformers with the network switched off and progress bars hidden."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def torch_dtype(name: str) -> torch.dtype:
    """Return torch's data type of that name."""
    import torch

    types = {
        "float32": torch.float32,
        "float16": torch.float16,
        "bfloat16": torch.bfloat16,
    }
    return types[name]


def load_folder(
    plan: LoadPlan,
    run: Run,
    shared: dict[str, Any] | None = None,
    sequence: ComponentSequence | None = None,
    *,
    as_refiner: bool = False,
) -> Any:
    """Build the pipeline of a diffusers folder in the CPU's memory.

    Weights stay memory-mapped where the file has the plan's data type; otherwise they are cast
    tensor by tensor.

    Args:
        plan: what to load, and in which data type.
        run: hears of each component, and may cancel between two of them.
        shared: components of another pipeline to use instead of this folder's own.
        sequence: when given, takes each component over, so that one at a time is in memory.
        as_refiner: build the pipeline that goes on from another one's latents.

    Raises:
        DamagedModel, UntrustedModel: see ``read_pipeline_files``.
        ModelProblem: the folder is not a text-to-image pipeline of diffusers.
    """
    import_quietly()
    shared = shared or {}
    files = read_pipeline_files(Path(plan.path), plan.variant)
    pipeline_class = pipeline_class_for(plan, files.class_name, as_refiner=as_refiner)
    wanted = {component.name for component in plan.components}
    given: dict[str, Any] = {
        name: None for name in _OPTIONAL if name not in wanted and _has(files, name)
    }
    # Some pipelines insist on being told of parts that the model was saved without.
    given |= {name: None for name, value in files.settings.items() if value is None}
    given |= {name: part for name, part in shared.items() if _has(files, name)}
    models = [model for model in files.models() if model.name not in given]
    total, done = sum(model.weight_bytes() for model in models) or 1, 0
    for model in models:
        run.check_cancelled()
        run.loading(done / total, model.name)
        given[model.name] = load_component(model, plan)
        if sequence is not None:
            sequence.adopt(given[model.name], partial(load_component, model, plan))
        done += model.weight_bytes()
    run.check_cancelled()
    if "safety_checker" in given and "requires_safety_checker" in _parameters(pipeline_class):
        given["requires_safety_checker"] = given["safety_checker"] is not None
    try:
        pipeline = pipeline_class.from_pretrained(plan.path, local_files_only=True, **given)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise damaged(plan.title, error) from error
    run.loading(1.0, plan.title)
    return pipeline


def load_component(component: Component, plan: LoadPlan) -> Any:
    """Load one component's weights in the plan's data type, on the CPU.

    Raises:
        DamagedModel: tensors are missing or of the wrong shape.
        ModelProblem: its class is not one of diffusers or transformers.
    """
    kind = component_class(component, plan.title)
    options: dict[str, Any] = {
        "use_safetensors": True,
        "local_files_only": True,
        "low_cpu_mem_usage": True,
        "output_loading_info": True,
        "variant": component.variant or None,
    }
    options["dtype" if component.library == "transformers" else "torch_dtype"] = torch_dtype(
        plan.data_type
    )
    try:
        model, report = kind.from_pretrained(str(component.folder), **options)
    except StudioError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # The libraries raise a dozen types here, down to bare Exceptions of the safetensors core.
        raise damaged(component.name, error) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise DamagedModel(
            f"{component.name} lacks {len(missing)} of its tensors, such as {missing[0]}.",
            "Download the model again.",
        )
    return finish_component(model)


def finish_component(model: Any) -> Any:
    """Return a loaded component ready to run.

    Works around diffusers 0.42 with transformers 5, whose CLIPTextModel lost ``text_model``:
    diffusers' clip_skip still reads ``text_encoder.text_model.final_layer_norm``. An entry of the
    instance's dictionary is not a submodule, so saving and counting weights are not affected.
    """
    if type(model).__name__ == "CLIPTextModel" and not hasattr(model, "text_model"):
        model.__dict__["text_model"] = model
    return model.eval()


def component_class(component: Component, title: str) -> Any:
    """Return the class that a component names.

    Raises:
        ModelProblem: it is code that comes with the model (never run), or it is too new.
    """
    library = component.library
    if library not in ("diffusers", "transformers"):
        library = f"diffusers.pipelines.{library}"
    try:
        return getattr(importlib.import_module(library), component.class_name)
    except (ImportError, AttributeError) as error:
        raise ModelProblem(
            f"{title} needs {component.library}.{component.class_name}, which is not installed.",
            "Models that bring their own code are not run.",
        ) from error


def pipeline_class_for(plan: LoadPlan, name: str, *, as_refiner: bool) -> Any:
    """Return the class to build for the one that the model names; see the two functions below."""
    return refiner_class(plan.title, name) if as_refiner else text_to_image_class(name)


def text_to_image_class(name: str) -> Any:
    """Return the text-to-image pipeline class for the class that ``model_index.json`` names.

    A class of a family that only works from a picture (Flux Fill) is returned as it is.

    Raises:
        ModelProblem: diffusers has no such class, or it does not make pictures.
    """
    import diffusers

    named = kind = getattr(diffusers, name, None) if name.endswith("Pipeline") else None
    if kind is not None and not _makes_pictures_from_words(kind):
        # Imports every family at once (seconds), so only where the name does not settle it.
        from diffusers.pipelines.auto_pipeline import (
            AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
            _get_task_class,
        )

        kind = _get_task_class(
            AUTO_TEXT2IMAGE_PIPELINES_MAPPING, name, throw_error_if_not_exist=False
        )
    if kind is None and named is not None and name.endswith(_FROM_PICTURES):
        kind = named
    if kind is None:
        raise ModelProblem(
            f"{name or 'This model'} is not a pipeline that makes pictures from words.",
            "Choose another model for this job.",
        )
    return kind


def refiner_class(title: str, name: str) -> Any:
    """Return the class that refines latents of SDXL.

    Raises:
        ModelProblem: the named class is not of the SDXL family.
    """
    import diffusers

    if not name.startswith("StableDiffusionXL"):
        raise ModelProblem(
            f"{title} cannot refine pictures: it is not of the SDXL family.",
            "Choose an SDXL refiner, or none.",
        )
    return diffusers.StableDiffusionXLImg2ImgPipeline


def damaged(what: str, error: Exception) -> DamagedModel:
    """Say that a component could not be loaded, with the first line of the reason."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return DamagedModel(f"{what} cannot be loaded: {reason}", "Download the model again.")


def is_out_of_memory(error: BaseException) -> bool:
    """Say whether an exception, or what caused it, means that memory ran out."""
    import torch

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, (MemoryError, torch.OutOfMemoryError)):
            return True
        text = str(seen).lower()
        if isinstance(seen, RuntimeError) and (
            "out of memory" in text or "can't allocate memory" in text
        ):
            return True
        seen = seen.__cause__
    return False


def _makes_pictures_from_words(kind: Any) -> bool:
    parameters = inspect.signature(kind.__call__).parameters
    return "prompt" in parameters and "image" not in parameters and "num_frames" not in parameters


def _has(files: PipelineFiles, name: str) -> bool:
    return any(component.name == name for component in files.components)


def _parameters(kind: Any) -> Any:
    return inspect.signature(kind.__init__).parameters

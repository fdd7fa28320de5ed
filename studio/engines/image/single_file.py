"""Loading a pipeline from one safetensors file, with configs that ship with Atelier.

diffusers fetches a checkpoint's configs from the hub, even when told to stay local. Here the family
is read from the file's header and its configs come from ``single_file_configs`` (their values are
those of the published models; the CLIP tokenizer's files are OpenAI's, MIT licence). A folder of
configs in diffusers layout beside the file, named as the file without its suffix, goes first: that
is how a checkpoint of another shape can be used.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.core.errors import DamagedModel, ModelProblem
from studio.engines.image.files import (
    Component,
    PipelineFiles,
    read_pipeline_configs,
    safetensors_header,
)
from studio.engines.image.loading import (
    component_class,
    damaged,
    finish_component,
    import_quietly,
    is_out_of_memory,
    pipeline_class_for,
    torch_dtype,
)

if TYPE_CHECKING:
    from studio.engines.image.placement import ComponentSequence

_CONFIGS = Path(__file__).with_name("single_file_configs")
# An inpainting denoiser sees 4 latents, the mask, and 4 latents of the masked picture.
INPAINTING_CHANNELS = 9
_FIRST_LAYER = "model.diffusion_model.input_blocks.0.0.weight"

# What tells the families apart, in the order of the check: a tensor that only this one has.
_MARKS = {
    "sdxl": "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias",
    "sdxl_refiner": "conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias",
    "sd2": "cond_stage_model.model.token_embedding.weight",
    "sd1": "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
}


def load_single_file(
    plan: LoadPlan,
    run: Run,
    shared: dict[str, Any],
    sequence: ComponentSequence | None,
    *,
    as_refiner: bool = False,
) -> Any:
    """Build the pipeline of a checkpoint file in the CPU's memory; arguments as ``load_folder``.

    Raises:
        DamagedModel: the file is truncated, or tensors are missing.
        ModelProblem: the family is not one that comes as a single file with its text encoders.
    """
    path = Path(plan.path)
    header = safetensors_header(path)
    files = read_pipeline_configs(_config_folder(path, header))
    import_quietly()
    from diffusers.loaders.single_file_utils import load_single_file_checkpoint

    kind = pipeline_class_for(plan, files.class_name, as_refiner=as_refiner)
    checkpoint = load_single_file_checkpoint(str(path), local_files_only=True)
    parts: dict[str, Any] = dict(shared)
    models = [part for part in files.components if not part.is_light() and part.name not in parts]
    for done, component in enumerate(models):
        run.check_cancelled()
        run.loading(done / len(models), component.name)
        load = partial(_load_model, component, checkpoint, plan, _changes(component, header))
        parts[component.name] = load()
        if sequence is not None:
            sequence.adopt(parts[component.name], load)
    run.check_cancelled()
    for component in files.components:
        if component.is_light() and component.name not in parts:
            parts[component.name] = _light_component(component, plan, header)
    run.loading(1.0, plan.title)
    return _assemble(kind, files, parts)


def _config_folder(path: Path, header: dict[str, Any]) -> Path:
    beside = path.with_suffix("")
    if (beside / "model_index.json").is_file():
        return beside
    first = header.get(_FIRST_LAYER, {}).get("shape", [0, 0])
    for family, mark in _MARKS.items():
        if mark in header and _FIRST_LAYER in header:
            if first[1] not in (4, INPAINTING_CHANNELS):
                raise ModelProblem(
                    f"{path.name} needs {first[1]} channels, of which Atelier knows no use.",
                    "Choose a text-to-image or an inpainting model.",
                )
            return _CONFIGS / family
    raise ModelProblem(
        f"{path.name} does not hold a whole Stable Diffusion pipeline.",
        "Models of other families need all their parts: use their folder in diffusers layout.",
    )


def _changes(component: Component, header: dict[str, Any]) -> dict[str, Any]:
    """Return what of a component's config the file itself decides: how much its denoiser sees."""
    channels = header.get(_FIRST_LAYER, {}).get("shape", [0, 0])[1]
    return {"in_channels": channels} if component.name == "unet" and channels else {}


def _load_model(
    component: Component, checkpoint: dict[str, Any], plan: LoadPlan, changes: dict[str, Any]
) -> Any:
    from diffusers import ModelMixin
    from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm

    kind = component_class(component, plan.title)
    options: dict[str, Any] = {
        "config": str(component.folder.parent),
        "subfolder": component.name,
        "torch_dtype": torch_dtype(plan.data_type),
        "local_files_only": True,
    }
    try:
        if issubclass(kind, ModelMixin):
            model = kind.from_single_file(checkpoint, **options, **changes)
        else:
            model = create_diffusers_clip_model_from_ldm(kind, checkpoint, **options)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        # The conversion fails with whatever a missing or misshapen tensor leads to.
        raise damaged(component.name, error) from error
    missing = [name for name, p in model.named_parameters() if p.device.type == "meta"]
    if missing:
        raise DamagedModel(
            f"{component.name} lacks {len(missing)} of its tensors, such as {missing[0]}.",
            "Download the model again.",
        )
    return finish_component(model)


def _light_component(component: Component, plan: LoadPlan, header: dict[str, Any]) -> Any:
    """Return a scheduler or tokenizer; those of the shipped configs share one vocabulary."""
    kind = component_class(component, plan.title)
    if component.folder.is_dir():
        part = kind.from_pretrained(str(component.folder), local_files_only=True)
        if component.name == "scheduler" and "v_pred" in header:
            # The marker that checkpoints of SDXL trained for v-prediction carry.
            changes: dict[str, Any] = {"prediction_type": "v_prediction"}
            if "ztsnr" in header:
                changes |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
            part = kind.from_config(part.config, **changes)
        return part
    folder = _CONFIGS / "clip_tokenizer"
    # OpenCLIP's text encoders (SD 2, the second of SDXL) were trained with "!" as padding.
    open_clip = component.name == "tokenizer_2" or component.folder.parent.name == "sd2"
    return kind(
        vocab=str(folder / "vocab.json"),
        merges=str(folder / "merges.txt"),
        model_max_length=77,
        pad_token="!" if open_clip else "<|endoftext|>",
    )


def _assemble(kind: Any, files: PipelineFiles, parts: dict[str, Any]) -> Any:
    import inspect

    takes = inspect.signature(kind.__init__).parameters
    given = {name: part for name, part in (files.settings | parts).items() if name in takes}
    for name, parameter in takes.items():
        if name != "self" and name not in given and parameter.default is inspect.Parameter.empty:
            given[name] = None
    return kind(**given)

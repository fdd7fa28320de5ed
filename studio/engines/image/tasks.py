"""Pipelines for other tasks over the same weights, as diffusers' ``from_pipe`` makes them.

``DiffusionPipeline.from_pipe`` (diffusers 0.42) casts every component to one data type, which
would undo a VAE that is kept in float32; the components are therefore handed over as they are.
"""

from __future__ import annotations

import inspect
import re
from typing import Any, Literal

from studio.core.errors import ModelProblem

Task = Literal["image_to_image", "inpaint"]

_ENDINGS: dict[Task, str] = {"image_to_image": "Img2ImgPipeline", "inpaint": "InpaintPipeline"}
_INPUTS: dict[Task, str] = {"image_to_image": "strength", "inpaint": "mask_image"}
_IN_WORDS: dict[Task, str] = {"image_to_image": "go on from a picture", "inpaint": "fill a hole"}
_VARIANT = re.compile(r"(Img2Img|Inpaint)?Pipeline$")


def derived(pipeline: Any, task: Task) -> Any:
    """Return a pipeline for a task that shares every component with ``pipeline``.

    Where the loaded pipeline does the task itself it is returned as it is.

    Raises:
        ModelProblem: diffusers has no pipeline of this family for the task.
    """
    if _does(type(pipeline), task):
        return pipeline
    kind = _class_for(type(pipeline).__name__, task)
    if kind is None:
        raise ModelProblem(
            f"This model cannot {_IN_WORDS[task]}.", "Choose another model for this job."
        )
    expected, optional = kind._get_signature_keys(kind)
    parts = {name: getattr(pipeline, name, None) for name in expected}
    parts |= {name: pipeline.config[name] for name in optional if name in pipeline.config}
    made = kind(**parts)
    made.set_progress_bar_config(disable=True)
    return made


def size_multiple(pipeline: Any) -> int:
    """Return what both sides of a working size (px) must be multiples of.

    The VAE's factor, and another two for families that join latents in patches of 2 x 2.
    """
    return 2 * int(getattr(pipeline, "vae_scale_factor", 8))


def _does(kind: type, task: Task) -> bool:
    return _INPUTS[task] in inspect.signature(kind.__call__).parameters and (
        task == "inpaint" or not _does(kind, "inpaint")
    )


def _class_for(name: str, task: Task) -> Any:
    import diffusers

    kind = getattr(diffusers, _VARIANT.sub("", name) + _ENDINGS[task], None)
    if kind is not None:
        return kind
    # Imports every family at once (seconds), so only where the name does not settle it.
    from diffusers.pipelines import auto_pipeline

    mapping = {
        "image_to_image": auto_pipeline.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
        "inpaint": auto_pipeline.AUTO_INPAINT_PIPELINES_MAPPING,
    }[task]
    return auto_pipeline._get_task_class(mapping, name, throw_error_if_not_exist=False)

"""Which family and tasks a diffusers pipeline class stands for.

The text-to-image classes are those of AUTO_TEXT2IMAGE_PIPELINES_MAPPING in diffusers 0.42
(pipelines/auto_pipeline.py), less those that need more input than words.
"""

from __future__ import annotations

import re

from studio.models.families.base import PICTURE_TASKS
from studio.models.installed import Family

# Start of the class name -> family; the longest start that fits counts.
_FAMILY_BY_START: dict[str, Family] = {
    "StableDiffusion": "sd1",
    "LatentConsistencyModel": "sd1",
    "StableDiffusionXL": "sdxl",
    "StableDiffusion3": "sd3",
    "Flux": "flux",
    "Flux2": "other_diffusers",
    "QwenImage": "qwen_image",
    "ZImage": "z_image",
    "Sana": "sana",
    "SanaVideo": "other_diffusers",
}

# Classes whose weights serve all picture tasks. Their variants for one task (Img2Img, Inpaint) and
# with perturbed attention (PAG) hold the same components, so they serve the others too.
_ALL_PICTURE_TASKS = frozenset(
    {
        "StableDiffusion",
        "StableDiffusionXL",
        "StableDiffusion3",
        "Flux",
        "QwenImage",
        "ZImage",
        "LatentConsistencyModel",
    }
)
_VARIANT_ENDINGS = re.compile(r"(Img2Img|Inpaint|PAG)*Pipeline$")

_TEXT_TO_IMAGE = frozenset(
    {
        "AuraFlowPipeline",
        "ChromaPipeline",
        "CogView3PlusPipeline",
        "CogView4Pipeline",
        "Flux2KleinPipeline",
        "Flux2Pipeline",
        "GlmImagePipeline",
        "HunyuanDiTPipeline",
        "Ideogram4Pipeline",
        "Kandinsky3Pipeline",
        "KolorsPipeline",
        "Krea2Pipeline",
        "Lumina2Pipeline",
        "LuminaPipeline",
        "NucleusMoEImagePipeline",
        "OvisImagePipeline",
        "PRXPipeline",
        "PixArtAlphaPipeline",
        "PixArtSigmaPipeline",
        "QwenImage21Pipeline",
        "SanaPipeline",
        "SanaSprintPipeline",
        "ZImageOmniPipeline",
    }
)

_TASKS_BY_ENDING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Img2ImgPipeline", ("image_to_image", "colorize")),
    ("InpaintPipeline", ("inpaint", "uncrop")),
    ("FillPipeline", ("inpaint", "uncrop")),
    ("StableVideoDiffusionPipeline", ("image_to_video",)),
    ("AnimateDiffPipeline", ("text_to_video",)),
)


def pipeline_family(class_name: str) -> Family:
    """Return the family of a pipeline class; "other_diffusers" for those without their own."""
    fitting = [start for start in _FAMILY_BY_START if class_name.startswith(start)]
    return _FAMILY_BY_START[max(fitting, key=len)] if fitting else "other_diffusers"


def pipeline_tasks(class_name: str) -> tuple[str, ...]:
    """Return the request kinds that a pipeline class can serve; none for unknown classes."""
    if _VARIANT_ENDINGS.sub("", class_name) in _ALL_PICTURE_TASKS:
        return PICTURE_TASKS
    if class_name in _TEXT_TO_IMAGE:
        return ("text_to_image",)
    for ending, tasks in _TASKS_BY_ENDING:
        if class_name.endswith(ending):
            return tasks
    return ()

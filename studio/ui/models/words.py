"""What kinds of model, precisions and placements are called."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication

from studio.api.plans import ResidentModel
from studio.models.installed import FAMILY_TITLES
from studio.ui.widgets.words import duration

_TASKS = {
    "text_to_image": "Pictures",
    "image_to_image": "Restyle",
    "inpaint": "Fill",
    "uncrop": "Uncrop",
    "colorize": "Colorize",
    "upscale": "Upscale",
    "text_to_video": "Video",
    "image_to_video": "Video",
    "generate_music": "Music",
    "chat": "Chat",
}
_EVERY_PICTURE_TASK = ("text_to_image", "image_to_image", "inpaint", "uncrop", "colorize")
_PRECISIONS = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}


def _tr(text: str) -> str:
    return QCoreApplication.translate("ModelWords", text)


def tasks_in_words(tasks: Iterable[str], family: str = "") -> str:
    """Return what a model does: "Pictures"; a part of a model is called by its family.

    A model for every picture task is called by its first alone: the licence beside it needs room.
    """
    tasks = tuple(tasks)
    if set(_EVERY_PICTURE_TASK) <= set(tasks):
        tasks = tuple(task for task in tasks if task not in _EVERY_PICTURE_TASK[1:])
    named = list(dict.fromkeys(_tr(_TASKS.get(task, task.replace("_", " "))) for task in tasks))
    return ", ".join(named) or family_in_words(family)


def family_in_words(family: str) -> str:
    """Return the family's name."""
    return FAMILY_TITLES.get(family, family.replace("_", " "))


def precision_in_words(data_type: str) -> str:
    """Return the short name of a data type."""
    return _PRECISIONS.get(data_type, data_type)


def placement_in_words(placement: str) -> str:
    """Return where the parts of a model are."""
    return {
        "whole": _tr("whole model on the device"),
        "component_offload": _tr("one part at a time on the device"),
        "group_offload": _tr("layer by layer on the device"),
    }[placement]


def idle_in_words(seconds: float) -> str:
    """Return how long ago a model was used."""
    return _tr("in use") if seconds <= 0 else _tr("idle {0}").format(duration(seconds))


def resident_in_words(model: ResidentModel) -> str:
    """Return precision and use of a model in memory: "bf16 · idle 3 min 0 s"."""
    return f"{precision_in_words(model.data_type)} · {idle_in_words(model.idle_seconds)}"


def why_in_words(resident: Iterable[ResidentModel]) -> str:
    """Return why these models are in memory, and what makes one leave."""
    models = list(resident)
    if not models:
        return _tr("No model is in memory. The first picture loads the one it needs.")
    lines = [
        _tr(
            "A model stays after its picture, so that the next one starts at once. When another "
            "needs the room, the one that was used longest ago goes."
        )
    ]
    for model in models:
        if model.placement == "component_offload":
            lines.append(
                _tr("{0} waits in system memory: only the part at work is on the device.").format(
                    model.title
                )
            )
        elif model.placement == "group_offload":
            lines.append(
                _tr("{0} waits in system memory: its layers come to the device in turn.").format(
                    model.title
                )
            )
    return "\n\n".join(lines)

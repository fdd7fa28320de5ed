"""What every family sees and answers: a checkpoint's keys and shapes in, a recognition out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from studio.core.errors import NotAMatch
from studio.models.component_weights import count_weights
from studio.models.installed import (
    ComponentWeights,
    Family,
    GenerationDefaults,
    LanguageFacts,
    WorkingMemory,
)
from studio.models.safetensors_header import SafetensorsHeader, TensorInfo

# What one set of weights can do in diffusers, by from_pipe between the pipelines of a family.
PICTURE_TASKS = ("text_to_image", "image_to_image", "inpaint", "uncrop", "colorize")


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """A family's answer: what the files are. Fields as in ``InstalledModel``."""

    family: Family
    components: tuple[ComponentWeights, ...] = ()
    tasks: tuple[str, ...] = ()
    defaults: GenerationDefaults = GenerationDefaults()
    working_memory: WorkingMemory = WorkingMemory()
    summary: str = ""
    kind: str = ""
    for_family: str = ""
    pipeline_class: str = ""
    language: LanguageFacts | None = None


class Checkpoint:
    """One safetensors file as the families look at it: names and shapes, no weights."""

    def __init__(self, header: SafetensorsHeader) -> None:
        self.header = header
        self.path: Path = header.path
        self.tensors: Mapping[str, TensorInfo] = header.tensors

    @property
    def name(self) -> str:
        """The file's name in lower case, without its ending."""
        return self.path.stem.lower()

    def shape(self, *keys: str) -> tuple[int, ...] | None:
        """Return the shape of the first of ``keys`` that exists."""
        for key in keys:
            if (info := self.tensors.get(key)) is not None:
                return info.shape
        return None

    def dimension(self, key: str, axis: int) -> int:
        """Return one dimension of a tensor.

        Raises:
            NotAMatch: the tensor does not exist or has fewer dimensions.
        """
        shape = self.shape(key)
        if shape is None or not -len(shape) <= axis < len(shape):
            raise NotAMatch(f"{self.path.name} has no usable {key!r}.")
        return shape[axis]

    def has(self, *keys: str) -> bool:
        """True if at least one of ``keys`` exists."""
        return any(key in self.tensors for key in keys)

    def below(self, prefix: str, *, without: tuple[str, ...] = ()) -> dict[str, TensorInfo]:
        """Return the tensors under ``prefix``, their names without it, less those that begin with
        one of ``without``."""
        cut = len(prefix)
        return {
            name: info
            for key, info in self.tensors.items()
            if key.startswith(prefix) and not (name := key[cut:]).startswith(without)
        }

    def component(
        self, name: str, class_name: str, prefix: str, *, without: tuple[str, ...] = ()
    ) -> ComponentWeights | None:
        """Count the component under ``prefix``, or return None if it is not in the file."""
        tensors = self.below(prefix, without=without)
        return count_weights(name, class_name, tensors) if tensors else None


Recogniser = Callable[[Checkpoint], Recognised]


def present(*components: ComponentWeights | None) -> tuple[ComponentWeights, ...]:
    """Return the components that are there."""
    return tuple(component for component in components if component is not None)

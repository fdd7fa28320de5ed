"""LoRAs: small weight changes from safetensors files, put on a pipeline and taken off again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.api.requests import LoraUse
from studio.core.errors import DamagedModel, InvalidRequest, ModelProblem
from studio.engines.image.files import safetensors_header
from studio.engines.image.loading import is_out_of_memory


class LoraSet:
    """The adapters on one pipeline.

    Adapters stay loaded while requests use them; one that a request does not name is taken off
    before its run, so that no trace of it is left in the pictures.
    """

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._loaded: dict[str, str] = {}
        self._frozen: dict[int, list[bool]] = {}

    def apply(self, uses: Sequence[LoraUse]) -> tuple[tuple[str, float], ...]:
        """Make exactly these LoRAs act, and return (adapter name, weight) of each.

        A file that is named twice acts with the sum of its weights.

        Raises:
            InvalidRequest: the model takes no LoRA, or the LoRA was made for another family.
            UntrustedModel, DamagedModel: the file is a pickle, missing or truncated.
        """
        weights: dict[str, float] = {}
        paths: dict[str, Path] = {}
        for use in uses:
            name = _adapter_name(Path(use.path))
            weights[name] = weights.get(name, 0.0) + use.weight
            paths[name] = Path(use.path)
        self._remove([name for name in self._loaded if name not in weights])
        for name, path in paths.items():
            if name not in self._loaded:
                self._load(name, path)
        if weights:
            self._pipeline.set_adapters(list(weights), list(weights.values()))
        return tuple(weights.items())

    def _remove(self, names: list[str]) -> None:
        if not names:
            return
        if len(names) == len(self._loaded):
            self._unload_all()
        else:
            self._pipeline.delete_adapters(names)
        for name in names:
            del self._loaded[name]

    def _load(self, name: str, path: Path) -> None:
        if not hasattr(self._pipeline, "load_lora_weights"):
            raise InvalidRequest("This model takes no LoRA.", "Remove the LoRA and try again.")
        safetensors_header(path)
        if not self._frozen:
            self._frozen = {
                id(model): [parameter.requires_grad for parameter in model.parameters()]
                for model in self._models()
            }
        try:
            self._pipeline.load_lora_weights(
                str(path.parent),
                weight_name=path.name,
                adapter_name=name,
                local_files_only=True,
                use_safetensors=True,
            )
        except Exception as error:
            self._clean_up(name)
            if is_out_of_memory(error):
                raise
            # PEFT and diffusers raise a dozen types for layers that do not match.
            raise _does_not_fit(path) from error
        if not any(name in adapters for adapters in self._adapters().values()):
            self._clean_up(name)
            raise _does_not_fit(path)
        self._loaded[name] = str(path)

    def _unload_all(self) -> None:
        """Take every adapter layer out, which leaves the model as it was loaded.

        PEFT freezes the weights that it adapts, and torch picks other kernels for frozen weights,
        which round differently: so that is undone too.
        """
        self._pipeline.unload_lora_weights()
        for model in self._models():
            flags = self._frozen.get(id(model), [])
            for parameter, trainable in zip(model.parameters(), flags, strict=False):
                parameter.requires_grad_(trainable)
        self._frozen.clear()

    def _models(self) -> list[Any]:
        import torch

        parts = self._pipeline.components.values()
        return [part for part in parts if isinstance(part, torch.nn.Module)]

    def _adapters(self) -> dict[str, list[str]]:
        adapters: dict[str, list[str]] = self._pipeline.get_list_adapters()
        return adapters

    def _clean_up(self, name: str) -> None:
        if any(name in adapters for adapters in self._adapters().values()):
            self._pipeline.delete_adapters([name])
        if not self._loaded:
            self._unload_all()


def _adapter_name(path: Path) -> str:
    """Name an adapter after its file and the file's state, so that a changed file is read again."""
    try:
        state = path.stat()
    except OSError as error:
        raise DamagedModel(
            f"The LoRA {path.name} is missing.", "Choose the file again, or remove the LoRA."
        ) from error
    key = f"{path.resolve()}:{state.st_size}:{state.st_mtime_ns}"
    return f"lora_{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _does_not_fit(path: Path) -> ModelProblem:
    return ModelProblem(
        f"The LoRA {path.name} fits no layer of this model.",
        "It was made for another model family; choose one for this model.",
        code="lora_does_not_fit",
    )

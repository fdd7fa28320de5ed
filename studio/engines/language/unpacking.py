"""Unpacking a GGUF file once into a folder of half-precision safetensors, which loads in no time.

Half precision on the disk, because it holds packed 4-bit weights exactly enough (their scales are
float16 themselves) in half the room of float32; float16 and not bfloat16, whose 8 bits of mantissa
would round them. In memory the run's own precision counts: float32 on processors.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any

import msgspec

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.core.errors import DamagedModel, storage_problem
from studio.engines.image.loading import is_out_of_memory
from studio.engines.language.loading import import_quietly

_log = logging.getLogger(__name__)

_NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
_SUFFIX = ".unpacking"


def unpacked(plan: LoadPlan, run: Run) -> LoadPlan:
    """Return the plan for the unpacked folder of a packed model, unpacking it now if need be.

    Raises:
        DamagedModel: the file cannot be unpacked.
        StorageProblem: the models folder does not take it.
    """
    target = Path(plan.convert_to)
    if not is_whole(target):
        unpack(Path(plan.path), target, run)
    return msgspec.structs.replace(
        plan, path=str(target), layout="transformers", convert_to="", variant=""
    )


def is_whole(folder: Path) -> bool:
    """True if a folder holds everything that unpacking writes."""
    return all((folder / name).is_file() for name in _NEEDED)


def unpack(source: Path, target: Path, run: Run) -> None:
    """Write the model of a GGUF file as ``target``, all of it or nothing, whenever it is ended.

    The work is done in a hidden folder beside the target, which is renamed at the end.
    """
    import_quietly()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        temporary = target.with_name(f".{target.name}.{os.getpid()}{_SUFFIX}")
        temporary.mkdir()
        try:
            _write(source, temporary, run)
            if target.exists() and not is_whole(target):
                target.rename(target.with_name(f".{target.name}.{os.getpid()}.damaged"))
            if not target.exists():
                temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise storage_problem(error, target) from error


def _sweep(target: Path) -> None:
    """Remove what processes that are gone left behind."""
    import psutil

    for left in target.parent.glob(f".{target.name}.*{_SUFFIX}"):
        pid = left.name.removesuffix(_SUFFIX).rpartition(".")[2]
        if not pid.isdecimal() or not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _write(source: Path, folder: Path, run: Run) -> None:
    try:
        run.loading(0.0, "the starter model for the first time: reading")
        tokenizer, model = _read(source, run)
        run.loading(0.85, "the starter model for the first time: writing")
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    except (OSError, MemoryError):
        raise
    except (ValueError, KeyError, TypeError, RuntimeError, IndexError) as error:
        if is_out_of_memory(error):
            raise
        raise DamagedModel(
            f"{source.name} cannot be unpacked: {str(error)[:200]}", f"Get {source} again."
        ) from error
    run.check_cancelled()
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _read(source: Path, run: Run) -> tuple[Any, Any]:
    """Return tokenizer and float16 model. transformers refuses to save a model that it loaded from
    GGUF, so the tensors go into one that is built from its configuration."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    where = {"gguf_file": source.name, "local_files_only": True}
    config = AutoConfig.from_pretrained(str(source.parent), **where)
    run.check_cancelled()
    run.loading(0.2, "the starter model for the first time: unpacking")
    config.dtype = torch.float16
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    tensors = load_gguf_checkpoint(
        str(source), return_tensors=True, model_to_load=model, torch_dtype=torch.float16
    )["tensors"]
    report = model.load_state_dict(tensors, strict=False, assign=True)
    model.tie_weights()
    lacking = [name for name in report.missing_keys if model.get_parameter(name).is_meta]
    if lacking:
        raise DamagedModel(f"{source.name} lacks the tensor {lacking[0]}.", f"Get {source} again.")
    run.check_cancelled()
    run.loading(0.6, "the starter model for the first time: vocabulary")
    # Not AutoTokenizer, which reads the whole file twice more.
    tokenizer = PreTrainedTokenizerFast.from_pretrained(str(source.parent), **where)
    run.check_cancelled()
    return tokenizer, model

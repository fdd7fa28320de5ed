"""Loading a language model: a transformers folder, or a GGUF file that transformers unpacks."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.core.errors import DamagedModel, ModelProblem, StudioError
from studio.engines.devices import release_cached_memory
from studio.engines.image.loading import is_out_of_memory, torch_dtype
from studio.engines.language.cache import ConversationCache

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)


def import_quietly() -> None:
    """Import transformers with the network switched off and progress bars hidden."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


class LoadedLanguageModel:
    """A model and its tokenizer in memory, with what it has read of the last conversation."""

    def __init__(self, model: Any, tokenizer: Any, plan: LoadPlan) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.plan = plan
        self.end_ids = _end_ids(model, tokenizer)
        self.context_tokens = context_tokens(model.config)
        self.cache = ConversationCache(model)

    @classmethod
    def load(cls, plan: LoadPlan, run: Run) -> LoadedLanguageModel:
        """Load what a plan names.

        Raises:
            DamagedModel: a file is missing, or tensors are missing or of the wrong shape.
            ModelProblem: the model has no chat template.
        """
        import_quietly()
        run.check_cancelled()
        run.loading(0.0, plan.title)
        try:
            tokenizer, model = _load(plan, run)
        except StudioError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            # The libraries raise a dozen types here, down to bare Exceptions of their cores.
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise DamagedModel(
                f"{plan.title} cannot be loaded: {reason[:300]}", "Get the model's files again."
            ) from error
        if not getattr(tokenizer, "chat_template", None):
            raise ModelProblem(
                f"{plan.title} has no chat template, so it cannot answer.",
                "Choose a model whose name says Instruct or Chat.",
            )
        run.loading(1.0, plan.title)
        return cls(model.eval(), tokenizer, plan)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        device: torch.device = self.model.device
        return device

    def held_bytes(self) -> int:
        """Return the bytes of weights and of the kept conversation."""
        tensors = {t.data_ptr(): t for t in (*self.model.parameters(), *self.model.buffers())}
        weights = sum(t.numel() * t.element_size() for t in tensors.values())
        return int(weights) + self.cache.held_bytes()

    def release(self) -> None:
        """Drop every weight."""
        device = self.plan.device
        self.cache.forget()
        self.model = self.tokenizer = None
        release_cached_memory(device)


def _load(plan: LoadPlan, run: Run) -> tuple[Any, Any]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = Path(plan.path)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    folder = path
    if plan.layout == "gguf":
        folder = path.parent
        options["gguf_file"] = path.name
    tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
    run.check_cancelled()
    run.loading(0.1, plan.title)
    if plan.device != "cpu":
        options["device_map"] = {"": plan.device}
    if plan.layout != "gguf":
        options["use_safetensors"] = True
    model, report = AutoModelForCausalLM.from_pretrained(
        str(folder), dtype=torch_dtype(plan.data_type), output_loading_info=True, **options
    )
    if missing := sorted(report["missing_keys"]):
        raise DamagedModel(
            f"{plan.title} lacks {len(missing)} of its tensors, such as {missing[0]}.",
            "Get the model's files again.",
        )
    return tokenizer, model


def _end_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that end an answer: those of both configurations and the tokenizer."""
    found: set[int] = set()
    for named in (
        getattr(model.generation_config, "eos_token_id", None),
        getattr(model.config, "eos_token_id", None),
        tokenizer.eos_token_id,
    ):
        if isinstance(named, int):
            found.add(named)
        elif named is not None:
            found.update(int(number) for number in named)
    return frozenset(found)


def context_tokens(configuration: Any) -> int:
    """Return the longest text, in tokens, that a model was made for; 2048 where it does not say."""
    for name in ("max_position_embeddings", "n_positions", "n_ctx"):
        number = getattr(configuration, name, None)
        if isinstance(number, int) and number > 0:
            return number
    return 2048

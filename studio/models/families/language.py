"""Language models: a transformers folder with a causal model and its tokenizer, or a GGUF file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from studio.core.errors import DamagedModel, NotAMatch, UntrustedModel
from studio.models.component_weights import count_weights, read_weight_file
from studio.models.families.base import Recognised
from studio.models.file_access import (
    CAUSAL_MODEL,
    CONFIGURATION,
    TOKENIZER_FILES,
    inside,
    read_json,
)
from studio.models.gguf_header import GgufHeader
from studio.models.installed import ComponentWeights, LanguageFacts

WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
CHAT_TASK = "chat"

_PICKLES = (".bin", ".pt", ".pth")
_NO_TEMPLATE = "It has no chat template, so it can continue a text but not answer."

# Architectures that transformers 5 unpacks from GGUF (integrations/ggml.py,
# GGUF_CONFIG_MAPPING); encoders and models of other media left out.
_UNPACKED = frozenset(
    {
        *("llama", "mistral", "qwen2", "qwen2moe", "qwen3", "qwen3moe", "falcon", "phi3"),
        *("stablelm", "gpt2", "starcoder2", "mamba", "nemotron", "gemma2", "gemma3", "lfm2"),
    }
)


class LanguageFolderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder in the transformers layout holds, beside what it is."""

    recognised: Recognised
    fingerprint: str
    size_on_disk: int


def read_language_folder(folder: Path) -> LanguageFolderFacts:
    """Read the headers of a model in the transformers layout and say what it is.

    Raises:
        NotAMatch: it is no causal language model.
        DamagedModel: a file is missing or damaged; the message names it.
        UntrustedModel: its weights are pickles.
    """
    path = inside(folder, CONFIGURATION)
    if not path.exists():
        raise NotAMatch(f"{folder.name} has no {CONFIGURATION}.")
    configuration = read_json(path)
    architecture = _architecture(configuration)
    if architecture is None:
        raise NotAMatch(f"{folder.name} is no causal language model.")
    weights = read_weight_file(folder, _weights_name(folder))
    if not any(inside(folder, name).is_file() for name in TOKENIZER_FILES):
        raise DamagedModel(
            f"{folder.name} is incomplete: {TOKENIZER_FILES[0]} is missing.",
            "Finish or repeat the download of the model.",
        )
    component = count_weights(
        "language_model",
        architecture,
        weights.tensors,
        tie_output=bool(configuration.get("tie_word_embeddings")),
    )
    template = _has_template(folder)
    quantised = configuration.get("quantization_config") is not None
    facts = _folder_facts(configuration)
    recognised = Recognised(
        family="language",
        components=(component,),
        tasks=(CHAT_TASK,) if template and not quantised else (),
        summary=_summary(template, quantised),
        kind=str(configuration.get("model_type", ""))[:80],
        language=facts,
    )
    return LanguageFolderFacts(
        recognised=recognised,
        fingerprint=_fingerprint(folder, tuple(h.fingerprint for h in weights.headers)),
        size_on_disk=weights.file_bytes,
    )


def recognise_gguf(header: GgufHeader) -> Recognised:
    """Say what a GGUF file is: a language model if it carries a vocabulary, else unknown."""
    architecture = header.architecture
    vocabulary = header.lengths.get("tokenizer.ggml.tokens", 0)
    tensors = header.tensors
    component = ComponentWeights(
        name="language_model" if vocabulary else "weights",
        class_name=architecture[:80],
        parameters=sum(tensor.values for tensor in tensors.values()),
        stored_bytes=sum(tensor.stored_bytes for tensor in tensors.values()),
        stored_data_type=_most_common_type(header),
        largest_layer=max(tensor.values for tensor in tensors.values()),
    )
    if not vocabulary:
        return Recognised(
            family="unknown",
            components=(component,),
            kind=architecture[:80],
            summary=f"A GGUF file of the architecture {architecture[:80] or '?'}, not for writing.",
        )
    template = "tokenizer.chat_template" in header.values
    usable = architecture in _UNPACKED
    summary = _summary(template, False)
    if not usable:
        summary = f"GGUF files of the architecture {architecture[:80]} cannot be unpacked yet."
    return Recognised(
        family="language",
        components=(component,),
        tasks=(CHAT_TASK,) if template and usable else (),
        summary=summary,
        kind=f"{architecture[:80]} GGUF {component.stored_data_type}",
        language=_gguf_facts(header, vocabulary),
    )


def _architecture(configuration: dict[str, Any]) -> str | None:
    named = configuration.get("architectures")
    if not isinstance(named, list):
        return None
    return next((a[:120] for a in named if isinstance(a, str) and a.endswith(CAUSAL_MODEL)), None)


def _weights_name(folder: Path) -> str:
    for name in WEIGHTS:
        path = inside(folder, name)
        if path.exists() or path.is_symlink():
            return name
    for path in sorted(folder.iterdir())[:200]:
        if path.name.endswith(_PICKLES):
            raise UntrustedModel(
                f"{folder.name} holds its weights only as {path.name[:120]}, a pickle.",
                "A pickle can run any program when it is loaded, so the studio never opens one. "
                "Look for the same model as .safetensors.",
            )
    raise DamagedModel(
        f"{folder.name} is incomplete: {WEIGHTS[0]} is missing.",
        "Finish or repeat the download of the model.",
    )


def _has_template(folder: Path) -> bool:
    if inside(folder, "chat_template.jinja").is_file():
        return True
    for name in ("tokenizer_config.json", "chat_template.json"):
        path = inside(folder, name)
        if path.is_file() and read_json(path).get("chat_template"):
            return True
    return False


def _summary(template: bool, quantised: bool) -> str:
    if quantised:
        return "Its weights are packed in a form that this version does not compute with."
    return "Answers in words: chat, drafts, code." if template else _NO_TEMPLATE


def _folder_facts(configuration: dict[str, Any]) -> LanguageFacts:
    """Read sizes off a configuration; the second names are those of GPT-2's family."""

    def number(*names: str, default: int = 0) -> int:
        for name in names:
            value = configuration.get(name)
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 2**32:
                return value
        return default

    layers = number("num_hidden_layers", "n_layer", "num_layers", default=1)
    hidden = number("hidden_size", "n_embd", "d_model", default=1)
    heads = number("num_attention_heads", "n_head", default=1)
    return _facts(
        layers=layers,
        hidden=hidden,
        inner=number("intermediate_size", "n_inner", default=4 * hidden),
        key_values=number("num_key_value_heads", default=heads)
        * number("head_dim", default=max(1, hidden // heads)),
        vocabulary=number("vocab_size", default=1),
        context=number("max_position_embeddings", "n_positions", "n_ctx", default=2048),
    )


def _gguf_facts(header: GgufHeader, vocabulary: int) -> LanguageFacts:
    hidden = header.number("embedding_length") or 1
    heads = header.number("attention.head_count") or 1
    key_heads = header.number("attention.head_count_kv") or heads
    return _facts(
        layers=header.number("block_count") or 1,
        hidden=hidden,
        inner=header.number("feed_forward_length") or 4 * hidden,
        key_values=key_heads * (header.number("attention.key_length") or max(1, hidden // heads)),
        vocabulary=vocabulary,
        context=header.number("context_length") or 2048,
    )


def _facts(
    *, layers: int, hidden: int, inner: int, key_values: int, vocabulary: int, context: int
) -> LanguageFacts:
    return LanguageFacts(
        context_tokens=context,
        cache_values_per_token=2 * layers * key_values,
        # Of one layer at a time: attention's four projections and the two inner ones.
        values_per_token=8 * hidden + 3 * inner,
        vocabulary=vocabulary,
    )


def _most_common_type(header: GgufHeader) -> str:
    bytes_of: dict[str, int] = {}
    for tensor in header.tensors.values():
        bytes_of[tensor.type] = bytes_of.get(tensor.type, 0) + tensor.stored_bytes
    return max(bytes_of, key=lambda name: bytes_of[name])


def _fingerprint(folder: Path, fingerprints: tuple[str, ...]) -> str:
    """Fingerprint of the weights and of every small file that changes what a model answers."""
    digest = hashlib.sha256("\n".join(fingerprints).encode())
    for name in (
        *(CONFIGURATION, "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
        *("chat_template.jinja", "tokenizer.model", "vocab.json", "merges.txt"),
    ):
        path = inside(folder, name)
        if path.is_file():
            digest.update(name.encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()

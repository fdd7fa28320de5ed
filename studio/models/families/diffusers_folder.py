"""Models in the diffusers layout: a folder with model_index.json and one subfolder a component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from studio.core.errors import DamagedModel, NotAMatch, UntrustedModel
from studio.models.component_weights import WeightFiles, count_weights, read_weight_file
from studio.models.defaults import defaults_for
from studio.models.families.base import Recognised
from studio.models.families.pipelines import pipeline_family, pipeline_tasks
from studio.models.file_access import INDEX, inside, read_json
from studio.models.installed import Family, WorkingMemory
from studio.models.working_memory import (
    decode_values,
    transformer_values,
    unet_working_memory,
)

# Never loaded by the studio, so neither counted nor required.
_NOT_LOADED = frozenset({"safety_checker", "feature_extractor", "image_encoder"})

_WEIGHT_STEMS = ("diffusion_pytorch_model", "model")
_VARIANTS = ("", "fp16", "bf16")
_PICKLE_ENDINGS = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack", ".h5")

# Classes that hold no weights, by how their names end.
_SCHEDULER_ENDINGS = ("Scheduler",)
_TOKENIZER_ENDINGS = ("Tokenizer", "TokenizerFast")
_PROCESSOR_ENDINGS = ("Processor", "ProcessorFast", "FeatureExtractor")
_TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.json",
    "spiece.model",
    "tokenizer.model",
    "vocab.txt",
)
_DENOISERS = ("unet", "transformer", "prior", "decoder")


class _Component(msgspec.Struct, frozen=True, kw_only=True):
    """One weight-bearing component of a folder: its files by variant, and its configuration."""

    name: str
    class_name: str
    variants: dict[str, WeightFiles]
    configuration: dict[str, Any]


class FolderFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds, beside what it is."""

    recognised: Recognised
    variants: tuple[str, ...]
    fingerprints: tuple[str, ...]
    size_on_disk: int


def read_folder(folder: Path, *, name: str) -> FolderFacts:
    """Read every component's headers and say what the folder is.

    Args:
        folder: the model's folder.
        name: of the model, for people; tells distilled models apart.

    Raises:
        NotAMatch: there is no model_index.json.
        DamagedModel: a component's file is missing or damaged; the message names it.
        UntrustedModel: weights are pickles, or the model brings its own program code.
    """
    index = _read_index(folder)
    components = _components(folder, index)
    variants = _complete_variants(components)
    return FolderFacts(
        recognised=_recognised(index, components, variants[0], name),
        variants=tuple(variants),
        fingerprints=_fingerprints(components),
        size_on_disk=sum(
            files.file_bytes for component in components for files in component.variants.values()
        ),
    )


def _read_index(folder: Path) -> dict[str, Any]:
    path = inside(folder, INDEX)
    if not path.exists():
        raise NotAMatch(
            f"{folder.name} is not a model folder: it has no {INDEX}.",
            "Choose the folder that holds model_index.json, or a .safetensors file.",
        )
    index = read_json(path)
    if not isinstance(index.get("_class_name"), str):
        raise _own_code(folder, "its pipeline")
    return index


def _recognised(
    index: dict[str, Any], components: list[_Component], variant: str, name: str
) -> Recognised:
    pipeline = str(index["_class_name"])
    family = _family(pipeline, index, components)
    kind = _kind(components)
    files = {component.name: _files_of(component, variant) for component in components}
    return Recognised(
        family=family,
        components=tuple(
            count_weights(
                component.name,
                component.class_name,
                files[component.name].tensors,
                tie_output=bool(component.configuration.get("tie_word_embeddings")),
            )
            for component in components
        ),
        tasks=_tasks(pipeline, family, kind),
        pipeline_class=pipeline,
        kind=kind,
        defaults=defaults_for(
            family,
            name=name,
            sample_size_px=_sample_size(components),
            guidance_embedded=_config(components, "transformer").get("guidance_embeds"),
        ),
        working_memory=_working_memory(family, components, files),
    )


def _components(folder: Path, index: dict[str, Any]) -> list[_Component]:
    found = []
    for name, value in index.items():
        if name.startswith("_") or name in _NOT_LOADED or not isinstance(value, list):
            continue
        if len(value) != 2:
            raise DamagedModel(f"{INDEX} describes {name[:80]!r} in an unknown way.")
        library, class_name = value
        if library is None or class_name is None:
            continue
        if not isinstance(library, str) or not isinstance(class_name, str):
            raise DamagedModel(f"{INDEX} describes {name[:80]!r} in an unknown way.")
        if class_name == "OnnxRuntimeModel":
            raise NotAMatch(f"{folder.name} is an ONNX model.", "Look for its safetensors version.")
        _refuse_own_code(folder, name, library)
        if class_name.endswith(_SCHEDULER_ENDINGS):
            _require(folder, name, ("scheduler_config.json",))
        elif class_name.endswith(_TOKENIZER_ENDINGS):
            _require(folder, name, _TOKENIZER_FILES)
        elif class_name.endswith(_PROCESSOR_ENDINGS):
            _require(folder, name, ("preprocessor_config.json", "processor_config.json"))
        else:
            found.append(_read_component(folder, name, class_name))
    if not found:
        raise DamagedModel(f"{folder.name} names no component with weights.", f"See {INDEX}.")
    return found


def _refuse_own_code(folder: Path, name: str, library: str) -> None:
    """diffusers loads a component from ``<component>/<library>.py`` with trust_remote_code."""
    if "." in library or "/" in library or "\\" in library:
        raise _own_code(folder, name)
    for place in (f"{name}/{library}.py", f"{library}.py"):
        if library not in ("diffusers", "transformers") and inside(folder, place).exists():
            raise _own_code(folder, name)


def _own_code(folder: Path, what: str) -> UntrustedModel:
    return UntrustedModel(
        f"{folder.name} brings its own program code for {what[:80]}.",
        "The studio runs no code that comes with a model. Look for a version without it.",
    )


def _require(folder: Path, component: str, names: tuple[str, ...]) -> None:
    for name in names:
        if inside(folder, f"{component}/{name}").is_file():
            return
    raise _missing(folder, f"{component}/{names[0]}")


def _missing(folder: Path, name: str) -> DamagedModel:
    return DamagedModel(
        f"{folder.name} is incomplete: {name} is missing.",
        "Finish or repeat the download of the model.",
    )


def _read_component(folder: Path, name: str, class_name: str) -> _Component:
    _require(folder, name, ("config.json",))
    variants = {}
    for variant in _VARIANTS:
        if (file := _weight_file(folder, name, variant)) is not None:
            variants[variant] = read_weight_file(folder, file)
    if not variants:
        raise _no_weights(folder, name, class_name)
    return _Component(
        name=name,
        class_name=class_name,
        variants=variants,
        configuration=read_json(inside(folder, f"{name}/config.json")),
    )


def _weight_file(folder: Path, component: str, variant: str) -> str | None:
    """Return the file, or the index of shards, that holds a component in one variant."""
    dotted = f".{variant}" if variant else ""
    for stem in _WEIGHT_STEMS:
        for name in (
            f"{stem}{dotted}.safetensors",
            f"{stem}.safetensors.index{dotted}.json",
        ):
            path = inside(folder, f"{component}/{name}")
            # A link whose target is gone counts as there: reading it names what is missing.
            if path.exists() or path.is_symlink():
                return f"{component}/{name}"
    return None


def _no_weights(folder: Path, component: str, class_name: str) -> DamagedModel | UntrustedModel:
    held = inside(folder, component)
    if held.is_dir():
        for path in sorted(held.iterdir())[:100]:
            if path.name.endswith(_PICKLE_ENDINGS):
                return UntrustedModel(
                    f"{folder.name} holds its {component} only as {path.name}, a pickle.",
                    "A pickle can run any program when it is loaded, so the studio never opens "
                    "one. Look for the same model as .safetensors.",
                )
    stem = "model" if "Text" in class_name or "Encoder" in class_name else _WEIGHT_STEMS[0]
    return _missing(folder, f"{component}/{stem}.safetensors")


def _complete_variants(components: list[_Component]) -> list[str]:
    """Return the variants that can be loaded, half precision first: a component without one falls
    back to its plain file, as diffusers does."""
    complete = [
        variant
        for variant in ("fp16", "bf16", "")
        if any(variant in component.variants for component in components)
        and all({variant, ""} & component.variants.keys() for component in components)
    ]
    if not complete:
        lacking = next(c for c in components if "" not in c.variants)
        raise DamagedModel(
            f"{lacking.name} is only there as {'/'.join(lacking.variants)}, the rest is not.",
            "Finish the download of one variant of the model.",
        )
    return complete


def _files_of(component: _Component, variant: str) -> WeightFiles:
    return component.variants.get(variant) or component.variants[""]


def _config(components: list[_Component], name: str) -> dict[str, Any]:
    return next((c.configuration for c in components if c.name == name), {})


def _family(pipeline: str, index: dict[str, Any], components: list[_Component]) -> Family:
    family = pipeline_family(pipeline)
    text_width = _config(components, "unet").get("cross_attention_dim")
    if family == "sdxl" and (text_width == 1280 or index.get("requires_aesthetics_score") is True):
        return "sdxl_refiner"
    if family == "sd1" and text_width == 1024:
        return "sd2"
    return family


def _tasks(pipeline: str, family: Family, kind: str) -> tuple[str, ...]:
    if family == "sdxl_refiner":
        return ("image_to_image",)
    if kind:
        return ("inpaint", "uncrop") if kind == "inpaint" else ()
    return pipeline_tasks(pipeline)


def _kind(components: list[_Component]) -> str:
    channels = _config(components, "unet").get("in_channels", 4)
    return {4: "", 5: "depth", 7: "upscale", 8: "edit", 9: "inpaint"}.get(channels, "other")


def _sample_size(components: list[_Component]) -> int:
    """Side in px that a UNet was trained at: its latent side x the VAE's scale; 0 if unsaid."""
    latent = _config(components, "unet").get("sample_size")
    return latent * _vae_scale(components) if isinstance(latent, int) else 0


def _vae_scale(components: list[_Component]) -> int:
    """Pixels a latent pixel covers on each side: each level of the VAE but one halves the side."""
    configuration = _config(components, "vae")
    for key in ("block_out_channels", "decoder_block_out_channels"):
        channels = configuration.get(key)
        if isinstance(channels, list) and 1 <= len(channels) <= 8:
            return int(2 ** (len(channels) - 1))
    return 8


def _working_memory(
    family: Family, components: list[_Component], files: dict[str, WeightFiles]
) -> WorkingMemory:
    vae = next((c for c in components if c.name in ("vae", "vqvae", "movq")), None)
    decode = decode_values(files[vae.name].tensors, vae.class_name) if vae else 0.0
    upcast = bool(vae and vae.configuration.get("force_upcast"))
    unet = files.get("unet")
    if unet is not None:
        shape = getattr(unet.tensors.get("conv_in.weight"), "shape", (320,))
        attention = any(key.startswith("down_blocks.0.attentions.") for key in unet.tensors)
        memory = unet_working_memory(
            shape[0] if shape else 320, top_attention=attention, decode=decode, in_float32=upcast
        )
        return msgspec.structs.replace(memory, pixels_per_token=_vae_scale(components))
    return _transformer_memory(family, components, decode, in_float32=upcast)


def _transformer_memory(
    family: Family, components: list[_Component], decode: float, *, in_float32: bool
) -> WorkingMemory:
    configuration = next((c.configuration for c in components if c.name in _DENOISERS), {})
    heads = _whole(configuration.get("num_attention_heads") or configuration.get("n_heads"), 24)
    head = _whole(configuration.get("attention_head_dim"), 128)
    width = _whole(configuration.get("dim"), heads * head)
    patch = _whole(configuration.get("patch_size"), 2)
    # Flux and Qwen-Image pack 2 x 2 latent pixels outside the transformer and say patch_size 1.
    packed = 2 if family in ("flux", "qwen_image") and patch == 1 else 1
    large = sum(
        files.file_bytes
        for c in components
        if c.name.startswith("text_encoder")
        for files in list(c.variants.values())[:1]
    )
    return WorkingMemory(
        pixels_per_token=_vae_scale(components) * patch * packed,
        values_per_token=transformer_values(family, width),
        text_tokens={"sd3": 333, "flux": 512, "qwen_image": 512, "sana": 300}.get(family, 256),
        decode_values_per_pixel=decode,
        encode_values=24 * 4096 * 512 if large > 2 * 2**30 else 4 * 2**20,
        batch=1 if family in ("flux", "qwen_image") else 2,
        decodes_in_float32=in_float32,
    )


def _whole(value: object, otherwise: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**6:
        return value
    return otherwise


def _fingerprints(components: list[_Component]) -> tuple[str, ...]:
    found = []
    for component in sorted(components, key=lambda c: c.name):
        for variant, files in sorted(component.variants.items()):
            for header in files.headers:
                found.append(f"{component.name}/{variant}/{header.fingerprint}")
    return tuple(found)

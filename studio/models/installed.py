"""What the studio knows about one installed model, without having loaded it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from studio.api.plans import Layout

Family = Literal[
    "sd1",
    "sd2",
    "sdxl",
    "sdxl_refiner",
    "sd3",
    "flux",
    "qwen_image",
    "z_image",
    "sana",
    "other_diffusers",
    "lora",
    "vae",
    "controlnet",
    "upscaler",
    "unknown",
    "sketch",
    "language",
]

FAMILY_TITLES: dict[str, str] = {
    "sd1": "Stable Diffusion 1",
    "sd2": "Stable Diffusion 2",
    "sdxl": "Stable Diffusion XL",
    "sdxl_refiner": "Stable Diffusion XL refiner",
    "sd3": "Stable Diffusion 3",
    "flux": "Flux",
    "qwen_image": "Qwen-Image",
    "z_image": "Z-Image",
    "sana": "Sana",
    "other_diffusers": "another diffusers pipeline",
    "lora": "LoRA",
    "vae": "VAE",
    "controlnet": "ControlNet",
    "upscaler": "Upscaler",
    "unknown": "unknown",
    "sketch": "sketch engine",
    "language": "language model",
}


class ComponentWeights(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a model: how many values it holds, counted from its file headers.

    ``parameters`` are the floating-point values that are cast to the run's precision, weights
    shared under two names counted once. ``float32_parameters`` of them stay in float32 when the
    run is in float16 (T5's output projections). ``integer_bytes`` are buffers that keep their
    type. ``largest_layer`` is the number of values of its largest single layer.
    ``stored_data_type`` is "float16", "bfloat16", "float32", "float8" or "mixed".
    """

    name: str
    class_name: str
    parameters: int
    stored_bytes: int
    stored_data_type: str
    float32_parameters: int = 0
    integer_bytes: int = 0
    largest_layer: int = 0


class GenerationDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """The settings a model works well with; sizes in px. The limits are those of a request."""

    width: Annotated[int, Meta(ge=64, le=4096, multiple_of=8)] = 512
    height: Annotated[int, Meta(ge=64, le=4096, multiple_of=8)] = 512
    steps: Annotated[int, Meta(ge=1, le=150)] = 25
    guidance_scale: Annotated[float, Meta(ge=0, le=30)] = 7.5
    sampler: str = "Model default"


class WorkingMemory(msgspec.Struct, frozen=True, kw_only=True):
    """How much room a model's intermediate values take, as numbers of values.

    One denoiser token covers ``pixels_per_token`` px a side and needs ``values_per_token``;
    ``text_tokens`` join the picture's tokens in transformers. Decoding needs
    ``decode_values_per_pixel``, encoding the prompt ``encode_values``. ``batch`` is 2 where
    guidance runs the prompt and its opposite together. ``decodes_in_float32`` says that a
    float16 run decodes in float32. See ``studio.models.working_memory`` for the sources.
    """

    pixels_per_token: int = 8
    values_per_token: float = 8400
    text_tokens: int = 0
    decode_values_per_pixel: float = 768
    encode_values: int = 4 * 2**20
    batch: int = 2
    decodes_in_float32: bool = False


class LanguageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of a language model that decide its memory.

    ``context_tokens`` is the longest text that it was made for. Every token of a conversation
    keeps ``cache_values_per_token`` (keys and values of all layers); a token that is being read
    needs ``values_per_token`` and, where the next one is chosen, ``vocabulary`` values.
    """

    context_tokens: int
    cache_values_per_token: int
    values_per_token: int
    vocabulary: int


class InstalledModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model on this machine.

    ``id`` is stable and readable: a folder's name below the studio's own folders,
    "hub:owner/name" in the Hugging Face cache, an absolute path elsewhere. ``revision`` is a
    fingerprint of the files' content. ``variant`` is the file variant that is preferred
    ("fp16"), ``variants`` all that are complete ("" is the one without a name). ``tasks`` are
    request kinds; empty for a part that cannot make a picture alone. ``for_family`` is the family
    that a LoRA, VAE or ControlNet belongs to, ``kind`` its form ("kohya", "inpaint" ...).
    ``engine`` is the engine of a plugin that does the work without weights, ``plan`` what its
    plan line says, ``max_side`` (px) its largest picture; ``first_choice`` is what a studio
    without a full model begins with. ``settings`` names the request fields that it reads, empty
    for all. ``language`` tells the sizes of a language model; ``convert_to`` is the folder into
    which an engine unpacks a packed model once, "" for never.
    """

    id: str
    title: str
    family: Family
    layout: Layout
    path: str
    revision: str
    variant: str = ""
    variants: tuple[str, ...] = ("",)
    tasks: tuple[str, ...] = ()
    components: tuple[ComponentWeights, ...] = ()
    size_on_disk: int = 0
    licence: str = ""
    summary: str = ""
    defaults: GenerationDefaults = GenerationDefaults()
    working_memory: WorkingMemory = WorkingMemory()
    pipeline_class: str = ""
    for_family: str = ""
    kind: str = ""
    bundled: bool = False
    engine: str = ""
    plan: str = ""
    max_side: int = 4096
    first_choice: bool = False
    language: LanguageFacts | None = None
    convert_to: str = ""
    settings: tuple[str, ...] = ()

    @property
    def parameters(self) -> int:
        """Number of weights over all components."""
        return sum(component.parameters for component in self.components)

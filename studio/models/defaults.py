"""The settings a family of models works well with, unless the model's own folder says otherwise.

Sources: the model cards of the families' first releases (sizes, steps, guidance) and, where a name
says that a model was distilled (Turbo, Lightning, LCM, Hyper, Schnell), the cards of those.
"""

from __future__ import annotations

import re

import msgspec

from studio.models.installed import GenerationDefaults

_FAMILY_DEFAULTS: dict[str, GenerationDefaults] = {
    "sd1": GenerationDefaults(width=512, height=512, steps=25, guidance_scale=7.5),
    "sd2": GenerationDefaults(width=768, height=768, steps=25, guidance_scale=7.5),
    "sdxl": GenerationDefaults(width=1024, height=1024, steps=30, guidance_scale=6.0),
    "sdxl_refiner": GenerationDefaults(width=1024, height=1024, steps=30, guidance_scale=6.0),
    "sd3": GenerationDefaults(width=1024, height=1024, steps=28, guidance_scale=5.0),
    "flux": GenerationDefaults(width=1024, height=1024, steps=28, guidance_scale=3.5),
    "qwen_image": GenerationDefaults(width=1328, height=1328, steps=50, guidance_scale=4.0),
    "z_image": GenerationDefaults(width=1024, height=1024, steps=50, guidance_scale=4.0),
    "sana": GenerationDefaults(width=1024, height=1024, steps=20, guidance_scale=4.5),
}
_OTHER = GenerationDefaults(width=1024, height=1024, steps=28, guidance_scale=5.0)

# (words in the name, steps, guidance): the first that occurs counts.
_DISTILLED: tuple[tuple[str, int, float], ...] = (
    ("schnell", 4, 0.0),
    ("lightning", 4, 0.0),
    ("hyper-sd", 4, 0.0),
    ("hypersd", 4, 0.0),
    ("turbo", 4, 0.0),
    ("lcm", 6, 1.0),
    ("sprint", 2, 4.5),
)
_TURBO_STEPS = {"z_image": 9, "flux": 8}
_STEPS_IN_NAME = re.compile(r"(?<![0-9])([1-9][0-9]?)[-_ ]?steps?\b")


def defaults_for(
    family: str, *, name: str = "", sample_size_px: int = 0, guidance_embedded: bool | None = None
) -> GenerationDefaults:
    """Return the settings to start with.

    Args:
        family: a ``Family``.
        name: of the model or its file; tells distilled models apart.
        sample_size_px: the side that the model was trained at, where its configuration says it.
        guidance_embedded: for Flux, whether it reads the guidance scale (dev) or not (schnell).
    """
    found = _FAMILY_DEFAULTS.get(family, _OTHER)
    lowered = name.lower()
    for word, steps, guidance in _DISTILLED:
        if re.search(rf"(?<![a-z]){word}(?![a-z])", lowered):
            if word == "turbo":
                steps = _TURBO_STEPS.get(family, steps)
            if (counted := _STEPS_IN_NAME.search(lowered)) is not None:
                steps = int(counted[1])
            found = msgspec.structs.replace(found, steps=steps, guidance_scale=guidance)
            break
    else:
        if family == "flux" and guidance_embedded is False:
            found = msgspec.structs.replace(found, steps=4, guidance_scale=0.0)
    if 64 <= sample_size_px <= 4096 and sample_size_px % 8 == 0:
        found = msgspec.structs.replace(found, width=sample_size_px, height=sample_size_px)
    return found

"""Says what a file or folder is, by its content alone: the front door of recognition."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from studio.api.plans import Layout
from studio.core.errors import DamagedModel, StudioError
from studio.models.families import recognise_checkpoint
from studio.models.families.base import Checkpoint, Recognised
from studio.models.families.diffusers_folder import read_folder
from studio.models.families.language import read_language_folder, recognise_gguf
from studio.models.file_access import CONFIGURATION, INDEX, inside, read_json, shortened
from studio.models.gguf_header import GgufHeader, is_gguf, read_gguf_header
from studio.models.installed import FAMILY_TITLES, GenerationDefaults, InstalledModel
from studio.models.licences import licence_in_words, licence_of_readme
from studio.models.safetensors_header import SafetensorsHeader, read_header

ABOUT_FILE = "atelier.json"
MAX_TITLE = 120


class AboutModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The optional ``atelier.json`` in a model's folder: what its makers say of it.

    ``default`` replaces the settings to start with, any of width, height, steps, guidance_scale
    and sampler. ``latent_rgb`` is for the engine's previews (studio/engines/image/latent_rgb.py).
    """

    title: str = ""
    summary: str = ""
    licence: str = ""
    default: dict[str, int | float | str] = {}
    latent_rgb: dict[str, list[object]] = {}


def identify(
    path: Path, *, model_id: str = "", title: str = "", bundled: bool = False
) -> InstalledModel:
    """Return what the model at ``path`` is. No weights are read, no code of the model runs.

    Args:
        path: a folder in the diffusers or the transformers layout, or a single file of any name.
        model_id: the id it gets; its absolute path where none is given.
        title: for people; its own title or its name where none is given.
        bundled: it ships with the studio.

    Raises:
        DamagedModel: a file is missing, truncated or contradicts itself.
        UntrustedModel: it can run code when it is loaded.
        NotAMatch: it is no model that the studio knows the format of.
        StorageProblem: it cannot be read.
    """
    try:
        found = _identify_folder(path, title) if path.is_dir() else _identify_file(path, title)
    except StudioError:
        raise
    except (OSError, ValueError, TypeError, OverflowError, RecursionError, LookupError) as error:
        # Hostile configuration values meet arithmetic and file calls in many places.
        raise DamagedModel(
            f"{path.name} cannot be understood: {type(error).__name__}.",
            f"Get {path} again from where it came from.",
        ) from error
    return msgspec.structs.replace(
        found, id=model_id or str(Path(os.path.abspath(path))), bundled=bundled
    )


def _identify_folder(folder: Path, title: str) -> InstalledModel:
    about = _about(folder)
    name = about.title or title or folder.name
    if not (folder / INDEX).exists() and (folder / CONFIGURATION).exists():
        return _identify_language_folder(folder, about, name)
    facts = read_folder(folder, name=f"{name} {folder.name}")
    described = about.licence or licence_of_readme(folder)
    return _installed(
        facts.recognised,
        path=folder,
        layout="diffusers",
        title=name,
        revision=_revision(folder, facts.fingerprints),
        variant=facts.variants[0],
        variants=facts.variants,
        size_on_disk=facts.size_on_disk,
        licence=licence_in_words(described),
        summary=about.summary,
        defaults=_own_defaults(folder, facts.recognised.defaults, about.default),
    )


def _identify_language_folder(folder: Path, about: AboutModel, name: str) -> InstalledModel:
    facts = read_language_folder(folder)
    return _installed(
        facts.recognised,
        path=folder,
        layout="transformers",
        title=name,
        revision=facts.fingerprint[:16],
        variant="",
        variants=("",),
        size_on_disk=facts.size_on_disk,
        licence=licence_in_words(about.licence or licence_of_readme(folder)),
        summary=about.summary,
        defaults=facts.recognised.defaults,
    )


def _identify_gguf(path: Path, title: str) -> InstalledModel:
    header = read_gguf_header(path)
    return _installed(
        recognise_gguf(header),
        path=path,
        layout="gguf",
        title=title or _gguf_title(header) or path.stem,
        revision=header.fingerprint[:16],
        variant="",
        variants=("",),
        size_on_disk=header.file_bytes,
        licence=licence_in_words(str(header.values.get("general.license", ""))),
        summary="",
        defaults=GenerationDefaults(),
    )


def _gguf_title(header: GgufHeader) -> str:
    return " ".join(str(header.values.get("general.name", "")).split())[:MAX_TITLE]


def _identify_file(path: Path, title: str) -> InstalledModel:
    if is_gguf(path):
        return _identify_gguf(path, title)
    header = read_header(path)
    recognised = recognise_checkpoint(Checkpoint(header))
    return _installed(
        recognised,
        path=path,
        layout="single_file",
        title=title or _title_in(header) or path.stem,
        revision=header.fingerprint[:16],
        variant="",
        variants=("",),
        size_on_disk=header.file_bytes,
        licence=licence_in_words(header.metadata.get("modelspec.license", "")),
        summary="",
        defaults=recognised.defaults,
    )


def _installed(
    recognised: Recognised,
    *,
    path: Path,
    layout: Layout,
    title: str,
    revision: str,
    variant: str,
    variants: tuple[str, ...],
    size_on_disk: int,
    licence: str,
    summary: str,
    defaults: GenerationDefaults,
) -> InstalledModel:
    return InstalledModel(
        id="",
        title=title[:MAX_TITLE],
        family=recognised.family,
        layout=layout,
        path=os.path.abspath(path),
        revision=revision,
        variant=variant,
        variants=variants,
        tasks=recognised.tasks,
        components=recognised.components,
        size_on_disk=size_on_disk,
        licence=licence,
        summary=summary or recognised.summary or FAMILY_TITLES[recognised.family],
        defaults=defaults,
        working_memory=recognised.working_memory,
        pipeline_class=recognised.pipeline_class,
        for_family=recognised.for_family,
        kind=recognised.kind,
        language=recognised.language,
    )


def _title_in(header: SafetensorsHeader) -> str:
    """The title that the model's maker wrote into the file (Stability's modelspec)."""
    title = header.metadata.get("modelspec.title", "")
    return " ".join(title.split())[:MAX_TITLE]


def _about(folder: Path) -> AboutModel:
    path = inside(folder, ABOUT_FILE)
    if not path.exists():
        return AboutModel()
    raw: dict[str, Any] = read_json(path)
    try:
        return msgspec.convert(raw, AboutModel)
    except msgspec.ValidationError as error:
        raise DamagedModel(
            f"{ABOUT_FILE} in {folder.name} is not valid: {shortened(error)}.",
            "Correct or remove it.",
        ) from error


def _own_defaults(
    folder: Path, defaults: GenerationDefaults, changes: dict[str, int | float | str]
) -> GenerationDefaults:
    if not changes:
        return defaults
    try:
        return msgspec.convert(
            msgspec.to_builtins(defaults) | changes, GenerationDefaults, strict=True
        )
    except msgspec.ValidationError as error:
        raise DamagedModel(
            f"{ABOUT_FILE} in {folder.name} has a wrong default: {shortened(error)}.",
            "Correct or remove it.",
        ) from error


def _revision(folder: Path, fingerprints: tuple[str, ...]) -> str:
    """Fingerprint of all weights' headers, sizes and samples, and of the configuration files."""
    digest = hashlib.sha256("\n".join(fingerprints).encode())
    for path in sorted(folder.glob("*/*config.json"))[:100]:
        name = f"{path.parent.name}/{path.name}"
        if inside(folder, name).is_file():
            digest.update(name.encode())
            digest.update(path.read_bytes()[: 2**20])
    digest.update((folder / INDEX).read_bytes()[: 2**20])
    return digest.hexdigest()[:16]

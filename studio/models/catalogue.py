"""The catalogue: models that are worth having, described as data in resources/catalogue/*.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from studio.core.errors import DamagedModel, storage_problem
from studio.models.file_access import shortened
from studio.models.installed import Family, LanguageFacts

_Text = Annotated[str, Meta(min_length=1, max_length=2000)]
_Bytes = Annotated[int, Meta(ge=0)]


class CatalogueComponent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One component and its number of weights, the base of every size that is shown."""

    name: _Text
    class_name: _Text
    parameters: Annotated[int, Meta(gt=0)]


class CatalogueEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model worth having.

    ``repository`` is its name on the Hugging Face hub, "" for what ships with the studio.
    ``commercial_use`` says in words what the licence allows. ``download_bytes`` is what the
    studio would fetch (0 where it is not published), ``gated`` that the hub asks to accept the
    licence first. ``sources`` name where the facts come from. ``language`` holds the sizes of a
    language model that its memory depends on.
    """

    id: _Text
    title: _Text
    repository: Annotated[str, Meta(pattern=r"^$|^[\w.-]+/[\w.-]+$")]
    family: Family
    tasks: Annotated[tuple[str, ...], Meta(min_length=1)]
    summary: _Text
    licence: _Text
    commercial_use: _Text
    sources: Annotated[tuple[_Text, ...], Meta(min_length=1)]
    components: tuple[CatalogueComponent, ...] = ()
    variant: str = ""
    gated: bool = False
    download_bytes: _Bytes = 0
    works_with: tuple[str, ...] = ()
    language: LanguageFacts | None = None

    @property
    def parameters(self) -> int:
        """Number of weights over all components; 0 where it is not published."""
        return sum(component.parameters for component in self.components)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[CatalogueEntry, ...]


def load_catalogue(folder: Path) -> tuple[CatalogueEntry, ...]:
    """Return all entries of the ``*.toml`` files in ``folder``, in order of file and place.

    Raises:
        DamagedModel: a file is not valid, or two entries share an id.
        StorageProblem: a file cannot be read.
    """
    entries: dict[str, CatalogueEntry] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            found = msgspec.toml.decode(path.read_bytes(), type=_File)
        except OSError as error:
            raise storage_problem(error, path) from error
        except (msgspec.DecodeError, ValueError) as error:
            raise DamagedModel(
                f"The catalogue {path.name} is not valid: {shortened(error)}."
            ) from error
        for entry in found.models:
            if entries.setdefault(entry.id, entry) is not entry:
                raise DamagedModel(f"The catalogue names {entry.id!r} twice.")
    return tuple(entries.values())

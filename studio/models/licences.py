"""Licences in words: what a model's short licence name means for the artist."""

from __future__ import annotations

from pathlib import Path

from studio.models.file_access import inside

MAX_README_BYTES = 64 * 1024

# Names as the Hugging Face hub writes them ("license:" in a model card) -> words.
_WORDS: dict[str, str] = {
    "apache-2.0": "Apache 2.0; commercial use allowed",
    "mit": "MIT; commercial use allowed",
    "bsd-3-clause": "BSD; commercial use allowed",
    "cc0-1.0": "CC0; free for any use",
    "cc-by-4.0": "CC BY 4.0; commercial use allowed, name the makers",
    "cc-by-sa-4.0": "CC BY-SA 4.0; commercial use allowed, share alike",
    "cc-by-nc-4.0": "CC BY-NC 4.0; no commercial use",
    "cc-by-nc-sa-4.0": "CC BY-NC-SA 4.0; no commercial use",
    "creativeml-openrail-m": "CreativeML OpenRAIL-M; commercial use allowed, some uses ruled out",
    "openrail": "OpenRAIL; commercial use allowed, some uses ruled out",
    "openrail++": "OpenRAIL++-M; commercial use allowed, some uses ruled out",
    "stabilityai-ai-community": (
        "Stability AI Community; commercial use allowed below 1 million USD a year"
    ),
    "flux-1-dev-non-commercial-license": "Flux.1 dev; no commercial use of the model",
    "sai-nc-community": "Stability AI non-commercial; no commercial use",
}


def licence_in_words(name: str) -> str:
    """Return a licence's short name with what it allows; an unknown name as it is."""
    cleaned = " ".join(name.split())[:200]
    return _WORDS.get(cleaned.lower(), cleaned)


def licence_of_readme(folder: Path) -> str:
    """Return the licence named in the front matter of a model card, "" if there is none.

    The front matter is the block between two lines of three dashes at the very start of README.md;
    ``license_name`` counts where ``license`` is "other".
    """
    path = inside(folder, "README.md")
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        text = file.read(MAX_README_BYTES).decode("utf-8", errors="replace")
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return ""
    fields: dict[str, str] = {}
    for line in lines[1:]:
        if line.strip() == "---":
            break
        key, colon, value = line.partition(":")
        if colon and key in ("license", "license_name"):
            fields[key] = value.strip().strip("\"'")
    licence = fields.get("license", "")
    return fields.get("license_name", licence) if licence in ("", "other") else licence

"""Reads the noun files of WordNet 3.0; used when the pack of drawings is built, never at run time.

File formats: wndb(5WN) of WordNet's manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct


class Synset(Struct, frozen=True, kw_only=True):
    """One meaning: its words, the meanings above and below it, its lexicographer file number."""

    words: tuple[str, ...]
    above: tuple[int, ...]
    below: tuple[int, ...]
    file: int


class WordNet:
    """The nouns of English: meanings by word, most frequent meaning first."""

    def __init__(self, folder: Path) -> None:
        self.synsets = dict(_synsets(folder / "data.noun"))
        self.senses = dict(_senses(folder / "index.noun"))

    def ancestors(self, number: int, depth: int = 20) -> dict[int, int]:
        """Return the meanings above one, itself included, with their distance."""
        found, edge = {number: 0}, [number]
        for distance in range(1, depth + 1):
            edge = [up for one in edge for up in self.synsets[one].above if up not in found]
            found |= dict.fromkeys(edge, distance)
        return found


def _synsets(path: Path) -> Iterator[tuple[int, Synset]]:
    for line in path.read_text("ascii").splitlines():
        if line.startswith("  "):
            continue
        parts = line.split(" | ")[0].split()
        count = int(parts[3], 16)
        words = tuple(parts[4 + 2 * i].replace("_", " ").lower() for i in range(count))
        at = 4 + 2 * count
        pointers = [parts[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(parts[at]))]
        yield (
            int(parts[0]),
            Synset(
                words=words,
                above=tuple(int(p[1]) for p in pointers if p[0] in ("@", "@i") and p[2] == "n"),
                below=tuple(int(p[1]) for p in pointers if p[0] == "~" and p[2] == "n"),
                file=int(parts[1]),
            ),
        )


def _senses(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    for line in path.read_text("ascii").splitlines():
        if not line.startswith("  "):
            parts = line.split()
            count = int(parts[2])
            yield parts[0].replace("_", " "), tuple(int(text) for text in parts[-count:])

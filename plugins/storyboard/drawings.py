"""The pack of drawings: which noun is drawn by what, and rasterising it."""

from __future__ import annotations

import io
import sqlite3
import zlib
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

IRREGULAR = {
    "men": "man", "women": "woman", "children": "child", "mice": "mouse", "geese": "goose",
    "feet": "foot", "teeth": "tooth", "people": "person", "oxen": "ox", "wolves": "wolf",
    "leaves": "leaf", "knives": "knife", "loaves": "loaf", "elves": "elf", "calves": "calf",
    "cacti": "cactus", "fungi": "fungus", "sheep": "sheep", "fish": "fish", "deer": "deer",
    "moose": "moose", "bison": "bison", "snowmen": "snowman", "firemen": "fireman",
}  # fmt: skip


class Noun(Struct, frozen=True, kw_only=True):
    """One word that can be drawn. ``drawn_as`` is the kind of thing shown for it, "" for itself."""

    word: str
    drawing: int
    drawn_as: str
    kind: str


class Drawings:
    """Answers for words and makes pixels; reads only what is asked for."""

    def __init__(self, pack: Path) -> None:
        self._database = sqlite3.connect(
            f"file:{pack.as_posix()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._rasters: dict[tuple[int, int], NDArray[np.uint8]] = {}

    def noun(self, word: str) -> Noun | None:
        """Return what is known under a word, singular or plural; exact drawings first."""
        found = [noun for form in singulars(word) if (noun := self._exact(form)) is not None]
        return next((noun for noun in found if not noun.drawn_as), found[0] if found else None)

    def _exact(self, word: str) -> Noun | None:
        row = self._database.execute(
            "SELECT drawing, drawn_as, kind FROM noun WHERE word = ?", (word,)
        ).fetchone()
        if row is None:
            return None
        return Noun(word=word, drawing=row[0], drawn_as=row[1], kind=row[2])

    def count(self) -> int:
        """Return how many words are known."""
        return int(self._database.execute("SELECT count(*) FROM noun").fetchone()[0])

    def raster(self, drawing: int, size: int) -> NDArray[np.uint8]:
        """Return straight RGBA pixels cropped to the ink, the longer side ``size`` px."""
        known = self._rasters.get((drawing, size))
        if known is None:
            known = self._rasters[drawing, size] = self._rasterised(drawing, size)
        return known

    def _rasterised(self, drawing: int, size: int) -> NDArray[np.uint8]:
        import resvg_py
        from PIL import Image

        row = self._database.execute("SELECT svg FROM drawing WHERE id = ?", (drawing,)).fetchone()
        svg = zlib.decompress(row[0]).decode()

        def rendered(width: int) -> Image.Image:
            data = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
            return Image.open(io.BytesIO(data)).convert("RGBA")

        small = rendered(96)
        box = small.getchannel("A").getbbox() or (0, 0, *small.size)
        longer = max(box[2] - box[0], box[3] - box[1])
        picture = rendered(max(8, round(96 * size / longer)))
        picture = picture.crop(picture.getchannel("A").getbbox() or (0, 0, *picture.size))
        return np.asarray(picture)


def singulars(word: str) -> tuple[str, ...]:
    """Return the forms a word could be listed under, itself first."""
    head, _, last = word.rpartition(" ")
    forms = [last]
    if last in IRREGULAR:
        forms.insert(0, IRREGULAR[last])
    elif last.endswith("ies") and len(last) > 4:
        forms += [last[:-3] + "y", last[:-1]]
    elif last.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        forms += [last[:-2], last[:-1]]
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and len(last) > 3:
        forms.append(last[:-1])
    prefix = f"{head} " if head else ""
    return tuple(prefix + form for form in dict.fromkeys(forms))


def is_plural(word: str) -> bool:
    """Tell whether a word looks like more than one."""
    last = word.rpartition(" ")[2]
    if last in IRREGULAR:
        return IRREGULAR[last] != last
    return len(singulars(last)) > 1

"""Builds resources/storyboard/drawings.sqlite from the vector sets; a step for whoever changes it.

    python -m plugins.storyboard.build_pack --downloads DIR -o resources/storyboard/drawings.sqlite

DIR holds the downloaded files that build_sources.py declares, with versions, licences and hashes.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from plugins.storyboard.build_figures import CLOTHES, FURS, whole_figure, with_coat
from plugins.storyboard.build_names import CLIP_ART, PREFERRED, SQUARE, WITH_WATER
from plugins.storyboard.build_sources import PACKAGES, unpack
from plugins.storyboard.wordnet import WordNet

MAX_COMPRESSED_BYTES = 40_000
MAX_DEPTH = 4  # how many kinds of kinds a word may be away from the drawing it gets
# Lexicographer files that hold what can be drawn: animal, artifact, body, food, object, person,
# phenomenon, plant, substance.
DRAWABLE = {5, 6, 8, 13, 17, 18, 19, 20, 27}
SMILEYS_KEPT = {"ghost", "alien", "robot", "skull", "ogre", "goblin", "clown-face", "red-heart"}
GROUPS = (1, 3, 4, 5, 6, 7)  # people, nature, food, travel, activities, objects
SKIPPED = re.compile(
    r"-(medium|light|dark)$|-face$|button|oclock|-thirty|keycap|hand(?!bag)|finger|^ear|gestur|^kiss"
    r"|couple|family|person-(bald|blonde|beard|white|red|curly)|man-(bald|white|red|curly)|^u-"
    r"|japanese-(?!castle|dolls)|sign$|symbol|bridge-at-night|milky-way|national-park|cityscape"
    r"|sunrise|sunset|foggy|night-with|^beach-with|desert|camping|world-map|person-fencing"
    r"|^(wo)?man-(shrug|bow|pout|frown|raising|tipping|facepalm|getting|in-lotus)|bouncing|levitating"
    r"|^person-(shrug|bow|pout|frown|raising|tipping|facepalm|getting|taking|in-bed|in-suit)"
)


class Drawing(Struct, frozen=True, kw_only=True):
    """One drawing on its way into the pack: its markup, and the names it goes by."""

    name: str
    source: str
    svg: str
    tags: frozenset[str]
    rank: int


def main() -> None:
    """Read the sources, choose, and write the pack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--downloads", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        sources = {
            name: unpack(package, options.downloads, Path(work) / name)
            for name, package in PACKAGES.items()
        }
        words = WordNet(sources["wordnet"])
        drawings = [*_own(), *_emoji(sources), *_clip_art(sources["openclipart"], words)]
        _write(options.output, drawings, words)


def _own() -> Iterator[Drawing]:
    """The drawings made for Storyboard, where neither set has one."""
    for path in sorted((Path(__file__).parent / "drawings").glob("*.svg")):
        svg = path.read_text("utf-8")
        yield Drawing(name=path.stem, source="atelier", svg=svg, tags=frozenset(), rank=0)


def _emoji(sources: dict[str, Path]) -> Iterator[Drawing]:
    """Fluent first, for one hand; Noto where Fluent has no drawing of that name."""
    labels = _labels(sources["emojibase"])
    seen: set[str] = set()
    for rank, source in enumerate(("fluent", "noto")):
        folder = sources[source]
        icons = json.loads((folder / "icons.json").read_text("utf-8"))
        chars = json.loads((folder / "chars.json").read_text("utf-8"))
        groups: dict[str, tuple[int, frozenset[str]]] = {}
        for code, name in chars.items():
            if code in labels:
                groups.setdefault(name, labels[code])
        side = icons.get("width", 16)
        for name, icon in sorted(icons["icons"].items()):
            group, tags = groups.get(name, (-1, frozenset()))
            wanted = name in SMILEYS_KEPT or (group in GROUPS and not SKIPPED.search(name))
            if name in PREFERRED.values():
                wanted = True
            if not wanted or name in seen:
                continue
            seen.add(name)
            width, height = icon.get("width", side), icon.get("height", side)
            left, top = icon.get("left", 0), icon.get("top", 0)
            body = icon["body"]
            if name == "house":
                # The lawn below it would lie on snow and sand, too.
                body = re.sub(r'<path fill="#00f397"[^>]*/>', "", body)
            elif name in WITH_WATER:
                body = re.sub(r'<path fill="#[0-9a-f]{6}" d="M30(\.01)? 2[347][^"]*"/>', "", body)
            box = f"{left} {top} {width} {height}"
            if name in FURS or name in CLOTHES:
                body, box = whole_figure(name, body, side), "0 0 32 44"
            elif group == 1 and source == "fluent":
                body, box = with_coat(body, box)
            yield Drawing(
                name=name.replace("-", " "),
                source=source,
                svg=f'<svg xmlns="http://www.w3.org/2000/svg" '
                f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">{body}</svg>',
                tags=tags,
                rank=rank,
            )


def _labels(folder: Path) -> dict[str, tuple[int, frozenset[str]]]:
    """Group and tags of every emoji by its lower-case code points."""
    found = {}
    for emoji in json.loads((folder / "en" / "data.json").read_text("utf-8")):
        code = emoji["hexcode"].lower().replace("-fe0f", "")
        entry = (emoji.get("group", -1), frozenset(emoji.get("tags", ())))
        found[code] = found[emoji["hexcode"].lower()] = entry
    return found


def _clip_art(folder: Path, words: WordNet) -> Iterator[Drawing]:
    """Openclipart pictures whose title is, or ends in, a noun that can be drawn."""
    candidates: dict[str, list[tuple[float, str, Drawing]]] = {}
    for path in sorted(folder.rglob("*.svg")):
        if path.is_symlink() or {
            "logos",
            "shapes",
            "signs_and_symbols",
            "buttons",
            "special",
        } & set(path.parts):
            continue
        text = path.read_text("utf-8", errors="replace")
        title = re.search(r"<dc:title>(.*?)</dc:title>", text, re.S)
        if title is None or "<image" in text or "<text" in text or len(text) > 150_000:
            continue
        name = " ".join(re.sub(r"[^a-z ]", " ", title.group(1).lower()).split())
        noun = _drawable_noun(name, words)
        if noun is None or noun.replace(" ", "-") not in CLIP_ART:
            continue
        svg = _stripped(text)
        size = len(zlib.compress(svg.encode()))
        if size > MAX_COMPRESSED_BYTES:
            continue
        score = abs(math.log(size / 4000)) + (0 if noun == name else 1.5)
        tags = frozenset(t.lower() for t in re.findall(r"<rdf:li>(.*?)</rdf:li>", text))
        drawing = Drawing(
            name=noun, source="openclipart", svg=svg, tags=tags, rank=2 if noun == name else 3
        )
        candidates.setdefault(noun, []).append((score, path.name, drawing))
    for _, found in sorted(candidates.items()):
        ranked = (drawing for _, _, drawing in sorted(found, key=lambda one: one[:2]))
        if (first := next((one for one in ranked if _is_usable(one)), None)) is not None:
            yield first


def _drawable_noun(name: str, words: WordNet) -> str | None:
    parts = name.split()
    for start in range(len(parts)):
        noun = " ".join(parts[start:])
        numbers = words.senses.get(noun, ())
        if len(noun) > 2 and numbers and words.synsets[numbers[0]].file in DRAWABLE - {8, 27}:
            return noun
    return None


def _stripped(text: str) -> str:
    """Drop what no renderer needs: metadata, comments, editors' own elements and attributes."""
    text = re.sub(r"<\?xml.*?\?>|<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"<(metadata|sodipodi:namedview)\b.*?</\1>", "", text, flags=re.S)
    text = re.sub(r"<(metadata|sodipodi:namedview)\b[^>]*/>", "", text)
    text = re.sub(r"\s(inkscape|sodipodi):[\w-]+=\"[^\"]*\"", "", text)
    return re.sub(r"\s+", " ", text).strip()


def _write(path: Path, drawings: list[Drawing], words: WordNet) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE drawing (id INTEGER PRIMARY KEY, name TEXT, source TEXT, svg BLOB);"
        "CREATE TABLE noun (word TEXT PRIMARY KEY, drawing INTEGER, drawn_as TEXT, kind TEXT)"
        " WITHOUT ROWID;"
    )
    kept = [one for one in drawings if one.source == "openclipart" or _is_usable(one)]
    nouns = _nouns(kept, words)
    used = sorted({number for number, _, _ in nouns.values()})
    for number in used:
        drawing = kept[number]
        blob = zlib.compress(drawing.svg.encode(), 9)
        row = (number, drawing.name, drawing.source, blob)
        database.execute("INSERT INTO drawing VALUES (?, ?, ?, ?)", row)
    for word, (number, drawn_as, kind) in sorted(nouns.items()):
        database.execute("INSERT INTO noun VALUES (?, ?, ?, ?)", (word, number, drawn_as, kind))
    database.commit()
    database.execute("VACUUM")
    database.close()


def _is_usable(drawing: Drawing) -> bool:
    """Draws it small: it must show something, on a transparent ground, with some body."""
    import io

    import numpy
    import resvg_py
    from PIL import Image

    try:
        data = resvg_py.svg_to_bytes(svg_string=drawing.svg, width=64, skip_system_fonts=True)
    except ValueError:
        return False
    picture = Image.open(io.BytesIO(data)).convert("RGBA")
    alpha = numpy.asarray(picture.getchannel("A")) / 255
    box = picture.getchannel("A").getbbox()
    if box is None or min(box[2] - box[0], box[3] - box[1]) < 10:
        return False
    inside = alpha[box[1] : box[3], box[0] : box[2]]
    corners = inside[[0, 0, -1, -1], [0, -1, 0, -1]]
    if drawing.source == "openclipart":
        coloured = numpy.asarray(picture.convert("HSV"))[..., 1][alpha > 0.5]
        if corners.mean() > 0.9 or inside.mean() < 0.2 or coloured.size == 0:
            return False
        return bool((coloured > 60).mean() > 0.12)
    if inside.mean() > 0.93 and corners.mean() < 0.5 and drawing.name not in SQUARE:
        return False  # a whole scene in a rounded square
    return bool(inside.mean() > 0.08)


def _nouns(drawings: list[Drawing], words: WordNet) -> dict[str, tuple[int, str, str]]:
    """Every word that is known, with its drawing, what it is drawn as, and its kind."""
    exact: dict[str, tuple[int, int]] = {}
    for number, drawing in enumerate(drawings):
        for rank, name in _names(drawing, words):
            total = rank * 10 + drawing.rank
            if name not in exact or total < exact[name][0]:
                exact[name] = (total, number)
    by_name = {d.name: n for n, d in reversed(list(enumerate(drawings)))}
    for word, target in PREFERRED.items():
        if target.replace("-", " ") in by_name:
            exact[word] = (0, by_name[target.replace("-", " ")])
    nouns: dict[str, tuple[int, str, str]] = {}
    depicted: dict[int, tuple[int, int, str]] = {}
    for word, (rank, number) in sorted(exact.items(), key=lambda item: (item[1][0], item[0])):
        sense = _sense(word, drawings[number], words)
        nouns[word] = (number, "", KIND_OF.get(word) or _kind(sense, words))
        whole = word in words.senses and rank < 10
        if whole and sense is not None and words.synsets[sense].file in DRAWABLE:
            depicted.setdefault(sense, (rank, number, word))
    for word, numbers in sorted(words.senses.items()):
        if word in nouns or len(word) < 3 or any(c.isdigit() or c == "." for c in word):
            continue
        for sense in _likely(numbers, words):
            if words.synsets[sense].file not in DRAWABLE:
                continue
            near = words.ancestors(sense, MAX_DEPTH)
            hits = [(d, depicted[s]) for s, d in near.items() if s in depicted]
            if hits:
                distance, (_, number, shown) = min(hits)
                said = "" if distance == 0 else shown
                nouns[word] = (number, said, _kind(sense, words))
                break
    return nouns


def _likely(numbers: tuple[int, ...], words: WordNet) -> tuple[int, ...]:
    """The most frequent meaning; before a wood or a stuff, the tree or plant it comes from."""
    stuff = len(numbers) > 1 and words.synsets[numbers[0]].file in (20, 27)
    if stuff and _kind(numbers[1], words) in ("tree", "plant", "flower"):
        return numbers[1], numbers[0]
    return numbers[:1]


def _names(drawing: Drawing, words: WordNet) -> Iterator[tuple[int, str]]:
    """The names of a drawing: its own, the last words of it, and keywords that mean the same."""
    yield 0, drawing.name
    parts = drawing.name.split()
    for start in range(1, len(parts)):
        tail = " ".join(parts[start:])
        if tail in words.senses and words.synsets[words.senses[tail][0]].file in DRAWABLE:
            yield 1 + start, tail
    own = _sense(drawing.name, drawing, words)
    for tag in drawing.tags if drawing.source != "openclipart" else ():
        senses = words.senses.get(tag, ())[:2]
        if own is None or any(words.synsets[s].file not in DRAWABLE for s in senses[:1]):
            continue
        above = set(words.ancestors(own, 2))
        if any(sense in above or own in words.ancestors(sense, 3) for sense in senses):
            yield 5, tag


def _sense(name: str, drawing: Drawing, words: WordNet) -> int | None:
    """Return the meaning that shares most words with the drawing's tags; the first on a tie."""
    parts = name.split()
    numbers: tuple[int, ...] = ()
    for start in range(len(parts)):
        numbers = words.senses.get(" ".join(parts[start:]), ())
        if numbers:
            break
    best, best_score = None, -1.0
    for order, number in enumerate(numbers[:5]):
        around = {w for up in words.ancestors(number) for w in words.synsets[up].words}
        drawable = words.synsets[number].file in DRAWABLE
        score = 2 * len(around & drawing.tags) + drawable - order * 0.6
        if score > best_score:
            best, best_score = number, score
    return best


KINDS = (
    ("aircraft", "aircraft"), ("bird", "bird"), ("insect", "insect"), ("fish", "fish"),
    ("cetacean", "fish"), ("watercraft", "boat"), ("celestial body", "celestial"), ("tree", "tree"),
    ("flower", "flower"), ("building", "building"), ("structure", "structure"),
    ("vehicle", "vehicle"), ("furniture", "furniture"), ("person", "person"),
    ("rodent", "small animal"), ("reptile", "small animal"), ("amphibian", "small animal"),
    ("arthropod", "insect"), ("mollusk", "small animal"), ("ungulate", "large animal"),
    ("animal", "animal"), ("fungus", "fungus"), ("plant", "plant"), ("food", "food"),
    ("clothing", "clothing"), ("geological formation", "structure"), ("body part", "thing"),
)  # fmt: skip

KIND_OF = {
    "queen": "person", "king": "person", "train": "vehicle", "snowman": "person",
    "robot": "person", **dict.fromkeys(
        ("church", "school", "hospital", "bank", "hotel", "factory", "mosque", "temple", "shop",
         "store", "windmill", "house", "post office", "stadium", "castle"), "building"),
}  # fmt: skip


def _kind(sense: int | None, words: WordNet) -> str:
    """Return the broad kind, which decides size and place when nothing else is known."""
    if sense is None:
        return "thing"
    above = [w for up in words.ancestors(sense) for w in words.synsets[up].words]
    return next((kind for word, kind in KINDS if word in above), "thing")


if __name__ == "__main__":
    main()

"""Builds resources/storyboard/drawings.sqlite from the vector sets; a step for whoever changes it.

    python -m plugins.storyboard.build_pack --fluent DIR --noto DIR --emojibase DIR
        --openclipart DIR --wordnet DIR -o resources/storyboard/drawings.sqlite

Sources: npm @iconify-json/fluent-emoji-flat 1.2.6 (MIT), npm @iconify-json/noto 1.2.9
(Apache-2.0), npm emojibase-data 17.0.0 (MIT), Debian openclipart-svg 0.18 (public domain),
Debian wordnet-base 3.0 (WordNet licence; which word is a kind of which).
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

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
# Words whose first drawing would be a bust or the wrong thing, and what is drawn instead.
PREFERRED = {
    "man": "man-standing", "woman": "woman-standing", "person": "person-standing",
    "dog": "dog", "cat": "cat", "mouse": "mouse", "tree": "deciduous-tree",
    "pine": "evergreen-tree", "fir": "evergreen-tree", "pine tree": "evergreen-tree",
    "bird": "bird", "fish": "tropical-fish", "flower": "sunflower", "car": "automobile",
    "boat": "sailboat", "ship": "ship", "plane": "airplane", "airplane": "airplane",
    "aeroplane": "airplane", "bike": "bicycle", "balloon": "balloon", "ball": "soccer-ball",
    "moon": "crescent-moon", "sun": "sun", "star": "star", "bush": "bush", "apple": "red-apple",
    "house": "house", "cottage": "house-with-garden", "castle": "castle", "church": "church",
    "bear": "bear", "rabbit": "rabbit", "fox": "fox", "cow": "cow", "pig": "pig", "lion": "lion",
    "horse": "horse", "monkey": "monkey", "tiger": "tiger", "chicken": "rooster", "hen": "rooster",
    "motorbike": "motorcycle", "lorry": "delivery-truck", "truck": "delivery-truck",
    "train": "locomotive", "tent": "tent", "rock": "rock", "stone": "rock", "snowman": "snowman",
    "king": "prince", "queen": "princess", "wizard": "mage", "witch": "woman-mage",
    "knight": "guard", "mermaid": "mermaid", "kite": "kite",
    "crow": "black-bird", "raven": "black-bird", "butterfly": "butterfly", "tulip": "tulip",
    "rose": "rose", "cup": "teacup-without-handle", "book": "closed-book", "bag": "handbag",
    "hat": "top-hat", "umbrella": "umbrella", "cactus": "cactus", "cloud": "cloud",
    "grape": "grapes", "cherry": "cherries", "bench": "bench", "phone": "mobile-phone",
    "dragon": "dragon", "duck": "duck", "goose": "goose", "sheep": "ewe", "bee": "honeybee",
    "whale": "whale", "dolphin": "dolphin", "rocket": "rocket", "statue": "moai",
    "tower": "tower", "bucket": "bucket", "clock": "mantelpiece-clock", "sword": "dagger",
    "piano": "musical-keyboard", "worker": "construction-worker", "building": "office-building",
    "fruit": "mango", "vegetable": "carrot", "bread": "bread", "drink": "tropical-drink",
    "lizard": "lizard", "snake": "snake", "spider": "spider", "frog": "frog", "toad": "frog",
    "palm": "palm-tree", "palm tree": "palm-tree", "berry": "blueberries", "nut": "chestnut",
    "shoe": "mans-shoe", "coat": "coat", "child": "child", "kid": "child", "baby": "baby",
    "girl": "girl", "boy": "boy", "dancer": "woman-dancing", "singer": "singer",
    "vehicle": "automobile", "insect": "lady-beetle", "bug": "bug", "beetle": "beetle",
    "helicopter": "helicopter", "ufo": "flying-saucer", "yacht": "sailboat", "canoe": "canoe",
    "candle": "candle", "chair": "chair", "sofa": "couch-and-lamp", "bed": "bed", "door": "door",
    "window": "window", "pear": "pear", "vase": "amphora", "shop": "convenience-store", "store": "convenience-store", "doctor": "health-worker", "nurse": "health-worker",
    "kitten": "cat", "lamb": "ewe", "pony": "horse", "calf": "cow", "soldier": "guard",
    "policeman": "police-officer", "fireman": "firefighter", "sailor": "captain",
    "chick": "front-facing-baby-chick", "mountain": "snow-capped-mountain", "pot": "potted-plant", "wheat": "sheaf-of-rice", "shrub": "bush", "lamp": "table-lamp",
    "glass": "glass-of-milk", "bottle": "bottle-with-popping-cork", "lantern": "hurricane-lamp",
}  # fmt: skip


# Clip art that can stand beside the two emoji sets, looked through by eye.
CLIP_ART = frozenset(
    "antilope baseball-cap beagle bowl box cello computer corn-cob"
    " french-horn grasshopper harp hurricane-lamp jukebox lemonade locker mars muffin orange"
    " padlock pepper pumpkin-pie sausage soup squirrel surfboard tramway vacuum-cleaner trowel"
    " electric-guitar bass-guitar football-helmet monitor armadillo bison".split()
)


# Animals of which the sets have only the head: their fur and belly, for a body below it.
FURS = {
    "bear": ("#8c5543", "#c9926b"), "fox": ("#f3722c", "#fff1e0"), "lion": ("#f2a73b", "#ffd9a0"),
    "frog": ("#3fae49", "#c8f0a8"), "koala": ("#9b9b9b", "#e6e6e6"), "wolf": ("#848b98", "#d8dbe2"),
    "hamster": ("#f3ad61", "#fff1e0"), "panda": ("#2b2b33", "#f4f4f4"),
    "polar-bear": ("#f1f3f7", "#ffffff"), "robot": ("#b4acbc", "#e8e4ec"),
}  # fmt: skip
# Things that fill their square, unlike the scenes that do.
SQUARE = {"door", "window", "package", "floppy disk", "game die", "framed picture", "ice", "closed book",
          "television", "notebook", "calendar", "mobile phone", "radio", "desktop computer"}  # fmt: skip
# Children have a head only, too: shirt or dress, and trousers.
CLOTHES = {"boy": ("#3f8ae0", "#35507a"), "girl": ("#f2649a", ""), "child": ("#ffb02e", "#3b6fa0"),
           "old-man": ("#6b7a8f", "#4a4a55"), "old-woman": ("#9b6bb0", "")}  # fmt: skip


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
    for name in ("fluent", "noto", "emojibase", "openclipart", "wordnet"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    words = WordNet(options.wordnet)
    drawings = [*_own(), *_emoji(options), *_clip_art(options.openclipart, words)]
    _write(options.output, drawings, words)


def _own() -> Iterator[Drawing]:
    """The drawings made for Storyboard, where neither set has one."""
    for path in sorted((Path(__file__).parent / "drawings").glob("*.svg")):
        svg = path.read_text("utf-8")
        yield Drawing(name=path.stem, source="atelier", svg=svg, tags=frozenset(), rank=0)


def _emoji(options: argparse.Namespace) -> Iterator[Drawing]:
    """Fluent first, for one hand; Noto where Fluent has no drawing of that name."""
    labels = _labels(options.emojibase)
    seen: set[str] = set()
    for rank, (source, folder) in enumerate((("fluent", options.fluent), ("noto", options.noto))):
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
            box = f"{left} {top} {width} {height}"
            if name in FURS or name in CLOTHES:
                body, box = _whole_figure(name, body, side), "0 0 32 44"
            elif group == 1 and source == "fluent":
                body, box = _with_coat(body, box)
            yield Drawing(
                name=name.replace("-", " "),
                source=source,
                svg=f'<svg xmlns="http://www.w3.org/2000/svg" '
                f'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}">{body}</svg>',
                tags=tags,
                rank=rank,
            )


def _whole_figure(name: str, head: str, side: int) -> str:
    """Set a head on a plain body, sitting for animals, standing for children."""
    scale = 24 / side
    head = f'<g transform="translate(4,0) scale({scale:.4f})">{head}</g>'
    if name in FURS:
        fur, belly = FURS[name]
        return (
            f'<g fill="{fur}"><ellipse cx="16" cy="31" rx="9" ry="11.5"/>'
            f'<ellipse cx="7.5" cy="29" rx="2.8" ry="6.5" transform="rotate(24 7.5 29)"/>'
            f'<ellipse cx="24.5" cy="29" rx="2.8" ry="6.5" transform="rotate(-24 24.5 29)"/></g>'
            f'<ellipse cx="16" cy="33" rx="5.6" ry="7.6" fill="{belly}"/><g fill="{fur}">'
            f'<ellipse cx="10.2" cy="41.4" rx="4.4" ry="2.6"/>'
            f'<ellipse cx="21.8" cy="41.4" rx="4.4" ry="2.6"/></g>{head}'
        )
    shirt, trousers = CLOTHES[name]
    skin = "#ffb02e"
    legs = (
        f'<path fill="{trousers or skin}" d="M11.5 33h4v8h-4zM16.5 33h4v8h-4z"/>'
        '<path fill="#5b4a42" d="M10 43.6c0-1.800 1.200-3 3-3h2.500v3zM22 43.600c0-1.800-1.200-3-3-3'
        'h-2.500v3z"/>'
    )
    arms = f'<path fill="{skin}" d="M6.800 31.500a1.700 1.700 0 1 0 3.300.8l1.900-7-3.300-1zM25.200 31.500'
    arms += 'a1.700 1.700 0 1 1-3.300.8l-1.900-7 3.300-1z"/>'
    torso = "M11 22h10l3.500 13.500h-17z" if not trousers else "M10.500 22h11l1 13h-13z"
    return f'{legs}{arms}<path fill="{shirt}" d="{torso}"/>{head}'


def _with_coat(body: str, box: str) -> tuple[str, str]:
    """Lengthen a bust to a whole figure, in the colour of its shoulders; others stay as they are."""
    import io

    import numpy
    import resvg_py
    from PIL import Image

    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{body}</svg>'
    data = resvg_py.svg_to_bytes(svg_string=svg, width=128, skip_system_fonts=True)
    rgba = numpy.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    rows = numpy.flatnonzero((rgba[..., 3] > 128).any(1))
    foot = int(rows[-1])
    columns = numpy.flatnonzero(rgba[foot - 3, :, 3] > 128)
    if foot < 112 or columns.size < 58 or columns[-1] - columns[0] > 1.25 * columns.size:
        return body, box
    red, green, blue = (int(v) for v in numpy.median(rgba[foot - 3, columns, :3], axis=0))
    left, right, top = columns[0] / 4, columns[-1] / 4, foot / 4 - 2
    inner = (right - left) * 0.1
    coat = (
        f'<path fill="#4a3b36" d="M{(left + right) / 2 - 5:.2f} 42h4v3h-6zM'
        f'{(left + right) / 2 + 1:.2f} 42h4l2 3h-6z"/><path fill="rgb({red},{green},{blue})" '
        f'd="M{left:.2f} {top:.2f}H{right:.2f}L{right - inner:.2f} 42.500q-{(right - left) / 2 - inner:.2f}'
        f' 1.500 -{right - left - 2 * inner:.2f} 0z"/>'
    )
    return coat + body, "0 0 32 46"


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
        if path.is_symlink() or {"logos", "shapes", "signs_and_symbols", "buttons", "special"} & set(
            path.parts
        ):
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
    if len(numbers) > 1 and words.synsets[numbers[0]].file in (20, 27):
        if _kind(numbers[1], words) in ("tree", "plant", "flower"):
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

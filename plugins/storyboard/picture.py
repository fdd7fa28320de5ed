"""Puts a picture together: background, subjects with their shadows, weather, style; as layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from plugins.storyboard.colours import recolour
from plugins.storyboard.drawings import Drawings
from plugins.storyboard.layout import Ground, Item, Layout
from plugins.storyboard.light import Light, light_for
from plugins.storyboard.paint import Canvas
from plugins.storyboard.prompt import Scene, Subject
from plugins.storyboard.scenery import PLACES
from plugins.storyboard.sizes import habitat_of
from plugins.storyboard.stage import Stage
from plugins.storyboard.styles import styled
from plugins.storyboard.weather import weather_layer

SCENERY_MAX_SIDE = 1280  # px; scenery is soft, so that a larger picture gets it enlarged
BRIGHT = ("red", "yellow", "blue", "green", "pink", "orange", "purple", "turquoise")
OWN_DISC = frozenset(("sun", "moon", "full moon", "crescent moon", "planet"))


class PictureLayer(Struct, frozen=True, kw_only=True):
    """One layer with its place in the picture (px of its top left corner), RGBA."""

    name: str
    picture: Image.Image
    x: int = 0
    y: int = 0
    subject: int = -1


def draw_scene(
    scene: Scene, drawings: Drawings, width: int, height: int, seed: int
) -> list[PictureLayer]:
    """Return the layers of a picture, bottom first. The same arguments give the same pixels."""
    place = place_for(scene)
    light = light_for(scene.time, scene.weather)
    background, ground = _background(scene, place, light, drawings, width, height, seed)
    aspects = [_aspect(drawings, subject) for subject in scene.subjects]
    import msgspec

    stage_scene = msgspec.structs.replace(scene, place=place)
    items = Layout(stage_scene, aspects, ground, width / height, _chance(seed, 2)).items()
    layers = [PictureLayer(name="Background", picture=background.convert("RGBA"))]
    for subject_index, group in _grouped(items):
        subject = scene.subjects[subject_index]
        layers.append(_subject_layer(subject, group, drawings, light, place, ground, width, height))
    overlay = weather_layer(scene.weather, light, width, height, _chance(seed, 3))
    if overlay is not None:
        layers.append(PictureLayer(name="Weather", picture=overlay))
    return [_in_style(layer, scene.styles, seed) for layer in layers]


def flattened(layers: list[PictureLayer], width: int, height: int) -> Image.Image:
    """Return the layers laid over each other, RGB."""
    picture = Image.new("RGBA", (width, height), (255, 255, 255, 255))
    for layer in layers:
        picture.alpha_composite(layer.picture, (max(0, layer.x), max(0, layer.y)))
    return picture.convert("RGB")


def place_for(scene: Scene) -> str:
    """Return the place, or the one where such subjects are usually seen."""
    kinds = {subject.noun.kind for subject in scene.subjects}
    words = {s.noun.word for s in scene.subjects} | {s.noun.drawn_as for s in scene.subjects}
    waters = kinds & {"boat", "fish"}
    if scene.place == "sea" and scene.subjects:
        grounded = any(habitat_of(s, "sea") == "ground" for s in scene.subjects)
        loose = not all(habitat_of(s, "sea") == "ground" and _rests(scene, n)
                        for n, s in enumerate(scene.subjects)
                        if habitat_of(s, "sea") == "ground")  # fmt: skip
        return "beach" if grounded and loose else "sea"
    if scene.place:
        return scene.place
    if scene.weather == "snowfall" or words & {"snowman", "penguin", "igloo", "sled", "polar bear"}:
        return "snow"
    if words & {"rocket", "astronaut", "alien", "flying saucer", "satellite", "comet", "planet"}:
        return "space"
    if words & {"cactus", "camel", "pyramid"}:
        return "desert"
    if words & {"elephant", "giraffe", "zebra", "lion", "rhinoceros"}:
        return "savanna"
    if "boat" in kinds or words & {"whale", "dolphin"}:
        return "sea"
    if waters and kinds <= {"fish", "plant"}:
        return "underwater"
    if words & {"skyscraper", "taxi", "bus", "traffic light", "car"}:
        return "city"
    if kinds and kinds <= {"food", "clothing", "furniture", "thing"}:
        return "room" if "furniture" in kinds else "studio"
    return "meadow"


def _rests(scene: Scene, index: int) -> bool:
    return any(link.first == index and link.relation in ("on", "in") for link in scene.links)


def _chance(seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, purpose]))


def _aspect(drawings: Drawings, subject: Subject) -> float:
    raster = drawings.raster(subject.noun.drawing, 96)
    height, width = raster.shape[:2]
    return float(width / height)


def _background(
    scene: Scene, place: str, light: Light, drawings: Drawings, width: int, height: int, seed: int
) -> tuple[Image.Image, Ground]:
    shrink = min(1.0, SCENERY_MAX_SIDE / max(width, height))
    canvas = Canvas(max(8, round(width * shrink)), max(8, round(height * shrink)), _chance(seed, 1))

    def sprite(word: str, size: int) -> NDArray[np.uint8]:
        noun = drawings.noun(word)
        assert noun is not None, word
        return drawings.raster(noun.drawing, size)

    own = any(s.noun.word in OWN_DISC or s.noun.drawn_as in OWN_DISC for s in scene.subjects)
    stage = Stage(canvas, light, sprite, scene.weather, disc=not own)
    ground = PLACES[place](stage)
    picture = canvas.picture()
    if picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BICUBIC)
    return picture, ground


def _grouped(items: list[Item]) -> list[tuple[int, list[Item]]]:
    """Group items by subject, a subject's layer where its nearest copy stands."""
    groups: dict[int, list[Item]] = {}
    for item in items:
        groups.setdefault(item.subject, []).append(item)
    return sorted(groups.items(), key=lambda pair: (max(i.depth for i in pair[1]), pair[0]))


def _subject_layer(
    subject: Subject, items: list[Item], drawings: Drawings, light: Light, place: str,
    ground: Ground, width: int, height: int,
) -> PictureLayer:  # fmt: skip
    """Draw every copy of a subject with what it throws on the ground, cropped to what is there."""
    sheet = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    for item in items:
        longer = max(4, round(max(item.width, item.height) * height))
        rgba = drawings.raster(subject.noun.drawing, longer)
        if colour := _colour_of(subject, item.copy):
            rgba = recolour(rgba, colour, person=subject.noun.kind == "person")
        body = Image.fromarray(_lit(rgba, light, item, place))
        if item.flip:
            body = ImageOps.mirror(body)
        x = round(item.x * height - body.width / 2)
        y = round(item.y * height - body.height)
        if item.stands == "water" and place in ("sea", "lake", "river", "beach"):
            shore = ground.water[1] if ground.water is not None else ground.horizon
            body = _afloat(sheet, body, x, y, round(shore * height))
        elif item.stands == "ground" and place not in ("space", "sky", "underwater"):
            _shade(sheet, body, x, y, light, place)
        sheet.alpha_composite(_clipped(body, x, y), (max(0, x), max(0, y)))
    box = sheet.getbbox() or (0, 0, 1, 1)
    name = subject.said if subject.count == 1 else f"{subject.count} {subject.said}"
    if subject.colour:
        name = f"{name}, {subject.colour}"
    return PictureLayer(
        name=name[:1].upper() + name[1:], picture=sheet.crop(box), x=box[0], y=box[1],
        subject=items[0].subject,
    )  # fmt: skip


def _colour_of(subject: Subject, copy: int) -> str:
    if subject.colour == "colourful":
        return BRIGHT[(subject.noun.drawing + copy) % len(BRIGHT)]
    return subject.colour


def _clipped(body: Image.Image, x: int, y: int) -> Image.Image:
    """Cut off what lies left of or above the picture, where compositing cannot begin."""
    if x >= 0 and y >= 0:
        return body
    return body.crop((max(0, -x), max(0, -y), body.width, body.height))


def _lit(rgba: NDArray[np.uint8], light: Light, item: Item, place: str) -> NDArray[np.uint8]:
    """Light a drawing: the colour of the hour, softly darker towards the foot."""
    tint = np.asarray(light.things, np.float32)
    if place == "underwater":
        tint = tint * np.asarray((0.86, 0.98, 1.0), np.float32)
    values = rgba.astype(np.float32)
    fall = np.linspace(1.03, 0.9 if item.stands != "sky" else 1.0, rgba.shape[0], dtype=np.float32)
    glow = 1.0 if item.stands != "sky" else 1.12
    shaded = values[..., :3] * np.clip(tint * glow, 0, 1.05) * fall[:, None, None]
    result = rgba.copy()
    result[..., :3] = np.clip(shaded, 0, 255).astype(np.uint8)
    return result


def _shade(sheet: Image.Image, body: Image.Image, x: int, y: int, light: Light, place: str) -> None:
    """Lay the contact shadow and a faint cast shadow on the ground below a body."""
    alpha = body.getchannel("A")
    foot = alpha.crop((0, int(body.height * 0.86), body.width, body.height))
    box = foot.getbbox() or (0, 0, body.width, 1)
    left, right = box[0], box[2]
    wide, tall = max(6, right - left), max(3, int((right - left) * 0.13))
    pad = max(3, tall)
    strength = 0.42 if light.sun_height >= 0 else 0.28
    if place == "snow":
        strength *= 0.7
    mask = Image.new("L", (wide + 4 * pad, tall + 4 * pad), 0)
    from PIL import ImageDraw

    ImageDraw.Draw(mask).ellipse(
        (pad * 1.4, pad * 2, wide + pad * 2.6, pad * 2 + tall), fill=int(255 * strength)
    )
    mask = mask.filter(ImageFilter.GaussianBlur(pad * 0.55))
    shadow = Image.new("RGBA", mask.size, (24, 28, 60, 0) if light.night else (40, 36, 64, 0))
    shadow.putalpha(mask)
    at = (x + left - 2 * pad, y + body.height - tall // 2 - 2 * pad - tall // 4)
    sheet.alpha_composite(_clipped(shadow, *at), (max(0, at[0]), max(0, at[1])))


def _afloat(sheet: Image.Image, body: Image.Image, x: int, y: int, shore: int) -> Image.Image:
    """Mirror a body in the water below it, down to row ``shore``, and let its foot fade."""
    mirrored = ImageOps.flip(body).resize((body.width, max(1, int(body.height * 0.55))))
    values = np.asarray(mirrored).copy()
    foot = y + int(body.height * 0.96)
    values = values[: max(1, min(len(values), shore - foot))]
    fade = np.linspace(0.34, 0.0, values.shape[0])[:, None]
    values[..., 3] = (values[..., 3] * fade).astype(np.uint8)
    for row in range(values.shape[0]):
        values[row] = np.roll(values[row], int(np.sin(row * 0.55) * body.width * 0.012), axis=0)
    reflection = Image.fromarray(values)
    sheet.alpha_composite(_clipped(reflection, x, foot), (max(0, x), max(0, foot)))
    result = np.asarray(body).copy()
    tail = max(2, int(body.height * 0.05))
    result[-tail:, :, 3] = (result[-tail:, :, 3] * np.linspace(1, 0.15, tail)[:, None]).astype(
        np.uint8
    )
    return Image.fromarray(result)


def _in_style(layer: PictureLayer, styles: tuple[str, ...], seed: int) -> PictureLayer:
    import msgspec

    if not styles:
        return layer
    picture = styled(layer.picture, styles, seed, is_subject=layer.subject >= 0)
    return msgspec.structs.replace(layer, picture=picture)


def open_drawings(resources: Path) -> Drawings:
    """Open the pack of drawings that ships with Atelier."""
    return Drawings(resources / "storyboard" / "drawings.sqlite")

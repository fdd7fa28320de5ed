"""OpenRaster both ways: what is written here reads back equal, and hostile archives do no harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from studio.app.flatten import flatten
from studio.app.landing import landing
from studio.app.layered.openraster_writing import write_openraster
from studio.app.pictures import open_picture
from studio.app.placing import decoded
from studio.core.errors import ImageProblem, StorageProblem, StudioError
from studio.document import (
    TILE,
    AddLayer,
    Batch,
    ImageDocument,
    Layer,
    Project,
    ResizeCanvas,
    TileKey,
    premultiply,
)

MODES = ("normal", "multiply", "screen", "plus", "soft_light", "luminosity")


def tile(seed: int) -> bytes:
    """A tile of noise with every alpha."""
    values = np.random.default_rng(seed).integers(0, 256, (TILE, TILE, 4), np.uint8)
    return premultiply(values).tobytes()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "picture.atelier")
    yield made
    made.close()


def fill(document: ImageDocument) -> None:
    """Layers of every kind: moved, hidden, locked, in groups, cut by masks, beyond the canvas."""

    def add(layer: Layer, tiles: dict[TileKey, bytes]) -> AddLayer:
        return AddLayer(layer=layer, tiles=tiles)

    modes = [
        add(
            Layer(id=f"mode-{mode}", name=f"In {mode}", blend_mode=mode, opacity=0.37, x=index * 9),
            {(index % 2, 0): tile(index)},
        )
        for index, mode in enumerate(MODES)
    ]
    operations = [
        ResizeCanvas(width=500, height=300),
        *modes,
        add(Layer(id="inside", name="Inside", parent="group", x=-30, y=17), {(-1, 0): tile(20)}),
        add(
            Layer(id="leaf", name="Cut", parent="inner", blend_mode="multiply"), {(0, 0): tile(21)}
        ),
        add(
            Layer(id="leaf-mask", name="Its mask", kind="mask", parent="leaf", opacity=0.5, x=7),
            {(0, 0): tile(22)},
        ),
        add(Layer(id="inner", name="Inner", kind="group", parent="group", opacity=0.8), {}),
        add(Layer(id="group", name="Grüße & <Gruppen>", kind="group", blend_mode="screen"), {}),
        add(Layer(id="group-mask", name="Mask", kind="mask", parent="group"), {(0, 0): tile(23)}),
        add(Layer(id="hidden", name="Hidden", visible=False, locked=True), {(3, 3): tile(24)}),
        add(Layer(id="empty", name="Empty", alpha_locked=True, x=40, y=2), {}),
        add(
            Layer(id="kept", name="Kept selection", kind="mask", visible=False), {(1, 0): tile(25)}
        ),
    ]
    document.apply(Batch(label="Fill", operations=tuple(operations)))


def opened_again(path: Path, tmp_path: Path) -> Project:
    other = Project.create(tmp_path / "other.atelier")
    parts = decoded(path)
    other.image.apply(
        Batch(label="Place", operations=tuple(landing(other.image, parts, "x", None)))
    )
    return other


def description(document: ImageDocument) -> list[dict[str, object]]:
    """All that a layer is, with names in place of ids."""
    names = {layer.id: layer.name for layer in document.layers} | {"": ""}
    found = []
    for layer in document.layers:
        fields = {name: getattr(layer, name) for name in Layer.__struct_fields__ if name != "id"}
        fields["parent"] = names[layer.parent]
        fields["tiles"] = {key: document.tile(layer.id, key) for key in document.occupied(layer.id)}
        found.append(fields)
    return found


def test_round_trip_keeps_every_layer_with_every_pixel(project: Project, tmp_path: Path) -> None:
    fill(project.image)
    path = tmp_path / "picture.ora"
    write_openraster(project.image.snapshot(), path)
    other = opened_again(path, tmp_path)
    assert (other.image.width, other.image.height) == (500, 300)
    assert description(other.image) == description(project.image)
    assert flatten(other.image) == flatten(project.image)
    other.image.undo()
    assert other.image.layers == ()
    other.close()


def test_file_is_laid_out_as_the_specification_says(project: Project, tmp_path: Path) -> None:
    fill(project.image)
    path = tmp_path / "picture.ora"
    write_openraster(project.image.snapshot(), path)
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", 0, b"")
        assert archive.read("mimetype") == b"image/openraster"
        image = ET.fromstring(archive.read("stack.xml"))
        names = set(archive.namelist())
        sources = {element.get("src") for element in image.iter("layer")}
        assert sources <= names
        for name in names - {"mimetype", "stack.xml"}:
            assert archive.read(name).startswith(b"\x89PNG")
        with Image.open(archive.open("Thumbnails/thumbnail.png")) as thumbnail:
            assert max(thumbnail.size) == 256
    # The content of the very first bytes tells the kind of file.
    assert path.read_bytes()[30:54] == b"mimetypeimage/openraster"
    assert [one.get("name") for one in image.find("stack") if one.tag in ("layer", "stack")][
        :3
    ] == [
        "Empty",
        "Hidden",
        "Grüße & <Gruppen>",
    ]
    assert image.attrib | {"version": ""} == {"version": "", "w": "500", "h": "300"}
    group = next(one for one in image.iter("stack") if one.get("name") == "Grüße & <Gruppen>")
    assert (group.get("composite-op"), group.get("isolation")) == ("svg:screen", "isolate")


def test_merged_picture_is_the_flat_canvas(project: Project, tmp_path: Path) -> None:
    fill(project.image)
    path = tmp_path / "picture.ora"
    write_openraster(project.image.snapshot(), path)
    assert open_picture(path).straight() == flatten(project.image)


def test_layers_alone_make_the_merged_picture(project: Project, tmp_path: Path) -> None:
    """Composited with Pillow from what the file says, as a program that is not ours would."""
    layers = [
        AddLayer(layer=Layer(id=str(n), name=str(n), opacity=o, x=x, y=y), tiles={(0, 0): tile(n)})
        for n, (o, x, y) in enumerate([(1.0, 0, 0), (0.6, 100, -20), (0.25, -90, 44)])
    ]
    size = ResizeCanvas(width=320, height=200)
    project.image.apply(Batch(label="x", operations=(size, *layers)))
    path = tmp_path / "picture.ora"
    write_openraster(project.image.snapshot(), path)
    canvas = Image.new("RGBA", (320, 200))
    with zipfile.ZipFile(path) as archive:
        stack = ET.fromstring(archive.read("stack.xml")).find("stack")
        for element in reversed(stack):
            with Image.open(archive.open(element.get("src"))) as image:
                opacity = float(element.get("opacity"))
                image.putalpha(
                    image.getchannel("A").point([round(a * opacity) for a in range(256)])
                )
                over = Image.new("RGBA", canvas.size)
                over.paste(image, (int(element.get("x")), int(element.get("y"))))
                canvas = Image.alpha_composite(canvas, over)
    ours = np.frombuffer(flatten(project.image), np.uint8).reshape(200, 320, 4).astype(int)
    theirs = np.asarray(canvas).astype(int)
    assert np.abs(ours[..., 3] - theirs[..., 3]).max() <= 2
    # Colours of nearly transparent pixels are coarse in 8 bits.
    clear = ours[..., 3] > 64
    assert np.abs(ours - theirs)[clear].max() <= 6
    assert np.abs(ours - theirs)[clear].mean() < 0.6


def test_layers_of_a_file_go_into_a_group_where_others_are(
    project: Project, tmp_path: Path
) -> None:
    fill(project.image)
    path = tmp_path / "picture.ora"
    write_openraster(project.image.snapshot(), path)
    before = {layer.id for layer in project.image.layers}
    operations = landing(project.image, decoded(path), "picture", None)
    project.image.apply(Batch(label="Place", operations=tuple(operations)))
    added = [layer for layer in project.image.layers if layer.id not in before]
    group = added[-1]
    assert (group.name, group.kind, group.parent) == ("picture", "group", "")
    assert [one.name for one in added if one.parent == group.id] == [
        *(f"In {mode}" for mode in MODES),
        "Grüße & <Gruppen>",
        "Hidden",
        "Empty",
    ]
    assert next(one for one in added if one.name == "Kept selection").parent == ""


def test_other_programs_changes_win_over_what_is_kept_beside(
    project: Project, tmp_path: Path
) -> None:
    """A program that paints on the cut pixels and leaves our notes alone: its paint counts."""
    fill(project.image)
    path = tmp_path / "picture.ora"
    write_openraster(project.image.snapshot(), path)
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    stack = ET.fromstring(contents["stack.xml"])
    cut = next(one for one in stack.iter("layer") if one.get("name") == "Cut")
    contents[cut.get("src")] = png(8, 8, (0, 200, 0, 255))
    parts = decoded(archived(tmp_path / "painted.ora", contents))
    (painted,) = (part for part in parts.layers if part.name == "Cut")
    (raw,) = painted.tiles.values()
    assert np.frombuffer(raw, np.uint8).reshape(TILE, TILE, 4)[..., 1].max() == 200
    assert not [part for part in parts.layers if part.name == "Its mask"]


# -- files of others ---------------------------------------------------------------------------


def png(width: int, height: int, colour: tuple[int, ...] = (200, 30, 60, 255)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()


def archived(
    path: Path, contents: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return path


def ora(
    path: Path, stack: str, files: dict[str, bytes] | None = None, size: tuple[int, int] = (64, 48)
) -> Path:
    xml = f"<image w='{size[0]}' h='{size[1]}'><stack>{stack}</stack></image>"
    contents = {"mimetype": b"image/openraster", "stack.xml": xml.encode()}
    return archived(path, contents | ({"data/a.png": png(4, 3)} if files is None else files))


def test_positions_in_groups_add_up_and_odd_values_are_bounded(tmp_path: Path) -> None:
    path = ora(
        tmp_path / "x.ora",
        "<stack x='10' y='20' opacity='7' name='G'>"
        "<layer src='data/a.png' x='-3' y='5' opacity='nan'/></stack>",
    )
    layer, group = decoded(path).layers
    assert (layer.x, layer.y, layer.look.opacity, layer.name) == (7, 25, 1.0, "Layer")
    assert (group.look.kind, group.look.opacity) == ("group", 1.0)
    assert layer.look.parent == group.look.id


@pytest.mark.parametrize(
    ("name", "mode"),
    [("svg:add", "plus"), ("krita:luminize", "luminosity"), ("krita:soft_light_svg", "soft_light")],
)
def test_names_of_other_programs_for_blend_modes(name: str, mode: str, tmp_path: Path) -> None:
    parts = decoded(ora(tmp_path / "x.ora", f"<layer src='data/a.png' composite-op='{name}'/>"))
    assert parts.layers[0].look.blend_mode == mode
    assert parts.remarks == ()


def test_unknown_blend_mode_becomes_normal_and_is_told(tmp_path: Path) -> None:
    parts = decoded(ora(tmp_path / "x.ora", "<layer src='data/a.png' composite-op='gimp:grain'/>"))
    assert parts.layers[0].look.blend_mode == "normal"
    assert "gimp:grain" in parts.remarks[0]


LAYER = "<layer src='data/a.png'/>"


def bomb(path: Path) -> Path:
    return ora(path, LAYER, {"data/a.png": png(4, 3) + bytes(20 << 20)})


def stack_bomb(path: Path) -> Path:
    xml = b"<image w='4' h='4'><stack>" + b" " * (9 << 20) + b"</stack></image>"
    return archived(path, {"mimetype": b"image/openraster", "stack.xml": xml})


def entities(path: Path) -> Path:
    xml = (
        "<!DOCTYPE image [<!ENTITY a 'lol'>"
        + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 20}'>" for n in range(12))
        + "]><image w='4' h='4'><stack><layer name='&m;' src='data/a.png'/></stack></image>"
    )
    contents = {"mimetype": b"image/openraster", "stack.xml": xml.encode(), "data/a.png": png(4, 3)}
    return archived(path, contents)


def claims(width: int, height: int) -> bytes:
    """A small PNG whose header claims another size."""
    data = bytearray(png(4, 3))
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "zip bomb in a layer": (bomb, "picture_too_large"),
    "zip bomb in the stack": (stack_bomb, "picture_too_large"),
    "entity bomb": (entities, "damaged_picture"),
    "huge canvas": (lambda p: ora(p, LAYER, size=(200_000, 200_000)), "picture_too_large"),
    "canvas of nothing": (lambda p: ora(p, LAYER, size=(0, 5)), "damaged_picture"),
    "canvas without a number": (lambda p: ora(p, LAYER, size=("x", 5)), "damaged_picture"),
    "huge layer": (
        lambda p: ora(p, LAYER, {"data/a.png": claims(60_000, 60_000)}),
        "picture_too_large",
    ),
    "too wide layer": (
        lambda p: ora(p, LAYER, {"data/a.png": claims(300_000, 1)}),
        "picture_too_large",
    ),
    "path out of the archive": (
        lambda p: ora(p, "<layer src='../../etc/passwd'/>", {"../../etc/passwd": png(4, 3)}),
        "damaged_picture",
    ),
    "absolute path": (
        lambda p: ora(p, "<layer src='/etc/passwd'/>", {"/etc/passwd": png(4, 3)}),
        "damaged_picture",
    ),
    "path of Windows": (
        lambda p: ora(p, "<layer src='C:\\a.png'/>"),
        "damaged_picture",
    ),
    "missing layer": (lambda p: ora(p, "<layer src='data/b.png'/>"), "damaged_picture"),
    "layer without a file": (lambda p: ora(p, "<layer/>"), "damaged_picture"),
    "layer that is no PNG": (
        lambda p: ora(p, LAYER, {"data/a.png": b"GIF89a" * 20}),
        "damaged_picture",
    ),
    "cut off layer": (
        lambda p: ora(p, LAYER, {"data/a.png": png(64, 64)[:-40]}),
        "damaged_picture",
    ),
    "no stack": (lambda p: archived(p, {"mimetype": b"image/openraster"}), "damaged_picture"),
    "broken stack": (lambda p: ora(p, "<layer"), "damaged_picture"),
    "thousands of layers": (lambda p: ora(p, LAYER * 1200), "picture_too_large"),
    "elements without end": (lambda p: ora(p, "<x/>" * 50_000), "damaged_picture"),
    "groups without end": (
        lambda p: ora(p, "<stack>" * 5000 + "</stack>" * 5000),
        "picture_too_large",
    ),
    "layer at the end of the world": (
        lambda p: ora(p, "<layer src='data/a.png' x='99999999999'/>"),
        "damaged_picture",
    ),
    "layer at infinity": (lambda p: ora(p, "<layer src='data/a.png' x='inf'/>"), "damaged_picture"),
    "another archive": (lambda p: archived(p, {"word/document.xml": b"x"}), "not_a_picture"),
    "Krita's own format": (
        lambda p: archived(p, {"mimetype": b"application/x-krita"}),
        "not_a_picture",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_archive_is_refused_with_a_reason(case: str, tmp_path: Path) -> None:
    make, code = HOSTILE[case]
    folder = tmp_path / "folder"
    folder.mkdir()
    path = make(folder / "hostile.ora")
    with pytest.raises(ImageProblem) as caught:
        decoded(path)
    assert caught.value.code == code
    assert "hostile.ora" in caught.value.message
    assert caught.value.hint
    assert list(tmp_path.rglob("*.png")) == []
    assert list(folder.iterdir()) == [path]


def test_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = ora(tmp_path / "x.ora", LAYER)
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    at = -1
    while (at := data.find(b"PK\x03\x04", at + 1)) >= 0:
        data[at + 6] |= 1
    path.write_bytes(data)
    with pytest.raises(ImageProblem):
        decoded(path)


def test_full_folder_or_missing_folder_leaves_nothing(project: Project, tmp_path: Path) -> None:
    fill(project.image)
    with pytest.raises(StorageProblem):
        write_openraster(project.image.snapshot(), tmp_path / "nowhere" / "x.ora")
    target = tmp_path / "x.ora"
    target.mkdir()
    with pytest.raises(StudioError):
        write_openraster(project.image.snapshot(), target)
    assert not list(tmp_path.glob(".atelier-*"))

"""Where finished pictures land: patches over, margins beneath, everything in one undo step."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.api.requests import Inpaint, ModelRef, PictureRef, Request, Uncrop
from studio.app.landing import Part, Parts, enlarged_landing, landing
from studio.document import AddLayer, Batch, Layer, Project, split_into_tiles

WIDTH, HEIGHT = 300, 200


def solid(red: int, width: int, height: int) -> dict[tuple[int, int], bytes]:
    return split_into_tiles(bytes((red, 0, 0, 255)) * (width * height), width, height)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project.create(tmp_path / "Landing.atelier", width=WIDTH, height=HEIGHT)
    base = Layer(id="base", name="Base", x=-5, y=7)
    made.image.apply(AddLayer(layer=base, tiles=solid(200, 64, 64)))
    return made


def ref(width: int = WIDTH, height: int = HEIGHT) -> PictureRef:
    return PictureRef(sha256="a" * 64, width=width, height=height)


def fill(picture: PictureRef) -> Inpaint:
    return Inpaint(model=ModelRef(id="m"), picture=picture, mask=picture)


def uncrop(picture: PictureRef) -> Uncrop:
    return Uncrop(model=ModelRef(id="m"), picture=picture, left=30, top=10, right=20)


def put(project: Project, parts: Parts, request: Request | None) -> None:
    operations = landing(project.image, parts, "made", request, history_id="h", index=1)
    project.image.apply(Batch(label="Keep", operations=tuple(operations)))


def patch(x: int, y: int) -> Parts:
    part = Part(name="Fill", x=x, y=y, tiles=solid(90, 16, 16))
    return Parts(width=WIDTH, height=HEIGHT, layers=(part,), flat=solid(1, WIDTH, HEIGHT))


def test_a_patch_lies_over_the_picture_at_its_place(project: Project) -> None:
    put(project, patch(40, 50), fill(ref()))
    base, top = project.image.layers
    assert (base.id, top.name, top.x, top.y) == ("base", "Fill", 40, 50)
    assert (top.history_id, top.output_index) == ("h", 1)
    assert (project.image.width, project.image.height) == (WIDTH, HEIGHT)


def test_a_margin_lies_beneath_and_the_canvas_grows_around_the_picture(project: Project) -> None:
    width, height = WIDTH + 50, HEIGHT + 10
    part = Part(name="Margin", x=0, y=0, tiles=solid(90, width, height))
    put(project, Parts(width=width, height=height, layers=(part,), flat={}), uncrop(ref()))
    margin, base = project.image.layers
    assert (margin.name, margin.x, margin.y) == ("Margin", 0, 0)
    assert (base.id, base.x, base.y) == ("base", 25, 17)
    assert (project.image.width, project.image.height) == (width, height)
    project.image.undo()
    (base,) = project.image.layers
    assert (base.x, base.y, project.image.width, project.image.height) == (-5, 7, WIDTH, HEIGHT)


@pytest.mark.parametrize("request_", [fill(ref(100, 80)), uncrop(ref(50, 70))])
def test_what_was_made_for_another_canvas_lies_on_top_as_a_whole(
    project: Project, request_: Request
) -> None:
    part = Part(name="Fill", x=3, y=3, tiles=solid(90, 8, 8))
    put(project, Parts(width=100, height=80, layers=(part,), flat=solid(7, 100, 80)), request_)
    base, whole = project.image.layers
    assert base.id == "base"
    assert (whole.x, whole.y) == ((WIDTH - 100) // 2, (HEIGHT - 80) // 2)
    raw = project.image.tile(whole.id, (0, 0))
    assert raw is not None
    assert raw[0] == 7


def test_an_upscaled_canvas_takes_its_layers_along_beneath_it(project: Project) -> None:
    image = project.image
    parts = Parts(
        width=2 * WIDTH, height=2 * HEIGHT, layers=(), flat=solid(9, 2 * WIDTH, 2 * HEIGHT)
    )
    before = image.layers
    operations = enlarged_landing(image.snapshot(), parts, "Upscaled", history_id="h", index=0)
    image.apply(Batch(label="Keep", operations=tuple(operations)))
    base, top = image.layers
    assert (image.width, image.height) == (2 * WIDTH, 2 * HEIGHT)
    assert (base.id, base.x, base.y, base.visible) == ("base", -10, 14, False)
    tile = image.tile("base", (0, 0))
    assert tile is not None
    assert tile[(127 * 256 + 127) * 4 + 3], "its pixels are scaled too"
    assert (top.name, top.x, top.y, top.visible, top.history_id) == ("Upscaled", 0, 0, True, "h")
    image.undo()
    assert image.layers == before
    assert (image.width, image.height) == (WIDTH, HEIGHT)

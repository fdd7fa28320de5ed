"""Layers to tiles: the right pixels, and no more work than a change asks for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from studio.document import (
    TILE,
    ChangeLayer,
    ImageDocument,
    Layer,
    PaintTiles,
    RemoveLayer,
    ReorderLayer,
    join_tiles,
)
from studio.ui.canvas.compositor import Compositor
from studio.ui.canvas.tile_cache import CachedTile, TileCache
from tests.ui.canvas.making import add_layer, plain

Floats = npt.NDArray[np.float64]
AREA = QRect(0, 0, 512, 384)


@pytest.fixture
def compositor(document: ImageDocument) -> Iterator[Compositor]:
    compositor = Compositor(document)
    yield compositor
    compositor.close()


def noise(seed: int, width: int = 300, height: int = 280) -> npt.NDArray[np.uint8]:
    """Return straight RGBA noise with transparent, half transparent and opaque pixels."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (height, width, 4), dtype=np.uint8)
    pixels[: height // 3, :, 3] = 255
    pixels[-height // 4 :, : width // 2, 3] = 0
    return pixels


def shown(compositor: Compositor, area: QRect = AREA) -> Floats:
    """Return the compositor's picture as premultiplied RGBA, 0 .. 255."""
    return pixels_of(compositor.compose_area(area))


def pixels_of(image: QImage) -> Floats:
    rgba = image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
    flat = np.frombuffer(rgba.constBits(), np.uint8)
    return flat.reshape(rgba.height(), rgba.width(), 4).astype(np.float64)


def expected(document: ImageDocument) -> Floats:
    """Composite the document in double precision, by the formulas of the W3C's compositing page."""
    result = np.zeros((384, 512, 4))
    for layer in document.layers:
        if not layer.visible:
            continue
        tiles = {key: document.tile(layer.id, key) for key in document.occupied(layer.id)}
        raw = join_tiles(tiles, -layer.x, -layer.y, 512, 384)
        source = np.frombuffer(raw, np.uint8).reshape(384, 512, 4) / 255 * layer.opacity
        alpha_s, alpha_b = source[..., 3:], result[..., 3:]
        if layer.blend_mode == "plus":
            result = (result + source).clip(0, 1)
            continue
        colour_s = source[..., :3] / np.where(alpha_s > 0, alpha_s, 1)
        colour_b = result[..., :3] / np.where(alpha_b > 0, alpha_b, 1)
        mixed = MIXES[layer.blend_mode](colour_b, colour_s)
        colour = (
            (1 - alpha_b) * source[..., :3]
            + (1 - alpha_s) * result[..., :3]
            + alpha_s * alpha_b * mixed
        )
        result = np.concatenate([colour, alpha_s + alpha_b - alpha_s * alpha_b], axis=-1)
    return result * 255


MIXES = {
    "normal": lambda b, s: s,
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: b + s - b * s,
    "darken": np.minimum,
    "lighten": np.maximum,
    "difference": lambda b, s: np.abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "overlay": lambda b, s: np.where(b <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s)),
    "hard_light": lambda b, s: np.where(s <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s)),
}


@pytest.mark.parametrize(("opacity", "tolerance"), [(1.0, 1.01), (0.6, 2.5)])
@pytest.mark.parametrize("mode", [*MIXES, "plus"])
def test_two_layers_are_the_same_as_an_independent_composition(
    document: ImageDocument, compositor: Compositor, mode: str, opacity: float, tolerance: float
) -> None:
    """At full opacity within 1/255, one rounding of Qt's 8-bit arithmetic.

    Below that within 2.5/255: half a step for the opacity itself, which Qt keeps in 256 steps, and
    two more roundings. Qt's own exclusion is up to 3/255 off at any opacity.
    """
    tolerance = 3.0 if mode == "exclusion" else tolerance
    add_layer(document, noise(1))
    add_layer(document, noise(2), x=37, y=-21, opacity=opacity, blend_mode=mode)
    assert np.abs(shown(compositor) - expected(document)).max() <= tolerance


@pytest.mark.parametrize("mode", ["hue", "saturation", "color", "luminosity", "soft_light"])
def test_every_mode_agrees_with_the_export(
    document: ImageDocument, compositor: Compositor, mode: str
) -> None:
    """Compared without transparency, where the export's straight colours lose nothing."""
    from studio.app.flatten import flatten

    first, second = noise(3, 512, 384), noise(4, 512, 384)
    first[..., 3] = second[..., 3] = 255
    add_layer(document, first)
    add_layer(document, second, opacity=0.7, blend_mode=mode)
    exported = np.frombuffer(flatten(document), np.uint8).reshape(384, 512, 4)
    tolerance = 3 if mode == "soft_light" else 1
    assert np.abs(shown(compositor) - exported).max() <= tolerance


def test_many_layers_with_offsets_and_opacity(
    document: ImageDocument, compositor: Compositor
) -> None:
    """Nine layers over each other: their roundings add up to less than 4/255."""
    for number in range(10):
        add_layer(
            document,
            noise(number),
            x=number * 31 - 90,
            y=60 - number * 17,
            opacity=0.1 * (number + 1),
            visible=number != 4,
        )
    assert np.abs(shown(compositor) - expected(document)).max() < 4


def test_what_lies_under_an_opaque_tile_is_not_even_loaded(
    document: ImageDocument, compositor: Compositor, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = add_layer(document, noise(1))
    top = add_layer(document, plain((10, 20, 30, 255), 512, 512))
    loaded: list[str] = []
    tile = ImageDocument.tile

    def watched(self: ImageDocument, layer_id: str, key: tuple[int, int]) -> bytes | None:
        loaded.append(layer_id)
        return tile(self, layer_id, key)

    monkeypatch.setattr(ImageDocument, "tile", watched)
    assert (shown(compositor) == (10, 20, 30, 255)).all()
    assert below.id not in loaded
    assert top.id in loaded


def finish(compositor: Compositor, qtbot: QtBot, level: int = 0, area: QRect = AREA) -> None:
    compositor.want(level, area)
    qtbot.waitUntil(lambda: not compositor.busy)


def test_a_change_recomposes_only_the_tiles_it_touched(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot
) -> None:
    add_layer(document, noise(1, 512, 384))
    layer = add_layer(document, noise(2, 512, 384))
    finish(compositor, qtbot)
    before = compositor.composed_tiles
    assert before == 4
    red = plain((255, 0, 0, 255), TILE, TILE).tobytes()
    document.apply(PaintTiles(layer_id=layer.id, tiles={(1, 0): red}))
    qtbot.waitUntil(lambda: not compositor.busy)
    assert compositor.composed_tiles == before + 1
    assert (shown(compositor, QRect(256, 0, 256, 256)) == (255, 0, 0, 255)).all()
    document.undo()
    qtbot.waitUntil(lambda: not compositor.busy)
    assert np.abs(shown(compositor) - expected(document)).max() <= 1.01


def test_a_change_seen_from_afar_recomposes_one_tile_of_its_level(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot
) -> None:
    layer = add_layer(document, noise(2, 512, 512))
    finish(compositor, qtbot, level=1)
    before = compositor.composed_tiles
    red = plain((255, 0, 0, 255), TILE, TILE).tobytes()
    document.apply(PaintTiles(layer_id=layer.id, tiles={(0, 1): red}))
    qtbot.waitUntil(lambda: not compositor.busy)
    assert compositor.composed_tiles == before + 1
    image, whole = compositor.image((1, 0, 0))
    assert whole
    assert image is not None
    assert (pixels_of(image)[128:, :128] == (255, 0, 0, 255)).all()


@pytest.mark.parametrize("changes", [{"name": "Other"}, {"locked": True}, {"history_id": "x"}])
def test_what_does_not_show_composes_nothing(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot, changes: dict[str, object]
) -> None:
    layer = add_layer(document, noise(2, 512, 384))
    finish(compositor, qtbot)
    before = compositor.composed_tiles
    changed = msgspec.structs.replace(layer, **changes)
    document.apply(ChangeLayer(layer_id=layer.id, changes=changed))
    assert not compositor.busy
    assert compositor.composed_tiles == before


def test_moving_removing_reordering_and_hiding_are_followed(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot
) -> None:
    layers: list[Layer] = [add_layer(document, noise(n), x=n * 40, y=n * 20) for n in range(3)]
    finish(compositor, qtbot)
    moved = msgspec.structs.replace(layers[0], x=201, y=99)
    hidden = msgspec.structs.replace(layers[1], visible=False)
    for operation in (
        ChangeLayer(layer_id=moved.id, changes=moved),
        ReorderLayer(layer_id=layers[0].id, index=2),
        ChangeLayer(layer_id=hidden.id, changes=hidden),
        RemoveLayer(layer_id=layers[2].id),
    ):
        document.apply(operation)
        qtbot.waitUntil(lambda: not compositor.busy)
        assert np.abs(shown(compositor) - expected(document)).max() <= 1.01
    for _ in range(4):
        document.undo()
        qtbot.waitUntil(lambda: not compositor.busy)
        assert np.abs(shown(compositor) - expected(document)).max() <= 1.01


def test_a_coarse_tile_is_the_mean_of_its_pixels(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot
) -> None:
    """Tolerance 1/255 for each of the two halvings."""
    add_layer(document, noise(5, 512, 384))
    finish(compositor, qtbot, level=2)
    image, whole = compositor.image((2, 0, 0))
    assert whole
    assert image is not None
    full = np.zeros((1024, 1024, 4))
    full[:384, :512] = expected(document)
    mean = full.reshape(256, 4, 256, 4, 4).mean((1, 3))
    assert np.abs(pixels_of(image) - mean).max() <= 2


def test_a_layer_can_be_shown_elsewhere_without_touching_the_document(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot
) -> None:
    layer = add_layer(document, plain((255, 0, 0, 255), 256, 256))
    finish(compositor, qtbot)
    compositor.show_instead(msgspec.structs.replace(layer, x=256))
    assert (shown(compositor, QRect(256, 0, 256, 256))[..., 0] == 255).all()
    assert (shown(compositor, QRect(0, 0, 256, 256)) == 0).all()
    assert document.layer(layer.id).x == 0
    compositor.stop_showing_instead()
    assert (shown(compositor, QRect(0, 0, 256, 256))[..., 0] == 255).all()


def test_the_cache_keeps_its_budget_but_never_drops_what_is_on_screen() -> None:
    cache = TileCache(limit_bytes=3 * TILE * TILE * 4)
    on_screen = {(0, 0, 0), (0, 1, 0)}
    for column in range(10):
        image = QImage(TILE, TILE, QImage.Format.Format_ARGB32_Premultiplied)
        cache.put((0, column, 0), CachedTile(image), on_screen)
        assert cache.used_bytes <= cache.limit_bytes
    assert cache.get((0, 0, 0)) is not None
    assert cache.get((0, 1, 0)) is not None
    assert cache.get((0, 9, 0)) is not None
    assert cache.get((0, 5, 0)) is None


def test_only_tiles_that_are_on_screen_are_composed(
    document: ImageDocument, compositor: Compositor, qtbot: QtBot
) -> None:
    add_layer(document, plain((9, 9, 9, 255), 1536, 1536))
    finish(compositor, qtbot, area=QRect(QPoint(512, 512), QPoint(1023, 767)))
    # Two visible tiles and the ring around them that panning needs next.
    assert compositor.composed_tiles == 12

"""Strokes: what the brush leaves on a layer's tiles, without a window."""

from __future__ import annotations

import numpy as np
import pytest

from studio.app.painting.brush import Brush, Dab, Sample
from studio.app.painting.stroke import ClonePaint, ColourPaint, EraserPaint, Paint, Stroke
from studio.app.painting.symmetry import Symmetry
from studio.app.painting.tile_canvas import Box, TileCanvas
from studio.document import TILE

CANVAS = Box(0, 0, 1024, 768)
WHOLE = Box(0, 0, 1024, 768)
HARD = Brush(size=20, hardness=1.0, smoothing=0.0)
RED = ColourPaint((200, 30, 10))


def filled(colour: tuple[int, int, int, int]) -> TileCanvas:
    """Return a layer that is one premultiplied colour everywhere."""
    return TileCanvas(lambda _: bytes(colour) * (TILE * TILE))


def draw(
    canvas: TileCanvas, brush: Brush, points: list[tuple[float, ...]], paint: Paint = RED, **how
) -> Stroke:
    stroke = Stroke(canvas, brush, paint, limits=how.pop("limits", CANVAS), **how)
    stroke.begin(Sample(*points[0]))
    for point in points[1:]:
        stroke.move(Sample(*point))
    stroke.finish()
    return stroke


def test_a_stroke_is_where_the_hand_was_and_nowhere_else() -> None:
    canvas = TileCanvas(lambda _: None)
    draw(canvas, HARD, [(200, 100), (300, 100)])
    pixels = canvas.region(WHOLE)
    assert (pixels[100, 195:306] == (200, 30, 10, 255)).all()
    assert not pixels[:88].any()
    assert not pixels[113:].any()
    assert not pixels[:, 312:].any()
    assert set(canvas.live) == {(0, 0), (1, 0)}


def test_one_pixel_is_one_pixel() -> None:
    canvas = TileCanvas(lambda _: None)
    draw(canvas, Brush(size=1, hardness=1), [(10.5, 20.5)])
    ys, xs = canvas.region(WHOLE)[..., 3].nonzero()
    assert (list(ys), list(xs)) == ([20], [10])


def test_a_stroke_that_crosses_itself_gets_no_darker_than_its_opacity() -> None:
    canvas = TileCanvas(lambda _: None)
    there_and_back = [(100, 100), (200, 100), (100, 100), (200, 100)]
    draw(canvas, Brush(size=20, hardness=1, opacity=0.5), there_and_back)
    assert canvas.region(WHOLE)[..., 3].max() == 128


def test_low_flow_builds_up() -> None:
    once, often = TileCanvas(lambda _: None), TileCanvas(lambda _: None)
    gentle = Brush(size=40, hardness=1, flow=0.1, spacing=1.0, smoothing=0)
    draw(once, gentle, [(100, 100)])
    draw(often, gentle, [(100, 100), (140, 100), (100, 100), (140, 100), (100, 100)])
    assert once.region(WHOLE)[100, 100, 3] == 26
    assert often.region(WHOLE)[100, 100, 3] > 60


def test_a_soft_tip_fades_from_the_middle_to_the_edge() -> None:
    canvas = TileCanvas(lambda _: None)
    draw(canvas, Brush(size=60, hardness=0.0), [(100, 100)])
    row = canvas.region(WHOLE)[100, 100:131, 3].astype(int)
    assert row[0] > 250
    assert (np.diff(row) <= 0).all()
    assert 100 < row[15] < 156
    assert row[30] == 0


def test_textured_tips_leave_grain() -> None:
    for tip in ("chalk", "bristle"):
        canvas = TileCanvas(lambda _: None)
        draw(canvas, Brush(tip=tip, size=80, hardness=1.0), [(100, 100)])
        inside = canvas.region(Box(80, 80, 120, 120))[..., 3]
        assert inside.std() > 20
        assert inside.mean() > 40


def test_pressure_thins_the_line_and_tilt_flattens_the_tip() -> None:
    light, tilted = TileCanvas(lambda _: None), TileCanvas(lambda _: None)
    brush = Brush(size=40, hardness=1)
    draw(light, brush, [(100, 100, 0.5)])
    draw(tilted, brush, [(100, 100, 1.0, 60.0, 0.0)])
    assert light.region(WHOLE)[100, :, 3].nonzero()[0].size == pytest.approx(20, abs=2)
    wide = tilted.region(WHOLE)[100, :, 3].nonzero()[0].size
    high = tilted.region(WHOLE)[:, 100, 3].nonzero()[0].size
    assert wide == pytest.approx(40, abs=2)
    assert high < wide / 2


def test_the_eraser_takes_away_and_alpha_lock_keeps_the_shape() -> None:
    canvas = filled((10, 20, 30, 100))
    draw(canvas, HARD, [(100, 100)], EraserPaint())
    assert not canvas.region(WHOLE)[100, 100].any()
    locked = filled((10, 20, 30, 100))
    draw(locked, HARD, [(100, 100)], ColourPaint((255, 0, 0), keep_alpha=True))
    assert (locked.region(WHOLE)[..., 3] == 100).all()
    assert tuple(locked.region(WHOLE)[100, 100]) == (100, 0, 0, 100)
    empty = TileCanvas(lambda _: None)
    draw(empty, HARD, [(100, 100)], ColourPaint((255, 0, 0), keep_alpha=True))
    assert empty.results() == {}


def test_outside_of_the_selection_every_pixel_stays() -> None:
    chosen = np.zeros((TILE, TILE), np.uint8)
    chosen[90:100] = 255
    chosen[100:110] = 128
    canvas = filled((10, 20, 30, 255))
    draw(canvas, Brush(size=80, hardness=1), [(128, 100)], clip=lambda _: chosen)
    pixels = canvas.region(WHOLE)
    assert (pixels[:90] == (10, 20, 30, 255)).all()
    assert (pixels[110:] == (10, 20, 30, 255)).all()
    assert tuple(pixels[95, 128]) == (200, 30, 10, 255)
    assert tuple(pixels[105, 128]) == (105, 25, 20, 255)


def test_nothing_is_painted_beyond_the_canvas() -> None:
    canvas = TileCanvas(lambda _: None)
    draw(canvas, HARD, [(0, 0)], limits=Box(0, 0, 5, 5))
    assert set(canvas.live) == {(0, 0)}
    assert not canvas.tile((0, 0))[5:].any()
    draw(canvas, HARD, [(-100, -100)], limits=Box(0, 0, 5, 5))
    assert set(canvas.live) == {(0, 0)}


def test_a_moved_layer_is_painted_where_the_pen_is() -> None:
    canvas = TileCanvas(lambda _: None)
    limits = CANVAS.shifted(100, -50)
    draw(canvas, Brush(size=1, hardness=1), [(10.5, 60.5)], origin=(-100, 50), limits=limits)
    assert tuple(canvas.tile((0, 0))[10, 110]) == (200, 30, 10, 255)


def test_symmetry_paints_the_same_on_both_sides_to_the_pixel() -> None:
    canvas = TileCanvas(lambda _: None)
    mirror = Symmetry(x=256.0, y=200.0, across=True)
    draw(canvas, Brush(size=9, hardness=1), [(100, 60), (140, 170)], copies=mirror.copies)
    half = canvas.region(Box(0, 0, 512, 400))[..., 3]
    assert half[:, :256].any()
    assert np.abs(half[:, :256].astype(int) - half[:, :255:-1]).max() <= 40, "sub-pixel steps"
    round_about = Symmetry(x=256.0, y=256.0, turns=6)
    dabs = list(round_about.copies(Dab(356, 256, 5, 1)))
    assert len(dabs) == 6
    assert {round(np.hypot(dab.x - 256, dab.y - 256)) for dab in dabs} == {100}


def test_clone_copies_what_lies_elsewhere() -> None:
    source = np.arange(1024 * 768 * 4, dtype=np.uint32).astype(np.uint8).reshape(768, 1024, 4)
    source[..., 3] = 255

    def shifted(box: Box) -> np.ndarray:
        return source[box.top + 40 : box.bottom + 40, box.left + 30 : box.right + 30]

    canvas = TileCanvas(lambda _: None)
    draw(canvas, HARD, [(250, 250)], ClonePaint(shifted))
    assert (canvas.region(Box(246, 246, 254, 254)) == source[286:294, 276:284]).all()


def test_smoothing_lags_and_arrives() -> None:
    brush = Brush(size=4, hardness=1, smoothing=0.9)
    canvas = TileCanvas(lambda _: None)
    stroke = Stroke(canvas, brush, RED, limits=CANVAS)
    stroke.begin(Sample(50, 50))
    stroke.move(Sample(150, 50))
    assert not canvas.region(WHOLE)[50, 100, 3]
    stroke.finish()
    assert canvas.region(WHOLE)[50, 149, 3]


def test_results_leave_out_tiles_that_did_not_change() -> None:
    canvas = filled((200, 30, 10, 255))
    draw(canvas, HARD, [(100, 100), (300, 100)])
    assert canvas.results() == {}
    draw(canvas, HARD, [(100, 100)], ColourPaint((0, 0, 0)))
    assert set(canvas.results()) == {(0, 0)}

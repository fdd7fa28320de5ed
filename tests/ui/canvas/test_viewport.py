"""The map between document and widget: what an artist feels when zooming and panning."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QSize, QSizeF

from studio.ui.canvas.viewport import MAXIMUM_ZOOM, MINIMUM_ZOOM, REACHABLE, Viewport


def viewport(ratio: float = 1.0, document: tuple[int, int] = (2048, 1368)) -> Viewport:
    result = Viewport()
    result.document_size = QSize(*document)
    result.resize(QSizeF(1000, 700), ratio)
    return result


@settings(max_examples=200, deadline=None)
@given(
    x=st.floats(0, 1000),
    y=st.floats(0, 700),
    zoom=st.floats(MINIMUM_ZOOM, MAXIMUM_ZOOM),
    angle=st.floats(-360, 360),
    ratio=st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)
def test_what_is_under_the_cursor_stays_there(
    x: float, y: float, zoom: float, angle: float, ratio: float
) -> None:
    view = viewport(ratio)
    cursor = QPointF(x, y)
    view.rotate_at(cursor, angle)
    before = view.to_document(cursor)
    view.zoom_at(cursor, zoom)
    moved = view.to_view(before) - cursor
    # The offset is rounded to whole device pixels, once for the turn and once for the zoom.
    assert abs(moved.x()) <= 0.51 / ratio
    assert abs(moved.y()) <= 0.51 / ratio


def test_zoom_stops_at_1_and_3200_percent() -> None:
    view = viewport()
    view.zoom_at(QPointF(500, 350), 1e9)
    assert view.zoom == 32.0
    view.zoom_at(QPointF(500, 350), 1e-9)
    assert view.zoom == 0.01


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_hundred_percent_is_one_pixel_of_the_screen(ratio: float) -> None:
    view = viewport(ratio)
    view.zoom_at(QPointF(500, 350), 1.0)
    start, end = view.device_transform().map(0, 0), view.device_transform().map(100, 0)
    assert end[0] - start[0] == 100
    offset = view.offset * ratio
    assert offset.x() == pytest.approx(round(offset.x()))


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_fit_shows_everything_centred(angle: float) -> None:
    view = viewport()
    view.angle = angle
    view.fit()
    corners = [view.to_view(QPointF(x, y)) for x in (0.0, 2048.0) for y in (0.0, 1368.0)]
    assert min(corner.x() for corner in corners) >= 0
    assert max(corner.x() for corner in corners) <= 1000
    assert min(corner.y() for corner in corners) >= 0
    assert max(corner.y() for corner in corners) <= 700
    middle = view.to_view(QPointF(1024, 684))
    assert abs(middle.x() - 500) <= 1
    assert abs(middle.y() - 350) <= 1


def test_a_fitted_view_stays_fitted_when_the_window_grows() -> None:
    view = viewport()
    small = view.zoom
    view.resize(QSizeF(2000, 1400), 1.0)
    assert view.zoom > small
    view.zoom_at(QPointF(10, 10), 3.0)
    view.resize(QSizeF(1000, 700), 1.0)
    assert view.zoom == 3.0


def test_panning_never_loses_the_picture() -> None:
    view = viewport()
    for _ in range(50):
        view.pan_by(QPointF(400, 300))
    corner = view.to_view(QPointF(0, 0))
    assert corner.x() == 1000 - REACHABLE
    assert corner.y() == 700 - REACHABLE

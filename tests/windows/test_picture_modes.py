"""Fill, Uncrop and Colorize by mouse and keyboard, with the real engines without weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.app.flatten import flatten
from tests.windows.conftest import Artist

WIDTH, HEIGHT = 240, 160
CTRL = Qt.KeyboardModifier.ControlModifier


def photo(path: Path, *, grey: bool = False) -> Path:
    """Write a picture of soft waves."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = np.sin(x / 9) * 40 + np.cos(y / 7) * 40
    pixels = np.stack([130 + waves, 110 + waves * 0.7, 90 + waves * 0.4], -1).astype(np.uint8)
    Image.fromarray(pixels).convert("L" if grey else "RGB").save(path)
    return path


def pixels(artist: Artist) -> np.ndarray:
    image = artist.studio.project.image
    flat = np.frombuffer(flatten(image), np.uint8)
    return flat.reshape(image.height, image.width, 4)


def place(artist: Artist, path: Path) -> None:
    artist.studio.place_pictures([path])
    artist.until(lambda: artist.layers() == 1)
    artist.until(lambda: not artist.studio.busy_in_background)
    artist.window.canvas.view.fit()


def on_view(artist: Artist, x: float, y: float) -> QPoint:
    return artist.window.canvas.view.viewport.to_view(QPointF(x, y)).toPoint()


def drag(artist: Artist, start: tuple[float, float], end: tuple[float, float]) -> None:
    view = artist.window.canvas.view
    first, last = on_view(artist, *start), on_view(artist, *end)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=first)
    QTest.mouseMove(view, (first + last) / 2)
    QTest.mouseMove(view, last)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=last)


def run(artist: Artist) -> str:
    """Press Ctrl+Enter and wait for the result."""
    before = {item.id for item in artist.studio.project.history.items()}
    artist.keys(Qt.Key.Key_Return, CTRL)
    history = artist.studio.project.history
    artist.until(lambda: {item.id for item in history.items()} - before)
    (job,) = {item.id for item in history.items()} - before
    artist.finished(job)
    assert history.get(job).status == "done", history.get(job).error_message
    return job


def keep(artist: Artist) -> None:
    """Choose the candidate and keep it, by keys."""
    layers = artist.layers()
    artist.window.canvas.view.setFocus()
    artist.until(lambda: artist.window.canvas.candidates.items)
    artist.keys(Qt.Key.Key_Right)
    artist.keys(Qt.Key.Key_Return)
    artist.until(lambda: artist.layers() > layers)


def mode(artist: Artist) -> str:
    return artist.window.inspector.mode()


@pytest.fixture
def painter(artist: Artist) -> Artist:
    """Someone whose usual model makes pictures from words only, so that the sketch engines fill."""
    artist.studio.change_settings(default_image_model="storyboard")
    artist.window.inspector.form.refresh_models()
    return artist


def test_fill_from_a_dragged_selection_to_a_patch_on_its_own_layer(
    painter: Artist, tmp_path: Path
) -> None:
    place(painter, photo(tmp_path / "photo.png"))
    before = pixels(painter).copy()
    view = painter.window.canvas.view
    view.setFocus()
    painter.keys(Qt.Key.Key_M)
    drag(painter, (80, 50), (130, 90))
    painter.until(lambda: mode(painter) == "fill")
    inspector = painter.window.inspector
    assert inspector.button.text() == "Fill selection"
    choose_model(painter, "patchmatch")
    run(painter)
    keep(painter)
    after = pixels(painter)
    changed = (before != after).any(-1)
    assert changed[60:80, 90:120].any()
    assert not changed[:30].any()
    assert not changed[:, :50].any()
    patch = painter.studio.project.image.layers[-1]
    assert patch.name == "Fill"
    painter.keys(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(pixels(painter), before)


def choose_model(artist: Artist, name: str) -> None:
    """Choose a model in the picker by its keys."""
    picker = artist.window.inspector.form.model_control()
    assert picker is not None
    place_of = [picker.box.itemData(row).id for row in range(picker.box.count())].index(name)
    picker.box.setFocus()
    artist.keys(Qt.Key.Key_Home, widget=picker.box)
    for _ in range(place_of):
        artist.keys(Qt.Key.Key_Down, widget=picker.box)
    assert picker.values()["model"].id == name


def test_uncrop_by_dragging_an_edge_lays_a_margin_beneath(painter: Artist, tmp_path: Path) -> None:
    place(painter, photo(tmp_path / "photo.png"))
    before = pixels(painter).copy()
    view = painter.window.canvas.view
    view.set_zoom(1)
    painter.click(painter.window.inspector.mode_bar.button("uncrop"))
    assert painter.window.canvas.toolbox.current == "uncrop"
    choose_model(painter, "patchmatch")
    drag(painter, (WIDTH, HEIGHT / 2), (WIDTH + 48, HEIGHT / 2))
    control = painter.window.inspector.form.margin_control()
    assert control.values() == {"left": 0, "top": 0, "right": 48, "bottom": 0}
    view.setFocus()
    painter.keys(Qt.Key.Key_Up)
    assert control.values()["top"] == 8
    run(painter)
    keep(painter)
    image = painter.studio.project.image
    assert (image.width, image.height) == (WIDTH + 48, HEIGHT + 8)
    assert np.array_equal(pixels(painter)[8:, :WIDTH], before)
    assert (pixels(painter)[..., 3] == 255).all()
    assert image.layers[0].name == "Margin", "beneath the picture"
    assert control.values() == dict.fromkeys(("left", "top", "right", "bottom"), 0)


def test_colorize_with_a_stroke_of_colour_on_a_hint_layer(painter: Artist, tmp_path: Path) -> None:
    place(painter, photo(tmp_path / "grey.png", grey=True))
    painter.until(lambda: mode(painter) == "colorize")
    choose_model(painter, "scribble_colour")
    before = pixels(painter).copy()
    row = painter.window.inspector.findChild(QWidget, "hints-row")
    painter.until(row.button.isVisible)
    painter.click(row.button)
    assert painter.window.canvas.toolbox.current == "brush"
    painter.window.canvas.state.set_foreground((210, 60, 40))
    drag(painter, (40, 40), (90, 60))
    painter.until(lambda: painter.studio.project.image.occupied(row.layer().id))
    view = painter.window.canvas.view
    painter.until(lambda: view.has_overlay)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=on_view(painter, 60, 120))
    assert not view.has_overlay, "under the brush the stroke itself is seen"
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=on_view(painter, 60, 120))
    painter.until(lambda: view.has_overlay)
    run(painter)
    painter.studio.project.image.undo()
    painter.studio.project.image.undo()
    keep(painter)
    after = pixels(painter).astype(int)
    assert (after[..., 0] - after[..., 2]).mean() > 10, "the red has spread"
    light = after[..., :3] @ np.array([0.299, 0.587, 0.114])
    grey = before[..., :3].astype(int) @ np.array([0.299, 0.587, 0.114])
    assert np.abs(light - grey).max() <= 1.5


def test_upscale_from_the_menu_to_a_larger_canvas(painter: Artist, tmp_path: Path) -> None:
    place(painter, photo(tmp_path / "photo.png"))
    before = pixels(painter).copy()
    view = painter.window.canvas.view
    view.setFocus()
    history = painter.studio.project.history
    painter.keys(Qt.Key.Key_U, CTRL | Qt.KeyboardModifier.AltModifier)
    painter.until(lambda: history.items())
    job = history.items()[0].id
    painter.finished(job)
    assert history.get(job).status == "done", history.get(job).error_message
    assert history.get(job).model_title.startswith("Lanczos")
    painter.until(lambda: painter.window.canvas.candidates.items)
    view.setFocus()
    painter.keys(Qt.Key.Key_Right)
    painter.until(lambda: view.has_overlay)
    assert view.canvas_size().width() == WIDTH, "only looked at so far"
    painter.keys(Qt.Key.Key_Return)
    painter.until(lambda: painter.layers() == 2)
    after = pixels(painter)
    assert after.shape == (2 * HEIGHT, 2 * WIDTH, 4)
    assert np.abs(after[::2, ::2].astype(int) - before).mean() < 8
    below, top = painter.studio.project.image.layers
    assert (below.visible, top.visible) == (False, True)
    painter.keys(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(pixels(painter), before)

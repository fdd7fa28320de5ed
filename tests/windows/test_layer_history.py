"""A generated layer knows its recipe: made again, varied and taken over by a right click."""

from __future__ import annotations

import io

from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from studio.document import Layer
from tests.windows.conftest import Artist


def kept(artist: Artist, words: str) -> Layer:
    """Generate a picture and keep it."""
    job, before = artist.generate(words), artist.layers()
    artist.finished(job)
    candidates = artist.window.canvas.candidates
    artist.until(lambda: job in {item.key[0] for item in candidates.items})
    artist.window.canvas.view.setFocus()
    if candidates.chosen is None:
        artist.keys(Qt.Key.Key_Right)
    artist.keys(Qt.Key.Key_Return)
    artist.until(lambda: artist.layers() > before)
    return artist.studio.project.image.layers[-1]


def right_click(widget: QWidget, place: QPoint) -> QMenu:
    """Send what a right click sends, and return the menu that it opened."""
    QTest.mouseClick(widget, Qt.MouseButton.RightButton, pos=place)
    reason = QContextMenuEvent.Reason.Mouse
    event = QContextMenuEvent(reason, place, widget.mapToGlobal(place))
    QApplication.sendEvent(widget, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(menu: QMenu, name: str) -> None:
    """Click an entry of an open menu."""
    entry = next(action for action in menu.actions() if action.objectName() == name)
    assert entry.isEnabled()
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


def pixels(artist: Artist, history_id: str, index: int = 0) -> bytes:
    """The pixels of a generated picture."""
    history = artist.studio.project.history
    output = history.get(history_id).outputs[index]
    return Image.open(io.BytesIO(history.blob(output.sha256))).tobytes()


def after(artist: Artist, known: set[str]) -> str:
    history = artist.studio.project.history
    artist.until(lambda: {item.id for item in history.items()} - known)
    (job,) = {item.id for item in history.items()} - known
    artist.finished(job)
    return job


def test_regenerate_and_vary_from_the_canvas(artist: Artist) -> None:
    layer = kept(artist, "a red boat")
    history, view = artist.studio.project.history, artist.window.canvas.view
    first = history.get(layer.history_id)
    middle = view.viewport.to_view(QPointF(view.document.width / 2, view.document.height / 2))
    known = {item.id for item in history.items()}
    choose(right_click(view, middle.toPoint()), "layer.regenerate")
    again = history.get(after(artist, known))
    assert again.request.prompt == first.request.prompt
    assert pixels(artist, again.id) == pixels(artist, first.id)
    known.add(again.id)
    choose(right_click(view, middle.toPoint()), "layer.vary")
    varied = history.get(after(artist, known))
    assert varied.request.seed != first.request.seed
    assert varied.request.prompt == first.request.prompt
    assert pixels(artist, varied.id) != pixels(artist, first.id)


def test_use_settings_from_the_layers_panel(artist: Artist) -> None:
    layer = kept(artist, "a red boat")
    artist.prompt("something else")
    rows = artist.window.canvas.layers_panel().list
    place = rows.visualRect(rows.model().index(0, 0)).center()
    choose(right_click(rows.viewport(), place), "layer.settings")
    form = artist.window.inspector.form
    assert form.prompt_control().edit.text() == "a red boat"
    request = artist.studio.project.history.get(layer.history_id).request
    assert form.value()["seed"] == request.seed


def test_one_of_several_pictures_is_made_again_alone(artist: Artist) -> None:
    artist.window.inspector.form.set_values({"count": 3, "seed": 40})
    job = artist.generate("a red boat")
    artist.finished(job)
    artist.studio.keep(job, 2)
    artist.until(lambda: artist.layers() == 1)
    history = artist.studio.project.history
    again = history.get(artist.studio.make_again(job, 2))
    artist.finished(again.id)
    again = history.get(again.id)
    assert (again.request.seed, again.request.count) == (42, 1)
    assert pixels(artist, again.id) == pixels(artist, job, 2)


def test_a_painted_layer_offers_no_recipe(artist: Artist) -> None:
    kept(artist, "a red boat")
    artist.keys(
        Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    artist.until(lambda: artist.layers() == 2)
    rows = artist.window.canvas.layers_panel().list
    place = rows.visualRect(rows.model().index(0, 0)).center()
    menu = right_click(rows.viewport(), place)
    names = {action.objectName() for action in menu.actions()}
    menu.close()
    assert "layer.duplicate" in names
    assert "layer.regenerate" not in names

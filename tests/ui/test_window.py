"""The window as a whole, around a studio whose worker is never started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.document import Project
from studio.ui.application import QtDispatcher
from studio.ui.theme import apply_theme
from studio.ui.window import Window
from studio.ui.window_actions import menu_text
from tests.ui.canvas.making import Maker, plain


@pytest.fixture
def studio(tmp_path: Path, qapp: QApplication) -> Iterator[Studio]:
    dispatch = QtDispatcher()
    project = Project.create(tmp_path / "work.atelier", dispatch=dispatch)
    studio = Studio(dispatch=dispatch, project=project)
    studio.change_settings(welcome_dismissed=True)
    yield studio
    studio.close()


@pytest.fixture
def window(studio: Studio, qtbot: QtBot, qapp: QApplication) -> Window:
    apply_theme(qapp, "dark")
    window = Window(studio)
    qtbot.addWidget(window)
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: window.finished)
    window.activateWindow()
    return window


def way_of_tab(window: Window, qtbot: QtBot) -> list[QWidget]:
    """Press Tab until it comes round, and return where it stopped."""
    window.rail.menu_button.setFocus()
    qtbot.waitUntil(window.rail.menu_button.hasFocus)
    stops: list[QWidget] = []
    while (here := QApplication.focusWidget()) is not None and here not in stops:
        stops.append(here)
        QTest.keyClick(here, Qt.Key.Key_Tab)
    return stops


def test_tab_goes_from_the_rail_over_the_canvas_and_the_form_to_the_status_bar(
    window: Window, studio: Studio, qtbot: QtBot
) -> None:
    Maker(studio).layer(plain((0, 90, 0, 255)))
    Maker(studio).candidate()
    window.show_workspace("gallery")
    window.show_workspace("canvas")
    parts = (window.rail, window.canvas, window.inspector, window.status)
    way = way_of_tab(window, qtbot)
    visited = [next(i for i, part in enumerate(parts) if part.isAncestorOf(w)) for w in way]
    assert visited == sorted(visited)
    assert set(visited) == {0, 1, 2, 3}
    names = [widget.accessibleName() or getattr(widget, "text", str)() for widget in way]
    assert all(names), names
    assert names.index("Prompt") < names.index("Layers") < names.index("Generate")


@pytest.mark.parametrize("workspace", ["gallery", "models"])
def test_tab_goes_through_a_page_before_the_status_bar(
    window: Window, qtbot: QtBot, workspace: str
) -> None:
    window.show_workspace(workspace)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not window.studio.busy_in_background)
    way = way_of_tab(window, qtbot)
    page = window._page(workspace)
    places = [2 if window.status.isAncestorOf(w) else 1 if page.isAncestorOf(w) else 0 for w in way]
    assert places == sorted(places)
    assert set(places) == {0, 1, 2}


def test_the_offline_badge_explains_itself(window: Window, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.status.offline_button, Qt.MouseButton.LeftButton)
    assert window.notices.isVisible()
    said = window.notices.accessibleName()
    assert "nothing you make or write leaves this machine" in said
    assert "no online mode" in said


def test_show_in_the_gallery_chooses_the_picture(
    window: Window, studio: Studio, qtbot: QtBot
) -> None:
    make = Maker(studio)
    wanted = make.candidate((9, 9, 200))
    make.candidate((200, 9, 9))
    action = next(
        action
        for action in window.canvas.strip.actions_for(wanted)
        if action.id == "candidate.gallery"
    )
    action.callback()
    assert window.current_workspace() == "gallery"
    gallery = window._page("gallery")
    assert [entry.item.id for entry in gallery.chosen()] == [wanted[0]]


def test_every_workspace_fits_the_smallest_window(
    window: Window, studio: Studio, qtbot: QtBot, each_workspace: Callable[[Window], Iterator[str]]
) -> None:
    Maker(studio).candidate()
    window.resize(960, 600)
    for name in each_workspace(window):
        assert (window.width(), window.height()) == (960, 600), name


@pytest.fixture
def each_workspace() -> Callable[[Window], Iterator[str]]:
    """Return a function that shows one workspace after the other."""

    def walk(window: Window) -> Iterator[str]:
        for spec in window.rail_specs():
            window.show_workspace(spec.item.id)
            QApplication.processEvents()
            yield spec.item.id

    return walk


def test_a_key_means_one_thing(window: Window) -> None:
    keys: dict[str, str] = {}
    for action in window.actions_table._actions.values():
        for key in action.shortcuts:
            assert key not in keys, f"{key}: {keys[key]} and {action.id}"
            keys[key] = action.id
    assert keys["Ctrl+J"] == "layer.duplicate"
    assert keys["Ctrl+Shift+Q"] == "queue.show"


def test_long_names_of_projects_are_cut_in_the_menu() -> None:
    name = "very " * 30 + "long & last"
    assert len(menu_text(name)) <= 52
    assert menu_text(name).startswith("very very")
    assert menu_text(name).endswith("long && last")
    assert menu_text("boats") == "boats"


def test_a_fresh_studio_offers_the_starter_model(window: Window, studio: Studio) -> None:
    studio.library.refresh()
    assert studio.library.problems() == []
    assert "thumbnail" in [model.id for model in studio.library.models("text_to_image")]
    picker = window.inspector.form.model_control()
    assert picker is not None
    assert picker.model() is not None

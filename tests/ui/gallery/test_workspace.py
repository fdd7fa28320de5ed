"""What an artist does in the Gallery, with real mouse and key events on a real project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from studio.api.recipe import Recipe, png_text_chunks
from studio.api.requests import ModelRef, TextToImage
from studio.app.studio import Studio
from studio.ui.gallery import GalleryWorkspace
from tests.ui.gallery.conftest import Maker

Show = Callable[[], GalleryWorkspace]

NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


def titles(gallery: GalleryWorkspace) -> list[str]:
    return [entry.item.title for entry in gallery.model.entries]


def centre(gallery: GalleryWorkspace, row: int) -> QPoint:
    return gallery.grid.visualRect(gallery.model.index(row)).center()


def click(gallery: GalleryWorkspace, row: int, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    QTest.mouseClick(
        gallery.grid.viewport(), Qt.MouseButton.LeftButton, modifier, centre(gallery, row)
    )


def press(key: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifier)


def seeds(gallery: GalleryWorkspace) -> list[int]:
    return [entry.output.seed for entry in gallery.chosen() if entry.output is not None]


def facts(gallery: GalleryWorkspace) -> dict[str, str]:
    return {fact.title: fact.text for fact in gallery.details.facts}


def test_nothing_is_built_before_it_is_shown(gallery: GalleryWorkspace) -> None:
    assert gallery.findChildren(QObject) == []


def test_building_the_page_never_flashes_a_window(shown: Show, make: Maker) -> None:
    windows: list[QObject] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if (
                event.type() == QEvent.Type.Show
                and isinstance(watched, QWidget)
                and watched.isWindow()
            ):
                windows.append(watched)
            return False

    make.generation("boat", count=2)
    watch = Watch()
    application = QApplication.instance()
    assert application is not None
    application.installEventFilter(watch)
    gallery = shown()
    click(gallery, 0)
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_Delete)
    QApplication.processEvents()
    application.removeEventFilter(watch)
    assert windows == [gallery]


def test_an_empty_gallery_says_what_to_do_first(shown: Show, qtbot: QtBot) -> None:
    gallery = shown()
    assert gallery.pages.currentWidget() is gallery.nothing_yet
    with qtbot.waitSignal(gallery.create_requested):
        QTest.mouseClick(gallery.nothing_yet.button, Qt.MouseButton.LeftButton)


def test_everything_is_listed_newest_first(shown: Show, make: Maker) -> None:
    make.generation("oldest", count=1)
    make.generation("middle", count=2, seed=5)
    make.generation("newest", status="failed", error="The disk is full.")
    assert titles(shown()) == ["newest", "middle", "middle", "oldest"]


def test_what_is_made_while_it_is_in_sight_appears_at_the_top(shown: Show, make: Maker) -> None:
    make.generation("first", seed=1)
    gallery = shown()
    click(gallery, 0)
    make.generation("second", seed=2)
    assert titles(gallery) == ["second", "first"]
    assert seeds(gallery) == [1]


def test_what_is_made_elsewhere_is_there_when_the_page_comes_back(shown: Show, make: Maker) -> None:
    make.generation("first")
    gallery = shown()
    gallery.hide()
    make.generation("second")
    assert titles(gallery) == ["first"]
    gallery.show()
    assert titles(gallery) == ["second", "first"]


def test_another_project_brings_its_own_pictures(
    shown: Show, make: Maker, studio: Studio, tmp_path: Path
) -> None:
    make.generation("of the first project")
    gallery = shown()
    studio.new_project(tmp_path / "second.atelier")
    assert gallery.pages.currentWidget() is gallery.nothing_yet
    make.generation("of the second project")
    assert titles(gallery) == ["of the second project"]


def test_searching_by_typing(shown: Show, make: Maker, qtbot: QtBot) -> None:
    make.generation("a red mushroom", seed=7)
    make.generation("a blue boat", seed=8, model_title="SDXL base")
    gallery = shown()
    QTest.keyClick(gallery.grid, Qt.Key.Key_F, CONTROL)
    assert gallery.toolbar.search.hasFocus()
    QTest.keyClicks(gallery.toolbar.search, "MUSHroom")
    qtbot.waitUntil(lambda: titles(gallery) == ["a red mushroom"])
    gallery.toolbar.search.clear()
    QTest.keyClicks(gallery.toolbar.search, "seed:8")
    qtbot.waitUntil(lambda: titles(gallery) == ["a blue boat"])
    gallery.toolbar.search.clear()
    QTest.keyClicks(gallery.toolbar.search, "model:sdxl")
    qtbot.waitUntil(lambda: titles(gallery) == ["a blue boat"])
    QTest.keyClicks(gallery.toolbar.search, " whale")
    qtbot.waitUntil(lambda: gallery.pages.currentWidget() is gallery.nothing_found)
    QTest.mouseClick(gallery.nothing_found.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(titles(gallery)) == 2)
    assert gallery.pages.currentWidget() is gallery.grid


def test_a_new_picture_stays_out_of_a_search_that_it_does_not_match(
    shown: Show, make: Maker, qtbot: QtBot
) -> None:
    make.generation("a red mushroom")
    make.generation("a boat")
    gallery = shown()
    QTest.keyClicks(gallery.toolbar.search, "mushroom")
    qtbot.waitUntil(lambda: titles(gallery) == ["a red mushroom"])
    make.generation("another boat")
    assert titles(gallery) == ["a red mushroom"]
    make.generation("a white mushroom")
    assert titles(gallery) == ["a white mushroom", "a red mushroom"]


def test_the_star_key_and_the_starred_filter(shown: Show, make: Maker, studio: Studio) -> None:
    make.generation("plain")
    wanted = make.generation("dear")
    gallery = shown()
    click(gallery, 0)
    press(Qt.Key.Key_S)
    assert studio.project.history.get(wanted).starred
    QTest.mouseClick(gallery.toolbar.starred, Qt.MouseButton.LeftButton)
    assert titles(gallery) == ["dear"]
    click(gallery, 0)
    press(Qt.Key.Key_S)
    assert not studio.project.history.get(wanted).starred
    assert titles(gallery) == []


@pytest.mark.parametrize(
    ("shown_as", "expected"),
    [
        ("failed", ["broken"]),
        ("cancelled", ["stopped"]),
        ("waiting", ["waiting"]),
        ("kept", ["good"]),
        ("dropped", ["good"]),
        ("undropped", ["good", "waiting", "stopped", "broken"]),
        ("all", ["good", "good", "waiting", "stopped", "broken"]),
    ],
)
def test_status_filter(
    shown: Show, make: Maker, studio: Studio, shown_as: str, expected: list[str]
) -> None:
    make.generation("broken", status="failed", error="No memory.")
    make.generation("stopped", status="cancelled")
    make.generation("waiting", status="queued")
    good = make.generation("good", count=2)
    studio.project.history.set_output_state(good, 0, "kept")
    studio.project.history.set_output_state(good, 1, "dropped")
    gallery = shown()
    box = gallery.toolbar.status
    box.setCurrentIndex(box.findData(shown_as))
    assert titles(gallery) == expected


def test_a_failed_generation_says_why_and_what_helps(shown: Show, make: Maker) -> None:
    make.generation("too large", status="failed", error="It needs 14 GB of memory.")
    gallery = shown()
    click(gallery, 0)
    QApplication.processEvents()
    assert gallery.details.problem.text() == "It needs 14 GB of memory."
    assert gallery.details.hint.text() == "Choose a smaller size."
    assert not gallery.details.keep.isEnabled()
    assert gallery.details.run_again.isEnabled()


def test_selecting_with_mouse_and_keyboard(shown: Show, make: Maker) -> None:
    for seed in range(30):
        make.generation(f"picture {seed}", seed=seed)
    gallery = shown()
    columns = gallery.grid._layout.columns
    click(gallery, 1)
    assert seeds(gallery) == [28]
    press(Qt.Key.Key_Down)
    assert seeds(gallery) == [28 - columns]
    press(Qt.Key.Key_Right, SHIFT)
    press(Qt.Key.Key_Right, SHIFT)
    assert seeds(gallery) == [28 - columns, 27 - columns, 26 - columns]
    click(gallery, 0)
    click(gallery, 3, SHIFT)
    assert seeds(gallery) == [29, 28, 27, 26]
    click(gallery, 1, CONTROL)
    assert seeds(gallery) == [29, 27, 26]
    press(Qt.Key.Key_End)
    assert seeds(gallery) == [0]
    visible = gallery.grid.viewport().rect()
    assert visible.contains(gallery.grid.visualRect(gallery.grid.currentIndex()))
    press(Qt.Key.Key_Home)
    assert seeds(gallery) == [29]


def test_the_recipe_is_shown_in_full_and_every_line_can_be_copied(shown: Show, make: Maker) -> None:
    make.generation("a red mushroom in a green meadow", seed=41, count=2, size=(96, 64))
    gallery = shown()
    click(gallery, 1)
    QApplication.processEvents()
    told = facts(gallery)
    assert told["Prompt"] == "a red mushroom in a green meadow"
    assert told["Seed"] == "42"
    assert told["Model"] == "Starter"
    assert told["Size"] == "96 \u00d7 64"
    assert told["Time"] == "1.5 s"
    assert {"Steps", "Guidance", "Sampler", "Peak memory", "Date"} <= told.keys()
    rows = [row for row in gallery.details._rows if row.isVisible()]
    assert len(rows) == len(told)
    for row, text in zip(rows, told.values(), strict=True):
        QTest.mouseClick(row.copy, Qt.MouseButton.LeftButton)
        assert QGuiApplication.clipboard().text() == text


def test_enter_opens_the_picture_large_and_arrows_go_through_the_list(
    shown: Show, make: Maker, qtbot: QtBot
) -> None:
    make.generation("old", seed=1)
    make.generation("stopped", status="cancelled")
    make.generation("new", seed=2, size=(2048, 64))
    gallery = shown()
    click(gallery, 0)
    press(Qt.Key.Key_Return)
    assert gallery.pages.currentWidget() is gallery.viewer
    qtbot.waitUntil(lambda: gallery.viewer.picture.picture_size.width() == 2048)
    assert gallery.viewer.picture.view.fitted
    press(Qt.Key.Key_1)
    assert gallery.viewer.picture.percent == 100
    assert not gallery.viewer.picture.view.fitted
    press(Qt.Key.Key_Right)
    assert [entry.item.title for entry in gallery.chosen()] == ["old"]
    press(Qt.Key.Key_Left)
    assert seeds(gallery) == [2]
    press(Qt.Key.Key_S)
    assert gallery.chosen()[0].item.starred
    press(Qt.Key.Key_Escape)
    assert gallery.pages.currentWidget() is gallery.grid
    assert gallery.grid.hasFocus()
    assert seeds(gallery) == [2]


def test_double_click_opens_large(shown: Show, make: Maker) -> None:
    make.generation("one", seed=3)
    gallery = shown()
    place = centre(gallery, 0)
    QTest.mouseClick(gallery.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(gallery.grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert gallery.pages.currentWidget() is gallery.viewer


def test_comparing_two_zooms_both_together(shown: Show, make: Maker, qtbot: QtBot) -> None:
    make.generation("one", seed=1, size=(256, 256))
    make.generation("one", seed=2, size=(256, 256))
    gallery = shown()
    click(gallery, 0)
    press(Qt.Key.Key_C)
    assert gallery.pages.currentWidget() is gallery.grid
    click(gallery, 1, SHIFT)
    press(Qt.Key.Key_C)
    assert gallery.pages.currentWidget() is gallery.compare
    left, right = gallery.compare.views()
    qtbot.waitUntil(lambda: right.picture_size.width() == 256)
    press(Qt.Key.Key_Plus)
    assert left.percent == right.percent > 100
    before = right.grab().toImage()
    QTest.mousePress(left, Qt.MouseButton.LeftButton, NO_KEY, QPoint(100, 100))
    QTest.mouseMove(left, QPoint(200, 260))
    QTest.mouseRelease(left, Qt.MouseButton.LeftButton, NO_KEY, QPoint(200, 260))
    assert right.grab().toImage() != before
    captions = [label.text() for label in gallery.compare.pair._captions]
    assert captions == ["Seed: 2", "Seed: 1"]


def test_use_these_settings_gives_the_request_of_that_very_picture(
    shown: Show, make: Maker, qtbot: QtBot
) -> None:
    make.generation("four boats", seed=100, count=4)
    gallery = shown()
    click(gallery, 2)
    with qtbot.waitSignal(gallery.use_settings) as given:
        press(Qt.Key.Key_U)
    request = given.args[0]
    assert isinstance(request, TextToImage)
    assert (request.prompt, request.seed, request.count) == ("four boats", 102, 1)


def test_run_again_and_keep_go_to_the_studio(
    shown: Show, make: Maker, studio: Studio, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    item_id = make.generation("boat", seed=9, count=2)
    gallery = shown()
    again: list[str] = []
    monkeypatch.setattr(studio, "run_again", again.append)
    click(gallery, 1)
    press(Qt.Key.Key_R)
    assert again == [item_id]
    press(Qt.Key.Key_K)
    qtbot.waitUntil(lambda: len(studio.project.image.layers) == 1)
    assert studio.project.image.layers[0].output_index == 1
    assert studio.project.history.get(item_id).outputs[1].state == "kept"


def test_saving_writes_the_picture_with_its_recipe(
    shown: Show,
    make: Maker,
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    item_id = make.generation("boat", seed=9)
    gallery = shown()
    target = tmp_path / "saved"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "PNG (*.png)"))
    click(gallery, 0)
    press(Qt.Key.Key_S, CONTROL)
    saved = target.with_name("saved.png")
    qtbot.waitUntil(saved.exists)
    sha256 = studio.project.history.get(item_id).outputs[0].sha256
    assert saved.read_bytes() == studio.project.history.blob(sha256)


def test_a_folder_that_cannot_be_written_gives_a_notice(
    shown: Show,
    make: Maker,
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    make.generation("boat")
    gallery = shown()
    target = tmp_path / "missing" / "boat.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "PNG (*.png)"))
    notices: list[object] = []
    studio.notice.connect(notices.append)
    click(gallery, 0)
    press(Qt.Key.Key_S, CONTROL)
    qtbot.waitUntil(lambda: bool(notices))
    assert [notice.level for notice in notices] == ["error"]  # type: ignore[attr-defined]


def test_reveal_writes_a_copy_and_opens_its_folder(
    shown: Show, make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    make.generation("a red mushroom", seed=4)
    gallery = shown()
    opened: list[Path] = []
    monkeypatch.setattr("studio.ui.gallery.actions.pictures_folder", lambda: tmp_path)
    monkeypatch.setattr(
        "studio.ui.gallery.actions.reveal", lambda path: opened.append(path) or True
    )
    click(gallery, 0)
    press(Qt.Key.Key_R, CONTROL)
    qtbot.waitUntil(lambda: bool(opened))
    assert opened == [tmp_path / "Atelier" / "a-red-mushroom-4.png"]
    assert opened[0].stat().st_size > 0


def test_removing_can_be_undone_with_the_button_and_with_the_key(
    shown: Show, make: Maker, studio: Studio, qtbot: QtBot
) -> None:
    wanted = make.generation("precious", seed=1)
    make.generation("other", seed=2)
    gallery = shown()
    for undo in (
        lambda: QTest.mouseClick(gallery.notice.action_button(), Qt.MouseButton.LeftButton),
        lambda: press(Qt.Key.Key_Z, CONTROL),
    ):
        click(gallery, 1)
        press(Qt.Key.Key_Delete)
        assert titles(gallery) == ["other"]
        assert gallery.notice.isVisible()
        undo()
        QApplication.processEvents()
        assert titles(gallery) == ["other", "precious"]
        assert not gallery.notice.isVisible()
    assert studio.project.history.get(wanted).title == "precious"


def test_what_was_removed_is_gone_once_undo_is_no_longer_offered(
    shown: Show, make: Maker, studio: Studio
) -> None:
    for seed in (1, 2, 3):
        make.generation(f"picture {seed}", seed=seed)
    gallery = shown()
    click(gallery, 0)
    press(Qt.Key.Key_Delete)
    click(gallery, 0)
    press(Qt.Key.Key_Delete)
    assert len(studio.project.history.items()) == 2
    gallery.hide()
    assert [item.title for item in studio.project.history.items()] == ["picture 1"]


def test_removing_one_of_four_leaves_the_others(shown: Show, make: Maker, studio: Studio) -> None:
    item_id = make.generation("boats", seed=0, count=4)
    gallery = shown()
    click(gallery, 1)
    press(Qt.Key.Key_Delete)
    assert len(titles(gallery)) == 3
    gallery.hide()
    states = [output.state for output in studio.project.history.get(item_id).outputs]
    assert states == ["candidate", "dropped", "candidate", "candidate"]


def test_a_waiting_generation_is_not_removed_under_the_queue(
    shown: Show, make: Maker, studio: Studio
) -> None:
    make.generation("waiting", status="queued")
    gallery = shown()
    click(gallery, 0)
    press(Qt.Key.Key_Delete)
    assert titles(gallery) == ["waiting"]
    assert len(studio.project.history.items()) == 1


def test_dragging_out_gives_files_that_other_programs_can_read(shown: Show, make: Maker) -> None:
    make.generation("a red mushroom", seed=1, count=2, size=(80, 64))
    make.generation("broken", status="failed", error="No.")
    gallery = shown()
    press(Qt.Key.Key_A, CONTROL)
    data = gallery.grid.drag_data()
    assert data is not None
    paths = [Path(url.toLocalFile()) for url in data.urls()]
    assert [Image.open(path).size for path in paths] == [(80, 64), (80, 64)]


def drop(page: QWidget, path: Path) -> bool:
    """Drag a file in and let it go, as the window system reports it; return if it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    place, copy, left = QPoint(100, 100), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    entering = QDragEnterEvent(place, copy, data, left, NO_KEY)
    QApplication.sendEvent(page, entering)
    if not entering.isAccepted():
        return False
    dropping = QDropEvent(QPointF(place), copy, data, left, NO_KEY)
    QApplication.sendEvent(page, dropping)
    return dropping.isAccepted()


def test_a_dropped_picture_shows_its_recipe_and_its_settings_can_be_used(
    shown: Show, tmp_path: Path, qtbot: QtBot
) -> None:
    request = TextToImage(model=ModelRef(id="sdxl"), prompt="a paper boat", seed=5, count=3)
    recipe = Recipe(request=request, seed=7, index=2, model_title="SDXL base")
    chunks = PngImagePlugin.PngInfo()
    for key, text in png_text_chunks(recipe).items():
        chunks.add_text(key, text)
    path = tmp_path / "boat.png"
    Image.new("RGB", (64, 64), "teal").save(path, pnginfo=chunks)
    gallery = shown()
    assert drop(gallery, path)
    qtbot.waitUntil(lambda: gallery.details.heading.full_text() == "boat.png")
    assert facts(gallery)["Prompt"] == "a paper boat"
    assert facts(gallery)["Seed"] == "7"
    assert facts(gallery)["Model"] == "SDXL base"
    with qtbot.waitSignal(gallery.use_settings) as given:
        QTest.mouseClick(gallery.details.use_foreign, Qt.MouseButton.LeftButton)
    assert (given.args[0].seed, given.args[0].count) == (7, 1)


def test_a_dropped_picture_without_a_recipe_says_so(
    shown: Show, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "holiday.jpg"
    Image.new("RGB", (64, 64), "teal").save(path)
    gallery = shown()
    assert drop(gallery, path)
    qtbot.waitUntil(lambda: gallery.details.heading.full_text() == "holiday.jpg")
    assert "does not say how it was made" in gallery.details.hint.text()
    assert not gallery.details.use_foreign.isVisible()


def test_a_file_that_is_no_picture_gives_a_notice_or_says_that_it_has_no_recipe(
    shown: Show, tmp_path: Path, studio: Studio, qtbot: QtBot
) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"this is not a picture")
    notices: list[object] = []
    studio.notice.connect(notices.append)
    gallery = shown()
    assert drop(gallery, path)
    qtbot.waitUntil(lambda: bool(notices) or gallery.details.heading.full_text() == "broken.png")


def test_files_that_are_no_pictures_are_not_taken(shown: Show, tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3")
    assert not drop(shown(), path)


def test_every_control_has_an_accessible_name(shown: Show, make: Maker) -> None:
    make.generation("boat")
    gallery = shown()
    click(gallery, 0)
    QApplication.processEvents()
    nameless = [
        child
        for child in gallery.findChildren(QWidget)
        if child.focusPolicy() != Qt.FocusPolicy.NoFocus
        and child.isVisible()
        and not child.accessibleName()
        and not getattr(child, "text", str)()
    ]
    assert nameless == []


def test_the_pane_is_steady_at_every_height(shown: Show, make: Maker, qtbot: QtBot) -> None:
    """A scroll bar that makes the preview smaller must not make itself superfluous by that."""
    make.generation("a small blue house on a hill at sunset", size=(64, 64))
    gallery = shown()
    gallery.grid.choose_row(0)
    qtbot.waitUntil(gallery.details.preview.isVisible)
    width = gallery.details.preview.width()
    for height in range(420, 1100, 7):
        gallery.resize(1280, height)
        QApplication.processEvents()
        assert gallery.details.preview.width() == width

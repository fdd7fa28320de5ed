"""Candidates: arriving, looked at, compared, kept, dropped, dragged out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDrag, QImage, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from studio.app.studio import Studio
from studio.document import ImageDocument
from studio.ui.canvas.candidate_tiles import CandidateThumbnail
from studio.ui.canvas.workspace import CanvasWorkspace
from tests.ui.canvas.making import Maker, jpeg, plain

LEFT = Qt.MouseButton.LeftButton


def middle_of(workspace: CanvasWorkspace) -> QColor:
    """Return the colour on the screen in the middle of the canvas."""
    size = workspace.view.canvas_size()
    middle = QPointF(size.width() / 2, size.height() / 2)
    place = workspace.view.viewport.to_view(middle).toPoint()
    return workspace.view.grab().toImage().pixelColor(place)


def close_to(colour: QColor, rgb: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 6 for a, b in zip(colour.getRgb()[:3], rgb, strict=True))


def thumbnails(workspace: CanvasWorkspace) -> list[CandidateThumbnail]:
    QApplication.processEvents()
    found = workspace.strip.findChildren(CandidateThumbnail)
    return sorted((tile for tile in found if tile.isVisible()), key=lambda tile: tile.x())


def test_enter_keeps_the_candidate_as_one_undo_step(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 0, 255), 512, 384))
    key = make.candidate((200, 40, 40))
    QTest.keyClick(workspace.view, Qt.Key.Key_Right)
    assert workspace.candidates.chosen is not None
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (200, 40, 40)))
    assert len(document.layers) == 1
    QTest.keyClick(workspace.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(document.layers) == 2)
    assert (document.layers[1].history_id, document.layers[1].output_index) == key
    qtbot.waitUntil(lambda: not workspace.view.has_overlay)
    assert workspace.candidates.items == ()
    QTest.keyClick(workspace.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(document.layers) == 1


def test_a_kept_candidate_does_not_flicker(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 0, 255), 512, 384))
    make.candidate((200, 40, 40))
    QTest.keyClick(workspace.view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (200, 40, 40)))
    seen: list[bool] = []
    workspace.view.overlay_changed.connect(
        lambda: seen.append(workspace.view.has_overlay or len(document.layers) == 2)
    )
    QTest.keyClick(workspace.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(document.layers) == 2 and not workspace.view.has_overlay)
    assert all(seen)


def test_delete_drops_and_shows_the_neighbour(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, studio: Studio
) -> None:
    keys = [make.candidate((40 * n, 90, 90)) for n in range(3)]
    workspace.candidates.choose(keys[1])
    QTest.keyClick(workspace.view, Qt.Key.Key_Delete)
    assert [item.key for item in workspace.candidates.items] == [keys[0], keys[2]]
    assert workspace.candidates.chosen is not None
    assert workspace.candidates.chosen.key == keys[2]
    assert studio.project.history.get(keys[1][0]).outputs[0].state == "dropped"
    assert document.layers == ()


def test_left_and_right_choose_on_the_canvas_and_in_the_strip(
    workspace: CanvasWorkspace, make: Maker
) -> None:
    keys = [make.candidate((40 * n, 90, 90)) for n in range(3)]
    chosen = []
    for widget, key in (
        (workspace.view, Qt.Key.Key_Right),
        (workspace.view, Qt.Key.Key_Right),
        (workspace.strip, Qt.Key.Key_Right),
        (workspace.strip, Qt.Key.Key_Right),
        (workspace.strip, Qt.Key.Key_Left),
    ):
        QTest.keyClick(widget, key)
        assert workspace.candidates.chosen is not None
        chosen.append(keys.index(workspace.candidates.chosen.key))
    assert chosen == [0, 1, 2, 2, 1]


def test_a_click_chooses_and_the_caption_names_the_recipe(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    make.candidate((10, 90, 90))
    make.candidate((90, 10, 90))
    tiles = thumbnails(workspace)
    qtbot.mouseClick(tiles[1], LEFT)
    assert [tile.is_selected() for tile in tiles] == [False, True]
    assert workspace.strip.caption.full_text() == "seed 41720 · 30 steps · 9.1 s"
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (90, 10, 90)))


def test_space_shows_the_picture_before_until_it_is_let_go(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 0, 255), 512, 384))
    workspace.candidates.choose(make.candidate((200, 40, 40), size=256))
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (200, 40, 40)))
    with qtbot.waitSignal(workspace.view.before_shown):
        QTest.keyPress(workspace.view, Qt.Key.Key_Space)
    assert close_to(middle_of(workspace), (0, 0, 0))
    assert workspace.state_pill.text() == "Before"
    QTest.keyRelease(workspace.view, Qt.Key.Key_Space)
    assert close_to(middle_of(workspace), (200, 40, 40))


def test_the_live_preview_lies_over_the_canvas_and_never_in_the_document(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 0, 255), 512, 384))
    layers, undo = document.layers, document.undo_label
    job = make.live(step=18, steps=30, fraction=0.6, eta_seconds=4.2)
    make.advance(job, preview_jpeg=jpeg((20, 160, 90)))
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (20, 160, 90)))
    tile = workspace.strip.live_tile
    assert tile.isVisible()
    assert tile.steps_label.full_text() == "18 / 30"
    assert tile.left_label.full_text() == "4 s left"
    assert tile.progress.fraction() == pytest.approx(0.6)
    make.advance(job, preview_jpeg=jpeg((20, 60, 190)), step=19)
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (20, 60, 190)))
    make.finish(job)
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (0, 0, 0)))
    assert not tile.isVisible()
    assert (document.layers, document.undo_label) == (layers, undo)


def test_the_picture_that_was_watched_is_chosen_when_it_is_finished(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    old = make.candidate((1, 2, 3))
    workspace.candidates.choose(old)
    job = make.live(preview_jpeg=jpeg((20, 160, 90)))
    assert workspace.candidates.chosen is None
    key = make.candidate((30, 150, 80), history_id=job)
    make.finish(job)
    assert workspace.candidates.chosen is not None
    assert workspace.candidates.chosen.key == key
    qtbot.waitUntil(lambda: close_to(middle_of(workspace), (30, 150, 80)))


def test_the_live_tile_leads_back_from_a_candidate_to_the_preview(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    make.layer(plain((0, 0, 0, 255), 512, 384))
    make.candidate((200, 40, 40))
    make.live(preview_jpeg=jpeg((20, 160, 90)))
    for _ in range(3):
        qtbot.mouseClick(thumbnails(workspace)[0], LEFT)
        qtbot.waitUntil(lambda: close_to(middle_of(workspace), (200, 40, 40)))
        qtbot.mouseClick(workspace.strip.live_tile, LEFT)
        qtbot.waitUntil(lambda: close_to(middle_of(workspace), (20, 160, 90)))


def test_a_choice_made_while_a_job_runs_stays(workspace: CanvasWorkspace, make: Maker) -> None:
    old = make.candidate((1, 2, 3))
    job = make.live()
    workspace.candidates.choose(old)
    make.candidate((30, 150, 80), history_id=job)
    make.finish(job)
    assert workspace.candidates.chosen is not None
    assert workspace.candidates.chosen.key == old


def test_buttons_keep_drop_and_hand_over_the_settings(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, qtbot: QtBot
) -> None:
    strip = workspace.strip
    assert not strip.keep_button.isEnabled()
    keys = [make.candidate((40 * n, 90, 90)) for n in range(2)]
    workspace.candidates.choose(keys[0])
    with qtbot.waitSignal(workspace.settings_requested) as asked:
        qtbot.mouseClick(strip.settings_button, LEFT)
    assert asked.args[0].seed == 41720
    qtbot.mouseClick(strip.drop_button, LEFT)
    assert [item.key for item in workspace.candidates.items] == [keys[1]]
    qtbot.mouseClick(strip.keep_button, LEFT)
    qtbot.waitUntil(lambda: len(document.layers) == 1)
    assert not strip.drop_button.isEnabled()


def test_a_dragged_thumbnail_is_a_file_for_other_programs(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[Path] = []

    def take(drag: QDrag, actions: Qt.DropAction) -> Qt.DropAction:
        offered.extend(Path(url.toLocalFile()) for url in drag.mimeData().urls())
        return Qt.DropAction.CopyAction

    # A real drag waits for a mouse that an offscreen screen does not have.
    monkeypatch.setattr(QDrag, "exec", take)
    make.candidate((200, 40, 40))
    tile = thumbnails(workspace)[0]
    QTest.mousePress(tile, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(40, 40))
    QTest.mouseMove(tile, QPoint(45, 45))
    QTest.mouseMove(tile, QPoint(80, 60))
    QTest.mouseRelease(tile, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(80, 60))
    assert [path.read_bytes()[:8] for path in offered] == [b"\x89PNG\r\n\x1a\n"]
    assert workspace.candidates.chosen is None


def test_the_menu_offers_everything(workspace: CanvasWorkspace, make: Maker, qtbot: QtBot) -> None:
    key = make.candidate()
    workspace.strip._open_menu(key, QPoint(10, 10))
    menus = [menu for menu in workspace.strip.findChildren(QMenu) if menu.isVisible()]
    assert [action.objectName() for action in menus[0].actions()] == [
        "candidate.keep",
        "candidate.drop",
        "candidate.settings",
        "candidate.again",
        "candidate.save",
        "candidate.gallery",
    ]
    with qtbot.waitSignal(workspace.gallery_requested) as asked:
        menus[0].actions()[-1].trigger()
    assert asked.args == [key[0]]
    menus[0].close()


def test_comparing_follows_keys_and_keeps_the_right_one(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument, qtbot: QtBot
) -> None:
    keys = [make.candidate((40 * n + 10, 90, 90)) for n in range(3)]
    workspace.candidates.choose(keys[0])
    qtbot.mouseClick(workspace.strip.compare_button, LEFT)
    comparison = workspace.comparison
    assert comparison.isVisible()
    qtbot.waitUntil(lambda: not comparison.pair.left.picture_size.isEmpty())
    QTest.keyClick(comparison, Qt.Key.Key_Right)
    assert [item.key for item in comparison.pictures if item is not None] == [keys[0], keys[2]]
    comparison.pair.left.zoom_by(2.0)
    assert comparison.pair.right.percent == comparison.pair.left.percent
    QTest.keyClick(comparison, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(document.layers) == 1)
    assert document.layers[0].history_id == keys[2][0]
    assert comparison.isVisible()
    QTest.keyClick(comparison, Qt.Key.Key_Delete)
    assert not comparison.isVisible()
    assert [item.key for item in workspace.candidates.items] == [keys[0]]


@pytest.mark.parametrize("place", ["comparison", "picture", "divider"])
def test_esc_closes_the_comparison_and_nothing_else(
    workspace: CanvasWorkspace, make: Maker, place: str
) -> None:
    for colour in ((200, 30, 30), (30, 30, 200)):
        make.candidate(colour)
    stopped: list[bool] = []
    shortcut = QShortcut(QKeySequence("Esc"), workspace.window())
    shortcut.activated.connect(lambda: stopped.append(True))
    workspace.compare()
    comparison = workspace.comparison
    if place == "divider":
        comparison.mode.setCurrent("wipe")
    target = {
        "comparison": comparison,
        "picture": comparison.pair.left,
        "divider": comparison.wipe,
    }[place]
    target.setFocus()
    QTest.keyClick(target, Qt.Key.Key_Escape)
    assert not comparison.isVisible()
    assert stopped == []
    QTest.keyClick(workspace.view, Qt.Key.Key_Escape)
    assert stopped == [True], "with nothing to leave, Esc is the window's"


def test_esc_gives_up_a_move_and_nothing_else(
    workspace: CanvasWorkspace, make: Maker, document: ImageDocument
) -> None:
    make.layer(plain((0, 90, 0, 255), 512, 384))
    workspace.active.choose(document.layers[0].id)
    stopped: list[bool] = []
    shortcut = QShortcut(QKeySequence("Esc"), workspace.window())
    shortcut.activated.connect(lambda: stopped.append(True))
    view, none = workspace.view, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(view, LEFT, none, QPoint(200, 200))
    QTest.mouseMove(view, QPoint(260, 240))
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, none, QPoint(260, 240))
    assert (document.layers[0].x, document.layers[0].y) == (0, 0)
    assert stopped == []


def test_hundreds_of_candidates_arrive_a_few_at_a_time(
    studio: Studio, make: Maker, qtbot: QtBot
) -> None:
    for _ in range(40):
        make.candidate()
    page = CanvasWorkspace(studio)
    qtbot.addWidget(page)
    assert page.candidates.items == (), "the history is not read before the first frame"
    page.resize(900, 600)
    page.show()
    seen: list[int] = []
    page.candidates.changed.connect(lambda: seen.append(len(tiles_of(page))))
    qtbot.waitUntil(lambda: bool(seen))
    assert 0 < len(tiles_of(page)) < 40
    qtbot.waitUntil(lambda: len(tiles_of(page)) == 40)
    lefts = [page.strip._tiles[item.key].x() for item in page.candidates.items]
    assert lefts == sorted(lefts)
    page.close_document()


def tiles_of(page: CanvasWorkspace) -> list[CandidateThumbnail]:
    return page.strip.findChildren(CandidateThumbnail)


def test_a_narrow_strip_leaves_its_room_to_the_pictures(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    strip = workspace.strip
    workspace.window().resize(880, 560)
    qtbot.waitUntil(lambda: strip.keep_button.y() < strip.drop_button.y())
    assert strip._hint.height() >= strip._hint.heightForWidth(strip._hint.width()), "not cut"
    make.candidate()
    make.candidate()
    assert all(tile.visibleRegion().boundingRect().width() > 48 for tile in thumbnails(workspace))
    assert strip.caption.geometry().bottom() <= strip.height()
    workspace.window().resize(1300, 560)
    qtbot.waitUntil(lambda: strip.keep_button.y() == strip.drop_button.y())


def test_saving_a_candidate_does_not_wait_for_the_disk(
    workspace: CanvasWorkspace,
    make: Maker,
    studio: Studio,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    key = make.candidate((10, 200, 10), size=96)
    target = tmp_path / "leaf.jpg"
    monkeypatch.setattr("studio.ui.canvas.candidates.ask_picture_path", lambda *_: target)
    told: list[str] = []
    studio.notice.connect(lambda notice: told.append(notice.message))
    save = next(a for a in workspace.strip.actions_for(key) if a.id == "candidate.save")
    save.callback()
    assert not target.exists(), "it is written on another thread"
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["Saved leaf.jpg."]
    assert close_to(QImage(str(target)).pixelColor(48, 48), (10, 200, 10))


def test_the_divider_uncovers_one_picture(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    for colour in ((200, 30, 30), (30, 30, 200)):
        make.candidate(colour)
    workspace.compare()
    comparison, wipe = workspace.comparison, workspace.comparison.wipe
    comparison.mode.setCurrent("wipe")
    qtbot.waitUntil(lambda: not wipe.picture_size.isEmpty())
    QApplication.processEvents()
    y = wipe.height() // 2 + 30
    middle = wipe.width() // 2
    QTest.mousePress(wipe, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(middle, y))
    QTest.mouseMove(wipe, QPoint(middle - 60, y))
    QTest.mouseRelease(wipe, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(middle - 60, y))
    image = wipe.grab().toImage()
    assert close_to(image.pixelColor(middle - 80, y), (200, 30, 30))
    assert close_to(image.pixelColor(middle - 40, y), (30, 30, 200))
    QTest.keyClick(comparison, Qt.Key.Key_Escape)
    assert not comparison.isVisible()


def test_an_empty_strip_says_what_it_is_for(workspace: CanvasWorkspace) -> None:
    assert workspace.strip._hint.isVisible()
    height = workspace.strip.height()
    assert height == workspace.strip.minimumHeight() == workspace.strip.maximumHeight()


def test_many_candidates_scroll_and_the_chosen_one_comes_into_sight(
    workspace: CanvasWorkspace, make: Maker, qtbot: QtBot
) -> None:
    sizes = workspace.strip.size(), workspace.view.size()
    keys = [make.candidate((20 * n, 90, 90)) for n in range(12)]
    tiles = thumbnails(workspace)
    assert tiles[-1].visibleRegion().isEmpty()
    workspace.candidates.choose(keys[-1])
    qtbot.waitUntil(lambda: tiles[-1].visibleRegion().boundingRect().width() == tiles[-1].width())
    assert tiles[0].visibleRegion().isEmpty()
    place = QPointF(50, 50)
    turn = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, 12000),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(workspace.strip._scroll.viewport(), turn)
    assert not tiles[0].visibleRegion().isEmpty()
    assert (workspace.strip.size(), workspace.view.size()) == sizes

"""What an artist does on the Models page, with real events, real headers and the real planner."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from studio.api.plans import ResidentModel
from studio.api.requests import ModelRef
from studio.app.notices import Notice
from studio.app.studio import Studio
from studio.ui.models import ModelsWorkspace
from studio.ui.models.cards import HowToGet, RecommendedCard
from tests.models.conftest import ModelMaker
from tests.ui.models.conftest import GIGABYTE, card_of

Show = Callable[[], ModelsWorkspace]
LEFT = Qt.MouseButton.LeftButton


def recommended(page: ModelsWorkspace, title: str) -> RecommendedCard:
    return next(card for card in page.recommended.cards if card.title.full_text() == title)


def installed_titles(page: ModelsWorkspace) -> list[str]:
    cards = page.installed.cards.values()
    return [card.title.full_text() for card in cards if not card.isHidden()]


def problems(page: ModelsWorkspace) -> list[str]:
    return [row.accessibleName() for row in page.installed.problems.rows]


def drop(page: QWidget, path: Path) -> None:
    """Drag a file or folder in and let it go, as the window system reports it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    place, copy = QPoint(100, 100), Qt.DropAction.CopyAction
    no_key = Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(place, copy, data, LEFT, no_key)
    QApplication.sendEvent(page, entering)
    assert entering.isAccepted()
    QApplication.sendEvent(page, QDropEvent(QPointF(place), copy, data, LEFT, no_key))


def test_nothing_is_built_before_it_is_shown(page: ModelsWorkspace) -> None:
    assert page.findChildren(QObject) == []


def test_building_the_page_never_flashes_a_window(shown: Show, qtbot: QtBot) -> None:
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

    watch = Watch()
    application = QApplication.instance()
    assert application is not None
    application.installEventFilter(watch)
    page = shown()
    page.show_tab("installed")
    QTest.keyClicks(page.search, "x")
    page.search.clear()
    QApplication.processEvents()
    application.removeEventFilter(watch)
    assert windows == [page]


def test_recommended_models_say_what_they_are_and_whether_they_fit(
    shown: Show, studio: Studio
) -> None:
    page = shown()
    small = recommended(page, "Stable Diffusion 1.5")
    assert "OpenRAIL" in small.facts.full_text()
    assert small.verdict_label.full_text() == "Fits in half precision"
    assert small.dot.colour() == "good"
    assert "3.9 GB in full precision, 1.9 GB in half; 8 GB" in small.bars.accessibleName()
    large = recommended(page, "Flux.1 schnell")
    assert large.dot.colour() == "warn"
    studio.device = card_of(1)
    studio.device_changed.emit()
    QApplication.processEvents()
    assert large.verdict_label.full_text() == "Does not fit this machine"
    assert "1 GB may be used" in large.verdict_label.toolTip()


def test_a_model_that_is_not_here_says_where_to_get_it_and_where_to_put_it(
    shown: Show, own_models: Path, qtbot: QtBot
) -> None:
    page = shown()
    card = recommended(page, "Stable Diffusion 1.5")
    QTest.mouseClick(card.button, LEFT)
    guide = page.findChild(HowToGet)
    assert guide is not None
    assert guide.isVisible()
    QTest.mouseClick(guide.copy_name, LEFT)
    name = "stable-diffusion-v1-5/stable-diffusion-v1-5"
    assert QGuiApplication.clipboard().text() == name
    QTest.mouseClick(guide.copy_folder, LEFT)
    assert QGuiApplication.clipboard().text() == str(own_models / "stable-diffusion-v1-5")
    QTest.keyClick(guide, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.findChild(HowToGet) is None)


def test_what_was_put_where_the_card_says_can_be_used_from_the_card(
    shown: Show, own_models: Path, maker: ModelMaker, qtbot: QtBot
) -> None:
    maker.pipeline(own_models / "stable-diffusion-v1-5", "sd1")
    page = shown()
    card = recommended(page, "Stable Diffusion 1.5")
    qtbot.waitUntil(lambda: card.button.text() == "Use")
    with qtbot.waitSignal(page.use_model) as used:
        QTest.mouseClick(card.button, LEFT)
    assert used.args == ["stable-diffusion-v1-5"]


def test_every_model_on_this_machine_is_listed_and_can_be_used(
    shown: Show, own_models: Path, maker: ModelMaker, qtbot: QtBot
) -> None:
    maker.pipeline(own_models / "photo", "sdxl")
    page = shown()
    QTest.mouseClick(page.tabs.button("installed"), LEFT)
    qtbot.waitUntil(lambda: "photo" in installed_titles(page))
    card = page.installed.cards["photo"]
    assert "Stable Diffusion XL" in card.facts.full_text()
    assert card.path.full_text() == str(own_models / "photo")
    assert card.size_label.text() == "6.4 GB"
    assert "6.4 GB in half" in card.bars.accessibleName()
    assert card.isVisible()
    with qtbot.waitSignal(page.use_model) as used:
        QTest.mouseClick(card.use, LEFT)
    assert used.args == ["photo"]


def test_files_that_cannot_be_used_are_listed_with_the_reason_and_a_hint(
    shown: Show, own_models: Path, maker: ModelMaker, qtbot: QtBot
) -> None:
    maker.checkpoint(own_models / "cut.safetensors", {"a.weight": [10, 10]}, missing=8)
    (own_models / "old.ckpt").write_bytes(pickle.dumps({"weight": 1}))
    page = shown()
    qtbot.waitUntil(lambda: len(problems(page)) == 2)
    cut, old = problems(page)
    assert cut.startswith("cut.safetensors:")
    assert "incomplete" in cut
    assert old.startswith("old.ckpt:")
    assert "pickle" in old


def test_the_search_box_filters_both_lists(
    shown: Show, own_models: Path, maker: ModelMaker, qtbot: QtBot
) -> None:
    maker.small_pipeline(own_models / "ink-drawings")
    maker.small_pipeline(own_models / "watercolour")
    page = shown()
    page.show_tab("installed")
    qtbot.waitUntil(lambda: {"ink-drawings", "watercolour"} <= set(installed_titles(page)))
    QTest.keyClicks(page.search, "INK")
    assert installed_titles(page) == ["ink-drawings"]
    page.search.clear()
    page.show_tab("recommended")
    QTest.keyClicks(page.search, "flux apache")
    titles = [c.title.full_text() for c in page.recommended.cards if not c.isHidden()]
    assert titles == ["Flux.1 schnell"]
    QTest.keyClicks(page.search, " whale")
    assert page.recommended.empty.isVisible()


def test_dropping_a_folder_adds_its_models_and_they_can_be_taken_out_again(
    shown: Show, studio: Studio, maker: ModelMaker, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "downloads"
    maker.small_pipeline(folder / "ink-drawings")
    page = shown()
    drop(page, folder)
    qtbot.waitUntil(lambda: "ink-drawings" in installed_titles(page))
    assert page.tabs.current() == "installed"
    assert studio.settings.model_folders == (str(folder),)
    row = page.installed.folders.rows[-1]
    forget = next(b for b in row.findChildren(QObject) if _forgets(b))
    QTest.mouseClick(forget, LEFT)
    qtbot.waitUntil(lambda: "ink-drawings" not in installed_titles(page))
    assert studio.settings.model_folders == ()
    assert (folder / "ink-drawings" / "model_index.json").exists()


def _forgets(widget: QObject) -> bool:
    return isinstance(widget, QWidget) and widget.accessibleName().startswith("No longer")


def test_dropping_a_file_adds_the_folder_that_it_lies_in(
    shown: Show, studio: Studio, maker: ModelMaker, tmp_path: Path, qtbot: QtBot
) -> None:
    layout = maker.layout(unet_sd1="model.diffusion_model.")
    path = maker.checkpoint(tmp_path / "loose" / "denoiser.safetensors", layout)
    page = shown()
    drop(page, path)
    qtbot.waitUntil(lambda: studio.settings.model_folders == (str(path.parent),))


@pytest.mark.parametrize("kind", ["text", "pickle", "cut", "empty folder"])
def test_wrong_files_give_a_notice_with_the_reason_and_change_nothing(
    shown: Show, studio: Studio, maker: ModelMaker, tmp_path: Path, qtbot: QtBot, kind: str
) -> None:
    path = tmp_path / "dropped" / "thing.safetensors"
    path.parent.mkdir()
    if kind == "text":
        path.write_text("not a model")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"weight": 1}))
    elif kind == "cut":
        maker.checkpoint(path, {"a.weight": [10, 10]}, missing=8)
    else:
        path = path.parent
    notices: list[Notice] = []
    studio.notice.connect(notices.append)
    page = shown()
    drop(page, path)
    qtbot.waitUntil(lambda: bool(notices))
    assert notices[0].level == "error"
    assert notices[0].message
    assert notices[0].hint
    assert studio.settings.model_folders == ()


def test_a_folder_that_is_looked_into_already_is_not_added_twice(
    shown: Show,
    studio: Studio,
    own_models: Path,
    maker: ModelMaker,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maker.small_pipeline(own_models / "inner" / "ink-drawings")
    notices: list[Notice] = []
    studio.notice.connect(notices.append)
    page = shown()
    page.show_tab("installed")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(own_models / "inner"))
    add = next(b for b in page.installed.findChildren(QPushButton) if b.text() == "Add a folder")
    add.click()
    qtbot.waitUntil(lambda: [notice.level for notice in notices] == ["info"])
    assert studio.settings.model_folders == ()


def test_what_is_in_memory_is_listed_and_can_be_freed(
    shown: Show, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    freed: list[bool] = []
    monkeypatch.setattr(studio, "free_memory", lambda: freed.append(True))
    page = shown()
    assert not page.pane.free.isEnabled()
    assert "No model is in memory" in page.pane.why.text()
    studio.resident = (
        ResidentModel(
            model=ModelRef(id="sdxl"),
            title="SDXL base",
            weight_bytes=5 * GIGABYTE,
            data_type="bfloat16",
            placement="component_offload",
            device="cuda:0",
            idle_seconds=185,
            load_count=2,
        ),
    )
    studio.device_changed.emit()
    QApplication.processEvents()
    row = page.pane._rows[0]
    assert row.title.full_text() == "SDXL base"
    assert row.details.full_text() == "bf16 · idle 3 min 5 s"
    assert row.size_label.text() == "5 GB"
    assert "SDXL base waits in system memory" in page.pane.why.text()
    QTest.mouseClick(page.tabs.button("memory"), LEFT)
    told = page.memory._rows[0].details.full_text()
    assert "one part at a time" in told
    assert "loaded 2 times" in told
    QTest.mouseClick(page.memory.free, LEFT)
    assert freed == [True]


def test_free_disk_space_is_told(shown: Show, qtbot: QtBot) -> None:
    page = shown()
    qtbot.waitUntil(lambda: page.disk.text().endswith("free"))


@pytest.mark.parametrize(("width", "columns"), [(1000, 2), (1384, 3), (1900, 5), (2500, 6)])
def test_cards_reflow_with_the_width_and_nothing_is_cut_off(
    shown: Show, qtbot: QtBot, width: int, columns: int
) -> None:
    page = shown()
    page.resize(width, 800)
    qtbot.waitUntil(lambda: page.recommended.columns.columns == columns)
    QApplication.processEvents()
    assert page.width() == width
    cards = [card for card in page.recommended.cards if card.isVisible()]
    right = max(card.mapTo(page, card.rect().topRight()).x() for card in cards)
    assert right < page.pane.x()
    for first, second in pairwise(cards):
        assert not first.geometry().intersects(second.geometry())


def test_every_control_has_an_accessible_name(shown: Show) -> None:
    page = shown()
    for tab in ("recommended", "installed", "memory"):
        page.show_tab(tab)
        QApplication.processEvents()
        nameless = [
            child
            for child in page.findChildren(QWidget)
            if child.focusPolicy() != Qt.FocusPolicy.NoFocus
            and child.isVisible()
            and not child.accessibleName()
            and not getattr(child, "text", str)()
        ]
        assert nameless == []

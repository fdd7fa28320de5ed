"""The frame of the window: rail, status bar, device meter, queue and welcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.api.plans import ResidentModel
from studio.api.requests import ModelRef, TextToImage
from studio.core.errors import StorageProblem
from studio.core.units import GB
from studio.ui import theme
from studio.ui.inspector import Inspector
from studio.ui.shell import DeviceMeter, QueuePanel, Rail, RailItem, StatusBar, WelcomeCard
from studio.ui.shell.device_meter import Segment
from studio.ui.shell.queue_row import QueueRow
from studio.ui.widgets import EmptyState

pytest_plugins = ["pytester"]

Show = Callable[..., QWidget]
ITEMS = [
    RailItem(id="canvas", title="Canvas", icon="canvas", shortcut="Ctrl+1"),
    RailItem(id="gallery", title="Gallery", icon="gallery", shortcut="Ctrl+5"),
    RailItem(id="models", title="Models", icon="models"),
]
LONG = "an unreasonably long title of something " * 6


@pytest.fixture(autouse=True)
def dark(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark")


def resident(title: str, gigabytes: float) -> ResidentModel:
    return ResidentModel(
        model=ModelRef(id=title),
        title=title,
        weight_bytes=int(gigabytes * GB),
        data_type="float16",
        placement="whole",
        device="cuda:0",
    )


# -- rail --------------------------------------------------------------------------------------


def test_the_rail_chooses_by_mouse_and_arrow_keys(
    qtbot: QtBot, in_window: Show, each_theme: str
) -> None:
    rail = Rail(ITEMS)
    in_window(rail, 64, 400)
    assert rail.current() == "canvas"
    with qtbot.waitSignal(rail.currentChanged) as chosen:
        qtbot.mouseClick(rail.button("gallery"), Qt.MouseButton.LeftButton)
    assert chosen.args == ["gallery"]
    rail.button("gallery").setFocus()
    qtbot.keyClick(rail.button("gallery"), Qt.Key.Key_Down)
    assert rail.current() == "models"
    picture = rail.button("models").grab().toImage()
    marker = picture.pixelColor(0, picture.height() // 2).name()
    assert marker in (theme.current_tokens().accent, theme.current_tokens().focus)
    plain = rail.button("canvas").grab().toImage()
    assert plain.pixelColor(0, plain.height() // 2).name() == theme.current_tokens().window


def test_a_plugin_adds_its_workspace(qtbot: QtBot, in_window: Show) -> None:
    rail = Rail(ITEMS)
    in_window(rail, 64, 400)
    width = rail.width()
    rail.add(RailItem(id="plugin", title=LONG, icon="spark", shortcut="Ctrl+7"))
    QApplication.processEvents()
    assert rail.width() == width
    assert rail.button("plugin").toolTip() == f"{LONG} (Ctrl+7)"
    with qtbot.assertNotEmitted(rail.currentChanged):
        rail.setCurrent("canvas")
    rail.setCurrent("plugin")
    assert rail.current() == "plugin"
    with pytest.raises(KeyError):
        rail.setCurrent("nowhere")


# -- device meter and status bar ---------------------------------------------------------------


def test_the_meter_draws_each_model_in_its_share(in_window: Show, each_theme: str) -> None:
    meter = DeviceMeter()
    in_window(meter, 200, 40)
    meter.set_memory(
        [Segment("one", 4 * GB, 0), Segment("two", 2 * GB, 1), Segment("other", GB, -1)], 8 * GB
    )
    tokens = theme.current_tokens()
    image, middle = meter.grab().toImage(), meter.height() // 2
    expected = [
        (0.25, tokens.series[0]),
        (0.6, tokens.series[1]),
        (0.8, tokens.text_faint),
        (0.95, tokens.track),
    ]
    for share, colour in expected:
        assert image.pixelColor(int(share * 150), middle).name() == colour
    assert meter.segment_at(0.25 * 150) == Segment("one", 4 * GB, 0)
    assert meter.segment_at(0.95 * 150) is None
    assert "7 of 8 GB" in meter.accessibleName()


def test_a_meter_that_overflows_stays_inside_its_bar(in_window: Show) -> None:
    meter = DeviceMeter()
    in_window(meter, 200, 40)
    meter.set_memory([Segment("one", 30 * GB, 0), Segment("two", 10 * GB, 1)], 8 * GB)
    assert meter.segment_at(149.9) == Segment("two", 10 * GB, 1)
    meter.set_memory([], 0)
    meter.grab()


def test_the_status_bar_tells_what_is_in_memory(in_window: Show, stand_in: Any) -> None:
    bar = StatusBar(stand_in)
    in_window(bar, 1200, 40)
    assert bar.device_button.text() == "GPU 0"
    assert bar.resident_label.full_text() == "No model in memory"
    stand_in.resident = (resident("SDXL base", 4.8), resident("SmolLM2", 1.1))
    stand_in.used_bytes = 6 * GB
    stand_in.device_changed.emit()
    assert bar.memory_label.full_text() == "6 of 8 GB"
    assert bar.resident_label.full_text() == "SDXL base · SmolLM2 resident"
    assert [part.title for part in bar.meter.segments()] == [
        "SDXL base",
        "SmolLM2",
        "Working memory",
    ]
    assert "SmolLM2: 1.1 GB" in bar.meter.toolTip()
    stand_in.worker_state = "restarting"
    stand_in.worker_changed.emit("restarting")
    assert bar.resident_label.full_text() == "Restarting…"


def test_many_long_names_elide_and_push_nothing_out(in_window: Show, stand_in: Any) -> None:
    bar = StatusBar(stand_in)
    window = in_window(bar, 900, 40)
    place = bar.offline_button.geometry()
    stand_in.resident = tuple(resident(f"{LONG}{number}", 0.5) for number in range(12))
    stand_in.device_changed.emit()
    QApplication.processEvents()
    assert window.width() == 900
    assert bar.offline_button.geometry() == place
    assert bar.resident_label.text().endswith("…")
    assert bar.saved_label.geometry().right() <= bar.width()


def test_the_status_bar_tells_whether_all_is_saved(in_window: Show, stand_in: Any) -> None:
    bar = StatusBar(stand_in)
    in_window(bar, 900, 40)
    place = bar.queue_button.geometry()
    assert bar.saved_label.full_text() == "Saved"
    stand_in.project.write(3)
    assert bar.saved_label.full_text() == "Saving…"
    stand_in.project.failed.emit(StorageProblem("The disk is full."))
    assert bar.saved_label.full_text() == "Not saved"
    stand_in.project.write(2)
    assert bar.saved_label.full_text() == "Not saved", "until everything is on the disk"
    stand_in.project.write(0)
    assert bar.saved_label.full_text() == "Saved"
    QApplication.processEvents()
    assert bar.queue_button.geometry() == place


def test_the_status_bar_follows_the_open_project(in_window: Show, stand_in: Any) -> None:
    bar = StatusBar(stand_in)
    in_window(bar, 900, 40)
    former, former_queue = stand_in.project, stand_in.queue
    fresh = type(stand_in)()
    stand_in.project, stand_in.queue = fresh.project, fresh.queue
    stand_in.project_changed.emit(stand_in.project)
    former.write(7)
    assert bar.saved_label.full_text() == "Saved", "the former project is none of its business"
    stand_in.add_job()
    assert bar.queue_button.text() == "Queue 1"
    former_queue.pause(True)
    assert bar.queue_button.text() == "Queue 1"
    stand_in.project.write(1)
    assert bar.saved_label.full_text() == "Saving…"


def test_the_status_bar_counts_the_queue_and_opens_it(
    qtbot: QtBot, in_window: Show, stand_in: Any
) -> None:
    bar = StatusBar(stand_in)
    in_window(bar, 900, 40)
    assert bar.queue_button.text() == "Queue"
    stand_in.add_job()
    stand_in.add_job()
    assert bar.queue_button.text() == "Queue 2"
    stand_in.queue.pause(True)
    assert "paused" in bar.queue_button.text()
    with qtbot.waitSignal(bar.queue_requested):
        qtbot.mouseClick(bar.queue_button, Qt.MouseButton.LeftButton)


def test_offline_is_a_promise_in_green(in_window: Show, stand_in: Any) -> None:
    bar = StatusBar(stand_in)
    in_window(bar, 900, 40)
    assert bar.offline_button.text() == "Offline"
    good = bar.offline_button.palette().buttonText().color().name()
    assert good == theme.current_tokens().good
    assert "download" not in bar.offline_button.toolTip().lower(), "there is no online mode"


# -- queue -------------------------------------------------------------------------------------


@pytest.fixture
def panel(in_window: Show, stand_in: Any) -> QueuePanel:
    panel = QueuePanel(stand_in)
    panel.setFixedSize(380, 420)
    in_window(panel, 380, 420)
    return panel


def row(panel: QueuePanel, job_id: str) -> QueueRow:
    return next(row for row in panel.rows() if row.job_id == job_id)


def titles(panel: QueuePanel) -> list[str]:
    """Titles from the top to the bottom of the list, as they lie on the screen."""
    QApplication.processEvents()
    return [row.title() for row in sorted(panel.rows(), key=lambda row: row.y())]


def test_an_empty_queue_says_what_will_be_here(panel: QueuePanel, stand_in: Any) -> None:
    assert panel._empty.isVisible()
    stand_in.add_job()
    assert not panel._empty.isVisible()


def test_the_running_job_shows_step_and_time_left(panel: QueuePanel, stand_in: Any) -> None:
    job = stand_in.add_job("a red mushroom")
    assert row(panel, job).state() == "Next"
    stand_in.queue.start(job)
    stand_in.advance(job, phase="Loading unet")
    assert row(panel, job).state() == "Loading unet…"
    stand_in.advance(job, step=15, steps=30, fraction=0.5, eta_seconds=61)
    assert row(panel, job).state() == "Step 15 of 30 · 1 min 1 s left"
    assert row(panel, job).fraction() == pytest.approx(0.5)
    stand_in.queue.finish(job)
    assert panel.rows() == []


def test_a_job_is_cancelled_by_its_button_or_the_delete_key(
    qtbot: QtBot, panel: QueuePanel, stand_in: Any
) -> None:
    asked: list[str] = []
    stand_in.cancel = asked.append
    first, second = stand_in.add_job("one"), stand_in.add_job("two")
    qtbot.mouseClick(row(panel, first).cancel, Qt.MouseButton.LeftButton)
    row(panel, second).setFocus()
    qtbot.keyClick(row(panel, second), Qt.Key.Key_Delete)
    assert asked == [first, second]


def test_waiting_jobs_change_places_by_buttons_and_keys(
    qtbot: QtBot, panel: QueuePanel, stand_in: Any
) -> None:
    running = stand_in.add_job("running")
    stand_in.queue.start(running)
    jobs = [stand_in.add_job(name) for name in ("one", "two", "three")]
    qtbot.mouseClick(row(panel, jobs[2]).up, Qt.MouseButton.LeftButton)
    assert titles(panel) == ["running", "one", "three", "two"]
    assert not row(panel, jobs[0]).up.isEnabled()
    assert not row(panel, jobs[1]).down.isEnabled()
    assert row(panel, running).up.isHidden()
    row(panel, jobs[1]).setFocus()
    for _ in range(5):
        qtbot.keyClick(row(panel, jobs[1]), Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert titles(panel) == ["running", "two", "one", "three"]
    assert row(panel, jobs[1]).hasFocus(), "the keys keep working on the same job"


def test_waiting_jobs_change_places_by_dragging(
    qtbot: QtBot, panel: QueuePanel, stand_in: Any
) -> None:
    jobs = [stand_in.add_job(name) for name in ("one", "two", "three")]
    QApplication.processEvents()
    dragged, target = row(panel, jobs[0]), row(panel, jobs[2])
    distance = target.geometry().center().y() - dragged.geometry().center().y() + 8
    start = QPoint(20, dragged.height() // 2)
    qtbot.mousePress(dragged, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(dragged, start + QPoint(0, distance // 2))
    assert panel._list.marker is not None, "a line shows where it would go"
    qtbot.mouseMove(dragged, start + QPoint(0, distance))
    qtbot.mouseRelease(dragged, Qt.MouseButton.LeftButton, pos=start + QPoint(0, distance))
    assert panel._list.marker is None
    assert titles(panel) == ["two", "three", "one"]
    assert [job.request.prompt for job in stand_in.queue.waiting()] == ["two", "three", "one"]


def test_a_click_without_dragging_moves_nothing(
    qtbot: QtBot, panel: QueuePanel, stand_in: Any
) -> None:
    jobs = [stand_in.add_job(name) for name in ("one", "two")]
    qtbot.mouseClick(row(panel, jobs[1]), Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
    assert titles(panel) == ["one", "two"]


def interrupted(stand_in: Any, prompt: str) -> str:
    """Leave a job in the state of one that ran when the studio ended."""
    job_id: str = stand_in.add_job(prompt)
    job = stand_in.queue.get(job_id)
    stand_in.queue._set(job, state="interrupted")
    del stand_in.live[job_id]
    stand_in.queue.changed.emit()
    return job_id


def test_an_interrupted_job_is_offered_again(
    qtbot: QtBot, panel: QueuePanel, stand_in: Any
) -> None:
    again, gone = interrupted(stand_in, "again"), interrupted(stand_in, "gone")
    assert row(panel, again).state() == "Was interrupted"
    assert row(panel, again).cancel.isHidden()
    qtbot.mouseClick(row(panel, again).again, Qt.MouseButton.LeftButton)
    assert stand_in.queue.get(again).state == "queued"
    assert row(panel, again).state() == "Next"
    qtbot.mouseClick(row(panel, gone).discard, Qt.MouseButton.LeftButton)
    assert stand_in.queue.get(gone) is None
    assert titles(panel) == ["again"]


def test_the_queue_pauses_and_goes_on(qtbot: QtBot, panel: QueuePanel, stand_in: Any) -> None:
    stand_in.add_job()
    qtbot.mouseClick(panel.pause_button, Qt.MouseButton.LeftButton)
    assert stand_in.queue.paused
    assert panel.pause_button.icon_name == "play"
    assert "paused" in panel._title.full_text()
    qtbot.mouseClick(panel.pause_button, Qt.MouseButton.LeftButton)
    assert not stand_in.queue.paused


def test_the_panel_follows_the_open_project(panel: QueuePanel, stand_in: Any) -> None:
    stand_in.add_job("old")
    fresh = type(stand_in)()
    fresh.add_job("new")
    stand_in.queue, stand_in.live = fresh.queue, fresh.live
    stand_in.project_changed.emit(stand_in.project)
    assert titles(panel) == ["new"]


def test_long_titles_leave_the_buttons_in_place(panel: QueuePanel, stand_in: Any) -> None:
    job = stand_in.add_job(LONG)
    other = stand_in.add_job("short")
    QApplication.processEvents()
    assert row(panel, job).width() <= 380
    assert row(panel, job).cancel.x() == row(panel, other).cancel.x()


def test_the_panel_opens_above_its_button_and_closes_with_escape(
    qtbot: QtBot, in_window: Show, stand_in: Any
) -> None:
    button = QPushButton("Queue 2")
    window = in_window(button, 500, 600)
    window.move(40, 0)
    panel = QueuePanel(stand_in, window)
    panel.show_above(button)
    qtbot.waitUntil(panel.isVisible)
    screen = panel.screen().availableGeometry()
    assert screen.contains(panel.geometry())
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    panel.show_above(button)
    assert panel.isVisible(), "and opens again"
    panel.close()


def test_the_queue_opens_as_an_opaque_card_as_high_as_its_rows(
    qtbot: QtBot, in_window: Show, stand_in: Any
) -> None:
    bar = StatusBar(stand_in)
    in_window(bar, 700, 60).move(0, 700)
    panel = QueuePanel(stand_in)
    qtbot.addWidget(panel)
    panel.show_above(bar.queue_button)
    inside = panel.grab().toImage().pixelColor(12, panel.height() - 12)
    assert inside == QColor(theme.current_tokens().panel)
    empty, lower_edge = panel.height(), panel.geometry().bottom()
    for number in range(12):
        stand_in.add_job(f"picture {number}")
    assert empty < panel.height() <= 420
    assert panel.geometry().bottom() == lower_edge
    panel.close()


def test_panels_that_are_gone_hear_nothing(qtbot: QtBot, stand_in: Any) -> None:
    gone = [StatusBar(stand_in), QueuePanel(stand_in)]
    for widget in gone:
        widget.deleteLater()
    qtbot.waitUntil(lambda: not any(isValid(widget) for widget in gone))
    stand_in.add_job()
    stand_in.project.write(1)
    stand_in.device_changed.emit()
    stand_in.project_changed.emit(stand_in.project)
    stand_in.change_settings(theme="light")


def test_nothing_flashes_as_a_window_of_its_own(
    qtbot: QtBot, in_window: Show, stand_in: Any, windows_shown: list[str]
) -> None:
    stand_in.add_job()
    interrupted(stand_in, "again")
    holder = QWidget()
    column = QVBoxLayout(holder)
    inspector = Inspector(stand_in, TextToImage)
    for widget in (
        inspector,
        Rail(ITEMS),
        QueuePanel(stand_in),
        WelcomeCard(["one", "two"]),
        EmptyState("gallery", "Nothing", "here", "Begin"),
        StatusBar(stand_in),
    ):
        column.addWidget(widget)
    assert windows_shown == []
    in_window(holder, 600, 900)
    inspector.form.advanced.setExpanded(True)
    stand_in.library.changed.emit()
    stand_in.add_job()
    QApplication.processEvents()
    assert windows_shown == ["QWidget"]


# -- welcome -----------------------------------------------------------------------------------


def test_one_field_and_one_button_make_the_first_picture(
    qtbot: QtBot, in_window: Show, each_theme: str
) -> None:
    card = WelcomeCard(["a red mushroom", "a paper boat on a calm lake"])
    in_window(card, 600, 400)
    with qtbot.waitSignal(card.submitted) as sent:
        qtbot.mouseClick(card.button, Qt.MouseButton.LeftButton)
    assert sent.args == ["a red mushroom"]
    card.field.setFocus()
    card.field.selectAll()
    qtbot.keyClicks(card.field, "  my own  ")
    with qtbot.waitSignal(card.submitted) as sent:
        qtbot.keyClick(card.field, Qt.Key.Key_Return)
    assert sent.args == ["my own"]
    chip = next(
        button for button in card.findChildren(QPushButton) if button.text().startswith("a paper")
    )
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert card.field.text() == "a paper boat on a calm lake"
    with qtbot.waitSignal(card.dismissed):
        qtbot.keyClick(card.field, Qt.Key.Key_Escape)


def test_an_empty_first_prompt_cannot_be_sent(qtbot: QtBot, in_window: Show) -> None:
    card = WelcomeCard()
    in_window(card, 600, 400)
    assert not card.button.isEnabled()
    with qtbot.assertNotEmitted(card.submitted):
        qtbot.keyClick(card.field, Qt.Key.Key_Return)


# -- the leak fixture itself -------------------------------------------------------------------


def test_a_forgotten_window_thread_or_timer_fails_a_test(pytester: pytest.Pytester) -> None:
    conftest = (Path(__file__).parent / "conftest.py").read_text()
    pytester.makeconftest(conftest)
    pytester.makepyfile(
        """
        from PySide6.QtCore import QThread, QTimer
        from PySide6.QtWidgets import QWidget

        keep = []

        def test_window(qtbot):
            keep.append(QWidget())

        def test_timer(qtbot):
            timer = QTimer()
            timer.start(1000)
            keep.append(timer)

        def test_thread(qtbot):
            thread = QThread()
            thread.start()
            keep.append(thread)

        def test_clean(qtbot):
            widget = QWidget()
            qtbot.addWidget(widget)
            widget.show()

        def test_end_the_thread():
            keep[-1].quit()
            keep[-1].wait()
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=120)
    done.assert_outcomes(passed=5, errors=3)
    done.stdout.fnmatch_lines(["*left behind*QWidget*", "*left behind*QTimer*"])

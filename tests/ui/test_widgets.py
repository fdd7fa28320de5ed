"""The widget kit under real mouse and keyboard events, in every theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QCursor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from studio.ui import theme
from studio.ui.widgets import (
    Card,
    ChoiceBox,
    Dot,
    ElidedLabel,
    EmptyState,
    FlowLayout,
    IconButton,
    NoticeBar,
    NumberBox,
    PrimaryButton,
    ProgressLine,
    PromptEdit,
    Section,
    Segmented,
    SliderRow,
    Thumbnail,
)
from studio.ui.widgets.prompt_weights import reweighted
from studio.ui.widgets.words import duration

Show = Callable[..., QWidget]
LONG = "a very long title that nobody could ever fit into the room that it has got here " * 3


@pytest.fixture(autouse=True)
def dark(qapp: QApplication) -> None:
    theme.apply_theme(qapp, "dark")


def test_a_label_elides_and_keeps_the_whole_text_at_hand(qtbot: QtBot, in_window: Show) -> None:
    label = ElidedLabel("short")
    window = in_window(label, 120)
    assert label.text() == "short"
    assert label.toolTip() == ""
    height, width = label.height(), window.width()
    label.setText(LONG)
    QApplication.processEvents()
    assert label.text().endswith("…")
    assert label.toolTip() == label.accessibleName() == LONG.strip()
    assert (label.height(), window.width()) == (height, width), "long text moves nothing"
    label.setText("short again")
    assert label.text() == "short again"


def test_a_label_shows_more_when_it_gets_room(qtbot: QtBot, in_window: Show) -> None:
    label = ElidedLabel("some twenty letters..")
    window = in_window(label, 60)
    assert label.text().endswith("…")
    window.resize(600, 100)
    QApplication.processEvents()
    assert label.text() == "some twenty letters.."


def test_an_icon_button_is_named_and_clickable(qtbot: QtBot, in_window: Show) -> None:
    button = IconButton("trash", "Delete the layer")
    in_window(button)
    assert (button.width(), button.height()) == (32, 32)
    assert button.accessibleName() == "Delete the layer"
    button.clearFocus()
    with qtbot.waitSignal(button.clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert not button.hasFocus(), "a click leaves the focus where the work is"
    button.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(button, Qt.Key.Key_Space)


def test_the_primary_button_works_by_mouse_and_keys(
    qtbot: QtBot, in_window: Show, each_theme: str
) -> None:
    button = PrimaryButton("Generate", "Ctrl+Enter")
    in_window(button)
    for act in (
        lambda: qtbot.mouseClick(button, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(button, Qt.Key.Key_Space),
        lambda: qtbot.keyClick(button, Qt.Key.Key_Return),
    ):
        with qtbot.waitSignal(button.clicked):
            act()
    edge = button.grab().toImage().pixelColor(20, button.height() // 2).name()
    tokens = theme.current_tokens()
    assert edge in (tokens.accent, tokens.accent_hover)


def test_a_busy_button_keeps_its_size_and_refuses_clicks(qtbot: QtBot, in_window: Show) -> None:
    button = PrimaryButton("Generate", "Ctrl+Enter")
    in_window(button)
    size = button.size()
    button.setBusy("Starting the worker, which takes a while " * 4)
    with qtbot.assertNotEmitted(button.clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.size() == size
    button.setBusy("")
    assert button.text() == "Generate"
    assert button.isEnabled()


def test_a_slider_jumps_to_where_it_is_clicked(qtbot: QtBot, in_window: Show) -> None:
    row = SliderRow("Steps", 1, 150, 1, 25)
    in_window(row)
    slider = row.slider()
    with qtbot.waitSignal(row.valueChanged):
        qtbot.mouseClick(
            slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, slider.height() // 2)
        )
    assert 65 <= row.value() <= 86
    assert row.field().text() == str(round(row.value()))


def test_a_slider_moves_by_its_step_with_the_keys(qtbot: QtBot, in_window: Show) -> None:
    row = SliderRow("Guidance", 0, 30, 0.5, 6.5)
    in_window(row)
    row.slider().setFocus()
    qtbot.keyClick(row.slider(), Qt.Key.Key_Right)
    assert row.value() == 7.0
    qtbot.keyClick(row.slider(), Qt.Key.Key_Home)
    assert row.value() == 0
    assert row.field().text() == "0.0"


def test_a_value_can_be_typed_while_the_slider_has_the_focus(qtbot: QtBot, in_window: Show) -> None:
    row = SliderRow("Steps", 1, 150, 1, 25)
    in_window(row)
    row.slider().setFocus()
    for key in "42":
        qtbot.keyClicks(QApplication.focusWidget(), key)
    qtbot.keyClick(row.field(), Qt.Key.Key_Return)
    assert row.value() == 42
    assert row.slider().hasFocus()


@pytest.mark.parametrize(
    ("typed", "expected"), [("9,3", 9.3), ("99", 30), ("-4", 0), ("words", 6.5), ("", 6.5)]
)
def test_a_double_click_edits_the_value(
    qtbot: QtBot, in_window: Show, typed: str, expected: float
) -> None:
    row = SliderRow("Guidance", 0, 30, 0.5, 6.5, unit="x")
    in_window(row)
    qtbot.mouseDClick(row.field(), Qt.MouseButton.LeftButton)
    assert row.field().selectedText() == row.field().text()
    if typed:
        qtbot.keyClicks(row.field(), typed)
    else:
        qtbot.keyClick(row.field(), Qt.Key.Key_Backspace)
    qtbot.keyClick(row.field(), Qt.Key.Key_Return)
    assert row.value() == expected
    assert row.field().text() == f"{expected:.1f} x"


def test_escape_leaves_the_value_as_it_was(qtbot: QtBot, in_window: Show) -> None:
    row = SliderRow("Guidance", 0, 30, 0.5, 6.5)
    in_window(row)
    row.field().setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.keyClicks(row.field(), "12")
    qtbot.keyClick(row.field(), Qt.Key.Key_Escape)
    assert row.value() == 6.5
    assert row.field().text() == "6.5"


def test_a_value_between_two_steps_is_kept(qtbot: QtBot, in_window: Show) -> None:
    row = SliderRow("Guidance", 0, 30, 0.5, 6.5, decimals=2)
    in_window(row)
    row.setValue(7.23)
    assert row.value() == 7.23
    row.field().setFocus(Qt.FocusReason.MouseFocusReason)
    row.slider().setFocus()
    assert row.value() == 7.23


@pytest.mark.parametrize("kind", ["slider", "number", "choice"])
def test_the_wheel_over_a_field_scrolls_the_panel_instead(
    qtbot: QtBot, in_window: Show, kind: str
) -> None:
    row, number, choice = SliderRow("Steps", 1, 150, 1, 25), NumberBox("W", 0, 100), _choices()
    holder, field, value = {
        "slider": (row, row.slider(), row.value),
        "number": (number, number, number.value),
        "choice": (choice, choice, choice.currentIndex),
    }[kind]
    in_window(holder)
    field.clearFocus()
    before = value()
    _wheel(field)
    assert value() == before
    field.setFocus()
    _wheel(field)
    assert value() != before, "with the focus the wheel changes the value"


def test_the_entries_of_a_narrow_list_can_be_told_apart(qtbot: QtBot, in_window: Show) -> None:
    box = ChoiceBox("Sampler")
    box.addItems(["DPM++ 2M SDE", "DPM++ 2M SDE Karras", LONG])
    in_window(box, 120)
    box.setCurrentIndex(1)
    qtbot.keyClick(box, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    metrics = view.fontMetrics()
    assert view.viewport().width() >= metrics.horizontalAdvance("DPM++ 2M SDE Karras") + 16
    assert view.width() <= 500
    box.hidePopup()


def _choices() -> ChoiceBox:
    box = ChoiceBox("Sampler")
    box.addItems(["Euler", "DDIM", "UniPC"])
    return box


def _wheel(widget: QWidget) -> None:
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(0, 0),
        QPoint(0, -120 if isinstance(widget, ChoiceBox) else 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_segments_are_chosen_by_mouse_and_arrow_keys(qtbot: QtBot, in_window: Show) -> None:
    segmented = Segmented([("new", "Create"), ("fill", "Fill"), ("crop", "Uncrop")])
    in_window(segmented)
    assert segmented.current() == "new"
    with qtbot.waitSignal(segmented.currentChanged) as chosen:
        qtbot.mouseClick(segmented.button("fill"), Qt.MouseButton.LeftButton)
    assert chosen.args == ["fill"]
    segmented.button("fill").setFocus()
    qtbot.keyClick(segmented.button("fill"), Qt.Key.Key_Right)
    assert segmented.current() == "crop"
    segmented.setCurrent("")
    assert segmented.current() == ""
    assert not segmented.button("crop").isChecked()


def test_a_section_folds_by_mouse_and_keys(qtbot: QtBot, in_window: Show) -> None:
    section = Section("Advanced · seed, sampler")
    inside = QLabel("inside")
    section.body_layout.addWidget(inside)
    in_window(section)
    assert not inside.isVisible()
    with qtbot.waitSignal(section.toggled) as opened:
        qtbot.mouseClick(section.heading(), Qt.MouseButton.LeftButton)
    assert opened.args == [True]
    assert inside.isVisible()
    qtbot.keyClick(section.heading(), Qt.Key.Key_Left)
    assert not inside.isVisible()
    qtbot.keyClick(section.heading(), Qt.Key.Key_Space)
    assert section.is_expanded()


def test_a_prompt_grows_to_a_limit_and_then_scrolls(qtbot: QtBot, in_window: Show) -> None:
    edit = PromptEdit("What would you like to see?", minimum_lines=3, maximum_lines=6)
    in_window(edit, height=500)
    low = edit.height()
    with qtbot.waitSignal(edit.textEdited):
        qtbot.keyClicks(edit, "a red mushroom " * 12)
    middle = edit.height()
    edit.setText("word " * 400)
    QApplication.processEvents()
    high = edit.height()
    assert low < middle <= high
    assert edit.verticalScrollBar().maximum() > 0
    edit.setText("word " * 800)
    QApplication.processEvents()
    assert edit.height() == high
    edit.setText("")
    QApplication.processEvents()
    assert edit.height() == low


def test_tab_leaves_the_prompt_and_ctrl_enter_writes_nothing(qtbot: QtBot, in_window: Show) -> None:
    edit = PromptEdit("")
    window = in_window(edit)
    other = PrimaryButton("Generate")
    window.layout().addWidget(other)
    QApplication.processEvents()
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert edit.text() == ""
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert edit.text() == "\n"
    qtbot.keyClick(edit, Qt.Key.Key_Tab)
    assert other.hasFocus()


def test_a_paste_beyond_the_limit_is_refused_and_nothing_is_lost(
    qtbot: QtBot, in_window: Show
) -> None:
    edit = PromptEdit("", maximum_characters=100)
    in_window(edit)
    edit.setText("kept")
    data = QMimeData()
    data.setText("x" * 1_000_000)
    with qtbot.waitSignal(edit.refused) as refused:
        edit.insertFromMimeData(data)
    assert refused.args == [1_000_004]
    assert edit.text() == "kept"


@pytest.mark.parametrize(
    ("text", "selected", "change", "expected"),
    [
        ("a red fox", "red", 0.1, "a (red:1.1) fox"),
        ("a (red:1.1) fox", "red", 0.1, "a (red:1.2) fox"),
        ("a (red:1.1) fox", "red", -0.1, "a red fox"),
        ("a red fox", "red fox", -0.1, "a (red fox:0.9)"),
        ("a (red:2) fox", "red", 0.1, "a (red:2) fox"),
        ("a (red:0.1) fox", "red", -0.1, "a (red:0.1) fox"),
        ("a  red", " ", 0.1, "a  red"),
    ],
)
def test_words_gain_and_lose_weight(text: str, selected: str, change: float, expected: str) -> None:
    start = text.index(selected)
    new, first, last = reweighted(text, start, start + len(selected), change)
    assert new == expected
    assert new[first:last] == selected.strip()


def test_ctrl_up_weighs_the_word_at_the_cursor_and_can_be_undone(
    qtbot: QtBot, in_window: Show
) -> None:
    edit = PromptEdit("")
    in_window(edit)
    qtbot.keyClicks(edit, "a red mushroom")
    for _ in range(3):
        qtbot.keyClick(edit, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert edit.text() == "a red (mushroom:1.3)"
    edit.undo()
    assert edit.text() == "a red (mushroom:1.2)"
    cursor = edit.textCursor()
    cursor.setPosition(edit.text().index("room"))
    edit.setTextCursor(cursor)
    for _ in range(2):
        qtbot.keyClick(edit, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert edit.text() == "a red mushroom"


def test_a_set_prompt_can_be_undone(qtbot: QtBot, in_window: Show) -> None:
    edit = PromptEdit("")
    in_window(edit)
    qtbot.keyClicks(edit, "my words")
    edit.setText("words from the gallery")
    edit.undo()
    assert edit.text() == "my words"


def test_notices_wait_for_each_other_and_errors_go_first(qtbot: QtBot, in_window: Show) -> None:
    bar = NoticeBar()
    in_window(bar, 600)
    assert not bar.isVisible()
    bar.show_notice("warning", "The disk is nearly full.", "", "Free space", "disk.free")
    bar.show_notice("error", "The worker stopped.", "The job can be run again.", "Run", "job.run")
    bar.show_notice("error", "The worker stopped.", "The job can be run again.", "Run", "job.run")
    assert bar.current_message() == "The worker stopped."
    with qtbot.waitSignal(bar.actionTriggered) as action:
        qtbot.mouseClick(bar.action_button(), Qt.MouseButton.LeftButton)
    assert action.args == ["job.run"]
    assert bar.current_message() == "The disk is nearly full."
    with qtbot.waitSignal(bar.dismissed):
        qtbot.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_a_long_notice_wraps_instead_of_widening_the_window(qtbot: QtBot, in_window: Show) -> None:
    bar = NoticeBar()
    window = in_window(bar, 420)
    bar.show_notice("error", LONG, "Something helps.", "A button")
    QApplication.processEvents()
    assert window.width() == 420
    label = next(item for item in bar.findChildren(QLabel) if item.text().startswith(LONG[:20]))
    assert label.height() >= label.heightForWidth(label.width())


def test_what_only_informs_goes_by_itself(
    qtbot: QtBot, in_window: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.ui.widgets.notice_bar._INFO_SECONDS", 0)
    QCursor.setPos(2000, 2000)
    bar = NoticeBar()
    in_window(bar, 420)
    bar.show_notice("info", "Saved a copy.")
    qtbot.waitUntil(lambda: not bar.isVisible())
    bar.show_notice("error", "The disk is full.")
    QApplication.processEvents()
    assert bar.isVisible()


def test_progress_is_bounded_and_accessible(qtbot: QtBot, in_window: Show) -> None:
    line = ProgressLine()
    in_window(line)
    line.setFraction(0.5)
    image = line.grab().toImage()
    accent = theme.current_tokens().accent
    assert image.pixelColor(image.width() // 4, 2).name() == accent
    assert image.pixelColor(image.width() * 3 // 4, 2).name() == theme.current_tokens().track
    line.setFraction(7)
    assert line.fraction() == 1
    face = QAccessible.queryAccessibleInterface(line)
    assert face.role() == QAccessible.Role.ProgressBar


def test_busy_moves_only_while_it_is_seen(
    qtbot: QtBot, in_window: Show, qapp: QApplication
) -> None:
    line = ProgressLine()
    window = in_window(line)
    line.setBusy(True)
    first = line.grab().toImage()
    qtbot.waitUntil(lambda: line.grab().toImage() != first)
    window.hide()
    assert line._timer == 0
    theme.apply_theme(qapp, "dark", reduced_motion=True)
    window.show()
    assert line._timer == 0, "no motion where the artist wants none"
    theme.apply_theme(qapp, "dark")


def test_a_thumbnail_fills_its_square_and_marks_the_chosen_one(
    qtbot: QtBot, in_window: Show
) -> None:
    picture = QImage(200, 100, QImage.Format.Format_RGB32)
    picture.fill(QColor("#2060c0"))
    thumbnail = Thumbnail(64, accessible_name="a boat")
    in_window(thumbnail)
    thumbnail.setImage(picture)
    middle = QPoint(32, 32)
    assert thumbnail.grab().toImage().pixelColor(middle).name() == "#2060c0"
    plain = thumbnail.grab().toImage()
    thumbnail.setSelected(True)
    edge = thumbnail.grab().toImage().pixelColor(1, 32).name()
    assert edge == theme.current_tokens().accent
    thumbnail.setSelected(False)
    thumbnail.setStarred(True)
    assert thumbnail.grab().toImage() != plain
    with qtbot.waitSignal(thumbnail.clicked):
        qtbot.mouseClick(thumbnail, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(thumbnail.doubleClicked):
        qtbot.mouseDClick(thumbnail, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(thumbnail.clicked):
        qtbot.keyClick(thumbnail, Qt.Key.Key_Space)


def test_bytes_that_are_no_picture_clear_the_thumbnail(qtbot: QtBot, in_window: Show) -> None:
    thumbnail = Thumbnail(64)
    in_window(thumbnail)
    thumbnail.setJpeg(b"no picture at all")
    assert thumbnail.image().isNull()
    thumbnail.grab()


def test_cards_wrap_like_words(qtbot: QtBot, in_window: Show) -> None:
    holder = QWidget()
    flow = FlowLayout(holder, spacing=10)
    for _ in range(5):
        flow.addWidget(Thumbnail(90))
    window = in_window(holder, 310, 400)
    tops = [flow.itemAt(index).geometry().top() for index in range(5)]
    assert tops == [0, 0, 0, 100, 100]
    window.resize(600, 400)
    QApplication.processEvents()
    assert {flow.itemAt(index).geometry().top() for index in range(5)} == {0}


def test_an_empty_place_says_what_to_do_first(qtbot: QtBot, each_theme: str) -> None:
    state = EmptyState("gallery", "Nothing here yet", LONG, "Make the first one")
    window = QWidget()
    layout = QHBoxLayout(window)
    layout.addWidget(state)
    qtbot.addWidget(window)
    window.resize(420, 500)
    with qtbot.waitExposed(window):
        window.show()
    text = next(label for label in state.findChildren(QLabel) if label.text() == LONG)
    assert text.height() >= text.heightForWidth(text.width()), "nothing is cut off"
    with qtbot.waitSignal(state.activated):
        qtbot.mouseClick(state.button, Qt.MouseButton.LeftButton)


def test_a_card_is_clicked_only_when_the_release_is_on_it(qtbot: QtBot, in_window: Show) -> None:
    card = Card()
    card.body_layout.addWidget(QLabel("text"))
    in_window(card)
    with qtbot.waitSignal(card.clicked):
        qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    with qtbot.assertNotEmitted(card.clicked):
        qtbot.mousePress(card, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
        qtbot.mouseRelease(card, Qt.MouseButton.LeftButton, pos=QPoint(4, 900))


def test_a_dot_takes_its_colour_from_the_theme(
    qtbot: QtBot, in_window: Show, each_theme: str
) -> None:
    dot = Dot("good", 9)
    in_window(dot)
    assert dot.grab().toImage().pixelColor(4, 4).name() == theme.current_tokens().good


def test_durations_are_said_in_words() -> None:
    assert [duration(value) for value in (0.4, 9, 70, 3700)] == [
        "0 s",
        "9 s",
        "1 min 10 s",
        "1 h 1 min",
    ]

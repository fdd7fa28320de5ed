"""What Generate does on the canvas: a segment a mode, a form a kind, and words that go along."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.api.requests import Inpaint, ModelRef, PictureRef, Request, TextToImage, Uncrop
from studio.core.errors import InvalidRequest
from studio.ui import theme
from studio.ui.inspector import Inspector
from studio.ui.inspector.margin_control import MarginControl
from studio.ui.inspector.modes import picture_modes
from tests.ui.conftest import installed

HERE = PictureRef(sha256="0" * 64, width=800, height=600)
TASKS = ("text_to_image", "image_to_image", "inpaint", "uncrop", "colorize")


def given(kind: type[Request]) -> dict[str, Any]:
    """What a canvas of 800 x 600 px with a selection gives."""
    if kind is TextToImage:
        return {}
    return {"picture": HERE} | ({"mask": HERE} if kind is Inpaint else {})


@pytest.fixture
def inspector(qtbot: QtBot, qapp: QApplication, stand_in: Any) -> Inspector:
    theme.apply_theme(qapp, "dark")
    stand_in.library.installed = [
        installed("painter", tasks=TASKS),
        installed("patches", tasks=("inpaint", "uncrop"), layout="engine", settings=("seed",)),
    ]
    panel = Inspector(stand_in, TextToImage, modes=picture_modes())
    panel.given = given
    qtbot.addWidget(panel)
    panel.resize(340, 840)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def choose(qtbot: QtBot, panel: Inspector, mode: str) -> None:
    assert panel.mode_bar is not None
    qtbot.mouseClick(panel.mode_bar.button(mode), Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, panel: Inspector, words: str) -> None:
    prompt = panel.form.prompt_control()
    assert prompt is not None
    qtbot.mouseClick(prompt.edit.viewport(), Qt.MouseButton.LeftButton)
    qtbot.keyClicks(prompt.edit, words)


def test_a_click_on_a_segment_changes_form_and_button_and_keeps_the_words(
    qtbot: QtBot, inspector: Inspector
) -> None:
    write(qtbot, inspector, "a paper boat")
    for mode in picture_modes():
        choose(qtbot, inspector, mode.id)
        assert inspector.form.kind is mode.kind
        assert inspector.form.isVisible()
        assert inspector.button.text() == mode.button
        assert inspector.form.value()["prompt"] == "a paper boat"
        assert inspector.mode_bar is not None
        assert inspector.mode_bar.isVisible()
    forms = [form for form in inspector._forms.values() if form.isVisible()]
    assert forms == [inspector.form]


def test_generate_sends_the_kind_of_the_mode_with_what_the_canvas_gives(
    qtbot: QtBot, inspector: Inspector
) -> None:
    choose(qtbot, inspector, "fill")
    with qtbot.waitSignal(inspector.generate_requested) as sent:
        qtbot.keyClick(inspector.form, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (request,) = sent.args
    assert isinstance(request, Inpaint)
    assert (request.picture, request.mask, request.prompt) == (HERE, HERE, "")
    assert request.grow is None


def test_words_are_needed_to_create_but_not_to_fill(qtbot: QtBot, inspector: Inspector) -> None:
    with qtbot.assertNotEmitted(inspector.generate_requested):
        qtbot.mouseClick(inspector.button, Qt.MouseButton.LeftButton)
    choose(qtbot, inspector, "restyle")
    with qtbot.waitSignal(inspector.generate_requested):
        qtbot.mouseClick(inspector.button, Qt.MouseButton.LeftButton)


def test_what_the_canvas_lacks_is_told_before_and_after_asking(
    qtbot: QtBot, inspector: Inspector
) -> None:
    def nothing(kind: object) -> dict[str, Any]:
        raise InvalidRequest("Nothing is selected.", "Select what is to be filled first.")

    choose(qtbot, inspector, "fill")
    inspector.given = nothing
    inspector.plan_again()
    qtbot.waitUntil(lambda: "Nothing is selected" in inspector.plan_line.text())
    with qtbot.assertNotEmitted(inspector.generate_requested):
        qtbot.mouseClick(inspector.button, Qt.MouseButton.LeftButton)
    assert "Nothing is selected" in inspector.plan_line.text()


def test_controls_that_the_model_does_not_read_are_hidden(
    qtbot: QtBot, inspector: Inspector
) -> None:
    choose(qtbot, inspector, "fill")
    inspector.use_settings({"model": ModelRef(id="patches")})
    form = inspector.form
    assert form.control("steps").isHidden()
    assert form.control("prompt").isHidden()
    assert not form.control("seed").isHidden()
    inspector.use_settings({"model": ModelRef(id="painter")})
    assert not form.control("steps").isHidden()
    assert not form.control("prompt").isHidden()


def test_use_settings_goes_to_the_mode_that_the_request_is_of(
    qtbot: QtBot, inspector: Inspector
) -> None:
    inspector.use_settings(
        Uncrop(model=ModelRef(id="painter"), prompt="more sea", picture=HERE, left=64)
    )
    assert inspector.mode() == "uncrop"
    assert inspector.form.value()["prompt"] == "more sea"
    assert inspector.form.value()["left"] == 64


def margins(panel: Inspector) -> MarginControl:
    control = panel.form.margin_control()
    assert control is not None
    return control


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("16:9", {"left": 133, "top": 0, "right": 134, "bottom": 0}),
        ("1:1", {"left": 0, "top": 100, "right": 0, "bottom": 100}),
        ("4:3", {"left": 0, "top": 0, "right": 0, "bottom": 0}),
    ],
)
def test_a_shape_adds_what_is_lacking_to_it(
    qtbot: QtBot, inspector: Inspector, shape: str, expected: dict[str, int]
) -> None:
    choose(qtbot, inspector, "uncrop")
    inspector._ask_for_plan()
    qtbot.mouseClick(margins(inspector).shapes.button(shape), Qt.MouseButton.LeftButton)
    assert margins(inspector).values() == expected


def test_a_margin_by_hand_leaves_the_shape(qtbot: QtBot, inspector: Inspector) -> None:
    choose(qtbot, inspector, "uncrop")
    inspector._ask_for_plan()
    control = margins(inspector)
    qtbot.mouseClick(control.shapes.button("16:9"), Qt.MouseButton.LeftButton)
    box = control.boxes["top"]
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "40")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert control.values()["top"] == 40
    assert control.shapes.current() == ""


def test_a_number_is_by_size_until_the_artist_gives_one(qtbot: QtBot, inspector: Inspector) -> None:
    choose(qtbot, inspector, "fill")
    control = inspector.form.control("feather")
    assert control.values() == {"feather": None}
    box = control.first_field
    box.setFocus()
    box.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(box, "12")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert control.values() == {"feather": 12}
    control.set_values({"feather": None})
    assert control.values() == {"feather": None}

"""The inspector: a form made from the request's own limits, its plan, and the Generate button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.api.requests import LoraUse, ModelRef, RefinerUse, TextToImage, checked, field_meta
from studio.core.errors import OutOfMemory, UnknownModel
from studio.ui import theme
from studio.ui.inspector import Inspector, RequestForm
from studio.ui.inspector.controls import SliderControl
from studio.ui.inspector.lora_control import LoraControl
from studio.ui.inspector.model_control import RefinerControl
from studio.ui.inspector.seed_control import SeedControl
from studio.ui.inspector.size_control import SizeControl

LONG = "an unreasonably long name of something that goes on and on " * 4
PROMPT = "a small wooden fishing hut on stilts"


@pytest.fixture
def inspector(qtbot: QtBot, qapp: QApplication, stand_in: Any) -> Inspector:
    theme.apply_theme(qapp, "dark")
    panel = Inspector(stand_in, TextToImage)
    qtbot.addWidget(panel)
    panel.resize(340, 840)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


@pytest.fixture
def form(inspector: Inspector) -> RequestForm:
    return inspector.form


def write_prompt(qtbot: QtBot, panel: Inspector, text: str = PROMPT) -> None:
    """Type a prompt as an artist does."""
    prompt = panel.form.prompt_control()
    assert prompt is not None
    prompt.edit.setFocus()
    qtbot.keyClicks(prompt.edit, text)


# -- the form ----------------------------------------------------------------------------------


def test_every_visible_field_has_a_control_within_its_limits(form: RequestForm) -> None:
    for name, meta in field_meta(TextToImage).items():
        if meta.extra["group"] == "hidden":
            with pytest.raises(KeyError):
                form.control(name)
        else:
            assert name in form.control(name).values()
    assert checked(form.kind(**(form.value() | {"prompt": PROMPT})))


def test_a_request_survives_the_form_unchanged(form: RequestForm) -> None:
    request = TextToImage(
        model=ModelRef(id="sdxl-base", revision="1"),
        prompt="one\ntwo",
        negative_prompt="blur",
        width=1344,
        height=768,
        steps=7,
        guidance_scale=3.3,
        seed=2**32 - 1,
        sampler="DPM++ 2M SDE Karras",
        count=4,
        clip_skip=2,
        loras=(LoraUse(path="/a/one.safetensors", weight=-0.35), LoraUse(path="/b/two")),
        refiner=RefinerUse(model=ModelRef(id="sdxl-refiner", revision="1"), switch_at=0.6),
    )
    form.set_values(request)
    assert form.request() == request


def test_a_change_is_told_once(qtbot: QtBot, form: RequestForm) -> None:
    told: list[None] = []
    form.changed.connect(lambda: told.append(None))
    form.set_values({"model": ModelRef(id="sdxl-base", revision="1"), "steps": 12, "width": 640})
    assert len(told) == 1
    form.set_values({"steps": 12})
    assert len(told) == 1, "nothing changed"
    assert form.value()["steps"] == 12


def test_settings_follow_the_model_until_the_artist_changes_them(form: RequestForm) -> None:
    picker = form.model_control()
    assert picker is not None
    assert (form.value()["steps"], form.value()["guidance_scale"]) == (20, 4)
    form.set_values({"guidance_scale": 9.0})
    picker.box.setCurrentIndex(picker.box.findText("SDXL base"))
    value = form.value()
    assert (value["width"], value["height"], value["steps"]) == (1024, 1024, 30)
    assert value["guidance_scale"] == 9.0, "what the artist chose stays"
    form.set_values({"width": 768})
    picker.box.setCurrentIndex(0)
    value = form.value()
    assert (value["width"], value["height"], value["steps"]) == (768, 1024, 20)


def test_text_stays_when_the_model_changes(form: RequestForm) -> None:
    form.set_values({"prompt": PROMPT, "negative_prompt": "fog", "count": 3})
    picker = form.model_control()
    assert picker is not None
    picker.box.setCurrentIndex(1)
    value = form.value()
    assert (value["prompt"], value["negative_prompt"], value["count"]) == (PROMPT, "fog", 3)


def test_a_model_that_is_gone_is_named_and_kept(form: RequestForm, stand_in: Any) -> None:
    form.set_values({"model": ModelRef(id="lost-model", revision="9")})
    assert form.value()["model"] == ModelRef(id="lost-model", revision="9")
    picker = form.model_control()
    assert picker is not None
    assert "lost-model" in picker.box.currentText()
    stand_in.library.changed.emit()
    assert form.value()["model"].id == "lost-model", "a look at the folders changes no choice"


def test_new_models_appear_without_changing_the_choice(form: RequestForm, stand_in: Any) -> None:
    picker = form.model_control()
    assert picker is not None
    picker.box.setCurrentIndex(1)
    known = stand_in.library.installed
    stand_in.library.installed = [
        msgspec.structs.replace(known[0], id="another", title="Another"),
        *known,
    ]
    stand_in.library.changed.emit()
    assert picker.box.findText("Another") == 0
    assert picker.box.currentText() == "SDXL base"


def test_the_preferred_model_is_chosen_as_soon_as_it_is_found(qtbot: QtBot, stand_in: Any) -> None:
    found = stand_in.library.installed
    stand_in.library.installed = found[:1]
    stand_in.change_settings(default_image_model="sdxl-base")
    panels = [Inspector(stand_in, TextToImage) for _ in range(2)]
    for panel in panels:
        qtbot.addWidget(panel)
        assert panel.form.value()["model"].id == "thumbnail"
    panels[1].use_settings({"model": ModelRef(id="thumbnail", revision="1")})
    stand_in.library.installed = found
    stand_in.library.changed.emit()
    assert panels[0].form.value()["model"].id == "sdxl-base"
    assert panels[0].form.value()["width"] == 1024
    assert panels[1].form.value()["model"].id == "thumbnail", "what was chosen stays"


def test_a_form_without_any_model_still_opens(qtbot: QtBot, stand_in: Any) -> None:
    stand_in.library.installed = []
    stand_in.refusal = UnknownModel("No model is installed.", "Download one under Models.")
    panel = Inspector(stand_in, TextToImage)
    qtbot.addWidget(panel)
    panel.resize(340, 840)
    panel.show()
    qtbot.waitUntil(lambda: "Download one" in panel.plan_line.text())
    panel.grab()


# -- size --------------------------------------------------------------------------------------


def size_of(form: RequestForm) -> tuple[int, int]:
    value = form.value()
    return value["width"], value["height"]


def test_shapes_keep_the_area_that_the_model_was_made_for(qtbot: QtBot, form: RequestForm) -> None:
    control = form.control("width")
    assert isinstance(control, SizeControl)
    areas = {}
    for key in ("square", "portrait", "landscape", "wide"):
        qtbot.mouseClick(control.shapes.button(key), Qt.MouseButton.LeftButton)
        width, height = size_of(form)
        assert width % 64 == 0
        assert height % 64 == 0
        areas[key] = (width, height)
        assert 0.75 < width * height / 512**2 < 1.25
    assert areas["square"] == (512, 512)
    assert areas["portrait"][0] < areas["portrait"][1]
    assert areas["landscape"] == areas["portrait"][::-1]
    assert areas["wide"][0] / areas["wide"][1] > 1.5


def test_a_typed_size_snaps_to_what_models_can_do(qtbot: QtBot, form: RequestForm) -> None:
    control = form.control("width")
    assert isinstance(control, SizeControl)
    box = control.boxes[0]
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "700")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert size_of(form) == (704, 512)
    assert control.shapes.current() == "", "no shape claims a size of its own"
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert size_of(form)[0] == 712
    box.selectAll()
    qtbot.keyClicks(box, "1")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert size_of(form)[0] == 64


def test_swap_turns_the_picture(qtbot: QtBot, form: RequestForm) -> None:
    form.set_values({"width": 768, "height": 512})
    control = form.control("width")
    assert isinstance(control, SizeControl)
    qtbot.mouseClick(control.swap, Qt.MouseButton.LeftButton)
    assert size_of(form) == (512, 768)


# -- seed --------------------------------------------------------------------------------------


def sent(panel: Inspector) -> list[TextToImage]:
    requests: list[TextToImage] = []
    panel.generate_requested.connect(requests.append)
    return requests


def seed_control(form: RequestForm) -> SeedControl:
    control = form.control("seed")
    assert isinstance(control, SeedControl)
    form.advanced.setExpanded(True)
    return control


def test_the_die_throws_a_new_seed_for_each_run(qtbot: QtBot, inspector: Inspector) -> None:
    requests = sent(inspector)
    write_prompt(qtbot, inspector)
    for _ in range(3):
        qtbot.mouseClick(inspector.button, Qt.MouseButton.LeftButton)
    assert len({request.seed for request in requests}) == 3
    assert seed_control(inspector.form).field.text() == str(requests[-1].seed)


def test_the_last_seed_can_be_kept(qtbot: QtBot, inspector: Inspector) -> None:
    requests = sent(inspector)
    write_prompt(qtbot, inspector)
    control = seed_control(inspector.form)
    assert not control.reuse.isEnabled()
    inspector.generate()
    qtbot.mouseClick(control.reuse, Qt.MouseButton.LeftButton)
    inspector.generate()
    assert requests[0].seed == requests[1].seed


def test_a_typed_seed_turns_the_die_off_and_stays_in_range(
    qtbot: QtBot, inspector: Inspector
) -> None:
    requests = sent(inspector)
    write_prompt(qtbot, inspector)
    control = seed_control(inspector.form)
    control.field.setFocus()
    control.field.selectAll()
    qtbot.keyClicks(control.field, "9999999999x")
    qtbot.keyClick(control.field, Qt.Key.Key_Return)
    assert not control.is_random()
    inspector.generate()
    assert requests[0].seed == 2**32 - 1


@pytest.mark.parametrize("seed", [41720, 0])
def test_settings_from_the_gallery_bring_their_seed(inspector: Inspector, seed: int) -> None:
    requests = sent(inspector)
    inspector.use_settings(TextToImage(model=ModelRef(id="thumbnail"), prompt=PROMPT, seed=seed))
    inspector.generate()
    inspector.generate()
    assert [request.seed for request in requests] == [seed, seed]


# -- LoRA and refiner --------------------------------------------------------------------------


def test_loras_are_added_from_the_library_weighed_and_removed(
    qtbot: QtBot, form: RequestForm
) -> None:
    form.advanced.setExpanded(True)
    control = form.control("loras")
    assert isinstance(control, LoraControl)
    menu = control.menu()
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Watercolour",
        "Choose a file...",
    ]
    menu.actions()[0].trigger()
    menu.deleteLater()
    [row] = control._rows
    row.weight.setFocus()
    qtbot.keyClick(row.weight, Qt.Key.Key_Up)
    assert form.value()["loras"] == (LoraUse(path="/models/watercolour", weight=1.05),)
    assert "watercolour" in row.remove.accessibleName()
    qtbot.mouseClick(row.remove, Qt.MouseButton.LeftButton)
    assert form.value()["loras"] == ()


def test_the_same_lora_is_not_added_twice(form: RequestForm) -> None:
    control = form.control("loras")
    assert isinstance(control, LoraControl)
    control.add("/a.safetensors")
    control.add("/a.safetensors", 0.5)
    for number in range(40):
        control.add(f"/{number}.safetensors")
    assert len(form.value()["loras"]) == 16, "the request's own limit"
    assert not control.add_button.isEnabled()


def test_the_refiner_hides_where_none_is_installed(form: RequestForm, stand_in: Any) -> None:
    control = form.control("refiner")
    assert isinstance(control, RefinerControl)
    form.advanced.setExpanded(True)
    assert control.isVisible()
    assert not control.switch.isVisible()
    control.box.setCurrentIndex(1)
    assert control.switch.isVisible()
    control.box.setCurrentIndex(0)
    stand_in.library.installed = stand_in.library.installed[:2]
    stand_in.library.changed.emit()
    assert not control.isVisible()
    assert form.value()["refiner"] is None


# -- plan --------------------------------------------------------------------------------------


def test_the_plan_is_said_before_anything_is_written(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    qtbot.waitUntil(lambda: inspector.plan_line.text() != "")
    lines = inspector.plan_line.text().split("\n")
    assert lines == ["Half precision, whole model on the GPU.", "6.1 of 8 GB."]
    assert inspector.plan_line.dot_colour() == "good"
    picker = inspector.form.model_control()
    assert picker is not None
    assert picker.badge.full_text() == "fits"


def test_a_burst_of_changes_asks_for_one_plan(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    stand_in.planned.clear()
    write_prompt(qtbot, inspector, "many letters, one plan")
    inspector.form.set_values({"steps": 31})
    assert stand_in.planned == []
    qtbot.waitUntil(lambda: bool(stand_in.planned))
    assert len(stand_in.planned) == 1
    assert stand_in.planned[0].steps == 31


def test_an_error_is_told_in_the_plan_line_with_its_hint(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    stand_in.refusal = OutOfMemory("It does not fit.", "Choose a smaller size.")
    inspector.form.set_values({"width": 4096, "height": 4096})
    qtbot.waitUntil(lambda: inspector.plan_line.dot_colour() == "bad")
    assert inspector.plan_line.text() == "It does not fit. Choose a smaller size."
    assert inspector.button.isEnabled()
    stand_in.refusal = None
    inspector.form.set_values({"width": 512, "height": 512})
    qtbot.waitUntil(lambda: inspector.plan_line.dot_colour() == "good")


def test_a_plan_that_does_not_fit_says_so(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    stand_in.peak_bytes = 9 * 2**30
    stand_in.device_changed.emit()
    qtbot.waitUntil(lambda: inspector.plan_line.dot_colour() == "bad")
    picker = inspector.form.model_control()
    assert picker is not None
    assert picker.badge.full_text() == "does not fit"


def test_long_words_move_nothing(qtbot: QtBot, inspector: Inspector, each_theme: str) -> None:
    before = (inspector.button.geometry(), inspector.plan_line.height(), inspector.width())
    inspector.show_error(UnknownModel(LONG, LONG))
    picker = inspector.form.model_control()
    assert picker is not None
    picker.box.addItem(LONG, ModelRef(id="long"))
    picker.box.setCurrentIndex(picker.box.count() - 1)
    inspector.form.advanced.setExpanded(True)
    inspector.set_generate_text(LONG)
    inspector.form.set_values({"loras": (LoraUse(path=f"/{LONG}"),)})
    QApplication.processEvents()
    inside = inspector.form.parentWidget()
    assert inside.width() <= inspector.width(), "nothing sticks out at the right"
    after = (inspector.button.geometry(), inspector.plan_line.height(), inspector.width())
    assert after == before
    assert LONG.strip()[:40] in inspector.plan_line.text()


# -- generate and run --------------------------------------------------------------------------


def test_ctrl_enter_generates_from_any_field(qtbot: QtBot, inspector: Inspector) -> None:
    requests = sent(inspector)
    write_prompt(qtbot, inspector)
    control = inspector.form.control("width")
    assert isinstance(control, SizeControl)
    prompt = inspector.form.prompt_control()
    assert prompt is not None
    for number, field in enumerate((prompt.edit, control.boxes[0], inspector.button), start=1):
        field.setFocus()
        qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert len(requests) == number
    assert requests[0].prompt == PROMPT
    assert checked(requests[0])


def test_an_empty_prompt_is_asked_for_and_not_sent(qtbot: QtBot, inspector: Inspector) -> None:
    requests = sent(inspector)
    qtbot.mouseClick(inspector.button, Qt.MouseButton.LeftButton)
    assert requests == []
    assert "Write" in inspector.plan_line.text()
    prompt = inspector.form.prompt_control()
    assert prompt is not None
    assert prompt.edit.hasFocus()


def test_progress_is_shown_without_moving_the_button(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    place = inspector.button.geometry()
    job = stand_in.add_job()
    stand_in.queue.start(job)
    stand_in.advance(job, phase="Loading unet")
    assert inspector.run_line.isVisible()
    assert inspector.run_line.label.full_text() == "Loading unet…"
    assert inspector.run_line.progress.is_busy()
    stand_in.advance(job, step=12, steps=30, fraction=0.4, eta_seconds=4.2)
    assert inspector.run_line.label.full_text() == "Step 12 of 30 · 4 s left"
    assert inspector.run_line.progress.fraction() == pytest.approx(0.4)
    QApplication.processEvents()
    assert inspector.button.geometry() == place
    assert inspector.button.isEnabled(), "the next picture can be queued meanwhile"
    stand_in.queue.finish(job)
    del stand_in.live[job]
    stand_in.live_changed.emit(job)
    assert inspector.plan_line.isVisible()


def test_escape_and_the_stop_button_cancel_the_running_job(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    write_prompt(qtbot, inspector)
    field = QApplication.focusWidget()
    assert field is not None
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert stand_in.cancels == 0, "nothing runs"
    job = stand_in.add_job()
    stand_in.queue.start(job)
    stand_in.advance(job, step=1, steps=30, fraction=0.03, eta_seconds=9)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert stand_in.cancels == 1
    qtbot.mouseClick(inspector.run_line.stop, Qt.MouseButton.LeftButton)
    assert stand_in.cancels == 2


def test_escape_ends_the_typing_of_a_value_before_it_ends_a_job(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    job = stand_in.add_job()
    stand_in.queue.start(job)
    stand_in.advance(job, step=1, steps=30, fraction=0.03, eta_seconds=9)
    control = inspector.form.control("steps")
    assert isinstance(control, SliderControl)
    field = control.row.field()
    qtbot.mouseDClick(field, Qt.MouseButton.LeftButton)
    field.setFocus()
    qtbot.keyClicks(field, "99")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (stand_in.cancels, control.row.value(), field.text()) == (0, 20, "20")
    assert control.row.slider().hasFocus()
    qtbot.keyClick(control.row.slider(), Qt.Key.Key_Escape)
    assert stand_in.cancels == 1


def test_a_refused_request_is_explained_even_while_a_job_runs(
    qtbot: QtBot, inspector: Inspector, stand_in: Any
) -> None:
    job = stand_in.add_job()
    stand_in.queue.start(job)
    stand_in.advance(job, step=1, steps=30, fraction=0.03, eta_seconds=9)
    inspector.show_error(OutOfMemory("It does not fit.", "Free memory."))
    stand_in.advance(job, step=2, steps=30, fraction=0.06, eta_seconds=8)
    assert inspector.plan_line.isVisible()
    assert "Free memory." in inspector.plan_line.text()


def test_sections_of_a_workspace_stand_below_the_form(inspector: Inspector) -> None:
    layers = QLabel("Layers")
    inspector.add_section(layers)
    QApplication.processEvents()
    assert layers.isVisible()
    below = layers.mapTo(inspector, QPoint(0, 0)).y()
    assert below > inspector.form.mapTo(inspector, QPoint(0, 0)).y() + inspector.form.height()
    assert below < inspector.button.y()


def test_the_form_keeps_its_width_when_it_begins_to_scroll(inspector: Inspector) -> None:
    width = inspector.form.width()
    inspector.resize(340, 420)
    inspector.form.advanced.setExpanded(True)
    for _ in range(3):
        QApplication.processEvents()
    area = inspector.findChild(QScrollArea)
    assert area.verticalScrollBar().isVisible()
    assert inspector.form.width() == width


def test_the_studio_outlives_its_inspector(qtbot: QtBot, stand_in: Any) -> None:
    panel = Inspector(stand_in, TextToImage)
    panel.deleteLater()
    qtbot.waitUntil(lambda: not isValid(panel))
    stand_in.device_changed.emit()
    stand_in.library.changed.emit()
    stand_in.live_changed.emit("job")


def test_tab_reaches_every_control_and_all_are_named(
    qtbot: QtBot, inspector: Inspector, each_theme: str
) -> None:
    inspector.form.advanced.setExpanded(True)
    QApplication.processEvents()
    inspector.focus_prompt()
    reached: list[QWidget] = []
    for _ in range(60):
        focus = QApplication.focusWidget()
        assert focus is not None
        if focus in reached:
            break
        reached.append(focus)
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is reached[0], "and round again"
    picker = inspector.form.model_control()
    assert picker is not None
    assert inspector.button in reached
    assert picker.box in reached
    assert inspector.form.advanced.heading() in reached
    for name in ("steps", "guidance_scale", "seed", "sampler", "count", "clip_skip"):
        assert inspector.form.control(name).first_field in reached, name
    order = ["prompt", "steps", "guidance_scale", "negative_prompt", "seed", "count", "sampler"]
    places = [reached.index(inspector.form.control(name).first_field) for name in order]
    assert places == sorted(places), "Tab goes down the form"
    assert reached.index(inspector.button) > places[-1]
    unnamed = [widget for widget in reached if not _name(widget)]
    assert unnamed == []


def _name(widget: QWidget) -> str:
    text: Callable[[], str] = getattr(widget, "text", lambda: "")
    return widget.accessibleName() or text()

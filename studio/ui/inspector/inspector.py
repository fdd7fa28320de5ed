"""The inspector: model, prompt, settings, sections of the workspace, plan line, Generate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.api.plans import LoadPlan
from studio.api.requests import Request, request_kind
from studio.core.errors import StudioError
from studio.ui.inspector.form import RequestForm
from studio.ui.inspector.modes import Mode
from studio.ui.inspector.plan_line import PlanLine
from studio.ui.inspector.run_line import RunLine
from studio.ui.theme import SPACING
from studio.ui.widgets import PrimaryButton, Segmented, connect_while_alive, separator
from studio.ui.widgets.words import duration

Given = Callable[[type[Request]], dict[str, Any]]

_PLAN_DELAY = 150  # milliseconds after the last change
_WORDS = ("prompt", "negative_prompt")  # what goes along when the mode changes
_WIDTH = 340  # px


class Inspector(QWidget):
    """Where a request is made and sent: the same order of things in every workspace.

    ``generate_requested`` carries the request, its seed already thrown. Problems are told in the
    plan line, never in a dialog. Ctrl+Enter asks from anywhere in the window, Esc stops the
    running job.

    With ``modes`` there is a segment for each, and a form a kind, built when it is first chosen;
    words go along from one to the other. ``given`` returns the fields of a kind that no control
    shows (the picture to start from), or raises a StudioError that says what is missing.
    """

    generate_requested = Signal(object)
    mode_changed = Signal(str)

    def __init__(
        self,
        studio: Any,
        kind: type[Request],
        parent: QWidget | None = None,
        *,
        modes: Sequence[Mode] = (),
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self.given: Given = lambda kind: {}
        self._modes = {mode.id: mode for mode in modes}
        self._forms: dict[type[Request], RequestForm] = {}
        self._extras: dict[str, Callable[[], QWidget]] = {}
        self.mode_bar: Segmented | None = None
        self._refused = False
        self._end: Callable[[], object] | None = None
        self._added: list[QWidget] = []
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(300)
        self.setMaximumWidth(460)
        self.setAccessibleName(self.tr("Inspector"))
        self.form = self._form_for(kind)
        if modes:
            self.mode_bar = Segmented(
                [(mode.id, mode.title) for mode in modes], accessible_name=self.tr("Mode")
            )
            for mode in modes:
                self.mode_bar.button(mode.id).setToolTip(mode.hint)
            self.form.main_layout.insertWidget(1, self.mode_bar)
        self.plan_line = PlanLine()
        self.run_line = RunLine()
        self.button = PrimaryButton(self.tr("Generate"), self.tr("Ctrl+Enter"))
        self._states = QStackedWidget()
        self._states.addWidget(self.plan_line)
        self._states.addWidget(self.run_line)
        self._states.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._sections = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._scroll_area(), 1)
        layout.addWidget(separator())
        layout.addLayout(self._foot())
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_PLAN_DELAY)
        self._connect()
        # Not now: the first plan imports the planner, and the window is not painted yet.
        self._delay.start()
        self._show_run()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 640)

    # -- for the workspace ---------------------------------------------------------------------

    def add_section(self, widget: QWidget) -> None:
        """Add a part of the workspace's own, such as the layer list, below the form."""
        self._sections.addWidget(separator())
        self._sections.addWidget(widget)
        self._added.append(widget)

    def tab_groups(self) -> list[QWidget]:
        """Return the parts in the order that Tab takes: form, the workspace's own, the button."""
        return [self.form, *self._added, self.button, self._states]

    def add_to_mode(self, name: str, make: Callable[[], QWidget]) -> None:
        """Let ``make`` build a widget above the folded settings of a mode when that is shown."""
        self._extras[name] = make

    def set_generate_text(self, text: str) -> None:
        """Say on the button what it does in this context, such as "Fill selection"."""
        self.button.setText(text)

    def mode(self) -> str:
        """Return the id of the mode that is chosen; "" without modes."""
        return self.mode_bar.current() if self.mode_bar is not None else ""

    def set_mode(self, name: str) -> None:
        """Choose what Generate does; the words that were written go along."""
        if self.mode_bar is not None:
            self.mode_bar.setCurrent(name)

    def use_mode_for(self, tasks: Sequence[str]) -> None:
        """Choose a mode that a model with these tasks can do, unless the chosen one is."""
        possible = [mode.id for mode in self._modes.values() if request_kind(mode.kind) in tasks]
        if possible and self.mode() not in possible:
            self.set_mode(possible[0])

    def use_settings(self, values: Request | dict[str, Any]) -> None:
        """Show the settings of a request ("use these settings"), in the mode that it is of."""
        for mode in self._modes.values():
            if isinstance(values, mode.kind):
                self.set_mode(mode.id)
        self.form.set_values(values)

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt."""
        prompt = self.form.prompt_control()
        if prompt is not None:
            prompt.edit.setFocus()

    def show_error(self, error: StudioError) -> None:
        """Tell in the plan line why a request was refused, until a setting changes."""
        self._refused = True
        self._delay.stop()
        self.plan_line.show_error(str(error))
        self._states.setCurrentWidget(self.plan_line)

    def generate(self) -> None:
        """Send the request that is shown, or say what it still lacks."""
        prompt = self.form.prompt_control()
        words = prompt is not None and bool(prompt.edit.text().strip())
        if prompt is not None and not words and self.form.needs_words():
            self.plan_line.show_plan(self.tr("Write what you would like to see."), "warn")
            self._states.setCurrentWidget(self.plan_line)
            prompt.edit.setFocus()
            return
        try:
            given = self._given()
        except StudioError as error:
            self.show_error(error)
            return
        self.form.throw_seed()
        self.generate_requested.emit(self.form.request(**given))

    def showEvent(self, event: QShowEvent) -> None:
        """Plan with the memory that is free now."""
        super().showEvent(event)
        self._delay.start()

    # -- inside --------------------------------------------------------------------------------

    def _scroll_area(self) -> QScrollArea:
        inside = QWidget()
        inside.setProperty("role", "plain")
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACING[3], SPACING[2] + 2, SPACING[3], SPACING[3])
        column.setSpacing(0)
        column.addWidget(self.form)
        column.addStretch(1)
        self._column = column
        self._sections.setContentsMargins(0, SPACING[3], 0, 0)
        self._sections.setSpacing(SPACING[2])
        column.addLayout(self._sections)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        bar, margins = area.verticalScrollBar(), column.contentsMargins()

        def keep_width(_lowest: int, highest: int) -> None:
            """Let the scroll bar take its room from the margin, so that the form stays."""
            taken = bar.sizeHint().width() if highest > 0 else 0
            column.setContentsMargins(
                margins.left(), margins.top(), margins.right() - taken, margins.bottom()
            )

        bar.rangeChanged.connect(keep_width)
        return area

    def _foot(self) -> QVBoxLayout:
        foot = QVBoxLayout()
        foot.setContentsMargins(SPACING[3], SPACING[2], SPACING[3], SPACING[3] - 2)
        foot.setSpacing(SPACING[2] - 2)
        foot.addWidget(self._states)
        foot.addWidget(self.button)
        return foot

    def _connect(self) -> None:
        self.form.changed.connect(self._delay.start)
        if self.mode_bar is not None:
            self.mode_bar.currentChanged.connect(self._show_mode)
        self._delay.timeout.connect(self._ask_for_plan)
        self.button.clicked.connect(self.generate)
        self.run_line.cancelled.connect(self._cancel)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.generate)
        self._escape = QShortcut(QKeySequence("Esc"), self)
        self._escape.activated.connect(self._escaped)
        studio = self._studio
        connect_while_alive(studio.library.changed, self, self._models_changed)
        connect_while_alive(studio.device_changed, self, self.plan_again)
        connect_while_alive(studio.live_changed, self, self._show_run)
        connect_while_alive(studio.worker_changed, self, self._show_run)
        connect_while_alive(studio.project_changed, self, self._show_run)

    def _form_for(self, kind: type[Request]) -> RequestForm:
        if kind not in self._forms:
            self._forms[kind] = RequestForm(
                kind,
                models=self._studio.library.models,
                preferred_model=self._studio.preferred_model,
            )
        return self._forms[kind]

    def _show_mode(self, name: str) -> None:
        """Let the form of a mode take the place of the one that is shown."""
        mode, former = self._modes[name], self.form
        new = mode.kind not in self._forms
        form = self._form_for(mode.kind)
        if form is not former:
            former.hide()
            self._column.replaceWidget(former, form)
            if self.mode_bar is not None:
                form.main_layout.insertWidget(1, self.mode_bar)
            form.show()
            self.form = form
            if new:
                form.changed.connect(self._delay.start)
            if (make := self._extras.pop(name, None)) is not None:
                place = form.main_layout.indexOf(form.advanced)
                form.main_layout.insertWidget(place, make())
            before = former.value()
            form.set_values({name: before[name] for name in _WORDS if name in before})
        self.set_generate_text(mode.button)
        self.mode_changed.emit(name)
        self._delay.start()

    def _models_changed(self) -> None:
        for form in self._forms.values():
            form.refresh_models()
        self.plan_again()

    def plan_again(self) -> None:
        """Plan anew in a moment: what ``given`` returns may be different now."""
        self._delay.start()

    def give_escape(self, end: Callable[[], object] | None) -> None:
        """Let Esc end something else than the running job, until this is called with None."""
        self._end = end
        self._show_run()

    def _escaped(self) -> None:
        (self._end or self._cancel)()

    def _cancel(self) -> None:
        self._studio.cancel()

    def _given(self) -> dict[str, Any]:
        given = self.given(self.form.kind)
        margins, picture = self.form.margin_control(), given.get("picture")
        if margins is not None and picture is not None:
            margins.set_picture(picture.width, picture.height)
        return given

    def _ask_for_plan(self) -> None:
        try:
            given = self._given()
        except StudioError as error:
            # Not a mistake of the artist's: something has yet to be put there or selected.
            self.plan_line.show_plan(str(error), "warn")
            self._states.setCurrentWidget(self.plan_line)
            self._set_badge("", "faint")
            return
        try:
            request = self.form.request(**given)
            if not getattr(request, "prompt", "-").strip():
                # Memory and time do not depend on the words, and an empty form is not an error.
                request = msgspec.structs.replace(request, prompt="-")
            plan = self._studio.plan(request)
        except StudioError as error:
            self.show_error(error)
            self._set_badge("", "faint")
            return
        self._refused = False
        self._show_plan(plan)
        self._show_run()

    def _show_plan(self, plan: LoadPlan) -> None:
        text = plan.reason[:1].upper() + plan.reason[1:]
        if not plan.fits:
            self.plan_line.show_error(text)
            self._set_badge(self.tr("does not fit"), "bad")
        elif plan.placement == "whole":
            self.plan_line.show_plan(self._in_words(text, plan.expected_seconds), "good")
            self._set_badge(self.tr("fits"), "caption")
        else:
            self.plan_line.show_plan(self._in_words(text, plan.expected_seconds), "warn")
            self._set_badge(self.tr("fits with offload"), "warn")

    def _in_words(self, reason: str, seconds: float) -> str:
        if seconds > 0:
            about = self.tr("about {time}").format(time=duration(max(1.0, seconds)))
            return f"{_in_two_lines(reason).rstrip('.')}, {about}."
        return _in_two_lines(reason)

    def _set_badge(self, text: str, role: str) -> None:
        picker = self.form.model_control()
        if picker is not None:
            picker.set_badge(text, role)

    def _show_run(self) -> None:
        studio = self._studio
        running = studio.queue.running_id
        live = studio.live.get(running) if running is not None else None
        self._escape.setEnabled(running is not None or self._end is not None)
        if live is None:
            self._states.setCurrentWidget(self.plan_line)
            return
        self.run_line.show_progress(
            phase=live.phase,
            fraction=live.fraction,
            step=live.step,
            steps=live.steps,
            eta_seconds=live.eta_seconds,
        )
        if not self._refused:
            self._states.setCurrentWidget(self.run_line)


def _in_two_lines(reason: str) -> str:
    """Put the last clause of a plan's reason, its share of the memory, on a line of its own."""
    cut = max(reason.rfind(", "), reason.rfind("; "))
    if cut < 0:
        return reason
    rest = reason[cut + 2 :].rstrip(".")
    return f"{reason[:cut]}.\n{rest[:1].upper()}{rest[1:]}."

"""How answers are made: model, settings, system prompt, plan line, Send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from studio.api.requests import ChatTurn, ModelRef
from studio.core.errors import StudioError
from studio.document import ThreadSettings
from studio.models.packaged import STARTER_LANGUAGE_MODEL
from studio.ui.inspector.form import RequestForm
from studio.ui.inspector.plan_line import PlanLine
from studio.ui.inspector.seed_control import SeedControl
from studio.ui.theme import SPACING
from studio.ui.widgets import (
    ElidedLabel,
    PrimaryButton,
    PromptEdit,
    connect_while_alive,
    separator,
)

if TYPE_CHECKING:
    from studio.app.studio import Studio

_WIDTH = 340  # px
_PLAN_DELAY = 150  # milliseconds after the last change
_SYSTEM_CHARACTERS = 100_000


class SettingsPanel(QWidget):
    """Shows and changes the settings of a conversation.

    ``changed`` comes when the artist changed one; ``send_requested`` and ``stop_requested`` when
    the button is pressed, whose meaning follows ``set_writing``.
    """

    changed = Signal()
    send_requested = Signal()
    stop_requested = Signal()
    models_requested = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._showing = False
        self._writing = False
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(280)
        self.setMaximumWidth(_WIDTH)
        self.setAccessibleName(self.tr("Settings of the conversation"))
        self.form = RequestForm(
            ChatTurn, models=studio.library.models, preferred_model=studio.preferred_model
        )
        self.system = PromptEdit(
            self.tr("How it is to answer, such as: You are a playwright."),
            minimum_lines=3,
            maximum_lines=8,
            maximum_characters=_SYSTEM_CHARACTERS,
        )
        self.system.setAccessibleName(self.tr("System prompt"))
        self.better = QPushButton(self.tr("A plain little model. See larger ones that fit"))
        self.better.setProperty("role", "link")
        self.plan_line = PlanLine()
        self.button = PrimaryButton(self.tr("Send"), self.tr("Ctrl+Enter"))
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(_PLAN_DELAY)
        self._lay_out()
        self._connect()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 640)

    def _lay_out(self) -> None:
        inside = QWidget()
        inside.setProperty("role", "plain")
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACING[3], SPACING[2] + 2, SPACING[3], SPACING[3])
        column.setSpacing(SPACING[2])
        column.addWidget(ElidedLabel(self.tr("System prompt"), "caption"))
        column.addWidget(self.system)
        column.insertWidget(0, self.form)
        column.addStretch(1)
        # Below the picker, before the other settings.
        self.form.main_layout.insertWidget(1, self.better, 0, Qt.AlignmentFlag.AlignLeft)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        foot = QVBoxLayout()
        foot.setContentsMargins(SPACING[3], SPACING[2], SPACING[3], SPACING[3] - 2)
        foot.setSpacing(SPACING[2] - 2)
        foot.addWidget(self.plan_line)
        foot.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(separator())
        layout.addLayout(foot)

    def _connect(self) -> None:
        self.form.changed.connect(self._edited)
        self.system.textEdited.connect(self._edited)
        self.better.clicked.connect(self.models_requested)
        self.button.clicked.connect(self._pressed)
        self._delay.timeout.connect(self.show_plan)
        connect_while_alive(self._studio.library.changed, self, self._models_changed)
        connect_while_alive(self._studio.device_changed, self, self._plan_again)

    # -- settings ------------------------------------------------------------------------------

    def settings(self) -> ThreadSettings:
        """Return what is shown."""
        values = self.form.value()
        seed = self._seed()
        names = set(ThreadSettings.__struct_fields__) - {"model", "seed", "stop"}
        given: dict[str, Any] = {name: values[name] for name in names if name in values}
        model: ModelRef = values["model"]
        return ThreadSettings(
            model=model.id,
            seed=None if seed is None or seed.is_random() else int(values["seed"]),
            **given,
        )

    def show_settings(self, settings: ThreadSettings, system: str) -> None:
        """Show the settings of a conversation; ``changed`` does not come."""
        self._showing = True
        values: dict[str, Any] = {
            name: getattr(settings, name)
            for name in ThreadSettings.__struct_fields__
            if name not in ("model", "seed", "stop")
        }
        if settings.model:
            values["model"] = ModelRef(id=settings.model)
        if settings.seed is not None:
            values["seed"] = settings.seed
        elif (seed := self._seed()) is not None:
            seed.dice.setChecked(True)
        self.form.set_values(values)
        self.system.setText(system)
        self._showing = False
        self._delay.start()
        self._show_advice()

    def use_model(self, model_id: str) -> None:
        """Choose a model."""
        self.form.set_values({"model": ModelRef(id=model_id)})

    def set_writing(self, writing: bool) -> None:
        """Let the button stop the answer that is written, or send."""
        if writing != self._writing:
            self._writing = writing
            self.button.setText(self.tr("Stop") if writing else self.tr("Send"))
            self.button.setShortcutText(self.tr("Esc") if writing else self.tr("Ctrl+Enter"))

    def show_error(self, error: StudioError) -> None:
        """Say why a message could not be sent, until a setting changes."""
        self._delay.stop()
        self.plan_line.show_error(str(error))

    def show_plan(self) -> None:
        """Say how the chosen model will be loaded."""
        settings = self.settings()
        picker = self.form.model_control()
        if not settings.model:
            self.plan_line.show_plan(self.tr("No model for writing is installed."), "warn")
            return
        try:
            plan = self._studio.chat.plan(settings)
        except StudioError as error:
            self.plan_line.show_error(str(error))
            return
        text = plan.reason[:1].upper() + plan.reason[1:]
        if plan.fits:
            self.plan_line.show_plan(f"{text}.")
        else:
            self.plan_line.show_error(f"{text}.")
        if picker is not None:
            words = self.tr("fits") if plan.fits else self.tr("does not fit")
            picker.set_badge(words, "caption" if plan.fits else "bad")

    # -- inside --------------------------------------------------------------------------------

    def _seed(self) -> SeedControl | None:
        """Return the control of the seed, which is there once the folded settings were opened."""
        found = self.form.findChildren(SeedControl)
        return found[0] if found else None

    def _edited(self) -> None:
        self._show_advice()
        self._delay.start()
        if not self._showing:
            self.changed.emit()

    def _show_advice(self) -> None:
        picker = self.form.model_control()
        model = picker.model() if picker is not None else None
        self.better.setHidden(model is None or model.id != STARTER_LANGUAGE_MODEL)

    def _models_changed(self) -> None:
        self.form.refresh_models()
        self._delay.start()

    def _plan_again(self) -> None:
        self._delay.start()

    def _pressed(self) -> None:
        if self._writing:
            self.stop_requested.emit()
        else:
            self.send_requested.emit()

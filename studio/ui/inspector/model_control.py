"""Choosing a model: the picker at the top of the form, and the optional second model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.api.requests import ModelRef, RefinerUse
from studio.ui.inspector.controls import Control, FieldSpec, beside, stacked
from studio.ui.theme import SPACING
from studio.ui.widgets import ChoiceBox, ElidedLabel, SliderRow


class ModelDefaults(Protocol):
    """The settings that a model works well with."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def guidance_scale(self) -> float: ...
    @property
    def sampler(self) -> str: ...


class ModelChoice(Protocol):
    """What the form wants to know of an installed model."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def defaults(self) -> ModelDefaults: ...
    @property
    def settings(self) -> tuple[str, ...]: ...


# Returns the models for a request kind; None asks for every model, LoRAs and refiners too.
ModelProvider = Callable[[str | None], Sequence[ModelChoice]]


class ModelControl(Control):
    """The model picker, with a badge that says how the chosen one fits this machine.

    Until somebody chooses, it shows the model whose id ``preferred`` returns for the task, or else
    the first one.
    """

    def __init__(
        self,
        spec: FieldSpec,
        task: str,
        models: ModelProvider,
        preferred: Callable[[str], str] = lambda task: "",
    ) -> None:
        super().__init__(spec)
        self._preferred = preferred
        self._chosen_by_somebody = False
        self._task, self._provider = task, models
        self._models: dict[str, ModelChoice] = {}
        self.box = ChoiceBox(spec.title)
        self.badge = ElidedLabel("", "faint")
        layout, heading = stacked(self, spec.title)
        heading.setStretch(0, 0)
        heading.addStretch(1)
        heading.addWidget(self.badge)
        layout.addWidget(self.box)
        self.first_field = self.box
        self.box.currentIndexChanged.connect(self.changed)
        self.box.activated.connect(self._take_note)
        self.refresh()

    def refresh(self) -> None:
        """Read the list of models again; the choice stays, even if its model is gone."""
        chosen: ModelRef | None = self.box.currentData()
        blocked = self.box.blockSignals(True)
        self.box.clear()
        self._models = {model.id: model for model in self._provider(self._task)}
        for model in self._models.values():
            self.box.addItem(model.title, ModelRef(id=model.id, revision=model.revision))
            self.box.setItemData(self.box.count() - 1, model.summary, Qt.ItemDataRole.ToolTipRole)
        if not self._models:
            self.box.setPlaceholderText(self.tr("No model is installed"))
        preferred = "" if self._chosen_by_somebody else self._preferred(self._task)
        if preferred in self._models:
            self.box.setCurrentIndex(list(self._models).index(preferred))
        elif chosen is not None and chosen.id:
            self._choose(chosen)
        elif self._models:
            self.box.setCurrentIndex(0)
        self.box.blockSignals(blocked)
        if self.box.currentData() != chosen:
            self.changed.emit()

    def model(self) -> ModelChoice | None:
        """Return the chosen model, or None while it is not installed."""
        chosen: ModelRef | None = self.box.currentData()
        return self._models.get(chosen.id) if chosen is not None else None

    def values(self) -> dict[str, Any]:
        return {self.specs[0].name: self.box.currentData() or ModelRef(id="")}

    def set_values(self, values: Mapping[str, Any]) -> None:
        wanted = values.get(self.specs[0].name)
        if isinstance(wanted, ModelRef):
            self._chosen_by_somebody = True
            self._choose(wanted)

    def _take_note(self) -> None:
        self._chosen_by_somebody = True

    def set_badge(self, text: str, role: str = "faint") -> None:
        """Say beside the title how the model fits, such as "fits"."""
        self.badge.setText(text)
        self.badge.set_role(role)

    def _choose(self, wanted: ModelRef) -> None:
        """Select the model of that id; one that is not installed is listed under its id."""
        for position in range(self.box.count()):
            if self.box.itemData(position).id == wanted.id:
                self.box.setCurrentIndex(position)
                return
        self.box.addItem(self.tr("{name} (not installed)").format(name=wanted.id), wanted)
        self.box.setCurrentIndex(self.box.count() - 1)


class RefinerControl(Control):
    """An optional second model that takes the last part of the steps.

    It hides itself where no refiner is installed.
    """

    def __init__(self, spec: FieldSpec, models: ModelProvider) -> None:
        super().__init__(spec)
        self._provider = models
        self.box = ChoiceBox(spec.title)
        self.switch = SliderRow(self.tr("Refiner starts at"), 0.05, 0.95, 0.05, 0.8)
        self.switch.setToolTip(self.tr("The part of the steps that the first model does"))
        row = QWidget()
        beside(row, spec.title, self.box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING[1])
        layout.addWidget(row)
        layout.addWidget(self.switch)
        self.first_field = self.box
        self.box.currentIndexChanged.connect(self._chosen)
        self.switch.valueChanged.connect(self.changed)
        self.refresh()

    def refresh(self) -> None:
        """Read the list of models again."""
        chosen: ModelRef | None = self.box.currentData()
        blocked = self.box.blockSignals(True)
        self.box.clear()
        self.box.addItem(self.tr("None"), None)
        for model in self._provider(None):
            if model.family == "sdxl_refiner":
                self.box.addItem(model.title, ModelRef(id=model.id, revision=model.revision))
        if chosen is not None:
            self._choose(chosen)
        self.box.blockSignals(blocked)
        self._show_switch()

    def values(self) -> dict[str, Any]:
        model: ModelRef | None = self.box.currentData()
        if model is None:
            return {self.specs[0].name: None}
        return {self.specs[0].name: RefinerUse(model=model, switch_at=self.switch.value())}

    def set_values(self, values: Mapping[str, Any]) -> None:
        if self.specs[0].name not in values:
            return
        wanted = values[self.specs[0].name]
        if isinstance(wanted, RefinerUse):
            self._choose(wanted.model)
            self.switch.setValue(wanted.switch_at)
        else:
            self.box.setCurrentIndex(0)
        self._show_switch()

    def _choose(self, wanted: ModelRef) -> None:
        for position in range(1, self.box.count()):
            if self.box.itemData(position).id == wanted.id:
                self.box.setCurrentIndex(position)
                return
        self.box.addItem(self.tr("{name} (not installed)").format(name=wanted.id), wanted)
        self.box.setCurrentIndex(self.box.count() - 1)

    def _chosen(self) -> None:
        self._show_switch()
        self.changed.emit()

    def _show_switch(self) -> None:
        self.switch.setVisible(self.box.currentData() is not None)
        useful = self.box.count() > 1
        # Shown before it has a parent, a widget would become a window of its own.
        if not useful or self.parentWidget() is not None:
            self.setVisible(useful)

"""A form for one kind of request, built from the limits on the request's own fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args, get_type_hints

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.api.requests import Request, field_meta, request_kind
from studio.ui.inspector.controls import (
    AutoNumberControl,
    ChoiceControl,
    Control,
    FieldSpec,
    NumberControl,
    SliderControl,
    TextControl,
)
from studio.ui.inspector.margin_control import MarginControl
from studio.ui.inspector.model_control import (
    ModelChoice,
    ModelControl,
    ModelProvider,
    RefinerControl,
)
from studio.ui.inspector.size_control import SizeControl
from studio.ui.theme import SPACING
from studio.ui.widgets import Section

# Fields that follow the model while the artist has left them at the former model's defaults.
_FOLLOWING = ("steps", "guidance_scale", "sampler")


def field_specs(kind: type[Request]) -> dict[str, FieldSpec]:
    """Return what a form needs to know of every field, in the order of declaration."""
    types = get_type_hints(kind)
    defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}
    return {
        name: FieldSpec(name=name, meta=meta, type=types[name], default=defaults[name])
        for name, meta in field_meta(kind).items()
    }


class RequestForm(QWidget):
    """Shows the fields of a request: the main ones, and the others folded under "Advanced".

    ``changed`` comes after every change of a value, by hand or by code. Hidden fields keep the
    request's defaults. The folded controls are built when they are first needed: opened, asked
    for, or set; until then their fields have the request's defaults.
    """

    changed = Signal()

    def __init__(
        self,
        kind: type[Request],
        *,
        models: ModelProvider,
        preferred_model: Callable[[str], str] = lambda task: "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self._models = models
        self._preferred_model = preferred_model
        self._controls: list[Control] = []
        self._specs = field_specs(kind)
        self._followed: ModelChoice | None = None
        self._silent = 0
        self.setProperty("role", "plain")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.main_layout = QVBoxLayout(self)
        self.main_layout.setContentsMargins(0, 0, 0, 0)
        self.main_layout.setSpacing(SPACING[3] - 2)
        self.advanced = Section(self._advanced_title())
        self.advanced.body_layout.setSpacing(SPACING[2])
        self._folded = {
            name: spec.default for name, spec in self._specs.items() if spec.group == "advanced"
        }
        self._add_controls("main", self.main_layout)
        self.main_layout.addWidget(self.advanced)
        self.advanced.setVisible(bool(self._folded))
        self.advanced.toggled.connect(self._unfold)
        self._follow_model()

    def control(self, name: str) -> Control:
        """Return the control that shows the field ``name``; KeyError where it is hidden."""
        if name in self._folded:
            self._unfold()
        for control in self._controls:
            if any(spec.name == name for spec in control.specs):
                return control
        raise KeyError(name)

    def model_control(self) -> ModelControl | None:
        """Return the model picker, if the request has one."""
        return next((item for item in self._controls if isinstance(item, ModelControl)), None)

    def prompt_control(self) -> TextControl | None:
        """Return the main text, if the request has one."""
        return next((item for item in self._controls if isinstance(item, TextControl)), None)

    def value(self) -> dict[str, Any]:
        """Return every shown field's value, by name."""
        shown = {name: value for item in self._controls for name, value in item.values().items()}
        return shown | self._folded

    def request(self, **given: Any) -> Request:
        """Return the request that is shown, not yet checked against its limits.

        ``given`` are the fields that no control shows, such as the picture to start from.
        """
        return self.kind(**(self.value() | given))

    def margin_control(self) -> MarginControl | None:
        """Return the margins, if the request has them."""
        return next((item for item in self._controls if isinstance(item, MarginControl)), None)

    def needs_words(self) -> bool:
        """Return whether the request cannot do without a prompt, as the model reads it."""
        return "prompt" in self._specs and bool(self._specs["prompt"].meta.min_length)

    def _show_what_is_read(self) -> None:
        """Hide the controls of fields that the chosen model does not read."""
        picker = self.model_control()
        model = picker.model() if picker else None
        read = model.settings if model else ()
        for control in self._controls:
            needed = not read or control is picker or any(s.name in read for s in control.specs)
            # The refiner hides itself; margins say what is made, whoever makes it.
            if not isinstance(control, RefinerControl | MarginControl):
                control.setHidden(not needed)
        folded = [spec.name for spec in self._specs.values() if spec.group == "advanced"]
        self.advanced.setVisible(bool(folded) and (not read or bool(set(folded) & set(read))))
        self.advanced.setTitle(self._advanced_title(read))

    def set_values(self, values: Mapping[str, Any] | Request) -> None:
        """Show some or all fields' values; ``changed`` comes once."""
        if isinstance(values, Request):
            values = {name: getattr(values, name) for name in values.__struct_fields__}
        before = self.value()
        self._silent += 1
        self._show(values)
        self._silent -= 1
        if self.value() != before:
            self.changed.emit()

    def throw_seed(self) -> None:
        """Put in a new seed where the artist wants one for each run."""
        from studio.ui.inspector.seed_control import SeedControl

        self._unfold()
        for control in self._controls:
            if isinstance(control, SeedControl):
                control.throw()

    def refresh_models(self) -> None:
        """Read the installed models again."""
        for control in self._controls:
            if isinstance(control, ModelControl | RefinerControl):
                control.refresh()

    def _show(self, values: Mapping[str, Any]) -> None:
        for name, default in tuple(self._folded.items()):
            # A seed that somebody names is theirs, even if it is the default: the die goes off.
            if name in values and (values[name] != default or self._specs[name].control == "seed"):
                self._unfold()
        # The model first: its own settings are overruled by what follows.
        for control in sorted(self._controls, key=lambda item: not isinstance(item, ModelControl)):
            control.set_values(values)

    def _unfold(self) -> None:
        """Build the folded controls, once."""
        if self._folded:
            self._folded = {}
            self._silent += 1
            shown = len(self._controls)
            self._add_controls("advanced", self.advanced.body_layout)
            self._silent -= 1
            self._show_what_is_read()
            # Qt puts what is built later at the end of the tab order.
            former: QWidget = self.advanced.heading()
            for control in self._controls[shown:]:
                for field in _tab_stops(control):
                    QWidget.setTabOrder(former, field)
                    former = field

    def _add_controls(self, group: str, layout: QVBoxLayout) -> None:
        for control in self._build(group):
            self._controls.append(control)
            layout.addWidget(control)
            is_picker = isinstance(control, ModelControl)
            control.changed.connect(self._follow_model if is_picker else self._emit)

    def _emit(self) -> None:
        if not self._silent:
            self.changed.emit()

    def _build(self, group: str) -> list[Control]:
        built: list[Control] = []
        sizes: list[FieldSpec] = []
        margins: list[FieldSpec] = []
        for spec in self._specs.values():
            if spec.group != group:
                continue
            if spec.control == "size":
                sizes.append(spec)
                if len(sizes) == 2:
                    built.append(SizeControl(*sizes))
            elif spec.control == "margin":
                margins.append(spec)
                if len(margins) == 4:
                    built.append(MarginControl(*margins))
            else:
                built.append(self._control_for(spec))
        return built

    def _control_for(self, spec: FieldSpec) -> Control:
        match spec.control:
            case "text":
                return TextControl(spec)
            case "slider":
                return SliderControl(spec)
            case "number" if "auto" in (spec.meta.extra or {}):
                return AutoNumberControl(spec)
            case "number":
                return NumberControl(spec)
            case "seed":
                from studio.ui.inspector.seed_control import SeedControl

                return SeedControl(spec)
            case "choice":
                return ChoiceControl(spec, get_args(spec.type))
            case "list":
                from studio.ui.inspector.lora_control import LoraControl

                return LoraControl(spec, self._models)
            case "model" if spec.default is msgspec.NODEFAULT:
                task = request_kind(self.kind)
                return ModelControl(spec, task, self._models, self._preferred_model)
            case "model":
                return RefinerControl(spec, self._models)
        raise ValueError(f"{self.kind.__name__}.{spec.name}: no control {spec.control!r}")

    def _advanced_title(self, read: Sequence[str] = ()) -> str:
        """Name what is folded, of the fields that are ``read``; all where that is empty."""
        telling = ("seed", "choice", "list", "model")
        titles = [
            spec.title
            for spec in self._specs.values()
            if spec.group == "advanced"
            and spec.control in telling
            and (not read or spec.name in read)
        ]
        words = [title if any(map(str.isupper, title[1:])) else title.lower() for title in titles]
        return " · ".join([self.tr("Advanced"), ", ".join(words)] if words else [])

    def _follow_model(self) -> None:
        """Take over the chosen model's settings where the former model's are still in place."""
        picker = self.model_control()
        model = picker.model() if picker else None
        if model is not None:
            self._take_defaults(model)
        self._show_what_is_read()
        self._emit()

    def _take_defaults(self, model: ModelChoice) -> None:
        new, now = model.defaults, self.value()
        former = self._followed.defaults if self._followed else None
        untouched = {
            name: getattr(former, name) if former else self._specs[name].default
            for name in (*_FOLLOWING, "width", "height")
            if name in now
        }
        changes = {
            name: getattr(new, name) for name in _FOLLOWING if now.get(name) == untouched.get(name)
        }
        if all(now.get(name) == untouched.get(name) for name in ("width", "height")):
            changes |= {"width": new.width, "height": new.height}
        self._followed = model
        for control in self._controls:
            if isinstance(control, SizeControl):
                control.set_base(new.width, new.height)
        self._silent += 1
        self._show(changes)
        self._silent -= 1


def _tab_stops(control: QWidget) -> list[QWidget]:
    """Return what Tab stops at inside a control, without the inner parts of its fields."""
    tab = Qt.FocusPolicy.TabFocus
    return [
        field
        for field in control.findChildren(QWidget)
        if field.focusPolicy() & tab and not _is_part(field) and field.window() is control.window()
    ]


def _is_part(field: QWidget) -> bool:
    """Whether a widget belongs to a field that takes the focus for it, such as a spin box."""
    holder = field.parentWidget()
    return holder is not None and bool(holder.focusPolicy() & Qt.FocusPolicy.TabFocus)

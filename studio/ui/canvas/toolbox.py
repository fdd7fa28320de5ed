"""Every tool of the canvas as data, and the one that is in the hand."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from PySide6.QtCore import QCoreApplication, QObject, Signal

from studio.ui.canvas.tools.base import Tool, ToolContext

_TOOLS = "studio.ui.canvas.tools"


class ToolSpec(NamedTuple):
    """One tool: its class is imported when it is first chosen.

    Tools of one ``group`` share a button; the key with Shift goes to the next of the group.
    """

    name: str
    title: str
    icon: str
    key: str
    group: str
    module: str
    kind: str


def _specs() -> tuple[ToolSpec, ...]:
    def tr(text: str) -> str:
        return QCoreApplication.translate("Tools", text)

    return (
        ToolSpec("move", tr("Move the active layer"), "move", "V", "move", "move", "MoveTool"),
        ToolSpec("hand", tr("Move the view"), "hand", "H", "hand", "", ""),
        ToolSpec("brush", tr("Brush"), "brush", "B", "brush", "strokes", "BrushTool"),
        ToolSpec("eraser", tr("Eraser"), "eraser", "E", "eraser", "strokes", "EraserTool"),
        ToolSpec("fill", tr("Fill"), "fill", "G", "fill", "fill", "FillTool"),
        ToolSpec("gradient", tr("Gradient"), "gradient", "G", "fill", "gradient", "GradientTool"),
        ToolSpec(
            "eyedropper", tr("Eyedropper"), "eyedropper", "I", "eyedropper", "eyedropper",
            "EyedropperTool",
        ),
        ToolSpec("clone", tr("Clone"), "clone", "S", "clone", "strokes", "CloneTool"),
        ToolSpec("smudge", tr("Smudge"), "smudge", "S", "clone", "smudge", "SmudgeTool"),
        ToolSpec("text", tr("Text"), "text", "T", "text", "text", "TextTool"),
        ToolSpec(
            "rectangle", tr("Select a rectangle"), "select-rect", "M", "select", "shapes",
            "RectangleTool",
        ),
        ToolSpec(
            "ellipse", tr("Select an ellipse"), "select-ellipse", "M", "select", "shapes",
            "EllipseTool",
        ),
        ToolSpec("lasso", tr("Lasso"), "lasso", "L", "lasso", "shapes", "LassoTool"),
        ToolSpec("polygon", tr("Polygon"), "polygon", "L", "lasso", "shapes", "PolygonTool"),
        ToolSpec("wand", tr("Magic wand"), "wand", "W", "wand", "wand", "WandTool"),
        ToolSpec(
            "colour_range", tr("Colour range"), "colour-range", "W", "wand", "wand",
            "ColourRangeTool",
        ),
        ToolSpec("crop", tr("Crop"), "crop", "C", "crop", "crop", "CropTool"),
        ToolSpec("uncrop", tr("Uncrop"), "uncrop", "C", "crop", "uncrop", "UncropTool"),
        ToolSpec(
            "transform", tr("Transform"), "transform", "", "transform", "transform",
            "TransformTool",
        ),
    )  # fmt: skip


class Toolbox(QObject):
    """Makes tools when they are first chosen and puts one into the hand.

    ``changed(str)`` carries the name of the tool that was chosen.
    """

    changed = Signal(str)

    def __init__(self, context: ToolContext) -> None:
        super().__init__(context.view)
        self.context = context
        self.specs = {spec.name: spec for spec in _specs()}
        self.current = ""
        self.former = "move"
        self._made: dict[str, Tool] = {}
        self._last_of_group = {spec.group: spec.name for spec in reversed(self.specs.values())}

    def tool(self, name: str) -> Tool | None:
        """Return a tool; None for the hand, which is the view's own."""
        spec = self.specs[name]
        if not spec.module:
            return None
        made = self._made.get(name)
        if made is None:
            kind = getattr(import_module(f"{_TOOLS}.{spec.module}"), spec.kind)
            made = self._made[name] = kind(self.context)
        return made

    def choose(self, name: str) -> None:
        """Take a tool into the hand."""
        view = self.context.view
        if name != self.current:
            self.former, self.current = self.current or name, name
        self._last_of_group[self.specs[name].group] = name
        tool = self.tool(name)
        if tool is None or tool is not view.input.tool:
            view.set_tool(tool)
        if name in ("brush", "clone", "smudge") and view.input.eraser is None:
            view.input.eraser = self.tool("eraser")
        self.changed.emit(name)
        if tool is not None:
            tool.take_up()

    def choose_group(self, group: str) -> None:
        """Take the tool of a group that was used last."""
        self.choose(self._last_of_group[group])

    def group(self, group: str) -> list[ToolSpec]:
        """Return the tools that share a button."""
        return [spec for spec in self.specs.values() if spec.group == group]

    def last_of(self, group: str) -> ToolSpec:
        """Return the tool that a group's button shows."""
        return self.specs[self._last_of_group[group]]

    def by_key(self, key: str, *, shift: bool) -> bool:
        """Choose by a key, with Shift the next of its group; False if no tool has it."""
        names = [spec.name for spec in self.specs.values() if spec.key == key]
        if not names:
            return False
        chosen = self._last_of_group[self.specs[names[0]].group]
        if shift:
            if len(names) < 2:
                return False
            chosen = names[(names.index(chosen) + 1) % len(names)]
        self.choose(chosen)
        return True

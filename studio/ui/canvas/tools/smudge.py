"""The smudge tool."""

from __future__ import annotations

from typing import Any

from studio.ui.canvas.tools.base import Pointer
from studio.ui.canvas.tools.strokes import StrokeTool
from studio.ui.canvas.tools.targets import Target


class SmudgeTool(StrokeTool):
    """Draws colours along under the brush."""

    name = "smudge"
    label = "Smudge"

    def stroke_for(self, target: Target, pointer: Pointer) -> Any:
        """Return a stroke that carries what it finds."""
        if target.layer is None:
            return None
        from studio.app.painting.smudge import SmudgeStroke

        return SmudgeStroke(
            target.canvas,
            self.brush,
            limits=target.limits,
            clip=target.clip,
            origin=target.origin,
            copies=self.symmetry().copies,
            keep_alpha=target.layer.alpha_locked,
        )

    def used(self) -> None:
        """A finger has no colour."""

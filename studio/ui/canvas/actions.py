"""What the canvas can do, as data: for the menus, the shortcuts and the command list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.ui.canvas.workspace import CanvasWorkspace

ZOOM_STEP = 1.25


def canvas_actions(workspace: CanvasWorkspace) -> list[Action]:
    """Return the actions of the canvas itself; those of layers come from the layers panel."""
    return [*_edit_actions(workspace), *_view_actions(workspace), *_candidate_actions(workspace)]


def _edit_actions(workspace: CanvasWorkspace) -> list[Action]:
    tr = workspace.tr
    return [
        Action(
            id="edit.undo",
            title=tr("Undo"),
            callback=workspace.undo,
            shortcuts=("Ctrl+Z",),
            menu="edit",
            icon="undo",
            enabled=lambda: workspace.document.can_undo,
        ),
        Action(
            id="edit.redo",
            title=tr("Redo"),
            callback=workspace.redo,
            shortcuts=("Ctrl+Shift+Z", "Ctrl+Y"),
            menu="edit",
            icon="redo",
            enabled=lambda: workspace.document.can_redo,
        ),
        Action(
            id="edit.paste",
            title=tr("Paste picture"),
            callback=workspace.paste,
            shortcuts=("Ctrl+V",),
            menu="edit",
            enabled=workspace.can_paste,
        ),
        Action(
            id="canvas.export",
            title=tr("Export picture..."),
            callback=workspace.export,
            shortcuts=("Ctrl+Shift+E",),
            menu="file",
            icon="export",
            enabled=lambda: bool(workspace.document.layers),
        ),
        Action(
            id="canvas.open",
            title=tr("Open picture..."),
            callback=workspace.ask_picture,
            menu="file",
            icon="open",
        ),
        Action(
            id="canvas.place",
            title=tr("Place pictures..."),
            callback=workspace.ask_pictures,
            menu="file",
            icon="image",
        ),
    ]


def _view_actions(workspace: CanvasWorkspace) -> list[Action]:
    tr, view = workspace.tr, workspace.view
    return [
        Action(
            id="view.zoom_in",
            title=tr("Zoom in"),
            callback=lambda: view.zoom_by(ZOOM_STEP),
            shortcuts=("Ctrl++", "Ctrl+="),
            menu="view",
            icon="zoom-in",
        ),
        Action(
            id="view.zoom_out",
            title=tr("Zoom out"),
            callback=lambda: view.zoom_by(1 / ZOOM_STEP),
            shortcuts=("Ctrl+-",),
            menu="view",
            icon="zoom-out",
        ),
        Action(
            id="view.fit",
            title=tr("Fit the window"),
            callback=view.fit,
            shortcuts=("Ctrl+0",),
            menu="view",
            icon="fit",
        ),
        Action(
            id="view.actual",
            title=tr("Actual pixels"),
            callback=lambda: view.set_zoom(1.0),
            shortcuts=("Ctrl+Alt+0",),
            menu="view",
        ),
        Action(
            id="view.thirds",
            title=tr("Rule of thirds"),
            callback=lambda: workspace.options.toggle_guide("thirds"),
            menu="view",
        ),
        Action(
            id="view.golden",
            title=tr("Golden ratio"),
            callback=lambda: workspace.options.toggle_guide("golden"),
            menu="view",
        ),
        *(
            Action(
                id=f"tool.{spec.name}",
                title=spec.title,
                callback=partial(workspace.choose_tool, spec.name),
                shortcuts=("Ctrl+T",) if spec.name == "transform" else (),
                menu="tool",
                icon=spec.icon,
            )
            for spec in workspace.toolbox.specs.values()
        ),
    ]


def _candidate_actions(workspace: CanvasWorkspace) -> list[Action]:
    tr, candidates = workspace.tr, workspace.candidates
    return [
        Action(
            id="candidate.keep",
            title=tr("Keep the candidate"),
            callback=workspace.strip.keep,
            menu="candidate",
            enabled=lambda: candidates.chosen is not None,
        ),
        Action(
            id="candidate.drop",
            title=tr("Drop the candidate"),
            callback=candidates.drop,
            menu="candidate",
            enabled=lambda: candidates.chosen is not None,
        ),
        Action(
            id="candidate.compare",
            title=tr("Compare two candidates"),
            callback=workspace.compare,
            menu="candidate",
            icon="compare",
            enabled=lambda: len(candidates.items) > 1,
        ),
    ]

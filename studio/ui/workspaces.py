"""The workspaces of the rail, as data: what each is called, and how its page is built.

Ctrl+1 to Ctrl+6 belong to Canvas, Video, Music, Write, Gallery and Models, so that fingers need not
learn anew when another one arrives; a workspace stands in the rail once it works.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from studio.ui.shell import RailItem

if TYPE_CHECKING:
    from studio.app.studio import Studio


class WorkspaceSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One workspace; ``build`` is called when it is first shown."""

    item: RailItem
    build: Callable[[Studio], QWidget]


def _canvas(studio: Studio) -> QWidget:
    from studio.ui.canvas.workspace import CanvasWorkspace

    return CanvasWorkspace(studio)


def _write(studio: Studio) -> QWidget:
    from studio.ui.chat.workspace import ChatWorkspace

    return ChatWorkspace(studio)


def _gallery(studio: Studio) -> QWidget:
    from studio.ui.gallery import GalleryWorkspace

    return GalleryWorkspace(studio)


def _models(studio: Studio) -> QWidget:
    from studio.ui.models import ModelsWorkspace

    return ModelsWorkspace(studio)


def workspaces() -> tuple[WorkspaceSpec, ...]:
    """Return the workspaces in the order of the rail."""

    def item(name: str, title: str, slot: int) -> RailItem:
        return RailItem(id=name, title=title, icon=name, shortcut=f"Ctrl+{slot}")

    translate = QCoreApplication.translate
    return (
        WorkspaceSpec(item=item("canvas", translate("Rail", "Canvas"), 1), build=_canvas),
        WorkspaceSpec(item=item("write", translate("Rail", "Write"), 4), build=_write),
        WorkspaceSpec(item=item("gallery", translate("Rail", "Gallery"), 5), build=_gallery),
        WorkspaceSpec(item=item("models", translate("Rail", "Models"), 6), build=_models),
    )

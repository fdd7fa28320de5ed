"""What the window itself can do: projects, workspaces, generating, appearance, help."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from studio import __version__
from studio.app.projects import SUFFIX
from studio.core.errors import StudioError
from studio.core.logs import log_file
from studio.ui.actions import Action

if TYPE_CHECKING:
    from studio.ui.window import Window

LONGEST_NAME = 48  # characters of a project's name in a menu
THEME_TITLES = {"dark": "Dark", "light": "Light", "high_contrast": "High contrast"}


def window_actions(window: Window) -> list[Action]:
    """Return the window's own actions."""
    return [*_file_actions(window), *_run_actions(window), *_look_actions(window)]


def _file_actions(window: Window) -> list[Action]:
    tr, studio = window.tr, window.studio
    return [
        Action(
            id="file.new",
            title=tr("New project"),
            callback=lambda: _guarded(window, studio.new_project),
            shortcuts=("Ctrl+N",),
            menu="file",
            icon="plus",
        ),
        Action(
            id="file.open",
            title=tr("Open project..."),
            callback=lambda: _ask_open(window),
            shortcuts=("Ctrl+O",),
            menu="file",
            icon="open",
        ),
        Action(
            id="file.save_copy",
            title=tr("Save a copy..."),
            callback=lambda: _ask_save_copy(window),
            shortcuts=("Ctrl+Shift+S",),
            menu="file",
            icon="save",
        ),
    ]


def _run_actions(window: Window) -> list[Action]:
    tr, studio = window.tr, window.studio
    actions = [
        Action(
            id="queue.show",
            title=tr("Show the queue"),
            callback=window.open_queue,
            shortcuts=("Ctrl+Shift+Q",),
            menu="view",
            icon="queue",
        ),
        Action(
            id="menu.show",
            title=tr("Menu"),
            callback=window.open_menu,
            shortcuts=("F10",),
        ),
        Action(
            id="memory.free",
            title=tr("Free memory"),
            callback=studio.free_memory,
            menu="edit",
            icon="free-memory",
            enabled=lambda: bool(studio.resident),
        ),
        Action(
            id="log.open",
            title=tr("Open the log"),
            callback=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_file()))),
            menu="app",
        ),
        Action(
            id="app.about",
            title=tr("About Atelier"),
            callback=lambda: _about(window),
            menu="app",
            icon="info",
        ),
        Action(
            id="app.quit",
            title=tr("Quit"),
            callback=window.close,
            shortcuts=("Ctrl+Q",),
            menu="app",
        ),
    ]
    for spec in window.rail_specs():
        name = spec.item.id
        actions.append(
            Action(
                id=f"workspace.{name}",
                title=spec.item.title,
                callback=partial(window.show_workspace, name),
                shortcuts=(spec.item.shortcut,),
                menu="workspace",
                icon=spec.item.icon,
            )
        )
    return actions


def _look_actions(window: Window) -> list[Action]:
    return [
        Action(
            id=f"theme.{name}",
            title=window.tr(title),
            callback=partial(window.studio.change_settings, theme=name),
            menu="theme",
        )
        for name, title in THEME_TITLES.items()
    ]


def fill_main_menu(menu: QMenu, window: Window) -> None:
    """Fill the main menu: projects, editing, view, workspaces, appearance, and the rest."""
    table, tr = window.actions_table, window.tr
    table.fill_menu(menu, "file")
    recent = menu.addMenu(tr("Recent projects"))
    present = str(window.studio.project.path)
    for name in window.studio.settings.recent_projects:
        if name != present:
            entry = recent.addAction(menu_text(Path(name).stem))
            entry.setToolTip(name)
            entry.triggered.connect(partial(open_project, window, Path(name)))
    recent.setEnabled(not recent.isEmpty())
    menu.addSeparator()
    for name, title in (
        ("edit", tr("Edit")),
        ("image", tr("Image")),
        ("layer", tr("Layer")),
        ("select", tr("Select")),
        ("view", tr("View")),
        ("workspace", tr("Workspace")),
        ("theme", tr("Appearance")),
    ):
        sub = menu.addMenu(title)
        table.fill_menu(sub, name)
        sub.setEnabled(not sub.isEmpty())
    menu.addSeparator()
    table.fill_menu(menu, "app")


def menu_text(name: str) -> str:
    """Return a file's name as a menu shows it: cut in the middle, its "&" no shortcut."""
    short = (
        name if len(name) <= LONGEST_NAME else f"{name[:30].rstrip()}\u2026{name[-15:].lstrip()}"
    )
    return short.replace("&", "&&")


def open_project(window: Window, path: Path) -> None:
    """Open a project; what is wrong with it is told in the notice bar."""
    _guarded(window, lambda: window.studio.open_project(path))


def _ask_open(window: Window) -> None:
    folder = str(window.studio.project.path.parent)
    name, _ = QFileDialog.getOpenFileName(
        window, window.tr("Open project"), folder, window.tr("Atelier projects (*.atelier)")
    )
    if name:
        open_project(window, Path(name))


def _ask_save_copy(window: Window) -> None:
    path = window.studio.project.path
    name, _ = QFileDialog.getSaveFileName(
        window,
        window.tr("Save a copy"),
        str(path.with_name(f"{path.stem} copy{SUFFIX}")),
        window.tr("Atelier projects (*.atelier)"),
    )
    if name:
        target = Path(name)
        window.studio.save_copy(target if target.suffix else target.with_suffix(SUFFIX))


def _about(window: Window) -> None:
    QMessageBox.about(
        window,
        window.tr("About Atelier"),
        f"<h3>Atelier {__version__}</h3>"
        + window.tr("An offline creative studio. Everything you make stays on this machine.")
        + "<br><br>Apache-2.0",
    )


def _guarded(window: Window, work: Callable[[], object]) -> None:
    try:
        work()
    except StudioError as error:
        window.studio.report(error)

"""The window: rail, workspace, inspector and status bar, put together around one studio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from studio.api.requests import ModelRef, PictureRequest, Request, TextToImage, Upscale
from studio.app.notices import Notice
from studio.core.errors import StudioError
from studio.core.settings import Settings
from studio.ui.actions import ActionTable
from studio.ui.canvas.margins import Margins
from studio.ui.canvas.supply import CanvasSupply
from studio.ui.inspector import Inspector
from studio.ui.inspector.margin_control import MarginControl
from studio.ui.inspector.modes import picture_modes
from studio.ui.shell import NoticeBar, Rail, StatusBar, WelcomeCard
from studio.ui.shell.tab_order import order_tabs
from studio.ui.theme import SPACING, apply_theme
from studio.ui.widgets import connect_while_alive, separator
from studio.ui.workspaces import WorkspaceSpec, workspaces

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.ui.canvas.workspace import CanvasWorkspace
    from studio.ui.shell import QueuePanel

EXAMPLES = (
    "a red mushroom in a green meadow",
    "a small blue house on a hill at sunset",
    "a white boat on the sea, night",
)


class Window(QWidget):
    """Owns the workspaces, builds each when it is first shown, and routes between them.

    ``first_painted`` comes once, when the first frame is on the screen; right after it, when what
    that frame could do without is built too, ``finished`` is true.
    """

    first_painted = Signal()

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self._painted = False
        self.finished = False
        self._specs: dict[str, WorkspaceSpec] = {spec.item.id: spec for spec in workspaces()}
        self._pages: dict[str, QWidget] = {}
        self._queue_panel: QueuePanel | None = None
        self._margins: MarginControl | None = None
        self.welcome: WelcomeCard | None = None
        self.rail = Rail([spec.item for spec in self._specs.values()])
        self.notices = NoticeBar()
        self.status = StatusBar(studio)
        self.inspector = Inspector(studio, TextToImage, modes=picture_modes())
        self._supply = CanvasSupply(studio)
        self.inspector.given = self._supply.given
        self.inspector.add_to_mode("colorize", self._hints_row)
        self.inspector.add_to_mode("restyle", self._live_row)
        self.actions_table = ActionTable(self)
        self._lay_out()
        self._connect()
        self.show_workspace("canvas")
        self._restore_geometry()
        self._follow_project()
        self._maybe_welcome()

    def _lay_out(self) -> None:
        self.setProperty("role", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._centre = QVBoxLayout()
        self._centre.setContentsMargins(0, 0, 0, 0)
        self._centre.setSpacing(0)
        self._centre.addWidget(self.notices)
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(0)
        top.addWidget(self.rail)
        top.addLayout(self._centre, 1)
        self._inspector_line = separator(vertical=True)
        top.addWidget(self._inspector_line)
        top.addWidget(self.inspector)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top, 1)
        layout.addWidget(separator())
        layout.addWidget(self.status)
        self.setMinimumSize(960, 600)

    def _connect(self) -> None:
        studio = self.studio
        self.rail.currentChanged.connect(self.show_workspace)
        self.rail.menu_requested.connect(self.open_menu)
        self.inspector.generate_requested.connect(self.generate)
        self.status.queue_requested.connect(self.open_queue)
        self.status.offline_requested.connect(self._explain_offline)
        self.status.device_requested.connect(lambda: self.show_workspace("models"))
        self.notices.actionTriggered.connect(self.actions_table.trigger)
        connect_while_alive(studio.notice, self, self._show_notice)
        connect_while_alive(studio.project_changed, self, self._follow_project)
        connect_while_alive(studio.settings_changed, self, self._follow_settings)

    # -- workspaces ----------------------------------------------------------------------------

    @property
    def canvas(self) -> CanvasWorkspace:
        """The canvas; it is there from the start."""
        page: Any = self._page("canvas")
        return page  # type: ignore[no-any-return]

    def rail_specs(self) -> tuple[WorkspaceSpec, ...]:
        """Return the workspaces in the order of the rail."""
        return tuple(self._specs.values())

    def current_workspace(self) -> str:
        """Return the id of the workspace that is shown."""
        return self.rail.current()

    def show_workspace(self, name: str) -> None:
        """Show a workspace; it is built when that is the first time."""
        page = self._page(name)
        self.rail.setCurrent(name)
        for other in self._pages.values():
            other.setVisible(other is page)
        on_canvas = name == "canvas"
        self.inspector.setVisible(on_canvas)
        self._inspector_line.setVisible(on_canvas)
        if self.welcome is not None:
            self.welcome.setVisible(on_canvas)
            self.welcome.raise_()
        self.status.show_device()  # free memory changes without telling; the page asks now, too
        page.setFocus()

    def _page(self, name: str) -> QWidget:
        if name not in self._pages:
            page = self._specs[name].build(self.studio)
            self._pages[name] = page
            self._centre.addWidget(page, 1)
            self._connect_page(name, page)
        return self._pages[name]

    def _connect_page(self, name: str, page: Any) -> None:
        match name:
            case "canvas":
                page.follow_mode(self.inspector.mode)
                self.inspector.mode_changed.connect(page.show_mode)
                self.inspector.mode_changed.connect(self._join_margins)
                page.context.margins.changed.connect(self._show_margins)
                page.mode_suggested.connect(self.inspector.set_mode)
                page.document_changed.connect(self.inspector.plan_again)
                page.settings_requested.connect(self.use_settings)
                page.generate_requested.connect(self.generate)
                page.gallery_requested.connect(self.show_in_gallery)
            case "gallery":
                page.use_settings.connect(self.use_settings)
                page.create_requested.connect(self._first_prompt)
            case "models":
                page.use_model.connect(self.use_model)
            case "write":
                page.models_requested.connect(lambda: self.show_workspace("models"))

    def _first_prompt(self) -> None:
        self.show_workspace("canvas")
        self.inspector.focus_prompt()

    def show_in_gallery(self, history_id: str) -> None:
        """Show the Gallery with one generation chosen."""
        self.show_workspace("gallery")
        page: Any = self._page("gallery")
        page.show_item(history_id)

    def use_settings(self, values: Request | dict[str, Any]) -> None:
        """Show the settings of a picture in the inspector."""
        if isinstance(values, Upscale):
            self.studio.tell(self.tr("An upscaled picture has no settings to take over."))
            return
        self.show_workspace("canvas")
        self.inspector.use_settings(values)

    def use_model(self, model_id: str) -> None:
        """Choose a model for the next picture, or for the conversation that is shown."""
        model = self.studio.library.find(model_id)
        if model.tasks == ("upscale",):
            self.studio.change_settings(default_upscaler=model.id)
            self.studio.tell(
                self.tr("{0} upscales from now on: menu, Image, Upscale picture.").format(
                    model.title
                )
            )
            return
        if "chat" in model.tasks:
            self.show_workspace("write")
            page: Any = self._page("write")
            page.use_model(model.id)
            return
        self.inspector.use_mode_for(model.tasks)
        self.use_settings({"model": ModelRef(id=model.id, revision=model.revision)})
        self.studio.change_settings(default_image_model=model.id)

    def _join_margins(self, mode: str) -> None:
        """Let the numbers of the Uncrop form and the frame on the canvas say the same."""
        control, state = self.inspector.form.margin_control(), self.canvas.context.margins
        if control is None or control is self._margins:
            return
        self._margins = control
        control.changed.connect(lambda: state.set(Margins(**control.values())))
        self._show_margins()

    def _show_margins(self) -> None:
        if self._margins is not None:
            self._margins.set_values(self.canvas.context.margins.now._asdict())

    def _hints_row(self) -> QWidget:
        from studio.ui.canvas.hints_row import HintsRow

        row = HintsRow(self.studio, self.canvas.paint_on)
        self.canvas.document_changed.connect(row.refresh)
        return row

    def _live_row(self) -> QWidget:
        from studio.ui.canvas.live_row import LiveRow

        form = self.inspector.form

        def request() -> PictureRequest:
            made: Any = form.request(**self._supply.given(form.kind))
            return made  # type: ignore[no-any-return]

        live = self.canvas.live_restyle(request)
        form.changed.connect(live.outdate)
        live.on_changed.connect(
            lambda on: self.inspector.give_escape((lambda: live.set_on(False)) if on else None)
        )
        return LiveRow(live)

    # -- generating ----------------------------------------------------------------------------

    def generate(self, request: Request) -> None:
        """Queue the request; what is wrong with it is told in the plan line."""
        if isinstance(request, PictureRequest):
            self._supply.supply(request, self._queue)

    def _queue(self, request: PictureRequest) -> None:
        try:
            self.studio.generate(request)
        except StudioError as error:
            self.inspector.show_error(error)
        else:
            self._dismiss_welcome()

    def _maybe_welcome(self) -> None:
        """A fresh studio greets with one field and one button."""
        studio = self.studio
        if studio.settings.welcome_dismissed or studio.project.image.layers:
            return
        self.welcome = WelcomeCard(EXAMPLES, self)
        self.welcome.submitted.connect(self._first_picture)
        self.welcome.dismissed.connect(self._dismiss_welcome)
        self.welcome.show()
        self._place_welcome()

    def _first_picture(self, prompt: str) -> None:
        self.inspector.use_settings({"prompt": prompt})
        self.inspector.generate()

    def _dismiss_welcome(self) -> None:
        if self.welcome is None:
            return
        self.welcome.hide()
        self.welcome.deleteLater()
        self.welcome = None
        self.studio.change_settings(welcome_dismissed=True)
        self._page(self.current_workspace()).setFocus()

    def _place_welcome(self) -> None:
        if self.welcome is None:
            return
        view = self.canvas.view
        self.welcome.adjustSize()
        corner = view.mapTo(self, QPoint(0, 0))
        x = corner.x() + (view.width() - self.welcome.width()) // 2
        y = corner.y() + (view.height() - self.welcome.height()) // 2
        self.welcome.move(max(0, x), max(SPACING[2], y))
        self.welcome.raise_()

    # -- menus, queue, notices -----------------------------------------------------------------

    def open_menu(self) -> None:
        """Show the main menu under the logo."""
        from studio.ui.window_actions import fill_main_menu

        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fill_main_menu(menu, self)
        menu.aboutToHide.connect(self.actions_table.enable_all)
        button = self.rail.menu_button
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + SPACING[0])))

    def open_queue(self) -> None:
        """Show what waits and runs, above its button."""
        if self._queue_panel is None:
            from studio.ui.shell import QueuePanel

            self._queue_panel = QueuePanel(self.studio, self)
        self._queue_panel.show_above(self.status.queue_button)

    def _show_notice(self, notice: Notice) -> None:
        self.notices.show_notice(
            notice.level,
            notice.message,
            notice.hint,
            action_label=notice.action_label,
            action=notice.action,
        )

    def _explain_offline(self) -> None:
        """Say what the word in the status bar means."""
        self.notices.show_notice(
            "info",
            self.tr("Atelier works offline: nothing you make or write leaves this machine."),
            self.tr(
                "There is no online mode, no account and no telemetry. The model libraries are "
                "told to stay offline too, and Atelier's tests fail when anything reaches for "
                "the network. New models are added from files."
            ),
        )

    # -- studio --------------------------------------------------------------------------------

    def _follow_project(self, _project: object = None) -> None:
        self.setWindowTitle(f"{self.studio.project.path.stem} - Atelier")

    def _follow_settings(self, settings: Settings) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, settings.theme, reduced_motion=settings.reduced_motion)

    def _tab_groups(self) -> list[QWidget]:
        """The parts of the window in the order that Tab takes."""
        first: list[QWidget] = [self.rail, self.notices]
        if self.welcome is not None:
            first.append(self.welcome)
        return [*first, *self._pages.values(), *self.inspector.tab_groups(), self.status]

    # -- Qt's events ---------------------------------------------------------------------------

    def _restore_geometry(self) -> None:
        saved = QByteArray.fromBase64(self.studio.settings.window_geometry.encode())
        if saved.isEmpty() or not self.restoreGeometry(saved):
            self.resize(1440, 900)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Put Tab's order right before it is used: pages and rows are built at any time."""
        order_tabs(self, self._tab_groups())
        return super().focusNextPrevChild(forward)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            # The children are painted after this event: the frame is complete when it returns.
            QTimer.singleShot(0, self._after_first_frame)

    def _after_first_frame(self) -> None:
        self.first_painted.emit()
        self._finish()

    def _finish(self) -> None:
        """Build what the first frame can do without: the canvas's layers, and all shortcuts."""
        from studio.ui.window_actions import window_actions

        self.actions_table.add(window_actions(self))
        self.actions_table.add(
            self.canvas.all_actions(), active=lambda: self.current_workspace() == "canvas"
        )
        for section in self.canvas.inspector_sections():
            self.inspector.add_section(section)
        self.finished = True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place_welcome()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._place_welcome)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            QTimer.singleShot(0, self, self._place_welcome)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember where the window was; what was kept is on the disk already."""
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        self.studio.change_settings(window_geometry=geometry)
        self.canvas.close_document()
        super().closeEvent(event)

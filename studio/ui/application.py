"""Builds the Qt application around a studio and runs it."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QApplication

from studio import __version__
from studio.app.notices import Notice
from studio.app.studio import BUILT_IN_ENGINES, Studio
from studio.ui.theme import app_icon
from studio.ui.theme.appearance import STYLE_CHOSEN, apply_style_sheet, prepare_theme
from studio.ui.window import Window

log = logging.getLogger(__name__)


class QtDispatcher(QObject):
    """Brings calls of other threads to the main thread through Qt's event queue."""

    _call = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._call.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def __call__(self, call: Callable[[], None]) -> None:
        """Queue ``call``; may be used on any thread."""
        self._call.emit(call)

    def _run(self, call: Callable[[], None]) -> None:
        call()


def create_application(arguments: Sequence[str] = ()) -> QApplication:
    """Return the QApplication with the studio's name."""
    # As an argument, because setStyle() hands back a QStyle: PySide6 would make its 566 constants.
    app = QApplication([sys.argv[0], *arguments, "-style", "Fusion"])
    app.setProperty(STYLE_CHOSEN, "Fusion")
    app.setApplicationName("Atelier")
    app.setApplicationDisplayName("Atelier")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("atelier")
    return app


def run(
    arguments: Sequence[str],
    project: Path | None,
    *,
    engines: str = BUILT_IN_ENGINES,
    on_first_paint: Callable[[Window], None] | None = None,
) -> int:
    """Show the window and return the exit code when it is closed.

    ``on_first_paint`` is called once, after the first frame is on the screen.
    """
    gc.disable()  # until the first frame is there: start-up makes objects that all stay
    # Ctrl+C in the terminal ends the studio at once: whatever was kept is on the disk already.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    app = create_application(arguments)
    dispatcher = QtDispatcher()
    studio = Studio(dispatch=dispatcher, project=project, engines=engines)
    sys.excepthook = _report_to(studio)
    prepare_theme(app, studio.settings.theme, reduced_motion=studio.settings.reduced_motion)
    window = Window(studio)
    apply_style_sheet(app)
    if on_first_paint is not None:
        window.first_painted.connect(lambda: on_first_paint(window))
    window.first_painted.connect(lambda: _after_first_paint(studio, window))
    window.show()
    code = app.exec()
    if (problem := studio.close()) is not None:
        print(f"atelier: {problem}", file=sys.stderr)  # noqa: T201 - the window is gone
    return code


def _after_first_paint(studio: Studio, window: Window) -> None:
    """What the artist need not wait for: the log file, the worker, the folders, old errors."""
    from studio.app.missing import missing_libraries
    from studio.core.logs import set_up_logging

    # What start-up made stays: without this, each full collection walks all of it.
    gc.collect()
    gc.freeze()
    gc.enable()
    set_up_logging()
    window.setWindowIcon(app_icon())
    studio.warm_up()
    studio.tidy_up()
    studio.tell_startup_errors()
    QTimer.singleShot(500, window, studio.refresh_models)
    if missing_libraries(needed=False):
        studio.notice.emit(
            Notice(
                level="info",
                message="There is no sound on this system: libpulse is missing.",
                hint="Everything else works. 'atelier doctor' names the package to install.",
            )
        )


def _report_to(
    studio: Studio,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """An exception in a slot is a bug: it goes to the log and becomes a notice, not a crash."""

    def hook(
        kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        log.error("unexpected error", exc_info=(kind, error, traceback))
        studio.notice.emit(
            Notice(
                level="error",
                message=f"Something went wrong inside the studio ({kind.__name__}).",
                hint="Your work is safe.",
                action="log.open",
                action_label="Open the log",
            )
        )

    return hook

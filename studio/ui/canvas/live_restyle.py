"""Live: makes the picture anew after every stroke and shows the result over the canvas."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from studio.api.events import FINAL_EVENTS, Failed, JobEvent, Output, Queued
from studio.api.requests import PictureRequest
from studio.core.errors import StudioError, storage_problem
from studio.ui.canvas.pictures import ShownPicture, decode_shown
from studio.ui.widgets import connect_while_alive

if TYPE_CHECKING:
    from studio.app.studio import Studio
    from studio.document import ChangeSet, ImageDocument, Project

DELAY = 250  # ms after the last change until a run begins


class LiveRestyle(QObject):
    """Works only while it is ``on``. At most one run at a time; what is outdated is cancelled.

    What it makes is no part of the history: it is looked at and gone. A job that the artist asks
    for goes first.

    Signals: ``on_changed(bool)``; ``working(bool)`` while a run is on its way.
    """

    on_changed = Signal(bool)
    working = Signal(bool)

    def __init__(
        self,
        studio: Studio,
        request: Callable[[], PictureRequest],
        show: Callable[[ShownPicture | None], None],
        held: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        """``request`` returns the settings as they are now, its picture a stand-in, or raises a
        StudioError while something is missing; ``show`` gets the result, None for nothing;
        ``held`` tells whether a stroke is being painted.
        """
        super().__init__(parent)
        self._studio, self._request, self._show, self._held = studio, request, show, held
        self.on = False
        self._wanted = False  # the canvas has changed since the last run began
        self._job = ""
        self._turn = 0  # counts the changes; what was made for an earlier one is not shown
        self._job_turn = 0
        self._reading = False
        self._document: ImageDocument = studio.project.image
        self._document.changed.connect(self._changed)
        connect_while_alive(studio.job_event, self, self._on_event)
        self._delay = QTimer(self)
        self._delay.setSingleShot(True)
        self._delay.setInterval(DELAY)
        self._delay.timeout.connect(self._begin)

    def set_on(self, on: bool) -> None:
        """Begin to follow the strokes, or end it; ending cancels what is on its way."""
        if on == self.on:
            return
        self.on = on
        if on:
            self.outdate()
        else:
            self._delay.stop()
            self._turn += 1
            self._wanted = False
            self._cancel()
            self._show(None)
        self.on_changed.emit(on)

    def set_project(self, project: Project) -> None:
        """Follow another project's picture; live ends."""
        self.set_on(False)
        self._job, self._reading = "", False
        self._document.changed.disconnect(self._changed)
        self._document = project.image
        self._document.changed.connect(self._changed)

    def close(self) -> None:
        """Let go of the picture."""
        self._delay.stop()
        self._document.changed.disconnect(self._changed)

    def outdate(self) -> None:
        """The settings or the picture are others now: begin anew in a moment."""
        if self.on:
            self._turn += 1
            self._wanted = True
            self._cancel()
            self._delay.start()

    def _changed(self, change: ChangeSet) -> None:
        if change.tiles or change.layers or change.structure or change.size:
            self.outdate()

    def _cancel(self) -> None:
        if self._job:
            self._studio.cancel(self._job)

    def _begin(self) -> None:
        """Read the canvas for a run, unless one is still ending or something goes first."""
        if not self.on or not self._wanted or self._delay.isActive():
            return
        if self._held():
            self._delay.start()
            return
        if self._job or self._reading or self._studio.queue.running_id is not None:
            return  # it is asked again when that ends
        try:
            request = self._request()
        except StudioError:
            return  # the plan line says what is missing
        self._wanted, self._reading = False, True
        self._read(request, self._turn)

    def _read(self, request: PictureRequest, turn: int) -> None:
        from studio.app.canvas_inputs import canvas_inputs

        document = self._document

        def run(pictures: dict[str, Any]) -> None:
            if document is not self._document:
                return
            self._reading = False
            if turn == self._turn:
                self._submit(msgspec.structs.replace(request, **pictures))
            else:
                self._begin()

        def give_up(error: StudioError) -> None:
            if document is self._document:
                self._reading = False
                self._end_with(error)

        self._studio.background(canvas_inputs(document), run, give_up)

    def _submit(self, request: PictureRequest) -> None:
        if self._studio.queue.running_id is not None:
            self._wanted = True
            return
        try:
            self._job = self._studio.generate_unrecorded(request)
        except StudioError as error:
            self._end_with(error)
        else:
            self._job_turn = self._turn
            self.working.emit(True)

    def _end_with(self, error: StudioError) -> None:
        self._studio.report(error)
        self.set_on(False)

    def _on_event(self, event: JobEvent) -> None:
        if event.job_id != self._job:
            if isinstance(event, Queued) and self._job:
                self._wanted = self.on
                self._cancel()  # the artist's own job goes first
            elif isinstance(event, FINAL_EVENTS):
                # Not now: the runner is about to start what else waits.
                QTimer.singleShot(0, self, self._begin)
            return
        if isinstance(event, Output):
            self._take(event)
        elif isinstance(event, FINAL_EVENTS):
            self._job = ""
            self.working.emit(False)
            if isinstance(event, Failed):
                self.set_on(False)
            QTimer.singleShot(0, self, self._begin)

    def _take(self, event: Output) -> None:
        turn, path = self._job_turn, event.artifact.path

        def read() -> ShownPicture:
            try:
                with open(path, "rb") as file:
                    data = file.read()
                os.unlink(path)
            except OSError as error:
                raise storage_problem(error, path) from error
            return decode_shown(data)

        def show(picture: ShownPicture) -> None:
            if self.on and turn == self._turn:
                self._show(picture)

        self._studio.background(read, show)

"""The undecided pictures and which of them the artist looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.core.errors import StudioError
from studio.document import HistoryItem, HistoryOutput, Project

if TYPE_CHECKING:
    from studio.app.live import LiveJob
    from studio.app.studio import Studio

CandidateKey = tuple[str, int]  # history id, index of the output


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One finished picture that is neither kept nor dropped."""

    item: HistoryItem
    output: HistoryOutput

    @property
    def key(self) -> CandidateKey:
        """What names the candidate."""
        return self.item.id, self.output.index


class CandidateList(QObject):
    """The candidates of the open project, oldest first, and the choice among them.

    With nothing chosen the canvas shows the running job's preview, if there is one. A job that
    starts clears the choice, and its first picture takes it, unless the artist has chosen another
    meanwhile: what was watched stays in sight until it is kept or dropped.

    ``look`` lists what the project already has: it reads the whole history, so it is for after
    the first frame.
    """

    changed = Signal()
    chosen_changed = Signal()
    live_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._project = studio.project
        self.items: tuple[Candidate, ...] = ()
        self._chosen: CandidateKey | None = None
        self._watched = ""  # the job whose preview is shown while nothing is chosen
        self._connect()

    # -- the studio ----------------------------------------------------------------------------

    def _connect(self) -> None:
        self._project.history.changed.connect(self._on_history)
        self._studio.live_changed.connect(self._on_live)

    def close(self) -> None:
        """Let go of the studio."""
        self._project.history.changed.disconnect(self._on_history)
        self._studio.live_changed.disconnect(self._on_live)

    def set_project(self, project: Project) -> None:
        """Show another project's candidates."""
        self.close()
        self._project = project
        self._connect()
        self._chosen, self._watched = None, ""
        self.items = self._undecided()
        self.changed.emit()
        self.chosen_changed.emit()

    def look(self) -> None:
        """List the candidates that the open project already has."""
        items = self._undecided()
        if items != self.items:
            self.items = items
            self.changed.emit()

    def _undecided(self) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(item=item, output=output)
            for item, output in self._project.history.candidates()
        )

    def _on_history(self, ids: frozenset[str]) -> None:
        former = {candidate.key for candidate in self.items}
        items = self._undecided()
        if items == self.items:
            return
        self.items = items
        fresh = [item for item in items if item.key not in former and item.key[0] == self._watched]
        self.changed.emit()
        if self._chosen is None and fresh:
            self.choose(fresh[0].key)
        elif self._chosen is not None and self.chosen is None:
            self.choose(None)

    def _on_live(self, job_id: str) -> None:
        live = self.live
        if live is not None and live.job_id != self._watched:
            self._watched = live.job_id
            self.choose(None)
        self.live_changed.emit()

    # -- what is there -------------------------------------------------------------------------

    @property
    def live(self) -> LiveJob | None:
        """The job that runs now, or the first that waits for the worker."""
        jobs = self._studio.live
        running = self._studio.queue.running_id
        if running in jobs:
            return jobs[running]
        return next(iter(jobs.values()), None)

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that is looked at."""
        return next((item for item in self.items if item.key == self._chosen), None)

    # -- what can be done ----------------------------------------------------------------------

    def choose(self, key: CandidateKey | None) -> None:
        """Look at a candidate, or at none."""
        if key != self._chosen:
            self._chosen = key
            self.chosen_changed.emit()

    def step(self, by: int) -> None:
        """Look at the next (+1) or the one before (-1); from none at the first or the last."""
        if not self.items:
            return
        keys = [item.key for item in self.items]
        if self._chosen in keys:
            place = min(max(keys.index(self._chosen) + by, 0), len(keys) - 1)
        else:
            place = 0 if by > 0 else len(keys) - 1
        self.choose(keys[place])

    def keep(self, key: CandidateKey | None = None) -> None:
        """Put a candidate (the chosen one) on the canvas as a layer of its own."""
        key = key or self._chosen
        if key is not None:
            self._decide(self._studio.keep, key)

    def drop(self, key: CandidateKey | None = None) -> None:
        """Take a candidate (the chosen one) out of the strip and look at its neighbour."""
        key = key or self._chosen
        keys = [item.key for item in self.items]
        if key not in keys:
            return
        place = keys.index(key)
        beside = [*keys[place + 1 :], *reversed(keys[:place])]
        if key == self._chosen:
            self.choose(beside[0] if beside else None)
        self._decide(self._studio.drop, key)

    def _decide(self, decision: Callable[[str, int], None], key: CandidateKey) -> None:
        try:
            decision(*key)
        except StudioError as error:
            self._studio.report(error)

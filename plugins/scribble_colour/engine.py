"""The engine: a picture and what the artist painted in, the coloured picture out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import Colorize, Request, refused

if TYPE_CHECKING:
    from plugins.scribble_colour.colouring import Job

_PHASES = 4


class ScribbleColourEngine:
    """Spreads colours along luminance; imports no neural library."""

    id = "scribble_colour"
    requests: tuple[type[Request], ...] = (Colorize,)

    def preload(self) -> None:
        """Import what the first job needs."""
        import plugins.scribble_colour.colouring  # noqa: F401

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Colour one picture; without hints and example, ``count`` tints of it.

        Raises:
            InvalidRequest: it is not a colorize request, or the hints have another size.
        """
        if not isinstance(request, Colorize):
            raise refused("Scribble colour gives colours to pictures only.")
        from plugins.scribble_colour.colouring import Job

        run.progress(0, _PHASES, "Looking at the picture")
        job = Job(
            picture=run.input(request.picture),
            hints=run.input(request.hints) if request.hints else None,
            palette=run.input(request.palette) if request.palette else None,
            strength=request.strength,
            run=run,
        )
        if job.hints is not None or job.palette is not None:
            self._coloured(job, request, run)
        else:
            self._tinted(job, request, run)
        return RunReport(plan=plan)

    def _coloured(self, job: Job, request: Colorize, run: Run) -> None:
        """One picture: chance plays no part in it."""
        if request.count > 1:
            run.remark("The same hints give the same picture each time: one was made.")
        picture = job.spread() if job.hints is not None else job.like_palette()
        run.progress(_PHASES - 1, _PHASES, "Finishing")
        run.picture(picture, seed=request.seed, index=0)
        run.progress(_PHASES, _PHASES, "Finishing")

    def _tinted(self, job: Job, request: Colorize, run: Run) -> None:
        """As many tints as pictures were asked for; the seed chooses the first."""
        for index in range(request.count):
            run.check_cancelled()
            seed = (request.seed + index) % 2**32
            picture, remark = job.tinted(seed)
            if index == 0:
                run.remark(remark)
            run.picture(picture, seed=seed, index=index)
            run.progress(index + 1, request.count, "Tinting")

    def device(self) -> tuple[DeviceInfo, int] | None:
        """Return None: no device is held."""
        return None

    def resident(self) -> list[ResidentModel]:
        """Return nothing: there are no weights."""
        return []

    def free(self) -> None:
        """Do nothing: nothing is held between jobs."""

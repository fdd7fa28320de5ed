"""The engine: a fill or an uncrop in, pictures with their patch out. Imports no neural library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import Inpaint, Request, Uncrop, refused

if TYPE_CHECKING:
    from plugins.patchmatch.filling import Filled


class PatchMatchEngine:
    """Fills holes and margins from the picture itself."""

    id = "patchmatch"
    requests: tuple[type[Request], ...] = (Inpaint, Uncrop)

    def preload(self) -> None:
        """Import numpy and what works with it."""
        import plugins.patchmatch.filling  # noqa: F401

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Make every picture of one request.

        Raises:
            InvalidRequest: it is of another kind, nothing is selected, or everything is.
        """
        from plugins.patchmatch.filling import Progress, continue_picture, fill_hole

        if not isinstance(request, (Inpaint, Uncrop)):
            raise refused("PatchMatch fills selections and continues pictures only.")
        if request.prompt.strip():
            run.remark("PatchMatch copies from the picture itself and does not read the prompt.")
        picture = run.input(request.picture)
        mask = run.input(request.mask) if isinstance(request, Inpaint) else None
        for index in range(request.count):
            seed = (request.seed + index) % 2**32
            progress = Progress(run, index, request.count)
            made: Filled
            if isinstance(request, Inpaint):
                assert mask is not None
                made = fill_hole(picture, mask, request, seed, progress)
            else:
                made = continue_picture(picture, request, seed, progress)
            run.picture(made.whole, seed=seed, index=index, layers=[made.layer])
        return RunReport(plan=plan)

    def device(self) -> tuple[DeviceInfo, int] | None:
        """Return None: no device is held."""
        return None

    def resident(self) -> list[ResidentModel]:
        """Return nothing: there are no weights."""
        return []

    def free(self) -> None:
        """Do nothing: nothing is kept between jobs."""

"""The engine: a picture in, a larger one out. Imports no neural library."""

from __future__ import annotations

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import Request, Upscale, refused

SHARP = "lanczos_sharp"  # the id of the model that sharpens


class LanczosEngine:
    """Makes pictures larger by resampling."""

    id = "lanczos_upscale"
    requests: tuple[type[Request], ...] = (Upscale,)

    def preload(self) -> None:
        """Import what the first job needs."""
        import plugins.lanczos_upscale.resampling  # noqa: F401

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Enlarge one picture.

        Raises:
            InvalidRequest: it is a request of another kind.
        """
        if not isinstance(request, Upscale):
            raise refused("Lanczos makes pictures larger, nothing else.")
        from plugins.lanczos_upscale.resampling import enlarged, sharpened

        if request.count > 1:
            run.remark("Resampling gives the same picture each time: one was made.")

        def report(done: int, of: int) -> None:
            run.check_cancelled()
            run.progress(done, of, "Resampling")

        picture = enlarged(run.input(request.picture), request.scale, report)
        if request.model.id == SHARP:
            run.check_cancelled()
            picture = sharpened(picture, request.scale)
        run.check_cancelled()
        run.picture(picture if picture.mode != "L" else picture.convert("RGB"), seed=request.seed)
        return RunReport(plan=plan)

    def device(self) -> tuple[DeviceInfo, int] | None:
        """Return None: no device is held."""
        return None

    def resident(self) -> list[ResidentModel]:
        """Return nothing: there are no weights."""
        return []

    def free(self) -> None:
        """Do nothing: nothing is kept between jobs."""

"""The engine for upscaling; its network and arithmetic are imported when its first job comes."""

from __future__ import annotations

import logging

import msgspec

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import Request, Upscale
from studio.core.errors import InvalidRequest, OutOfMemory
from studio.engines.devices import (
    PeakMemory,
    device_info,
    release_cached_memory,
    resident_set,
    used_bytes,
)
from studio.engines.residency import Residency

_log = logging.getLogger(__name__)

SMALLEST_TILE = 160  # px; what spans() needs


class UpscaleEngine:
    """Enlarges one picture tile by tile with the network that the plan names.

    A network of another scale is applied until its result is large enough, and that is brought to
    the exact size with Lanczos resampling. If memory runs out, tiles of half the side are tried.
    """

    id = "image.upscale"
    requests: tuple[type[Request], ...] = (Upscale,)

    def __init__(self, residency: Residency | None = None) -> None:
        self.residency = residency or Residency()

    def preload(self) -> None:
        """Import torch and spandrel."""
        import spandrel  # noqa: F401

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Enlarge one picture; its alpha is resampled with Lanczos' kernel.

        Raises:
            InvalidRequest: it is a request of another kind.
            ModelProblem: the file's network is unknown, or no upscaler; DamagedModel: it is broken.
            OutOfMemory: even the smallest tiles did not fit.
        """
        if not isinstance(request, Upscale) or plan is None:
            raise InvalidRequest("Upscaling takes a request to upscale and a plan.")
        self.preload()
        from studio.engines.image.loading import is_out_of_memory
        from studio.engines.image.upscale import Upscaler

        if request.count > 1:
            run.remark("An upscaler gives the same picture each time: one was made.")
        source = run.input(request.picture)
        peak = PeakMemory(plan.device, resident_set())
        while True:
            try:
                with self.residency.hold(plan, run, Upscaler.load) as upscaler:
                    made = upscaler.enlarged(source, request.scale, plan.native_side, run)
                break
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                _log.warning("out of memory with tiles of %d px: %s", plan.native_side, error)
            # After the handler: the exception's traceback kept the run's tensors alive.
            plan = _smaller_tiles(plan)
        peak.sample()
        run.picture(made, seed=request.seed)
        return RunReport(peak_bytes=peak.peak_bytes(), plan=plan)

    def device(self) -> tuple[DeviceInfo, int]:
        """Return the device that pictures are enlarged on, and the bytes in use there."""
        device = device_info()
        return device, used_bytes(device)

    def resident(self) -> list[ResidentModel]:
        """Return nothing: the residency is shared, and its other engine tells of it."""
        return []

    def free(self) -> None:
        """Let go of every model that no run holds."""
        self.residency.free()


def _smaller_tiles(plan: LoadPlan) -> LoadPlan:
    release_cached_memory(plan.device)
    if plan.native_side <= SMALLEST_TILE:
        raise OutOfMemory(
            f"{plan.title} does not fit in memory, even in small tiles.",
            "Choose a smaller picture or upscaler, or close other programs.",
        )
    side = max(SMALLEST_TILE, plan.native_side // 2)
    reason = f"Memory ran out, so the tiles are now {side} px."
    return msgspec.structs.replace(plan, native_side=side, reason=reason)

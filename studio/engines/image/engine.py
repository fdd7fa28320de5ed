"""Pictures: runs any diffusers pipeline that makes pictures from words or from pictures."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import (
    Colorize,
    ImageToImage,
    Inpaint,
    PictureRequest,
    Request,
    TextToImage,
    Uncrop,
)
from studio.core.errors import InvalidRequest, OutOfMemory
from studio.engines.devices import (
    PeakMemory,
    device_info,
    release_cached_memory,
    resident_set,
    used_bytes,
)
from studio.engines.residency import Residency

if TYPE_CHECKING:
    from studio.engines.image.loaded_pipeline import LoadedPipeline

_log = logging.getLogger(__name__)


class PictureEngine:
    """Makes pictures with the model that the plan names.

    Running out of memory is answered, not reported: the run goes on one rung further down the
    plan's ladder, from the first picture that is not finished. A decode that runs out keeps its
    latents (see ``DecodeGuard``); the denoising starts over, as its first step needs as much memory
    as its last and is where it runs out.
    """

    id = "image.pictures"
    requests: tuple[type[Request], ...] = (
        TextToImage,
        ImageToImage,
        Inpaint,
        Uncrop,
        Colorize,
    )

    def __init__(self, residency: Residency | None = None) -> None:
        self.residency = residency or Residency()
        self._baseline_bytes = 0

    def preload(self) -> None:
        """Import torch, diffusers and the Stable Diffusion classes, which most models share."""
        from studio.engines.image.loading import import_quietly

        import_quietly()
        from diffusers import StableDiffusionPipeline  # noqa: F401
        from transformers import CLIPTextModel, CLIPTokenizer  # noqa: F401

        from studio.engines.image import loaded_pipeline  # noqa: F401

        self._baseline_bytes = self._baseline_bytes or resident_set()

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Make the pictures of one request.

        Raises:
            InvalidRequest: the model cannot do what the request asks.
            ModelProblem: the model's files are at fault.
            OutOfMemory: even the last rung of the ladder did not fit.
        """
        if not isinstance(request, PictureRequest) or plan is None:
            raise InvalidRequest("Making pictures takes a request for pictures and a plan.")
        self.preload()
        from studio.engines.image.generation import Generation
        from studio.engines.image.loading import is_out_of_memory

        generation = Generation(request, run)
        peak = PeakMemory(plan.device, self._baseline_bytes + self._others_bytes(plan))
        while True:
            try:
                with self.residency.hold(plan, run, _load) as loaded:
                    generation.make_pictures(loaded, plan, peak)
                break
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                _log.warning("out of memory with placement %s: %s", plan.placement, error)
            # After the handler: the exception's traceback kept the run's tensors alive.
            plan = self._one_rung_down(plan)
        return RunReport(peak_bytes=peak.peak_bytes(), plan=_with_remarks(plan, generation.remarks))

    def device(self) -> tuple[DeviceInfo, int]:
        """Return the device that pictures are made on, and the bytes in use there."""
        device = device_info()
        return device, used_bytes(device)

    def resident(self) -> list[ResidentModel]:
        """Return what is in memory, most recently used first."""
        return self.residency.resident()

    def free(self) -> None:
        """Let go of every model that no run holds."""
        self.residency.free()

    def _others_bytes(self, plan: LoadPlan) -> int:
        """Return the bytes of the models in memory that this run does not use."""
        return self.residency.bytes_beside(plan.model)

    def _one_rung_down(self, plan: LoadPlan) -> LoadPlan:
        # On the CPU the second rung is the last: layers are no smaller unit there.
        last = plan.device == "cpu" and plan.placement != "whole"
        placement = None if last else plan.next_rung()
        self.residency.drop(plan)
        release_cached_memory(plan.device)
        if placement is None:
            raise OutOfMemory(
                f"{plan.title} does not fit in memory, even in parts.",
                "Choose a smaller size or a smaller model, or close other programs.",
            )
        words = {
            "component_offload": "one component at a time",
            "group_offload": "one layer at a time",
            "whole": "whole",
        }
        reason = f"Memory ran out, so the model is now kept {words[placement]}."
        return msgspec.structs.replace(plan, placement=placement, reason=reason)


def _load(plan: LoadPlan, run: Run) -> LoadedPipeline:
    from studio.engines.image.loaded_pipeline import LoadedPipeline

    return LoadedPipeline.load(plan, run)


def _with_remarks(plan: LoadPlan, remarks: list[str]) -> LoadPlan:
    if not remarks:
        return plan
    from studio.engines.image.decoding import IN_TILES

    text = "; ".join(dict.fromkeys(remarks))
    return msgspec.structs.replace(
        plan,
        reason=f"{plan.reason} {text[:1].upper()}{text[1:]}.".strip(),
        tiled_decode=plan.tiled_decode or IN_TILES in remarks,
    )

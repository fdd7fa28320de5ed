"""One request for pictures on its way through a loaded pipeline."""

from __future__ import annotations

import logging
from typing import Any

from PIL import Image

from studio.api.engines import Run
from studio.api.plans import LoadPlan
from studio.api.requests import (
    Colorize,
    ImageToImage,
    Inpaint,
    PictureRequest,
    RefinerUse,
    Request,
    TextToImage,
    Uncrop,
)
from studio.core.errors import InvalidRequest
from studio.engines.devices import PeakMemory
from studio.engines.image.colorize import Colorized
from studio.engines.image.fill import Continued, Filled
from studio.engines.image.from_words import FromWords
from studio.engines.image.loaded_pipeline import LoadedPipeline
from studio.engines.image.making import PictureMaker
from studio.engines.image.restyle import Restyled

_log = logging.getLogger(__name__)

# What makes the pictures of each kind of request.
MAKERS: dict[type[Request], type[PictureMaker]] = {
    TextToImage: FromWords,
    ImageToImage: Restyled,
    Inpaint: Filled,
    Uncrop: Continued,
    Colorize: Colorized,
}


class Generation:
    """Makes the pictures of a request one by one, and remembers which are done.

    It outlives a change of placement: ``make_pictures`` can be called again with another loaded
    model and goes on with the first picture that is missing.
    """

    def __init__(self, request: PictureRequest, run: Run) -> None:
        self._request = request
        self._run = run
        self._done = 0
        self.remarks: list[str] = []

    def make_pictures(self, loaded: LoadedPipeline, plan: LoadPlan, peak: PeakMemory) -> None:
        """Make every picture that is not done yet and hand it over.

        Picture ``i`` comes from ``torch.Generator("cpu").manual_seed((seed + i) % 2**32)`` and is a
        pipeline call of its own, so any one of them can be made again alone.
        """
        request, run = self._request, self._run
        refiner = self._refiner(loaded, plan)
        with loaded.running(plan, run):
            loaded.encodings.adapters = loaded.loras.apply(getattr(request, "loras", ()))
            for index in range(self._done, request.count):
                seed = (request.seed + index) % 2**32
                loaded.bring_back()
                steps = StepReports(request, run, loaded, peak, index)
                kind = MAKERS[type(request)]
                maker = kind(request, run, loaded, steps, seed, plan.native_side)
                if isinstance(maker, FromWords):
                    maker.refiner = refiner
                made = maker.make()
                for guard in loaded.guards():
                    self.remarks += guard.remarks
                peak.sample()
                run.picture(made.picture, seed=seed, index=index, layers=made.layers)
                self._done = index + 1

    def _refiner(self, loaded: LoadedPipeline, plan: LoadPlan) -> Any:
        use: RefinerUse | None = getattr(self._request, "refiner", None)
        if use is None:
            return None
        if not plan.companions:
            raise InvalidRequest(
                "The refiner of this request is not part of its plan.", "Choose the refiner again."
            )
        return loaded.ensure_refiner(plan.companions[0], self._run)


class StepReports:
    """Turns step callbacks into progress and previews; one a picture.

    ``size`` is that of the picture (px) on which the pipeline works now.
    """

    def __init__(
        self,
        request: Any,
        run: Run,
        loaded: LoadedPipeline,
        peak: PeakMemory,
        index: int,
    ) -> None:
        self._request = request
        self.size: tuple[int, int] = request.size
        self._run = run
        self._loaded = loaded
        self._peak = peak
        self._index = index
        self._first = 0
        self._share = request.steps
        self._phase = "denoising"
        for guard in loaded.guards():
            guard.on_decode = self.decoding

    def part(self, first: int, share: int, phase: str) -> None:
        """Say that the next pipeline call does ``share`` steps, from step ``first`` on."""
        self._first, self._share, self._phase = first, share, phase
        self._report(first)

    def decoding(self) -> None:
        """Report that the last step is done and the decoder begins."""
        self._phase = "decoding"
        self._report(self._request.steps)
        self._run.check_cancelled()

    def __call__(self, pipeline: Any, step: int, timestep: Any, tensors: Any) -> dict[str, Any]:
        """Answer ``callback_on_step_end``; changes nothing, raises when the job is cancelled."""
        self._run.check_cancelled()
        # Second-order samplers call back twice a step, so count in shares of what they do.
        total = max(int(getattr(pipeline, "num_timesteps", 0) or self._share), 1)
        self._report(self._first + round(self._share * min(step + 1, total) / total))
        self._peak.sample()
        if "latents" in tensors and self._run.wants_preview():
            picture = self._preview(tensors["latents"])
            if picture is not None:
                self._run.preview(picture, self._index)
        return {}

    def _preview(self, latents: Any) -> Image.Image | None:
        try:
            return self._loaded.preview.picture(latents, *self.size)
        except (RuntimeError, ValueError, TypeError) as error:
            # A preview is never worth a failed picture.
            _log.warning("no preview: %s", error)
            return None

    def _report(self, step: int) -> None:
        done = self._index * self._request.steps + step
        self._run.progress(done, self._request.count * self._request.steps, self._phase)

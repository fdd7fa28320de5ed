"""Pictures from words, with SDXL's refiner where the request names one."""

from __future__ import annotations

from typing import Any

from studio.core.errors import InvalidRequest
from studio.engines.image.making import Made, PictureMaker, first_picture, parameters_of


class FromWords(PictureMaker):
    """Makes the picture of a ``TextToImage``."""

    refiner: Any = None

    def make(self) -> Made:
        """Return the finished picture (RGB)."""
        pipeline = self._loaded.pipeline
        self._check_size(int(getattr(pipeline, "vae_scale_factor", 8)))
        arguments = self.arguments(pipeline)
        if self.refiner is None:
            self._steps.part(0, self._request.steps, "denoising")
            return Made(first_picture(self.called(pipeline, arguments)))
        return self._make_with_refiner(pipeline, arguments)

    def _check_size(self, step: int) -> None:
        """Refuse a size that the pipeline would round silently.

        Raises:
            InvalidRequest: a side is not a multiple of ``step`` px, the VAE's factor.
        """
        width, height = self._request.size
        if width % step or height % step:
            near = " x ".join(str(max(step, round(side / step) * step)) for side in (width, height))
            raise InvalidRequest(
                f"This model cannot make pictures of {width} x {height}.",
                f"Choose a width and a height in steps of {step}, such as {near}.",
            )

    def _make_with_refiner(self, pipeline: Any, arguments: dict[str, Any]) -> Made:
        """SDXL's ensemble of experts: the base does the first steps, the refiner the rest."""
        request = self._request
        assert request.refiner is not None
        switch = request.refiner.switch_at
        if "denoising_end" not in parameters_of(pipeline) or "denoising_start" not in parameters_of(
            self.refiner
        ):
            raise InvalidRequest(
                "This model does not work with a refiner.", "Remove the refiner and try again."
            )
        by_base = round(request.steps * switch)
        self._steps.part(0, by_base, "denoising")
        arguments |= {"denoising_end": switch, "output_type": "latent"}
        latents = self.called(pipeline, arguments).images
        refining = self.arguments(self.refiner) | {
            "image": latents,
            "denoising_start": switch,
            "generator": arguments["generator"],
        }
        for name in ("width", "height"):
            refining.pop(name, None)
        self._steps.part(by_base, request.steps - by_base, "refining")
        return Made(first_picture(self.called(self.refiner, refining)))

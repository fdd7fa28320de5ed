"""Colours from any image-to-image model: its chroma, with the luminance of the picture itself."""

from __future__ import annotations

import numpy as np
from PIL import Image

from studio.api.colouring.propagation import Propagator
from studio.api.luminance import luma, with_luminance_of
from studio.api.requests import Colorize
from studio.engines.image.making import Made
from studio.engines.image.restyle import Restyled, check_steps, opaque

# How much the model makes anew. Shapes need not survive exactly, their luminance is the picture's;
# below this most models leave a grey picture grey.
_STRENGTH = 0.8


class Colorized(Restyled):
    """Makes the picture of a ``Colorize``: hints are spread first, and the model goes on from that.

    A palette picture is for the engines without weights; models read colours from the words.
    """

    _request: Colorize  # type: ignore[assignment]

    def make(self) -> Made:
        """Return the picture in colours; luminance and alpha are those it had."""
        request = self._request
        check_steps(request.steps, _STRENGTH)
        source = self._run.input(request.picture)
        start = _grey(source)
        if request.hints is not None:
            propagator = Propagator()
            propagator.set_picture(start, check=self._run.check_cancelled)
            start = propagator.update(self._run.input(request.hints))
        painted = self.restyled(start, _STRENGTH)
        return Made(with_luminance_of(source, painted, request.strength))


def _grey(source: Image.Image) -> Image.Image:
    """Return the luminance of a picture as RGB."""
    light = np.rint(luma(np.asarray(opaque(source)))).astype(np.uint8)
    return Image.fromarray(light).convert("RGB")

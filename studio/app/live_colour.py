"""Colours that follow the brush: hint layers spread over the picture, again at every stroke."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from studio.app.canvas_inputs import SomeLayers, hint_layers, picture_layers

if TYPE_CHECKING:
    from PIL import Image

    from studio.api.colouring.propagation import Propagator
    from studio.document import ImageSnapshot

MOST_PIXELS = 6_000_000  # beyond that an answer would come too late to be called live


class LiveColour:
    """Keeps what it knows of the picture, so that a stroke costs only the spreading.

    One thread at a time may use it; it needs no worker and no weights.
    """

    def __init__(self) -> None:
        self._propagator: Propagator | None = None
        self._known: Any = None

    def looks(self, snapshot: ImageSnapshot) -> Iterator[Image.Image]:
        """Yield the coloured picture (RGB or RGBA), first a coarse look; nothing without hints."""
        from studio.api.colouring.propagation import Propagator

        hints = hint_layers(snapshot.layers)
        drawn = picture_layers(snapshot.layers)
        if not any(snapshot.occupied(layer.id) for layer in hints):
            return
        if not drawn or snapshot.width * snapshot.height > MOST_PIXELS:
            return
        known = (snapshot.width, snapshot.height, drawn, snapshot.content(drawn))
        if self._propagator is None or known != self._known:
            self._propagator = Propagator()
            self._propagator.set_picture(_flat(SomeLayers(snapshot, drawn)))
            self._known = known
        for step in self._propagator.steps(_flat(SomeLayers(snapshot, hints))):
            yield step.picture


def _flat(picture: SomeLayers) -> Image.Image:
    from PIL import Image as pillow

    from studio.app.flatten import flatten

    size = (picture.width, picture.height)
    return pillow.frombuffer("RGBA", size, flatten(picture), "raw", "RGBA", 0, 1)

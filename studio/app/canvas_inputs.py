"""The canvas as input of a generation: flattened, with its mask and its colour hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from studio.api.requests import PictureRef
from studio.app.inputs import store_input, store_pixels
from studio.core.errors import InvalidRequest
from studio.document import ImageDocument, Layer, LayeredPicture, TileKey

if TYPE_CHECKING:
    from PIL import Image


class SomeLayers:
    """A picture of which only some layers are taken; the others are as if they were hidden."""

    def __init__(self, picture: LayeredPicture, layers: Sequence[Layer]) -> None:
        self.width, self.height = picture.width, picture.height
        self.layers = tuple(layers)
        self._picture = picture

    def occupied(self, layer_id: str) -> frozenset[TileKey]:
        """Return where a layer has tiles."""
        return self._picture.occupied(layer_id)

    def tile(self, layer_id: str, key: TileKey) -> bytes | None:
        """Return 256 x 256 px of premultiplied RGBA; None where it is empty."""
        return self._picture.tile(layer_id, key)


def picture_layers(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers that the picture consists of."""
    return tuple(layer for layer in layers if layer.purpose != "colour_hints")


def hint_layers(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the visible layers of colour hints, as hints are read: opaque and unblended."""
    return tuple(
        msgspec.structs.replace(layer, opacity=1.0, blend_mode="normal")
        for layer in layers
        if layer.purpose == "colour_hints" and layer.visible
    )


def canvas_inputs(
    document: ImageDocument, *, mask: bool = False, hints: bool = False
) -> Callable[[], dict[str, PictureRef | None]]:
    """Return the work that makes the inputs of the canvas as it is now, for any thread.

    Its result names the fields of a request: "picture", and "mask" or "hints" where asked for.
    Hidden layers take no part. Layers of colour hints are not part of the picture.
    """
    snapshot = document.snapshot()
    drawn, hinting = picture_layers(snapshot.layers), hint_layers(snapshot.layers)

    def work() -> dict[str, PictureRef | None]:
        from studio.app.flatten import flatten

        size = (snapshot.width, snapshot.height)
        pixels = flatten(SomeLayers(snapshot, drawn))
        if not any(pixels[3::4]):
            raise InvalidRequest(
                "There is nothing to be seen on the canvas.", "Show a layer with a picture first."
            )
        result: dict[str, PictureRef | None] = {"picture": store_pixels(pixels, *size)}
        selected = snapshot.selection.mask(*size) if mask else None
        if selected is not None:
            result["mask"] = store_input(_grey(selected.tobytes(), *size))
        if hints:
            painted = flatten(SomeLayers(snapshot, hinting)) if hinting else b""
            result["hints"] = store_input(_rgba(painted, *size)) if any(painted[3::4]) else None
        return result

    return work


def _grey(data: bytes, width: int, height: int) -> Image.Image:
    from PIL import Image as pillow

    return pillow.frombuffer("L", (width, height), data, "raw", "L", 0, 1)


def _rgba(data: bytes, width: int, height: int) -> Image.Image:
    from PIL import Image as pillow

    return pillow.frombuffer("RGBA", (width, height), data, "raw", "RGBA", 0, 1)

"""Layers, candidates and running jobs for the canvas tests, made as the studio makes them."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from PIL import Image

from studio.api.artifacts import ImageArtifact
from studio.api.requests import ModelRef, TextToImage
from studio.app.live import LiveJob
from studio.app.studio import Studio
from studio.core.ids import new_id
from studio.core.paths import scratch_dir
from studio.document import AddLayer, ImageDocument, Layer, premultiply, split_into_tiles

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


class Maker:
    """Puts layers on the canvas and candidates into the strip as the studio does."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    @property
    def document(self) -> ImageDocument:
        return self.studio.project.image

    def layer(self, pixels: Pixels, **properties: Any) -> Layer:
        """Add straight RGBA pixels as the topmost layer."""
        return add_layer(self.document, pixels, **properties)

    def request(self, prompt: str = "a red mushroom", **changes: Any) -> TextToImage:
        known = {"width": 64, "height": 64, "steps": 30, "seed": 41720}
        return TextToImage(model=ModelRef(id="thumbnail"), prompt=prompt, **(known | changes))

    def candidate(
        self, colour: tuple[int, int, int] = (200, 40, 40), size: int = 64, history_id: str = ""
    ) -> tuple[str, int]:
        """Add a finished, undecided picture of one colour and return what names it."""
        history = self.studio.project.history
        item_id = history_id or new_id()
        if not history_id:
            history.add(item_id, self.request(width=size, height=size), model_title="Starter")
        index = len(history.get(item_id).outputs)
        history.add_output(item_id, artifact(colour, size, index))
        history.update(item_id, status="done", seconds=9.1)
        return item_id, index

    def live(self, **changes: Any) -> str:
        """Show a running job, as its events would."""
        job_id = new_id()
        self.studio.project.history.add(job_id, self.request(), model_title="Starter")
        self.studio.live[job_id] = LiveJob(
            job_id=job_id, title="a red mushroom", width=64, height=64
        )
        self.advance(job_id, **changes)
        return job_id

    def advance(self, job_id: str, **changes: Any) -> None:
        """Tell a new state of a running job."""
        self.studio.live[job_id] = msgspec.structs.replace(self.studio.live[job_id], **changes)
        self.studio.live_changed.emit(job_id)

    def finish(self, job_id: str) -> None:
        """End a running job."""
        del self.studio.live[job_id]
        self.studio.live_changed.emit(job_id)


def add_layer(document: ImageDocument, pixels: Pixels, **properties: Any) -> Layer:
    """Add straight RGBA pixels as the topmost layer of a document."""
    height, width = pixels.shape[:2]
    tiles = split_into_tiles(premultiply(pixels).tobytes(), width, height)
    layer = Layer(id=new_id(), **({"name": f"Layer {len(document.layers) + 1}"} | properties))
    document.apply(AddLayer(layer=layer, tiles=tiles))
    return layer


def plain(colour: tuple[int, int, int, int], width: int = 64, height: int = 64) -> Pixels:
    """Return a picture of one straight RGBA colour."""
    return np.full((height, width, 4), colour, np.uint8)


def jpeg(colour: tuple[int, int, int], size: int = 64) -> bytes:
    """Return a JPEG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "JPEG", quality=95)
    return file.getvalue()


def artifact(colour: tuple[int, int, int], size: int, index: int) -> ImageArtifact:
    """Write a PNG of one colour into the scratch folder, as a worker does."""
    path = scratch_dir() / f"{new_id()}.png"
    Image.new("RGB", (size, size), colour).save(path)
    data = path.read_bytes()
    return ImageArtifact(
        path=str(path),
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="image/png",
        size_bytes=len(data),
        width=size,
        height=size,
        seed=41720 + index,
        index=index,
        thumbnail=jpeg(colour, size),
    )

"""One job as its engine sees it: turns what the engine reports into events."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from studio.api.artifacts import ImageArtifact
from studio.api.engines import INPUTS_FOLDER, PictureLayer
from studio.api.events import (
    PREVIEW_MAX_SIDE,
    Answer,
    Loading,
    Output,
    Preview,
    Progress,
    Remark,
    Started,
    TextToken,
    Tokens,
)
from studio.api.picture_layers import CHUNK, LayerHeader, layer_chunk
from studio.api.plans import LoadPlan
from studio.api.recipe import Recipe, png_text_chunks
from studio.api.requests import PictureRef, Request
from studio.core.errors import ImageProblem, JobCancelled, storage_problem
from studio.worker.link import Link

if TYPE_CHECKING:
    from PIL import Image

# Tokens that come faster than the eye reads travel together.
TOKENS_INTERVAL_SECONDS = 0.04
THUMBNAIL_MAX_SIDE = 256
PREVIEW_INTERVAL_SECONDS = 0.2
# Previews may take this share of the time that the run has taken so far.
PREVIEW_SHARE = 0.015
# PNG compression: on 1024 x 1024 pictures level 2 takes about a third of the default's time.
PNG_COMPRESSION = 2


class JobRun:
    """Implements ``studio.api.engines.Run`` over the link. One object a job."""

    def __init__(
        self,
        link: Link,
        job_id: str,
        request: Request,
        plan: LoadPlan | None,
        scratch: Path,
    ) -> None:
        self.job_id = job_id
        self.scratch = scratch
        self._link = link
        self._request = request
        self._plan = plan
        self._cancelled = threading.Event()
        self._began = time.monotonic()
        self._first_step_at: float | None = None
        self._first_step = 0
        self._last_preview = 0.0
        self._preview_seconds = 0.0
        self._preview_asked: float | None = None
        self._started = False
        self._tokens: list[TextToken] = []
        self._tokens_sent = 0.0

    def cancel(self) -> None:
        """Called by the reader thread when the artist cancels."""
        self._cancelled.set()

    @property
    def seconds(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self._began

    def check_cancelled(self) -> None:
        """Raise ``JobCancelled`` if the artist stopped the job."""
        if self._cancelled.is_set():
            self._send_tokens()
            raise JobCancelled

    def input(self, picture: PictureRef) -> Image.Image:
        """Read an input picture from the scratch folder and check that it is the one meant."""
        from PIL import Image as pillow

        path = self.scratch / INPUTS_FOLDER / f"{picture.sha256}.png"
        try:
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != picture.sha256:
                raise ValueError("its content is not the one announced")
            image = pillow.open(io.BytesIO(data), formats=("PNG",))
            image.load()
        except (OSError, ValueError) as error:
            raise ImageProblem(
                "The picture that this starts from cannot be read.",
                "Start it again from the canvas or from the file.",
            ) from error
        return image

    def loading(self, fraction: float, what: str) -> None:
        """Report loaded weights."""
        self.check_cancelled()
        self._link.send(Loading(job_id=self.job_id, fraction=fraction, what=what))

    def started(self, plan: LoadPlan | None) -> None:
        """Report the plan that the engine works with; later calls replace it."""
        self._plan = plan
        self._link.send(Started(job_id=self.job_id, plan=plan))

    def progress(self, step: int, steps: int, phase: str = "") -> None:
        """Report steps; the time left is the mean step time so far, the first step left out."""
        self.check_cancelled()
        now = time.monotonic()
        if self._first_step_at is None or step < self._first_step:
            self._first_step_at, self._first_step = now, step
        done = step - self._first_step
        per_step = (now - self._first_step_at) / done if done else now - self._began
        self._link.send(
            Progress(
                job_id=self.job_id,
                step=step,
                steps=steps,
                eta_seconds=max(0.0, per_step * (steps - step)),
                phase=phase,
            )
        )

    def wants_preview(self) -> bool:
        """At most five previews a second and 1.5 % of the time."""
        # What an engine does from here on to make the small picture counts too.
        now = self._preview_asked = time.monotonic()
        return (
            now - self._last_preview >= PREVIEW_INTERVAL_SECONDS
            and self._preview_seconds <= PREVIEW_SHARE * (now - self._began)
        )

    def preview(self, picture: Image.Image, index: int = 0) -> None:
        """Send a small JPEG."""
        began = self._preview_asked or time.monotonic()
        self._preview_asked = None
        jpeg = _jpeg(picture, PREVIEW_MAX_SIDE, quality=80)
        self._link.send(Preview(job_id=self.job_id, jpeg=jpeg, index=index))
        self._last_preview = time.monotonic()
        self._preview_seconds += self._last_preview - began

    def remark(self, text: str) -> None:
        """Tell the artist one sentence."""
        self._link.send(Remark(job_id=self.job_id, text=text))

    def tokens(self, tokens: Sequence[TextToken]) -> None:
        """Collect tokens; every 40 ms what has come is sent."""
        self._tokens += tokens
        if time.monotonic() - self._tokens_sent >= TOKENS_INTERVAL_SECONDS:
            self._send_tokens()

    def answer(self, answer: Answer) -> None:
        """Send the rest of the tokens and the answer."""
        self._send_tokens()
        self._link.send(answer)

    def _send_tokens(self) -> None:
        if self._tokens:
            self._link.send(Tokens(job_id=self.job_id, tokens=tuple(self._tokens)))
            self._tokens = []
            self._tokens_sent = time.monotonic()

    def picture(
        self,
        picture: Image.Image,
        *,
        seed: int,
        index: int = 0,
        layers: Sequence[PictureLayer] = (),
    ) -> None:
        """Write the picture with its recipe and layers into the scratch folder and report it.

        Raises:
            StorageProblem: the scratch folder is read-only or its disk is full.
        """
        data = self._png(picture, seed, index, layers)
        digest = hashlib.sha256(data).hexdigest()
        path = self.scratch / f"{self.job_id}-{index}.png"
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise storage_problem(error, path) from error
        artifact = ImageArtifact(
            path=str(path),
            sha256=digest,
            media_type="image/png",
            size_bytes=len(data),
            width=picture.width,
            height=picture.height,
            seed=seed,
            index=index,
            thumbnail=_jpeg(picture, THUMBNAIL_MAX_SIDE, quality=85),
        )
        self._link.send(Output(job_id=self.job_id, artifact=artifact))

    def _png(
        self, picture: Image.Image, seed: int, index: int, layers: Sequence[PictureLayer]
    ) -> bytes:
        from PIL.PngImagePlugin import PngInfo

        recipe = Recipe(
            request=self._request,
            model_title=self._plan.title if self._plan else "",
            model_sha=self._plan.model.revision if self._plan else "",
            seed=seed,
            index=index,
        )
        info = PngInfo()
        for key, text in png_text_chunks(recipe).items():
            info.add_itxt(key, text) if not text.isascii() else info.add_text(key, text)
        for layer in layers:
            content = io.BytesIO()
            layer.picture.save(content, "PNG", compress_level=PNG_COMPRESSION)
            header = LayerHeader(name=layer.name[:200], x=layer.x, y=layer.y)
            info.add(CHUNK, layer_chunk(header, content.getvalue()), after_idat=True)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", pnginfo=info, compress_level=PNG_COMPRESSION)
        return buffer.getvalue()


def _jpeg(picture: Image.Image, max_side: int, *, quality: int) -> bytes:
    """Return ``picture`` as a JPEG of at most ``max_side`` px, transparency over mid grey."""
    from PIL import Image as pillow

    small = picture.copy()
    small.thumbnail((max_side, max_side), pillow.Resampling.BILINEAR)
    if small.mode != "RGB":
        backdrop = pillow.new("RGB", small.size, (128, 128, 128))
        backdrop.paste(small, mask=small.convert("RGBA").getchannel("A"))
        small = backdrop
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()

"""The Engine protocol: how a worker drives whatever makes pictures, films, music or words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import msgspec

from studio.api.events import Answer, TextToken
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import PictureRef, Request

if TYPE_CHECKING:
    from PIL import Image

INPUTS_FOLDER = "inputs"  # in the scratch folder: the pictures that requests start from


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run measured: the device's peak bytes, and the plan it ended with."""

    peak_bytes: int = 0
    plan: LoadPlan | None = None


class PictureLayer(Protocol):
    """One layer of a picture: RGBA, its top left corner at x, y (px) of the whole."""

    @property
    def name(self) -> str:
        """What it shows."""

    @property
    def picture(self) -> Image.Image:
        """Its pixels."""

    @property
    def x(self) -> int:
        """Left edge."""

    @property
    def y(self) -> int:
        """Upper edge."""


class Run(Protocol):
    """One job as its engine sees it: how to report, and how to learn that it was cancelled."""

    job_id: str
    scratch: Path

    def check_cancelled(self) -> None:
        """Raise ``JobCancelled`` if the artist stopped the job. Cheap: call it often."""

    def input(self, picture: PictureRef) -> Image.Image:
        """Return the pixels of a picture that the request names (mode L, RGB or RGBA).

        Raises:
            ImageProblem: its file is gone or is not the picture that was meant.
        """

    def loading(self, fraction: float, what: str) -> None:
        """Report that ``fraction`` (0 .. 1) of the weights is there; ``what`` names the part."""

    def started(self, plan: LoadPlan | None) -> None:
        """Report that another plan than the submitted one is used from here on."""

    def progress(self, step: int, steps: int, phase: str = "") -> None:
        """Report that ``step`` of ``steps`` are done; the time left is worked out from it."""

    def wants_preview(self) -> bool:
        """Return True when enough time has passed since the last preview (at most 5 a second)."""

    def preview(self, picture: Image.Image, index: int = 0) -> None:
        """Show ``picture`` (RGB) as it looks now; it is scaled to 512 px and sent as a JPEG."""

    def remark(self, text: str) -> None:
        """Tell the artist one sentence about this job."""

    def tokens(self, tokens: Sequence[TextToken]) -> None:
        """Pass on the next tokens of an answer; they are sent in batches."""

    def answer(self, answer: Answer) -> None:
        """Hand over a finished answer, once, after its last token; ``job_id`` is this job's."""

    def picture(
        self,
        picture: Image.Image,
        *,
        seed: int,
        index: int = 0,
        layers: Sequence[PictureLayer] = (),
    ) -> None:
        """Hand over a finished picture (RGB or RGBA); it is written with its recipe.

        ``layers``, bottom first, give the same picture when laid over each other.
        """


@runtime_checkable
class Engine(Protocol):
    """Turns requests of some kinds into artifacts. Lives in a worker process only."""

    id: str
    requests: tuple[type[Request], ...]

    def preload(self) -> None:
        """Import what the engine needs, so that the first job need not wait for it."""

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Do one job.

        Raises:
            JobCancelled: from ``run.check_cancelled``, passed through.
            StudioError: what the artist can act on. Anything else is a bug and is logged.
        """

    def device(self) -> tuple[DeviceInfo, int] | None:
        """Return the device and how many of its bytes this process uses; None without one."""

    def resident(self) -> list[ResidentModel]:
        """Return what the engine holds in memory now, most recently used first."""

    def free(self) -> None:
        """Let go of everything that is held in memory."""

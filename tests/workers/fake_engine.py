"""An engine for queue and window tests only: does what the words of the prompt say.

It runs in a real worker process. Words: ``slow`` (steps of 50 ms), ``stuck`` (does not look at
cancel), ``crash`` (the process kills itself), ``exit``, ``garbage`` (writes nonsense into the
pipe), ``error`` (raises), ``known`` (raises a StudioError), ``memory`` (MemoryError), ``busy``
(burns every core while it works), ``environment`` (logs some variables). A picture given to it
comes back as its negative.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection

from PIL import Image, ImageOps

from studio.api.engines import Run, RunReport
from studio.api.plans import DeviceInfo, LoadPlan, ResidentModel
from studio.api.requests import ImageToImage, Request, TextToImage
from studio.core.errors import InvalidRequest

TOTAL = 8 * 2**30
SHOWN = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")

log = logging.getLogger(__name__)


class FakeEngine:
    """Paints a flat colour that depends on prompt and seed alone."""

    id = "fake"
    requests: tuple[type[Request], ...] = (TextToImage, ImageToImage)

    def __init__(self) -> None:
        self._resident: list[ResidentModel] = []

    def preload(self) -> None:
        """Nothing to import."""

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Act as the prompt says."""
        assert isinstance(request, (TextToImage, ImageToImage))
        words = set(request.prompt.split())
        run.loading(0.5, "weights")
        _misbehave(words)
        for index in range(request.count):
            seed = (request.seed + index) % 2**32
            if isinstance(request, ImageToImage):
                picture = ImageOps.invert(run.input(request.picture).convert("RGB"))
            else:
                picture = _picture(request, seed)
            for step in range(1, request.steps + 1):
                self._work(words, run)
                run.progress(index * request.steps + step, request.count * request.steps)
                if run.wants_preview():
                    run.preview(picture, index)
            run.picture(picture, seed=seed, index=index)
        if plan is not None:
            self._resident = [_resident(plan)]
        return RunReport(peak_bytes=123_456_789)

    def _work(self, words: set[str], run: Run) -> None:
        if "stuck" in words:
            time.sleep(30)
        if "busy" in words:
            end = time.monotonic() + 0.05
            while time.monotonic() < end:
                hashlib.sha256(b"x" * 100_000).digest()
        if "slow" in words:
            time.sleep(0.05)
        run.check_cancelled()

    def device(self) -> tuple[DeviceInfo, int] | None:
        """A make-believe card."""
        info = DeviceInfo(
            id="cpu", kind="cpu", name="Fake", total_bytes=TOTAL, free_bytes=TOTAL,
            data_type="float32",
        )  # fmt: skip
        return info, sum(model.weight_bytes for model in self._resident)

    def resident(self) -> list[ResidentModel]:
        """The model of the last plan."""
        return list(self._resident)

    def free(self) -> None:
        """Forget it."""
        self._resident = []


def _misbehave(words: set[str]) -> None:
    if "crash" in words:
        os.kill(os.getpid(), signal.SIGKILL)
    if "exit" in words:
        os._exit(3)
    if "garbage" in words:
        handle = int(sys.argv[sys.argv.index("--pipe") + 1])
        Connection(os.dup(handle)).send_bytes(b"\xff\x00 this is not msgpack")
        time.sleep(30)
    if "error" in words:
        raise RuntimeError("the engine tripped")
    if "environment" in words:
        shown = (f"{name}={os.environ.get(name, '')}" for name in SHOWN)
        log.warning("environment %s", " ".join(shown))
    if "known" in words:
        raise InvalidRequest("That cannot be painted.", "Ask for something else.")
    if "memory" in words:
        raise MemoryError


def _picture(request: TextToImage, seed: int) -> Image.Image:
    digest = hashlib.sha256(f"{request.prompt}|{seed}".encode()).digest()
    return Image.new("RGB", (request.width, request.height), tuple(digest[:3]))


def _resident(plan: LoadPlan) -> ResidentModel:
    return ResidentModel(
        model=plan.model, title=plan.title, weight_bytes=plan.weight_bytes,
        data_type=plan.data_type, placement=plan.placement, device=plan.device,
    )  # fmt: skip


def engines() -> list[FakeEngine]:
    """What the worker is told to load."""
    return [FakeEngine()]


def no_engines() -> list[FakeEngine]:
    """A worker that cannot start."""
    raise RuntimeError("this engine list is broken")


class SlowToPreload(FakeEngine):
    """Is preloaded only after its first job has begun, so that a job that waited would fail."""

    def __init__(self) -> None:
        super().__init__()
        self._ran = threading.Event()

    def preload(self) -> None:
        """Wait for a job."""
        assert self._ran.wait(30)

    def run(self, request: Request, plan: LoadPlan | None, run: Run) -> RunReport:
        """Act as the prompt says, then let the preloading go on."""
        report = super().run(request, plan, run)
        self._ran.set()
        return report


def slow_to_preload() -> list[FakeEngine]:
    """An engine whose libraries take long to import."""
    return [SlowToPreload()]

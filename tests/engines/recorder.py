"""A ``Run`` that records what an engine reports, and can cancel at a chosen moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from studio.api.engines import PictureLayer
from studio.api.events import Answer, TextToken
from studio.api.plans import ComponentPlan, LoadPlan
from studio.api.requests import ModelRef, PictureRef
from studio.core.errors import JobCancelled


class Recorder:
    """Stands for the worker's side of a job."""

    job_id = "job"

    def __init__(
        self, scratch: Path, cancel_when: Callable[[Recorder], bool] = lambda run: False
    ) -> None:
        self.scratch = scratch
        self.cancel_when = cancel_when
        self.checks = 0
        self.loadings: list[tuple[float, str]] = []
        self.steps: list[tuple[int, int, str]] = []
        self.previews: list[Image.Image] = []
        self.pictures: list[Image.Image] = []
        self.seeds: list[int] = []
        self.remarks: list[str] = []
        self.written: list[TextToken] = []
        self.answers: list[Answer] = []
        self.layers: list[tuple[PictureLayer, ...]] = []
        self.inputs: dict[str, Image.Image] = {}

    def check_cancelled(self) -> None:
        self.checks += 1
        if self.cancel_when(self):
            raise JobCancelled

    def loading(self, fraction: float, what: str) -> None:
        self.loadings.append((fraction, what))

    def progress(self, step: int, steps: int, phase: str = "") -> None:
        self.steps.append((step, steps, phase))

    def started(self, plan: LoadPlan | None) -> None:
        self.plan = plan

    def remark(self, text: str) -> None:
        self.remarks.append(text)

    def tokens(self, tokens: Sequence[TextToken]) -> None:
        self.written += tokens

    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    def wants_preview(self) -> bool:
        return True

    def preview(self, picture: Image.Image, index: int = 0) -> None:
        self.previews.append(picture)

    def input(self, picture: PictureRef) -> Image.Image:
        return self.inputs[picture.sha256].copy()

    def give(self, picture: Image.Image) -> PictureRef:
        """Take a picture in for a request to start from."""
        sha256 = hashlib.sha256(picture.tobytes() + picture.mode.encode()).hexdigest()
        self.inputs[sha256] = picture
        return PictureRef(sha256=sha256, width=picture.width, height=picture.height)

    def picture(
        self,
        picture: Image.Image,
        *,
        seed: int,
        index: int = 0,
        layers: Sequence[PictureLayer] = (),
    ) -> None:
        self.pictures.append(picture)
        self.layers.append(tuple(layers))
        self.seeds.append(seed)


def make_plan(folder: Path, **changes: object) -> LoadPlan:
    """Return the plan for a folder, whole and in float32 on the CPU unless changed."""
    weights = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    if folder.is_file():
        weights = folder.stat().st_size
    options: dict[str, object] = {
        "model": ModelRef(id=str(folder)),
        "title": folder.name,
        "family": "sd1",
        "layout": "diffusers" if folder.is_dir() else "single_file",
        "path": str(folder),
        "device": "cpu",
        "data_type": "float32",
        "placement": "whole",
        "components": (ComponentPlan(name="all", weight_bytes=weights, data_type="float32"),),
        "weight_bytes": weights,
        "activation_bytes": 0,
        "peak_bytes": weights,
        "budget_bytes": 10**10,
        "reason": "It fits.",
    }
    return LoadPlan(**(options | changes))  # type: ignore[arg-type]
